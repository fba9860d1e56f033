package main

import (
	"fmt"
	"os"
	"path/filepath"

	"example.org/sectag/tools/release/license"
)

// linked are the modules in the program for t.
func (r release) linked(t target) ([]license.Module, error) {
	return license.Find(r.source, t.env(), "-deps", "./cmd/sectag")
}

// groups are all modules, by what they are used for.
func (r release) groups() ([]license.Group, error) {
	var lists [][]license.Module
	for _, t := range r.targets {
		list, err := r.linked(t)
		if err != nil {
			return nil, err
		}
		lists = append(lists, list)
	}
	program := license.Join(lists...)
	linux := target{"linux", "amd64"}.env()
	tokens, err := license.Find(r.source, append(linux, "CGO_ENABLED=1"), "-deps", "-tags", "pkcs11", "./cmd/sectag")
	if err != nil {
		return nil, err
	}
	tests, err := license.Find(r.source, linux, "-deps", "-test", "./...")
	if err != nil {
		return nil, err
	}
	tools, err := license.Find(filepath.Join(r.source, "tools"), linux, "-deps", "tool", "./...")
	if err != nil {
		return nil, err
	}
	return []license.Group{
		{Title: "In the program", Words: "On at least one system. Their texts are in every archive and package.", Linked: true, Modules: program},
		{Title: "In a program with keys in tokens", Words: "`make build-pkcs11` adds these. No archive has such a program.", Linked: true, Modules: license.Without(tokens, program)},
		{Title: "In the tests and the manual", Words: "In no program.", Modules: license.Without(tests, program, tokens)},
		{Title: "In the tools", Words: "What `make lint`, `make vuln`, `make licenses` and `make release` run. In no program.", Modules: license.Without(tools, program, tokens, tests)},
	}, nil
}

// licensePage writes docs/licenses.md.
func (r release) licensePage() error {
	groups, err := r.groups()
	if err != nil {
		return err
	}
	page, err := license.Page(groups)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(r.source, "docs", "licenses.md"), []byte(page), 0o644); err != nil {
		return fmt.Errorf("writing the page of licences: %w", err)
	}
	return nil
}
