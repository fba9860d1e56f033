package at

import (
	"bytes"
	"strings"
)

// maxLine is longer than any line of a modem or host: %NCELLMEAS reaches about 4 kB, a host's buffer 8 kB.
const maxLine = 8192

// splitter cuts a stream into lines at LF. It waits for the LF although a CR comes before it: a host that is still sending
// takes no command. A CR inside a line ends one too, because the LF behind it may have been lost. A line that is too long is
// cut off and its rest thrown away up to the next LF.
type splitter struct {
	buf  []byte
	skip bool
}

func (s *splitter) feed(b []byte, line func(string)) {
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

func (s *splitter) keep(b []byte) {
	if s.skip {
		return
	}
	room := maxLine - len(s.buf)
	if len(b) > room {
		b, s.skip = b[:room], true
	}
	s.buf = append(s.buf, b...)
}
