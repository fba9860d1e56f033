package core

import (
	"syscall"
	"testing"
)

// TestNoCoreIsLeft: neither as a file nor through a pipe, which the limit does not reach.
func TestNoCoreIsLeft(t *testing.T) {
	None()
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &l); err != nil || l.Cur != 0 || l.Max != 0 {
		t.Errorf("the limit is %+v, %v", l, err)
	}
	if d, _, no := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_GET_DUMPABLE, 0, 0); no != 0 || d != 0 {
		t.Errorf("the process is dumpable: %d, %v", d, no)
	}
}
