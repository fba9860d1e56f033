package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/port"
	"example.org/sectag/device/port/board"
	"example.org/sectag/device/port/fixture"
	"example.org/sectag/device/scout"
	"example.org/sectag/device/sound"
)

// heard is what each kind of port in a fixture's answers says.
var heard = map[string]string{
	"silent": "", "log": "*** Booting Zephyr OS ***\r\n<inf> app: up\r\n", "noise": "\x80\x81\xff\x00\x01\x02\xfe\xc0",
	"shell": "AT: command not found\r\nuart:~$ ", "ready": "The AT host sample started\r\nReady\r\n", "gnss": "$GPGGA,,,,,,0\r\n",
	"crash": "#XMODEM: FAULT,0x4,0x1\r\n", "init": "INIT ERROR\r\n", "echo": "AT\r\n", "errors": "ERROR\r\n", "other-make": "OK\r\n+CMEE: 2\r\n\r\nOK\r\n", "cred": "uart:~$ ",
}

// book answers as a fixture says. It counts who was asked.
type book struct {
	answers map[string]string
	asked   chan string
}

func newBook(lines []string) book {
	b := book{map[string]string{}, make(chan string, 100)}
	for _, l := range lines {
		name, kind, _ := strings.Cut(l, " ")
		b.answers[name] = kind
	}
	return b
}

func (b book) Ask(_ context.Context, name string) scout.Answer {
	b.asked <- name
	who := &device.Identity{IMEI: 352656100367872, Model: "nRF9151-LACA", Firmware: "mfw_nrf91x1_2.0.3", LineEnd: "CR"}
	switch kind := b.answers[name]; kind {
	case "at":
		return scout.Answer{Who: who}
	case "at-lf":
		who.LineEnd = "LF"
		return scout.Answer{Who: who}
	case "at-no-imei":
		who.IMEI = 0
		return scout.Answer{Who: who, Doubt: cred.Failed("store.no-imei", "the modem has no IMEI", "write one")}
	case "at-old":
		return scout.Answer{Who: who, Doubt: cred.Failed("store.firmware-old", "too old", "update it")}
	case "cred":
		return scout.Answer{Sound: sound.Shell, Fault: cred.Failed("store.not-the-modem", "a cred shell answers", "x")}
	case "":
		return scout.Answer{Fault: cred.Failed("port.missing", "there is no port "+name, "plug it in")}
	default:
		s := heard[kind]
		return scout.Answer{Sound: sound.Listen([]byte(s), []byte("AT\rAT\r")), Fault: cred.Failed("line.not-at", "no AT host on "+name, "choose another port")}
	}
}

// said writes findings for comparison.
func said(fs []cred.Finding) []string {
	out := []string{}
	for _, f := range fs {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s", f.Severity, f.Code, f.Port)))
	}
	return out
}

// fit says why a finding is not fit for people.
func fit(f cred.Finding) string {
	if f.Text == "" || f.Hint == "" || strings.HasSuffix(f.Text, ".") || strings.HasSuffix(f.Hint, ".") || strings.ContainsAny(f.Text+f.Hint, "\r\n\x1b") {
		return fmt.Sprintf("%s: %q, hint %q", f.Code, f.Text, f.Hint)
	}
	return ""
}

// TestEveryBoardAndEveryBlocker judges all the trees of device/port.
func TestEveryBoardAndEveryBlocker(t *testing.T) {
	files, err := filepath.Glob("../port/testdata/linux/*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("only %d trees: %v", len(files), err)
	}
	codes := map[string]bool{}
	for _, f := range files {
		tree, err := fixture.Read(f)
		if err != nil {
			t.Fatal(err)
		}
		root := t.TempDir()
		if err := tree.Lay(root); err != nil {
			t.Fatal(err)
		}
		b := newBook(tree.Note("answers"))
		s, err := Doctor{Lister: port.Lister{Root: root, LockDir: root}, Asker: b}.Look(t.Context(), "")
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		fs := Judge(s)
		if d := cmp.Diff(tree.Note("findings"), said(fs)); d != "" {
			t.Errorf("%s: %s\n%+v", filepath.Base(f), d, fs)
		}
		for _, x := range fs {
			codes[x.Code] = true
			if why := fit(x); why != "" {
				t.Errorf("%s: %s", filepath.Base(f), why)
			}
		}
		if len(b.asked) != len(b.answers) {
			t.Errorf("%s: %d ports were asked, %d may be", filepath.Base(f), len(b.asked), len(b.answers))
		}
	}
	for _, c := range []string{
		"answers", "terminator", "deaf", "silent", "wrong-firmware", "wrong-speed", "echo", "modem-crashed", "mcuboot", "other-board",
		"no-board", "no-port", "modemmanager", "brltty",
	} {
		if !codes["doctor."+c] {
			t.Errorf("no tree leads to doctor.%s", c)
		}
	}
}

// TestANamedPort looks at one port of a board: the others of the board are asked too, those of other boards are not.
func TestANamedPort(t *testing.T) {
	for _, c := range []struct {
		tree, name string
		answers    []string
		want       []string
		asked      int
	}{
		{"nrf9151dk", "/dev/ttyACM1", []string{"/dev/ttyACM1 at", "/dev/ttyACM0 log"}, []string{"info doctor.answers /dev/ttyACM1"}, 2},
		{"nrf9151dk", "/dev/ttyACM0", []string{"/dev/ttyACM1 at", "/dev/ttyACM0 log"}, []string{"info doctor.answers /dev/ttyACM1", "error doctor.wrong-port /dev/ttyACM0"}, 2},
		{"nrf9151dk", "/dev/serial/by-id/usb-SEGGER_001051234567-if00", []string{"/dev/ttyACM1 at", "/dev/ttyACM0 log"}, []string{"info doctor.answers /dev/ttyACM1"}, 2},
		{"nrf9151dk", "/dev/ttyACM0", []string{"/dev/ttyACM1 silent", "/dev/ttyACM0 silent"}, []string{"error doctor.silent /dev/ttyACM0"}, 2},
		{"cp210x", "/dev/ttyUSB1", []string{"/dev/ttyUSB0 at", "/dev/ttyUSB1 silent"}, []string{"error doctor.silent /dev/ttyUSB1"}, 1},
		{"nrf5340dk", "/dev/ttyACM0", []string{"/dev/ttyACM0 at"}, []string{"info doctor.answers /dev/ttyACM0"}, 1},
		{"nrf5340dk", "/dev/ttyACM0", []string{"/dev/ttyACM0 shell"}, []string{"error doctor.wrong-firmware /dev/ttyACM0"}, 1},
		{"mcuboot", "/dev/ttyACM0", []string{"/dev/ttyACM0 silent"}, []string{"error doctor.mcuboot /dev/ttyACM0"}, 1},
		{"odd", "/dev/ttyS1", []string{"/dev/ttyS1 silent"}, []string{"error doctor.silent /dev/ttyS1"}, 1},
		{"odd", "/dev/ttyS1", []string{"/dev/ttyS1 other-make"}, []string{"error line.not-at /dev/ttyS1"}, 1},
		{"odd", "/dev/ttyS7", nil, []string{"error port.missing /dev/ttyS7"}, 1},
		{"odd", "tcp://bench:4000", []string{"tcp://bench:4000 silent"}, []string{"error doctor.silent tcp://bench:4000"}, 1},
		{"odd", "tcp://bench:4000", []string{"tcp://bench:4000 at"}, []string{"info doctor.answers tcp://bench:4000"}, 1},
		{"blocked-other-program", "/dev/ttyACM0", []string{"/dev/ttyACM1 log"}, []string{"error port.busy /dev/ttyACM0"}, 1},
		{"blocked-no-driver", "/dev/ttyACM0", nil, []string{"error port.missing /dev/ttyACM0"}, 1},
	} {
		tree, err := fixture.Read("../port/testdata/linux/" + c.tree + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		root := t.TempDir()
		if err := tree.Lay(root); err != nil {
			t.Fatal(err)
		}
		b := newBook(c.answers)
		s, err := Doctor{Lister: port.Lister{Root: root, LockDir: root}, Asker: b}.Look(t.Context(), c.name)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, said(Judge(s))); d != "" || len(b.asked) != c.asked {
			t.Errorf("%s of %s, %d asked: %s", c.name, c.tree, len(b.asked), d)
		}
	}
}

// A log that another program has open is nobody's trouble as long as the modem answers; where it does not, it may be the port.
func TestWhoHasAnotherPortOfTheBoard(t *testing.T) {
	t.Parallel()
	busy := scout.Found{Info: port.Info{Name: "b", VID: "1366", Device: "d", Board: "nRF9151 DK", Kind: board.NRF91, Busy: true, Blocked: cred.Failed("port.busy", "x", "y")}, Should: port.Log}
	at := scout.Found{Info: port.Info{Name: "a", VID: "1366", Device: "d", Board: "nRF9151 DK", Kind: board.NRF91, Role: port.AT}, Should: port.AT, Asked: true}
	mute := at
	mute.Answer = scout.Answer{Sound: sound.Nothing, Fault: cred.Failed("line.no-answer", "x", "y")}
	for _, c := range []struct {
		ports []scout.Found
		want  []string
	}{
		{[]scout.Found{at, busy}, []string{"info doctor.answers a"}},
		{[]scout.Found{mute, busy}, []string{"error doctor.silent a", "warning port.busy b"}},
	} {
		if d := cmp.Diff(c.want, said(Judge(Seen{Ports: c.ports}))); d != "" {
			t.Error(d)
		}
	}
}

// Nothing is known of a computer without ports, and nobody is asked without an asker.
func TestNobodyIsAskedWithoutAnAsker(t *testing.T) {
	tree, err := fixture.Read("../port/testdata/linux/nrf9151dk.txt")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	if err := tree.Lay(root); err != nil {
		t.Fatal(err)
	}
	s, err := Doctor{Lister: port.Lister{Root: root, LockDir: root}}.Look(t.Context(), "")
	if got := said(Judge(s)); err != nil || len(got) != 0 {
		t.Errorf("%v %v", got, err)
	}
}

// ruleLine is what a line of our udev rules may be made of.
var ruleLine = regexp.MustCompile(`^(?:#.*|LABEL="[a-z_]+"|(?:(?:ACTION|SUBSYSTEM|ENV\{[A-Z_]+\}|ATTRS\{id(?:Vendor|Product)\})(?:==|=)"[A-Za-z0-9_?*]*"(?:, )?)*(?:GOTO="([a-z_]+)")?)$`)

func TestTheShippedRulesFitTheCatalogue(t *testing.T) {
	t.Parallel()
	shipped, err := os.ReadFile(filepath.Base(port.InstallRules[strings.Index(port.InstallRules, "/etc/"):strings.Index(port.InstallRules, " &&")]))
	if err != nil || string(shipped) != Rules {
		t.Fatalf("the hint does not name the file: %v", err)
	}
	var jumps, labels []string
	for l := range strings.Lines(Rules) {
		l = strings.TrimSuffix(l, "\n")
		m := ruleLine.FindStringSubmatch(l)
		if m == nil {
			t.Errorf("no udev rule: %s", l)
			continue
		}
		if m[1] != "" {
			jumps = append(jumps, m[1])
		}
		if n, ok := strings.CutPrefix(l, `LABEL="`); ok {
			labels = append(labels, strings.TrimSuffix(n, `"`))
		}
	}
	slices.Sort(jumps)
	slices.Sort(labels)
	if d := cmp.Diff(labels, slices.Compact(jumps)); d != "" {
		t.Errorf("labels and jumps: %s", d)
	}
	for _, b := range board.All() {
		if !strings.Contains(Rules, `ATTRS{idVendor}=="`+b.Vendor()+`"`) {
			t.Errorf("%s is not in the rules", b.Name)
		}
	}
	for _, id := range []string{"10c4 ea60", "0403 6001", "0403 6010", "0403 6011", "0403 6014", "0403 6015", "1a86 7523"} { // section 5, generic
		v, p, _ := strings.Cut(id, " ")
		if !strings.Contains(Rules, fmt.Sprintf(`ATTRS{idVendor}=="%s", ATTRS{idProduct}=="%s", GOTO="sectag_bridge"`, v, p)) {
			t.Errorf("%s is not in the rules", id)
		}
	}
}
