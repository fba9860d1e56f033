package at

import (
	"context"
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
// quote that the line lost, and freed. Where the unit may have another speed, both are tried in turn. If all this fails for the time given, the session is over.
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
		case s.Crashed():
			return s.giveUp(Stopped("AT"))
		case !heard:
			if mute++; mute < unstick { // there and back
				s.swapBaud()
			} else {
				err = s.free(ctx, mute == unstick)
			}
			if mute >= 2*unstick && s.mirrors() {
				err = s.giveUp(mirrored("AT"))
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

// knock sends AT and waits for any result, its own or an earlier command's.
func (s *Session) knock(ctx context.Context, limit time.Duration) (heard bool, err error) {
	wire, _ := s.Host().Frame("AT", nil)
	r, err := s.exchange(ctx, newExchange(Command{Text: "AT", Limit: limit}), wire)
	switch {
	case err == nil && r.Final == Dead:
		return false, s.giveUp(Stopped("AT"))
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

// Settle waits until nothing has come for so long, for at most two seconds.
func (s *Session) Settle(ctx context.Context, still time.Duration) { s.drain(ctx, still, settle) }

// drain waits until nothing has come for so long, but no longer than a line may go on that never gets quiet.
func (s *Session) drain(ctx context.Context, quiet, most time.Duration) {
	end := time.NewTimer(most)
	defer end.Stop()
	still := time.NewTimer(quiet)
	defer still.Stop()
	for {
		select {
		case <-s.beat:
			still.Reset(quiet)
		case <-still.C:
			return
		case <-end.C:
			return
		case <-s.ended:
			return
		case <-ctx.Done():
			return
		}
	}
}

// named lets the line get quiet, asks a query and takes only an answer that names itself: then both sides are in step.
func (s *Session) named(ctx context.Context, q Query) (bool, error) {
	s.drain(ctx, quiet, settle)
	q.Named = true
	x := newExchange(q)
	wire, _ := s.Host().Frame(q.Text, nil)
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

// free brings the host out of the middle of a command that the line damaged. It is done in pairs with an AT between.
func (s *Session) free(ctx context.Context, all bool) error {
	return s.put(ctx, "(freeing an open quote)", s.Host().Free(all), 0)
}
