package at

import (
	"context"
	"fmt"
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/at/mask"
)

const (
	promptQuiet = 300 * time.Millisecond // a shell that has shown its prompt for so long has nothing to add
	keeps       = 64                     // what a shell keeps of what comes while it prints
	printQuiet  = 30 * time.Millisecond  // after which it does not print any more
	promptLimit = 400 * time.Millisecond // how long a prompt may be missing after a result
)

// ready waits for the prompt of a shell: what comes before it has only a small buffer (nrf91.md, section 3.4). One that does not
// come in time was lost by the line.
func (s *Session) ready(ctx context.Context) {
	t := time.NewTimer(promptLimit)
	defer t.Stop()
	for {
		s.mu.Lock()
		_, shell := s.host.(Prompter)
		is := !shell || s.prompt
		s.mu.Unlock()
		if is {
			return
		}
		select {
		case <-s.beat:
		case <-t.C:
			return
		case <-s.ended:
			return
		case <-ctx.Done():
			return
		}
	}
}

// Calm waits until a shell does not print any more: it loses what comes meanwhile, but for a few bytes.
func (s *Session) Calm(ctx context.Context) { s.drain(ctx, printQuiet, promptLimit) }

// idle tells whether a shell has gone back to its prompt without a result.
func (s *Session) idle(x *exchange) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.prompt && x.under && x.lines > 0 && !x.ended
}

// silence is the fault of an answer that did not come. An AT Host whose modem has stopped sends the command back and nothing
// else (nrf91.md, section 3.2).
func (s *Session) silence(x *exchange, limit time.Duration) *cred.Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, shell := s.host.(Prompter)
	rest := strings.Trim(s.split.Rest(), "\r")
	s.mirror = !shell && (x.lines > 0 && strings.HasPrefix(x.first, x.cmd.Text) || x.lines == 0 && strings.HasSuffix(rest, x.cmd.Text))
	if s.mirror && x.lines <= 1+strings.Count(string(x.cmd.Content), "\n") {
		return mirrored(mask.Command(x.cmd.Text))
	}
	s.mirror = false
	return noAnswer(mask.Command(x.cmd.Text), limit)
}

// mirrors tells whether the last command without an answer came back as it was sent.
func (s *Session) mirrors() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mirror
}

// news keeps what a firmware says of the modem itself: of the Serial Modem #XMODEM (nrf91.md, section 3.3).
func (s *Session) news(line string) {
	switch {
	case strings.HasPrefix(line, "#XMODEM: FAULT"), strings.HasPrefix(line, "#XMODEM: SHUTDOWN"), line == "INIT ERROR":
		s.crash = true
	case strings.HasPrefix(line, "#XMODEM: INIT"), line == "Ready":
		s.crash = false
	}
}

// Crashed tells whether the firmware said that the modem has stopped.
func (s *Session) Crashed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.crash
}

// CrashCode is the code of a modem that has stopped while the firmware in front of it goes on.
const CrashCode = "line.crashed"

const crashHint = "switch the unit off and on, then start again; if it stays so write the modem firmware again"

func mirrored(what string) *cred.Fault {
	return cred.Because(ErrNoAnswer, CrashCode, fmt.Sprintf("the host sends %s back and gives no result: the modem has stopped", what), crashHint)
}

// Stopped is the failure of a command whose reply says that the modem has stopped.
func Stopped(what string) *cred.Fault {
	return cred.Failed(CrashCode, "the modem has stopped, says the firmware in front of it at "+what, crashHint)
}

// Listen sends bytes that are no exchange and hears what comes, raw, until it is enough or the time is over. show stands for the
// bytes in the transcript. It is for finding out who is there; what comes is also sorted as unsolicited lines.
func (s *Session) Listen(ctx context.Context, show string, wire []byte, limit time.Duration, enough func(heard []byte) bool) ([]byte, error) {
	if err := s.take(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	var heard []byte
	s.mu.Lock()
	if s.state == gone {
		defer s.mu.Unlock()
		return nil, s.fault
	}
	s.tap = &heard
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.tap = nil
		s.mu.Unlock()
	}()
	if len(wire) > 0 {
		if err := s.put(ctx, show, wire, limit); err != nil {
			return nil, err
		}
	}
	t := time.NewTimer(limit)
	defer t.Stop()
	for {
		s.mu.Lock()
		now := append([]byte(nil), heard...)
		s.mu.Unlock()
		if enough(now) {
			return now, nil
		}
		select {
		case <-s.beat:
		case <-t.C:
			return now, nil
		case <-s.ended:
			return now, s.Err()
		case <-ctx.Done():
			return now, stopped(ctx, show)
		}
	}
}
