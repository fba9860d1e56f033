package evidence

import (
	"crypto/sha256"
	"hash"
	"sync"

	"example.org/sectag/cred"
)

// Transcript is the digest of what was said on a unit's line, masked: each line as "> " or "< ", its text and a line end. It is
// what sectag -v prints, without the times. The zero value is ready; it may be used by several goroutines.
type Transcript struct {
	mu sync.Mutex
	h  hash.Hash
}

// Add takes a line; out is one that was sent to the modem.
func (t *Transcript) Add(out bool, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.h == nil {
		t.h = sha256.New()
	}
	way := "< "
	if out {
		way = "> "
	}
	t.h.Write([]byte(way + text + "\n"))
}

// Sum is the digest of all lines since Reset; zero when nothing was said.
func (t *Transcript) Sum() cred.Digest {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.h == nil {
		return cred.Digest{}
	}
	return cred.Digest(t.h.Sum(nil))
}

// Reset begins anew, with another unit.
func (t *Transcript) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.h = nil
}
