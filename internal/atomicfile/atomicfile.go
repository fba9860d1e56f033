// Package atomicfile puts a file in its place whole or not at all: written beside it under another name with its final
// mode, synced, renamed, and the folder synced. A power cut leaves the old file or the new one, never half of either. Read is
// the other way: whole, and within bounds whatever the name turns out to be.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Write puts data at path with the mode, replacing what was there.
func Write(path string, data []byte, mode fs.FileMode) error {
	return publish(path, data, mode, os.Rename)
}

// Create puts data at path with the mode and never replaces: a file that is there already is fs.ErrExist.
func Create(path string, data []byte, mode fs.FileMode) error {
	return publish(path, data, mode, linkNew)
}

// Place gives a file that is written and synced its name, in the same file system, and never replaces: a file that is there already is
// fs.ErrExist.
func Place(from, to string) error {
	if err := linkNew(from, to); err != nil {
		return fmt.Errorf("publishing %s: %w", to, err)
	}
	return SyncDir(filepath.Dir(to))
}

// Stream is Write of more than fits into memory: write is handed the file that will be put at path, and its error leaves what was there.
func Stream(path string, mode fs.FileMode, write func(io.Writer) error) error {
	return published(path, mode, os.Rename, func(f io.Writer) error {
		w := bufio.NewWriterSize(f, 1<<16)
		if err := write(w); err != nil {
			return err
		}
		return w.Flush()
	})
}

// linkNew gives the file its name only if the name is free. A file system without hard links (some network and FAT mounts)
// takes the name by an exclusive create first, so that no other writer can have it.
func linkNew(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		os.Remove(from)
		return err
	}
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		os.Remove(from)
		return err
	}
	f.Close()
	if err = os.Rename(from, to); err != nil {
		os.Remove(to) // the empty file that held the name
	}
	return err
}

func publish(path string, data []byte, mode fs.FileMode, place func(from, to string) error) error {
	return published(path, mode, place, func(f io.Writer) error {
		_, err := f.Write(data)
		return err
	})
}

func published(path string, mode fs.FileMode, place func(from, to string) error, write func(io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err = f.Chmod(mode); err != nil && runtime.GOOS != "windows" {
		return fmt.Errorf("setting the mode of %s: %w", path, err)
	}
	if err = write(f); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err = f.Sync(); err != nil {
		return fmt.Errorf("syncing %s: %w", path, err)
	}
	if err = f.Close(); err != nil {
		return fmt.Errorf("closing %s: %w", path, err)
	}
	if err = place(f.Name(), path); err != nil {
		return fmt.Errorf("publishing %s: %w", path, err)
	}
	return SyncDir(dir)
}

// SyncDir makes a rename in dir survive a power cut. Windows has no such call and keeps its own journal.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("opening the folder %s: %w", dir, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("syncing the folder %s: %w", dir, err)
	}
	return nil
}
