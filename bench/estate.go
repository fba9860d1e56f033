package bench

import (
	"context"
	"slices"
	"sync"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// Estate is what runs that died left to do. Benches that work on one ledger at the same time have one together: the first that begins
// takes it over, and a unit gets what it is owed at whichever port it stands now. The zero value is ready.
type Estate struct {
	mu    sync.Mutex
	taken bool
	lanes int // benches that share it
	owed  []flows.Resumed
}

// begin begins a bench's run. The first takes over what dead runs left, begins a run that owns it, and buries the dead; the others wait
// until that is done. A bench that is alone is told at once whose run was interrupted.
func (e *Estate) begin(ctx context.Context, b *Bench) (*runJournal, *flows.Resumed, error) {
	e.mu.Lock()
	if e.taken {
		e.mu.Unlock()
		j, err := b.newJournal(ctx, nil, nil)
		return j, nil, err
	}
	defer e.mu.Unlock()
	owed, dead, err := b.recover(ctx)
	if err != nil {
		return nil, nil, err
	}
	var left *flows.Resumed
	if n := len(owed); n > 0 && e.lanes == 1 {
		left, owed = &owed[n-1], owed[:n-1]
	}
	j, err := b.newJournal(ctx, left, owed)
	if err == nil {
		err = b.bury(ctx, dead)
	}
	e.owed, e.taken = owed, err == nil
	return j, left, err
}

// claim gives what is owed to a unit, once.
func (e *Estate) claim(imei cred.IMEI) (flows.Resumed, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := slices.IndexFunc(e.owed, func(o flows.Resumed) bool { return o.IMEI == imei })
	if i < 0 {
		return flows.Resumed{}, false
	}
	o := e.owed[i]
	e.owed = slices.Delete(e.owed, i, i+1)
	return o, true
}

// inherit takes what a bench that has ended still owes to a unit, for the bench that meets it next.
func (e *Estate) inherit(o flows.Resumed) {
	if o.IMEI == 0 || o.Mode == 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.owed = slices.DeleteFunc(e.owed, func(p flows.Resumed) bool { return p.IMEI == o.IMEI })
	e.owed = append(e.owed, o)
}

// heir is the desk, and tells the machine what a unit is owed before it tells who is there.
type heir struct{ *Bench }

// Do performs an effect.
func (h heir) Do(ctx context.Context, e flows.Effect) flows.Event {
	answer := h.desk.Do(ctx, e)
	if who, ok := answer.(flows.Identified); ok {
		if o, ok := h.estate.claim(who.IMEI); ok {
			h.Put(o)
		}
	}
	return answer
}
