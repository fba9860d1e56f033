package port

import (
	"fmt"

	"example.org/sectag/cred"
	"example.org/sectag/device/port/system"
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
		hint = "it lets go after about 10 s; keep it away with the udev rules that sectag ships: " + InstallRules
	case "brltty":
		hint = "it takes USB bridges for Braille displays; keep it away with the udev rules that sectag ships: " + InstallRules
	case "sectag":
		hint = "let it finish or end it, or choose another port"
	}
	return cred.Failed("port.busy", text, hint)
}

// InstallRules is the command that puts the udev rules of this project where udev looks. They set ID_MM_DEVICE_IGNORE for
// ModemManager, and take the boards' bridges out of brltty's hands.
const InstallRules = "sectag doctor --rules | sudo tee /etc/udev/rules.d/" + system.RulesName + " && sudo udevadm control --reload, then plug the unit in again"
