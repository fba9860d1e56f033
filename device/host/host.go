// Package host knows the firmware that stands between a UART and an nRF91 modem, and finds out which it is: nobody is asked.
//
// Read detect.go for the finding out, ask.go for what a shell is asked then and read.go for what the answers show; line.go has the
// hosts that take AT commands as they are (AT Host with other line ends, Serial Modem, SLM) and shell.go Zephyr's shells. AT Host with CR is at.ATHost. All of it is written from nrf91.md, section 3;
// what no source tells is chosen and said in docs/hosts.md.
package host

import "example.org/sectag/device/at"

// The line ends of nrf91.md, section 3.1. A shell takes CR.
const (
	CR   = "\r"
	LF   = "\n"
	CRLF = "\r\n"
	NUL  = "\x00"
)

// End is what ends a command of a host, in the words of Kconfig: "CR", "LF", "CRLF", "NULL".
func End(h at.Host) string {
	end := CR
	switch h := h.(type) {
	case at.ATHost:
		end = h.End
	case SerialModem:
		end = h.End
	case SLM:
		end = h.End
	}
	switch end {
	case LF:
		return "LF"
	case CRLF:
		return "CRLF"
	case NUL:
		return "NULL"
	}
	return "CR"
}
