package license

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mit is a text as people have it: a name and a year of their own in a text that everybody knows.
func mit(t *testing.T) []byte {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/BurntSushi/toml").Output()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "COPYING"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const gpl = "This program is free software: you can redistribute it and/or modify it under the terms of the GNU General Public License as " +
	"published by the Free Software Foundation, either version 3 of the License, or (at your option) any later version."

const mpl = "This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was not distributed " +
	"with this file, You can obtain one at https://mozilla.org/MPL/2.0/."

func TestLicensesAreRecognisedOrRefused(t *testing.T) {
	for name, c := range map[string]struct {
		texts  []Text
		linked bool
		want   string // the names, or a part of the error
	}{
		"known":                    {[]Text{{"COPYING", mit(t)}}, true, "MIT"},
		"a notice grants nothing":  {[]Text{{"NOTICE", []byte("by us")}, {"PATENTS", []byte("a grant")}}, true, "has no licence text"},
		"a notice beside":          {[]Text{{"LICENSE", mit(t)}, {"sub/NOTICE.md", []byte("by us")}}, true, "MIT"},
		"copyleft":                 {[]Text{{"LICENSE", []byte(gpl)}}, true, "is under GPL-3.0"},
		"copyleft beside":          {[]Text{{"LICENSE", mit(t)}, {"sub/COPYING", []byte(gpl)}}, false, "is under GPL-3.0"},
		"file-level, linked":       {[]Text{{"LICENSE", []byte(mpl)}}, true, "is under MPL-2.0"},
		"file-level, beside":       {[]Text{{"LICENSE", []byte(mpl)}}, false, "MPL-2.0"},
		"unknown":                  {[]Text{{"LICENSE", []byte("Do what I say, and nothing else.")}}, true, "is not recognised"},
		"known and something more": {[]Text{{"LICENSE", append(mit(t), []byte(strings.Repeat("And give us money. ", 80))...)}}, true, "is not recognised"},
		"none":                     {nil, true, "has no licence text"},
	} {
		got, err := Module{Path: "m", Version: "v1.0.0", Texts: c.texts}.Licenses(c.linked)
		said := strings.Join(got, ", ")
		if err != nil {
			said = err.Error()
		}
		if (err != nil) != strings.Contains(c.want, " ") || !strings.Contains(said, c.want) {
			t.Errorf("%s: got %q, want %q", name, said, c.want)
		}
	}
}

// TestFindLooksWhereTheCodeIs: the licence of a module and one in the folder of a package, none from where no package is used, and no source.
func TestFindLooksWhereTheCodeIs(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                 "module example.org/a\n\ngo 1.26.0\n\nrequire example.org/b v1.0.0\n\nreplace example.org/b => ./b\n",
		"a.go":                   "package a\n\nimport _ \"example.org/b/used/deep\"\n",
		"LICENSE":                "ours",
		"b/go.mod":               "module example.org/b\n\ngo 1.26.0\n",
		"b/LICENSE.txt":          "one\r\n",
		"b/used/SQLITE-LICENSE":  "two",
		"b/used/deep/x.go":       "package deep\n",
		"b/used/deep/license.go": "package deep\n",
		"b/used/deep/COPYING":    "three",
		"b/other/x.go":           "package other\n",
		"b/other/LICENSE":        "four",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Find(dir, []string{"GOWORK=off", "GOFLAGS="}, "-deps", ".")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Path != "example.org/b" || got[1].Path != Std || len(got[1].Texts) == 0 {
		t.Fatalf("found %+v", got)
	}
	var names []string
	for _, x := range got[0].Texts {
		names = append(names, x.Name+"="+string(x.Bytes))
	}
	if s := strings.Join(names, " "); s != "LICENSE.txt=one\n used/SQLITE-LICENSE=two used/deep/COPYING=three" {
		t.Errorf("found %q", s)
	}
	if _, err := Find(dir, nil, "-deps", "./nothing"); err == nil {
		t.Error("a package that is not there was found")
	}
}

func TestThePageAndTheTexts(t *testing.T) {
	a := Module{Path: "a", Version: "v1.0.0", Texts: []Text{{"LICENSE", mit(t)}}}
	b := Module{Path: "b", Version: "v2.0.0", Texts: []Text{{"COPYING", mit(t)}, {"NOTICE", []byte("by b")}}}
	page, err := Page([]Group{{Title: "In it", Words: "All.", Linked: true, Modules: Join([]Module{b}, []Module{a, b})}})
	if err != nil || !strings.Contains(page, "## In it\n\nAll.\n") || !strings.HasSuffix(page, "| `a` | v1.0.0 | MIT |\n| `b` | v2.0.0 | MIT |\n") {
		t.Errorf("got %v:\n%s", err, page)
	}
	if _, err := Page([]Group{{Modules: []Module{{Path: "c"}}}}); err == nil {
		t.Error("a module without a licence is on the page")
	}
	all := string(Texts([]Module{a, b}))
	if strings.Count(all, "Permission is hereby granted") != 1 || !strings.Contains(all, "a v1.0.0, LICENSE\nb v2.0.0, COPYING\n\n") || !strings.Contains(all, "by b") {
		t.Errorf("the texts are\n%s", all)
	}
	if got := Without([]Module{a, b}, []Module{a}); len(got) != 1 || got[0].Path != "b" {
		t.Errorf("without a: %v", got)
	}
}
