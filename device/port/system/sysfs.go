package system

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/device/port/board"
)

// sysfsPorts reads the serial ports out of sysfs: the library's enumerator knows no interface numbers and fails for all ports
// when one device is odd. Here an odd device costs its own details and nothing else.
func sysfsPorts(root string) ([]Port, error) {
	class := filepath.Join(root, "/sys/class/tty")
	entries, err := os.ReadDir(class)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // a container without sysfs has no ports either
	}
	if err != nil {
		return nil, cred.Because(err, "port.denied", "the list of ports in /sys/class/tty cannot be read", "type the name of the port instead")
	}
	stable := byID(root)
	var out []Port
	for _, e := range entries {
		device, err := filepath.EvalSymlinks(filepath.Join(class, e.Name(), "device"))
		if err != nil || placeholder(filepath.Join(class, e.Name())) {
			continue
		}
		p := Port{Name: "/dev/" + e.Name(), Stable: stable[e.Name()]}
		describe(&p, device, filepath.Join(root, "/sys"))
		out = append(out, p)
	}
	return out, nil
}

// placeholder tells the many ttyS that stand for no hardware: their uart type is 0, unknown.
func placeholder(tty string) bool {
	return strings.HasPrefix(filepath.Base(tty), "ttyS") && line(filepath.Join(tty, "type")) == "0"
}

// describe walks up from a port's device to its USB interface and from there to the USB device.
func describe(p *Port, device, top string) {
	for dir := device; len(dir) > len(top); dir = filepath.Dir(dir) {
		if n := line(filepath.Join(dir, "bInterfaceNumber")); n != "" && p.Interface == nil {
			if v, err := strconv.ParseUint(n, 16, 8); err == nil {
				i := int(v)
				p.Interface = &i
			}
		}
		if u, ok := usb(dir); ok {
			p.USB, p.Device = u, strings.TrimPrefix(dir, top)
			return
		}
	}
}

// usb reads a folder of sysfs that stands for a USB device.
func usb(dir string) (board.USB, bool) {
	vid := line(filepath.Join(dir, "idVendor"))
	if vid == "" {
		return board.USB{}, false
	}
	return board.USB{
		VID: hex4(vid), PID: hex4(line(filepath.Join(dir, "idProduct"))), Serial: serialNo(line(filepath.Join(dir, "serial"))),
		Product: clean(line(filepath.Join(dir, "product"))), Maker: clean(line(filepath.Join(dir, "manufacturer"))),
	}, true
}

// byID maps tty names to their links in /dev/serial/by-id.
func byID(root string) map[string]string {
	dir := filepath.Join(root, "/dev/serial/by-id")
	out := map[string]string{}
	links, _ := os.ReadDir(dir)
	for _, l := range links {
		if to, err := os.Readlink(filepath.Join(dir, l.Name())); err == nil {
			out[filepath.Base(to)] = "/dev/serial/by-id/" + l.Name()
		}
	}
	return out
}

// Portless are the USB devices of the catalogue that have no serial port: a driver that is missing or was pushed aside, a cable
// in the wrong socket. Linux alone tells.
func Portless(root string) []Device {
	top := filepath.Join(root, "/sys")
	entries, _ := os.ReadDir(filepath.Join(top, "bus/usb/devices"))
	if len(entries) == 0 {
		return nil
	}
	ports, _ := sysfsPorts(root)
	var out []Device
	for _, e := range entries {
		dir, err := filepath.EvalSymlinks(filepath.Join(top, "bus/usb/devices", e.Name()))
		if err != nil {
			continue
		}
		u, ok := usb(dir)
		b, known := board.Lookup(u)
		if !ok || !known || b.Kind == board.Maybe && b.Vendor() == board.Segger { // a bare J-Link need not have a port
			continue
		}
		place := strings.TrimPrefix(dir, top)
		if slices.ContainsFunc(ports, func(p Port) bool { return p.Device == place }) {
			continue
		}
		out = append(out, Device{USB: u, Place: e.Name(), Node: node(dir), Drivers: drivers(dir)})
	}
	return out
}

// node is the file by which a program without a driver gets at a USB device.
func node(dir string) string {
	bus, err := strconv.Atoi(line(filepath.Join(dir, "busnum")))
	dev, err2 := strconv.Atoi(line(filepath.Join(dir, "devnum")))
	if err != nil || err2 != nil {
		return ""
	}
	return fmt.Sprintf("/dev/bus/usb/%03d/%03d", bus, dev)
}

// drivers are those that have an interface of the device. A program that uses it without a driver shows as usbfs.
func drivers(dir string) (out []string) {
	faces, _ := filepath.Glob(filepath.Join(dir, "*:*"))
	for _, f := range faces {
		if to, err := os.Readlink(filepath.Join(f, "driver")); err == nil && !slices.Contains(out, filepath.Base(to)) {
			out = append(out, filepath.Base(to))
		}
	}
	return out
}

// line reads the first line of a small file of the system, empty when there is none.
func line(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	s, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSpace(s)
}
