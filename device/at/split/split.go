// Package split cuts what comes in on a line into lines of text.
package split

import (
	"bytes"
	"strings"
)

// Max is longer than any line of a modem or host: %NCELLMEAS reaches about 4 kB, a host's buffer 8 kB.
const Max = 8192

// Lines cuts a stream into lines at LF. It waits for the LF although a CR comes before it: a host that is still sending
// takes no command. A CR inside a line ends one too, because the LF behind it may have been lost. A line that is too long is
// cut off and its rest thrown away up to the next LF.
type Lines struct {
	buf  []byte
	skip bool
}

// Feed takes bytes and gives the lines that they end.
func (s *Lines) Feed(b []byte, line func(string)) {
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			s.keep(b)
			return
		}
		s.keep(b[:i])
		b = b[i+1:]
		text := strings.Trim(string(s.buf), "\r")
		clear(s.buf)
		s.buf, s.skip = s.buf[:0], false
		for piece := range strings.SplitSeq(text, "\r") {
			line(piece)
		}
	}
}

func (s *Lines) keep(b []byte) {
	if s.skip {
		return
	}
	room := Max - len(s.buf)
	if len(b) > room {
		b, s.skip = b[:room], true
	}
	s.buf = append(s.buf, b...)
}

// Rest is what came behind the last line, such as a prompt.
func (s *Lines) Rest() string { return string(s.buf) }
