package atomicfile

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// unnamed opens a file in a folder that has no name there (O_TMPFILE, open(2)), or nil where the file system cannot, or where it could not be
// given one later.
func unnamed(dir string) *os.File {
	f, err := os.OpenFile(dir, os.O_RDWR|unix.O_TMPFILE, 0o600)
	if err != nil {
		return nil // the named way says what is wrong, if anything is
	}
	if _, err := os.Stat(procPath(f)); err != nil { // /proc is not there
		_ = f.Close()
		return nil
	}
	return f
}

// linked gives an unnamed file a name that is free; one that is taken is fs.ErrExist.
func linked(f *os.File, name string) error {
	if err := unix.Linkat(unix.AT_FDCWD, procPath(f), unix.AT_FDCWD, name, unix.AT_SYMLINK_FOLLOW); err != nil {
		return &os.LinkError{Op: "link", Old: "unnamed file", New: name, Err: err}
	}
	return nil
}

// procPath is a name of an open file that the system keeps, whether it has another or not.
func procPath(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }
