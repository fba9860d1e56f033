package system

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Programs are those that can stand between us and a port.
type Programs struct {
	holders map[string]Process
	running map[string]Process
}

// Holder is who has a port, or a USB device without a driver, open. Other people's programs are seen only as root.
func (p Programs) Holder(file string) (Process, bool) {
	h, ok := p.holders[file]
	return h, ok
}

// Running finds a program by its name.
func (p Programs) Running(name string) (Process, bool) {
	r, ok := p.running[name]
	return r, ok
}

// Look goes once through all processes of /proc. Where there is none, no program is known.
func Look(root string) Programs {
	out := Programs{map[string]Process{}, map[string]Process{}}
	procs, _ := os.ReadDir(filepath.Join(root, "/proc"))
	for _, d := range procs {
		n, err := strconv.Atoi(d.Name())
		if err != nil || n == os.Getpid() {
			continue
		}
		dir := filepath.Join(root, "/proc", d.Name())
		p := Process{n, clean(line(filepath.Join(dir, "comm")))}
		if _, had := out.running[p.Name]; !had {
			out.running[p.Name] = p
		}
		fds, _ := os.ReadDir(filepath.Join(dir, "fd"))
		for _, fd := range fds {
			to, err := os.Readlink(filepath.Join(dir, "fd", fd.Name()))
			if _, had := out.holders[to]; err == nil && !had && (strings.HasPrefix(to, "/dev/tty") || strings.HasPrefix(to, "/dev/bus/usb/")) {
				out.holders[to] = p
			}
		}
	}
	return out
}
