package socket

import (
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
	"example.org/sectag/device/host"
)

// script is a line whose other side is a table: a command, or what it begins with, and the answers to it, one after the other, the last
// again and again. An answer is what the firmware writes, whole.
type script struct {
	t       *testing.T
	end     string
	answers map[string][]string
	data    func(b string) string // takes the bytes of a data mode up to its end

	r   *io.PipeReader
	w   *io.PipeWriter
	out chan string

	mu     sync.Mutex
	buf    string
	inData bool
	sent   []string
	once   sync.Once
	done   chan struct{}
}

func newScript(t *testing.T, end string, answers map[string][]string) *script {
	s := &script{t: t, end: end, answers: answers, out: make(chan string, 256), done: make(chan struct{})}
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

// ok is an answer with lines and OK, as Serial Modem and SLM frame it (nrf91.md, section 3.3).
func ok(lines ...string) string {
	out := ""
	for _, l := range lines {
		out += "\r\n" + l + "\r\n"
	}
	return out + "\r\nOK\r\n"
}

const no = "\r\nERROR\r\n"

// session begins one on the script.
func (s *script) session(ear *Ear) *at.Session {
	var h at.Host = host.SerialModem{}
	if s.end == host.CRLF {
		h = host.SLM{End: host.CRLF}
	}
	o := at.Options{Host: h}
	if ear != nil {
		o.URC = ear.Hear
	}
	c := at.New(s, o)
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

func (s *script) Read(p []byte) (int, error) { return s.r.Read(p) }

func (s *script) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		return 0, errors.New("closed")
	default:
	}
	s.buf += string(p)
	for {
		end := s.end
		if s.inData {
			end = dataEnd
		}
		head, rest, found := strings.Cut(s.buf, end)
		if !found {
			return len(p), nil
		}
		s.buf = rest
		s.out <- s.reply(head)
	}
}

func (s *script) reply(cmd string) string {
	s.sent = append(s.sent, cmd)
	if s.inData {
		s.inData = false
		return s.data(cmd)
	}
	best := ""
	for k := range s.answers {
		if strings.HasPrefix(cmd, k) && len(k) > len(best) {
			best = k
		}
	}
	list := s.answers[best]
	switch {
	case best == "" && cmd == "AT":
		return ok()
	case best == "" && cmd == "AT+CMEE?":
		return ok("+CMEE: 1")
	case best == "":
		return no
	}
	if len(list) > 1 {
		s.answers[best] = list[1:]
	}
	s.inData = s.data != nil && cmd == "AT#XSEND"
	return list[0]
}

// said is what was sent, data modes' bytes among it.
func (s *script) said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.sent...)
}

func (s *script) Close() error {
	s.once.Do(func() {
		close(s.done)
		_ = s.r.CloseWithError(io.ErrClosedPipe)
	})
	return nil
}

func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = cred.AsFault(err).Code
	}
	if got != want {
		t.Fatalf("got %v, want the code %q", err, want)
	}
	if err == nil {
		return
	}
	if f := cred.AsFault(err); f.Hint == "" || strings.ContainsAny(f.Text+f.Hint, "\r\n") || strings.HasSuffix(f.Text, ".") {
		t.Errorf("the fault is not fit for people: %q, hint %q", f.Text, f.Hint)
	}
}
