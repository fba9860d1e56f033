package host_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/device/sim/host"
)

func newHost(t testing.TB, kind string, size int) host.Host {
	t.Helper()
	h, err := host.New(host.Config{Kind: kind, Size: size})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// commands are what the host makes of some bytes.
func commands(h host.Host, in string) (out []string) {
	for _, b := range []byte(in) {
		o := h.Take(b)
		if len(o.Echo) > 0 {
			out = append(out, "echo "+string(o.Echo))
		}
		if o.Command != nil {
			out = append(out, string(o.Command))
		}
	}
	return out
}

// Each row names its rule of nrf91.md section 3.2.
func TestATHost(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		rule, kind string
		size       int
		in         string
		want       []string
	}{
		{"1 backspace and DEL", "", 99, "A\x08\x7f\x7fBC\x7f\r", []string{"B"}},
		{"1 in quotes the quote can go and still counts", "", 99, "A\"\x08B\r\"\r", []string{"AB\r\""}},
		{"2 CR", "at-host", 99, "A\rB\n\rC\x00D\r", []string{"A", "B\n", "CD"}},
		{"2 LF", "at-host-lf", 99, "A\nB\r\n", []string{"A", "B\r"}},
		{"2 CRLF", "at-host-crlf", 99, "A\r\nB\nC\rD\r\n", []string{"A", "B\nC\rD"}},
		{"2 NUL", "at-host-null", 99, "A\x00B\r\n\x00", []string{"A", "B\r\n"}},
		{"3 what does not fit is dropped", "", 3, "ABCD\rE\r", []string{"ABC", "E"}},
		{"3 a quote that does not fit does not toggle", "", 3, "A\"BC\"\rD\r\x7f\"\r", []string{"A\"\""}},
		{"4 terminators in quotes are data", "", 99, "A\"\r\n\x00\"\r", []string{"A\"\r\n\x00\""}},
		{"4 in each mode", "at-host-null", 99, "A\"\x00\"\x00", []string{"A\"\x00\""}},
		{"5 blank lines are dropped", "", 99, "\r \r\t\n\r\x01\rA\r", []string{"A"}},
		{"5 in CRLF mode too", "at-host-crlf", 99, "\r\n \r\nA\r\n", []string{"A"}},
		{"5 the state is reset", "", 3, "ABC\rDEF\r", []string{"ABC", "DEF"}},
	} {
		if diff := cmp.Diff(s.want, commands(newHost(t, s.kind, s.size), s.in)); diff != "" {
			t.Errorf("rule %s (-want +got):\n%s", s.rule, diff)
		}
	}
}

func TestFrame(t *testing.T) {
	t.Parallel()
	h := newHost(t, "", host.BufferSize)
	if got := h.Frame([]byte("OK\r\n")); string(got) != "OK\r\n" {
		t.Errorf("got %q", got)
	}
	if got := h.Frame(bytes.Repeat([]byte("x"), 5000)); len(got) != 4095 {
		t.Errorf("a long reply has %d bytes left", len(got))
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	h := newHost(t, "", 99)
	commands(h, "A\"")
	h.Reset()
	if got := commands(h, "B\r"); len(got) != 1 || got[0] != "B" {
		t.Errorf("after a power cycle came %q", got)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		kind string
		size int
	}{{"telegraph", 99}, {"at-host", -1}, {"at-host", 4096}, {"serial-modem", 8191}} {
		if _, err := host.New(host.Config{Kind: s.kind, Size: s.size}); err == nil {
			t.Errorf("a host %q of %d was made", s.kind, s.size)
		}
	}
	for _, k := range host.Kinds() {
		newHost(t, k, 0)
	}
}

// Whatever comes, the host never holds more than its buffer, never hands on more, and can be brought back.
func FuzzATHost(f *testing.F) {
	for i, s := range []string{"AT\r", "AT\"\r\x7f\"\r", strings.Repeat("\"x", 40), "A\r\n\x00\x08", "\xff\x00\"\r\n\""} {
		f.Add(uint8(i), uint8(20), []byte(s))
	}
	f.Fuzz(func(t *testing.T, kind, size uint8, in []byte) {
		kinds := host.Kinds()[:4]
		h := newHost(t, kinds[int(kind)%len(kinds)], int(size)+4)
		for _, b := range in {
			command := h.Take(b).Command
			pending := h.(interface{ Pending() int }).Pending()
			if len(command) > int(size)+4 || pending > int(size)+4 {
				t.Fatalf("a buffer of %d holds %d and handed on %d", int(size)+4, pending, len(command))
			}
			if command != nil && (len(bytes.TrimSpace(command)) == 0 || pending != 0) {
				t.Fatalf("%q was handed on, %d are left", command, pending)
			}
		}
		// The recovery of section 3.2, on any state: make room, close the quote; silence means that this opened one.
		end := []string{"\r", "\n", "\r\n", "\x00"}[int(kind)%len(kinds)]
		clear := strings.Repeat("\x7f", int(size)+4)
		if got := commands(h, clear+"\""+end); len(got) == 0 {
			commands(h, clear+"\""+end)
		}
		if got := commands(h, clear+"AT"+end); len(got) != 1 || got[0] != "AT" {
			t.Fatalf("it did not come back: %q", got)
		}
	})
}
