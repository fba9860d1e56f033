package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"example.org/sectag/bench"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// TestLinesSayWhatASlotHoldsAfterAFailure looks at what people read, in the place of the names that scripts read.
func TestLinesSayWhatASlotHoldsAfterAFailure(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	paper.UnitLines(&out, bench.Unit{Verdict: cred.Fail, Slots: []bench.UnitSlot{
		{Kind: "root-ca", Action: "written", Holds: "new"}, {Kind: "client-cert", Holds: "missing"}, {Kind: "client-key", Holds: "unknown"}, {Kind: "psk", Holds: "old"},
	}})
	want := []string{
		"           0 root-ca        written, holds the new one", "           0 client-cert    is empty",
		"           0 client-key     what it holds is not known", "           0 psk            holds what it held", "FAIL", "",
	}
	if got := strings.Split(out.String(), "\n"); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestAFailureBeforeTheUnitChangedNothing, and says so; one behind it does not.
func TestAFailureBeforeTheUnitChangedNothing(t *testing.T) {
	t.Parallel()
	slots := []bench.UnitSlot{{Kind: "root-ca", Holds: "unknown"}}
	for _, c := range []struct {
		u    bench.Unit
		want bool
	}{
		{bench.Unit{Verdict: cred.Fail, Slots: slots}, true},
		{bench.Unit{Verdict: cred.Fail, Slots: slots, IMEI: 1}, false},
		{bench.Unit{Verdict: cred.Fail, Slots: []bench.UnitSlot{{Kind: "root-ca", Action: "written", Holds: "new"}}}, false},
		{bench.Unit{Verdict: cred.Pass, Slots: slots}, false},
	} {
		var out bytes.Buffer
		paper.UnitLines(&out, c.u)
		if got := strings.Contains(out.String(), "\n  nothing was changed\n"); got != c.want {
			t.Errorf("%+v: %q", c.u, out.String())
		}
	}
}

// TestThePageNamesEveryLastLine makes units of every ending, and looks for their last line in the page.
func TestThePageNamesEveryLastLine(t *testing.T) {
	t.Parallel()
	page := strings.Join(strings.Fields(read(t, pages+"cli.md")), " ")
	slot := func(action string) []bench.UnitSlot { return []bench.UnitSlot{{Action: action}} }
	met := &flows.ConnectFacts{}
	seen := map[string]bool{}
	for name, u := range map[string]bench.Unit{
		"fail":      {Verdict: cred.Fail},
		"warn":      {Verdict: cred.Warn, Slots: slot("written")},
		"written":   {Verdict: cred.Pass, Slots: slot("written")},
		"connected": {Verdict: cred.Pass, Slots: slot("written"), Connect: met},
		"kept":      {Verdict: cred.Pass, Slots: slot("kept")},
		"by hand":   {Verdict: cred.Pass, Slots: slot("written"), Hand: true},
		"deleted":   {Verdict: cred.Pass, Slots: slot("deleted"), Hand: true},
		"unchanged": {Verdict: cred.Pass, Slots: slot("kept"), Hand: true},
		"held":      {Verdict: cred.Fail, Slots: slot("kept"), Held: true, IMEI: 1},
	} {
		var out bytes.Buffer
		paper.UnitLines(&out, u)
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		last := lines[len(lines)-1]
		if seen[last] || !strings.Contains(page, "`"+last+"`") {
			t.Errorf("%s: docs/cli.md does not name the last line %q", name, last)
		}
		seen[last] = true
	}
}
