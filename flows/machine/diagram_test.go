package machine

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
)

var update = flag.Bool("update", false, "draw the diagrams anew")

// drawing is what a search has seen of one machine: which event leads from which phase to which.
type drawing struct {
	name   string
	phases []phase
	doc    string
	ways   map[[2]int]map[string]bool
}

// phase is one constant of a machine's phase type, as its source has it.
type phase struct{ name, doc string }

// sketch reads names and comments from the source, so that the page says what the source says.
func sketch(t *testing.T, file, machine string) *drawing {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	d := &drawing{name: machine, ways: map[[2]int]map[string]bool{}}
	for _, decl := range tree.Decls {
		g, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for i, spec := range g.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.Name == machine {
					d.doc = strings.TrimSpace(g.Doc.Text())
				}
			case *ast.ValueSpec:
				first := g.Specs[0].(*ast.ValueSpec)
				id, ok := first.Type.(*ast.Ident)
				if g.Tok != token.CONST || !ok || !strings.HasSuffix(id.Name, "Phase") {
					continue
				}
				prefix := strings.TrimSuffix(id.Name, "Phase")
				name := strings.TrimPrefix(s.Names[0].Name, prefix)
				d.phases = append(d.phases, phase{strings.ToLower(name[:1]) + name[1:], strings.TrimSpace(s.Comment.Text())})
				if len(d.phases) != i+1 {
					t.Fatalf("%s: the phases are not in one block", file)
				}
			}
		}
	}
	if d.doc == "" || len(d.phases) == 0 {
		t.Fatalf("%s: no %s, or no phases", file, machine)
	}
	return d
}

// saw remembers a step.
func (d *drawing) saw(from, to int, e flows.Event) {
	name := codec.Name(e)
	if e == nil {
		name = "begun"
	}
	if d.ways[[2]int{from, to}] == nil {
		d.ways[[2]int{from, to}] = map[string]bool{}
	}
	d.ways[[2]int{from, to}][name] = true
}

// page writes the drawing as a page of the docs.
func (d *drawing) page() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Drawn by go test ./flows/machine -update from the machine itself. -->\n# %s\n\n%s\n\n", d.name, d.doc)
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> " + d.phases[0].name + "\n")
	var ways [][2]int
	for w := range d.ways {
		ways = append(ways, w)
	}
	sort.Slice(ways, func(i, j int) bool {
		return ways[i][0] < ways[j][0] || ways[i][0] == ways[j][0] && ways[i][1] < ways[j][1]
	})
	for _, w := range ways {
		var events []string
		for e := range d.ways[w] {
			events = append(events, e)
		}
		slices.Sort(events)
		fmt.Fprintf(&b, "    %s --> %s: %s\n", d.phases[w[0]].name, d.phases[w[1]].name, strings.Join(events, ", "))
	}
	b.WriteString("```\n\n| state | |\n|---|---|\n")
	for _, p := range d.phases {
		fmt.Fprintf(&b, "| %s | %s |\n", p.name, p.doc)
	}
	return b.String()
}

// keep holds the page against the one in the docs, or writes it.
func (d *drawing) keep(t *testing.T) {
	t.Helper()
	file := filepath.Join("..", "..", "docs", "flows", strings.ToLower(d.name)+".md")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(d.page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != d.page() {
		t.Errorf("%s is not what the machine does any more; go test ./flows/machine -update", file)
	}
}

// drawn searches a small machine and draws what it does.
func drawn[M staged[M], W comparable](t *testing.T, file, name string, d model[M, W], phaseOf func(M) int) {
	t.Helper()
	draw := sketch(t, file, name)
	how := right[M]()
	how.step = func(m M, e flows.Event) (M, []flows.Effect, bool) {
		n, do, ignored := m.Step(e)
		if !ignored {
			draw.saw(phaseOf(m), phaseOf(n), e)
		}
		return n, do, ignored
	}
	_, g := d.run(t, how)
	g.Each(func(from joint[M, W], label string, to joint[M, W]) {
		if label == "begun" {
			draw.saw(phaseOf(from.m), phaseOf(to.m), nil)
		}
	})
	draw.keep(t)
}

func TestCredentialsDiagram(t *testing.T) {
	t.Parallel()
	draw := sketch(t, "credentials.go", "Credentials")
	step := func(m Credentials, e flows.Event) (Credentials, []flows.Effect, bool) {
		n, do, ignored := m.Step(e)
		if !ignored {
			draw.saw(int(m.phase), int(n.phase), e)
		}
		return n, do, ignored
	}
	var starts []world
	for _, in := range []string{"as usual", inModem, "only looked at", "delete by hand", "left offline"} {
		starts = append(starts, start(lost, true, variants[in]), start([3]cell{current, current, current}, true, variants[in]))
		if in == inModem {
			starts = append(starts, start(twoSlots, true, variants[in]))
		}
	}
	_, g, err := searchCred(step, starts, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range g.States { // what this search leaves out to stay small
		if w.alive {
			step(w.m, flows.SecTagChosen{SecTag: 7})
			w.m.anchor = false
			step(w.m, flows.TermsSet{Terms: flows.Terms{Anchor: true}})
		}
	}
	m := Credentials{who: Who{IMEI: unitA}, alive: true, known: true, sure: true, phase: credListing} // without a profile nothing is planned at first
	m.Wait = credID(1)
	open, _, _ := step(m, flows.Planned{ID: m.Wait})
	step(open, flows.SecTagChosen{})
	step(open, flows.PlanWanted{Hand: flows.Hand{Op: flows.DeleteSlot}})
	step(open, flows.Cancel{})
	draw.saw(int(credNone), int(credListing), nil)
	draw.keep(t)
}
