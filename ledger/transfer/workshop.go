package transfer

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.org/sectag/ledger/internal/lockfile"
)

// workshop is a hidden folder in which a backup is made. Who works there holds its lock, which dies with the process: so what a killed backup
// left is told from what another is making, and the next backup to the same folder removes it.
type workshop struct {
	dir  string // mode 0700
	lock *lockfile.Lock
}

// What a workshop is called, and what is in it: its lock, and the copy with what SQLite puts beside it.
const (
	workshopName = ".sectag-backup-"
	lockName     = "lock"
	copyName     = "copy.db"
)

// newWorkshop opens a workshop in a folder, and clears away those of the dead.
func newWorkshop(in string) (*workshop, error) {
	sweep(in)
	for range 3 {
		dir, err := os.MkdirTemp(in, workshopName)
		if err != nil {
			return nil, err
		}
		w := &workshop{dir: dir}
		w.lock, _, err = lockfile.Acquire(filepath.Join(dir, lockName))
		if err == nil {
			if _, err = os.Stat(filepath.Join(dir, lockName)); err == nil {
				return w, nil
			}
		}
		w.close()
		if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, lockfile.ErrHeld) {
			return nil, err
		}
		// Another backup, which had begun a moment before, has taken it for a dead one's.
	}
	return nil, errors.New("other backups to the same folder do not let this one begin")
}

func (w *workshop) copy() string { return filepath.Join(w.dir, copyName) }

func (w *workshop) close() {
	_ = w.lock.Release() // Windows removes no file that is open
	_ = os.RemoveAll(w.dir)
}

// sweep removes the workshops of the dead. One that holds anything that no backup makes is left alone.
func sweep(in string) {
	all, err := os.ReadDir(in)
	if err != nil {
		return // nothing depends on it
	}
	for _, e := range all {
		dir := filepath.Join(in, e.Name())
		if !e.IsDir() || !strings.HasPrefix(e.Name(), workshopName) || !ours(dir) {
			continue
		}
		if lock, _, err := lockfile.Acquire(filepath.Join(dir, lockName)); err == nil {
			(&workshop{dir, lock}).close()
		}
	}
}

// ours tells whether a folder holds nothing but what a backup puts there.
func ours(dir string) bool {
	all, err := os.ReadDir(dir)
	return err == nil && !slices.ContainsFunc(all, func(e os.DirEntry) bool {
		return !e.Type().IsRegular() || e.Name() != lockName && !strings.HasPrefix(e.Name(), copyName)
	})
}
