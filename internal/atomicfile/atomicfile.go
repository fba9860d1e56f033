// Package atomicfile puts a file in its place whole or not at all: written beside it with its final mode, synced, given its name, and the
// folder synced. A power cut leaves the old file or the new one, never half of either. Until then the file has no name where the system can
// do that (part.go), so that a process that is killed leaves nothing; elsewhere the next write to the same name removes what it left. Read
// is the other way: whole, and within bounds whatever the name turns out to be.
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
	return published(begin, path, mode, true, all(data))
}

// Create puts data at path with the mode and never replaces: a file that is there already is fs.ErrExist.
func Create(path string, data []byte, mode fs.FileMode) error {
	return published(begin, path, mode, false, all(data))
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
	return published(begin, path, mode, true, buffered(write))
}

func buffered(write func(io.Writer) error) func(io.Writer) error {
	return func(f io.Writer) error {
		w := bufio.NewWriterSize(f, 1<<16)
		if err := write(w); err != nil {
			return err
		}
		return w.Flush()
	}
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

func all(data []byte) func(io.Writer) error {
	return func(f io.Writer) error {
		_, err := f.Write(data)
		return err
	}
}

func published(begin func(path string) (*part, error), path string, mode fs.FileMode, replace bool, write func(io.Writer) error) (err error) {
	f, err := begin(path)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			f.discard()
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
	if err = f.place(path, replace); err != nil {
		return fmt.Errorf("publishing %s: %w", path, err)
	}
	return SyncDir(filepath.Dir(path))
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
