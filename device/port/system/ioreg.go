package system

import (
	"fmt"
	"slices"
	"strings"

	"example.org/sectag/device/port/board"
)

// The registry of macOS is read as its own program prints it, because reading it by the system's library needs cgo:
//
//	/usr/sbin/ioreg -r -c IOUSBHostDevice -l -a
//
// That is a property list of trees: a device, below it its interfaces, below these the driver, and at the end the serial
// client with the names of the port. What a node does not say it has from the node above it.

// ioregPorts takes the serial ports out of what ioreg printed. Without a USB device it prints nothing at all.
func ioregPorts(text []byte) ([]Port, error) {
	if strings.TrimSpace(string(text)) == "" {
		return nil, nil
	}
	tree, err := plist(text)
	if err != nil {
		return nil, err
	}
	var out []Port
	had := map[string]bool{}
	climb(tree, node0(), func(p Port) {
		if !had[p.Name] { // a hub's tree holds the trees of what hangs on it, which ioreg prints a second time
			had[p.Name] = true
			out = append(out, p)
		}
	})
	return out, nil
}

// above is what a node has from those above it.
type above struct {
	usb   board.USB
	place string
	face  *int
	class int64
}

func node0() above { return above{class: -1} }

// cdcData is the USB class of the second of the two interfaces that one CDC ACM port has. macOS hangs the port below it; Linux
// and Windows name the port by the first, which comes right before it.
const cdcData = 10

func climb(v any, up above, found func(Port)) {
	switch v := v.(type) {
	case []any:
		for _, c := range v {
			climb(c, up, found)
		}
	case map[string]any:
		here := up.with(v)
		if name := text(v, "IOCalloutDevice"); name != "" && here.usb.VID != "" {
			found(Port{USB: here.usb, Name: name, Interface: here.number(), Device: here.place})
		}
		climb(v["IORegistryEntryChildren"], here, found)
	}
}

// with is what a node says, over what is known from above.
func (a above) with(n map[string]any) above {
	if v, p := number(n, "idVendor"), number(n, "idProduct"); v >= 0 && p >= 0 {
		u := board.USB{VID: fmt.Sprintf("%04x", v), PID: fmt.Sprintf("%04x", p)}
		if u.VID == a.usb.VID && u.PID == a.usb.PID { // the device's own interface says less than the device
			u = a.usb
		} else {
			a.face, a.class = nil, -1
		}
		a.usb = u
	}
	for _, k := range []string{"USB Serial Number", "kUSBSerialNumberString"} {
		if s := text(n, k); s != "" {
			a.usb.Serial = serialNo(s)
		}
	}
	for _, k := range []string{"USB Product Name", "kUSBProductString"} {
		if s := text(n, k); s != "" && a.usb.Product == "" {
			a.usb.Product = clean(s)
		}
	}
	if l := number(n, "locationID"); l >= 0 {
		a.place = fmt.Sprintf("%08x", l)
	}
	if i := number(n, "bInterfaceNumber"); i >= 0 && i < 256 {
		face := int(i)
		a.face, a.class = &face, number(n, "bInterfaceClass")
	}
	return a
}

func (a above) number() *int {
	if a.face == nil || a.class != cdcData || *a.face == 0 {
		return a.face
	}
	first := *a.face - 1
	return &first
}

func text(n map[string]any, key string) string {
	s, _ := n[key].(string)
	return s
}

// number is a property that is one, -1 if it is not there.
func number(n map[string]any, key string) int64 {
	if v, ok := n[key].(int64); ok {
		return v
	}
	return -1
}

// callouts joins names and what the registry knows of them. Each port is there twice: /dev/cu. is the one that does not wait
// for a carrier. The system's own ports are no unit's.
func callouts(names []string, known []Port) (out []Port) {
	for _, n := range names {
		if !strings.HasPrefix(n, "/dev/cu.") || strings.Contains(n, "Bluetooth") || strings.HasSuffix(n, "debug-console") {
			continue
		}
		i := slices.IndexFunc(known, func(p Port) bool { return p.Name == n })
		if i < 0 {
			out = append(out, Port{Name: n})
			continue
		}
		out = append(out, known[i])
	}
	return out
}
