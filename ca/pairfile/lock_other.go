//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package pairfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"example.org/sectag/cred"
)

// lockFolder takes the folder by a file that only one can make. A killed process leaves it behind, and the refusal names it.
func lockFolder(dir string) (release func(), locked bool, err error) {
	name := filepath.Join(dir, ".sectag-lock")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, false, cred.Because(err, "config.file", "another sectag is writing into "+dir,
			"wait until it is done; if none is running, remove "+name)
	}
	if err != nil {
		return nil, false, fmt.Errorf("locking the folder %s: %w", dir, err)
	}
	return func() { f.Close(); os.Remove(name) }, true, nil
}
