package walk

import (
	"strings"
	"testing"

	"example.org/sectag/flows"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/screen"
	"example.org/sectag/tui/way"
)

// explained is a page of the codes with one row.
func explained(code string) (cause, do string, ok bool) {
	if code != "dtls.48" {
		return "", "", false
	}
	return "the server does not know the authority that signed the certificate", "give the server the root of the authority, or load the one that it trusts", true
}

var _ way.Copier = (*Walk)(nil)

func TestAFailureIsExplained(t *testing.T) {
	r := throughTheWork(t, settled, refusing(blank(t)))
	if r.press("e"); r.hand().over != screen.Nothing {
		t.Error("a page without an explainer is open")
	}
	r.root.explain = explained
	wants(t, r.root.View(), "explain")
	r.press("e")
	wants(t, r.root.View(), "dtls.48", "why   the server does not know", "do    give the server", "here  it trusts another")
	if r.press("e"); r.hand().over != screen.Nothing {
		t.Error("e does not leave the page")
	}
	r = toThePlan(t, settled, blank(t))
	r.root.explain = explained
	if r.press("e"); r.hand().over != screen.Nothing || !strings.Contains(r.root.View(), "nothing here has a code") {
		t.Error("something without a code is explained")
	}
}

// TestAFindingIsExplainedAndAnUnknownCodeSaysSo.
func TestAFindingIsExplainedAndAnUnknownCodeSaysSo(t *testing.T) {
	r := toThePlan(t, flows.Terms{Authority: true, Port: true, Ledger: true}, blank(t)).press("a", "u", "lwm2m.acme.eu", enter).settle().press(esc27)
	r.root.explain = explained
	r.press("e")
	wants(t, r.root.View(), "chain.anchor-unproven", "does not have it")
}

func TestWhatMattersIsCopied(t *testing.T) {
	for name, c := range map[string]struct {
		run  *run
		want []string
	}{
		"failure":    {throughTheWork(t, settled, refusing(blank(t))), []string{"unknown_ca (48)", "(dtls.48)", "hint: it trusts"}},
		"slots":      {toThePlan(t, settled, returned(t)).press(esc27), []string{"before", "client"}},
		"anchor":     {toThePlan(t, flows.Terms{Authority: true, Port: true, Ledger: true}, blank(t)).press("a", "u", "lwm2m.acme.eu", enter).settle().press(esc27), []string{blank(t).probe.Anchor.SHA256.String()}},
		"record":     {throughTheWork(t, settled, blank(t)), []string{"352656100367872 record 1431"}},
		"transcript": {askedInVain(atTheConsole(t)).press(esc27), []string{"> AT%CMNG=2,42,2\n", "< +CME ERROR: 514\n"}},
	} {
		c.run.press("y")
		got := c.run.root.Copies()
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: %q is not in %q", name, w, got)
			}
		}
		wants(t, c.run.root.View(), "copied ", "if the")
		if c.run.root.Copies() != "" {
			t.Errorf("%s is copied twice", name)
		}
	}
}

func TestTheNewestOfALongTranscriptIsCopied(t *testing.T) {
	r := atTheConsole(t).press(esc27)
	r.says(flows.TraceLine{Text: "first"})
	for range 900 {
		r.update(traceMsg{Text: strings.Repeat("x", 100)})
	}
	r.update(traceMsg{Text: "last"})
	r.press("y")
	got := r.root.Copies()
	if len(got) > maxCopied || !strings.HasSuffix(got, "< last\n") || !strings.HasPrefix(got, "< x") {
		t.Errorf("%d bytes, %.20q … %q", len(got), got, got[len(got)-10:])
	}
}

// TestATypedKeyIsNoWish: e and y in a field are letters.
func TestATypedKeyIsNoWish(t *testing.T) {
	r := newRun(t, settled, blank(t)).settle().press("ey")
	if r.hand().wish != 0 || r.root.Copies() != "" || r.hand().form.Fields[0].Len() != 2 {
		t.Error("a letter of a passphrase was taken for a command")
	}
	if r.press(esc27, "y"); r.root.Copies() == "" && !strings.Contains(r.root.View(), "nothing to copy") {
		t.Error("nothing is said")
	}
	r.press(form.Key{Name: form.Other})
}
