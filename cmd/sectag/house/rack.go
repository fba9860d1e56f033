package house

import (
	"context"
	"path/filepath"
	"runtime"
	"strings"

	"example.org/sectag/bench"
	"example.org/sectag/bench/rack"
	"example.org/sectag/cmd/sectag/job"
	"example.org/sectag/cred"
	"example.org/sectag/flows/door"
	machine "example.org/sectag/flows/rack"
	screens "example.org/sectag/tui/rack"
	"example.org/sectag/tui/way"
)

// rack runs the station loop and its screens side by side, until the screens are left. The lanes outlive them: each comes to a rest.
// A person who leaves while lanes work has waited for them, and does not want to any more: the work is given up, as if the process had
// been killed. A signal lets what is in flight end.
func (h *house) rack(ctx context.Context) (way.Act, error) {
	j := h.job
	ports := j.Settled.Ports
	if h.Port != "" {
		ports = []string{whole(h.Port)}
	}
	r := rack.New(rack.Config{
		Bench: func(port string) bench.Config { return j.Config(port) },
		Terms: h.terms(), Start: j.Settled.Start, Ports: ports, Lock: j.Settled.Lock, Around: job.Announcer(), Count: &h.shift,
	})
	look := h.setting()
	loop, end := context.WithCancel(ctx)
	defer end()
	work, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	h.on.Open(screens.New(r, screens.Options{Title: look.title, Station: look.station, Palette: h.palette(), Now: h.Now, Silent: h.Mute, Door: true, Visit: h.visits()}))
	left := make(chan way.Act, 1)
	torn := false
	go func() {
		to := h.on.Over()
		torn = ctx.Err() == nil && to == way.Quit && busy(r.Shot().Rack)
		if torn {
			giveUp()
		}
		end()
		left <- to
	}()
	err := r.Run(loop, work)
	if err != nil {
		h.on.hide()
	}
	to := <-left
	if err == nil && torn {
		err = cred.Failed("store.stopped", "left in the middle of the work", "start again with the same units: each is read first")
	}
	return to, err
}

// visits is how a unit of the station is looked into: by the service view at its port. Nil where there is no ledger to hold it against.
func (h *house) visits() func(port string) {
	if h.door().Closed(door.Service) != "" {
		return nil
	}
	return func(port string) { h.visit = port }
}

// busy tells whether a lane works.
func busy(m machine.Rack) bool {
	for n := range machine.MaxLanes {
		if m.Lane(n).Phase == machine.Working {
			return true
		}
	}
	return false
}

// whole is a port's name as the station knows it: a file by its whole path, so that it can be waited for.
func whole(name string) string {
	if strings.Contains(name, ":") || runtime.GOOS == "windows" {
		return name
	}
	if p, err := filepath.Abs(name); err == nil {
		return p
	}
	return name
}
