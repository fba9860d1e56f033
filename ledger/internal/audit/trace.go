package audit

import (
	"hash/maphash"

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
