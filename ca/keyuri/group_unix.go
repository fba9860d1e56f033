//go:build unix

package keyuri

import (
	"os"
	"os/exec"
	"syscall"
)

// apart gives the command a process group of its own: sectag and nobody else decides when it ends, and what the command started and did
// not put elsewhere is killed with it.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		endGroup(cmd)
		return os.ErrProcessDone // Wait then tells how the command ended, not that somebody ended it
	}
}

// endGroup ends the command and all that it started and that did not leave its group.
func endGroup(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // who is gone already cannot be ended
}
