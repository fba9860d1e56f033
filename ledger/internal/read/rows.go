package read

import (
	"context"
	"database/sql"
	"runtime"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/record"
)

// To decode a record strictly takes longer than all else that a verification does with it, and no record needs another for it. So the rows
// are read in batches, the batches are decoded side by side, and what they say is taken in one after the other, in their order.

// Row is a record as its table has it.
type Row struct {
	ID                              int64
	Body                            string
	Unit, IMEI, Kind, Verdict, Time string
	Claims                          int64 // how many things it binds to its unit
}

// Decoded is a row with what its bytes are. The record's strings are parts of the body: what is kept of them is cloned, or the body stays too.
type Decoded struct {
	Row
	Leaf   tlog.Hash
	Record record.Record
	Err    error // it cannot be decoded
}

// batch is so many rows as are handed over at once.
type batch struct {
	rows []Decoded
	done chan struct{} // closed when they are decoded
}

const batchSize = 64

// Rows reads all records in their order and hands each to take, with what its bytes say.
func Rows(ctx context.Context, tx *sql.Tx, take func(Decoded) error) error {
	wide := runtime.GOMAXPROCS(0)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	// No more than these are in memory at a time.
	ordered, work := make(chan *batch, 4*wide), make(chan *batch, 4*wide)
	var failed error
	go func() {
		defer close(ordered)
		defer close(work)
		failed = batches(ctx, tx, func(b *batch) error {
			for _, to := range []chan *batch{work, ordered} {
				select {
				case to <- b:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	}()
	for range wide {
		go func() {
			for b := range work {
				b.decode()
			}
		}()
	}
	var err error
	for b := range ordered {
		<-b.done
		for i := 0; i < len(b.rows) && err == nil; i++ {
			if err = take(b.rows[i]); err != nil {
				stop()
			}
		}
	}
	if err != nil {
		return err
	}
	return failed
}

func (b *batch) decode() {
	defer close(b.done)
	var body []byte
	for i := range b.rows {
		r := &b.rows[i]
		body = append(body[:0], r.Body...)
		r.Leaf = tlog.RecordHash(body)
		r.Record, r.Err = record.DecodeText(r.Body)
	}
}

// batches reads the rows; what was read before an error is handed over too.
func batches(ctx context.Context, tx *sql.Tx, to func(*batch) error) error {
	fresh := func() *batch { return &batch{rows: make([]Decoded, 0, batchSize), done: make(chan struct{})} }
	b := fresh()
	err := engine.Each(ctx, tx, func(rows *sql.Rows) error {
		var w Decoded
		if err := rows.Scan(&w.ID, &w.Body, &w.Unit, &w.IMEI, &w.Kind, &w.Verdict, &w.Time, &w.Claims); err != nil {
			return err
		}
		if b.rows = append(b.rows, w); len(b.rows) < batchSize {
			return nil
		}
		full := b
		b = fresh()
		return to(full)
	}, `SELECT id, body, unit, imei, kind, verdict, time, claims FROM record ORDER BY id`)
	if len(b.rows) > 0 {
		if last := to(b); err == nil {
			err = last
		}
	}
	return err
}
