//go:build unix

package atomicfile

import (
	"os"

	"golang.org/x/sys/unix"
)

const noFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK

// held takes a file's lock, unless another has it.
func held(f *os.File) bool { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil }

// orphaned tells whether nobody is writing a part any more.
func orphaned(f *os.File) bool { return held(f) }
