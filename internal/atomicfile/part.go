package atomicfile

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// part is a file on its way to its name. Whoever writes it holds its lock until it has that, or is dead.
type part struct {
	*os.File
	name string // its name meanwhile; empty: it has none, and is gone with its process
}

// begin opens a part beside path: without a name where that can be.
func begin(path string) (*part, error) {
	if f := unnamed(filepath.Dir(path)); f != nil {
		return &part{File: f}, nil
	}
	return named(path)
}

// between stands in the names of parts, after the name that is to be theirs.
const between = ".sectag-part-"

func partName(path string) string {
	random := make([]byte, 8)
	_, _ = rand.Read(random) // it never fails: crypto/rand ends the process before
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+between+hex.EncodeToString(random))
}

// named opens a part under a name of its own, and removes what dead writers of the same path have left.
func named(path string) (*part, error) {
	sweep(path)
	for range 3 {
		name := partName(path)
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return nil, err
		}
		if held(f) && is(f, name) {
			return &part{f, name}, nil
		}
		// Another has taken it for a dead one's in this moment.
		_ = f.Close()
		_ = os.Remove(name)
	}
	return nil, errors.New("other writers of the same file do not let this one begin")
}

// sweep removes parts of a path whose writers are dead: nobody holds their locks, which die with their processes.
func sweep(path string) {
	dir := filepath.Dir(path)
	all, err := os.ReadDir(dir)
	if err != nil {
		return // nothing depends on it
	}
	for _, e := range all {
		if !strings.HasPrefix(e.Name(), "."+filepath.Base(path)+between) || !e.Type().IsRegular() {
			continue // not what a writer makes
		}
		name := filepath.Join(dir, e.Name())
		f, err := os.OpenFile(name, os.O_RDWR|noFollow, 0)
		if err != nil {
			continue
		}
		if is(f, name) && orphaned(f) {
			_ = os.Remove(name)
		}
		_ = f.Close()
	}
}

// is tells whether a name is still this file's.
func is(f *os.File, name string) bool {
	mine, err1 := f.Stat()
	there, err2 := os.Lstat(name)
	return err1 == nil && err2 == nil && os.SameFile(mine, there)
}

// place gives a part that is whole its name. It is closed in any case.
func (p *part) place(path string, replace bool) error {
	if runtime.GOOS == "windows" { // which renames no file that is open
		if err := p.Close(); err != nil {
			return err
		}
		return p.move(path, replace)
	}
	err := p.move(path, replace)
	return errors.Join(err, p.Close())
}

func (p *part) move(path string, replace bool) error {
	if p.name == "" {
		err := linked(p.File, path)
		if err == nil || !replace || !errors.Is(err, fs.ErrExist) {
			return err
		}
		// A name that is taken can only be replaced by another name: the part has one for this moment.
		if !held(p.File) {
			return errors.New("its own lock is another's")
		}
		sweep(path)
		name := partName(path)
		if err := linked(p.File, name); err != nil {
			return err
		}
		p.name = name
	}
	if replace {
		return os.Rename(p.name, path)
	}
	return linkNew(p.name, path)
}

// discard leaves nothing of a part that did not come to its name.
func (p *part) discard() {
	_ = p.Close()
	if p.name != "" {
		_ = os.Remove(p.name)
	}
}
