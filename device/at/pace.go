package at

import (
	"errors"
	"time"

	"example.org/sectag/device/at/pace"
)

// Clocked is an ability of lines that know how fast they carry bytes: bits a second, ten to the byte. 0 is not known.
type Clocked interface{ Baud() int }

// Immediate is an ability of lines that carry what they are given at once, whatever speed they are set to: pseudo-terminals.
type Immediate interface{ Immediate() bool }

// SetPace changes how fast bytes are handed over, from the next command on.
func (s *Session) SetPace(p pace.Pace) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pace = p
}

// Pace is how fast bytes are handed over.
func (s *Session) Pace() pace.Pace {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pace
}

// rate is how the next command goes: how many bytes at a time, how many ahead of the line, and what each takes. A line that carries all
// at once needs no pace before bytes were lost on it.
func (s *Session) rate() (piece, ahead int, each time.Duration) {
	p, baud := s.Pace(), s.Baud()
	if l, ok := s.line.(Immediate); ok && l.Immediate() && p == pace.Usual {
		baud = 0
	}
	if piece, ahead, each = p.Rate(baud); piece == 0 {
		piece = chunk
	}
	return piece, ahead, each
}

// Baud is the speed of the line, 0 where it is not known.
func (s *Session) Baud() int {
	if c, ok := s.line.(Clocked); ok {
		return c.Baud()
	}
	return 0
}

// SetBaud changes the speed of this end of the line. other is the speed that the other end has if it was switched off and on
// meanwhile, or never followed: Resync tries both; 0 is none. A line that cannot change is errors.ErrUnsupported.
func (s *Session) SetBaud(baud, other int) error {
	l, ok := s.line.(interface{ SetBaud(int) error })
	if !ok {
		return errors.ErrUnsupported
	}
	if err := l.SetBaud(baud); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.other = other
	return nil
}

// swapBaud goes to the other speed that the unit may have.
func (s *Session) swapBaud() {
	s.mu.Lock()
	other := s.other
	s.mu.Unlock()
	if now := s.Baud(); other != 0 {
		_ = s.SetBaud(other, now)
	}
}

// wait holds a piece of n bytes back until the line has room for it. busy is when the line will have carried all that it was
// given so far; the new one is returned.
func (s *Session) wait(busy time.Time, n, ahead int, each time.Duration) time.Time {
	if each == 0 {
		return busy
	}
	now := time.Now()
	if busy.Before(now) {
		busy = now
	}
	busy = busy.Add(time.Duration(n) * each)
	if early := busy.Add(-time.Duration(ahead) * each).Sub(now); early > 0 {
		t := time.NewTimer(early)
		defer t.Stop()
		select {
		case <-t.C:
		case <-s.ended:
		}
	}
	return busy
}
