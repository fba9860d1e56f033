package pack

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

var (
	at    = time.Date(2026, 11, 27, 10, 0, 0, 0, time.FixedZone("", 3600))
	files = []File{{Name: "sectag", Bytes: []byte("program"), Program: true}, {Name: "docs/b.md", Bytes: []byte("b")}, {Name: "docs/a.md", Bytes: []byte("a")}}
)

func TestATarSaysOnlyWhatItWasGiven(t *testing.T) {
	var b, again bytes.Buffer
	if err := TarGz(&b, "top", files, at); err != nil {
		t.Fatal(err)
	}
	if err := TarGz(&again, "top", []File{files[2], files[0], files[1]}, at.UTC()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("another order or time zone gives other bytes")
	}
	z, err := gzip.NewReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	if !z.ModTime.IsZero() || z.Name != "" {
		t.Errorf("gzip knows the time %v and the name %q", z.ModTime, z.Name)
	}
	var got []string
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if !h.ModTime.Equal(at) || h.Uid != 0 || h.Uname != "root" {
			t.Errorf("%s is of %v, by %d %s", h.Name, h.ModTime, h.Uid, h.Uname)
		}
		got = append(got, h.FileInfo().Mode().String()+" "+h.Name)
	}
	want := "drwxr-xr-x top/|drwxr-xr-x top/docs/|-rw-r--r-- top/docs/a.md|-rw-r--r-- top/docs/b.md|-rwxr-xr-x top/sectag"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("got %s", s)
	}
}

func TestAZipIsTheSame(t *testing.T) {
	var b, again bytes.Buffer
	if err := Zip(&b, "top", files, at); err != nil {
		t.Fatal(err)
	}
	if err := Zip(&again, "top", []File{files[2], files[0], files[1]}, at.UTC()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("another order or time zone gives other bytes")
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range z.File {
		if !f.Modified.Equal(at) {
			t.Errorf("%s is of %v", f.Name, f.Modified)
		}
		got = append(got, f.Mode().String()+" "+f.Name)
	}
	if s := strings.Join(got, "|"); s != "-rw-r--r-- top/docs/a.md|-rw-r--r-- top/docs/b.md|-rwxr-xr-x top/sectag" {
		t.Errorf("got %s", s)
	}
}

func TestVersionsAreSortedAsDebianDoes(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"ab9ed9834215", "0~20261127090000.gab9ed9834215"},
		{"ab9ed9834215-dirty", "0~20261127090000.gab9ed9834215+dirty"},
		{"v1.2.3", "1.2.3"},
		{"1.2.3", "1.2.3"},
		{"v1.2.3-rc.1", "1.2.3~rc.1"},
		{"v1.2.3-4-gab9ed9834215", "1.2.3+4.gab9ed9834215"},
		{"v1.2.3-rc1-4-gab9ed9834215-dirty", "1.2.3~rc1+4.gab9ed9834215+dirty"},
	} {
		if got, err := DebVersion(c.in, at); err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.in, got, err, c.want)
		}
	}
	for _, in := range []string{"", "dev", "v1.2", "latest", "v1.2.3 4"} {
		if got, err := DebVersion(in, at); err == nil {
			t.Errorf("%q became %q", in, got)
		}
	}
}

func TestTheControlFile(t *testing.T) {
	d := Deb{Name: "sectag", Version: "1.2.3", Arch: "arm64", Maintainer: "us <us@example.org>", Summary: "one line", Description: "two\n\nthree\n", Files: files, At: at}
	want := "Package: sectag\nVersion: 1.2.3\nArchitecture: arm64\nMaintainer: us <us@example.org>\nInstalled-Size: 3\nSection: electronics\n" +
		"Priority: optional\nDescription: one line\n two\n .\n three\n"
	if got := string(d.control()); got != want {
		t.Errorf("got\n%s", got)
	}
	if got := string(d.sums()); !strings.HasPrefix(got, "0cc175b9c0f1b6a831c399e269772661  docs/a.md\n") || strings.Count(got, "\n") != 3 { // MD5 of "a", RFC 1321
		t.Errorf("got\n%s", got)
	}
}
