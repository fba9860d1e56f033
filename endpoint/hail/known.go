package hail

import (
	"context"
	"time"
)

// Politeness: a probe is a guest. A whole one of a server that has everything takes some thirty sessions of three datagrams.
const (
	MaxPackets = 200                   // that one probe sends to one address, whatever is still to be found out
	near       = 5 * time.Millisecond  // the way to a server in the same house, and back
	pace       = 10 * time.Millisecond // from the beginning of a session to that of the next, at least
)

// Known is what is known of the server at one address, over UDP or TCP, from the sessions with it until now.
type Known struct {
	Packets int           // that we sent, in all sessions; over TCP what was written at once is one
	Met     bool          // it has answered in DTLS, or TLS
	RTT     time.Duration // to its first answer; 0 before
	Lossy   bool          // a flight came only when the hello was said again
	Slowest time.Duration // the longest that it took from a hello to its first answer, the end of its flight or its refusal

	next time.Time
}

// Knows is what is known.
func (k *Known) Knows() *Known { return k }

// Near tells whether the road is so short, and so good until now, that what gets no answer was not lost.
func (k *Known) Near() bool { return k.Met && k.RTT < near && !k.Lossy }

// Spent tells whether no more may be sent.
func (k *Known) Spent() bool { return k.Packets >= MaxPackets }

// Begin waits until the next session may begin. False means that none may, or that ctx ended first.
func (k *Known) Begin(ctx context.Context) bool {
	if k.Spent() || !pause(ctx, time.Until(k.next)) {
		return false
	}
	k.next = time.Now().Add(pace)
	return true
}

// pause waits; false means that ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
