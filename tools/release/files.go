package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"example.org/sectag/tools/release/pack"
)

// rules is the file that sectag doctor --rules prints: the program embeds the same one.
const rules = "device/doctor/99-sectag.rules"

// beside is what lies beside a program: common to all systems, and made once.
type beside struct {
	pages       []pack.File // README.md, CHANGELOG.md, docs/
	manual      []pack.File // sectag*.1
	completions []pack.File // by the names that the program gives them
	rules       []byte
	licenses    []byte // the texts of what is linked
	own         []byte // the project's own licence; nil while it has none
}

func (r release) beside(manual string) (b beside, err error) {
	for _, name := range []string{"README.md", "CHANGELOG.md"} {
		text, err := os.ReadFile(filepath.Join(r.source, name))
		if err != nil {
			return b, fmt.Errorf("reading what goes along: %w", err)
		}
		b.pages = append(b.pages, pack.File{Name: name, Bytes: text})
	}
	docs, err := folder(filepath.Join(r.source, "docs"))
	if err != nil {
		return b, err
	}
	b.pages = append(b.pages, below("docs", docs)...)
	if b.manual, err = folder(filepath.Join(manual, "man1")); err != nil {
		return b, err
	}
	if b.completions, err = folder(filepath.Join(manual, "completions")); err != nil {
		return b, err
	}
	if b.rules, err = os.ReadFile(filepath.Join(r.source, rules)); err != nil {
		return b, fmt.Errorf("reading the udev rules: %w", err)
	}
	if b.own, err = os.ReadFile(filepath.Join(r.source, "LICENSE")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return b, fmt.Errorf("reading the licence: %w", err)
	}
	return b, nil
}

// folder reads all files in a folder.
func folder(dir string) (out []pack.File, err error) {
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		out = append(out, pack.File{Name: filepath.ToSlash(rel), Bytes: text, Program: strings.HasSuffix(name, ".sh")})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading what goes along: %w", err)
	}
	return out, nil
}

func below(dir string, files []pack.File) []pack.File {
	out := append([]pack.File(nil), files...)
	for i := range out {
		out[i].Name = path.Join(dir, out[i].Name)
	}
	return out
}

// archive is what is in the archive for t.
func (b beside) archive(t target, program, bill []byte) []pack.File {
	out := []pack.File{
		{Name: t.program(), Bytes: program, Program: true},
		{Name: "sectag.cdx.json", Bytes: bill},
		{Name: "LICENSES-OF-LIBRARIES.txt", Bytes: b.licenses},
	}
	if b.own != nil {
		out = append(out, pack.File{Name: "LICENSE", Bytes: b.own})
	}
	out = append(append(out, b.pages...), below("completions", b.completions)...)
	if t.os != "windows" {
		out = append(out, below("man/man1", b.manual)...)
	}
	if t.os == "linux" {
		out = append(out, pack.File{Name: path.Base(rules), Bytes: b.rules})
	}
	return out
}

// completionPlaces are where Debian's shells look, by the names that the program gives the scripts.
var completionPlaces = map[string]string{
	"sectag.bash": "usr/share/bash-completion/completions/sectag",
	"_sectag":     "usr/share/zsh/vendor-completions/_sectag",
	"sectag.fish": "usr/share/fish/vendor_completions.d/sectag.fish",
}

// debian is what is in the Debian package, by its place.
func (b beside) debian(program, bill []byte) ([]pack.File, error) {
	out := []pack.File{
		{Name: "usr/bin/sectag", Bytes: program, Program: true},
		{Name: "usr/lib/udev/rules.d/" + path.Base(rules), Bytes: b.rules},
		{Name: "usr/share/doc/sectag/copyright", Bytes: b.copyright()},
		{Name: "usr/share/doc/sectag/sectag.cdx.json", Bytes: bill},
	}
	out = append(out, below("usr/share/doc/sectag", b.pages)...)
	for _, f := range b.completions {
		if to := completionPlaces[f.Name]; to != "" {
			out = append(out, pack.File{Name: to, Bytes: f.Bytes})
		}
	}
	for _, f := range b.manual {
		z, err := zipped(f.Bytes)
		if err != nil {
			return nil, err
		}
		out = append(out, pack.File{Name: "usr/share/man/man1/" + f.Name + ".gz", Bytes: z})
	}
	return out, nil
}

// copyright is what Debian wants beside every program.
func (b beside) copyright() []byte {
	own := "The source of sectag has no licence file: ask its owner what you may do with it.\n"
	if b.own != nil {
		own = "sectag:\n\n" + string(b.own)
	}
	return []byte(own + "\nThe libraries in it, and Go itself, are under these licences:\n\n" + string(b.licenses))
}

// zipped is gzip without a name or a time.
func zipped(text []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(text); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
