package host_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/device/sim/host"
)

// said is what comes of some bytes: echoes and the host's own replies as text, commands in angle brackets.
func said(h host.Host, in string) string {
	var b strings.Builder
	for _, c := range []byte(in) {
		o := h.Take(c)
		b.Write(o.Echo)
		if o.Command != nil {
			b.WriteString("<" + string(o.Command) + ">")
		}
		b.Write(o.Reply)
		if o.Restart {
			b.WriteString("<restart>")
		}
	}
	return b.String()
}

// A line is what goes into a host and what comes of it; row names the place in nrf91.md.
type line struct{ row, kind, in, want string }

func check(t *testing.T, rows []line) {
	t.Helper()
	for _, s := range rows {
		if diff := cmp.Diff(s.want, said(newHost(t, s.kind, 0), s.in)); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", s.kind, s.row, diff)
		}
	}
}

const smError = "\r\nERROR\r\n"

func TestSerialModem(t *testing.T) {
	t.Parallel()
	check(t, []line{
		{"3.1 terminator CR", "serial-modem", "AT\rAT\n\r", "<AT>" + smError},
		{"3.1 terminator LF", "serial-modem-lf", "AT\nAT\r\n", "<AT>" + smError},
		{"3.1 terminator CRLF, the CR is trimmed", "serial-modem-crlf", "AT\r\n", "<AT>"},
		{"3.1 in CRLF mode neither alone ends", "serial-modem-crlf", "AT+X\nAT\r\n", smError},
		{"3.1 SLM ends with CRLF", "slm", "AT\r\n", "<AT>"},
		{"3.3 ignored until A and T, so a leading LF vanishes", "serial-modem", "\nAT\r\r\n\x00\xffat+cgsn\r", "<AT><at+cgsn>"},
		{"3.3 an A that no T follows is forgotten", "serial-modem", "AAT\rABAT\rHELLO\r", "<AT>"},
		{"3.3 grammar: what passes", "serial-modem", "AT+X\rAT%X_1?\rAT#X=?\rAT+X=\rAT+X=1,\"a\"\r", "<AT+X><AT%X_1?><AT#X=?><AT+X=><AT+X=1,\"a\">"},
		{"3.3 grammar: what does not", "serial-modem", "ATI\rAT+\rAT+X?1\rAT+X=?1\rAT X\rATE2\rAT-X\r", strings.Repeat(smError, 7)},
		{"3.3 backspace knows about quotes", "serial-modem", "AT+X=\"\x08\rAT+X=\"a\x7f\x7f1\r", "<AT+X=><AT+X=1>"},
		{"3.3 a command can be taken back whole", "serial-modem", "AT+X\x08\x08\x08\x08\x08AT\r", "<AT>"},
		{"3.3 the terminator in quotes is data", "serial-modem", "AT+X=\"\r\n\"\r", "<AT+X=\"\r\n\">"},
		{"3.3 an open quote swallows terminators; quote and CR recover", "serial-modem", "AT+X=\"\rAT\r\"\r", "<AT+X=\"\rAT\r\">"},
		{"3.1 echo is off, ATE1 switches it on, also for what is ignored", "serial-modem", "ATE1\r\nAT\rate0\rAT\r", "\r\nOK\r\n\nAT\r<AT>ate0\r\r\nOK\r\n<AT>"},
		{"3.1 SLM has no echo", "slm", "ATE1\r\n", "<ATE1>"},
		{"3.3 version", "serial-modem", "AT#XSMVER\rat#xsmver\r", strings.Repeat("\r\n#XSMVER: \"v2.0.0\",\"3.4.0\"\r\n\r\nOK\r\n", 2)},
		{"3.3 version of SLM", "slm", "AT#XSLMVER\r\nAT#XSMVER\r\n", "\r\n#XSLMVER: \"3.1.0\",\"3.1.0\"\r\n\r\nOK\r\n<AT#XSMVER>"},
		{"3.3 restart", "serial-modem", "AT#XRESET\r", "\r\nOK\r\n<restart>"},
		{"3.3 list of its own commands", "serial-modem", "AT#XCLAC\r", "\r\nAT#XAPOLL\r\nAT#XCLAC\r\nAT#XCLOSE\r\nAT#XCONNECT\r\nAT#XGETADDRINFO\r\nAT#XRECV\r\nAT#XRESET\r\nAT#XSEND\r\n" +
			"AT#XSMVER\r\nAT#XSOCKETOPT\r\nAT#XSSOCKET\r\nAT#XSSOCKETOPT\r\nAT+IPR\r\nATE0\r\nATE1\r\n\r\nOK\r\n"},
		{"3.1 +IPR", "serial-modem", "AT+IPR?\rAT+IPR=921600\rAT+IPR?\rAT+IPR=9600\rAT+IPR\rAT+IPR=\r", "\r\n+IPR: 115200\r\n\r\nOK\r\n" + "\r\nOK\r\n" +
			"\r\n+IPR: 921600\r\n\r\nOK\r\n" + strings.Repeat(smError, 3)},
		{"3.1 +IPR=?", "serial-modem", "AT+IPR=?\r", "\r\n+IPR: (),(115200,230400,460800,921600,1000000)\r\n\r\nOK\r\n"},
		{"3.1 SLM has no +IPR", "slm", "AT+IPR?\r\n", "<AT+IPR?>"},
	})
}

// The buffer takes 8189 characters and a terminator; one more is an ERROR at once, and what is left of the line is a new one.
func TestSerialModemOverflow(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return "AT+X=\"" + strings.Repeat("x", n-7) + "\"" }
	h := newHost(t, "serial-modem", 0)
	if got := said(h, long(4095)+"\r"); got != "<"+long(4095)+">" {
		t.Errorf("3.3 a command of 4095 characters: %.20q", got)
	}
	if got := said(h, long(4096)+"\r"); got != smError {
		t.Errorf("3.3 the library bounds a command earlier: %.20q", got)
	}
	if got := said(h, long(8189)+"\r"); got != smError {
		t.Errorf("3.3 it fits and the library refuses it: %.20q", got)
	}
	if got := said(h, long(8190)+"\r"); got != smError {
		t.Errorf("3.3 8190 characters leave no place for the terminator: %.20q", got)
	}
	if got := said(h, "AT+X=\""+strings.Repeat("x", 8184)+"AT\r"); got != smError {
		t.Errorf("3.3 the byte that does not fit is gone, so this AT is none: %.20q", got)
	}
	if got := said(newHost(t, "serial-modem", 64), "AT+X=\""+strings.Repeat("x", 60)+"AT+CGSN\r"); got != smError+"<AT+CGSN>" {
		t.Errorf("3.3 the rest of the line is parsed as fresh input: %q", got)
	}
}

func TestSerialModemFrames(t *testing.T) {
	t.Parallel()
	h := newHost(t, "serial-modem", 0)
	for in, want := range map[string]string{
		"OK\r\n":                             "\r\nOK\r\n",
		"ERROR\r\n":                          "\r\nERROR\r\n",
		"+CME ERROR: 513\r\n":                "\r\n+CME ERROR: 513\r\n",
		"+CGSN: \"1\"\r\nOK\r\n":             "\r\n+CGSN: \"1\"\r\n\r\nOK\r\n",
		"a\r\nb\r\nERROR\r\n":                "\r\na\r\nb\r\n\r\nERROR\r\n",
		strings.Repeat("x", 4092) + "OK\r\n": smError,
		strings.Repeat("x", 4091) + "OK\r\n": "\r\n" + strings.Repeat("x", 4091) + "OK\r\n",
	} {
		if got := string(h.Frame([]byte(in))); got != want {
			t.Errorf("3.3 %.20q went out as %.40q", in, got)
		}
	}
	if got := string(h.Event([]byte("%XSIM: 1\r\n"))) + string(h.Banner()); got != "\r\n%XSIM: 1\r\nReady\r\n" {
		t.Errorf("3.1 an event and the banner are %q", got)
	}
	if got := string(h.Fail([]byte("AT"), true)) + string(h.Fail([]byte("AT"), false)); got != "\r\n#XMODEM: FAULT,0x4,0x0\r\n"+smError+smError {
		t.Errorf("3.3 a crash is %q", got)
	}
}

// How a host is found, and how it is brought back (3.2, 3.3, 3.4).
func TestLeft(t *testing.T) {
	t.Parallel()
	const credential = `AT%CMNG=0,1,0,"-----BEGIN`
	for _, s := range []struct {
		kind     string
		how      host.Left
		in, want string
	}{
		{"at-host", host.OpenQuote, "AT\r\"\r", "<" + credential + "AT\r\">"},
		{"at-host", host.Buffered, "AT\r\"\rAT\r", ""},
		{"at-host", host.Buffered, strings.Repeat("\x7f", 4096) + "\"\x7fAT\r", "<AT>"},
		{"at-host", host.Echoing, "AT\r", "AT\r<AT>"},
		{"serial-modem", host.OpenQuote, "AT\r\"\r", "<" + credential + "AT\r\">"},
		{"serial-modem", host.Buffered, "xAT\r", smError + "<AT>"},
		{"serial-modem", host.Buffered, "\rAT\r", smError + "<AT>"},
		{"serial-modem", host.DataMode, "AT\r++AT\r+++AT\r", "\r\n#XDATAMODE: 0\r\n<AT>"},
		{"serial-modem", host.Echoing, "AT\r", "AT\r<AT>"},
		{"slm", host.DataMode, "AT\r\n+++AT\r\n", "\r\n#XDATAMODE: 0\r\n<AT>"},
		{"modem-shell", host.DataMode, "AT\r", "AT\r\n<AT>"},
		{"modem-shell", host.DataMode, "AT\x18\x11", "AT\x18===========================================================\r\nMoSh AT command mode exited\r\n" + mosh},
		{"at-shell", host.OpenQuote, "\r", "\r\n\x1b[1;31mnot terminated: '\r\n\x1b[m" + uart},
		{"at-shell", host.OpenQuote, "\x03at AT\r", "\r\n" + uart + "at AT\r\n<AT>"},
		{"at-shell", host.Buffered, "xyz\x03", "\r\n" + uart},
	} {
		h := newHost(t, s.kind, 0)
		if !h.Leave(s.how) {
			t.Errorf("%s knows no %s", s.kind, s.how)
		}
		if got := said(h, s.in); got != s.want {
			t.Errorf("%s, %s: sent %.20q\n got %q\nwant %q", s.kind, s.how, s.in, got, s.want)
		}
	}
	for kind, how := range map[string]host.Left{"at-host": host.DataMode, "at-shell": host.DataMode, "cred-shell": host.DataMode, "slm": host.Echoing} {
		if newHost(t, kind, 0).Leave(how) {
			t.Errorf("%s was left in %s", kind, how)
		}
	}
}

// A power cycle brings every host back, however it was left; echo stays, for the fault is the firmware's.
func TestResetOfAll(t *testing.T) {
	t.Parallel()
	for _, kind := range host.Kinds() {
		for _, how := range []host.Left{host.OpenQuote, host.Buffered, host.DataMode} {
			h := newHost(t, kind, 0)
			fresh := newHost(t, kind, 0)
			h.Leave(how)
			h.Reset()
			in := "AT+X=1\r\n\x00at 'AT+X'\r\n"
			if got, want := said(h, in), said(fresh, in); got != want {
				t.Errorf("%s after %s and a power cycle: %q, a fresh one %q", kind, how, got, want)
			}
		}
	}
}

// Whatever comes, a Serial Modem never holds more than its buffer, and comes back by a flush.
func FuzzSerialModem(f *testing.F) {
	for i, s := range []string{"AT\r", "AT+X=\"\r\x7f\"\r", strings.Repeat("AT\"x", 40), "AT\r\n\x00\x08", "ATE1\rAT+IPR=921600\r", "AAT\rAT#XRESET\r", "+++"} {
		f.Add(uint8(i), uint8(20), i%2 == 0, []byte(s))
	}
	f.Fuzz(func(t *testing.T, kind, size uint8, data bool, in []byte) {
		kinds := host.Kinds()[4:8]
		k := int(kind) % len(kinds)
		h := newHost(t, kinds[k], int(size)+8)
		if data {
			h.Leave(host.DataMode)
		}
		for _, b := range in {
			o := h.Take(b)
			if p := h.(interface{ Pending() int }).Pending(); p > int(size)+8 || len(o.Command) > int(size)+8 {
				t.Fatalf("a buffer of %d holds %d and handed on %d", int(size)+8, p, len(o.Command))
			}
			if o.Command != nil && (o.Reply != nil || !bytes.EqualFold(o.Command[:2], []byte("AT"))) {
				t.Fatalf("%q was handed on, with %q", o.Command, o.Reply)
			}
		}
		end := []string{"\r", "\n", "\r\n", "\r\n"}[k]
		said(h, "+++"+end+"\"")
		said(h, end+strings.Repeat("x", int(size)+10)+end)
		said(h, "\""+end+end)
		if got := said(h, "AT"+end); !strings.Contains(got, "<AT>") {
			t.Fatalf("it did not come back: %q", got)
		}
	})
}
