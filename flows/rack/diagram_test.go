package rack

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "draw the diagram anew")

var phaseNames = [...]string{"absent", "looking", "waiting", "working", "asking", "passed", "warned", "failed", "resting", "leaving", "broken"}

// The page shows how one lane goes from phase to phase, by all three rules.
func TestRackDiagram(t *testing.T) {
	t.Parallel()
	ways := map[[2]Phase]map[string]bool{}
	for _, name := range []string{"one moody lane", "one moody bed", "one moody bed, auto", "one locked lane"} {
		step := func(r Rack, e Event) (Rack, []Effect, bool) {
			n, do, ignored := r.Step(e)
			if way := [2]Phase{r.lanes[0].Phase, n.lanes[0].Phase}; !ignored && way[0] != way[1] {
				if ways[way] == nil {
					ways[way] = map[string]bool{}
				}
				ways[way][called(e)] = true
			}
			return n, do, ignored
		}
		if _, err := searchRack(step, right, scopes[name]); err != nil {
			t.Fatal(err)
		}
	}
	var b strings.Builder
	b.WriteString(`<!-- Drawn by go test ./flows/rack -update from the machine itself. -->
# Rack

The station loop: up to 32 lanes side by side, a lane a port. This is one lane; each has a [bench](bench.md) of its own, and "told" is what
that says of itself. By the rule ` + "`key`" + ` a unit waits for Enter or for its label, by ` + "`label`" + ` for its label alone, by ` + "`auto`" + ` for nothing. A
label whose unit is not there waits for it.

`)
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> absent\n")
	for from := range Phase(len(phaseNames)) {
		for to := range Phase(len(phaseNames)) {
			var events []string
			for e := range ways[[2]Phase{from, to}] {
				events = append(events, e)
			}
			if slices.Sort(events); len(events) > 0 {
				fmt.Fprintf(&b, "    %s --> %s: %s\n", phaseNames[from], phaseNames[to], strings.Join(events, ", "))
			}
		}
	}
	b.WriteString("```\n")
	file := filepath.Join("..", "..", "docs", "flows", "rack.md")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Errorf("%s is not what the rack does any more; go test ./flows/rack -update", file)
	}
}

// called is an event's name on the page.
func called(e Event) string {
	if s, ok := e.(LaneSaw); ok {
		return [...]string{"told (it looks)", "told (a unit)", "told (it works)", "told (a question)", "told (a verdict)", "told (nothing in hand)"}[s.Saw.Stage]
	}
	return map[string]string{
		"rack.PortCame": "port came", "rack.PortGone": "port gone", "rack.BenchEnded": "bench ended", "rack.PassphraseKept": "passphrase", "rack.LabelScanned": "label",
		"rack.StartWanted": "start", "rack.NextWanted": "next", "rack.RetryWanted": "retry", "rack.DigitsGiven": "digits", "rack.CancelWanted": "cancel",
	}[fmt.Sprintf("%T", e)]
}
