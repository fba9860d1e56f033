package host

import "example.org/sectag/device/at"

// SerialModem is Nordic's Serial Modem application (github nrfconnect/ncs-serial-modem; nrf91.md, sections 3.1 and 3.3). It takes
// commands as AT Host does. Its buffer grows to 8192 characters, but the modem library takes 4096, so no more is sent.
type SerialModem struct {
	End string // LF or CRLF; empty is CR
}

// Name is "serial-modem".
func (SerialModem) Name() string { return "serial-modem" }

// Frame adds the quotes and the line end.
func (h SerialModem) Frame(text string, content []byte) ([]byte, int) {
	return at.ATHost{End: h.End}.Frame(text, content)
}

// Stored is the content itself.
func (SerialModem) Stored(content []byte) []byte { return content }

// Free empties its buffer. Where its flag for quotes follows the backspaces this is enough; where it does not, the quote is closed
// on the empty line as at AT Host, and ignored by a host that waits for an A.
func (SerialModem) Free(all bool) []byte { return at.ATHost{}.Free(all) }

// Version asks which of the two it is (nrf91.md, section 3.3).
func (SerialModem) Version() at.Command {
	return at.Command{Text: "AT#XSMVER", Answers: at.Answers{Prefix: "#XSMVER:"}}
}

// SLM is the Serial LTE Modem application of the nRF Connect SDK up to 3.1, the Serial Modem's forerunner. Its line end is CRLF as it
// is shipped. What it does when its buffer is full no source tells: no more is sent than AT Host takes.
type SLM struct {
	End string // LF or CRLF; empty is CR
}

// Name is "slm".
func (SLM) Name() string { return "slm" }

// Frame adds the quotes and the line end.
func (h SLM) Frame(text string, content []byte) ([]byte, int) {
	return at.ATHost{End: h.End}.Frame(text, content)
}

// Stored is the content itself.
func (SLM) Stored(content []byte) []byte { return content }

// Free is the Serial Modem's.
func (SLM) Free(all bool) []byte { return SerialModem{}.Free(all) }

// Version asks which of the two it is.
func (SLM) Version() at.Command {
	return at.Command{Text: "AT#XSLMVER", Answers: at.Answers{Prefix: "#XSLMVER:"}}
}
