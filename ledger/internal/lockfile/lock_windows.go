package lockfile

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// farAway is an offset that the text never reaches: locks are mandatory here, and others must be able to read the holder.
const farAway = 1 << 30

const noFollow = 0

// alone has nothing to look for: making links takes a right here that nobody has who is not trusted.
func alone(*os.File) error { return nil }

func lock(f *os.File) error {
	over := &windows.Overlapped{Offset: farAway}
	flags := uint32(windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY)
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, over)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return ErrHeld
	}
	if err != nil {
		return fmt.Errorf("lock the lock file: %w", err)
	}
	return nil
}

func unlock(f *os.File) error {
	return windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, &windows.Overlapped{Offset: farAway})
}
