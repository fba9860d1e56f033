package at

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/at/mask"
	"example.org/sectag/device/at/split"
	"example.org/sectag/device/at/urc"
)

const (
	chunk     = 256                    // bytes in one Write where no pace is kept: what can be in flight when the line is closed
	patience  = 250 * time.Millisecond // on top of a limit, but no more than a tenth: what an answer may spend in drivers and hubs
	perByte   = 150 * time.Microsecond // what a byte may spend on its way at 115200 baud, with half as much again to spare
	slowWrite = 2 * time.Millisecond   // per byte, for handing a command over: 4800 baud
	sayAfter  = 2 * time.Second        // a person is told what is waited for
)

// exchange sends one command and waits. Whoever calls it holds the turn.
func (s *Session) exchange(ctx context.Context, x *exchange, wire []byte) (Reply, error) {
	show := s.learn(x.cmd)
	s.mu.Lock()
	if s.state == gone {
		defer s.mu.Unlock()
		return Reply{}, s.fault
	}
	if _, ok := s.host.(Prompter); ok {
		x.echo = bytes.TrimRight(bytes.Clone(wire), "\r\n")
		defer clear(x.echo[:cap(x.echo)])
	}
	s.ex = x
	s.mu.Unlock()
	if x.echo != nil && len(wire) > keeps {
		s.Calm(ctx)
	}
	s.emit(true, show)
	began := time.Now()
	err := s.send(ctx, x, wire)
	if err == nil {
		err = s.await(ctx, x, began, len(wire))
	}
	s.mu.Lock()
	s.ex, x.echo = nil, nil
	ended := x.ended
	if err != nil && !ended && s.state == clean {
		s.state, s.missed = dirty, x.cmd.Answers.Prefix
	}
	if ended {
		s.secret = false
		x.reply.Crashed = x.reply.Final == Dead || x.reply.Final == Error && s.crash
	}
	s.mu.Unlock()
	if ended {
		<-x.done
		s.ready(ctx)
		x.reply.Took = time.Since(began)
		return x.reply, nil
	}
	return x.reply, err
}

// await waits for the result of a command that was sent.
func (s *Session) await(ctx context.Context, x *exchange, began time.Time, size int) error {
	limit := x.cmd.Limit
	if limit == 0 {
		limit = QueryLimit
	}
	until := time.Now().Add(limit + min(patience, limit/10) + time.Duration(size)*perByte)
	end := time.NewTimer(time.Until(until))
	defer end.Stop()
	late := time.NewTimer(time.Until(began.Add(sayAfter)))
	defer late.Stop()
	bare := x.bare
	if x.cmd.Doubt == 0 {
		bare = nil
	}
	back := time.NewTimer(limit)
	defer back.Stop()
	for {
		select {
		case <-x.done:
			return nil
		case <-bare:
			bare = nil
			if doubt := time.Now().Add(x.cmd.Doubt); doubt.Before(until) {
				until = doubt
				end.Reset(x.cmd.Doubt)
			}
		case <-s.ended:
			return s.Err()
		case <-late.C:
			s.say(x.cmd, until)
		case <-s.beat:
			back.Reset(promptQuiet)
		case <-back.C:
			if s.idle(x) {
				return cred.Because(ErrNoAnswer, "line.no-answer", "the shell gives no result of "+mask.Command(x.cmd.Text),
					"start again: the unit is identified and listed first; if it stays so switch the unit off and on")
			}
		case <-end.C:
			err := s.silence(x, limit)
			if x.cmd.Doubt > 0 && bare == nil {
				err.Err = errors.Join(err.Err, ErrNameless)
			}
			return err
		case <-ctx.Done():
			return stopped(ctx, mask.Command(x.cmd.Text))
		}
	}
}

func (s *Session) say(cmd Command, until time.Time) {
	if s.o.Wait != nil {
		s.o.Wait("the answer to "+mask.Command(cmd.Text), until)
	}
}

// send hands the bytes to the line, from a goroutine of its own because a Write may block for ever: a serial port whose
// flow control says stop takes nothing. A line that does not take a command in time is given up.
func (s *Session) send(ctx context.Context, x *exchange, wire []byte) error {
	mine := append([]byte(nil), wire...) // the caller clears its own when we give up
	steps := make(chan int, len(wire)/4+1)
	wrote := make(chan error, 1)
	go func() { wrote <- s.write(x, mine, steps) }()
	limit := x.cmd.Limit
	if limit == 0 {
		limit = QueryLimit
	}
	limit += time.Duration(len(wire)) * slowWrite
	if x.handing > 0 {
		limit = x.handing
	}
	end := time.NewTimer(limit)
	defer end.Stop()
	done := ctx.Done()
	for {
		select {
		case n := <-steps:
			if x.cmd.Progress != nil {
				x.cmd.Progress(n, len(wire))
			}
		case err := <-wrote:
			return s.written(x, err, steps, len(wire))
		case <-end.C:
			return s.giveUp(cred.Because(errors.Join(ErrNoAnswer, ErrStuck), "line.no-answer", "the port takes no bytes",
				"check the wiring of RTS and CTS, or build the firmware without hardware flow control: the other side stops us; else choose the board's first port"))
		case <-done: // half a command must not stay behind: its open quote would block the host
			done = nil
			end.Reset(time.Second)
		}
	}
}

// written tells the last progress and turns a failed Write into the end of the session.
func (s *Session) written(x *exchange, err error, steps chan int, total int) error {
	for x.cmd.Progress != nil && len(steps) > 0 {
		x.cmd.Progress(<-steps, total)
	}
	if err != nil {
		return s.giveUp(Lost(err))
	}
	return nil
}

// write is the only place that writes to the line.
func (s *Session) write(x *exchange, wire []byte, steps chan<- int) error {
	defer clear(wire)
	piece, ahead, each := s.rate()
	for sent := 0; sent < len(wire); {
		part := wire[sent:min(sent+piece, len(wire))]
		s.busy = s.wait(s.busy, len(part), ahead, each)
		s.mu.Lock()
		if s.state == gone || s.closing {
			s.mu.Unlock()
			return ErrLost
		}
		if s.stats.First.IsZero() {
			s.stats.First = s.o.Now()
		}
		if sent+len(part) == len(wire) && x != nil {
			x.under = true
		}
		s.mu.Unlock()
		n, err := s.line.Write(part)
		if err == nil && n == 0 {
			err = io.ErrShortWrite
		}
		s.mu.Lock()
		s.stats.BytesOut += int64(n)
		s.mu.Unlock()
		if err != nil {
			return fmt.Errorf("writing to the line: %w", err)
		}
		sent += n
		select {
		case steps <- sent:
		default: // nobody counts any more
		}
	}
	return nil
}

// giveUp ends the session for the reason given; an earlier reason stays.
func (s *Session) giveUp(why error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != gone {
		s.state, s.fault = gone, why
	}
	return s.fault
}

// read is the only place that reads from the line.
func (s *Session) read() {
	defer close(s.ended)
	buf := make([]byte, 4096)
	for {
		n, err := s.line.Read(buf)
		if n > 0 {
			s.absorb(buf[:n])
		}
		if err != nil {
			s.giveUp(Lost(err))
			return
		}
	}
}

// heardLine is one line with what it turned out to be, ready to be shown.
type heardLine struct {
	text        string
	unsolicited bool
}

// absorb sorts what came in. What is shown is shown before the exchange is told that it has ended, so that a transcript
// has the answer before the next command.
func (s *Session) absorb(b []byte) {
	var lines []heardLine
	s.mu.Lock()
	s.stats.BytesIn += int64(len(b))
	s.stats.Last = s.o.Now()
	if room := 512 - len(s.heard); room > 0 {
		s.heard = append(s.heard, b[:min(room, len(b))]...)
	}
	if s.tap != nil {
		*s.tap = append(*s.tap, b[:min(len(b), max(0, split.Max-len(*s.tap)))]...)
	}
	x, before := s.ex, s.ex != nil && s.ex.ended
	s.split.Feed(b, func(line string) { lines = append(lines, s.sort(line)...) })
	if p, ok := s.host.(Prompter); ok {
		s.prompt = p.Prompted(s.split.Rest())
	}
	s.mu.Unlock()
	for _, l := range lines {
		s.emit(false, l.text)
		if l.unsolicited && s.o.URC != nil {
			s.o.URC(l.text)
		}
	}
	if x != nil && x.ended && !before {
		close(x.done)
	}
	select {
	case s.beat <- struct{}{}:
	default:
	}
}

// sort gives a line to the exchange under way, or takes it for unsolicited.
func (s *Session) sort(line string) []heardLine {
	if s.ex != nil {
		s.ex.lines++
	}
	if c, ok := s.host.(Cleaner); ok {
		keep := false
		if line, keep = c.Clean(line); !keep {
			return nil
		}
	}
	s.news(line)
	if s.ex == nil || s.ex.ended {
		if line == "" {
			return nil
		}
		c := strange
		if urc.Is(line) {
			c = unsolicited
		}
		return []heardLine{{s.filter.Show(line, c.sort(), s.secret), true}}
	}
	c, text, aside := s.ex.take(line)
	if c == answer && len(s.ex.reply.Shown) < maxLines {
		s.ex.reply.Shown = append(s.ex.reply.Shown, s.filter.Show(text, c.sort(), s.secret))
	}
	var out []heardLine
	if aside != "" {
		out = append(out, heardLine{s.filter.Show(aside, mask.News, s.secret), true})
	}
	if c == blank || c == held || c == echo && s.ex.echo != nil {
		return out
	}
	// What a shell or an echo cuts out of a secret can be too short to be known again.
	hidden := s.secret || s.ex.cmd.Secret && c == strange
	return append(out, heardLine{s.filter.Show(text, c.sort(), hidden), c == unsolicited || c == strange})
}

func noAnswer(what string, limit time.Duration) *cred.Fault {
	return cred.Because(ErrNoAnswer, "line.no-answer", fmt.Sprintf("no answer to %s within %v", what, limit),
		"check that the unit has power and the cable sits, then start again: the unit is identified and listed first")
}

// stopped is the end of a context: its deadline is a missing answer like any other, its cancellation a person's wish.
func stopped(ctx context.Context, what string) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return cred.Because(errors.Join(ErrNoAnswer, ctx.Err()), "line.no-answer", "no answer to "+what+" in the time given",
			"give more time with --timeout, or check power and cable")
	}
	return cred.Because(errors.Join(ErrCancelled, ctx.Err()), "line.stopped", "stopped while waiting for "+what,
		"start again: the unit is identified and listed first")
}

// Lost is the fault of a line that ended under us.
func Lost(err error) error {
	return cred.Because(errors.Join(ErrLost, err), "port.lost", "the connection to the unit is gone",
		"plug the unit in again and start again: it is identified and listed first, and finished from what it holds")
}
