package host

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAShellIsSpokenToInSingleQuotes(t *testing.T) {
	h := Shell{Room: 200}
	wire, over := h.Frame("AT%CMNG=0,42,0", []byte("a\r\nb\nc"))
	if want := `at 'AT%CMNG=0,42,0,"a\nb\nc"'` + "\r"; string(wire) != want || over != 0 {
		t.Errorf("%q, %d over", wire, over)
	}
	if got := h.Stored([]byte("a\r\nb\nc")); string(got) != "a\r\nb\r\nc" {
		t.Errorf("stored as %q", got)
	}
	if _, over := h.Frame("AT", bytes.Repeat([]byte("x"), 200)); over != len(`at 'AT,""'`) {
		t.Errorf("%d over", over)
	}
	if _, over := (Shell{}).Frame("AT", bytes.Repeat([]byte("x"), 256-len(`at 'AT,""'`))); over != 1 {
		t.Errorf("%d over in a line of the usual size", over)
	}
	for content, code := range map[string]string{"it's": "line.bad-command", `a\n`: "line.bad-command", "a\x03": "line.bad-command", strings.Repeat("x", 200): "line.too-long", "a\nb": ""} {
		if err := h.Refuse("x", "AT%CMNG=0,1,4", []byte(content)); (err == nil) != (code == "") || err != nil && cred.AsFault(err).Code != code {
			t.Errorf("%q: %v", content, err)
		}
	}
	h.Newline = Literal
	for n, hint := range map[int]string{200: "CONFIG_SHELL_CMD_BUFF_SIZE", 4200: "shorter"} { // a larger line helps only where one can be had
		if err := h.Refuse("x", "AT%CMNG=0,1,4", bytes.Repeat([]byte{'x'}, n)); err == nil || !strings.Contains(cred.AsFault(err).Hint, hint) {
			t.Errorf("%d characters: %v, want a hint at %s", n, err, hint)
		}
	}
	if err := h.Refuse("x", "AT%CMNG=0,1,4", []byte("a\nb")); err == nil || cred.AsFault(err).Code != "line.no-newline" {
		t.Errorf("%v", err)
	}
}

func TestWhatAShellSaysIsUndressed(t *testing.T) {
	for line, want := range map[string]string{
		"\x1b[1;32muart:~$ \x1b[mat 'AT'":                            "at 'AT'",
		"\x1b[1;31mERROR":                                            "ERROR",
		"\x1b[m\x1b[1;32mmosh:~$ \x1b[m\x1b[8D\x1b[J[00:00] <inf> x": "[00:00] <inf> x",
		"AT event handler: +CEREG: 2":                                "+CEREG: 2",
		"%CMNG: 42,0,\"00\"":                                         "%CMNG: 42,0,\"00\"",
		"uart:~$ uart:~$ OK":                                         "OK",
	} {
		if got, keep := (Shell{}).Clean(line); got != want || !keep {
			t.Errorf("%q is %q", line, got)
		}
	}
	for rest, want := range map[string]bool{"\x1b[1;32muart:~$ \x1b[m": true, "uart:~$ ": true, "uart:~$": true, "uart:~$ at": false, "": false, "OK": false} {
		if (Shell{}).Prompted(rest) != want {
			t.Errorf("%q is a prompt: %v", rest, !want)
		}
	}
}

func TestLineEndsHaveNames(t *testing.T) {
	for h, want := range map[at.Host]string{
		at.ATHost{}: "CR", at.ATHost{End: LF}: "LF", at.ATHost{End: NUL}: "NULL", SerialModem{}: "CR", SLM{End: CRLF}: "CRLF", Shell{}: "CR",
	} {
		if End(h) != want {
			t.Errorf("%v ends with %s", h, End(h))
		}
	}
}

// mouth is a line whose other end says one thing to whatever it is sent.
type mouth struct {
	says []byte
	r    *io.PipeReader
	w    *io.PipeWriter
	told chan struct{}
}

func newMouth(says []byte) *mouth {
	m := &mouth{says: says, told: make(chan struct{}, 1024)}
	m.r, m.w = io.Pipe()
	go func() {
		for range m.told {
			if _, err := m.w.Write(m.says); err != nil {
				return
			}
		}
	}()
	return m
}

func (m *mouth) Read(p []byte) (int, error) { return m.r.Read(p) }

func (m *mouth) Write(p []byte) (int, error) {
	select {
	case m.told <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (m *mouth) Close() error {
	close(m.told)
	return m.r.Close()
}

// Whatever is at the other end, the search ends in time: within its three seconds where nobody says OK, within the limits of the
// questions where somebody does, and with a fault that people can read.
func FuzzDetect(f *testing.F) {
	for _, s := range []string{
		"", "OK\r\n", "\r\nOK\r\n", "ERROR\r\n", "AT\rOK\r\n", "\r\nERROR\r\n", "+CMEE: 0\r\nOK\r\n", "+CFUN: (0,1)\r\nOK\r\n", "$GPGGA,,\r\n",
		"AT\r\n\x1b[1;31mAT: command not found\r\n\x1b[m\x1b[1;32muart:~$ \x1b[m", "at AT\r\nOK\r\r\n\r\nuart:~$ ", "\r\n#XDATAMODE: 0\r\n",
		"at AT\r\nSending AT command failed with error code -1\r\nuart:~$ ", "\r\n#XMODEM: FAULT,0x4,0x0\r\n\r\nERROR\r\n",
		"cred\r\ncred - TLS Credentials Commands\r\nat: command not found\r\nuart:~$ ", "####################\r\nuart:~$ ", "\xff\xfe\x00OK\r\n",
		"#XSMVER: \"v2.0.0\",\"3.4.0\"\r\n\r\nOK\r\n", "#XSLMVER: \"3.1.0\"\r\n\r\nOK\r\n", "AT\r\nOK\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, says []byte) {
		synctest.Test(t, func(t *testing.T) {
			s := at.New(newMouth(says), at.Options{})
			defer s.Close()
			start := time.Now()
			err := Detect(context.Background(), s, at.Query{Text: "AT+CMEE?", Answers: at.Answers{Prefix: "+CMEE:"}})
			most := 3 * time.Second
			if read(bytes.Repeat(says, 4)) != nothing { // somebody is there
				most = 2 * time.Minute
			}
			if d := time.Since(start); d > most {
				t.Errorf("%q: %v: %v", says, d, err)
			}
			if err != nil && (cred.AsFault(err).Code == "internal" || cred.AsFault(err).Hint == "") {
				t.Errorf("%q: %v", says, err)
			}
		})
	})
}

// Undressing never makes a result out of something else's middle, never grows a line and comes to rest.
func FuzzShellOutput(f *testing.F) {
	f.Add("\x1b[1;32muart:~$ \x1b[mat 'AT'")
	f.Add("\x1b[m\x1b[1;32mmosh:~$ \x1b[m\x1b[8D\x1b[J[00:00:00.250,000] <inf> main: battery")
	f.Add("AT event handler: %CESQ: 62,3,12,1")
	f.Add("\x1b[3A\x1b[15D\x1b[J")
	f.Add("uart:~$ ")
	f.Fuzz(func(t *testing.T, line string) {
		clean, _ := (Shell{}).Clean(line)
		if len(clean) > len(line) || strings.Contains(clean, "\x1b") {
			t.Errorf("%q is undressed to %q", line, clean)
		}
		(Shell{}).Prompted(line)
		read([]byte(line))
		ending([]byte(line))
		emptyBefore([]byte(line))
		echoed([]byte(line))
	})
}
