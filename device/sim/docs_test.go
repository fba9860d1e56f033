package sim_test

import (
	"os"
	"strings"
	"testing"

	"example.org/sectag/device/sim"
	"example.org/sectag/device/sim/fault"
	"example.org/sectag/device/sim/host"
)

// The document names every fault with what it does, every unit and every host; and no fault that there is not.
func TestDocument(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(b)
	_, faults, _ := strings.Cut(doc, "| `--fault` |")
	faults, _, _ = strings.Cut(faults, "\n\n")
	for _, k := range fault.All() {
		does, _, found := strings.Cut(faults, "| `"+k.Form+"` | ")
		if !found {
			t.Errorf("docs/simulator.md has no row for %s", k.Form)
			continue
		}
		does = strings.ReplaceAll(faults[len(does)+len("| `"+k.Form+"` | "):], "`", "")
		if !strings.HasPrefix(does, k.Does) {
			t.Errorf("docs/simulator.md says of %s something else than %q", k.Form, k.Does)
		}
	}
	if rows := strings.Count(faults, "\n| `"); rows != len(fault.All()) {
		t.Errorf("docs/simulator.md has %d rows of faults, the simulator %d faults", rows, len(fault.All()))
	}
	for _, n := range sim.Names() {
		if c, err := sim.Named(n); err != nil || !strings.Contains(doc, "| `sim:"+n+"` | ") || !strings.Contains(doc, c.Firmware) {
			t.Errorf("docs/simulator.md does not have sim:%s with %s, %v", n, c.Firmware, err)
		}
	}
	for _, k := range host.Kinds() {
		if !strings.Contains(doc, "`"+k+"`") {
			t.Errorf("docs/simulator.md does not name the host %s", k)
		}
	}
}
