package pack

import (
	"bytes"
	"crypto/md5" // what dpkg checks installed files by; SHA256SUMS is beside the package
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Deb is a Debian package: what its control file says, and its files by their places below /.
type Deb struct {
	Name, Version, Arch, Maintainer string
	Summary, Description            string // one line; lines
	Files                           []File
	At                              time.Time
}

// Write makes the package file out with dpkg-deb, which is what Debian keeps for it; a Go library would bring fifty modules for three
// members of an ar archive. The bytes are the same for the same dpkg. Errors are those of the file system and what dpkg-deb says.
func (d Deb) Write(out string) error {
	tree, err := os.MkdirTemp("", "sectag-deb-")
	if err != nil {
		return fmt.Errorf("making a folder for the package: %w", err)
	}
	defer os.RemoveAll(tree)
	all := append([]File{{Name: "DEBIAN/control", Bytes: d.control()}, {Name: "DEBIAN/md5sums", Bytes: d.sums()}}, d.Files...)
	if err := lay(tree, all, d.At); err != nil {
		return fmt.Errorf("laying out the package: %w", err)
	}
	cmd := exec.Command("dpkg-deb", "--root-owner-group", "-Zxz", "--threads-max=1", "--build", tree, out)
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+strconv.FormatInt(d.At.Unix(), 10), "LC_ALL=C")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("dpkg-deb (of the package dpkg): %w: %s", err, said)
	}
	return os.Chmod(out, 0o644)
}

// lay puts files on the disk with their modes, whatever the umask is, and their time.
func lay(root string, files []File, at time.Time) error {
	dirs := append([]string{"."}, folders(files)...)
	for _, dir := range dirs {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return err
		}
		if err := os.Chmod(filepath.Join(root, dir), 0o755); err != nil {
			return err
		}
	}
	for _, f := range files {
		name := filepath.Join(root, f.Name)
		if err := os.WriteFile(name, f.Bytes, f.mode()); err != nil {
			return err
		}
		if err := os.Chmod(name, f.mode()); err != nil {
			return err
		}
		if err := os.Chtimes(name, at, at); err != nil {
			return err
		}
	}
	for _, dir := range dirs {
		if err := os.Chtimes(filepath.Join(root, dir), at, at); err != nil {
			return err
		}
	}
	return nil
}

func (d Deb) control() []byte {
	var size int
	for _, f := range d.Files {
		size += (len(f.Bytes) + 1023) / 1024
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: %s\nInstalled-Size: %d\nSection: electronics\nPriority: optional\n",
		d.Name, d.Version, d.Arch, d.Maintainer, size)
	fmt.Fprintf(&b, "Description: %s\n", d.Summary)
	for _, l := range strings.Split(strings.TrimSpace(d.Description), "\n") {
		if strings.TrimSpace(l) == "" {
			l = "."
		}
		b.WriteString(" " + l + "\n")
	}
	return b.Bytes()
}

func (d Deb) sums() []byte {
	var b bytes.Buffer
	for _, f := range sorted(d.Files) {
		fmt.Fprintf(&b, "%x  %s\n", md5.Sum(f.Bytes), f.Name)
	}
	return b.Bytes()
}

var (
	described  = regexp.MustCompile(`^v?(\d+\.\d+\.\d+)(?:-([0-9A-Za-z.]+?))?(?:-(\d+)-g([0-9a-f]+))?(-dirty)?$`)
	commitOnly = regexp.MustCompile(`^([0-9a-f]{7,40})(-dirty)?$`)
)

// DebVersion turns what git describe says into a version that Debian sorts in the same order: a commit without a tag before every
// tag, a candidate before its release, commits after a tag behind it. at, the time of the commit, sorts those without a tag.
func DebVersion(version string, at time.Time) (string, error) {
	if m := described.FindStringSubmatch(version); m != nil {
		out := m[1]
		if m[2] != "" {
			out += "~" + m[2]
		}
		if m[3] != "" {
			out += "+" + m[3] + ".g" + m[4]
		}
		return out + dirty(m[5]), nil
	}
	if m := commitOnly.FindStringSubmatch(version); m != nil {
		return "0~" + at.UTC().Format("20060102150405") + ".g" + m[1] + dirty(m[2]), nil
	}
	return "", fmt.Errorf("%q is neither a version such as v1.2.3 nor what git describe says of a commit", version)
}

func dirty(mark string) string {
	if mark == "" {
		return ""
	}
	return "+dirty"
}
