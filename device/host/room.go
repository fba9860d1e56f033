package host

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
	"example.org/sectag/device/at/pace"
)

// shortBuffer is the code of a host that takes less of a line than a credential needs.
const shortBuffer = "line.short-buffer"

// leastCertificate is how many bytes a certificate has that sectag would issue, with the shortest names. No unit is given less.
const leastCertificate = 500

// RoomOK tells whether a session's host takes a certificate at all: line.too-long, as of a Zephyr shell whose line nobody made longer.
// What is there to be written may need more. Nothing is sent.
func RoomOK(s *at.Session) error {
	err := s.Check(at.Command{Text: "AT%CMNG=0,0,1", Content: bytes.Repeat([]byte{' '}, leastCertificate)})
	if f := cred.AsFault(err); f != nil {
		return cred.Because(err, f.Code, "no certificate fits, not the shortest: "+f.Text, f.Hint)
	}
	return nil
}

// RoomFor finds out, once a long command came to nothing and short ones are answered, whether the host takes so long a line at all:
// line.short-buffer, if two tries at the slowest pace end at the same character. Whatever is not as clear is no fault: bytes were
// lost then. After a missing answer it comes back by resync.
func RoomFor(ctx context.Context, s *at.Session, cmd at.Command, resync func(context.Context) error) error {
	if _, ok := s.Host().(at.Prompter); ok { // a shell's line was measured
		return nil
	}
	wire, _ := s.Host().Frame(cmd.Text, cmd.Content)
	bare, _ := s.Host().Frame(roomHead, nil)
	need := len(wire) - (len(bare) - len(roomHead)) // without what ends it
	clear(wire)
	usual := s.Pace()
	s.SetPace(pace.Slow)
	defer s.SetPace(usual)
	r := ruler{s: s, resync: resync}
	if got, err := r.takes(ctx, need); err != nil || got != tooShort {
		return err
	}
	most, err := r.most(ctx, need)
	if err != nil || most == 0 {
		return err
	}
	return cred.Failed(shortBuffer, fmt.Sprintf(`the unit's %s takes %d characters of a line, and %s,"<%d bytes>" needs %d`, s.Host().Name(), most, cmd.Text, len(cmd.Content), need),
		"build its firmware with a buffer of 4096 (AT Host: CONFIG_AT_HOST_CMD_MAX_LEN=4096); if it has that, bytes are lost on the way: hardware flow control, or another cable")
}

// ruler measures a line.
type ruler struct {
	s      *at.Session
	resync func(context.Context) error
}

// leastRoom is how many characters every host takes: the questions before were about as long. One that does not take so many back
// takes nothing back, and cannot be measured so.
const leastRoom = 32

// most is how many characters fit, fewer than a number that did not; 0 if that is not clear.
func (r ruler) most(ctx context.Context, not int) (int, error) {
	if got, err := r.takes(ctx, leastRoom); err != nil || got != enough {
		return 0, err
	}
	low, high := leastRoom, not
	for high-low > 1 {
		middle := (low + high) / 2
		switch got, err := r.takes(ctx, middle); {
		case err != nil || got == unclear:
			return 0, err
		case got == enough:
			low = middle
		default:
			high = middle
		}
	}
	for n, want := range map[int]room{low: enough, high: tooShort} {
		if got, err := r.takes(ctx, n); err != nil || got != want {
			return 0, err
		}
	}
	return low, nil
}

// room is what a long line came to.
type room uint8

const (
	unclear room = iota
	enough
	tooShort
)

const (
	roomHead = "AT"
	roomTail = "+CMEE?"
)

var (
	roomEnough = regexp.MustCompile(`(?s)(?:^|[\r\n\x00])\+CMEE: \d\r*\n.*OK\r*\n`)
	roomShort  = regexp.MustCompile(`(?:^|[\r\n\x00])(?:ERROR|\+CME ERROR: \d+)\r*\n`)
)

// takes types a question, more characters, takes these back and types the question's end (nrf91.md, sections 3.2 and 3.3). A host
// that had no place for the last of them has taken back too many: what is left is no command, and the answer is ERROR. Nothing is
// left in its buffer either way.
func (r ruler) takes(ctx context.Context, n int) (room, error) {
	more := max(0, n-len(roomHead))
	text := roomHead + strings.Repeat("x", more) + strings.Repeat("\x7f", more) + roomTail
	wire, _ := r.s.Host().Frame(text, nil)
	heard, err := r.s.Listen(ctx, fmt.Sprintf("AT+CMEE? (behind %d characters that are taken back)", more), wire,
		at.QueryLimit+2*time.Duration(len(wire))*slowest, func(b []byte) bool { return roomEnough.Match(b) || roomShort.Match(b) })
	switch {
	case err != nil:
		return unclear, err
	case roomEnough.Match(heard):
		return enough, nil
	case roomShort.Match(heard):
		return tooShort, nil
	}
	return unclear, r.resync(ctx)
}

// slowest is what a byte takes at the slowest pace of the slowest line that is usual.
const slowest = time.Second / 5760
