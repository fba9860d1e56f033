package port

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"example.org/sectag/cred"
	"example.org/sectag/device/port/system"
)

// access says why this user may not open a port, nil if he may.
func (l Lister) access(name string) *cred.Fault {
	path := filepath.Join(l.Root, name)
	err := unix.Access(path, unix.R_OK|unix.W_OK)
	if err == nil {
		return nil
	}
	f := cred.AsFault(denied(path, err))
	f.Text = "no permission for " + name
	return f
}

// occupied refuses a serial port that another program has open without having locked it: both would take each other's
// answers. A pseudo-terminal is always open at its own program too.
func occupied(root, port string) error {
	if !strings.HasPrefix(port, "/dev/tty") {
		return nil
	}
	if h, has := system.Look(root).Holder(port); has {
		return busyBy(port, h.Name, h.PID)
	}
	return nil
}

func busyHint(name string) string {
	if h, has := system.Look("").Holder(canonical(name)); has {
		return busyBy(name, h.Name, h.PID).Hint
	}
	return "close the terminal program, monitor or other bench that has it open: fuser " + name + " names it"
}

// denied names the group that may and the command that lets somebody in.
func denied(path string, err error) error {
	group := ""
	if st, e := os.Stat(path); e == nil {
		if s, ok := st.Sys().(*syscall.Stat_t); ok && s.Gid != 0 && st.Mode()&0o060 == 0o060 {
			group = strconv.FormatUint(uint64(s.Gid), 10)
			if g, e := user.LookupGroupId(group); e == nil {
				group = g.Name
			}
		}
	}
	hint := "give your user access by a udev rule, or start as the user who has it"
	if group != "" {
		hint = fmt.Sprintf("join the group %s: sudo usermod -aG %s \"$USER\", then log in again", group, group)
	}
	return cred.Because(err, "port.denied", "no permission for "+path, hint)
}
