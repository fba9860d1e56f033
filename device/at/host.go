package at

import (
	"bytes"
	"strings"
)

// Host is the firmware between the UART and the modem, as far as a command must be made for it. AT Host is here; the others, and
// how one finds out which it is, are in device/host.
type Host interface {
	// Name is the contract's: "at-host", "serial-modem", "slm", "shell".
	Name() string
	// Frame makes the bytes that carry a command, escaped and terminated; content, if there is any, is its last parameter
	// and goes in double quotes. over is by how many bytes the result exceeds the host's buffer: 0 fits.
	Frame(text string, content []byte) (wire []byte, over int)
	// Stored is what the modem will hold when content is written through this host.
	Stored(content []byte) []byte
	// Free is what brings a host out of the middle of a command that the line damaged, without running what it has of it: all
	// of it at first, then in short. It may do the opposite on a host that stands at the beginning of a line, and then undoes it
	// the next time.
	Free(all bool) []byte
}

// Cleaner is a second ability of hosts that dress up what the modem says (prompts, echo, cursor codes).
type Cleaner interface {
	// Clean undresses one line; keep is false for a line that is all dress.
	Clean(line string) (clean string, keep bool)
}

// Prompter is an ability of shells: they echo what they are sent, and say when they are ready for the next command.
type Prompter interface {
	// Prompted tells whether the text behind the last line end is a prompt and nothing else.
	Prompted(rest string) bool
}

// Refuser is an ability of hosts that cannot carry everything. Refuse says why a command must not be sent, what names the
// command to people; nil: it may.
type Refuser interface {
	Refuse(what, text string, content []byte) error
}

// ATHost is the sdk-nrf library at_host as at_client builds it: its line end ends a command outside double quotes, every byte
// inside them is data, the buffer takes 4095 characters (CONFIG_AT_HOST_CMD_MAX_LEN 4096), answers are the modem's own bytes.
// The zero value ends commands with CR, as the library does unless it is built otherwise (nrf91.md, sections 3.1 and 3.2).
type ATHost struct {
	End string // "\n", "\r\n", "\x00"; empty is "\r"
}

// Buffer is how many characters an AT Host takes. What the modem library takes of other hosts is no more.
const Buffer = 4095

// Name is "at-host".
func (ATHost) Name() string { return "at-host" }

// Frame adds the quotes and the line end and nothing else: a CRLF would leave an LF at the head of the next command.
func (h ATHost) Frame(text string, content []byte) ([]byte, int) {
	wire := make([]byte, 0, len(text)+len(content)+5)
	wire = append(wire, text...)
	if content != nil {
		wire = append(wire, ',', '"')
		wire = append(wire, content...)
		wire = append(wire, '"')
	}
	over := max(0, len(wire)-Buffer)
	if h.End == "" {
		return append(wire, '\r'), over
	}
	return append(wire, h.End...), over
}

// Clean takes off the echo of a host whose commands end in NUL: nothing ends its line.
func (h ATHost) Clean(line string) (string, bool) {
	if h.End != "\x00" {
		return line, true
	}
	return line[strings.LastIndexByte(line, 0)+1:], true
}

// Stored is the content itself: the library passes every byte on.
func (ATHost) Stored(content []byte) []byte { return content }

// Free empties the buffer of an AT host that stands inside a double quote, without running what is in it: DEL takes back
// characters but not the quote, so the quote is closed on the empty line and taken back too (nrf91.md, section 3.2). The same on
// a host that is not stuck opens a quote.
func (ATHost) Free(all bool) []byte {
	const del = 0x7f
	if all {
		return append(bytes.Repeat([]byte{del}, Buffer+1), '"', del)
	}
	return []byte{'"', del}
}
