package port

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree builds the parts of a Linux system that list ports, below a root of its own.
type tree struct {
	t    *testing.T
	root string
	n    int
}

func (s *tree) file(path, text string) {
	s.t.Helper()
	full := filepath.Join(s.root, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *tree) link(path, to string) {
	s.t.Helper()
	full := filepath.Join(s.root, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Symlink(to, full); err != nil {
		s.t.Fatal(err)
	}
}

// usb plugs in a device; ports are tty names by interface number.
func (s *tree) usb(vid, pid, serial string, ports map[int]string) {
	s.n++
	dev := fmt.Sprintf("/sys/devices/pci0000:00/0000:00:14.0/usb1/1-%d", s.n)
	s.file(dev+"/idVendor", vid+"\n")
	s.file(dev+"/idProduct", pid+"\n")
	if serial != "" {
		s.file(dev+"/serial", serial+"\n")
	}
	for i, tty := range ports {
		face := fmt.Sprintf("%s/1-%d:1.%d", dev, s.n, i)
		s.file(face+"/bInterfaceNumber", fmt.Sprintf("%02x\n", i))
		at := face + "/tty/" + tty
		if strings.HasPrefix(tty, "ttyUSB") { // usb-serial drivers have a step more
			at = face + "/" + tty + "/tty/" + tty
			s.link(at+"/device", "../..")
		} else {
			s.link(at+"/device", "../../../"+filepath.Base(face))
		}
		s.link("/sys/class/tty/"+tty, "../.."+strings.TrimPrefix(at, "/sys"))
		s.file("/dev/"+tty, "")
		s.link(fmt.Sprintf("/dev/serial/by-id/usb-%d-%s-if%02d", s.n, serial, i), "../../"+tty)
	}
}

func TestPortsOfManyBoardsStandInOrder(t *testing.T) {
	s := &tree{t: t, root: t.TempDir()}
	s.usb("1366", "1059", "001051234567", map[int]string{0: "ttyACM3", 2: "ttyACM4"})
	s.usb("1366", "1055", "000960012345", map[int]string{0: "ttyACM0", 2: "ttyACM1", 4: "ttyACM2"})
	s.usb("1366", "1055", "001050912345", map[int]string{0: "ttyACM5", 2: "ttyACM6"})
	s.usb("1366", "1055", "000960112345", map[int]string{0: "ttyACM7"})
	s.usb("1915", "910a", "THINGY91X_ABC", map[int]string{1: "ttyACM10", 4: "ttyACM9"})
	s.usb("1915", "9100", "THINGY91_ABC", map[int]string{0: "ttyACM11", 2: "ttyACM12"})
	s.usb("1915", "520F", "", map[int]string{0: "ttyACM13"})
	s.usb("10c4", "ea60", "0001", map[int]string{0: "ttyUSB0"})
	s.usb("10c4", "ea60", "0001", map[int]string{0: "ttyUSB1"}) // these bridges share their serial number
	s.usb("feed", "beef", "\x1b[2Jodd", map[int]string{0: "ttyACM20"})
	s.file("/sys/devices/platform/serial8250/tty/ttyS0/type", "0\n")
	s.link("/sys/devices/platform/serial8250/tty/ttyS0/device", "../..")
	s.link("/sys/class/tty/ttyS0", "../../devices/platform/serial8250/tty/ttyS0")
	s.file("/sys/devices/platform/serial8250/tty/ttyS1/type", "4\n")
	s.link("/sys/devices/platform/serial8250/tty/ttyS1/device", "../..")
	s.link("/sys/class/tty/ttyS1", "../../devices/platform/serial8250/tty/ttyS1")
	s.file("/dev/ttyS1", "")
	s.file("/sys/devices/virtual/tty/tty0/active", "")
	s.link("/sys/class/tty/tty0", "../../devices/virtual/tty/tty0")
	s.link("/sys/class/tty/ttyACM99", "../../devices/gone") // unplugged while we look

	ports, err := Lister{Root: s.root, LockDir: t.TempDir()}.Ports(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range ports {
		got = append(got, fmt.Sprintf("%s|%s|%s:%s|%s|%d|%s", p.Name, p.Board, p.VID, p.PID, p.Serial, number(p.Interface), p.Role))
		if p.Blocked != nil || p.Busy {
			t.Errorf("%s: %v", p.Name, p.Blocked)
		}
	}
	want := []string{
		"/dev/ttyUSB0|CP210x bridge|10c4:ea60|0001|0|unknown",
		"/dev/ttyUSB1|CP210x bridge|10c4:ea60|0001|0|unknown",
		"/dev/ttyACM0|nRF9160 DK|1366:1055|000960012345|0|at",
		"/dev/ttyACM1|nRF9160 DK|1366:1055|000960012345|2|unknown",
		"/dev/ttyACM2|nRF9160 DK|1366:1055|000960012345|4|trace",
		"/dev/ttyACM7|nRF5340 DK|1366:1055|000960112345|0|unknown",
		"/dev/ttyACM5|nRF9161 DK|1366:1055|001050912345|0|at",
		"/dev/ttyACM6|nRF9161 DK|1366:1055|001050912345|2|log",
		"/dev/ttyACM3|nRF9151 DK|1366:1059|001051234567|0|at",
		"/dev/ttyACM4|nRF9151 DK|1366:1059|001051234567|2|log",
		"/dev/ttyACM13|MCUboot bootloader|1915:520f||0|mcuboot",
		"/dev/ttyACM10|Thingy:91 X|1915:910a|THINGY91X_ABC|1|at",
		"/dev/ttyACM9|Thingy:91 X|1915:910a|THINGY91X_ABC|4|unknown",
		"/dev/ttyACM11|Thingy:91|1915:9100|THINGY91_ABC|0|at",
		"/dev/ttyACM12|Thingy:91|1915:9100|THINGY91_ABC|2|unknown",
		"/dev/ttyACM20||feed:beef|[2Jodd|0|unknown",
		"/dev/ttyS1||:||-1|unknown",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if ports[8].Stable != "/dev/serial/by-id/usb-1-001051234567-if00" {
		t.Errorf("the lasting name is %q", ports[8].Stable)
	}
}

func TestAPortThatSomebodyHasIsBlockedAndSaysByWhom(t *testing.T) {
	s := &tree{t: t, root: t.TempDir()}
	s.usb("1366", "1059", "001051234567", map[int]string{0: "ttyACM0", 2: "ttyACM1"})
	s.usb("1366", "1059", "001051234568", map[int]string{0: "ttyACM2"})
	s.file("/proc/1234567/comm", "ModemManager\n")
	s.link("/proc/1234567/fd/7", "/dev/ttyACM0")
	s.link("/proc/1234567/fd/8", "/dev/pts/3")
	s.file("/proc/self-made/comm", "x")
	locks := t.TempDir()
	release, err := hold(locks, "/dev/ttyACM2")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	ports, err := Lister{Root: s.root, LockDir: locks}.Ports(t.Context())
	if err != nil || len(ports) != 3 {
		t.Fatalf("%v %v", ports, err)
	}
	for i, say := range []string{"ModemManager (process 1234567)", "", fmt.Sprintf("sectag (process %d)", os.Getpid())} {
		p := ports[i]
		if p.Busy != (say != "") || p.Busy && (p.Blocked.Code != "port.busy" || !strings.Contains(p.Blocked.Text, say) || p.Blocked.Hint == "") {
			t.Errorf("%s: busy %v, %v", p.Name, p.Busy, p.Blocked)
		}
	}
	wantFault(t, occupied(s.root, "/dev/ttyACM0"), "port.busy", "ModemManager", "sectag doctor --rules")
	for _, free := range []string{"/dev/ttyACM1", "/dev/pts/3"} {
		if err := occupied(s.root, free); err != nil {
			t.Errorf("%s: %v", free, err)
		}
	}
	b, err := json.Marshal(ports[1])
	if err != nil || string(b) != `{"name":"/dev/ttyACM1","board":"nRF9151 DK","vid":"1366","pid":"1059","serial":"001051234567","interface":2,"role":"log","busy":false}` {
		t.Errorf("%s %v", b, err)
	}
}

func TestASystemWithoutPortsHasAnEmptyList(t *testing.T) {
	ports, err := Lister{Root: t.TempDir(), LockDir: t.TempDir()}.Ports(t.Context())
	if err != nil || ports == nil || len(ports) != 0 {
		t.Errorf("%v %v", ports, err)
	}
	if _, err := (Lister{}).Ports(t.Context()); err != nil {
		t.Errorf("this computer's ports: %v", err)
	}
}
