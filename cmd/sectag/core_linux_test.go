package main

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestNoCoreIsLeft: neither as a file nor through a pipe, which the limit does not reach.
func TestNoCoreIsLeft(t *testing.T) {
	noCore()
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &l); err != nil || l.Cur != 0 || l.Max != 0 {
		t.Errorf("the limit is %+v, %v", l, err)
	}
	if d, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); err != nil || d != 0 {
		t.Errorf("the process is dumpable: %d, %v", d, err)
	}
}
