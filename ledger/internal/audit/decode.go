package audit

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

// row is a record as its table has it.
type row struct {
	id                              int64
	body                            string
	unit, imei, kind, verdict, time string
	claims                          int64
}

// read is a row with what its bytes are. The record's strings are parts of the body: what is kept of them is cloned, or the body stays too.
type read struct {
	row
	leaf tlog.Hash
	rec  record.Record
	err  error // it cannot be decoded
}

// batch is so many rows as are handed over at once.
type batch struct {
	rows []read
	done chan struct{} // closed when they are decoded
}

const batchSize = 64

// records reads all records in their order and hands each to take, with what its bytes say.
func records(ctx context.Context, tx *sql.Tx, take func(read) error) error {
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
		body = append(body[:0], r.body...)
		r.leaf = tlog.RecordHash(body)
		r.rec, r.err = record.DecodeText(r.body)
	}
}

// batches reads the rows; what was read before an error is handed over too.
func batches(ctx context.Context, tx *sql.Tx, to func(*batch) error) error {
	fresh := func() *batch { return &batch{rows: make([]read, 0, batchSize), done: make(chan struct{})} }
	b := fresh()
	err := engine.Each(ctx, tx, func(rows *sql.Rows) error {
		var w read
		if err := rows.Scan(&w.id, &w.body, &w.unit, &w.imei, &w.kind, &w.verdict, &w.time, &w.claims); err != nil {
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
