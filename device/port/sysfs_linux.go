package port

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"example.org/sectag/cred"
)

// scan reads the serial ports out of sysfs: the library's enumerator knows no interface numbers and fails for all ports
// when one device is odd. Here an odd device costs its own details and nothing else.
func scan(root string) ([]Info, error) {
	class := filepath.Join(root, "/sys/class/tty")
	entries, err := os.ReadDir(class)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // a container without sysfs has no ports either
	}
	if err != nil {
		return nil, cred.Because(err, "port.denied", "the list of ports in /sys/class/tty cannot be read", "type the name of the port instead")
	}
	stable := byID(root)
	var out []Info
	for _, e := range entries {
		device, err := filepath.EvalSymlinks(filepath.Join(class, e.Name(), "device"))
		if err != nil || placeholder(filepath.Join(class, e.Name())) {
			continue
		}
		p := Info{Name: "/dev/" + e.Name(), Stable: stable[e.Name()]}
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
func describe(p *Info, device, top string) {
	for dir := device; len(dir) > len(top); dir = filepath.Dir(dir) {
		if n := line(filepath.Join(dir, "bInterfaceNumber")); n != "" && p.Interface == nil {
			if v, err := strconv.ParseUint(n, 16, 8); err == nil {
				i := int(v)
				p.Interface = &i
			}
		}
		if vid := line(filepath.Join(dir, "idVendor")); vid != "" {
			p.VID, p.PID = hex4(vid), hex4(line(filepath.Join(dir, "idProduct")))
			p.Serial = clean(line(filepath.Join(dir, "serial")))
			p.device = dir
			return
		}
	}
}

// hex4 writes a USB id as four lower-case hex digits, or nothing if it is none.
func hex4(s string) string {
	v, err := strconv.ParseUint(s, 16, 16)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%04x", v)
}

// clean keeps what a screen can show: a serial number comes from the device.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
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
