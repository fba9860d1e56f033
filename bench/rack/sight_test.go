package rack

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"example.org/sectag/device/port"
	catalogue "example.org/sectag/device/port/board"
)

// seen are the boards of a sight without a lane, each by its ports.
func seen(w *watch, ports []port.Info, named ...string) (out [][]string) {
	for _, b := range w.group(newSight(ports, named)) {
		var names []string
		for _, p := range b.ports {
			names = append(names, p.Name)
		}
		out = append(out, names)
	}
	return out
}

func same(a, b [][]string) bool { return slices.EqualFunc(a, b, slices.Equal[[]string]) }

// TestThePortsOfABoardComeOneAfterTheOther: a lane is begun once their number has stood for two looks; a port of its own at once.
func TestThePortsOfABoardComeOneAfterTheOther(t *testing.T) {
	w := newWatch(&Rack{})
	first, second := port.Info{Name: "a0", Device: "usb1"}, port.Info{Name: "a1", Device: "usb1"}
	alone := port.Info{Name: "b"}
	for n, c := range []struct {
		ports []port.Info
		want  [][]string
	}{
		{[]port.Info{first, alone}, [][]string{{"b"}}},
		{[]port.Info{first, second}, nil},
		{[]port.Info{first, second}, [][]string{{"a0", "a1"}}},
	} {
		if got := seen(w, c.ports); !same(got, c.want) {
			t.Errorf("look %d: %v, want %v", n, got, c.want)
		}
	}
	w.boards[3] = board{ports: []port.Info{first, second}}
	if got := seen(w, []port.Info{first, second, alone}); !same(got, [][]string{{"b"}}) {
		t.Errorf("what has a lane is given another: %v", got)
	}
	w.part(3, []string{"a1"})
	if got := seen(w, []port.Info{first, second}); !same(got, [][]string{{"a1"}}) || len(w.boards[3].ports) != 1 {
		t.Errorf("a unit of its own has no lane: %v", got)
	}
}

// TestOnlyWhatMayBeAskedOrIsNamed: busy ports and other boards are left alone, unless somebody names them.
func TestOnlyWhatMayBeAskedOrIsNamed(t *testing.T) {
	dir := t.TempDir()
	dev, link := filepath.Join(dir, "ttyACM0"), filepath.Join(dir, "by-id")
	if err := os.WriteFile(dev, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dev, link); err != nil {
		t.Fatal(err)
	}
	if real, err := filepath.EvalSymlinks(dev); err == nil {
		dev = real
	}
	ports := []port.Info{
		{Name: "COM3"},
		{Name: "COM4", Busy: true},
		{Name: "COM5", Kind: catalogue.Other},
		{Name: "COM6", Kind: catalogue.Bootloader},
		{Name: "COM7", Stable: "/dev/serial/by-id/usb-7-if00", Device: "usb7"},
		{Name: "COM8", Device: "usb7"},
	}
	for name, c := range map[string]struct {
		named []string
		want  [][]string
	}{
		"all":                {nil, [][]string{{"COM3"}, {"COM7", "COM8"}}},
		"by name":            {[]string{"COM5", "COM4"}, [][]string{{"COM4"}, {"COM5"}}},
		"by pattern":         {[]string{"COM[3-8]"}, [][]string{{"COM3"}, {"COM4"}, {"COM5"}, {"COM6"}, {"COM7", "COM8"}}},
		"one of a board":     {[]string{"COM8"}, [][]string{{"COM8"}}},
		"each of a board":    {[]string{"COM7", "COM8"}, [][]string{{"COM7"}, {"COM8"}}},
		"by a stable name":   {[]string{"/dev/serial/by-id/*-if00"}, [][]string{{"COM7"}}},
		"a link":             {[]string{link}, [][]string{{dev}}},
		"a file, twice":      {[]string{dev, link, filepath.Join(dir, "tty*")}, [][]string{{dev}}},
		"to be plugged in":   {[]string{filepath.Join(dir, "ttyACM1")}, nil},
		"a folder":           {[]string{dir}, nil},
		"elsewhere":          {[]string{"tcp://localhost:1"}, [][]string{{"tcp://localhost:1"}}},
		"not on this system": {[]string{"COM99"}, nil},
	} {
		w := newWatch(&Rack{Config: Config{Ports: c.named}})
		seen(w, ports, c.named...)
		if got := seen(w, ports, c.named...); !same(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestAPortThatStaysIsToldFromABoards(t *testing.T) {
	for want, ports := range map[bool][]port.Info{
		true:  {{Name: "/dev/ttyS0"}, {Name: "x", VID: "0403", Kind: catalogue.Maybe}},
		false: {{Name: "x", VID: "1366", Kind: catalogue.NRF91}},
	} {
		for _, p := range ports {
			if stays(p) != want {
				t.Errorf("%+v stays: %v", p, !want)
			}
		}
	}
	b := board{ports: []port.Info{{Name: "log", Role: port.Log}, {Name: "at", Role: port.AT}}}
	if b.likely() != "at" || (board{ports: b.ports[:1]}).likely() != "log" {
		t.Error("the likeliest port is the one that the catalogue names, else the first")
	}
}
