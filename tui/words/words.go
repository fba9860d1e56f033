// Package words says the bench's numbers, names and times as people say them. It knows nothing of screens.
package words

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.org/sectag/cred"
)

// Day is the date of an RFC 3339 time.
func Day(t string) string { return t[:min(len(t), len("2006-01-02"))] }

// Below says under which root an authority stands, and what that means for the server; "" of a root.
func Below(root, end string) string {
	if root == "" {
		return ""
	}
	return root + ", until " + Day(end) + "; the server needs both (sectag ca chain)"
}

// Grouped writes a digest in groups of eight, four groups a line, so that it can be compared by eye and read out aloud.
func Grouped(d cred.Digest) []string {
	s := d.String()
	if s == "" {
		return nil
	}
	var out []string
	for _, half := range []string{s[:32], s[32:]} {
		out = append(out, strings.Join([]string{half[:8], half[8:16], half[16:24], half[24:]}, " "))
	}
	return out
}

// Count counts things.
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// Milliseconds is a duration.
func Milliseconds(ms int64) string {
	if ms < 1000 {
		return strconv.FormatInt(ms, 10) + " ms"
	}
	return fmt.Sprintf("%d.%d s", ms/1000, ms%1000/100)
}

// Thousands writes a number with spaces between groups of three.
func Thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// YesNo is a fact that may not be known.
func YesNo(b *bool) string {
	switch {
	case b == nil:
		return "not known"
	case *b:
		return "yes"
	}
	return "no"
}

// Bar draws a part of a whole in w cells.
func Bar(part, whole, w int) string {
	if whole <= 0 || w < 1 {
		return ""
	}
	half := min(max(part, 0), whole) * 2 * w / whole
	s := strings.Repeat("█", half/2)
	if half%2 == 1 {
		s += "▌"
	}
	return s + strings.Repeat(" ", w-(half+1)/2)
}

// Host is a kind of AT host.
func Host(h string) string {
	if n, ok := map[string]string{"at-host": "AT Host", "serial-modem": "Serial Modem", "slm": "SLM", "shell": "Zephyr shell"}[h]; ok {
		return n
	}
	return h
}

// Functional is what +CFUN says (AT manual, +CFUN).
func Functional(mode int) string {
	names := map[int]string{0: "off", 1: "active", 2: "active, receiving only", 4: "offline", 20: "offline, LTE off", 21: "active, LTE on", 44: "offline, SIM on"}
	if n, ok := names[mode]; ok {
		return fmt.Sprintf("%s (CFUN %d)", n, mode)
	}
	return fmt.Sprintf("CFUN %d", mode)
}

// Suite is an IANA name without what all have in common.
func Suite(s string) string {
	s = strings.TrimPrefix(s, "TLS_")
	return strings.ReplaceAll(strings.ReplaceAll(s, "_WITH_", " "), "_", "-")
}

// NotInModem says why the modem does not have a cipher suite that a server offers (nrf_socket.h has the whole list).
func NotInModem(suite string) string {
	switch {
	case strings.Contains(suite, "_CCM") && !strings.Contains(suite, "_PSK_"):
		return "no CCM with certificates"
	case strings.Contains(suite, "CHACHA20"):
		return "no ChaCha20"
	case strings.HasPrefix(suite, "TLS_RSA_") || strings.HasPrefix(suite, "TLS_DHE_"):
		return "no key exchange without a curve"
	case strings.Contains(suite, "_ECDHE_PSK_"):
		return "no PSK with a curve"
	}
	return "other suites"
}

// Flight is a step of a handshake, which arrows tell to those who know them.
func Flight(step string) string {
	if rest, ok := strings.CutPrefix(step, "-> "); ok {
		step = "sent: " + rest
	} else if rest, ok := strings.CutPrefix(step, "<- "); ok {
		step = "received: " + rest
	}
	if what, suite, ok := strings.Cut(step, ", TLS_"); ok {
		step = what + ", " + Suite(suite)
	}
	return step
}

// CommonName is the name in a distinguished name, or all of it where there is none.
func CommonName(subject string) string {
	for _, part := range strings.Split(subject, ",") {
		if cn, ok := strings.CutPrefix(strings.TrimSpace(part), "CN="); ok {
			return cn
		}
	}
	return subject
}

// Kind is a credential type in the words of the field.
func Kind(k cred.Kind) string {
	names := [...]string{"root CA", "client cert", "client key", "PSK", "PSK identity", "AT key", "device identity"}
	if int(k) < len(names) {
		return names[k]
	}
	return "type " + strconv.Itoa(int(k))
}

// Differs is how a slot that was read back differs from what was planned.
func Differs(old, now cred.Digest) string {
	switch {
	case now.IsZero():
		return "empty"
	case now == old:
		return "unchanged"
	}
	return "differs"
}

// Instead is what such a slot holds.
func Instead(old, now cred.Digest) string {
	return map[string]string{
		"empty": "nothing: it was not written", "unchanged": "the old one, as before", "differs": "something else: " + now.Short(),
	}[Differs(old, now)]
}

// Told is what a modem says of itself.
func Told(s string) string {
	if s == "" {
		return "not told by the modem"
	}
	return s
}

// Way is what a screen offers in the place of a flag.
type Way struct {
	Action string // the machine's action that does it, by name; empty where none is needed
	Text   string // what its key does, or what to do
}

// OnScreen is the screens' way out of a failure or finding whose hint names a flag of the command line.
func OnScreen(code string) (Way, bool) {
	w, ok := map[string]Way{
		"chain.incomplete":      {"load-anchor", "loads a root from a file"},
		"chain.untrusted":       {"load-anchor", "loads a root from a file"},
		"chain.aia-failed":      {"load-anchor", "loads a root from a file"},
		"chain.anchor-unproven": {"", "the endpoint screen stores it once the last eight of either digest are typed"},
	}[code]
	return w, ok
}

// Key is a key as people call it.
func Key(k rune) string {
	switch k {
	case '\r', '\n':
		return "enter"
	case 27:
		return "esc"
	case ' ':
		return "space"
	case '\t':
		return "tab"
	}
	return string(k)
}

// Unique are the findings without those that say the same again.
func Unique(fs []cred.Finding) []cred.Finding {
	seen := map[string]bool{}
	var out []cred.Finding
	for _, f := range fs {
		if k := f.Code + f.Text; !seen[k] {
			seen[k] = true
			out = append(out, f)
		}
	}
	return out
}

// SlotName says a slot: its sec_tag and the kind of what it holds.
func SlotName(tag uint32, k cred.Kind) string {
	return strconv.FormatUint(uint64(tag), 10) + " " + Kind(k)
}

// Lifetime is how much of the time until last a certificate lives, as a bar of w cells that begins now.
func Lifetime(now time.Time, notAfter string, last time.Time, w int) string {
	end, err := time.Parse(time.RFC3339, notAfter)
	if now.IsZero() || err != nil || !last.After(now) {
		return strings.Repeat(" ", w)
	}
	return Bar(int(end.Sub(now).Hours()), int(last.Sub(now).Hours()), w)
}
