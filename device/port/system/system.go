// Package system reads what an operating system tells of its serial ports, of the USB devices behind them, and of the programs
// that get in their way. It opens no port and judges nothing.
//
// Linux is read from files below a root that is handed in: sysfs.go (ports, devices, the USB interface number), procfs.go (who
// has a port open), udev.go (what udev was told of it). Windows is read from the registry (registry.go) and macOS from what its
// own ioreg prints (ioreg.go, plist.go); both through a seam, so that they are tested everywhere. find_*.go choose. Neither
// Windows nor macOS was ever run: docs/ports.md says so.
package system

import (
	"fmt"
	"strconv"
	"strings"

	"example.org/sectag/device/port/board"
)

// Port is a serial port that the system knows.
type Port struct {
	board.USB
	Name      string // what it is opened by
	Interface *int   // the USB interface number
	Stable    string // a name that stays when units come and go
	Device    string // what the ports of one device have in common: its place on the bus, or its instance
}

// Device is a USB device of the catalogue that the system has no serial port for.
type Device struct {
	board.USB
	Place   string // on the bus, such as "1-2"
	Node    string // /dev/bus/usb/001/004
	Drivers []string
}

// Process is a running program.
type Process struct {
	PID  int
	Name string
}

// hex4 writes a USB id as four lower-case hex digits, or nothing if it is none.
func hex4(s string) string {
	v, err := strconv.ParseUint(s, 16, 16)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%04x", v)
}

// clean keeps what a screen can show: names and serial numbers come from the device.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s))
}

// serialNo is clean without spaces, as a serial number is compared.
func serialNo(s string) string { return strings.ReplaceAll(clean(s), " ", "") }
