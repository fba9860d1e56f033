package at

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/at/mask"
	"example.org/sectag/device/at/pace"
	"example.org/sectag/device/at/split"
)

// What went wrong with the conversation itself; each is the cause of a *cred.Fault.
var (
	ErrNoAnswer  = errors.New("no answer")                      // the limit ended; the session is dirty
	ErrNameless  = errors.New("results without an answer")      // Command.Doubt ended; an ErrNoAnswer too
	ErrStuck     = errors.New("the line takes no bytes")        // it was given up; an ErrNoAnswer too
	ErrDirty     = errors.New("the line is not in step")        // an earlier command had no answer and nothing was done about it
	ErrLost      = errors.New("the session is over")            // the line is gone or was given up
	ErrCancelled = errors.New("stopped before the answer came") // the context ended; the session is dirty
)

type state uint8

const (
	clean state = iota
	dirty       // a command may still be answered: only Resync may speak
	gone
)

// Session speaks on one line and is its only reader and writer. One command is under way at a time. It ends with the line
// and is never reopened behind its owner's back: another opening is another Session.
type Session struct {
	line   io.ReadWriteCloser
	o      Options
	turn   chan struct{} // held by whoever is speaking
	beat   chan struct{} // bytes came
	ended  chan struct{} // the reader is gone
	tracer sync.Mutex

	mu      sync.Mutex
	host    Host
	pace    pace.Pace
	other   int       // the speed that the unit may have instead
	busy    time.Time // when the line will have carried all that it was given
	split   split.Lines
	filter  *mask.Filter
	ex      *exchange
	state   state
	fault   error // why it is gone
	closing bool
	missed  string // what the answer that is missing would begin with
	secret  bool   // an answer that can hold a secret is, or may still be, on its way
	prompt  bool   // a shell is ready for a command
	mirror  bool   // the last command without an answer came back as it was sent
	crash   bool   // the firmware said that the modem has stopped
	heard   []byte
	tap     *[]byte // where else what comes in goes, for Listen
	stats   Stats
}

// New starts to listen on a line. Close ends it, and the line with it.
func New(line io.ReadWriteCloser, o Options) *Session {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Host == nil {
		o.Host = ATHost{}
	}
	s := &Session{
		line: line, o: o, host: o.Host, filter: mask.NewFilter(),
		turn: make(chan struct{}, 1), beat: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	go s.read()
	return s
}

// Host is the firmware that the session speaks through.
func (s *Session) Host() Host {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.host
}

// SetHost says which firmware is there, once that is known. It holds from the next command on.
func (s *Session) SetHost(h Host) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.host = h
}

// Stats is what went over the line so far.
func (s *Session) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Heard is the beginning of what came in, up to 512 bytes, for judging what is at the other end.
func (s *Session) Heard() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]byte(nil), s.heard...)
}

// InStep tells whether a command may be sent: false after a missing answer and after the end.
func (s *Session) InStep() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == clean
}

// Err is why the session is over, nil while it lives.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

// Close ends the session and closes the line. It waits for the reader, but not longer than the line keeps its promise to
// end a Read when it is closed.
func (s *Session) Close() error {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	err := s.line.Close()
	t := time.NewTimer(2 * time.Second)
	defer t.Stop()
	select {
	case <-s.ended:
	case <-t.C:
	}
	return err
}

// Do sends a command and waits for its final result. ERROR, CME and CMS are no errors here: see Reply.Final. The error is
// a *cred.Fault: line.no-answer (the session is dirty), line.too-long and line.bad-command (nothing was sent), port.lost.
func (s *Session) Do(ctx context.Context, cmd Command) (Reply, error) {
	if err := s.take(ctx); err != nil {
		return Reply{}, err
	}
	defer s.leave()
	s.mu.Lock()
	st, fault := s.state, s.fault
	s.mu.Unlock()
	switch st {
	case gone:
		return Reply{}, fault
	case dirty:
		return Reply{}, cred.Because(ErrDirty, "line.no-answer", "an earlier command is still unanswered",
			"start again: the unit is identified and listed first")
	}
	wire, err := frame(s.Host(), cmd)
	if err != nil {
		return Reply{}, err
	}
	defer clear(wire)
	return s.exchange(ctx, newExchange(cmd), wire)
}

// Check says why a command cannot be sent: line.too-long, line.bad-command. Nothing is sent.
func (s *Session) Check(cmd Command) error {
	return Check(s.Host(), cmd)
}

// Check says of a command why it cannot be sent through a host, without a line.
func Check(h Host, cmd Command) error {
	wire, err := frame(h, cmd)
	clear(wire)
	return err
}

// longest is how much of a command a failure quotes.
const longest = 80

// frame makes the bytes of a command, or says why it must not be sent.
func frame(h Host, cmd Command) ([]byte, error) {
	what := mask.Command(cmd.Text)
	if r := []rune(what); len(r) > longest {
		what = string(r[:longest]) + "…"
	}
	if cmd.Content != nil {
		what = fmt.Sprintf(`%s,"<%d bytes>"`, what, len(cmd.Content))
	}
	if strings.Count(cmd.Text, `"`)%2 == 1 || bytes.IndexByte(cmd.Content, '"') >= 0 {
		return nil, cred.Failed("line.bad-command", "a double quote of "+what+" is not closed",
			"close it: behind an open quote an AT host takes everything for data and never answers again")
	}
	if outside := unquoted(cmd.Text); strings.ContainsFunc(outside, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return nil, cred.Failed("line.bad-command", what+" holds a control character outside double quotes",
			"send one command at a time, without line ends")
	}
	if strings.TrimSpace(cmd.Text) == "" {
		return nil, cred.Failed("line.bad-command", "the command is empty", "write an AT command: an AT host never answers an empty line")
	}
	if r, ok := h.(Refuser); ok {
		if err := r.Refuse(what, cmd.Text, cmd.Content); err != nil {
			return nil, err
		}
	}
	wire, over := h.Frame(cmd.Text, cmd.Content)
	if over > 0 {
		clear(wire)
		return nil, TooLong(h, what, over)
	}
	return wire, nil
}

// TooLong is the refusal of a command that the host's buffer cannot take.
func TooLong(h Host, what string, over int) error {
	return cred.Failed("line.too-long", fmt.Sprintf("%s is %d bytes longer than the buffer of the unit's %s", what, over, h.Name()),
		"write a shorter credential, one certificate instead of a bundle or an EC instead of an RSA key: an overflow would block the unit")
}

func unquoted(text string) string {
	var b strings.Builder
	for i, part := range strings.Split(text, `"`) {
		if i%2 == 0 {
			b.WriteString(part)
		}
	}
	return b.String()
}

// take waits for the turn to speak.
func (s *Session) take(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return stopped(ctx, "the line")
	}
}

func (s *Session) leave() { <-s.turn }

// learn tells the filter about secret content before its first byte is sent.
func (s *Session) learn(cmd Command) (show string) {
	show = mask.Command(cmd.Text)
	s.mu.Lock()
	defer s.mu.Unlock()
	if cmd.Content != nil {
		show += fmt.Sprintf(`,"<%d bytes>"`, len(cmd.Content))
	}
	if cmd.Secret {
		s.filter.Hide(cmd.Content)
	}
	s.filter.Hide([]byte(mask.Secret(cmd.Text)))
	if cmd.Quoted && cmd.Secret {
		s.secret = true
	}
	return show
}

func (s *Session) emit(out bool, text string) {
	if s.o.Trace == nil {
		return
	}
	s.tracer.Lock()
	defer s.tracer.Unlock()
	s.o.Trace(Trace{At: s.o.Now(), Out: out, Text: text})
}
