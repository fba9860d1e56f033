// Package hold keeps stations apart that write one ledger. A run is one station's, and while a unit is worked on its IMEI is one run's.
// Where the database is shared both are held by the connection that writes, so that the database frees them when a station dies; in a
// file, which has one writer, they are held in its memory. A station whose connection broke gets a new one and takes up what it held, as
// long as nobody else has it by then.
package hold

import (
	"context"
	"fmt"
	"strconv"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
)

// Book is what a writer holds. It is used by one goroutine at a time; the queriers are of the writer's connection.
type Book struct {
	shared  engine.Shared
	session int64                // of the connection that holds it
	runs    map[string]bool      // begun here, or taken over
	lost    map[string]bool      // a commit of theirs broke off, or others have them: nobody goes on with them here
	leases  map[cred.IMEI]string // which run is at work on which unit
}

// New holds nothing. shared is nil where one process writes.
func New(shared engine.Shared) *Book {
	return &Book{shared: shared, runs: map[string]bool{}, lost: map[string]bool{}, leases: map[cred.IMEI]string{}}
}

func runName(run string) string      { return "run " + run }
func imeiName(imei cred.IMEI) string { return "imei " + imei.String() }

// Lease takes a unit's IMEI for a run; ledger.leased says who has it. The unit that the run had before is let go. An empty run is work
// without a journal, of which there may be several at a time.
func (b *Book) Lease(ctx context.Context, q engine.Querier, run string, imei cred.IMEI) error {
	by, taken := b.leases[imei]
	switch {
	case taken && by == run && run != "":
		return nil
	case taken && by == "":
		return leased(imei, "another issue of this process")
	case taken:
		return leased(imei, "run "+by+" of this process")
	}
	if b.shared != nil {
		holder, err := b.shared.Take(ctx, q, imeiName(imei))
		if err != nil {
			return err
		}
		if holder != "" {
			return leased(imei, holder)
		}
	}
	b.release(ctx, q, run)
	b.leases[imei] = run
	return nil
}

func leased(imei cred.IMEI, who string) *cred.Fault {
	return cred.Failed("ledger.leased", fmt.Sprintf("the unit with IMEI %s is being worked on by %s", imei, who),
		"let that one finish, or end it: then the unit is free. Two units with one IMEI: one label or module is wrong")
}

// Release lets go of an IMEI that a run has; of another's it does not.
func (b *Book) Release(ctx context.Context, q engine.Querier, run string, imei cred.IMEI) {
	if by, ok := b.leases[imei]; ok && by == run {
		delete(b.leases, imei)
		b.letGo(ctx, q, imeiName(imei))
	}
}

// release lets go of all that a run has.
func (b *Book) release(ctx context.Context, q engine.Querier, run string) {
	for imei, by := range b.leases {
		if by == run && run != "" {
			b.Release(ctx, q, run, imei)
		}
	}
}

// letGo frees a name. Whether the database heard it does not matter: what is not freed now is when the connection ends.
func (b *Book) letGo(ctx context.Context, q engine.Querier, name string) {
	if b.shared != nil {
		_ = b.shared.Drop(ctx, q, name)
	}
}

// Begin takes a number for a new run, the given one or the next that is free: a station whose beginning failed may still hold it.
func (b *Book) Begin(ctx context.Context, q engine.Querier, id int64) (int64, error) {
	for ; b.shared != nil; id++ {
		holder, err := b.shared.Take(ctx, q, runName(strconv.FormatInt(id, 10)))
		if err != nil {
			return 0, err
		}
		if holder == "" {
			break
		}
	}
	b.runs[strconv.FormatInt(id, 10)] = true
	return id, nil
}

// Ended lets go of a run that is over, or that was not begun after all, and of its unit.
func (b *Book) Ended(ctx context.Context, q engine.Querier, run string) {
	b.release(ctx, q, run)
	if b.runs[run] {
		delete(b.runs, run)
		b.letGo(ctx, q, runName(run))
	}
}

// Turn waits until no other station writes to the log, keeps it so until the transaction is over, and refuses a log that was moved away.
func (b *Book) Turn(ctx context.Context, q engine.Querier) error {
	if b.shared == nil {
		return nil
	}
	var size int64
	if err := q.QueryRowContext(ctx, `SELECT size FROM head WHERE one = 1 FOR UPDATE`).Scan(&size); err != nil {
		return err
	}
	return engine.Stays(ctx, q)
}

// Renewed tells whether the writer has a new connection. Then it takes up what the old one held; what another has by now is lost.
func (b *Book) Renewed(ctx context.Context, q engine.Querier) (bool, error) {
	if b.shared == nil || b.shared.Session() == b.session {
		return false, nil
	}
	for run := range b.runs {
		holder, err := b.shared.Take(ctx, q, runName(run))
		if err != nil {
			return true, err // the next connection tries again
		}
		if holder != "" {
			delete(b.runs, run)
			b.lost[run] = true
		}
	}
	for imei, run := range b.leases {
		holder, err := b.shared.Take(ctx, q, imeiName(imei))
		if err != nil {
			return true, err
		}
		if holder != "" {
			delete(b.leases, imei)
			b.lost[run] = true
		}
	}
	b.session = b.shared.Session()
	return true, nil
}

// Own sees that a run is this writer's before anything is written to it: it holds the run, or takes it because nobody does; then taken is
// true, and the run may have gone on since it was last looked at. mine says that it was begun here.
func (b *Book) Own(ctx context.Context, q engine.Querier, run string, mine bool) (taken bool, err error) {
	switch {
	case b.shared == nil || run == "":
		return false, nil
	case b.lost[run]:
		return false, cred.Failed("ledger.lost", "the connection to the ledger broke while run "+run+" was at work, and nobody goes on with it here", lostHint)
	case b.runs[run]:
		return false, nil
	}
	holder, err := b.shared.Take(ctx, q, runName(run))
	switch {
	case err != nil:
		return false, err
	case holder != "" && mine:
		return false, cred.Failed("ledger.lost", "the connection to the ledger broke, and run "+run+" is held by "+holder+" now", lostHint)
	case holder != "":
		return false, cred.Failed("ledger.leased", "run "+run+" is being worked on by "+holder, "leave it to that station")
	}
	b.runs[run] = true
	return true, nil
}

// Left tells whether nobody is at work on an open run: mine says that it was begun here.
func (b *Book) Left(ctx context.Context, q engine.Querier, run string, mine bool) (bool, error) {
	if b.shared == nil || mine || b.runs[run] {
		return !mine, nil
	}
	holder, err := b.shared.Take(ctx, q, runName(run))
	if err != nil || holder != "" {
		return false, err
	}
	return true, b.shared.Drop(ctx, q, runName(run))
}

// Unsure makes the fault of a commit whose answer never came, where err is of that. Nobody knows whether it was carried out, so nobody
// goes on from it: what is in the ledger tells whoever starts next.
func (b *Book) Unsure(err error, runs []string) error {
	if err == nil || b.shared == nil || !b.shared.Lost(err) {
		return err
	}
	for _, run := range runs {
		if run != "" {
			b.lost[run] = true
			delete(b.runs, run) // it is free for whoever starts next
			for imei, by := range b.leases {
				if by == run {
					delete(b.leases, imei)
				}
			}
		}
	}
	return cred.Because(err, "ledger.lost", "the connection to the ledger broke before the server said that it was written: it may be there", lostHint)
}

const lostHint = "start again: what was acknowledged is kept, and a run that was cut off is taken up; sectag ledger list shows what was recorded"
