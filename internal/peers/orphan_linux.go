package peers

import (
	"os/exec"
	"syscall"
)

// noOrphan has the kernel end the server if the test is killed before it can clean up.
func noOrphan(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
