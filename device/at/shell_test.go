package at

import (
	"strings"
	"testing"
	"time"
)

// promptHost is a host as a shell is: it echoes, and shows a prompt.
type promptHost struct{ ATHost }

func (promptHost) Clean(line string) (string, bool) { return strings.TrimPrefix(line, "> "), true }

func (promptHost) Prompted(rest string) bool { return rest == "> " }

func TestAShellIsWaitedForUntilItsPrompt(t *testing.T) {
	inTime(t, Options{Host: promptHost{}}, func(f *far, cmd string) {
		f.say(cmd + "\r\nOK\r\n")
		<-time.After(100 * time.Millisecond) // virtual
		f.say("> ")
	}, func(t *testing.T, s *Session, _ *far) {
		for range 2 {
			start := time.Now()
			if r := do(t, s, Command{Text: "AT"}); !r.Clean {
				t.Errorf("%+v", r)
			}
			took(t, start, 100*time.Millisecond, 100*time.Millisecond)
		}
	})
	inTime(t, Options{Host: promptHost{}}, fixed("AT\r\nOK\r\n"), func(t *testing.T, s *Session, _ *far) {
		start := time.Now()
		do(t, s, Command{Text: "AT"}) // the line lost the prompt
		took(t, start, promptLimit, promptLimit)
	})
}

func TestAShellThatHasNothingToSayIsNotWaitedFor(t *testing.T) {
	inTime(t, Options{Host: promptHost{}}, fixed("AT+CGSN=1\r\nnot terminated: '\r\n> "), func(t *testing.T, s *Session, _ *far) {
		start := time.Now()
		_, err := s.Do(t.Context(), imei)
		wantCode(t, err, "line.no-answer")
		took(t, start, promptQuiet, promptQuiet)
	})
	inTime(t, Options{Host: promptHost{}}, func(f *far, cmd string) {
		f.say(cmd + "\r\n")
		<-time.After(4 * time.Second) // it is at work
		f.say(imeiReply + "> ")
	}, func(t *testing.T, s *Session, _ *far) {
		do(t, s, imei)
	})
}

// An echo comes wrapped, with an unsolicited line in it, or damaged: it is never an answer, and nothing of a secret in it is shown.
func TestAnEchoIsNoAnswerAndIsNotShown(t *testing.T) {
	secret := "K7hQ2xW9zR4tP1mN"
	for _, echo := range []string{
		"AT%CMNG=0,42,2,\"" + secret + "\"\r\n",
		"AT%CMNG=0,42\r\n,2,\"K7hQ2xW\r\n9zR4tP1mN\"\r\n",
		"AT%CMNG=0,42,2,\"K7hQ+CEREG: 2\r\n2xW9zR4tP1mN\"\r\n",
		"AT%CMNG=0,42,2,\"K7hQ2xW9_\r\nR4tP1\r\nmN\"\r\n",
		"AT%CMNG=0,42,2,\"K7hQ2xWzR\r\n4tP1mN\"\r\n",
	} {
		var tr transcript
		o := Options{Host: promptHost{}, Trace: tr.trace, URC: func(l string) { tr.trace(Trace{Text: l}) }}
		inTime(t, o, fixed(echo+"OK\r\n> "), func(t *testing.T, s *Session, _ *far) {
			r := do(t, s, Command{Text: "AT%CMNG=0,42,2", Content: []byte(secret), Secret: true})
			if !r.OK() || len(r.Info) != 0 {
				t.Errorf("%q: %+v", echo, r)
			}
			for i := 0; i+3 <= len(secret); i++ {
				if strings.Contains(tr.String(), secret[i:i+3]) {
					t.Fatalf("%q: %s", echo, tr.String())
				}
			}
		})
	}
}

// A long command waits until a shell has printed what it has to say: it keeps only a few bytes meanwhile.
func TestALongCommandWaitsForAShellToBeStill(t *testing.T) {
	inTime(t, Options{Host: promptHost{}}, func(f *far, cmd string) {
		f.say(cmd + "\r\nOK\r\n> ")
		for range 4 {
			<-time.After(20 * time.Millisecond) // virtual
			f.say("<inf> battery\r\n> ")
		}
	}, func(t *testing.T, s *Session, _ *far) {
		do(t, s, Command{Text: "AT"})
		start := time.Now()
		s.mu.Lock()
		s.stats.First = time.Time{}
		s.mu.Unlock()
		do(t, s, Command{Text: "AT%CMNG=0,42,0", Content: []byte(strings.Repeat("x", keeps))})
		took(t, start, 80*time.Millisecond+printQuiet, 80*time.Millisecond+2*printQuiet)
		if waited := s.Stats().First.Sub(start); waited < 80*time.Millisecond+printQuiet {
			t.Errorf("it was sent after %v", waited)
		}
	})
}
