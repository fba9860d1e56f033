// Package sbom writes the bill of materials of a built program in the CycloneDX form (JSON, 1.6): which modules are in it, in which
// versions, under which licences. The modules are those that the program itself names (go version -m), not those of a go.mod.
package sbom

import (
	"bytes"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// Program is what is described.
type Program struct {
	File    string // of the built program
	Version string
	Built   time.Time // of the commit, so that the bill is the same each time
	// Licenses are the SPDX names of each module's licences by its path.
	Licenses map[string][]string
}

// Write makes the bill. It has no serial number: that would be another one each time. The error says that the file is no Go program,
// or names a module whose licences nobody gave.
func Write(p Program) ([]byte, error) {
	info, err := buildinfo.ReadFile(p.File)
	if err != nil {
		return nil, fmt.Errorf("asking the program for its modules: %w", err)
	}
	parts := []cdx.Component{{Type: cdx.ComponentTypeLibrary, Name: "std", Version: info.GoVersion, PackageURL: "pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go")}}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		c := cdx.Component{Type: cdx.ComponentTypeLibrary, Name: m.Path, Version: m.Version, PackageURL: "pkg:golang/" + m.Path + "@" + m.Version}
		if sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:")); err == nil && len(sum) == 32 {
			c.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(sum)}} // of the module's files, as in go.sum
		}
		parts = append(parts, c)
	}
	for i := range parts {
		c := &parts[i]
		c.BOMRef = c.PackageURL
		if c.Licenses, err = choice(p.Licenses[c.Name]); err != nil {
			return nil, fmt.Errorf("the licences of %s: %w", c.Name, err)
		}
	}
	sort.Slice(parts, func(i, j int) bool { return parts[i].Name < parts[j].Name })
	return encode(p, info.Main.Path, parts)
}

func choice(names []string) (*cdx.Licenses, error) {
	if len(names) == 0 {
		return nil, fmt.Errorf("nobody knows them")
	}
	var out cdx.Licenses
	for _, n := range names {
		l := &cdx.License{ID: n}
		if strings.Contains(n, " ") { // no name of SPDX
			l = &cdx.License{Name: n}
		}
		out = append(out, cdx.LicenseChoice{License: l})
	}
	return &out, nil
}

func encode(p Program, path string, parts []cdx.Component) ([]byte, error) {
	main := cdx.Component{
		Type: cdx.ComponentTypeApplication, Name: path, Version: p.Version,
		PackageURL: "pkg:golang/" + path + "@" + p.Version, BOMRef: "pkg:golang/" + path + "@" + p.Version,
	}
	refs := make([]string, len(parts))
	for i, c := range parts {
		refs[i] = c.BOMRef
	}
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Timestamp: p.Built.UTC().Format(time.RFC3339), Component: &main}
	bom.Components = &parts
	bom.Dependencies = &[]cdx.Dependency{{Ref: main.BOMRef, Dependencies: &refs}}
	var b bytes.Buffer
	e := cdx.NewBOMEncoder(&b, cdx.BOMFileFormatJSON)
	e.SetPretty(true)
	if err := e.EncodeVersion(bom, cdx.SpecVersion1_6); err != nil {
		return nil, fmt.Errorf("writing the bill: %w", err)
	}
	return b.Bytes(), nil
}
