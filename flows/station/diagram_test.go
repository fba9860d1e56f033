package station

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
)

var update = flag.Bool("update", false, "draw the diagram anew")

// The page shows how the bench turns from screen to screen when nobody turns the pages.
func TestBenchDiagram(t *testing.T) {
	t.Parallel()
	ways := map[[2]flows.Screen]map[string]bool{}
	step := func(b Bench, e flows.Event) (Bench, []flows.Effect, bool) {
		n, do, ignored := b.Step(e)
		if way := [2]flows.Screen{b.screen, n.screen}; !ignored && b.screen != n.screen {
			if ways[way] == nil {
				ways[way] = map[string]bool{}
			}
			ways[way][codec.Name(e)] = true
		}
		return n, do, ignored
	}
	searchBench(t, step, rightActions, scopes["what is shown"], false)
	var b strings.Builder
	b.WriteString(`<!-- Drawn by go test ./flows/station -update from the machine itself. -->
# Bench

Bench holds the seven machines and turns to the screen whose machine is at work or asks. This is how it goes by itself with a
profile that names an authority, a port, a trust anchor and a server; a person can turn to any screen at any time.

`)
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> authority\n")
	for from := range flows.Screen(flows.Screens) {
		for to := range flows.Screen(flows.Screens) {
			var events []string
			for e := range ways[[2]flows.Screen{from, to}] {
				events = append(events, e)
			}
			slices.Sort(events)
			if len(events) > 0 {
				fmt.Fprintf(&b, "    %s --> %s: %s\n", from, to, strings.Join(events, ", "))
			}
		}
	}
	b.WriteString("```\n\nWhat each machine does on its screen:")
	for s := range flows.Screen(flows.Screens) {
		fmt.Fprintf(&b, " [%s](%s.md)", s, s)
	}
	b.WriteString(".\n")
	file := filepath.Join("..", "..", "docs", "flows", "bench.md")
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
		t.Errorf("%s is not what the bench does any more; go test ./flows/station -update", file)
	}
}
