package port

import (
	"fmt"

	"example.org/sectag/cred"
)

// busyBy says who has a port, and how to get it back from those who take ports by themselves.
func busyBy(port, who string, pid int) *cred.Fault {
	if who == "" {
		who = "a program"
	}
	text := fmt.Sprintf("%s (process %d) has the port %s", who, pid, port)
	hint := fmt.Sprintf("close it, or end process %d", pid)
	switch who {
	case "ModemManager":
		hint = "it lets go after about 10 s; to keep it away add the udev rule ENV{ID_MM_DEVICE_IGNORE}=\"1\", or stop it: sudo systemctl stop ModemManager"
	case "brltty":
		hint = "it takes USB bridges for Braille displays: sudo apt remove brltty, then plug the unit in again"
	case "sectag":
		hint = "let it finish or end it, or choose another port"
	}
	return cred.Failed("port.busy", text, hint)
}
