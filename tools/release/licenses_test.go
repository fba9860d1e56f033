package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/sectag/tools/release/license"
)

// all are the systems of the Makefile.
func all(t *testing.T) release {
	t.Helper()
	source, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile(filepath.Join(source, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(makefile), "\nTARGETS    ?= ")
	line, _, _ := strings.Cut(rest, "\n")
	r := release{source: source}
	for _, s := range strings.Fields(line) {
		system, arch, _ := strings.Cut(s, "/")
		r.targets = append(r.targets, target{system, arch})
	}
	if len(r.targets) != 6 {
		t.Fatalf("the Makefile names the targets %v", r.targets)
	}
	return r
}

// TestThePageOfLicencesIsOfToday works the page out anew from the modules.
func TestThePageOfLicencesIsOfToday(t *testing.T) {
	t.Parallel()
	r := all(t)
	groups, err := r.groups()
	if err != nil {
		t.Fatal(err)
	}
	want, err := license.Page(groups)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(r.source, "docs", "licenses.md"))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/licenses.md is not what the modules say: run make licenses")
	}
	for i, few := range []int{40, 1, 8, 5} {
		if n := len(groups[i].Modules); n < few {
			t.Errorf("only %d modules under %q", n, groups[i].Title)
		}
	}
}

// TestNothingIsReplaced: modules are used as they come, which is what makes a file-level licence harmless.
func TestNothingIsReplaced(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../../go.mod", "../go.mod"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains("\n"+string(text), "\nreplace") {
			t.Errorf("%s replaces a module", name)
		}
	}
	if _, err := os.Stat("../../vendor"); err == nil {
		t.Error("there is a folder vendor")
	}
}

func TestWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"say licenses or archives":   nil,
		"no -targets":                {"licenses"},
		"is not such as linux/amd64": {"archives", "-targets", "linux"},
		"time of the commit":         {"archives", "-targets", "linux/amd64", "-built", ""},
		`there is no "all"`:          {"all", "-targets", "linux/amd64"},
	} {
		if err := run(args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", args, err, want)
		}
	}
	dir := t.TempDir()
	err := run([]string{"archives", "-targets", "linux/amd64", "-built", "2026-11-27T10:00:00Z", "-out", dir})
	if err == nil || !strings.Contains(err.Error(), "must not be there") {
		t.Errorf("an old release was written into: %v", err)
	}
}
