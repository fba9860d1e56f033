package core

import "syscall"

// undumpable keeps the system from dumping this process at all, and other programs of the same user from reading its memory. The limit
// alone does neither: a core that goes into a pipe (systemd-coredump, apport) is not subject to it.
func undumpable() { _, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_DUMPABLE, 0, 0) }
