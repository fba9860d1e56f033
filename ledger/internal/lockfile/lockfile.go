// Package lockfile lets one process at a time have a thing, and tells the others who has it. The lock is the operating
// system's and dies with its process, so a lock file that was left behind by a crash holds nobody up.
package lockfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// ErrHeld says that another process has the lock.
var ErrHeld = errors.New("the lock is held")

// Lock is a lock that this process has.
type Lock struct{ file *os.File }

// Acquire takes the lock at path and writes this process's id into it, or returns ErrHeld and the text of the holder, such as
// "pid 4711". It does not wait. The file is created with mode 0600 and stays after Release: removing it would let two
// processes lock two files of the same name. Who else may write to the folder may have put something in its place: a link is not
// followed, and a second name of another file not taken, lest that file be emptied.
func Acquire(path string) (l *Lock, holder string, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|noFollow, 0o600)
	if err != nil {
		return nil, "", fmt.Errorf("open the lock file: %w", err)
	}
	if err := alone(f); err != nil {
		_ = f.Close()
		return nil, "", err
	}
	if err := lock(f); err != nil {
		holder := read(f)
		_ = f.Close()
		return nil, holder, err
	}
	if err := write(f, fmt.Sprintf("pid %d\n", os.Getpid())); err != nil {
		_ = f.Close()
		return nil, "", fmt.Errorf("write the lock file: %w", err)
	}
	return &Lock{file: f}, "", nil
}

// Release gives the lock back. A second call does nothing.
func (l *Lock) Release() error {
	if l == nil || l.file == nil {
		return nil
	}
	f := l.file
	l.file = nil
	// Unlocked by name and not only by closing: a child that is just being started may still share the descriptor.
	return errors.Join(f.Truncate(0), unlock(f), f.Close())
}

func write(f *os.File, s string) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(s), 0)
	return err
}

// read is empty in the moment between a holder's lock and its first write.
func read(f *os.File) string {
	b := make([]byte, 64)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return ""
	}
	return strings.TrimSpace(string(b[:n]))
}
