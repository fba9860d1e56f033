package bench

import (
	"context"
	"fmt"

	"example.org/sectag/flows"
)

// Doer performs one effect and answers with an event that echoes its ID. It never returns an error: a failure is an event too.
type Doer interface {
	Do(context.Context, flows.Effect) flows.Event
}

// Journal takes every event before its effects start. With sync everything up to this event must be on the disk when it returns.
type Journal interface {
	Append(ctx context.Context, e flows.Event, sync bool) error
}

// Run owns the machine until it is told to stop: it returns when ctx is done and no effect is in flight, or when the journal
// fails. Ending ctx makes a flows.Cancel of it, so that the device effect in flight is answered and what was changed is put back;
// effects themselves run under work, which the caller ends only to give up hope. see is called in Run's goroutine after each event,
// before its effects start.
func Run[M flows.Machine[M]](ctx, work context.Context, m M, j Journal, d Doer, in *Mailbox, see func(flows.Shot[M])) (M, error) {
	flying := 0
	done := ctx.Done()
	for {
		select {
		case <-done:
			done = nil
			in.Put(flows.Cancel{})
		case <-in.Ready():
		}
		for {
			l, ok := in.take()
			if !ok {
				break
			}
			if l.answer {
				flying--
			}
			e := l.event
			next, do, ignored := m.Step(e)
			if err := j.Append(work, e, l.told != nil || changesWorld(e, do)); err != nil {
				err = fmt.Errorf("writing the journal: %w", err)
				see(flows.Shot[M]{Machine: m, Event: e, Ignored: ignored, Err: err})
				l.over(err)
				return m, drain(in, flying, err)
			}
			m = next
			see(flows.Shot[M]{Machine: m, Event: e, Ignored: ignored})
			l.over(nil)
			for _, effect := range do {
				flying++
				go func() { in.answer(d.Do(work, effect)) }()
			}
		}
		if ctx.Err() != nil && done == nil && flying == 0 && in.empty() {
			return m, context.Cause(ctx)
		}
	}
}

// drain waits for the answers of the effects in flight, so that nobody works on a modem whose journal is gone.
func drain(in *Mailbox, flying int, err error) error {
	for flying > 0 {
		<-in.Ready()
		for {
			l, ok := in.take()
			if !ok {
				break
			}
			l.over(err)
			if l.answer {
				flying--
			}
		}
	}
	return err
}

// changesWorld tells whether the journal must be on the disk before these effects start. Reserving a serial is durable by itself,
// so Prepare and Certify ride; and a write into a slot rides whose deletion is on the disk: what could be lost is lost. So does ReadSlot,
// which may delete and write again: before each time it tells what it found (flows.Noticed), and waits until that is on the disk. A key that the modem makes does not ride: only the journal knows that what the slot lists then is the
// unit's own.
func changesWorld(why flows.Event, do []flows.Effect) bool {
	for _, e := range do {
		switch e.(type) {
		case flows.Delete, flows.MakeKey, flows.RestoreMode, flows.CreateAuthority, flows.WriteRecord:
			return true
		case flows.Write:
			if _, rides := why.(flows.Deleted); !rides {
				return true
			}
		case flows.TakeOffline:
			if id, ok := why.(flows.Identified); !ok || flows.Active(id.Mode) {
				return true
			}
		}
	}
	return false
}
