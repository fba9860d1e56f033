package linear

import (
	"errors"
	"io"

	"github.com/muesli/cancelreader"
)

// maxLine is how long a line may be, in bytes: more than a 2D code or a path holds.
const maxLine = 8 << 10

// line is one line of text, and what it was asked for.
type line struct {
	text  []byte // without its end
	meant string
	err   error
}

// reader reads one line at a time, and only when it is asked to, so that a secret is never read by the way that shows it.
type reader struct {
	in     io.Reader
	secret func() ([]byte, error)
	lines  chan line
	begun  *reading // nil: no line is being read
}

// reading is a line that is being read.
type reading struct {
	meant string
	from  cancelreader.CancelReader // nil: it cannot be given up
	ended chan struct{}
}

func newReader(in io.Reader, secret func() ([]byte, error)) *reader {
	return &reader{in: in, secret: secret, lines: make(chan line, 1)}
}

// ask begins to read a line, and gives up one that is being read for something else. It tells whether a new one was begun.
func (r *reader) ask(meant string, secret bool) bool {
	if b := r.begun; b != nil {
		if b.meant == meant || b.from == nil || !b.from.Cancel() {
			return false
		}
		<-b.ended
		select {
		case l := <-r.lines:
			if l.err == nil { // it was whole already
				r.begun = nil
				r.lines <- l
				return false
			}
		default:
		}
	}
	b := &reading{meant: meant, ended: make(chan struct{})}
	r.begun = b
	if secret && r.secret != nil {
		go r.read(b, r.secret)
		return true
	}
	from, err := cancelreader.NewReader(r.in)
	if err != nil {
		r.lines <- line{meant: meant, err: err}
		return true
	}
	b.from = from
	go r.read(b, func() ([]byte, error) {
		defer from.Close()
		return whole(from)
	})
	return true
}

func (r *reader) read(b *reading, from func() ([]byte, error)) {
	defer close(b.ended)
	text, err := from()
	if errors.Is(err, cancelreader.ErrCanceled) {
		return
	}
	r.lines <- line{text, b.meant, err}
}

// took tells that a line was received.
func (r *reader) took() { r.begun = nil }

// whole reads up to the end of a line, byte by byte: what is behind it may be a secret's.
func whole(in io.Reader) ([]byte, error) {
	var out []byte
	for b := make([]byte, 1); ; {
		n, err := in.Read(b)
		if n > 0 && b[0] == '\n' {
			return out, nil
		}
		if n > 0 && b[0] != '\r' && len(out) < maxLine {
			out = append(out, b[0])
		}
		if err != nil {
			if err == io.EOF && len(out) > 0 {
				return out, nil
			}
			return nil, err
		}
	}
}
