// Package board knows what a USB device is by what the system tells of it: which board, whether it can be an nRF91, and what
// its serial ports are for. It opens nothing and reads nothing: a table and the rules to look into it.
//
// Source: nrf91.md section 5, which has it from nrfcredstore's usb_patterns, pc-nrfconnect-cellularmonitor, and the board pages
// of Zephyr and sdk-nrf. SEGGER's devices are told apart by the beginning of their serial number and never by their product
// id, which only encodes the mix of functions (nrf-udev issue 7).
package board

import "strings"

// Role says what a board uses a port for.
type Role string

// The roles of the contract's verb "ports", and those that were added: the catalogue gives the first four and MCUboot, asking
// gives Silent. A port is Unknown until its board is known or somebody asked it.
const (
	AT      Role = "at"
	Log     Role = "log"
	Trace   Role = "trace" // the modem's binary trace, or text at another speed
	Unknown Role = "unknown"
	MCUboot Role = "mcuboot" // a board that waits for a firmware update
	Silent  Role = "silent"  // it was asked, and nothing came
)

// Kind says what a device can be.
type Kind uint8

// The kinds. What is in no catalogue is Maybe.
const (
	Maybe      Kind = iota // a bridge, an external J-Link: ask its ports
	NRF91                  // a board with an nRF91
	Other                  // a board that is known to have none: its ports are not asked unless somebody names them
	Bootloader             // a board in MCUboot mode: it has no AT port now
)

// USB is what the system tells of a USB device. VID and PID are four lower-case hex digits.
type USB struct{ VID, PID, Serial, Product, Maker string }

// Board is one line of the catalogue.
type Board struct {
	Name        string
	Kind        Kind
	First, Last Role   // of the port with the lowest interface number, and of the one with the highest when there are several
	Target      string // Zephyr's name of the board, for whoever builds a firmware for it; empty for bridges
	Note        string // what a person at this board should know when its port is silent; empty: nothing
	Carries     string // the boards of section 5 that are known to have this bridge, for people

	vid, pid, serial string // empty: any; serial is what the number begins with
}

// The vendors of section 5.
const (
	Segger, Nordic = "1366", "1915"
	cp210x, ftdi   = "10c4", "0403"
	wch            = "1a86"
)

// What people should know of single boards (section 5).
const (
	hwfcDK     = "the interface MCU finds out by itself whether the line has RTS and CTS"
	noHWFC     = "this board has no RTS and CTS: its firmware must be built without hardware flow control"
	icarusNote = "an Actinius Icarus has RTS and CTS only before hardware v2.0: a firmware with hardware flow control is mute on v2.0"
)

// catalogue is the table. The first line that fits is taken: a bootloader before the board that it is on, and the longer
// name of two that begin alike.
func catalogue() []Board {
	dk := func(name, serial, target string, last Role) Board {
		return Board{Name: name, Kind: NRF91, First: AT, Last: last, Target: target, Note: hwfcDK, vid: Segger, serial: serial}
	}
	x := func(vid, pid, serial string) Board {
		return Board{Name: "Thingy:91 X", Kind: NRF91, First: AT, Last: Unknown, Target: "thingy91x/nrf9151/ns", Note: noHWFC, vid: vid, pid: pid, serial: serial}
	}
	thingy := func(pid, serial string) Board {
		return Board{Name: "Thingy:91", Kind: NRF91, First: AT, Last: Unknown, Target: "thingy91/nrf9160/ns", vid: Nordic, pid: pid, serial: serial}
	}
	other := func(name, serial string) Board {
		return Board{Name: name, Kind: Other, First: Unknown, Last: Unknown, vid: Segger, serial: serial}
	}
	bridge := func(name, vid, carries, note string) Board {
		return Board{Name: name, First: Unknown, Last: Unknown, vid: vid, Carries: carries, Note: note}
	}
	return []Board{
		{Name: "MCUboot bootloader", Kind: Bootloader, First: MCUboot, Last: MCUboot, vid: Nordic, pid: "520f"},
		x(Segger, "", "THINGY91X_"), x(Segger, "", "0010550"), x(Segger, "", "0010551"), x(Segger, "", "0010513"),
		dk("nRF9160 DK", "0009600", "nrf9160dk/nrf9160/ns", Trace),
		dk("nRF9161 DK", "0010509", "nrf9161dk/nrf9161/ns", Log),
		dk("nRF9131 EK", "0010510", "nrf9131ek/nrf9131/ns", Log),
		dk("nRF9151 DK", "0010512", "nrf9151dk/nrf9151/ns", Log),
		dk("nRF9151 DK", "0010520", "nrf9151dk/nrf9151/ns", Log),
		other("nRF5340 DK", "0009601"), other("nRF5340 DK", "0010500"), other("nRF7002 DK", "0010507"),
		other("nRF54H20 DK", "0010511"), other("nRF54L15 DK", "0010577"), other("Nordic kit", "00105"),
		bridge("J-Link", Segger, "", ""),
		x(Nordic, "910a", ""), x(Nordic, "", "THINGY91X_"),
		thingy("9100", ""), thingy("", "THINGY91_"), thingy("", "PCA20035_"),
		bridge("CP210x bridge", cp210x, "SparkFun Thing Plus nRF9160, Circuit Dojo nRF9160 Feather", ""),
		bridge("FTDI bridge", ftdi, "Actinius Icarus", icarusNote),
		bridge("CH340 bridge", wch, "", ""),
	}
}

// All is the whole catalogue, for tests and for the udev rules that must name its vendors.
func All() []Board { return catalogue() }

// Vendor is the USB vendor id of the board's line.
func (b Board) Vendor() string { return b.vid }

// Lookup finds the board that a USB device is. A product that calls itself MCUboot is a bootloader, whatever its numbers.
func Lookup(u USB) (Board, bool) {
	all, serial := catalogue(), strings.ToUpper(u.Serial)
	if u.VID == Nordic && strings.Contains(strings.ToUpper(u.Product), "MCUBOOT") {
		return all[0], true
	}
	for _, b := range all {
		if b.vid == u.VID && (b.pid == "" || b.pid == u.PID) && strings.HasPrefix(serial, b.serial) {
			return b, true
		}
	}
	return Board{First: Unknown, Last: Unknown}, false
}

// Role is what the port at a place among the n ports of the board is for. Places are in the order of the interfaces.
func (b Board) Role(place, n int) Role {
	switch {
	case place == 0:
		return b.First
	case place == n-1:
		return b.Last
	}
	return Unknown
}
