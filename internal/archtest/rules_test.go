package archtest

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// project is the tree that the rules are for.
const project = "../.."

var rules = map[string]func([]File) []string{
	"directions": Directions, "fences": Fences, "blind": Blind, "sizes": Sizes, "comments": Comments, "calls": Calls, "names": Names,
}

func TestTheHouseKeepsItsRules(t *testing.T) {
	files, err := Load(os.DirFS(project))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("only %d files were seen: the rules look at the wrong tree", len(files))
	}
	for name, rule := range rules {
		for _, b := range rule(files) {
			t.Errorf("%s: %s", name, b)
		}
	}
}

// TestEachRuleCanFail breaks each rule once, in a tree that is right without the breach.
func TestEachRuleCanFail(t *testing.T) {
	long := "// Package flows is long.\npackage flows\n" + strings.Repeat("\n", maxFile+1)
	fn := "// Package flows is long.\npackage flows\n\nfunc f() {\n" + strings.Repeat("\n", maxFunction+1) + "}\n"
	for name, c := range map[string]struct{ rule, path, src, want string }{
		"domain rooms do not know each other":          {"directions", "ca/x.go", "// Package ca.\npackage ca\n\nimport _ \"example.org/sectag/ledger\"\n", "ca may not import ledger"},
		"flows sees only cred":                         {"directions", "flows/x.go", "// Package flows.\npackage flows\n\nimport _ \"example.org/sectag/device\"\n", "flows may not import device"},
		"tui does not see the bench":                   {"directions", "tui/x.go", "// Package tui.\npackage tui\n\nimport _ \"example.org/sectag/bench\"\n", "tui may not import bench"},
		"the simulator's tests do not know the driver": {"directions", "device/sim/x_test.go", "package sim\n\nimport _ \"example.org/sectag/device\"\n", "device/sim may not import device"},
		"a room that nobody planned":                   {"directions", "utils/x.go", "// Package utils.\npackage utils\n", "not in the plan"},
		"bubbletea outside tui":                        {"fences", "bench/x.go", "// Package bench.\npackage bench\n\nimport _ \"github.com/charmbracelet/bubbletea\"\n", "belongs behind tui"},
		"pion outside endpoint":                        {"fences", "device/sim/x.go", "// Package sim.\npackage sim\n\nimport _ \"github.com/pion/dtls/v3\"\n", "belongs behind endpoint"},
		"CBOR outside its room":                        {"fences", "device/x.go", "// Package device.\npackage device\n\nimport _ \"github.com/fxamacker/cbor/v2\"\n", "belongs behind device/keygen"},
		"the simulator in product code":                {"fences", "bench/x.go", "// Package bench.\npackage bench\n\nimport _ \"example.org/sectag/device/sim\"\n", "belongs behind"},
		"a library without a room":                     {"fences", "flows/x.go", "// Package flows.\npackage flows\n\nimport _ \"github.com/other/thing\"\n", "no room was given to github.com/other/thing"},
		"a screen that opens files":                    {"blind", "tui/x.go", "// Package tui.\npackage tui\n\nimport _ \"os\"\n", "may not see os"},
		"a machine that opens sockets":                 {"blind", "flows/x.go", "// Package flows.\npackage flows\n\nimport _ \"net/http\"\n", "may not see net/http"},
		"a machine in a room of its own that does":     {"blind", "flows/machine/x.go", "// Package machine.\npackage machine\n\nimport _ \"os\"\n", "may not see os"},
		"a screen that lists folders":                  {"blind", "tui/x.go", "// Package tui.\npackage tui\n\nimport _ \"path/filepath\"\n", "may not see path/filepath"},
		"a machine that asks the system":               {"blind", "flows/x.go", "// Package flows.\npackage flows\n\nimport _ \"syscall\"\n", "may not see syscall"},
		"a machine that throws dice":                   {"blind", "flows/x.go", "// Package flows.\npackage flows\n\nimport _ \"math/rand/v2\"\n", "may not see math/rand/v2"},
		"a machine with a clock in its pocket":         {"calls", "flows/x.go", "// Package flows.\npackage flows\n\nimport \"time\"\n\nvar now = time.Now\n", "no clock"},
		"a machine that waits":                         {"calls", "flows/x.go", "// Package flows.\npackage flows\n\nimport \"time\"\n\nvar t = time.NewTimer(1)\n", "no clock"},
		"a machine with a clock":                       {"calls", "flows/machine/x.go", "// Package machine.\npackage machine\n\nimport \"time\"\n\nvar t = time.Now()\n", "no clock"},
		"a long file":                                  {"sizes", "flows/x.go", long, "lines, 400 are enough"},
		"a long function":                              {"sizes", "flows/x.go", fn, "f has 63 lines"},
		"a long function in a variable":                {"sizes", "flows/x.go", strings.Replace(fn, "func f()", "var f = func()", 1), "has 63 lines"},
		"no package comment":                           {"comments", "flows/x.go", "package flows\n", "0 package comments"},
		"a panic":                                      {"calls", "flows/x.go", "// Package flows.\npackage flows\n\nfunc f() { panic(1) }\n", "nobody panics"},
		"an exit outside main":                         {"calls", "flows/x.go", "// Package flows.\npackage flows\n\nimport \"os\"\n\nfunc f() { os.Exit(1) }\n", "only main"},
		"a log line":                                   {"calls", "ca/x.go", "// Package ca.\npackage ca\n\nimport \"log\"\n\nfunc f() { log.Println() }\n", "do not log"},
		"an exit under another name":                   {"calls", "flows/x.go", "// Package flows.\npackage flows\n\nimport system \"os\"\n\nfunc f() { system.Exit(1) }\n", "only main"},
		"an exit that is handed on":                    {"calls", "flows/x.go", "// Package flows.\npackage flows\n\nimport \"os\"\n\nvar exit = os.Exit\n", "only main"},
		"an import that hides its names":               {"calls", "ca/x.go", "// Package ca.\npackage ca\n\nimport . \"time\"\n\nfunc f() { Sleep(1) }\n", "no import hides"},
		"a structured log line":                        {"calls", "ca/x.go", "// Package ca.\npackage ca\n\nimport \"log/slog\"\n\nfunc f() { slog.Info(\"x\") }\n", "do not log"},
		"a sleep in a channel":                         {"calls", "ca/x.go", "// Package ca.\npackage ca\n\nimport \"time\"\n\nfunc f() { <-time.After(1) }\n", "nobody sleeps"},
		"a sleep under another name":                   {"calls", "ca/x.go", "// Package ca.\npackage ca\n\nimport t \"time\"\n\nfunc f() { t.Sleep(1) }\n", "nobody sleeps"},
		"a sleep":                                      {"calls", "ca/x_test.go", "package ca\n\nimport \"time\"\n\nfunc f() { time.Sleep(1) }\n", "nobody sleeps"},
		"a skip":                                       {"calls", "ca/x_test.go", "package ca\n\nimport \"testing\"\n\nfunc TestX(t *testing.T) { t.Skip() }\n", "no test is skipped"},
		"a benchmark that is skipped":                  {"calls", "ca/x_test.go", "package ca\n\nimport \"testing\"\n\nfunc BenchmarkX(b *testing.B) { b.SkipNow() }\n", "no test is skipped"},
		"a test that forgives":                         {"calls", "ca/x_test.go", "package ca\n\nimport \"testing\"\n\nfunc TestX(t *testing.T) { t.Skipf(\"x\") }\n", "no test is skipped"},
		"a test that asks whether time is short":       {"calls", "ca/x_test.go", "package ca\n\nimport \"testing\"\n\nvar short = testing.Short\n", "no test is skipped"},
		"an exit of the system's":                      {"calls", "ca/x.go", "// Package ca.\npackage ca\n\nimport \"syscall\"\n\nfunc f() { syscall.Exit(1) }\n", "only main"},
		"an exit of a goroutine":                       {"calls", "ca/x.go", "// Package ca.\npackage ca\n\nimport \"runtime\"\n\nfunc f() { runtime.Goexit() }\n", "only main"},
		"an exit by way of the log":                    {"calls", "cmd/sectag/x.go", "// Command sectag.\npackage main\n\nimport \"log\"\n\nfunc f() { log.Fatal() }\n", "do not log"},
		"a sleep by way of a ticker":                   {"calls", "ca/x.go", "// Package ca.\npackage ca\n\nimport \"time\"\n\nfunc f() { <-time.Tick(1) }\n", "nobody sleeps"},
		"a sleep inside a choice":                      {"calls", "ca/x.go", "// Package ca.\npackage ca\n\nimport \"time\"\n\nfunc f(c chan int) {\n\tselect {\n\tcase <-c:\n\t\t<-time.After(1)\n\t}\n}\n", "nobody sleeps"},
		"a database outside the ledger":                {"fences", "bench/x.go", "// Package bench.\npackage bench\n\nimport _ \"database/sql\"\n", "belongs behind ledger"},
		"the local server in product code":             {"fences", "bench/x.go", "// Package bench.\npackage bench\n\nimport _ \"example.org/sectag/endpoint/sim\"\n", "belongs behind"},
		"a library of the tests in product code":       {"fences", "ca/x.go", "// Package ca.\npackage ca\n\nimport _ \"go.uber.org/goleak\"\n", "belongs behind tests"},
		"a name without a word":                        {"names", "ca/x.go", "// Package ca.\npackage ca\n\nfunc F() {}\n\nvar _ = F\n", "nobody says what F is"},
		"a method without a word":                      {"names", "ca/x.go", "// Package ca.\npackage ca\n\n// T is one.\ntype T struct{}\n\nfunc (t *T) F() {}\n", "nobody says what F is"},
		"a constant without a word":                    {"names", "ca/x.go", "// Package ca.\npackage ca\n\nconst C = 1\n\nvar _ = C\n", "nobody says what C is"},
		"a function that nobody calls":                 {"names", "ca/x.go", "// Package ca.\npackage ca\n\n// F is one.\nfunc F() {}\n", "nobody uses F"},
		"a constant that nobody needs":                 {"names", "ca/x.go", "// Package ca.\npackage ca\n\n// The constants.\nconst (\n\tA = 1\n\tB = A\n)\n", "nobody uses B"},
		"a type that nobody needs":                     {"names", "ca/x.go", "// Package ca.\npackage ca\n\n// T is one.\ntype T struct{}\n", "nobody uses T"},
		"an init":                                      {"calls", "ca/x.go", "// Package ca.\npackage ca\n\nfunc init() {}\n", "init"},
	} {
		t.Run(name, func(t *testing.T) {
			files, err := Load(fstest.MapFS{c.path: {Data: []byte(c.src)}})
			if err != nil {
				t.Fatal(err)
			}
			bad := rules[c.rule](files)
			if len(bad) != 1 || !strings.Contains(bad[0], c.want) {
				t.Errorf("got %q, want one breach with %q", bad, c.want)
			}
		})
	}
}

// TestTheDomainRoomsDoNotKnowEachOther, nor does anybody see what stands above them.
func TestTheDomainRoomsDoNotKnowEachOther(t *testing.T) {
	domain := []string{"device", "ca", "endpoint", "ledger"}
	above := []string{"flows", "bench", "tui", "cmd/sectag"}
	forbidden := map[string][]string{
		"cred": append(append([]string{}, domain...), above...), "flows": append([]string{"bench", "tui", "cmd/sectag"}, domain...),
		"bench": {"tui", "cmd/sectag"}, "tui": append([]string{"bench", "cmd/sectag"}, domain...),
	}
	for _, d := range domain {
		forbidden[d] = append([]string{}, above...)
		for _, other := range domain {
			if other != d {
				forbidden[d] = append(forbidden[d], other)
			}
		}
	}
	for from, list := range forbidden {
		for _, to := range list {
			for _, room := range []string{from, from + "/below"} {
				src := "package x\n\nimport _ \"" + module + "/" + to + "/deep\"\n"
				files, err := Load(fstest.MapFS{room + "/x.go": {Data: []byte(src)}})
				if err != nil {
					t.Fatal(err)
				}
				if bad := Directions(files); len(bad) != 1 {
					t.Errorf("%s may import %s: %q", room, to, bad)
				}
			}
		}
	}
}

// TestAWaitAmongOthersIsNoSleep: what is forbidden is to wait for time and nothing else.
func TestAWaitAmongOthersIsNoSleep(t *testing.T) {
	src := "// Package ca.\npackage ca\n\nimport \"time\"\n\nfunc f(c chan int) {\n\tselect {\n\tcase <-c:\n\tcase <-time.After(1):\n\t}\n}\n"
	files, err := Load(fstest.MapFS{"ca/x.go": {Data: []byte(src)}})
	if err != nil {
		t.Fatal(err)
	}
	if bad := Calls(files); len(bad) != 0 {
		t.Errorf("got %q", bad)
	}
}

// TestWhatNobodySeesNeedsNoWord: a comment may stand at the group or after the line, and methods of a hidden type need none.
func TestWhatNobodySeesNeedsNoWord(t *testing.T) {
	src := "// Package ca.\npackage ca\n\n// The sizes.\nconst (\n\tA = 1\n\tB = A\n)\n\ntype (\n\tC = int // is one\n)\n\ntype d[X any] struct{}\n\nfunc (*d[X]) E() C { return B }\n"
	files, err := Load(fstest.MapFS{"ca/x.go": {Data: []byte(src)}})
	if err != nil {
		t.Fatal(err)
	}
	if bad := Names(files); len(bad) != 0 {
		t.Errorf("got %q", bad)
	}
}

// TestARoomThatGrew needs several files, so it stands apart.
func TestARoomThatGrew(t *testing.T) {
	tree := fstest.MapFS{}
	for _, n := range []string{"a", "b", "c", "d"} {
		tree["flows/"+n+".go"] = &fstest.MapFile{Data: []byte("package flows\n" + strings.Repeat("\n", maxFile-1))}
	}
	files, err := Load(tree)
	if err != nil {
		t.Fatal(err)
	}
	if bad := Sizes(files); len(bad) != 1 || !strings.Contains(bad[0], "the room has 1600 lines") {
		t.Errorf("got %q", bad)
	}
	delete(tree, "flows/d.go")
	if files, err = Load(tree); err != nil {
		t.Fatal(err)
	}
	if bad := Sizes(files); len(bad) != 0 {
		t.Errorf("a room of 1200 lines was refused: %q", bad)
	}
}

// TestTwoPackageComments: godoc would run them together.
func TestTwoPackageComments(t *testing.T) {
	tree := fstest.MapFS{
		"ca/a.go": {Data: []byte("// Package ca is one.\npackage ca\n")},
		"ca/b.go": {Data: []byte("// Package ca is two.\npackage ca\n")},
	}
	files, err := Load(tree)
	if err != nil {
		t.Fatal(err)
	}
	if bad := Comments(files); len(bad) != 1 || !strings.Contains(bad[0], "2 package comments") {
		t.Errorf("got %q", bad)
	}
}
