package port

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/device/port/board"
	"example.org/sectag/device/port/fixture"
)

// laid is a tree of testdata below a folder of its own.
func laid(t *testing.T, file string) (tree *fixture.Tree, root string) {
	t.Helper()
	tree, err := fixture.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	root = t.TempDir()
	if err := tree.Lay(root); err != nil {
		t.Fatal(err)
	}
	return tree, root
}

// TestEveryBoardAsTheSystemShowsIt reads a tree for each board of nrf91.md section 5.
func TestEveryBoardAsTheSystemShowsIt(t *testing.T) {
	files, err := filepath.Glob("testdata/linux/*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("only %d trees: %v", len(files), err)
	}
	seen := map[string]bool{}
	for _, f := range files {
		tree, root := laid(t, f)
		ports, err := Lister{Root: root, LockDir: t.TempDir()}.Ports(t.Context())
		if err != nil {
			t.Errorf("%s: %v", f, err)
		}
		var got []string
		for _, p := range ports {
			seen[p.Board] = true
			got = append(got, fmt.Sprintf("%s|%s|%s:%s|%s|%d|%s", p.Name, p.Board, p.VID, p.PID, p.Serial, number(p.Interface), p.Role))
			if p.Stable != "" && !strings.HasSuffix(p.Stable, fmt.Sprintf("_%s-if%02d", p.Serial, number(p.Interface))) || p.Stable == "" && p.Kind == board.NRF91 {
				t.Errorf("%s: the lasting name of %s is %q", f, p.Name, p.Stable)
			}
		}
		if want := tree.Note("want"); want != nil {
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s: %s", f, d)
			}
		}
	}
	for _, b := range board.All() {
		if !seen[b.Name] {
			t.Errorf("there is no tree of a %s", b.Name)
		}
	}
}

// TestAPortIsFoundAgainUnderAnotherName plugs boards in anew: other tty numbers, other sockets.
func TestAPortIsFoundAgainUnderAnotherName(t *testing.T) {
	list := func(fill func(*tree)) []Info {
		s := &tree{t: t, root: t.TempDir()}
		fill(s)
		ports, err := Lister{Root: s.root, LockDir: s.root}.Ports(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return ports
	}
	named := func(ports []Info, name string) Info {
		for _, p := range ports {
			if p.Name == name {
				return p
			}
		}
		t.Fatalf("there is no %s", name)
		return Info{}
	}
	dk := func(number string, a, b string) func(*tree) {
		return func(s *tree) { s.usb("1366", "1059", number, map[int]string{0: a, 2: b}) }
	}
	before := list(func(s *tree) {
		dk("001051234567", "ttyACM0", "ttyACM1")(s)
		dk("001051234568", "ttyACM2", "ttyACM3")(s)
		s.usb("10c4", "ea60", "0001", map[int]string{0: "ttyUSB0"})
		s.usb("10c4", "ea60", "0001", map[int]string{0: "ttyUSB1"})
		s.usb("1915", "9100", "THINGY91_A", map[int]string{0: "ttyACM4", 2: "ttyACM5"})
		s.usb("1a86", "7523", "", map[int]string{0: "ttyUSB2"})
	})
	after := list(func(s *tree) {
		dk("001051234568", "ttyACM0", "ttyACM1")(s)
		dk("001051234567", "ttyACM7", "ttyACM6")(s)
		s.usb("10c4", "ea60", "0001", map[int]string{0: "ttyUSB5"})
		s.usb("10c4", "ea60", "0001", map[int]string{0: "ttyUSB0"})
		s.usb("1915", "520f", "THINGY91_A", map[int]string{0: "ttyACM4"})
	})
	for was, want := range map[string]string{
		"/dev/ttyACM0": "/dev/ttyACM7", "/dev/ttyACM1": "/dev/ttyACM6", "/dev/ttyACM2": "/dev/ttyACM0", "/dev/ttyACM3": "/dev/ttyACM1",
		"/dev/ttyUSB0": "/dev/ttyUSB5", "/dev/ttyUSB1": "/dev/ttyUSB0", // by the socket
		"/dev/ttyACM4": "", // it waits for a firmware update
		"/dev/ttyUSB2": "",
	} {
		p, ok := Again(named(before, was), after)
		if p.Name != want || ok != (want != "") {
			t.Errorf("%s came back as %q, %v, want %q", was, p.Name, ok, want)
		}
	}
}

func TestAMemoryOpensTheUnitThatWasThere(t *testing.T) {
	s := &tree{t: t, root: t.TempDir()}
	s.usb("1366", "1059", "001051234567", map[int]string{0: "ttyACM0", 2: "ttyACM1"})
	moved := &tree{t: t, root: t.TempDir()}
	moved.usb("1366", "1059", "001051234568", map[int]string{0: "ttyACM0", 2: "ttyACM1"})
	moved.usb("1366", "1059", "001051234567", map[int]string{0: "ttyACM2", 2: "ttyACM3"})
	next := &tree{t: t, root: t.TempDir()}
	next.usb("1366", "1059", "001051234568", map[int]string{0: "ttyACM0", 2: "ttyACM1"})
	var m Memory
	for i, c := range []struct{ root, ask, want string }{
		{s.root, "/dev/ttyACM0", "/dev/ttyACM0"},
		{moved.root, "/dev/ttyACM0", "/dev/ttyACM2"}, // it rebooted, and another board has its name now
		{next.root, "/dev/ttyACM0", "/dev/ttyACM0"},  // it was taken away: the next unit is meant
		{moved.root, "/dev/ttyACM0", "/dev/ttyACM0"},
		{s.root, "/dev/ttyACM9", "/dev/ttyACM9"},
		{s.root, "tcp://bench:4000", "tcp://bench:4000"},
		{t.TempDir(), "/dev/ttyACM0", "/dev/ttyACM0"},
	} {
		if got := m.resolve(t.Context(), c.root, c.ask); got != c.want {
			t.Errorf("step %d: %s is opened as %s, want %s", i, c.ask, got, c.want)
		}
	}
	if got := (*Memory)(nil).resolve(t.Context(), s.root, "x"); got != "x" {
		t.Errorf("without a memory it is %q", got)
	}
	// Through the Dialer: the name that is opened is that of the port as it is now.
	d := Dialer{LockDir: t.TempDir(), Memory: &m, Root: moved.root}
	m.ports = map[string]Info{"/dev/ttyACM0": {Name: "/dev/ttyACM0", VID: "1366", Serial: "001051234567", Interface: new(int), Kind: board.NRF91}}
	_, err := d.Open(t.Context(), "/dev/ttyACM0")
	wantFault(t, err, "port.missing", "/dev/ttyACM2")
}

// Names are kept as they were given, and lead to the same line again.
func TestNamesOfEveryKindAreKept(t *testing.T) {
	d := Dialer{LockDir: t.TempDir()}
	for _, name := range []string{"tcp://127.0.0.1:1", "/dev/serial/by-id/usb-none-if00", "COM300"} {
		_, err := d.Open(t.Context(), name)
		wantFault(t, err, "port.missing", name)
	}
}
