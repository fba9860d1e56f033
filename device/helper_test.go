package device_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
)

const testIMEI = cred.IMEI(352656100367872)

// unit makes a virtual modem with faults by name.
func unit(t *testing.T, cfg sim.Config, faults ...string) *sim.Modem {
	t.Helper()
	cfg.IMEI = testIMEI
	for _, s := range faults {
		f, err := sim.ParseFault(s)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Faults = append(cfg.Faults, f)
	}
	m, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// attach puts a unit on a line in memory and attaches to it.
func attach(t *testing.T, u *sim.Modem, o device.Options) *device.Modem {
	t.Helper()
	m, err := device.Attach(t.Context(), u.Pipe(context.Background()), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// code is the contract's code of an error, "" for nil.
func code(err error) string {
	if err == nil {
		return ""
	}
	return cred.AsFault(err).Code
}

// wantCode fails unless the error has the code, a text of one lower-case line and a hint.
func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if got := code(err); got != want {
		t.Fatalf("got %v, want the code %q", err, want)
	}
	if err == nil {
		return
	}
	f := cred.AsFault(err)
	if f.Hint == "" || strings.ContainsAny(f.Text+f.Hint, "\r\n") || strings.HasSuffix(f.Text, ".") {
		t.Errorf("the fault is not fit for people: %q, hint %q", f.Text, f.Hint)
	}
}

// log collects a transcript.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) trace(tr device.Trace) {
	l.mu.Lock()
	defer l.mu.Unlock()
	dir := "< "
	if tr.Out {
		dir = "> "
	}
	l.lines = append(l.lines, dir+tr.Text)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// script is a line whose other side is a function: it is given each command that ends in CR and returns what comes back.
type script struct {
	answer func(cmd string) string
	r      *io.PipeReader
	w      *io.PipeWriter
	mu     sync.Mutex
	buf    strings.Builder
	quote  bool
	out    chan string
	once   sync.Once
	done   chan struct{}
}

func newScript(answer func(cmd string) string) *script {
	s := &script{answer: answer, out: make(chan string, 64), done: make(chan struct{})}
	s.r, s.w = io.Pipe()
	go func() {
		for {
			select {
			case b := <-s.out:
				if _, err := s.w.Write([]byte(b)); err != nil {
					return
				}
			case <-s.done:
				return
			}
		}
	}()
	return s
}

// say sends bytes unasked.
func (s *script) say(text string) { s.out <- text }

func (s *script) Read(p []byte) (int, error) { return s.r.Read(p) }

func (s *script) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		return 0, errors.New("closed")
	default:
	}
	for _, b := range p {
		switch {
		case b == '"':
			s.quote = !s.quote
		case b == '\r' && !s.quote:
			if a := s.answer(s.buf.String()); a != "" {
				s.out <- a
			}
			s.buf.Reset()
			continue
		}
		s.buf.WriteByte(b)
	}
	return len(p), nil
}

func (s *script) Close() error {
	s.once.Do(func() {
		close(s.done)
		_ = s.r.CloseWithError(io.ErrClosedPipe)
	})
	return nil
}
