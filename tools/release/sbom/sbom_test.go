package sbom

import (
	"bytes"
	"debug/buildinfo"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// built is a program with modules in it: the one that makes releases. A test's own binary does not name its modules.
func built(t *testing.T) (Program, *buildinfo.BuildInfo) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "program")
	if out, err := exec.Command("go", "build", "-o", file, "example.org/sectag/tools/release").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string][]string{"std": {"BSD-3-Clause"}}
	for _, m := range info.Deps {
		names[m.Path] = []string{"MIT", "public domain"}
	}
	return Program{File: file, Version: "v1.2.3", Built: time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC), Licenses: names}, info
}

func TestTheBillNamesWhatTheProgramNames(t *testing.T) {
	p, info := built(t)
	b, err := Write(p)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Write(p)
	if err != nil || !bytes.Equal(b, again) {
		t.Errorf("a second bill differs: %v", err)
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(b), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	if bom.SpecVersion != cdx.SpecVersion1_6 || bom.Metadata.Timestamp != "2026-11-27T00:00:00Z" || bom.Metadata.Component.Version != "v1.2.3" {
		t.Errorf("got %+v %+v", bom, bom.Metadata)
	}
	found := map[string]cdx.Component{}
	for _, c := range *bom.Components {
		found[c.PackageURL] = c
	}
	if len(info.Deps) == 0 || len(found) != len(info.Deps)+1 {
		t.Fatalf("%d parts, the program has %d", len(found), len(info.Deps))
	}
	for _, m := range info.Deps {
		c, ok := found["pkg:golang/"+m.Path+"@"+m.Version]
		if !ok || c.Hashes == nil || c.Licenses == nil || (*c.Licenses)[0].License.ID != "MIT" || (*c.Licenses)[1].License.Name != "public domain" {
			t.Errorf("%s %s: %v %+v", m.Path, m.Version, ok, c)
		}
	}
}

func TestWhatIsNoProgramAndWhatNobodyKnows(t *testing.T) {
	p, info := built(t)
	delete(p.Licenses, info.Deps[0].Path)
	if _, err := Write(p); err == nil || !strings.Contains(err.Error(), info.Deps[0].Path) {
		t.Errorf("got %v", err)
	}
	p.File = filepath.Join(t.TempDir(), "none")
	if _, err := Write(p); err == nil || !strings.Contains(err.Error(), "asking the program") {
		t.Errorf("got %v", err)
	}
}
