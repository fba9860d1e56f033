// Package pace says how fast bytes may be handed to a line so that nothing on the way loses any. It only reckons; the session waits.
package pace

import "time"

// Pace is how far ahead of the line bytes are handed to it. A USB bridge without flow control keeps what it cannot send at once in
// a buffer of its own, and loses what does not fit (SEGGER's, nrf91.md section 5 and peers.md pain 23).
type Pace uint8

// The steps. After bytes were lost the next one is taken.
const (
	Usual   Pace = iota // 128 bytes ahead, at the line's speed; as fast as it takes them where the speed is not known
	Careful             // 32 bytes ahead, at four fifths of the speed
	Slow                // 8 bytes ahead, at half the speed
)

// usualBaud is the speed of every AT host as it is shipped, for lines that do not know theirs once a pace must be kept.
const usualBaud = 115200

// Slower is the next pace. There is none slower than Slow.
func (p Pace) Slower() Pace { return min(p+1, Slow) }

// Rate is how a pace goes on a line of some speed (bits a second, 0 is not known): how many bytes at a time, how many ahead, and what
// each takes. No bytes and no time is no pace at all: as fast as the line takes them.
func (p Pace) Rate(baud int) (piece, ahead int, each time.Duration) {
	if baud == 0 {
		if p == Usual {
			return 0, 0, 0
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
