package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/paper"
)

const pages = "../../docs/"

// tree is the program's verbs, without the process.
func tree() *cobra.Command {
	return (&app{Console: &console.Console{Out: io.Discard, Err: io.Discard, Now: now}}).root()
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// sections takes a page apart by its headings of the second rank.
func sections(page string) map[string]string {
	out := map[string]string{}
	for _, s := range strings.Split(page, "\n## ")[1:] {
		title, text, _ := strings.Cut(s, "\n")
		out[strings.Trim(title, "`")] = text
	}
	return out
}

// runnable are the commands that do something, by their whole name.
func runnable(c *cobra.Command) map[string]*cobra.Command {
	out := map[string]*cobra.Command{}
	if c.Runnable() && !c.Hidden && (!c.HasSubCommands() || !c.HasParent()) {
		out[c.CommandPath()] = c
	}
	for _, sub := range c.Commands() {
		for name, s := range runnable(sub) {
			out[name] = s
		}
	}
	return out
}

var flagCell = regexp.MustCompile("(?m)^\\| `--([a-z0-9-]+)[^|]*\\|")

// misses compares the flags in a section's table with those that a command has.
func misses(section string, flags *pflag.FlagSet) (bad []string) {
	var named []string
	for _, m := range flagCell.FindAllStringSubmatch(section, -1) {
		named = append(named, m[1])
		if flags.Lookup(m[1]) == nil && m[1] != "help" {
			bad = append(bad, "--"+m[1]+" is in the page and no flag of it")
		}
	}
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && !f.Hidden && !slices.Contains(named, f.Name) {
			bad = append(bad, "--"+f.Name+" is not in the page")
		}
	})
	return bad
}

// TestThePageNamesEveryVerbAndFlag walks the tree of verbs.
func TestThePageNamesEveryVerbAndFlag(t *testing.T) {
	t.Parallel()
	root := tree()
	secs := sections(read(t, pages+"cli.md"))
	verbs := runnable(root)
	if len(verbs) < 20 {
		t.Fatalf("only %d verbs were found", len(verbs))
	}
	for name, c := range verbs {
		text, ok := secs[name]
		if !ok {
			t.Errorf("docs/cli.md has no section %s", name)
			continue
		}
		flags := c.LocalNonPersistentFlags()
		for _, b := range misses(text, flags) {
			t.Errorf("docs/cli.md, %s: %s", name, b)
		}
	}
	overview, _, _ := strings.Cut(read(t, pages+"cli.md"), "\n## ")
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() && !strings.Contains(overview, "`"+c.Name()+"`") {
			t.Errorf("the table at the beginning of docs/cli.md has no %s", c.Name())
		}
	}
	for title := range secs {
		if strings.HasPrefix(title, "sectag") && verbs[title] == nil {
			t.Errorf("docs/cli.md tells of %s, which is no verb", title)
		}
	}
	for _, b := range misses(secs["Everywhere"], root.PersistentFlags()) {
		t.Errorf("docs/cli.md, Everywhere: %s", b)
	}
	if bad := misses("| `--port P` | x |\n| `--none` | x |\n", verbs["sectag ledger list"].LocalNonPersistentFlags()); len(bad) != 3 {
		t.Errorf("two flags too many and one too few make %q", bad)
	}
}

// documents are what the verbs answer with.
var documents = map[string]any{
	"sectag demo": paper.Demo{}, "sectag provision": paper.Units{}, "sectag inspect": paper.Inspect{}, "sectag slots list": paper.Inspect{},
	"sectag slots write": paper.Slots{}, "sectag slots delete": paper.Slots{}, "sectag slots verify": paper.Slots{}, "sectag at": paper.AT{}, "sectag evidence": paper.Evidence{},
	"sectag ports": paper.Ports{}, "sectag doctor": struct {
		paper.Findings
		Rules string `json:"rules"`
	}{}, "sectag ca init": paper.CAInit{}, "sectag ca show": paper.CAShow{}, "sectag ca issue": paper.CAIssue{},
	"sectag ca sign": paper.CASign{}, "sectag ca bundle": paper.CABundle{}, "sectag ca revoke": paper.CARevoke{}, "sectag ca crl": paper.CACRL{},
	"sectag ca chain": paper.Chain{}, "sectag ca cross": paper.Chain{}, "sectag ca audit": paper.Findings{}, "sectag ca verify": paper.Findings{}, "sectag probe": paper.Probe{}, "sectag profile kconfig": paper.Kconfig{}, "sectag connect": paper.Connect{},
	"sectag ledger key": paper.LedgerKey{}, "sectag ledger checkpoint": paper.LedgerCheckpoint{}, "sectag ledger prove": paper.LedgerProof{},
	"sectag ledger check": paper.LedgerCheck{}, "sectag ledger correct": paper.LedgerCorrect{},
	"sectag ledger list": paper.LedgerList{}, "sectag ledger verify": paper.LedgerVerify{}, "sectag version": paper.Version{},
	"sectag ledger psk":  paper.LedgerPSK{},
	"sectag ledger init": paper.LedgerInit{}, "sectag ledger backup": paper.LedgerCopied{}, "sectag ledger restore": paper.LedgerCopied{}, "sectag ledger move": paper.LedgerCopied{},
	"sectag ledger report": paper.LedgerReport{},
	"sectag sim modem":     paper.SimModem{}, "sectag sim endpoint": paper.SimEndpoint{},
	"sectag ledger unique": paper.LedgerUnique{}, "sectag ledger affected": paper.LedgerAffected{}, "sectag ledger export": paper.LedgerExport{},
}

// fields are the names in a document, at any depth.
func fields(t reflect.Type) (out []string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		if name != "" {
			out = append(out, name)
		}
		out = append(out, fields(f.Type)...)
	}
	return out
}

// TestThePageNamesEveryField holds the page against the documents' types.
func TestThePageNamesEveryField(t *testing.T) {
	t.Parallel()
	page := read(t, pages+"cli.md")
	seen := 0
	for verb, doc := range documents {
		if runnable(tree())[verb] == nil {
			t.Errorf("%s is no verb", verb)
		}
		for _, name := range fields(reflect.TypeOf(doc)) {
			seen++
			if !strings.Contains(page, "`"+name+"`") {
				t.Errorf("docs/cli.md does not name the field %s of %s", name, verb)
			}
		}
	}
	for verb := range runnable(tree()) {
		if _, ok := documents[verb]; !ok && !slices.Contains([]string{"sectag", "sectag ledger show"}, verb) {
			t.Errorf("nobody says what document %s has", verb)
		}
	}
	if seen < 100 {
		t.Errorf("only %d fields were seen", seen)
	}
}

var (
	codeLine = regexp.MustCompile(`(?m)^(?:    |)(?:\$ )?(sectag .*)$`)
	codeSpan = regexp.MustCompile("`(sectag [^`]+)`")
	word     = regexp.MustCompile(`"[^"]*"|'[^']*'|\S+`)
)

// wrong says why what a page tells people to type is no command.
func wrong(root *cobra.Command, line string) string {
	line, _, _ = strings.Cut(line, " # ")
	line, _, _ = strings.Cut(line, " > ")
	words := word.FindAllString(line, -1)[1:]
	c := root
	for _, w := range words {
		if strings.HasPrefix(w, "-") {
			break
		}
		i := slices.IndexFunc(c.Commands(), func(s *cobra.Command) bool { return s.Name() == w })
		if i < 0 {
			break
		}
		c = c.Commands()[i]
	}
	if c == root && len(words) > 0 && !strings.ContainsAny(words[0][:1], "-[") && words[0] != strings.ToUpper(words[0]) {
		return "there is no verb " + words[0]
	}
	for _, w := range words {
		w = strings.Trim(w, "[]|…,.;:)")
		name, _, _ := strings.Cut(strings.TrimPrefix(w, "--"), "=")
		if strings.HasPrefix(w, "--") && name != "help" && c.Flag(name) == nil {
			return c.CommandPath() + " has no flag --" + name
		}
	}
	return ""
}

// TestWhatThePagesTellPeopleToType finds each command line in the pages and asks the program whether it exists.
func TestWhatThePagesTellPeopleToType(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(pages + "*.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range append(files, "../../README.md") {
		text := read(t, f)
		var lines []string
		for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
			lines = append(lines, strings.ReplaceAll(m[1], "\n", " "))
		}
		fenced := false
		for _, l := range strings.Split(text, "\n") {
			if strings.HasPrefix(l, "```") {
				fenced = !fenced
			}
			if m := codeLine.FindStringSubmatch(l); m != nil && (fenced || strings.HasPrefix(l, "    ")) {
				lines = append(lines, m[1])
			}
		}
		for _, l := range lines {
			n++
			if why := wrong(tree(), l); why != "" {
				t.Errorf("%s: %q: %s", filepath.Base(f), l, why)
			}
		}
	}
	if n < 60 {
		t.Errorf("only %d command lines were found", n)
	}
	for line, want := range map[string]bool{
		"sectag nonsense": true, "sectag ca init --dirr D": true, "sectag ca init --dir D": false, "sectag VERB --help": false,
		"sectag provision --port P --json": false, "sectag inspect --yes": true,
	} {
		if got := wrong(tree(), line) != ""; got != want {
			t.Errorf("%q: found wrong is %v", line, got)
		}
	}
}

// demoLine is what changes from one demo to the next.
var demoLine = []struct {
	re *regexp.Regexp
	as string
}{
	{regexp.MustCompile(`[0-9a-f]{8}…[0-9a-f]{4}`), "DIGEST"},
	{regexp.MustCompile(`\S*sectag-demo-\d+`), "FOLDER"},
	{regexp.MustCompile(`\d{15}`), "IMEI"},
	{regexp.MustCompile(`\d{4}-\d{2}-\d{2}`), "DAY"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "ADDRESS"},
	{regexp.MustCompile(`\d+ (B|ms)\b`), "N $1"},
}

func settled(text string) string {
	for _, d := range demoLine {
		text = d.re.ReplaceAllString(text, d.as)
	}
	return strings.TrimSpace(text)
}

// TestTheReadmeShowsARealDemo runs the demo and compares its lines with the transcript in the README, all but numbers and digests.
func TestTheReadmeShowsARealDemo(t *testing.T) {
	page := read(t, "../../README.md")
	_, shown, _ := strings.Cut(page, "$ make demo\n")
	shown, _, ok := strings.Cut(shown, "```")
	if !ok {
		t.Fatal("the README shows no make demo")
	}
	t.Setenv("TMPDIR", t.TempDir())
	var out, errs strings.Builder
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if code := run([]string{"demo"}, in, &out, &errs); code != 0 {
		t.Fatalf("the demo exits with %d: %s", code, errs.String())
	}
	// make prints the commands that it runs.
	var lines []string
	for _, l := range strings.Split(shown, "\n") {
		if !strings.HasPrefix(l, "go build ") && !strings.HasPrefix(l, "./bin/sectag ") {
			lines = append(lines, l)
		}
	}
	want, got := settled(strings.Join(lines, "\n")), settled(out.String())
	if want != got {
		t.Errorf("the README shows\n%s\nand the demo prints\n%s", want, got)
	}
	if settled(fmt.Sprintf("%015d", 7)) != "IMEI" || settled("a b") == settled("a c") {
		t.Error("the comparison sees nothing")
	}
}
