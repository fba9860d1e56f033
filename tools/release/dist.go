package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"

	"example.org/sectag/tools/release/license"
	"example.org/sectag/tools/release/pack"
	"example.org/sectag/tools/release/sbom"
)

const (
	summary     = "identity for nRF91xx cellular modems, written and proved at a bench"
	description = `sectag loads or makes a certification authority, writes a modem's credentials
under a security tag, reads each back by its digest, connects to the LwM2M
server as the modem will, and writes down what was done.
.
The package also has udev rules that keep ModemManager and brltty away from the
boards' serial ports.`
)

// archives makes the whole folder: for each target an archive and a bill, for Linux a Debian package, and the checksums of all.
func (r release) archives() error {
	if err := os.Mkdir(r.out, 0o755); err != nil {
		return fmt.Errorf("making the folder of the release, which must not be there: %w", err)
	}
	work, err := os.MkdirTemp("", "sectag-release-")
	if err != nil {
		return fmt.Errorf("making a folder to work in: %w", err)
	}
	defer os.RemoveAll(work)
	if err := r.manual(filepath.Join(work, "manual")); err != nil {
		return err
	}
	b, err := r.beside(filepath.Join(work, "manual"))
	if err != nil {
		return err
	}
	for _, t := range r.targets {
		if err := r.one(t, b, filepath.Join(work, t.os+"-"+t.arch)); err != nil {
			return err
		}
		fmt.Println("packed", t)
	}
	return r.sums()
}

// one makes what there is for a target.
func (r release) one(t target, b beside, program string) error {
	linked, err := r.linked(t)
	if err != nil {
		return err
	}
	b.licenses = license.Texts(linked)
	names := map[string][]string{}
	for _, m := range linked {
		if names[m.Path], err = m.Licenses(true); err != nil {
			return err
		}
	}
	if err := r.build(t, program); err != nil {
		return err
	}
	bill, err := sbom.Write(sbom.Program{File: program, Version: r.version, Built: r.at, Licenses: names})
	if err != nil {
		return err
	}
	bytes, err := os.ReadFile(program)
	if err != nil {
		return fmt.Errorf("reading the program: %w", err)
	}
	if err := r.archive(t, b.archive(t, bytes, bill)); err != nil {
		return err
	}
	if err := r.write(r.name(t)+".cdx.json", bill); err != nil {
		return err
	}
	if t.os != "linux" {
		return nil
	}
	files, err := b.debian(bytes, bill)
	if err != nil {
		return err
	}
	return r.deb(t, files)
}

// name is what the files of a target are called.
func (r release) name(t target) string {
	return fmt.Sprintf("sectag_%s_%s_%s", r.version, t.os, t.arch)
}

func (r release) archive(t target, files []pack.File) error {
	var b bytes.Buffer
	ending, write := ".tar.gz", pack.TarGz
	if t.os == "windows" {
		ending, write = ".zip", pack.Zip
	}
	if err := write(&b, r.name(t), files, r.at); err != nil {
		return fmt.Errorf("packing for %s: %w", t, err)
	}
	return r.write(r.name(t)+ending, b.Bytes())
}

func (r release) deb(t target, files []pack.File) error {
	version, err := pack.DebVersion(r.version, r.at)
	if err != nil {
		return err
	}
	d := pack.Deb{
		Name: "sectag", Version: version, Arch: t.arch, Maintainer: r.maintainer, Summary: summary, Description: description, Files: files, At: r.at,
	}
	return d.Write(filepath.Join(r.out, fmt.Sprintf("sectag_%s_%s.deb", version, t.arch)))
}

func (r release) write(name string, b []byte) error {
	if err := os.WriteFile(filepath.Join(r.out, name), b, 0o644); err != nil {
		return fmt.Errorf("writing the release: %w", err)
	}
	return nil
}

// sums writes SHA256SUMS as sha256sum -c reads it.
func (r release) sums() error {
	entries, err := os.ReadDir(r.out) // sorted by name
	if err != nil {
		return fmt.Errorf("looking at what was made: %w", err)
	}
	var b bytes.Buffer
	for _, e := range entries {
		file, err := os.ReadFile(filepath.Join(r.out, e.Name()))
		if err != nil {
			return fmt.Errorf("reading what was made: %w", err)
		}
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(file), e.Name())
	}
	return r.write("SHA256SUMS", b.Bytes())
}
