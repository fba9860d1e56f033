package desk

import (
	"sync"

	"example.org/sectag/flows"
)

// secrets keeps passphrases behind references until they are used once. Whoever hands one in loses it: the slice is cleared.
type secrets struct {
	mu   sync.Mutex
	next flows.Ref
	kept map[flows.Ref][]byte
}

func (s *secrets) keep(b []byte) flows.Ref {
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

// use hands a secret to f once and clears it afterwards. Reference 0, or one that was used, is no secret: f gets nil.
func (s *secrets) use(r flows.Ref, f func([]byte) error) error {
	s.mu.Lock()
	b := s.kept[r]
	delete(s.kept, r)
	s.mu.Unlock()
	defer clear(b)
	return f(b)
}

// clear forgets every secret that was never used.
func (s *secrets) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r, b := range s.kept {
		clear(b)
		delete(s.kept, r)
	}
}
