package rack

import (
	"slices"

	"example.org/sectag/device/port"
	catalogue "example.org/sectag/device/port/board"
	"example.org/sectag/device/scout"
	"example.org/sectag/flows/rack"
)

// board is what one lane is for: a unit, behind one port or several.
type board struct {
	ports []port.Info // never none for a lane that has a board
	stays bool
}

// name is the board's first port.
func (b board) name() string { return b.ports[0].Name }

// kind is what boards have in common that have their modem at the same of their ports.
type kind struct {
	vid, pid string
	ports    int
}

func (b board) kind() kind { return kind{b.ports[0].VID, b.ports[0].PID, len(b.ports)} }

// likely is the port that the catalogue says speaks AT, else the first.
func (b board) likely() string {
	for _, p := range b.ports {
		if p.Role == port.AT {
			return p.Name
		}
	}
	return b.name()
}

// in tells whether a port of the board is still there.
func (b board) in(s sight) bool {
	return slices.ContainsFunc(b.ports, func(p port.Info) bool { return s.names[p.Name] })
}

// watch knows which ports belong together, and which have a lane.
type watch struct {
	all    bool            // that may be asked without being named; else those that are named
	alone  map[string]bool // ports that share a device and are units of their own
	boards [rack.MaxLanes]board
	last   map[string]int // how many ports each device had at the last look
}

func newWatch(r *Rack) *watch { return &watch{all: len(r.Ports) == 0, alone: map[string]bool{}} }

// group gives the boards that have no lane yet, in the order of the ports. The ports of a USB device come one after the other: what was
// not there before in the same number is waited for once more.
func (w *watch) group(s sight) (fresh []board) {
	taken := map[string]bool{}
	for _, b := range w.boards {
		if !b.in(s) {
			continue
		}
		for _, p := range b.ports {
			taken[p.Name] = true
		}
	}
	last := w.last
	w.last = map[string]int{}
	at := map[string]int{}
	for _, p := range s.ports {
		exact, may := w.may(p, s)
		if !may || taken[p.Name] {
			continue
		}
		if p.Device == "" || exact || w.alone[p.Name] {
			fresh = append(fresh, board{[]port.Info{p}, stays(p)})
			continue
		}
		if n, has := at[p.Device]; has {
			fresh[n].ports = append(fresh[n].ports, p)
		} else {
			at[p.Device] = len(fresh)
			fresh = append(fresh, board{[]port.Info{p}, stays(p)})
		}
		w.last[p.Device]++
	}
	return slices.DeleteFunc(fresh, func(b board) bool {
		device := b.ports[0].Device
		return w.last[device] > 0 && last[device] != w.last[device]
	})
}

// part gives ports of a lane's board to lanes of their own.
func (w *watch) part(lane uint8, names []string) {
	b := &w.boards[lane]
	for _, name := range names {
		w.alone[name] = true
		b.ports = slices.DeleteFunc(slices.Clone(b.ports), func(p port.Info) bool { return p.Name == name })
	}
}

// may tells whether a port is to be worked at, and whether it was named as it is.
func (w *watch) may(p port.Info, s sight) (exact, may bool) {
	if !w.all {
		exact, may = s.named[p.Name]
		return exact, may
	}
	return false, scout.Candidate(p)
}

// stays tells whether a port is still there when its unit is taken out: it is no USB device, or a bridge that is not the unit's own.
func stays(p port.Info) bool { return p.VID == "" || p.Kind == catalogue.Maybe }
