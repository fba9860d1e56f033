package at

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAFinalResultIsAWholeLine(t *testing.T) {
	for _, c := range []struct {
		reply, result string
		info          []string
	}{
		{"OK\r\n", "OK", nil},
		{"ERROR\r\n", "ERROR", nil},
		{"+CME ERROR: 513\r\n", "CME 513", nil},
		{"+CMS ERROR: 500\r\n", "CMS 500", nil},
		{"\r\n+CGSN: \"1\"\r\n\r\nOK\r\n", "OK", []string{`+CGSN: "1"`}},
		{"+CGSN: \"OK\"\r\nOK\r\n", "OK", []string{`+CGSN: "OK"`}},
		{"NOT OK\r\nOKAY\r\nok\r\n+CME ERROR: x\r\n ERROR\r\nOK\r\n", "OK", nil},
		{"AT+CGSN=1\r\r\n+CGSN: \"1\"\r\nOK\r\n", "OK", []string{`+CGSN: "1"`}}, // echo
		{"OK\n", "OK", nil},
	} {
		inTime(t, Options{}, fixed(c.reply), func(t *testing.T, s *Session, _ *far) {
			r := do(t, s, imei)
			if r.Result() != c.result || !cmp.Equal(r.Info, c.info) {
				t.Errorf("%q: %s %q", c.reply, r.Result(), r.Info)
			}
		})
	}
}

func TestAnAnswerMayArriveInAnyTwoPieces(t *testing.T) {
	for i := range len(listReply) {
		inTime(t, Options{}, func(f *far, _ string) {
			f.say(listReply[:i])
			<-time.After(time.Second) // virtual
			f.say(listReply[i:])
		}, func(t *testing.T, s *Session, _ *far) {
			if r := do(t, s, list); !r.OK() || !r.Clean || len(r.Info) != 2 {
				t.Errorf("cut at %d: %+v", i, r)
			}
		})
	}
}

// An unsolicited line can land at every byte of an answer, inside a line too: the answer is still whole and known as such.
func TestAnUnsolicitedLineMayLandAnywhere(t *testing.T) {
	for _, news := range []string{"+CEREG: 2\r\n", "+CEREG: 5,\"002F\",\"0012BEEF\",7,,,\"00000001\",\"00100010\"\r\n", "%CESQ: 62,3,12,1\r\n", "+CSCON: 1\r\n+CEREG: 1\r\n"} {
		for i := range len(listReply) + 1 {
			var heard strings.Builder
			o := Options{URC: func(l string) { heard.WriteString(l + "\r\n") }}
			inTime(t, o, fixed(listReply[:i]+news+listReply[i:]), func(t *testing.T, s *Session, _ *far) {
				r := do(t, s, list)
				if !r.OK() || !r.Clean || len(r.Info) != 2 || r.Info[0] != strings.SplitN(listReply, "\r", 2)[0] {
					t.Errorf("%q at %d: %+v", news, i, r)
				}
				synctest.Wait()
				if heard.String() != news {
					t.Errorf("%q at %d was heard as %q", news, i, heard.String())
				}
			})
		}
	}
}

func TestWhatIsUnknownInAnAnswerIsSaid(t *testing.T) {
	inTime(t, Options{}, fixed("[00:00:01.000,000] <inf> app: hello\r\n"+listReply), func(t *testing.T, s *Session, _ *far) {
		if r := do(t, s, list); r.Clean || len(r.Info) != 2 {
			t.Errorf("%+v", r)
		}
	})
}

func TestAnAnswerWithoutEndIsNotKept(t *testing.T) {
	inTime(t, Options{}, fixed(strings.Repeat("%CMNG: 1\r\n", maxLines+10)+"OK\r\n"), func(t *testing.T, s *Session, _ *far) {
		r, err := s.Do(t.Context(), Command{Text: "AT%CMNG=1", Answers: Answers{Prefix: "%CMNG:"}})
		if err != nil || !r.OK() || r.Clean || len(r.Info) != maxLines || len(r.Shown) != maxLines {
			t.Errorf("%d and %d lines, clean %v, %v", len(r.Info), len(r.Shown), r.Clean, err)
		}
	})
}

func TestALateAnswerIsNotTheNextCommands(t *testing.T) {
	inTime(t, Options{}, func(f *far, cmd string) {
		if strings.HasPrefix(cmd, "AT%CMNG=0") {
			<-time.After(6 * time.Second)
			f.say("OK\r\n")
			return
		}
		modem(f, cmd)
	}, func(t *testing.T, s *Session, f *far) {
		_, err := s.Do(t.Context(), Command{Text: "AT%CMNG=0,42,0", Content: []byte("x")})
		if !errors.Is(err, ErrNoAnswer) {
			t.Fatalf("got %v", err)
		}
		if _, err := s.Do(t.Context(), list); !errors.Is(err, ErrDirty) || s.InStep() {
			t.Fatalf("a command was sent on a line out of step: %v", err)
		}
		if n := len(f.written); n != 1 {
			t.Fatalf("%d commands were sent", n)
		}
		if err := s.Resync(t.Context(), ResyncLimit, queries()...); err != nil {
			t.Fatal(err)
		}
		if r := do(t, s, list); len(r.Info) != 2 || !r.Clean {
			t.Errorf("%+v", r)
		}
	})
}

// A modem that answers everything late and in order, each answer just when the host has given up, must not be mistaken.
func TestAnswersInArrearsDoNotShiftTheConversation(t *testing.T) {
	inTime(t, Options{}, func(f *far, cmd string) {
		f.mu.Lock()
		n := len(f.written)
		f.mu.Unlock()
		if n < 6 {
			<-time.After(4 * time.Second)
		}
		modem(f, cmd)
	}, func(t *testing.T, s *Session, _ *far) {
		_, err := s.Do(t.Context(), Command{Text: "AT+CMEE?", Answers: Answers{Prefix: "+CMEE:"}, Limit: ProbeLimit})
		wantCode(t, err, "line.no-answer")
		if err := s.Resync(t.Context(), 20*time.Second, queries()...); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if r := do(t, s, imei); len(r.Info) != 1 || !r.OK() {
				t.Fatalf("%+v", r)
			}
		}
	})
}

func TestAnAnswerJustInsideItsLimitIsInOrder(t *testing.T) {
	for _, limit := range []time.Duration{ProbeLimit, QueryLimit, SlowLimit} {
		inTime(t, Options{}, func(f *far, _ string) {
			<-time.After(limit)
			f.say("OK\r\n")
		}, func(t *testing.T, s *Session, _ *far) {
			do(t, s, Command{Text: "AT", Limit: limit})
		})
	}
}

func TestSilenceEndsWithItsLimitAndIsAnnounced(t *testing.T) {
	var said []string
	var until time.Time
	o := Options{Wait: func(what string, u time.Time) { said, until = append(said, what), u }}
	inTime(t, o, func(*far, string) {}, func(t *testing.T, s *Session, _ *far) {
		start := time.Now()
		_, err := s.Do(t.Context(), imei)
		wantCode(t, err, "line.no-answer")
		took(t, start, QueryLimit, QueryLimit+time.Second)
		if len(said) != 1 || !strings.Contains(said[0], "AT+CGSN=1") || until.Sub(start) < QueryLimit {
			t.Errorf("announced: %q until %v", said, until.Sub(start))
		}
		start = time.Now()
		err = s.Resync(t.Context(), ResyncLimit, queries()...)
		wantCode(t, err, "line.no-answer")
		took(t, start, ResyncLimit, ResyncLimit+3*time.Second)
		if _, err := s.Do(t.Context(), imei); code(err) != "line.no-answer" || s.Err() == nil {
			t.Errorf("a session that was given up speaks again: %v", err)
		}
	})
}

func TestAPortThatTakesNothingIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFar(modem)
		f.stuck = true
		s := New(f, Options{})
		start := time.Now()
		_, err := s.Do(t.Context(), Command{Text: "AT", Limit: ProbeLimit})
		wantCode(t, err, "line.no-answer")
		took(t, start, ProbeLimit, ProbeLimit+100*time.Millisecond)
		if s.Err() == nil {
			t.Error("the session goes on although a write is stuck")
		}
		_ = s.Close()
	})
}

func TestACableThatIsPulledEndsTheSession(t *testing.T) {
	inTime(t, Options{}, func(f *far, _ string) { f.say("+CGSN: "); f.unplug() }, func(t *testing.T, s *Session, _ *far) {
		start := time.Now()
		_, err := s.Do(t.Context(), imei)
		wantCode(t, err, "port.lost")
		if !errors.Is(err, ErrLost) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the cause is lost: %v", err)
		}
		took(t, start, 0, time.Second)
		_, err = s.Do(t.Context(), imei)
		wantCode(t, err, "port.lost")
		wantCode(t, s.Resync(t.Context(), ResyncLimit, queries()...), "port.lost")
	})
}

func TestAStopLeavesTheLineOutOfStep(t *testing.T) {
	inTime(t, Options{}, func(*far, string) {}, func(t *testing.T, s *Session, _ *far) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := s.Do(ctx, imei)
		wantCode(t, err, "line.stopped")
		if !errors.Is(err, context.Canceled) || s.InStep() || s.Err() != nil {
			t.Errorf("%v, in step %v", err, s.InStep())
		}
	})
}

func TestWhatWouldBlockTheHostIsNotSent(t *testing.T) {
	inTime(t, Options{}, modem, func(t *testing.T, s *Session, f *far) {
		for cmd, want := range map[string]string{
			`AT%CMNG=2,1,0,"`:  "line.bad-command",
			"AT\rAT":           "line.bad-command",
			"AT+X=\"a\rb\"":    "",
			"AT+X=\x1b":        "line.bad-command",
			"":                 "line.bad-command",
			"  ":               "line.bad-command",
			"AT%CMNG=1,42,0\n": "line.bad-command",
		} {
			_, err := s.Do(t.Context(), Command{Text: cmd})
			wantCode(t, err, want)
		}
		_, err := s.Do(t.Context(), Command{Text: "AT%CMNG=0,1,4", Content: []byte(`a"b`)})
		wantCode(t, err, "line.bad-command")
		head := len(`AT%CMNG=0,1,0,""`)
		_, err = s.Do(t.Context(), Command{Text: "AT%CMNG=0,1,0", Content: make([]byte, 4096-head)})
		wantCode(t, err, "line.too-long")
		_, err = s.Do(t.Context(), Command{Text: "AT+X=" + strings.Repeat("y", 4096)})
		if wantCode(t, err, "line.too-long"); len(err.Error()) > 200 {
			t.Errorf("the refusal is %d characters long", len(err.Error()))
		}
		if n := len(f.written); n != 1 {
			t.Errorf("%d commands were sent", n)
		}
		_, err = s.Do(t.Context(), Command{Text: "AT%CMNG=0,1,0", Content: []byte(strings.Repeat("x", 4095-head))})
		wantCode(t, err, "")
		if got := len(f.written[len(f.written)-1]); got != 4095 {
			t.Errorf("the longest command had %d characters", got)
		}
	})
}

// A byte that the line lost can leave the host inside a double quote, where it takes everything for data.
func TestAnOpenQuoteIsFreed(t *testing.T) {
	for _, lost := range []int{1, 2} { // the closing quote, or both
		inTime(t, Options{}, modem, func(t *testing.T, s *Session, f *far) {
			f.mu.Lock()
			f.quote = lost == 1
			f.buf.WriteString(`AT%CMNG=0,42,2,"secret`)
			f.mu.Unlock()
			if lost == 2 {
				f.answer = func(f *far, cmd string) {
					f.mu.Lock()
					n := len(f.written)
					f.mu.Unlock()
					if n > 4 {
						modem(f, cmd)
					}
				}
			}
			_, err := s.Do(t.Context(), imei)
			wantCode(t, err, "line.no-answer")
			if err := s.Resync(t.Context(), ResyncLimit, queries()...); err != nil {
				t.Fatalf("%v; the host has %q", err, f.buf.String())
			}
			if r := do(t, s, imei); len(r.Info) != 1 {
				t.Errorf("%+v", r)
			}
			for _, w := range f.written {
				if lost == 1 && strings.Contains(w, "secret") {
					t.Errorf("half a command was run: %q", w)
				}
			}
		})
	}
}

func TestAResultBeforeTheCommandWasSentIsNotItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f *far
		first := true
		f = newFar(modem)
		s := New(lineFunc{f, func(p []byte) {
			if first && len(p) == chunk {
				first = false
				f.say("OK\r\nERROR\r\n") // of something earlier
				synctest.Wait()
			}
		}}, Options{})
		defer s.Close()
		r := do(t, s, Command{Text: "AT%CMNG=1,42,0", Content: []byte(strings.Repeat("x", 600)), Answers: list.Answers})
		if !r.OK() || len(r.Info) != 2 {
			t.Errorf("%+v", r)
		}
	})
}

// lineFunc looks at what is written.
type lineFunc struct {
	*far
	before func([]byte)
}

func (l lineFunc) Write(p []byte) (int, error) {
	l.before(p)
	return l.far.Write(p)
}

func TestStatsAreThoseOfTheLine(t *testing.T) {
	inTime(t, Options{}, func(f *far, cmd string) { <-time.After(time.Second); modem(f, cmd) }, func(t *testing.T, s *Session, _ *far) {
		do(t, s, imei)
		st := s.Stats()
		if st.BytesOut != 10 || st.BytesIn != int64(len(imeiReply)) || st.Last.Sub(st.First) != time.Second {
			t.Errorf("%+v", st)
		}
	})
}
