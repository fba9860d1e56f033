// Package pack puts files into archives so that the same files give the same bytes, whoever packs them, when, and with which
// umask: names are sorted, owners are root, modes are 0755 and 0644, and every time is the same one. archive.go writes .tar.gz and
// .zip, deb.go a Debian package.
package pack

import (
	"io/fs"
	"path"
	"sort"
)

// File is one file of an archive.
type File struct {
	Name    string // with slashes, below the archive's top
	Bytes   []byte
	Program bool // it can be run
}

func (f File) mode() fs.FileMode {
	if f.Program {
		return 0o755
	}
	return 0o644
}

func sorted(files []File) []File {
	out := append([]File(nil), files...)
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// folders are those that the files are in, from the top down.
func folders(files []File) (out []string) {
	seen := map[string]bool{".": true}
	for _, f := range files {
		for dir := path.Dir(f.Name); !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			out = append(out, dir)
		}
	}
	sort.Strings(out)
	return out
}
