package port

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"example.org/sectag/cred"
)

func (l Lister) find(context.Context) ([]Info, error) { return scan(l.Root) }

// access looks for who has the port open, and whether we may.
func (l Lister) access(p *Info) {
	path := filepath.Join(l.Root, p.Name)
	if pid, name := opener(l.Root, p.Name); pid > 0 {
		p.Busy = true
		p.Blocked = busyBy(p.Name, name, pid)
		return
	}
	if err := unix.Access(path, unix.R_OK|unix.W_OK); err != nil {
		p.Blocked = cred.AsFault(denied(path, err))
		p.Blocked.Text = "no permission for " + p.Name
	}
}

// opener finds a process that has a port open. It sees other people's processes only as root.
func opener(root, port string) (pid int, name string) {
	procs, _ := os.ReadDir(filepath.Join(root, "/proc"))
	for _, d := range procs {
		n, err := strconv.Atoi(d.Name())
		if err != nil || n == os.Getpid() {
			continue
		}
		dir := filepath.Join(root, "/proc", d.Name())
		fds, _ := os.ReadDir(filepath.Join(dir, "fd"))
		for _, fd := range fds {
			if to, err := os.Readlink(filepath.Join(dir, "fd", fd.Name())); err == nil && to == port {
				return n, line(filepath.Join(dir, "comm"))
			}
		}
	}
	return 0, ""
}

// occupied refuses a serial port that another program has open without having locked it: both would take each other's
// answers. A pseudo-terminal is always open at its own program too.
func occupied(root, port string) error {
	if !strings.HasPrefix(port, "/dev/tty") {
		return nil
	}
	if pid, who := opener(root, port); pid > 0 {
		return busyBy(port, who, pid)
	}
	return nil
}

func busyHint(name string) string {
	if pid, who := opener("", canonical(name)); pid > 0 {
		return cred.AsFault(busyBy(name, who, pid)).Hint
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

// line reads the first line of a small file of the system, empty when there is none.
func line(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	s, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSpace(s)
}
