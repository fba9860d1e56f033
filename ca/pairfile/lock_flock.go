//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package pairfile

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockFolder waits for the only lock on a folder. It is held for a few milliseconds by whoever publishes there, and the
// system frees it when its holder dies. Locked is false where the file system has no such locks (some network mounts).
func lockFolder(dir string) (release func(), locked bool, err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, false, fmt.Errorf("opening the folder %s: %w", dir, err)
	}
	for {
		err = syscall.Flock(int(d.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	return func() { d.Close() }, err == nil, nil
}
