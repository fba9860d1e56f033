package port

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

const noFollow = 0

// tryLock locks a byte far behind the text, so that others can read who holds it.
func tryLock(f *os.File) error {
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, &windows.Overlapped{Offset: 1 << 20})
}

// gone tells whether the device behind a name does not exist although the name does.
func gone(err error) bool { return errors.Is(err, windows.ERROR_FILE_NOT_FOUND) }

// alone has nothing to do: a user's temporary folder is his own there.
func alone(*os.File) error { return nil }
