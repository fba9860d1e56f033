package port

import "strings"

// board is one line of the catalogue: what a USB device is, and what its ports are for. Order matters: the first match
// wins. Sources: nrfcredstore usb_patterns, pc-nrfconnect-cellularmonitor, board documentation of Zephyr and sdk-nrf.
type board struct {
	name   string
	vid    string
	pid    string // empty: any, because SEGGER's product id only tells the mix of functions
	serial string // what the serial number begins with; empty: any
	first  Role   // of the port with the lowest interface number
	last   Role   // of the port with the highest, when there are several
}

func catalogue() []board {
	const segger, nordic = "1366", "1915"
	return []board{
		{"Thingy:91 X", segger, "", "THINGY91X_", AT, Unknown},
		{"Thingy:91 X", segger, "", "0010550", AT, Unknown},
		{"Thingy:91 X", segger, "", "0010551", AT, Unknown},
		{"Thingy:91 X", segger, "", "0010513", AT, Unknown},
		{"nRF9160 DK", segger, "", "0009600", AT, Log},
		{"nRF9161 DK", segger, "", "0010509", AT, Log},
		{"nRF9131 EK", segger, "", "0010510", AT, Log},
		{"nRF9151 DK", segger, "", "0010512", AT, Log},
		{"nRF9151 DK", segger, "", "0010520", AT, Log},
		{"nRF5340 DK", segger, "", "0009601", Unknown, Unknown},
		{"nRF5340 DK", segger, "", "0010500", Unknown, Unknown},
		{"nRF7002 DK", segger, "", "0010507", Unknown, Unknown},
		{"nRF54H20 DK", segger, "", "0010511", Unknown, Unknown},
		{"nRF54L15 DK", segger, "", "0010577", Unknown, Unknown},
		{"Nordic kit", segger, "", "00105", Unknown, Unknown},
		{"J-Link", segger, "", "", Unknown, Unknown},
		{"Thingy:91 X", nordic, "910a", "", AT, Unknown},
		{"Thingy:91 X", nordic, "", "THINGY91X_", AT, Unknown},
		{"Thingy:91", nordic, "9100", "", AT, Unknown},
		{"Thingy:91", nordic, "", "THINGY91_", AT, Unknown},
		{"Thingy:91", nordic, "", "PCA20035_", AT, Unknown},
		{"MCUboot bootloader", nordic, "520f", "", Unknown, Unknown},
		{"CP210x bridge", "10c4", "", "", Unknown, Unknown},
		{"FTDI bridge", "0403", "", "", Unknown, Unknown},
		{"CH340 bridge", "1a86", "", "", Unknown, Unknown},
	}
}

// lookup finds the board that a USB device is.
func lookup(vid, pid, serial string) (board, bool) {
	for _, b := range catalogue() {
		if b.vid == vid && (b.pid == "" || b.pid == pid) && strings.HasPrefix(strings.ToUpper(serial), b.serial) {
			return b, true
		}
	}
	return board{}, false
}

// label names boards and roles. The ports of one device stand together, in the order of their interfaces.
func label(ports []Info) {
	for i := 0; i < len(ports); {
		n := i + 1
		for n < len(ports) && ports[i].VID != "" && sameDevice(ports[i], ports[n]) {
			n++
		}
		b, ok := lookup(ports[i].VID, ports[i].PID, ports[i].Serial)
		for j := i; j < n; j++ {
			ports[j].Role = Unknown
			if !ok || ports[j].VID == "" {
				continue
			}
			ports[j].Board = b.name
			switch {
			case j == i:
				ports[j].Role = b.first
			case j == n-1:
				ports[j].Role = b.last
			}
		}
		i = n
	}
}

func sameDevice(a, b Info) bool { return a.device != "" && a.device == b.device }
