package at

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/cred"
)

// far is the other end of a line, in the hands of a test: it gets whole commands and may answer at any time.
type far struct {
	answer  func(f *far, cmd string)
	r       *io.PipeReader
	w       *io.PipeWriter
	stuck   bool // takes no bytes until closed
	closed  chan struct{}
	once    sync.Once
	mu      sync.Mutex
	buf     strings.Builder
	quote   bool
	written []string
	busy    sync.WaitGroup
}

// newFar starts a line; after a command ends in CR outside quotes, answer is called in its own goroutine.
func newFar(answer func(f *far, cmd string)) *far {
	f := &far{answer: answer, closed: make(chan struct{})}
	f.r, f.w = io.Pipe()
	return f
}

// say sends bytes to the host.
func (f *far) say(text string) { _, _ = io.WriteString(f.w, text) }

// unplug ends the line as a cable that is pulled does.
func (f *far) unplug() { _ = f.w.CloseWithError(io.ErrUnexpectedEOF) }

func (f *far) Read(p []byte) (int, error) { return f.r.Read(p) }

func (f *far) Write(p []byte) (int, error) {
	if f.stuck {
		<-f.closed
		return 0, io.ErrClosedPipe
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-f.closed:
		return 0, io.ErrClosedPipe
	default:
	}
	for _, b := range p {
		switch {
		case b == 0x7f:
			s := f.buf.String()
			f.buf.Reset()
			f.buf.WriteString(s[:max(0, len(s)-1)])
			continue
		case b == '"':
			f.quote = !f.quote
		case b == '\r' && !f.quote:
			cmd := f.buf.String()
			f.buf.Reset()
			f.written = append(f.written, cmd)
			f.busy.Go(func() { f.answer(f, cmd) })
			continue
		}
		f.buf.WriteByte(b)
	}
	return len(p), nil
}

func (f *far) Close() error {
	f.once.Do(func() {
		close(f.closed)
		_ = f.r.Close()
		_ = f.w.Close()
	})
	f.busy.Wait()
	return nil
}

// inTime runs a test on virtual time with a session on a line.
func inTime(t *testing.T, o Options, answer func(f *far, cmd string), test func(t *testing.T, s *Session, f *far)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFar(answer)
		s := New(f, o)
		defer s.Close()
		test(t, s, f)
	})
}

func fixed(reply string) func(*far, string) { return func(f *far, _ string) { f.say(reply) } }

func code(err error) string {
	if err == nil {
		return ""
	}
	return cred.AsFault(err).Code
}

func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if code(err) != want {
		t.Fatalf("got %v, want the code %q", err, want)
	}
}

// took fails unless a test has lasted this long on its own clock.
func took(t *testing.T, since time.Time, least, most time.Duration) {
	t.Helper()
	if d := time.Since(since); d < least || d > most {
		t.Errorf("it took %v, want %v to %v", d, least, most)
	}
}

const sha = "0CC8504337C12EB749665AB872C905A27886687E39490926281B4B6C6DD26E72"

var (
	imei = Command{Text: "AT+CGSN=1", Answers: Answers{Prefix: "+CGSN:"}}
	list = Command{Text: "AT%CMNG=1", Answers: Answers{Prefix: "%CMNG:"}}
)

const (
	imeiReply = "+CGSN: \"352656100367872\"\r\nOK\r\n"
	listReply = "%CMNG: 42,0,\"" + sha + "\"\r\n%CMNG: 42,1,\"" + sha + "\"\r\nOK\r\n"
)

// modem answers the usual questions.
func modem(f *far, cmd string) {
	switch {
	case cmd == "AT", strings.HasPrefix(cmd, "AT%CMNG=0"), strings.HasPrefix(cmd, "AT%CMNG=3"):
		f.say("OK\r\n")
	case cmd == "AT+CGSN=1":
		f.say(imeiReply)
	case cmd == "AT+CMEE?":
		f.say("+CMEE: 1\r\nOK\r\n")
	case cmd == "AT+CFUN?":
		f.say("+CFUN: 4\r\nOK\r\n")
	case strings.HasPrefix(cmd, "AT%CMNG=1"):
		f.say(listReply)
	default:
		f.say("ERROR\r\n")
	}
}

func queries() []Query {
	return []Query{
		{Text: "AT+CMEE?", Answers: Answers{Prefix: "+CMEE:"}},
		{Text: "AT+CFUN?", Answers: Answers{Prefix: "+CFUN:"}},
	}
}

// transcript collects traces as text.
type transcript struct {
	mu sync.Mutex
	b  strings.Builder
}

func (x *transcript) trace(t Trace) {
	x.mu.Lock()
	defer x.mu.Unlock()
	fmt.Fprintf(&x.b, "%v %s\n", t.Out, t.Text)
}

func (x *transcript) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

func do(t *testing.T, s *Session, c Command) Reply {
	t.Helper()
	r, err := s.Do(context.Background(), c)
	if err != nil {
		t.Fatalf("%s: %v", c.Text, err)
	}
	return r
}
