package host

import "bytes"

type terminator int

const (
	cr terminator = iota
	lf
	crlf
	null
)

// ATHost is the line discipline of the AT Host library, byte by byte as nrf91.md section 3.2 has it from at_host.c. Its
// traps are kept: a closing quote that does not fit is dropped, so the command never ends, and a deleted quote still counts.
type ATHost struct {
	term   terminator
	size   int
	echo   bool
	buf    []byte
	quoted bool
}

// Take follows the five rules of section 3.2 in their order.
func (h *ATHost) Take(b byte) (o Out) {
	if h.echo {
		o.Echo = []byte{b}
	}
	if b == 0x08 || b == 0x7f { // rule 1: the quote flag stays as it was, even when a quote goes
		if len(h.buf) > 0 {
			h.buf = h.buf[:len(h.buf)-1]
		}
		return o
	}
	if !h.quoted {
		if h.ends(b) {
			o.Command = h.end()
			return o
		}
		if b == 0 {
			return o
		}
	}
	if len(h.buf) >= h.size { // rule 3: before the quote toggle, hence the dead-lock
		return o
	}
	h.buf = append(h.buf, b)
	if b == '"' {
		h.quoted = !h.quoted
	}
	return o
}

// ends tells whether b, outside quotes, terminates a command (rule 2).
func (h *ATHost) ends(b byte) bool {
	switch h.term {
	case cr:
		return b == '\r'
	case lf:
		return b == '\n'
	case null:
		return b == 0
	}
	return b == '\n' && bytes.HasSuffix(h.buf, []byte{'\r'})
}

// end resets the state and gives the command away, nil when it holds nothing but blanks (rule 5).
func (h *ATHost) end() []byte {
	command := bytes.Clone(h.buf)
	if h.term == crlf {
		command = command[:len(command)-1]
	}
	h.Reset()
	if !bytes.ContainsFunc(command, func(r rune) bool { return r > ' ' }) {
		return nil
	}
	return command
}

// Frame forwards the modem's text untouched. Command and reply share one buffer: what does not fit is cut off, and with it
// the final result (nrf91.md, 1.4 "list size").
func (h *ATHost) Frame(reply []byte) []byte { return reply[:min(len(reply), BufferSize)] }

// Fail prints the buffer that the reply should have come into: the command is still in it, and no final result (3.2).
func (h *ATHost) Fail(command []byte, _ bool) []byte { return command }

// Event forwards the line untouched, at any time (3.1).
func (h *ATHost) Event(line []byte) []byte { return line }

// Log puts the line on the same UART, as LOG_RAW does (3.2).
func (h *ATHost) Log(line []byte) []byte { return line }

// Banner is nothing: what the sample prints at its start has been read by nobody when the port is opened.
func (h *ATHost) Banner() []byte { return nil }

// Reset empties the buffer and leaves the quotes.
func (h *ATHost) Reset() { h.buf, h.quoted = h.buf[:0], false }

// Backlog is nothing: the receiver is off while a command runs (3.2, rule 5).
func (h *ATHost) Backlog() int { return 0 }

// Leave knows no data mode.
func (h *ATHost) Leave(how Left) bool {
	switch how {
	case OpenQuote:
		h.fill(len(startOfCredential))
	case Buffered:
		h.fill(h.size)
	case Echoing:
		h.echo = true
	default:
		return false
	}
	return true
}

// fill leaves n characters of a credential in the buffer.
func (h *ATHost) fill(n int) {
	h.Reset()
	for _, b := range padded(n) {
		h.Take(b)
	}
}

// padded is the beginning of a command that writes a credential, as long as is asked for.
func padded(n int) []byte {
	if n <= len(startOfCredential) {
		return []byte(startOfCredential)[:n]
	}
	return append([]byte(startOfCredential), bytes.Repeat([]byte{'x'}, n-len(startOfCredential))...)
}

// Pending is how many characters of an unfinished command it holds; never more than its size.
func (h *ATHost) Pending() int { return len(h.buf) }
