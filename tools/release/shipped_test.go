//go:build shipped

package main

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

var dist = flag.String("dist", "", "the folder of the release, which make release has made")

// one finds the one file of the release that a pattern names.
func one(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(*dist, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("there is not one %s in %q but %q: %v", pattern, *dist, found, err)
	}
	return found[0]
}

// does runs a command and gives what it printed; it must not fail, nor say anything on standard error.
func does(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MAKEFLAGS=", "MANWIDTH=80")
	if err := cmd.Run(); err != nil || errs.Len() > 0 {
		t.Fatalf("%s %q: %v: %s", name, args, err, errs.String())
	}
	return out.String()
}

// TestShippedChecksums also says what a release is: nothing is in it that this does not name.
func TestShippedChecksums(t *testing.T) {
	f, err := os.Open(one(t, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	kinds := map[string]int{}
	listed := 0
	for lines := bufio.NewScanner(f); lines.Scan(); listed++ {
		sum, name, _ := strings.Cut(lines.Text(), "  ")
		b, err := os.ReadFile(filepath.Join(*dist, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := sha256.Sum256(b); hex.EncodeToString(got[:]) != sum {
			t.Errorf("%s has another checksum", name)
		}
		for _, kind := range []string{".tar.gz", ".zip", ".deb", ".cdx.json"} {
			if strings.HasSuffix(name, kind) {
				kinds[kind]++
			}
		}
	}
	if fmt.Sprint(kinds) != "map[.cdx.json:6 .deb:2 .tar.gz:4 .zip:2]" {
		t.Errorf("the release has %v", kinds)
	}
	if all, err := os.ReadDir(*dist); err != nil || len(all) != listed+1 || listed != 14 {
		t.Errorf("%d files, %d of them in SHA256SUMS: %v", len(all), listed, err)
	}
}

// packed reads an archive: its files by their names below the top folder, with the modes.
func packed(t *testing.T, name string) (map[string][]byte, map[string]fs.FileMode) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	files, modes := map[string][]byte{}, map[string]fs.FileMode{}
	put := func(name string, mode fs.FileMode, r io.Reader) {
		_, rest, _ := strings.Cut(name, "/")
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[rest], modes[rest] = text, mode
	}
	if strings.HasSuffix(name, ".zip") {
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			put(f.Name, f.Mode(), r)
		}
		return files, modes
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, modes
		} else if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			put(h.Name, h.FileInfo().Mode(), r)
		}
	}
}

// TestShippedArchives: each has the program, its bill, all licences of what the bill names, and what belongs to its system.
func TestShippedArchives(t *testing.T) {
	for _, want := range all(t).targets {
		pattern, program := "sectag_*_"+want.os+"_"+want.arch+".tar.gz", want.program()
		if want.os == "windows" {
			pattern = strings.TrimSuffix(pattern, ".tar.gz") + ".zip"
		}
		files, modes := packed(t, one(t, pattern))
		if modes[program] != 0o755 || modes["README.md"] != 0o644 {
			t.Errorf("%s: the modes are %v", want, modes)
		}
		for _, name := range []string{"README.md", "CHANGELOG.md", "docs/install.md", "docs/cli.md", "completions/sectag.bash", "completions/sectag.ps1"} {
			if len(files[name]) == 0 {
				t.Errorf("%s has no %s", want, name)
			}
		}
		if rules := files["99-sectag.rules"] != nil; rules != (want.os == "linux") {
			t.Errorf("%s: udev rules are there is %v", want, rules)
		}
		if man := files["man/man1/sectag.1"] != nil; man != (want.os != "windows") {
			t.Errorf("%s: manual pages are there is %v", want, man)
		}
		bill, err := os.ReadFile(one(t, "sectag_*_"+want.os+"_"+want.arch+".cdx.json"))
		if err != nil || !bytes.Equal(bill, files["sectag.cdx.json"]) {
			t.Errorf("%s: the bill in the archive is another one than that beside it: %v", want, err)
		}
		var bom cdx.BOM
		if err := json.Unmarshal(bill, &bom); err != nil || len(*bom.Components) < 40 {
			t.Fatalf("%s: the bill: %v", want, err)
		}
		for _, c := range *bom.Components {
			if !bytes.Contains(files["LICENSES-OF-LIBRARIES.txt"], []byte(c.Name+" "+c.Version+", ")) {
				t.Errorf("%s: no licence of %s %s goes along", want, c.Name, c.Version)
			}
		}
	}
}

// TestShippedArchiveRuns unpacks the archive of this system and asks the program who it is.
func TestShippedArchiveRuns(t *testing.T) {
	dir := t.TempDir()
	does(t, "tar", "-xzf", one(t, "sectag_*_"+runtime.GOOS+"_"+runtime.GOARCH+".tar.gz"), "-C", dir, "--strip-components=1")
	isItself(t, filepath.Join(dir, "sectag"))
}

// isItself asks a program for its version, which is that of the release.
func isItself(t *testing.T, program string) {
	t.Helper()
	var v struct{ Version, Commit string }
	if err := json.Unmarshal([]byte(does(t, program, "version", "--json")), &v); err != nil {
		t.Fatal(err)
	}
	if bill := filepath.Base(one(t, "sectag_*_linux_amd64.cdx.json")); bill != "sectag_"+v.Version+"_linux_amd64.cdx.json" || len(v.Commit) != 12 {
		t.Errorf("the program says %+v, and the release is %s", v, bill)
	}
}

// tree lists the files below a folder.
func tree(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, strings.TrimPrefix(name, dir))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestShippedDebianPackage installs it below a folder, uses what is there, and removes it again.
func TestShippedDebianPackage(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"updates", "info", "triggers"} {
		if err := os.MkdirAll(filepath.Join(root, "var/lib/dpkg", dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "var/lib/dpkg/status"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dpkg := []string{"--root=" + root, "--force-not-root", "--force-bad-path", "--log=" + filepath.Join(root, "dpkg.log")}
	arch := strings.TrimSpace(does(t, "dpkg", "--print-architecture"))
	does(t, "dpkg", append(dpkg, "--install", one(t, "sectag_*_"+arch+".deb"))...)
	usr := filepath.Join(root, "usr")
	isItself(t, filepath.Join(usr, "bin/sectag"))
	rules, err := os.ReadFile(filepath.Join(usr, "lib/udev/rules.d/99-sectag.rules"))
	if err != nil || string(rules) != does(t, filepath.Join(usr, "bin/sectag"), "doctor", "--rules") {
		t.Errorf("the rules of the package are not those of the program: %v", err)
	}
	if s := does(t, "dpkg", append(dpkg, "--verify", "sectag")...); s != "" {
		t.Errorf("dpkg finds wrong: %s", s)
	}
	verbs := pages(t, filepath.Join(usr, "share/man/man1"))
	tryCompletions(t, usr, verbs, "zsh/vendor-completions")
	does(t, "dpkg", append(dpkg, "--purge", "sectag")...)
	for _, left := range tree(t, root) {
		if !strings.HasPrefix(left, "/var/lib/dpkg/") && left != "/dpkg.log" {
			t.Errorf("after --purge there is %s", left)
		}
	}
	other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[arch]
	if s := does(t, "dpkg-deb", "--field", one(t, "sectag_*_"+other+".deb"), "Architecture"); s != other+"\n" {
		t.Errorf("the package for %s says %q", other, s)
	}
	if s := does(t, "dpkg-deb", "--contents", one(t, "sectag_*_"+other+".deb")); strings.Count(s, " root/root ") != strings.Count(s, "\n") {
		t.Errorf("not everything is root's:\n%s", s)
	}
}

// pages has man show each page without a complaint, and gives the verbs that the pages are about, with their groups: "ledger verify".
func pages(t *testing.T, dir string) (verbs []string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "sectag*.1*"))
	if err != nil || len(found) < 40 {
		t.Fatalf("%d manual pages in %s: %v", len(found), dir, err)
	}
	for _, f := range found {
		text := does(t, "man", "--warnings", "--local-file", f)
		name, _, _ := strings.Cut(filepath.Base(f), ".")
		for _, want := range []string{"NAME", name, "SYNOPSIS", "OPTIONS"} {
			if !strings.Contains(text, want) {
				t.Errorf("man shows no %s in %s:\n%s", want, name, text)
			}
		}
		if name != "sectag" {
			verbs = append(verbs, strings.ReplaceAll(strings.TrimPrefix(name, "sectag-"), "-", " "))
		}
	}
	return verbs
}

// tryCompletions has each shell load its script and offer what may follow "sectag " and each group of verbs.
func tryCompletions(t *testing.T, usr string, verbs []string, zsh string) {
	t.Helper()
	t.Setenv("PATH", filepath.Join(usr, "bin")+":"+os.Getenv("PATH"))
	quoted := func(name ...string) string { return "'" + filepath.Join(append([]string{usr}, name...)...) + "'" } // for all three shells
	bash := ". /usr/share/bash-completion/bash_completion; . " + quoted("share/bash-completion/completions/sectag") + `
		complete -p sectag >/dev/null || exit 1
		COMP_WORDS=(sectag "$@" "") COMP_CWORD=$(($# + 1)) COMP_LINE="sectag $*${1:+ }" COMP_TYPE=63
		COMP_POINT=${#COMP_LINE}
		__start_sectag 2>/dev/null; printf '%s\n' "${COMPREPLY[@]}"`
	fish := "source " + quoted("share/fish/vendor_completions.d/sectag.fish") + `; complete -C "sectag "(string join "" "$argv " | string trim -l)`
	for group, want := range byGroup(verbs) {
		words := strings.Fields(group)
		holds(t, "bash", group, want, does(t, "bash", append([]string{"--norc", "-c", bash, "bash"}, words...)...))
		holds(t, "fish", group, want, does(t, "fish", append([]string{"--no-config", "-c", fish}, words...)...))
	}
	script := "fpath=(" + quoted("share", zsh) + " $fpath); autoload -Uz compinit; compinit -u -d " + filepath.Join(t.TempDir(), "dump") +
		"; print -- $_comps[sectag]; autoload +X _sectag && print loaded"
	if s := does(t, "zsh", "-f", "-c", script); s != "_sectag\nloaded\n" {
		t.Errorf("zsh completes sectag by %q", s)
	}
}

// byGroup are the last words of the verbs by the words before them.
func byGroup(verbs []string) map[string][]string {
	out := map[string][]string{"": {"help"}} // which has no page, for it is --help
	for _, v := range verbs {
		group, last := path.Split(strings.ReplaceAll(v, " ", "/"))
		group = strings.TrimSuffix(strings.ReplaceAll(group, "/", " "), " ")
		out[group] = append(out[group], last)
	}
	return out
}

// holds compares the first words of the lines that a shell offers with the verbs that there are.
func holds(t *testing.T, shell, group string, want []string, said string) {
	t.Helper()
	var got []string
	for _, l := range strings.Split(strings.TrimSpace(said), "\n") {
		if f := strings.Fields(l); len(f) > 0 {
			got = append(got, f[0])
		}
	}
	slices.Sort(got)
	want = slices.Clone(want)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s offers after %q %q, and there are %q", shell, "sectag "+group, got, want)
	}
}

// TestShippedByMake installs from source below a folder, uses what is there, and takes it away again. A space in the folder's name makes
// no other file of it.
func TestShippedByMake(t *testing.T) {
	around := t.TempDir()
	dest, other := filepath.Join(around, "for us"), filepath.Join(around, "for")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	makes := func(goal string) {
		cmd := exec.Command("make", "-C", "../..", goal, "DESTDIR="+dest, "PREFIX=/opt/own")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("make %s: %v: %s", goal, err, out)
		}
	}
	makes("install")
	own := filepath.Join(dest, "opt/own")
	if s := does(t, filepath.Join(own, "bin/sectag"), "version"); !strings.Contains(s, "sectag") {
		t.Errorf("the program says %q", s)
	}
	rules, err := os.ReadFile(filepath.Join(own, "lib/udev/rules.d/99-sectag.rules"))
	if err != nil || string(rules) != does(t, filepath.Join(own, "bin/sectag"), "doctor", "--rules") {
		t.Errorf("the rules that were installed are not those of the program: %v", err)
	}
	tryCompletions(t, own, pages(t, filepath.Join(own, "share/man/man1")), "zsh/site-functions")
	makes("uninstall")
	if left := tree(t, dest); len(left) > 0 {
		t.Errorf("after make uninstall there are %q", left)
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("what is not ours was removed: %v", err)
	}
}
