package codes

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// folders are those with Go in them.
func folders(root fs.FS) ([]string, error) {
	var out []string
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if n := d.Name(); d.IsDir() && p != "." && (strings.HasPrefix(n, ".") || n == "testdata" || n == "bin") {
			return fs.SkipDir
		}
		if dir := path.Dir(p); path.Ext(p) == ".go" && !slices.Contains(out, dir) {
			out = append(out, dir)
		}
		return nil
	})
	return out, err
}

var folderRow = regexp.MustCompile("(?m)^\\| `([^`]+)/` \\|")

// unhoused compares the table of docs/house.md with the folders.
func unhoused(page string, dirs []string) (bad []string) {
	var named []string
	for _, m := range folderRow.FindAllStringSubmatch(page, -1) {
		named = append(named, m[1])
	}
	for _, d := range dirs {
		if !slices.Contains(named, d) {
			bad = append(bad, d+" is not in the table of docs/house.md")
		}
	}
	for _, n := range named {
		if !slices.Contains(dirs, n) {
			bad = append(bad, n+" is in docs/house.md and is no folder with Go in it")
		}
	}
	return bad
}

func TestEveryFolderIsInTheHouse(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(project + "/docs/house.md")
	if err != nil {
		t.Fatal(err)
	}
	dirs, err := folders(os.DirFS(project))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range unhoused(string(page), dirs) {
		t.Error(b)
	}
	const small = "| `a/` | x |\n| `b/c/` | x |\n"
	if bad := unhoused(small, []string{"a", "b/c"}); len(bad) != 0 {
		t.Errorf("a page that is right was refused: %q", bad)
	}
	if bad := unhoused(small, []string{"a", "b"}); len(bad) != 2 {
		t.Errorf("a folder too many and one too few make %q", bad)
	}
}

// sourceFile is a Go file or folder that a page names by its path in backticks; link is a link to another page or file.
var (
	sourceFile = regexp.MustCompile("`((?:cmd|tui|flows|bench|device|ca|endpoint|ledger|cred|internal|e2e|docs)/[a-z0-9_./-]*)`")
	link       = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading    = regexp.MustCompile(`(?m)^#+ +(.+)$`)
)

// anchors are the names that a page's headings can be linked by, as forges make them.
func anchors(page string) (out []string) {
	for _, m := range heading.FindAllStringSubmatch(page, -1) {
		s := strings.ToLower(strings.TrimSpace(m[1]))
		s = regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(s, "")
		out = append(out, strings.ReplaceAll(s, " ", "-"))
	}
	return out
}

// broken says which links and paths of a page lead nowhere.
func broken(root fs.FS, name string) (bad []string, err error) {
	page, err := fs.ReadFile(root, name)
	if err != nil {
		return nil, err
	}
	for _, m := range link.FindAllStringSubmatch(string(page), -1) {
		if strings.Contains(m[1], "://") {
			continue
		}
		file, frag, _ := strings.Cut(m[1], "#")
		at := name
		if file != "" {
			at = path.Join(path.Dir(name), file)
		}
		to, err := fs.ReadFile(root, at)
		if err != nil {
			if st, e := fs.Stat(root, at); e != nil || !st.IsDir() {
				bad = append(bad, fmt.Sprintf("%s: the link %s leads nowhere", name, m[1]))
			}
			continue
		}
		if frag != "" && !slices.Contains(anchors(string(to)), frag) {
			bad = append(bad, fmt.Sprintf("%s: %s has no heading #%s", name, at, frag))
		}
	}
	for _, m := range sourceFile.FindAllStringSubmatch(string(page), -1) {
		if _, err := fs.Stat(root, strings.TrimSuffix(m[1], "/")); err != nil {
			bad = append(bad, fmt.Sprintf("%s: there is no %s", name, m[1]))
		}
	}
	return bad, nil
}

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	root := os.DirFS(project)
	pages, err := fs.Glob(root, "docs/*.md")
	if err != nil || len(pages) < 5 {
		t.Fatalf("only %d pages were found: %v", len(pages), err)
	}
	for _, p := range append(pages, "README.md") {
		bad, err := broken(root, p)
		if err != nil {
			t.Error(err)
		}
		for _, b := range bad {
			t.Error(b)
		}
	}
}

func TestBrokenLinksAreFound(t *testing.T) {
	t.Parallel()
	tree := fstest.MapFS{
		"docs/a.md": {Data: []byte("# One two: `three`\n[x](b.md) [y](#one-two-three) [z](../README.md) [w](https://example.org/x)\n`ca/`\n")},
		"docs/b.md": {Data: []byte("[x](c.md) [y](a.md#four) `ca/none.go`\n")},
		"README.md": {Data: []byte("[a](docs/a.md#one-two-three)\n")},
		"ca/ca.go":  {Data: []byte("package ca\n")},
	}
	for name, want := range map[string]int{"docs/a.md": 0, "docs/b.md": 3, "README.md": 0} {
		bad, err := broken(tree, name)
		if err != nil || len(bad) != want {
			t.Errorf("%s: %q, %v, want %d breaches", name, bad, err, want)
		}
	}
}
