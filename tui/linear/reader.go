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
	secret func(prompt string) ([]byte, error)
	lines  chan line
	begun  *reading // nil: no line is being read
}

// reading is a line that is being read.
type reading struct {
	meant string
	from  cancelreader.CancelReader // nil: it cannot be given up
	ended chan struct{}
}

func newReader(in io.Reader, secret func(prompt string) ([]byte, error)) *reader {
	return &reader{in: in, secret: secret, lines: make(chan line, 1)}
}

// reads tells whether a line is being read for this.
func (r *reader) reads(meant string) bool { return r.begun != nil && r.begun.meant == meant }

// hushed tells whether a line is being read that is not shown.
func (r *reader) hushed() bool { return r.begun != nil && r.begun.from == nil }

// ask begins to read a line, and gives up one that is being read for something else, where it can be given up. It tells whether whoever
// reads also prompts.
func (r *reader) ask(meant, prompt string, secret bool) (prompts bool) {
	if b := r.begun; b != nil {
		if b.meant == meant || b.from == nil || !b.from.Cancel() {
			return false
		}
		<-b.ended
		if len(r.lines) > 0 {
			return false // it was whole already: it is taken first
		}
	}
	b := &reading{meant: meant, ended: make(chan struct{})}
	r.begun = b
	if secret && r.secret != nil {
		go r.read(b, func() ([]byte, error) { return r.secret(prompt) })
		return true
	}
	from, err := cancelreader.NewReader(r.in)
	if err != nil {
		r.lines <- line{meant: meant, err: err}
		return false
	}
	b.from = from
	go r.read(b, func() ([]byte, error) {
		defer from.Close()
		return whole(from)
	})
	return false
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
