package at

import (
	"errors"
	"time"
)

// Clocked is an ability of lines that know how fast they carry bytes: bits a second, ten to the byte. 0 is not known.
type Clocked interface{ Baud() int }

// Pace is how far ahead of the line bytes are handed to it. A USB bridge without flow control keeps what it cannot send at once in
// a buffer of its own, and loses what does not fit (SEGGER's, nrf91.md section 5 and peers.md pain 23).
type Pace uint8

// The steps. After bytes were lost the next one is taken.
const (
	Usual    Pace = iota // 128 bytes ahead, at the line's speed; as fast as it takes them where the speed is not known
	Careful              // 32 bytes ahead, at four fifths of the speed
	Slow                 // 8 bytes ahead, at half the speed
	paceEnds             // there is none slower
)

// usualBaud is the speed of every AT host as it is shipped, for lines that do not know theirs once a pace must be kept.
const usualBaud = 115200

// rate is how a pace goes on a line of some speed: how many bytes at a time, how many ahead, and what each takes. One of 0 bytes
// is no pace at all.
func (p Pace) rate(baud int) (piece, ahead int, each time.Duration) {
	if baud == 0 {
		if p == Usual {
			return chunk, 0, 0
		}
		baud = usualBaud
	}
	each = 10 * time.Second / time.Duration(baud)
	switch p {
	case Usual:
		return 64, 128, each
	case Careful:
		return 16, 32, each * 5 / 4
	}
	return 4, 8, each * 2
}

// SetPace changes how fast bytes are handed over, from the next command on. Slower than Slow it does not go.
func (s *Session) SetPace(p Pace) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pace = min(p, paceEnds-1)
}

// Pace is how fast bytes are handed over.
func (s *Session) Pace() Pace {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pace
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
