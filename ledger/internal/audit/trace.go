package audit

import (
	"hash/maphash"
	"slices"

	"example.org/sectag/ledger/record"
)

// A million units have millions of names, keys and rows, and a verification must fit into the memory of a bench's computer. So of what only has
// to be compared it keeps hashes, under keys that were drawn for this one look: nobody could know them when the ledger was written, so two
// values with the same hash are not to be had.

// keys are the keys of one look.
type keys [2]maphash.Seed

func newKeys() keys { return keys{maphash.MakeSeed(), maphash.MakeSeed()} }

// trace is what is kept of a value.
type trace [2]uint64

func (k keys) name(s string) trace { return trace{maphash.String(k[0], s), maphash.String(k[1], s)} }

func (k keys) binding(b record.Binding) trace {
	return trace{maphash.Comparable(k[0], b), maphash.Comparable(k[1], b)}
}

func (k keys) said(s said) trace {
	return trace{maphash.Comparable(k[0], s), maphash.Comparable(k[1], s)}
}

// index finds units by something that is nearly always of one alone.
type index[K comparable] struct {
	one  map[K]trace
	more map[K][]trace
}

func newIndex[K comparable]() index[K] {
	return index[K]{one: map[K]trace{}, more: map[K][]trace{}}
}

func (x index[K]) add(k K, unit trace) {
	if first, taken := x.one[k]; !taken {
		x.one[k] = unit
	} else if first != unit && !slices.Contains(x.more[k], unit) {
		x.more[k] = append(x.more[k], unit)
	}
}

// of are the units in the order in which they came.
func (x index[K]) of(k K) []trace {
	first, ok := x.one[k]
	if !ok {
		return nil
	}
	return append([]trace{first}, x.more[k]...)
}
