package license

import (
	"bytes"
	"fmt"
	"strings"
)

// Group is a set of modules that are used in the same way.
type Group struct {
	Title, Words string
	Linked       bool
	Modules      []Module
}

// Page is docs/licenses.md. The error is that of the first module whose licence is not accepted.
func Page(groups []Group) (string, error) {
	var b strings.Builder
	b.WriteString("# Licences of what others wrote\n\n" +
		"`make licenses` writes this page from the modules and their licence texts, and fails where a text is not recognised or not\n" +
		"accepted. Accepted are " + strings.Join(permissive, ", ") + ", which ask for no more than that their\n" +
		"text goes along: each archive and package has them all. " + fileLevel + " is accepted for what is beside the program and not in it, and\n" +
		"is used as it comes. A test compares this page with the modules.\n\n" +
		"It says nothing of the licence of sectag itself.\n")
	for _, g := range groups {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| module | version | licence |\n|---|---|---|\n", g.Title, g.Words)
		for _, m := range g.Modules {
			names, err := m.Licenses(g.Linked)
			if err != nil {
				return "", err
			}
			version := m.Version
			if m.Path == Std {
				version = "that of the compiler" // which differs from machine to machine
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", m.Path, version, strings.Join(names, ", "))
		}
	}
	return b.String(), nil
}

// Texts are the licences and notices of all modules in one text, those that are word for word the same once.
func Texts(modules []Module) []byte {
	var order []string
	users := map[string][]string{}
	for _, m := range modules {
		for _, t := range m.Texts {
			body := string(bytes.TrimSpace(t.Bytes))
			if users[body] == nil {
				order = append(order, body)
			}
			users[body] = append(users[body], m.Path+" "+m.Version+", "+t.Name)
		}
	}
	var b bytes.Buffer
	for _, body := range order {
		fmt.Fprintf(&b, "%s\n%s\n\n%s\n\n", strings.Repeat("=", 78), strings.Join(users[body], "\n"), body)
	}
	return b.Bytes()
}

// Without are the modules of list that are not in others, by their path.
func Without(list []Module, others ...[]Module) (out []Module) {
	known := map[string]bool{}
	for _, o := range others {
		for _, m := range o {
			known[m.Path] = true
		}
	}
	for _, m := range list {
		if !known[m.Path] {
			out = append(out, m)
		}
	}
	return out
}

// Join are the modules of all lists, each once, in the order of their paths, with the texts of all of them.
func Join(lists ...[]Module) []Module {
	found := map[string]*Module{}
	for _, l := range lists {
		for _, m := range l {
			if found[m.Path] == nil {
				found[m.Path] = &Module{Path: m.Path, Version: m.Version}
			}
			for _, t := range m.Texts {
				found[m.Path].keep(t)
			}
		}
	}
	return sorted(found)
}
