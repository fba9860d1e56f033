package gang

import (
	"context"
	"sync"
	"time"

	"example.org/sectag/bench/past"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/port"
	"example.org/sectag/device/scout"
	"example.org/sectag/ledger/record"
)

// letGo is how long a port may take until it is free again after it was asked: what a modem may take to have its settings back.
const letGo = 15 * time.Second

// Find asks all ports that may be asked without being named who is there, and gives those on which a unit answered, one port of each
// unit, in their order. They are free again when it returns. None at all is port.missing.
func Find(ctx context.Context, ports []port.Info, open func(context.Context, string) (device.Line, error)) ([]string, error) {
	free := &freed{}
	found := scout.Ask(ctx, ports, scout.Candidate, scout.Modem{Who: true, Open: func(ctx context.Context, name string) (device.Line, error) {
		l, err := open(ctx, name)
		if err != nil {
			return nil, err
		}
		return free.watch(l, name), nil
	}})
	free.wait(ctx)
	if err := ctx.Err(); err != nil {
		return nil, cred.Because(err, "store.stopped", "stopped while the ports were asked: nothing was done", "run it again")
	}
	var out []string
	var met []record.Unit
	for _, f := range found {
		if f.Speaks() && !seen(&met, f.Answer.Who) {
			out = append(out, f.Name)
		}
	}
	if len(out) == 0 {
		return nil, cred.Failed("port.missing", "no unit answers at any port of this computer", "plug the units in and switch them on; sectag doctor says why one does not answer")
	}
	return out, nil
}

// seen tells whether a unit answered at an earlier port too. Of two that say the same IMEI and are not one, both are kept: the lanes
// will tell.
func seen(met *[]record.Unit, who *device.Identity) bool {
	if who == nil || who.IMEI == 0 {
		return false
	}
	u := past.Seen(*who, nil)
	for _, m := range *met {
		if m.IMEI == u.IMEI && m.Same(u) {
			return true
		}
	}
	*met = append(*met, u)
	return false
}

// freed waits for lines to be closed.
type freed struct {
	mu   sync.Mutex
	open int
	none chan struct{} // of whoever waits
}

func (f *freed) watch(l device.Line, name string) device.Line {
	if n, ok := l.(port.Named); ok {
		name = n.Name()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open++
	return &watched{Line: l, name: name, closed: sync.OnceFunc(f.closed)}
}

func (f *freed) closed() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open--; f.open == 0 && f.none != nil {
		close(f.none)
		f.none = nil
	}
}

// wait ends when all lines are closed, or one takes too long: its lane will be told that the port is busy.
func (f *freed) wait(ctx context.Context) {
	f.mu.Lock()
	none := make(chan struct{})
	if f.none = none; f.open == 0 {
		close(none)
		f.none = nil
	}
	f.mu.Unlock()
	limit := time.NewTimer(letGo)
	defer limit.Stop()
	select {
	case <-none:
	case <-limit.C:
	case <-ctx.Done():
	}
}

type watched struct {
	device.Line
	name   string
	closed func()
}

// Baud is the speed of the line.
func (w *watched) Baud() int { return port.Baud(w.Line) }

// SetBaud changes it.
func (w *watched) SetBaud(baud int) error { return port.SetBaud(w.Line, baud) }

// Name is what the line was opened as.
func (w *watched) Name() string { return w.name }

// Close closes the line, and tells.
func (w *watched) Close() error {
	defer w.closed()
	return w.Line.Close()
}
