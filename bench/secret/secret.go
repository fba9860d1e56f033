// Package secret keeps passphrases behind references, so that events, which are journaled, can name one without holding it.
package secret

import (
	"sync"

	"example.org/sectag/flows"
)

// Keeper keeps passphrases behind references until they are used once. Whoever hands one in loses it: the slice is cleared.
type Keeper struct {
	mu   sync.Mutex
	next flows.Ref
	kept map[flows.Ref][]byte
}

// Keep takes a secret and gives a reference to it.
func (s *Keeper) Keep(b []byte) flows.Ref {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = map[flows.Ref][]byte{}
	}
	s.next++
	s.kept[s.next] = append([]byte(nil), b...)
	clear(b)
	return s.next
}

// Use hands a secret to f once and clears it afterwards. Reference 0, or one that was used, is no secret: f gets nil.
func (s *Keeper) Use(r flows.Ref, f func([]byte) error) error {
	s.mu.Lock()
	b := s.kept[r]
	delete(s.kept, r)
	s.mu.Unlock()
	defer clear(b)
	return f(b)
}

// Clear forgets every secret that was never used.
func (s *Keeper) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r, b := range s.kept {
		clear(b)
		delete(s.kept, r)
	}
}
