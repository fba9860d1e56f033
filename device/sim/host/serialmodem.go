package host

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.org/sectag/device/sim/socket"
)

// serialModemSize is what fits: the buffer grows from 128 to 8192 characters and keeps two places free (nrf91.md, 3.3).
const serialModemSize = 8190

// libraryLimit is what the modem library takes as a command and as a reply; more is an error of the call (nrf91.md, 2 and 3.3).
const libraryLimit = 4096

// SerialModem is the Serial Modem application, and SLM before it, as nrf91.md sections 3.1 and 3.3 have it from
// sm_at_host.c. What comes before an A and a T is ignored; a backspace knows about quotes; a command that does not fit is
// refused at once, and the rest of its line is taken for a new one.
type SerialModem struct {
	term            terminator
	size            int
	version, built  string // the command that tells its version, and the answer
	speeds          bool   // it has AT+IPR and ATE
	sockets         socket.Form
	baud, startBaud int

	echo, echoes bool // now, and after a start
	buf          []byte
	quoted       bool
	prev         byte
	data         bool // data mode
	filling      bool // what it takes is for somebody
	taken        []byte
	whole        int // data mode ends with so many; 0: with its escape
}

// Take is one byte, in a command or in data.
func (h *SerialModem) Take(b byte) (o Out) {
	if h.data {
		return h.datum(b)
	}
	if h.echo {
		o.Echo = []byte{b}
	}
	if len(h.buf) < 2 && upper(b) != "AT"[len(h.buf)] {
		h.drop()
		return o
	}
	if len(h.buf) >= h.size {
		h.drop()
		o.Reply = result("ERROR")
		return o
	}
	if b == 0x08 || b == 0x7f {
		h.takeBack()
		return o
	}
	if !h.quoted && h.ends(b) {
		command := bytes.Clone(h.buf)
		h.drop()
		return h.run(command, o)
	}
	h.buf = append(h.buf, b)
	if b == '"' {
		h.quoted = !h.quoted
	}
	h.prev = b
	return o
}

func upper(b byte) byte { return bytes.ToUpper([]byte{b})[0] }

// endOfData is its escape (3.3).
const endOfData = "+++"

// mostData is what data mode keeps; more is lost.
const mostData = 4096

// EnterData begins data mode, which ends with so many bytes or, if that is 0, with the escape.
func (h *SerialModem) EnterData(whole int) {
	h.data, h.filling, h.whole, h.taken = true, true, whole, nil
}

// datum is a byte of data mode. What was meant for nobody is dropped.
func (h *SerialModem) datum(b byte) (o Out) {
	if h.taken = append(h.taken, b); len(h.taken) > mostData {
		h.taken = h.taken[len(h.taken)-mostData:]
	}
	payload, escaped := bytes.CutSuffix(h.taken, []byte(endOfData))
	switch {
	case h.whole > 0 && len(h.taken) < h.whole, h.whole == 0 && !escaped:
		return o
	case h.whole > 0:
		payload = h.taken
	}
	if h.filling {
		o.Data = append([]byte{}, payload...)
	} else {
		o.Reply = []byte("\r\n#XDATAMODE: 0\r\n")
	}
	h.data, h.filling, h.whole, h.taken = false, false, 0, nil
	return o
}

// takeBack removes a character; a quote that goes no longer counts.
func (h *SerialModem) takeBack() {
	h.buf = h.buf[:len(h.buf)-1]
	if h.prev == '"' {
		h.quoted = !h.quoted
	}
	h.prev = 0
	if len(h.buf) > 0 {
		h.prev = h.buf[len(h.buf)-1]
	}
}

// ends tells whether b terminates a command; in CRLF mode the CR is trimmed.
func (h *SerialModem) ends(b byte) bool {
	switch h.term {
	case cr:
		return b == '\r'
	case lf:
		return b == '\n'
	}
	if b != '\n' || h.prev != '\r' {
		return false
	}
	h.buf = h.buf[:len(h.buf)-1]
	return true
}

func (h *SerialModem) drop() { h.buf, h.quoted, h.prev = h.buf[:0], false, 0 }

// grammar is what a command may look like (3.3); parameters may be anything.
var grammar = regexp.MustCompile(`(?is)^AT(E[01]|[+%#][a-z0-9_]+(\?|=\?|=([^?].*)?)?)?$`)

// run carries out what the host does itself and hands the rest to the modem.
func (h *SerialModem) run(command []byte, o Out) Out {
	text := string(command)
	switch name := strings.ToUpper(text); {
	case !grammar.MatchString(text), len(text) >= libraryLimit:
		o.Reply = result("ERROR")
	case h.speeds && (name == "ATE0" || name == "ATE1"):
		h.echo = name == "ATE1"
		o.Reply = result("OK")
	case name == "AT"+h.version:
		o.Reply = append([]byte("\r\n"+h.version+": "+h.built+"\r\n"), result("OK")...)
	case name == "AT#XRESET":
		o.Reply, o.Restart = result("OK"), true
	case name == "AT#XCLAC":
		o.Reply = append([]byte("\r\n"+strings.Join(h.own(), "\r\n")+"\r\n"), result("OK")...)
	case h.speeds && strings.HasPrefix(name, "AT+IPR"):
		return h.speed(name[len("AT+IPR"):], o)
	default:
		o.Command = command
	}
	return o
}

// own lists the commands of the host.
func (h *SerialModem) own() []string {
	all := append([]string{"AT" + h.version, "AT#XRESET", "AT#XCLAC"}, socket.Names(h.sockets)...)
	if h.speeds {
		all = append(all, "AT+IPR", "ATE0", "ATE1")
	}
	slices.Sort(all)
	return all
}

// Speeds are what AT+IPR sets (3.1).
func Speeds() []int { return []int{115200, 230400, 460800, 921600, 1000000} }

// speed is +IPR: the answer still comes at the old speed.
func (h *SerialModem) speed(rest string, o Out) Out {
	n, err := strconv.Atoi(strings.TrimPrefix(rest, "="))
	switch {
	case rest == "?":
		o.Reply = append(fmt.Appendf(nil, "\r\n+IPR: %d\r\n", h.baud), result("OK")...)
	case rest == "=?":
		list := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(Speeds())), ","), "[]")
		o.Reply = append([]byte("\r\n+IPR: (),("+list+")\r\n"), result("OK")...)
	case strings.HasPrefix(rest, "=") && err == nil && slices.Contains(Speeds(), n):
		h.baud = n
		o.Reply, o.Baud = result("OK"), n
	default:
		o.Reply = result("ERROR")
	}
	return o
}

// result is a final result as it stands on the line (3.1).
func result(text string) []byte { return []byte("\r\n" + text + "\r\n") }

// Frame puts a CRLF in front, and one before the final result when something stands before that (3.3).
func (h *SerialModem) Frame(reply []byte) []byte {
	if len(reply) >= libraryLimit {
		return result("ERROR")
	}
	for _, final := range []string{"OK\r\n", "ERROR\r\n", "+CME ERROR:", "+CMS ERROR:"} {
		i := bytes.LastIndex(reply, []byte(final))
		if i < 0 {
			continue
		}
		if i > 0 && len(reply)+4 <= libraryLimit {
			reply = slices.Concat(reply[:i], []byte("\r\n"), reply[i:])
		}
		break
	}
	return append([]byte("\r\n"), reply...)
}

// Fail is a plain ERROR: the library's own refusals are nothing else on the wire. A crash is told when it happens (3.3).
func (h *SerialModem) Fail(_ []byte, now bool) []byte {
	if now {
		return append([]byte("\r\n#XMODEM: FAULT,0x4,0x0\r\n"), result("ERROR")...)
	}
	return result("ERROR")
}

// Event puts a CRLF in front of the line (3.1).
func (h *SerialModem) Event(line []byte) []byte { return append([]byte("\r\n"), line...) }

// Log is what a firmware whose log shares the UART would do.
func (h *SerialModem) Log(line []byte) []byte { return line }

// Banner is always sent (3.1).
func (h *SerialModem) Banner() []byte { return []byte("Ready\r\n") }

// Reset also forgets echo, speed and data mode: none is kept over a start.
func (h *SerialModem) Reset() {
	h.drop()
	h.data, h.filling, h.whole, h.taken = false, false, 0, nil
	h.echo, h.baud = h.echoes, h.startBaud
}

// Backlog is the receiver's three buffers of 256.
func (h *SerialModem) Backlog() int { return 768 }

// Leave knows all the states.
func (h *SerialModem) Leave(how Left) bool {
	switch how {
	case OpenQuote:
		h.fill(len(startOfCredential))
	case Buffered:
		h.fill(h.size)
	case DataMode:
		h.data = true
	case Echoing:
		if !h.speeds {
			return false
		}
		h.echo, h.echoes = true, true
	}
	return true
}

func (h *SerialModem) fill(n int) {
	h.drop()
	for _, b := range padded(n) {
		h.Take(b)
	}
}

// Pending is how many characters of an unfinished command it holds; never more than its size.
func (h *SerialModem) Pending() int { return len(h.buf) }
