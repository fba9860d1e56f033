package system

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"example.org/sectag/device/port/board"
)

// What udev was told, read from its rules and its database below root. The rules of brltty are those of its Autostart/Udev
// (device.rules): they claim whole USB bridges for Braille displays. ModemManager obeys ID_MM_DEVICE_IGNORE and
// ID_MM_PORT_IGNORE of the port or the device (ModemManager reference, "Modem filter").

// ruleFolders are where udev looks, the first wins for a file of the same name (udev(7)).
var ruleFolders = []string{"/etc/udev/rules.d", "/run/udev/rules.d", "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"}

// rules are the rule files that count and whose name holds a word. A file that is a link to /dev/null switches its namesakes off.
func rules(root, word string) []string {
	var names, out []string
	for _, dir := range ruleFolders {
		files, _ := filepath.Glob(filepath.Join(root, dir, "*"+word+"*.rules"))
		for _, f := range files {
			name := filepath.Base(f)
			if slices.Contains(names, name) {
				continue
			}
			names = append(names, name)
			if to, err := os.Readlink(f); err == nil && to == "/dev/null" {
				continue
			}
			out = append(out, f)
		}
	}
	return out
}

// RulesName is what the rules that this project ships are installed as.
const RulesName = "99-sectag.rules"

// OurRules tells whether the rules that this project ships are installed.
func OurRules(root string) bool {
	return slices.ContainsFunc(rules(root, "sectag"), func(f string) bool { return filepath.Base(f) == RulesName })
}

// claim is a line of brltty's rules, such as ENV{PRODUCT}=="10c4/ea60/*".
var (
	claim = regexp.MustCompile(`(?m)^\s*ENV\{PRODUCT\}=="([0-9a-f]{1,4})/([0-9a-f]{1,4})/\*"(.*)$`)
	maker = regexp.MustCompile(`ATTRS\{manufacturer\}=="([^"]*)"`)
)

// Claimed tells whether brltty's rules will take a USB device when it is plugged in.
func Claimed(root string, u board.USB) bool {
	for _, f := range rules(root, "brltty") {
		text, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		for _, m := range claim.FindAllStringSubmatch(string(text), -1) {
			if hex4(m[1]) != u.VID || hex4(m[2]) != u.PID {
				continue
			}
			if by := maker.FindStringSubmatch(m[3]); by == nil || by[1] == u.Maker {
				return true
			}
		}
	}
	return false
}

// Ignored tells whether ModemManager was told to leave a port alone.
func Ignored(root, port string) bool {
	tty := filepath.Join(root, "/sys/class/tty", filepath.Base(port))
	if told(root, line(filepath.Join(tty, "dev"))) {
		return true
	}
	dir, err := filepath.EvalSymlinks(filepath.Join(tty, "device"))
	for top := filepath.Join(root, "/sys"); err == nil && len(dir) > len(top); dir = filepath.Dir(dir) {
		if line(filepath.Join(dir, "idVendor")) != "" {
			return told(root, line(filepath.Join(dir, "dev")))
		}
	}
	return false
}

// told looks into udev's database, which has a character device as c and its numbers.
func told(root, dev string) bool {
	if dev == "" {
		return false
	}
	text, _ := os.ReadFile(filepath.Join(root, "/run/udev/data", "c"+dev))
	for _, l := range strings.Split(string(text), "\n") {
		if l == "E:ID_MM_DEVICE_IGNORE=1" || l == "E:ID_MM_PORT_IGNORE=1" {
			return true
		}
	}
	return false
}
