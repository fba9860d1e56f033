package rack

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/rack"
	"example.org/sectag/tui/paint"
)

var update = flag.Bool("update", false, "write the golden frames and the pictures in docs anew")

// picture is a state of the station, as the docs show it.
type picture struct {
	name, title, text string
	show              func(t *testing.T) *Station
}

// atWork is a lane that writes its second slot.
func atWork(t *testing.T) *bench {
	b := newBench(t, rack.Auto).plug(0, "/dev/ttyACM0", imeis[0]).plan(0, flows.SlotMatches, flows.SlotWriting, flows.SlotPlanned)
	b.saw(0, rack.Saw{Stage: rack.SawWorking, IMEI: imeis[0]})
	b.shot.Lanes[0].Progress = flows.Progress{Sent: 412, Total: 594, BytesOut: 1843, BytesIn: 402, Line: 2100 * time.Millisecond}
	return b
}

// passed is a lane whose unit has passed.
func passed(t *testing.T) *bench {
	b := newBench(t, rack.Auto).plug(0, "/dev/ttyACM0", imeis[0]).plan(0, flows.SlotMatches, flows.SlotMatches, flows.SlotMatches)
	b.shot.Lanes[0].Facts.Connect = &flows.ConnectFacts{Version: "DTLS 1.2", Suite: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"}
	return b.over(0, flows.Passed, nil)
}

// foreign is a lane whose unit holds what is not ours.
func foreign(t *testing.T, b *bench, lane uint8) *bench {
	b.plan(lane, flows.SlotPlanned, flows.SlotPlanned, flows.SlotPlanned)
	b.shot.Lanes[lane].Facts.Plan[2].Has = flows.Foreign
	return b.saw(lane, rack.Saw{Stage: rack.SawAsking, IMEI: b.shot.Rack.Lane(int(lane)).IMEI, Ask: rack.AskDigits})
}

// four are four lanes, each at something else.
func four(t *testing.T) *bench {
	b := atWork(t)
	b.plug(1, "/dev/ttyACM3", imeis[1]).plan(1, flows.SlotMatches).over(1, flows.Passed, nil)
	foreign(t, b.plug(2, "/dev/ttyACM6", imeis[2]), 2)
	b.plug(3, "/dev/ttyUSB0", imeis[3]).over(3, flows.FailedOutcome, cred.Failed("cmng.518", "the modem is active and refuses to change credentials, says its answer 518", "take it offline: AT+CFUN=4"))
	return b
}

var pictures = []picture{
	{"next", "Nobody there", "The station waits for a unit. A label can be scanned first.", func(t *testing.T) *Station { return newBench(t, rack.Key).show() }},
	{"locked", "The authority is locked", "Its passphrase is asked for once, for all lanes.", func(t *testing.T) *Station {
		b := newBench(t, rack.Key).plug(0, "/dev/ttyACM0", 0)
		return b.saw(0, rack.Saw{Stage: rack.SawAsking, Ask: rack.AskPassphrase}).show()
	}},
	{"waiting", "A unit is there", "The profile says who begins: a key, the label, or nobody (`start`).", func(t *testing.T) *Station {
		return newBench(t, rack.Labelled).plug(0, "/dev/ttyACM0", imeis[0]).show()
	}},
	{"scanning", "A label is scanned", "A scanner is a keyboard. What it types is found among prefixes and other fields.", func(t *testing.T) *Station {
		s := newBench(t, rack.Labelled).plug(0, "/dev/ttyACM0", imeis[0]).show()
		press(s, "IMEI:35265610036")
		return s
	}},
	{"work", "At work", "Bytes move, each slot is read back.", func(t *testing.T) *Station { return atWork(t).show() }},
	{"pass", "Pass", "To be read from two metres.", func(t *testing.T) *Station { return passed(t).show() }},
	{"fail", "Fail", "What went wrong, what to do next, and what the unit holds; `v` looks into it by the service view, against the ledger.", func(t *testing.T) *Station {
		b := passed(t).steps(rack.PortGone{}, rack.BenchEnded{}).plug(0, "/dev/ttyACM0", imeis[1])
		return b.plan(0, flows.SlotMatches, flows.SlotMatches, flows.SlotMatches).over(0, flows.FailedOutcome, refused).show()
	}},
	{"wrong-label", "The wrong unit", "The label that was scanned is another unit's: nothing is changed.", func(t *testing.T) *Station {
		b := newBench(t, rack.Auto).steps(rack.LabelScanned{IMEI: imeis[1]}).plug(0, "/dev/ttyACM0", imeis[0])
		b.shot.Lanes[0].Failure = cred.Failed("store.wrong-unit", "the unit at /dev/ttyACM0 is 352656100367872, and the label that was scanned is of 352656100367880",
			"put in the unit of the label, or scan the label of this one; nothing was changed in it")
		return b.show()
	}},
	{"question", "A unit that holds what is not ours", "It is replaced only when the unit is named by its last four digits.", func(t *testing.T) *Station {
		return foreign(t, newBench(t, rack.Auto).plug(0, "/dev/ttyACM0", imeis[0]), 0).show()
	}},
	{"gang", "Several lanes", "A lane a port. One lane's question holds up no other.", func(t *testing.T) *Station { return four(t).show() }},
	{"gang-lane", "One lane of several", "Tab turns to a lane, esc back to all.", func(t *testing.T) *Station {
		return four(t).steps(rack.LaneSelected{Lane: 3}).show()
	}},
	{"help", "Help", "`?`: the keys now, and those that are always there.", func(t *testing.T) *Station {
		s := four(t).show()
		press(s, "?")
		wait(s)
		return s
	}},
}

// TestGoldenFrames compares frames at the sizes and palettes that terminals have.
func TestGoldenFrames(t *testing.T) {
	for _, p := range pictures {
		t.Run(p.name, func(t *testing.T) {
			var b strings.Builder
			for _, f := range []struct {
				name    string
				palette paint.Palette
				w, h    int
			}{
				{"80x24", paint.Palette{Bare: true}, 80, 24},
				{"80x24, colour", paint.Palette{}, 80, 24},
				{"80x24, NO_COLOR", paint.Palette{Mono: true}, 80, 24},
				{"40x12", paint.Palette{Bare: true}, 40, 12},
				{"200x60", paint.Palette{Bare: true}, 200, 60},
				{"80x24, ASCII", paint.Palette{Bare: true, ASCII: true}, 80, 24},
			} {
				s := p.show(t)
				s.Palette = f.palette
				fmt.Fprintf(&b, "=== %s\n%s\n", f.name, visible(sized(t, s, f.w, f.h)))
			}
			golden(t, filepath.Join("testdata", "frames", p.name+".txt"), b.String())
		})
	}
}

// visible makes escape bytes readable in a golden file.
func visible(s string) string {
	return strings.NewReplacer("\x1b[0m", "⟧", "\x1b[", "⟦").Replace(s)
}

// TestPicturesInDocs keeps the pictures in docs as the program draws them.
func TestPicturesInDocs(t *testing.T) {
	var page strings.Builder
	page.WriteString("# The station\n\nThese pictures are drawn by the program itself, at 80x24, from its real machine; `make golden` writes them anew\n" +
		"and a test fails when they are stale. [screens.md](screens.md) has the seven screens of a single unit.\n")
	folder := filepath.Join("..", "..", "docs", "screens", "station")
	for _, p := range pictures {
		view := sized(t, p.show(t), 80, 24) + "\n"
		golden(t, filepath.Join(folder, p.name+".txt"), view)
		fmt.Fprintf(&page, "\n## %s\n\n%s\n\n```text\n%s```\n", p.title, p.text, view)
	}
	golden(t, filepath.Join("..", "..", "docs", "screens-station.md"), page.String())
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil || len(files) != len(pictures) {
		t.Errorf("docs/screens/station holds %d pictures, there are %d: %v", len(files), len(pictures), err)
	}
}

// golden compares a text with a file, or writes it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); d != "" {
		t.Errorf("%s is stale, make golden writes it anew (-it +the program):\n%s", file, d)
	}
}

// sized draws the window and fails if it shows more than it can hold.
func sized(t *testing.T, s *Station, w, h int) string {
	t.Helper()
	s.Resize(w, h)
	view := s.View()
	rows := strings.Split(view, "\n")
	if len(rows) > h {
		t.Errorf("%d rows in a window of %d", len(rows), h)
	}
	if s.Palette.Bare {
		for _, r := range rows {
			if paint.Width(r) > w {
				t.Errorf("%q is wider than %d", r, w)
			}
		}
	}
	return view
}
