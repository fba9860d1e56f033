// Package license says under which licences the modules are that a program is made of: which modules those are, where their
// licence texts lie, and whether each text is one that this project accepts. Texts are recognised by github.com/google/licensecheck,
// which compares them with the texts of SPDX; a text that is not recognised is refused, never guessed. find.go finds modules and
// texts, license.go judges them, page.go writes them down.
package license

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// permissive are the SPDX names of what may be linked. All of them ask for no more than that their text goes along.
var permissive = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}

// fileLevel may be used beside the program and not in it, as it comes: it binds whoever changes its files.
const fileLevel = "MPL-2.0"

// reviewed are the texts that licensecheck does not know word by word and that a person has read, by their SHA-256. A text that
// names nothing goes along and grants nothing. When a library changes its text, somebody has to read it again.
var reviewed = map[string][]string{
	// modernc.org/libc LICENSE-3RD-PARTY.md: Go (BSD-3-Clause), musl (MIT, parts BSD-2-Clause), go-netdb and nixpkgs (MIT).
	"f597097efe3d97021f89170746bd3a0fb9a8b6fb26b82043ed68a4e0283bee6c": {"BSD-2-Clause", "BSD-3-Clause", "MIT"},
	// modernc.org/memory LICENSE-LOGO: the address of a picture that is in no program.
	"5ae5bee3072a841376451b48d8cfcec7188e10543926d5870828d36c8a750dc5": nil,
	// modernc.org/sqlite LICENSE-3RD-PARTY.md: an account of its module graph. The MPL-2.0 in it is of a module that nobody links.
	"b4366b9c27a9364633e015011a231913ed19bf1228f335bf617e50a6f7b168a6": nil,
	// modernc.org/sqlite LICENSE-SQLITE: SQLite is dedicated to the public domain.
	"8438c9c89b849131ead81d5435cb97fcf052df5b0b286dda8a2d4c29e6cb3fd0": {"public domain"},
}

// enough is how much of a text, in percent, must be words of a known licence; the rest are names and years.
const enough = 75

// Module is a module and the licence texts in it.
type Module struct {
	Path, Version string // as go.mod has them; Std and Go's version for Go itself
	Texts         []Text
}

// Text is one file with a licence or a notice.
type Text struct {
	Name  string // below the module's folder, with slashes
	Bytes []byte
}

// Licenses are the SPDX names of what is in the module's texts, sorted, each once. linked says that the module becomes a part of
// the program; what is only used beside it may also be under MPL-2.0. The error names a text that is not recognised or whose
// licence is not accepted; a module without a text is an error too.
func (m Module) Licenses(linked bool) ([]string, error) {
	accepted := permissive
	if !linked {
		accepted = append(slices.Clone(permissive), fileLevel)
	}
	var out []string
	for _, t := range m.Texts {
		if noticeName.MatchString(t.Name) {
			continue
		}
		names, err := t.licenses(accepted)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", m.Path, m.Version, err)
		}
		out = append(out, names...)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s %s has no licence text", m.Path, m.Version)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (t Text) licenses(accepted []string) ([]string, error) {
	if names, ok := reviewed[t.digest()]; ok {
		return names, nil
	}
	cov := licensecheck.Scan(t.Bytes)
	var out []string
	for _, m := range cov.Match {
		if m.IsURL {
			continue
		}
		if !slices.Contains(accepted, m.ID) {
			return nil, fmt.Errorf("%s is under %s, and accepted are %s", t.Name, m.ID, strings.Join(accepted, ", "))
		}
		out = append(out, m.ID)
	}
	if cov.Percent < enough {
		return nil, fmt.Errorf("%s is not recognised: %.0f %% of it is the text of a known licence", t.Name, cov.Percent)
	}
	return out, nil
}

func (t Text) digest() string {
	sum := sha256.Sum256(t.Bytes)
	return hex.EncodeToString(sum[:])
}
