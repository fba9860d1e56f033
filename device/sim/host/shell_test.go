package host_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/device/sim/host"
)

const (
	uart  = "\x1b[1;32muart:~$ \x1b[m"
	mosh  = "\x1b[1;32mmosh:~$ \x1b[m"
	usage = "Usage: at <subcommand>\r\n\r\nSubcommands:\r\n  events_enable     Enable AT event handler which prints AT notifications\r\n" +
		"  events_disable    Disable AT event handler\r\n\r\nAny other subcommand is interpreted as AT command and sent to the modem.\r\n\r\n"
)

func failure(text string) string { return "\x1b[1;31m" + text + "\r\n\x1b[m" }

func TestShell(t *testing.T) {
	t.Parallel()
	check(t, []line{
		{"3.4 at AT", "at-shell", "at AT\r", "at AT\r\n<AT>"},
		{"3.1 CR or LF, and CRLF is one", "at-shell", "\r\n\n\r\r", "\r\n" + uart + "\r\n" + uart + "\r\n" + uart},
		{"3.4 no AT host of a line", "at-shell", "AT\r", "AT\r\n" + failure("AT: command not found") + uart},
		{"3.4 at alone", "at-shell", "at\r", "at\r\n" + usage + uart},
		{"3.4 the shell eats quotes", "at-shell", `at AT%X="a"` + "\r", `at AT%X="a"` + "\r\n<AT%X=a>"},
		{"3.4 single quotes keep them", "at-shell", `at 'AT%X="a b"'` + "\r", `at 'AT%X="a b"'` + "\r\n<AT%X=\"a b\">"},
		{"3.4 backslashes keep them", "at-shell", `at AT%X=\"a\"` + "\r", `at AT%X=\"a\"` + "\r\n<AT%X=\"a\">"},
		{"3.4 what follows the first word goes nowhere", "at-shell", "at AT+X 1\r", "at AT+X 1\r\n<AT+X>"},
		{"3.4 an open quote", "at-shell", "at 'AT\r", "at 'AT\r\n" + failure("not terminated: '") + uart},
		{"3.4 unescaping is off by default", "at-shell-large", `at 'AT%CMNG=0,1,0,"a\nb"'` + "\r", `at 'AT%CMNG=0,1,0,"a\nb"'` + "\r\n<AT%CMNG=0,1,0,\"a\\nb\">"},
		{"3.4 CONFIG_AT_SHELL_UNESCAPE_LF", "at-shell-unescape", `at 'AT%CMNG=0,1,0,"a\nb"'` + "\r", `at 'AT%CMNG=0,1,0,"a\nb"'` + "\r\n<AT%CMNG=0,1,0,\"a\r\nb\">"},
		{"3.4 and unquoted", "modem-shell", `at AT%CMNG=0,1,0,\"a\\nb\"` + "\r", `at AT%CMNG=0,1,0,\"a\\nb\"` + "\r\n<AT%CMNG=0,1,0,\"a\r\nb\">"},
		{"3.4 only for AT%CMNG=0", "modem-shell", `at 'AT%X="a\nb"'` + "\r", `at 'AT%X="a\nb"'` + "\r\n<AT%X=\"a\\nb\">"},
		{"3.4 wildcards", "at-shell-wildcard", "at AT+CFUN?\r", "at AT+CFUN?\r\n" + usage + uart},
		{"3.4 wildcards in quotes too", "at-shell-wildcard", "at 'AT+CFUN?'\r", "at 'AT+CFUN?'\r\n" + usage + uart},
		{"3.4 no wildcards", "modem-shell", "at AT+CFUN?\r", "at AT+CFUN?\r\n<AT+CFUN?>"},
		{"3.4 events", "at-shell", "at events_enable\r", "at events_enable\r\nAT command event handler enabled\r\n" + uart},
		{"3.4 events of modem_shell", "modem-shell", "at events_disable\r", "at events_disable\r\nAT command events disabled\r\n" + mosh},
		{"3.1 full VT100 echo: backspace", "at-shell", "ab\x08\x7fat AT\r", "ab\x1b[1D\x1b[J\x1b[1D\x1b[Jat AT\r\n<AT>"},
		{"3.1 Ctrl-C drops the line", "at-shell", "at 'x\x03at AT\r", "at 'x\r\n" + uart + "at AT\r\n<AT>"},
		{"3.1 Ctrl-U clears it", "at-shell", "abc\x15at AT\r", "abc\x1b[3D\x1b[Jat AT\r\n<AT>"},
		{"3.4 keys of a terminal", "at-shell", "\x1b[A\x1b[3~\x1bOat AT\r", "at AT\r\n<AT>"},
		{"3.1 other bytes vanish", "at-shell", "a\x00\x01\x80\xfft AT\r", "at AT\r\n<AT>"},
		{"3.4 AT command mode", "modem-shell", "at at_cmd_mode start\rAT\rat+x=\"\r\n\"\r", "at at_cmd_mode start\r\nMoSh AT command mode started, press ctrl-x ctrl-q to escape\r\n" +
			"MoSh specific AT commands:\r\n  Echo off/on: ATE0 and ATE1\r\n===========================================================\r\nAT\r\n<AT>at+x=\"\r\r\n\"\r\n<at+x=\"\r\n\">"},
		{"3.6 at is not found", "cred-shell", "at AT\r", "at AT\r\n" + failure("at: command not found") + uart},
		{"3.6 cred list", "cred-shell", "cred list\r", "cred list\r\n0 credentials found.\r\n" + uart},
		{
			"3.6 cred add, exists, list, del", "cred-shell",
			"cred add 42 CA default str abc\rcred add 42 ca_cert DEFAULT str abc\rcred list any CA\rcred del 42 CA\rcred del 42 CA\r",
			"cred add 42 CA default str abc\r\nAdded TLS credential of type CA_CERT, sectag 42, and length 3 bytes.\r\n" + uart +
				"cred add 42 ca_cert DEFAULT str abc\r\n" + failure("TLS credential with sectag 42 and type CA_CERT already exists.") + uart +
				"cred list any CA\r\n42,CA,ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=,0\r\n1 credentials found.\r\n" + uart +
				"cred del 42 CA\r\nDeleted TLS credential with sectag 42 and type CA_CERT.\r\n" + uart +
				"cred del 42 CA\r\n" + failure("There is no TLS credential with sectag 42 and type CA_CERT.") + uart,
		},
		{
			"3.6 in chunks, base64, with a NUL", "cred-shell", "cred buf YW\rcred buf Jj\rcred add 1 PSK default bint\rcred buf clear\r",
			"cred buf YW\r\nStored 2 bytes.\r\n" + uart + "cred buf Jj\r\nStored 2 bytes.\r\n" + uart +
				"cred add 1 PSK default bint\r\nAdded TLS credential of type PRE_SHARED_KEY, sectag 1, and length 4 bytes.\r\n" + uart +
				"cred buf clear\r\nCredential buffer cleared.\r\n" + uart,
		},
		{
			"3.6 what it refuses", "cred-shell", "cred add x CA default str a\rcred add 1 HAT default str a\rcred add 1 CA default bin -\rcred add 1 CA default str\r",
			"cred add x CA default str a\r\n" + failure("x is not a valid sectag.") + uart + "cred add 1 HAT default str a\r\n" + failure("HAT is not a valid credential type.") + uart +
				"cred add 1 CA default bin -\r\n" + failure("Could not decode input from base64, error: -22") + uart +
				"cred add 1 CA default str\r\n" + failure("Please provide a credential to add.") + uart,
		},
	})
}

// At 80 columns the shell goes to the next line by itself; the prompt has eight of them.
func TestShellWraps(t *testing.T) {
	t.Parallel()
	h := newHost(t, "at-shell", 0)
	line := "at 'AT%X=" + strings.Repeat("x", 200)
	want := line[:72] + "\r\n" + line[72:152] + "\r\n" + line[152:]
	if got := said(h, line); got != want {
		t.Errorf("3.4 an echo of %d came as %q", len(line), got)
	}
	if got := said(h, "\x15"); got != "\x1b[2A\x1b[49D\x1b[J" {
		t.Errorf("3.4 three lines are taken back by %q", got)
	}
	if got := said(h, line[:72]+"\x08y'\r"); got != line[:72]+"\r\n\x1b[1A\x1b[79C\x1b[Jy\r\n'\r\n<"+strings.ReplaceAll(line[4:71], "'", "")+"y>" {
		t.Errorf("3.4 back over the edge: %q", got)
	}
	full := "at AT%X=" + strings.Repeat("x", 64)
	if got := said(h, full+"\r"); got != full+"\r\n<"+full[3:]+">" {
		t.Errorf("3.4 a full line gets no second line end: %q", got)
	}
}

// 255 characters fit in a shell as built by default, 3583 in modem_shell; more are dropped and not echoed (3.1, 3.4).
func TestShellBuffers(t *testing.T) {
	t.Parallel()
	for kind, size := range map[string]int{"at-shell": 255, "modem-shell": 3583} {
		h := newHost(t, kind, 0)
		long := "at " + strings.Repeat("x", size)
		if got := strings.ReplaceAll(said(h, long), "\r\n", ""); got != long[:size] {
			t.Errorf("%s echoed %d characters of %d", kind, len(got), len(long))
		}
		if got := said(h, "yz\r"); !strings.Contains(got, "<"+long[3:size]+">") {
			t.Errorf("%s handed on %d", kind, len(got))
		}
	}
}

func TestShellFrames(t *testing.T) {
	t.Parallel()
	for _, s := range []struct{ row, got, want string }{
		{"3.4 reply and prompt", string(newHost(t, "at-shell", 0).Frame([]byte("x\r\nOK\r\n"))), "x\r\r\nOK\r\r\n\r\n" + uart},
		{"3.4 a refusal", string(newHost(t, "at-shell", 0).Frame([]byte("ERROR\r\n"))), "ERROR\r\r\n\r\n" + uart},
		{"3.4 a refusal in modem_shell", string(newHost(t, "modem-shell", 0).Frame([]byte("ERROR\r\n"))), "\x1b[1;31mERROR\r\r\n\r\n\x1b[m" + mosh},
		{"3.4 MAX reply 2700", string(newHost(t, "at-shell", 0).Frame(make([]byte, 2701))), "Sending AT command failed with error code -7\r\n" + uart},
		{"3.4 library failure", string(newHost(t, "at-shell", 0).Fail(nil, true)), "Sending AT command failed with error code -1\r\n" + uart},
		{"3.4 of modem_shell", string(newHost(t, "modem-shell", 0).Fail(nil, false)), failure("Failed to send AT command, err -1") + mosh},
		{"3.1 no events", string(newHost(t, "at-shell", 0).Event([]byte("%XSIM: 1\r\n"))), ""},
	} {
		if s.got != s.want {
			t.Errorf("%s: %q, want %q", s.row, s.got, s.want)
		}
	}
	h := newHost(t, "at-shell", 0)
	said(h, "at events_enable\rat A")
	if got, want := string(h.Event([]byte("%XSIM: 1\r\n"))), "\x1b[12D\x1b[JAT event handler:\r\n%XSIM: 1\r\r\n\r\n"+uart+"at A"; got != want {
		t.Errorf("3.1 an event is %q, want %q", got, want)
	}
	if got, want := string(newHost(t, "at-shell", 0).Log([]byte("log\r\n"))), "\x1b[8D\x1b[Jlog\r\n"+uart; got != want {
		t.Errorf("3.4 a log line is %q, want %q", got, want)
	}
	for kind, part := range map[string]string{"modem-shell": "MOSH version:", "at-shell": "*** Using Zephyr OS v", "cred-shell": "*** Booting nRF Connect SDK v"} {
		if got := string(newHost(t, kind, 0).Banner()); !strings.Contains(got, part) || !strings.HasSuffix(got, ":~$ \x1b[m") {
			t.Errorf("3.4 the banner of %s is %q", kind, got)
		}
	}
	if !host.Connects("modem-shell") || host.Connects("at-shell") || host.Connects("") {
		t.Error("3.4 only modem_shell connects by itself")
	}
}

// Quoting as in Zephyr's shell, seen through the at command (3.4).
func TestWords(t *testing.T) {
	t.Parallel()
	h := newHost(t, "at-shell", 0)
	for in, want := range map[string]string{
		`'a"b'`: `a"b`, `"a'b"`: `a'b`, `'a\'b'`: `a'b`, `"a\"b"`: `a"b`, `'a\"b'`: `a\"b`, `a'b'c`: "abc", `'a\n'`: `a\n`, `a\ b`: "a b", `\\n`: `\n`,
		`"\x41\x4"`: "A\x04", `"\0101\08"`: "A\\08", `"\xg"`: `\xg`, `'a'"b"`: "ab", `a\`: "a", `"\x4g"`: "\x04g",
	} {
		got := said(h, "at "+in+"\r")
		if _, after, _ := strings.Cut(got, "\r\n"); after != "<"+want+">" {
			t.Errorf("%s is %q, want %q", in, after, want)
		}
	}
	if got := said(h, "  at   AT  \r"); !strings.HasSuffix(got, "<AT>") {
		t.Errorf("blanks around words: %q", got)
	}
	if got := said(h, "a"+strings.Repeat(" b", 20)+"\r"); !strings.Contains(got, "Too many arguments in the command.") {
		t.Errorf("twenty-one words: %q", got)
	}
	if got := said(h, "'\r"); !strings.Contains(got, "not terminated: '") {
		t.Errorf("a quote alone: %q", got)
	}
	if diff := cmp.Diff(uart, strings.TrimPrefix(said(h, "   \r"), "   \r\n")); diff != "" {
		t.Errorf("blanks alone:\n%s", diff)
	}
}

// Whatever comes, a shell never holds more than its buffer, and Ctrl-X Ctrl-Q Ctrl-C bring it back.
func FuzzShell(f *testing.F) {
	for i, s := range []string{"at AT\r", "at 'AT\"\\n\r\n", strings.Repeat("\x7fx\x08", 90), "at at_cmd_mode start\rAT\"\x7f\r\x18\x11", "\x1b[3~\x1b", "cred add 1 CA default bint \"\\x\"\rcred list a b\r", "at events_enable\rat AT+X?\r"} {
		f.Add(uint8(i), uint8(40), []byte(s))
	}
	f.Fuzz(func(t *testing.T, kind, size uint8, in []byte) {
		kinds := host.Kinds()[8:]
		name := kinds[int(kind)%len(kinds)]
		h := newHost(t, name, int(size)+8)
		for _, b := range in {
			o := h.Take(b)
			if p := h.(interface{ Pending() int }).Pending(); p > int(size)+8 && p > 3584 {
				t.Fatalf("a buffer of %d holds %d", int(size)+8, p)
			}
			if o.Command != nil && o.Reply != nil {
				t.Fatalf("both %q and %q", o.Command, o.Reply)
			}
			h.Event([]byte("%XSIM: 1\r\n"))
			h.Log([]byte("log\r\n"))
		}
		said(h, "\x18\x11\x1b[A\x03\x03")
		want := "<AT>"
		if name == "cred-shell" {
			want = "command not found"
		}
		if got := said(h, "at AT\r"); !strings.Contains(got, want) {
			t.Fatalf("it did not come back: %q", got)
		}
	})
}
