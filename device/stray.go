package device

import (
	"context"

	"example.org/sectag/cred"
	"example.org/sectag/device/shelf"
)

// Notice is something that was found about a slot in the middle of a command; Options.Notice is told.
type Notice = shelf.Notice

// Astray looks for what a command on a slot did to others, after it did not end as it should: see shelf.Check. It does nothing where the
// whole store was not listed before (ListTags), or is more than the host can pass on. Fault: store.stray.
func (m *Modem) Astray(ctx context.Context, meant cred.Slot) error {
	return m.shelf.Check(ctx, keeper{m}, meant)
}

// unheard tells whether a command failed because its answer was missing, and the line was brought in step again.
func (m *Modem) unheard(err error) bool {
	return cred.AsFault(err).Code == "line.no-answer" && m.InStep()
}

// damaged tells that a slot lists something else than was sent, before it is deleted: whoever finds it there knows whose it is. What
// another unit lists, which took the place of ours, is nobody's damage.
func (m *Modem) damaged(ctx context.Context, s cred.Slot, item Item, there bool) error {
	if !there {
		return nil
	}
	if err := m.still(ctx); err != nil {
		return err
	}
	return keeper{m}.Notice(ctx, Notice{Slot: s, Now: item.SHA256, What: shelf.Damaged})
}

// keeper is a modem whose store is looked after.
type keeper struct{ m *Modem }

func (k keeper) Still(ctx context.Context) error { return k.m.still(ctx) }

func (k keeper) All(ctx context.Context) ([]Item, error) { return k.m.List(ctx) }

func (k keeper) Erase(ctx context.Context, s cred.Slot) error {
	_, err := k.m.delete(ctx, s)
	return err
}

func (k keeper) Notice(ctx context.Context, n Notice) error {
	if k.m.notice == nil {
		return nil
	}
	return k.m.notice(ctx, n)
}
