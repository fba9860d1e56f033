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

// unlisted are the pages that a list of pages does not lead to.
func unlisted(list string, pages []string) (bad []string) {
	for _, p := range pages {
		if !strings.Contains(list, "]("+p+")") && !strings.Contains(list, "]("+p+"#") {
			bad = append(bad, p)
		}
	}
	return bad
}

// TestEveryPageIsListed where people look for it: in the README, and in the list by task.
func TestEveryPageIsListed(t *testing.T) {
	t.Parallel()
	root := os.DirFS(project)
	for list, names := range map[string]string{"README.md": "docs/", "docs/README.md": ""} {
		page, err := fs.ReadFile(root, list)
		if err != nil {
			t.Fatal(err)
		}
		pages, err := fs.Glob(root, "docs/*.md")
		if err != nil || len(pages) < 15 {
			t.Fatalf("only %d pages were found: %v", len(pages), err)
		}
		pages = slices.DeleteFunc(pages, func(p string) bool { return p == list })
		for i, p := range pages {
			pages[i] = names + path.Base(p)
		}
		for _, b := range unlisted(string(page), pages) {
			t.Errorf("%s does not name %s", list, b)
		}
	}
	if bad := unlisted("[a](a.md) [b](b.md#c)\n", []string{"a.md", "b.md", "c.md"}); !slices.Equal(bad, []string{"c.md"}) {
		t.Errorf("of three pages, of which one is not listed, %q are missed", bad)
	}
}

var (
	target = regexp.MustCompile("(?m)^([a-z0-9-]+):")
	tasked = regexp.MustCompile("(?m)^\\| `make ([a-z0-9-]+)` \\|")
)

// untold compares the targets of a Makefile with the rows of a page.
func untold(makefile, page string) (bad []string) {
	var have, told []string
	for _, m := range target.FindAllStringSubmatch(makefile, -1) {
		have = append(have, m[1])
	}
	for _, m := range tasked.FindAllStringSubmatch(page, -1) {
		told = append(told, m[1])
		if !slices.Contains(have, m[1]) {
			bad = append(bad, "there is no make "+m[1])
		}
	}
	for _, h := range have {
		if !slices.Contains(told, h) {
			bad = append(bad, "nobody tells of make "+h)
		}
	}
	return bad
}

func TestEveryTargetIsExplained(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(project + "/Makefile")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(project + "/docs/contributing.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range untold(string(makefile), string(page)) {
		t.Errorf("docs/contributing.md: %s", b)
	}
	if bad := untold("a: b\n\tc\nb:\n", "| `make a` | x |\n| `make c` | x |\n"); len(bad) != 2 {
		t.Errorf("a target too many and one too few make %q", bad)
	}
}
