package search

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/record"
)

// told writes what was found as people know it, where it is much side by side.
func (q *question) told(ctx context.Context, rd engine.Querier) ([]Hit, error) {
	each := len(q.hits)
	if each >= sideBySide {
		each = each/runtime.GOMAXPROCS(0) + 1
	}
	parts := slices.Collect(slices.Chunk(q.hits, max(each, 1)))
	hits, errs := make([][]Hit, len(parts)), make([]error, len(parts))
	var wait sync.WaitGroup
	for i, part := range parts {
		wait.Go(func() { hits[i], errs[i] = q.say(ctx, rd, part) })
	}
	wait.Wait()
	if len(hits) == 1 {
		return hits[0], errs[0]
	}
	return slices.Concat(hits...), errors.Join(errs...)
}

// atOnce is of how many units the texts are made together: one by one they would be millions of small things in memory.
const atOnce = 1024

// say writes a part of it.
func (q *question) say(ctx context.Context, rd engine.Querier, part []found) ([]Hit, error) {
	out := make([]Hit, 0, len(part))
	var text []byte
	var ends []int // of the record and the time of each
	for some := range slices.Chunk(part, atOnce) {
		text, ends = text[:0], ends[:0]
		first := len(out)
		for _, f := range some {
			at, in, err := q.settle(ctx, rd, &f)
			if err != nil {
				return nil, err
			}
			if !in {
				continue
			}
			text = strconv.AppendInt(text, f.record, 10)
			ends = append(ends, len(text))
			text = record.AppendStamp(text, at)
			ends = append(ends, len(text))
			out = append(out, Hit{IMEI: cred.IMEI(f.imei), Newest: f.record == f.newest})
		}
		all, from := string(text), 0
		for i := range out[first:] {
			h, mid, end := &out[first+i], ends[2*i], ends[2*i+1]
			h.Record, h.Time, from = all[from:mid], all[mid:end], end
		}
	}
	return out, nil
}

// settle completes what was found of a unit, and tells whether it is within the time that was asked for. A serial's record is the one that
// names it.
func (q *question) settle(ctx context.Context, rd engine.Querier, f *found) (at time.Time, in bool, err error) {
	if q.by != nil {
		f.record, f.elsewhere = *q.by, true
	}
	if f.elsewhere {
		err = rd.QueryRowContext(ctx, `SELECT imei, time FROM said WHERE trait = $1 AND unit = $2 AND record = $3`,
			q.every, f.unit, f.record).Scan(&f.imei, &f.time)
	}
	at = time.Unix(f.time, 0)
	in = q.by == nil || (q.Since.IsZero() || !at.Before(q.Since)) && (q.Until.IsZero() || !at.After(q.Until))
	return at, in, err
}
