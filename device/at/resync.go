package at

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"example.org/sectag/cred"
)

const (
	quiet   = 150 * time.Millisecond // nothing comes any more
	settle  = 2 * time.Second        // a line that never gets quiet is talked over
	unstick = 3                      // unanswered AT before an open quote is suspected
)

// Query is a command that every modem answers with a line that names itself, for Resync.
type Query = Command

// Resync brings the two sides in step again after a missing answer. AT is sent each second until anything comes; then the
// line is drained until it is quiet, and a query whose answer names itself must be answered: a late OK of the command
// that had no answer cannot be taken for its result. After three unanswered AT the host is taken for stuck inside a double
// quote that the line lost, and freed. If all this fails for the time given, the session is over.
// The queries are used in turn and none that answers like the command that was missed, so that a late answer is not taken
// for the next one's.
func (s *Session) Resync(ctx context.Context, within time.Duration, queries ...Query) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.leave()
	s.mu.Lock()
	st, fault, missed := s.state, s.fault, s.missed
	s.mu.Unlock()
	if st == gone {
		return fault
	}
	until := time.Now().Add(within)
	if s.o.Wait != nil {
		s.o.Wait("a sign of the modem", until)
	}
	queries = slices.DeleteFunc(slices.Clone(queries), func(q Query) bool { return q.Answers.Prefix == missed })
	for i, mute := 0, 0; time.Now().Before(until) && len(queries) > 0; {
		heard, err := s.knock(ctx, ProbeLimit)
		switch {
		case err != nil:
			return err
		case !heard:
			if mute++; mute >= unstick {
				err = s.freeQuote(ctx, mute == unstick, 0)
			}
			if err != nil {
				return err
			}
			continue
		}
		ok, err := s.named(ctx, queries[i%len(queries)])
		if err != nil || ok {
			return err
		}
		i++
	}
	return s.giveUp(cred.Because(ErrNoAnswer, "line.no-answer", fmt.Sprintf("the modem stays silent for %v", within),
		"switch the unit off and on, then start again: it is identified and listed first"))
}

// The last two knocks of a Probe are short: a modem that is well answers AT in milliseconds, and three seconds are all that
// a wrong port may cost.
const (
	secondKnock = 300 * time.Millisecond
	lastKnock   = 450*time.Millisecond + (atHostBuffer+3)*perByte // with the bytes that free a quote
)

// Probe finds out, within three seconds, whether an AT host answers. The first AT may end in ERROR (noise stood before it in
// the host's buffer) or get lost. On a port from which nothing at all comes, the host is then taken for stuck inside a double
// quote, as a program that was killed in the middle of a write leaves it, and freed. A failure that is no port.lost is
// ErrNoAnswer: Heard tells what came instead.
func (s *Session) Probe(ctx context.Context, query Query) error {
	for range 2 {
		r, err := s.Do(ctx, Command{Text: "AT", Limit: ProbeLimit})
		if err == nil && r.OK() {
			return nil
		}
		if err != nil {
			if !errors.Is(err, ErrNoAnswer) || s.Err() != nil {
				return err
			}
			return s.probeSilence(ctx, query)
		}
	}
	return s.giveUp(noAnswer("AT", ProbeLimit)) // it answers, but not OK
}

// probeSilence is what Probe does after an AT without any answer.
func (s *Session) probeSilence(ctx context.Context, query Query) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.leave()
	heard, err := s.knock(ctx, secondKnock)
	if err == nil && !heard && s.Stats().BytesIn == 0 {
		until := time.Now().Add(lastKnock)
		if err = s.freeQuote(ctx, true, lastKnock); err == nil {
			heard, err = s.knock(ctx, max(time.Until(until), 50*time.Millisecond))
		}
		if err == nil && !heard {
			err = s.freeQuote(ctx, false, secondKnock) // as it was
		}
	}
	if err == nil && heard {
		heard, err = s.named(ctx, query)
	}
	if err != nil || heard {
		return err
	}
	return s.giveUp(noAnswer("AT", ProbeLimit))
}

// knock sends AT and waits for any result, its own or an earlier command's.
func (s *Session) knock(ctx context.Context, limit time.Duration) (heard bool, err error) {
	wire, _ := s.o.Host.Frame("AT", nil)
	_, err = s.exchange(ctx, newExchange(Command{Text: "AT", Limit: limit}), wire)
	switch {
	case err == nil:
		return true, nil
	case s.Err() != nil || ctx.Err() != nil:
		return false, err
	}
	return false, nil
}

// put sends bytes that are no exchange: what comes back is not sorted.
func (s *Session) put(ctx context.Context, show string, wire []byte, handing time.Duration) error {
	s.emit(true, show)
	x := newExchange(Command{Text: show, Limit: ProbeLimit})
	x.handing = handing
	return s.send(ctx, x, wire)
}

// drain waits until nothing comes any more, and reports whether the line got quiet.
func (s *Session) drain(ctx context.Context) bool {
	end := time.NewTimer(settle)
	defer end.Stop()
	still := time.NewTimer(quiet)
	defer still.Stop()
	for {
		select {
		case <-s.beat:
			still.Reset(quiet)
		case <-still.C:
			return true
		case <-end.C:
			return false
		case <-s.ended:
			return true
		case <-ctx.Done():
			return false
		}
	}
}

// named lets the line get quiet, asks a query and takes only an answer that names itself: then both sides are in step.
func (s *Session) named(ctx context.Context, q Query) (bool, error) {
	s.drain(ctx)
	q.Named = true
	x := newExchange(q)
	wire, _ := s.o.Host.Frame(q.Text, nil)
	r, err := s.exchange(ctx, x, wire)
	if err != nil {
		if s.Err() != nil || ctx.Err() != nil {
			return false, err
		}
		return false, nil
	}
	if !r.OK() {
		return false, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == dirty {
		s.state, s.secret = clean, false
	}
	return true, nil
}

// freeQuote empties the buffer of an AT host that stands inside a double quote, without running what is in it: DEL takes
// back characters but not the quote, so the quote is closed on the empty line and taken back too (sdk-nrf lib/at_host).
// The same on a host that is not stuck opens a quote, therefore it is done in pairs with an AT between. A line that does not
// take the bytes in the time for handing them over is given up; 0 is by their number.
func (s *Session) freeQuote(ctx context.Context, all bool, handing time.Duration) error {
	const del = 0x7f
	wire := []byte{'"', del}
	if all {
		wire = append(bytes.Repeat([]byte{del}, atHostBuffer+1), wire...)
	}
	return s.put(ctx, "(freeing an open quote)", wire, handing)
}
