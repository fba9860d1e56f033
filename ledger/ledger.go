// Package ledger keeps what was done to which unit, so that it can be shown ten years later. Three things live in it:
//
//   - the journal: what a run did, line by line, written before it is done (Begin, AppendEvent, AppendFirm, End). After a crash
//     Unfinished finds what was left open.
//   - the records: one a unit and run, final, in a Merkle log (Record). Verify works everything out again from the records'
//     bytes and says which one was changed, dropped or moved; Prove shows that one record is in the log.
//   - the bindings: which unit an IMEI, a name, a public key, a PSK digest or a certificate serial belongs to. Check refuses
//     what is another unit's before anything is signed, and Record refuses it again in its transaction.
//
// Read ledger.go, then journal.go, append.go, commit.go and query.go; package record says what is in a record, package seal what a
// checkpoint is, internal/audit how it is all worked out again. A Store writes; of a SQLite file there is one at a time, of a PostgreSQL
// database as many as there are stations, and internal/hold keeps them apart. A Reader only reads and may be open beside them. internal/engine
// and internal/postgres are all that differs between the two. No secret is ever stored: see docs/ledger.md.
package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/address"
	"example.org/sectag/ledger/internal/audit"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/internal/hold"
	"example.org/sectag/ledger/internal/search"
	"example.org/sectag/ledger/internal/tree"
	"example.org/sectag/ledger/internal/turn"
	"example.org/sectag/ledger/seal"
)

// Reader answers questions about a ledger. It may be used by many goroutines, and beside a Store of another process.
type Reader struct {
	db     engine.Engine
	pools  engine.Pools
	rd     engine.Querier
	origin string
}

// Store writes a ledger, and is a Reader of it. It may be used by many goroutines.
type Store struct {
	*Reader
	queue turn.Queue[*act] // what waits to be written

	mu      sync.Mutex
	rides   *engine.Statements
	firms   *engine.Statements
	commits int              // so often was what waited written
	tails   []runTail        // room for what one of several acts would have to put back
	runs    map[string]*tail // as the database has them; emptied whenever a transaction fails
	mine    map[string]bool  // begun here: Unfinished leaves them out
	traits  engine.Numbers   // as the database has them; emptied likewise
	loose   map[string]bool  // runs with lines that ride: they may not be on the disk
	signer  *seal.Signer     // nil: states of the log are not signed
	grew    string           // when the newest record of this transaction was written
	holds   *hold.Book       // what other stations must leave alone
}

// Open opens a ledger for writing and makes it if it is not there. url is "sqlite:FILE" or "postgres://…". The faults are ledger.busy
// (another process writes a file; the text names its pid), ledger.moved, ledger.broken, ledger.newer, config.file and config.value, and of a
// server ledger.gone and ledger.denied.
func Open(ctx context.Context, url string) (*Store, error) { return OpenAs(ctx, url, "") }

// OpenAs is Open for a station that other stations of the same ledger will be told of by its name.
func OpenAs(ctx context.Context, url, station string) (*Store, error) {
	e, name, err := address.Engine(url, false, station)
	if err != nil {
		return nil, err
	}
	return opened(ctx, e, name)
}

// OpenMemory makes a ledger that is in memory only and gone when it is closed, for tests that need many: it does all that another
// does, and nothing of it survives the process.
func OpenMemory(ctx context.Context) (*Store, error) {
	return opened(ctx, engine.Memory(), "in memory")
}

// Disown leaves the runs that were begun here, as if their process had died: Unfinished finds those that are open. A ledger in memory
// cannot be opened again; after this it is what a start of another process would find. Nothing may be at work on it.
func (s *Store) Disown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.mine)
	s.forget()
	clear(s.loose)
	s.holds = hold.New(s.pools.Shared)
}

func opened(ctx context.Context, e engine.Engine, name string) (*Store, error) {
	r, err := open(ctx, e, name)
	if err != nil {
		return nil, err
	}
	s := &Store{Reader: r, runs: map[string]*tail{}, traits: engine.Numbers{}, mine: map[string]bool{}, loose: map[string]bool{}, holds: hold.New(r.pools.Shared)}
	s.firms = engine.NewStatements(r.pools.Firm)
	if s.rides = s.firms; r.pools.Ride != r.pools.Firm {
		s.rides = engine.NewStatements(r.pools.Ride)
	}
	if err := s.settled(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// OpenReader opens an existing ledger for reading. It takes no lock and changes nothing.
func OpenReader(ctx context.Context, url string) (*Reader, error) {
	e, name, err := address.Engine(url, true, "")
	if err != nil {
		return nil, err
	}
	return open(ctx, e, name)
}

func open(ctx context.Context, e engine.Engine, name string) (*Reader, error) {
	p, err := e.Open(ctx)
	if err != nil {
		return nil, err
	}
	r := &Reader{db: e, pools: p, rd: engine.NewReads(p.Read)}
	err = r.rd.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'origin'`).Scan(&r.origin)
	if err == sql.ErrNoRows {
		err = engine.Broken(err, "the ledger has lost its name")
	}
	if err != nil {
		_ = r.Close()
		return nil, engine.Told(e, err, "open the ledger "+name)
	}
	return r, nil
}

// Close ends the work; lines that were not synced are handed to the disk by the way. The Store's lock is given back.
func (r *Reader) Close() error { return engine.Told(r.db, r.pools.Close(), "close the ledger") }

// Origin is the ledger's own name, the first line of its checkpoints.
func (r *Reader) Origin() string { return r.origin }

// Head is the state of the log as the ledger keeps it; Verify tells whether it is true. Its String is the checkpoint to keep.
func (r *Reader) Head(ctx context.Context) (seal.Checkpoint, error) {
	c, err := engine.Head(ctx, r.rd, r.origin)
	return c, engine.Told(r.db, err, "read the head of the log")
}

// settled sees that the log can be gone on with: it was not moved away, and its head fits its hashes and its last record, at one moment.
// Damage elsewhere is Verify's.
func (s *Store) settled(ctx context.Context) error {
	tx, err := engine.Snapshot(ctx, s.pools.Read)
	if err != nil {
		return engine.Told(s.db, err, "open the ledger")
	}
	defer tx.Rollback() // it only read
	return engine.Told(s.db, tree.Fits(ctx, tx, s.origin), "open the ledger")
}

// Prove makes the proof that record id is in the log of the first size records; tlog.CheckRecord checks it against a root.
func (r *Reader) Prove(ctx context.Context, size, id int64) (tlog.RecordProof, error) {
	c, err := r.Head(ctx)
	if err != nil {
		return nil, err
	}
	if size > c.Size || id < 0 || id >= size {
		return nil, cred.Failed("ledger.no-record",
			fmt.Sprintf("the first %d records of the ledger, which has %d, hold no record %d", size, c.Size, id),
			"sectag ledger list shows the records")
	}
	p, err := tlog.ProveRecord(size, id, tree.Hashes(ctx, r.rd))
	return p, engine.Told(r.db, err, "prove a record")
}

// Report is what Verify found.
type Report = audit.Report

// Verify works everything in the ledger out again from the records' bytes and the journal's lines, and compares. With a
// checkpoint that was kept elsewhere it also finds a log that was cut short or written anew as a whole. Damage is in the
// report; an error means that the looking itself was ended.
func (r *Reader) Verify(ctx context.Context, kept *seal.Checkpoint) (Report, error) {
	return r.VerifySigned(ctx, kept, nil)
}

// VerifySigned is Verify with the ledger's public key, which kept was opened with (seal.Public.Open): the signed states that the ledger
// keeps itself are held against it and the log too, and a log of which no state is signed is a finding.
func (r *Reader) VerifySigned(ctx context.Context, kept *seal.Checkpoint, pub *seal.Public) (Report, error) {
	return audit.Verify(ctx, r.db, r.pools.Read, r.origin, audit.Trust{Kept: kept, Public: pub})
}

// Uniqueness is what Unique found.
type Uniqueness = audit.Uniqueness

// Unique looks through the whole history for an IMEI, a name, a public key, a PSK digest or a certificate serial that is on two units,
// from the records' bytes and not from what the writer asked; and for a key that one unit was given twice. What it found is in the
// report; an error means that the looking itself was ended.
func (r *Reader) Unique(ctx context.Context) (Uniqueness, error) {
	return audit.Unique(ctx, r.db, r.pools.Read, r.origin)
}

// Affected names what units may have in common, Trait one such thing, Hit one unit that has it all.
type (
	Affected = search.Affected
	Trait    = search.Trait
	Hit      = search.Hit
)

// Affected lists the units of which all that is named is so, each once, and what of it no record ever said. A ledger of an older sectag has
// no index for it: ledger.older.
func (r *Reader) Affected(ctx context.Context, want Affected) (hits []Hit, unheard []Trait, err error) {
	return search.Units(ctx, r.db, r.rd, want)
}
