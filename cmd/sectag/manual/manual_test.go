package manual

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

const page = "# The command line\n\nIntro, see [how](house.md#x) and [codes.md](codes.md).\n\n| verb | for |\n|---|---|\n| `do` | doing |\n\n" +
	"## Everywhere\n\n| flag | what it does |\n|---|---|\n| `--json` | one object |\n\nOf all.\n\n" +
	"## `tool`\n\nOpens.\n\n" +
	"## `tool do`\n\n    tool do [X] (--port P |\n            --all)\n    tool do --help\n\nDoes it.\n\n| flag | what it does |\n|---|---|\n| `--port P` | `COM3` or the like ([ports](ports.md)) |\n\n### After\n\nDone.\n"

func tree() *cobra.Command {
	root := &cobra.Command{Use: "tool", Short: "The tool", Run: func(*cobra.Command, []string) {}}
	root.PersistentFlags().Bool("json", false, "short words")
	do := &cobra.Command{Use: "do", Short: "Do it", Run: func(*cobra.Command, []string) {}}
	do.Flags().String("port", "", "short words")
	root.AddCommand(do, &cobra.Command{Use: "secret", Hidden: true, Run: func(*cobra.Command, []string) {}})
	return root
}

func written(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := Write(tree(), page, "v1.2.3", time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC), dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAPageHasTheWordsOfTheDocumentation(t *testing.T) {
	dir := written(t)
	got := read(t, filepath.Join(dir, "man1", "tool-do.1"))
	for _, want := range []string{"Does it.", "COM3 or the like (ports)", "Nov 2026", "sectag v1.2.3", ".SS After", "\\fBtool do [X] (--port P | --all)\\fP", "\\fBtool do --help\\fP"} {
		if !strings.Contains(got, want) {
			t.Errorf("tool-do.1 does not have %q:\n%s", want, got)
		}
	}
	for _, not := range []string{"short words", "what it does", "]("} {
		if strings.Contains(got, not) {
			t.Errorf("tool-do.1 has %q:\n%s", not, got)
		}
	}
	root := read(t, filepath.Join(dir, "man1", "tool.1"))
	for _, want := range []string{"Intro, see how (house.md) and codes.md.", "one object", "Of all.", "Opens."} {
		if !strings.Contains(root, want) {
			t.Errorf("tool.1 does not have %q:\n%s", want, root)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "man1", "tool-secret.1")); !os.IsNotExist(err) {
		t.Errorf("a hidden verb has a page: %v", err)
	}
}

func TestTheSameSourceGivesTheSameBytes(t *testing.T) {
	one, two := written(t), written(t)
	names, err := filepath.Glob(filepath.Join(one, "*", "*"))
	if err != nil || len(names) != 6 {
		t.Fatalf("there are %d files: %v", len(names), err)
	}
	for _, n := range names {
		rel, err := filepath.Rel(one, n)
		if err != nil {
			t.Fatal(err)
		}
		if read(t, n) != read(t, filepath.Join(two, rel)) {
			t.Errorf("%s differs", rel)
		}
	}
}

func TestAFolderThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(tree(), page, "v", time.Time{}, file); err == nil || !strings.Contains(err.Error(), "making the folder") {
		t.Errorf("got %v", err)
	}
}
