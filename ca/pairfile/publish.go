// Package pairfile publishes a private key and its certificate, both or neither, whatever kills the program meanwhile. The
// key always goes first: whoever sees the certificate may rely on the key.
//
// A folder that does not exist yet is made beside its place, filled, synced and renamed: one step. Into a folder that is
// there already (it may be somebody's working folder) two files cannot come in one step: they are prepared in a hidden
// folder inside it and linked, and whoever publishes there next takes back the half that a killed process left, which
// the hidden folder proves to be ours. Links never replace a file. A lock on the folder keeps two publishers apart.
package pairfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
)

// Pair is a private key and its certificate.
type Pair struct {
	Name string            // of both files, before .key and .crt
	Key  []byte            // goes to Name.key, mode 0600; nil: there is no key to write, it lies elsewhere
	Cert []byte            // goes to Name.crt, mode 0644
	At   func(step string) // is told each step, for tests that kill the process there; may be nil
}

// The endings of the two files.
const (
	CertExt = ".crt"
	KeyExt  = ".key"
)

type entry struct {
	name string
	data []byte
	mode fs.FileMode
}

func (p Pair) key() entry  { return entry{p.Name + KeyExt, p.Key, 0o600} }
func (p Pair) cert() entry { return entry{p.Name + CertExt, p.Cert, 0o644} }

// entries is what is written, in this order.
func (p Pair) entries() []entry {
	if p.Key == nil {
		return []entry{p.cert()}
	}
	return []entry{p.key(), p.cert()}
}

func (p Pair) at(step string) {
	if p.At != nil {
		p.At(step)
	}
}

// stagePrefix names the hidden folders. Nothing else may be called so: they are removed.
const stagePrefix = ".sectag-new-"

// Publish puts the pair into dir, which is made with mode 0700 if it is not there. Faults: ca.exists where one of the names is
// taken (nothing is changed then), config.file where the folder cannot be written.
func (p Pair) Publish(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && !info.IsDir():
		return cred.Failed("config.file", dir+" is a file, a folder was wanted", "give the path of a folder, or of a new one")
	case err == nil:
		err = p.publishInto(dir)
	case errors.Is(err, fs.ErrNotExist):
		err = p.publishNew(dir)
	}
	var f *cred.Fault
	if err == nil || errors.As(err, &f) {
		return err
	}
	return cred.Because(err, "config.file", "the folder "+dir+" cannot be written",
		"look whether it belongs to you and the disk has room: ls -ld "+dir)
}

func (p Pair) publishNew(dir string) error {
	parent := filepath.Dir(filepath.Clean(dir))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("making the folder above %s: %w", dir, err)
	}
	release, err := enter(parent)
	if err != nil {
		return err
	}
	defer release()
	stage, err := p.stage(parent)
	if err != nil {
		return err
	}
	if err := os.Rename(stage, dir); err != nil {
		os.RemoveAll(stage)
		if _, taken := os.Lstat(dir); taken == nil {
			return exists(dir)
		}
		return fmt.Errorf("naming the new folder %s: %w", dir, err)
	}
	p.at("renamed")
	return atomicfile.SyncDir(parent)
}

func (p Pair) publishInto(dir string) (err error) {
	release, err := enter(dir)
	if err != nil {
		return err
	}
	defer release()
	for _, e := range []entry{p.cert(), p.key()} {
		if _, err := os.Lstat(filepath.Join(dir, e.name)); err == nil {
			return exists(filepath.Join(dir, e.name))
		}
	}
	stage, err := p.stage(dir)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			takeBack(dir, stage)
		}
	}()
	if p.Key != nil {
		if err := place(stage, dir, p.key().name); err != nil {
			return err
		}
		p.at("half")
	}
	if err := place(stage, dir, p.cert().name); err != nil {
		return err
	}
	p.at("whole")
	if err := atomicfile.SyncDir(dir); err != nil {
		return err
	}
	if err := os.RemoveAll(stage); err != nil {
		return fmt.Errorf("removing the prepared copies: %w", err)
	}
	return nil
}

// stage writes both files, synced, into a new hidden folder under dir.
func (p Pair) stage(dir string) (string, error) {
	stage, err := os.MkdirTemp(dir, stagePrefix)
	if err != nil {
		return "", fmt.Errorf("making a folder in %s: %w", dir, err)
	}
	for _, e := range p.entries() {
		if err := atomicfile.Create(filepath.Join(stage, e.name), e.data, e.mode); err != nil {
			os.RemoveAll(stage) // a private key may be in it already
			return "", err
		}
		p.at("staged " + e.name)
	}
	return stage, nil
}

// place gives a prepared file its name in dir and never replaces one. Where the file system has no hard links it is moved.
func place(stage, dir, name string) error {
	from, to := filepath.Join(stage, name), filepath.Join(dir, name)
	if os.Link(from, to) == nil {
		return nil
	}
	if _, taken := os.Lstat(to); taken == nil {
		return exists(to)
	}
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("publishing %s: %w", to, err)
	}
	return nil
}

// enter locks dir against other publishers and cleans up after one that was killed. On a file system without locks nothing
// is cleaned up, because what lies there may belong to a living one.
func enter(dir string) (release func(), err error) {
	release, locked, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	if !locked {
		return release, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		release()
		return nil, fmt.Errorf("reading the folder %s: %w", dir, err)
	}
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), stagePrefix) {
			takeBack(dir, filepath.Join(dir, e.Name()))
		}
	}
	return release, nil
}

// takeBack undoes an unfinished publication: a file in dir that is the very file in the stage goes, if its other half never
// came. Where files were moved for want of links, the half that is still in the stage follows instead. Then the stage goes.
func takeBack(dir, stage string) {
	staged, err := os.ReadDir(stage)
	if err != nil {
		return
	}
	var ours []string
	for _, e := range staged {
		at := filepath.Join(dir, e.Name())
		if same(at, filepath.Join(stage, e.Name())) {
			ours = append(ours, at)
		}
	}
	switch {
	case len(staged) == 2 && len(ours) == 1:
		os.Remove(ours[0])
	case len(staged) == 1 && len(ours) == 0 && strings.HasSuffix(staged[0].Name(), CertExt):
		finish(dir, stage, staged[0].Name())
	}
	os.RemoveAll(stage)
}

func finish(dir, stage, cert string) {
	key := strings.TrimSuffix(cert, CertExt) + KeyExt
	if _, err := os.Lstat(filepath.Join(dir, key)); err == nil {
		place(stage, dir, cert)
	}
}

func same(a, b string) bool {
	x, errA := os.Lstat(a)
	y, errB := os.Lstat(b)
	return errA == nil && errB == nil && os.SameFile(x, y)
}

// exists is the refusal to overwrite.
func exists(name string) error {
	return cred.Because(fs.ErrExist, "ca.exists", name+" is already there and is not overwritten",
		"choose another folder, or move the old file away first: an authority's key cannot be made again")
}
