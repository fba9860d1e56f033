package setup

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.org/sectag/cred"
	"example.org/sectag/flows/setup"
)

// maxEntries bounds a list: nobody looks for a file among more.
const maxEntries = 2000

// List is what a folder holds, named from the profile's.
func (d *Desk) List(dir string) setup.Folder {
	return List(filepath.Dir(d.file), d.join(dir))
}

// Here is List for names that are meant from the working folder.
func Here(dir string) setup.Folder { return List(".", dir) }

// List is what a folder holds, folders first. What this user may not go into or read is in it with the reason. What lies below
// base is named from there.
func List(base, dir string) setup.Folder {
	full, err := filepath.Abs(dir)
	if err != nil {
		full = dir
	}
	out := setup.Folder{Path: full}
	f, err := os.Open(full)
	if err != nil {
		return refused(out, err)
	}
	defer f.Close()
	all, err := f.ReadDir(maxEntries + 1)
	if err != nil && len(all) == 0 && !isEnd(err) {
		return refused(out, err)
	}
	if len(all) > maxEntries {
		rest, _ := f.ReadDir(-1) // counted only
		out.More = 1 + len(rest)
		all = all[:maxEntries]
	}
	for _, e := range all {
		out.Entries = append(out.Entries, entry(base, full, e))
	}
	slices.SortFunc(out.Entries, func(a, b setup.Entry) int {
		if a.Folder != b.Folder {
			return map[bool]int{true: -1, false: 1}[a.Folder]
		}
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func isEnd(err error) bool { return errors.Is(err, io.EOF) }

func refused(f setup.Folder, err error) setup.Folder {
	f.Fault = cred.Because(err, "config.file", "the folder "+f.Path+" cannot be listed", "go up with .. or give the path")
	return f
}

// entry is one line. A link is what it leads to.
func entry(base, dir string, e fs.DirEntry) setup.Entry {
	name := filepath.Join(dir, e.Name())
	st, err := os.Stat(name)
	if err != nil {
		return setup.Entry{Name: e.Name(), Path: below(base, name), Barred: "leads nowhere"}
	}
	out := setup.Entry{Name: e.Name(), Path: below(base, name), Folder: st.IsDir(), Size: st.Size()}
	switch {
	case !st.IsDir() && !st.Mode().IsRegular():
		out.Barred = "no file"
	case !readable(name):
		out.Barred = "may not be read"
	case !st.IsDir() && !typeable(out.Path):
		out.Barred = "its name cannot be typed"
	}
	return out
}

// typeable tells whether a field takes a path as it is. Of any other it would leave something out, and name another file.
func typeable(path string) bool {
	return path == strings.TrimSpace(path) && !strings.ContainsFunc(path, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError })
}

// readable tries it: what the mode says is not all that there is.
func readable(name string) bool {
	f, err := os.Open(name)
	if err == nil {
		_ = f.Close() // nothing was written
	}
	return err == nil
}
