// Package session is the port that a desk works at and the conversation with the modem there: which port, one opening at a time, and
// what went over its line. Who opens it and when is the desk's to say.
package session

import (
	"context"
	"os"
	"strings"
	"sync"
	"time"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/past"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
)

// Config is what a conversation is opened with. None of the functions may be nil.
type Config struct {
	Dialer   device.Dialer
	Now      func() time.Time
	Notice   func(context.Context, flows.Event) error // takes what is found in the middle of a command, until it is on the disk
	Progress func(flows.Progress)
	Trace    func(flows.TraceLine)
}

// Session is a port, and the modem at it while one is held.
type Session struct {
	Config

	mu     sync.Mutex
	port   string
	modem  *device.Modem
	opened uint32       // how often one was held
	stats  device.Stats // of the last one
	heard  evidence.Transcript
}

// New is a session at a port that may still be unknown.
func New(c Config, port string) *Session { return &Session{Config: c, port: port} }

// Port is the port's name.
func (s *Session) Port() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.port
}

// There tells of a port what can be told without opening it: no name, a file that is not there, a folder.
func There(name string) error {
	if name == "" {
		return cred.Failed("port.missing", "no port is named", "plug the board in and choose it from the list, or type its name")
	}
	if strings.HasPrefix(name, "/") {
		st, err := os.Stat(name)
		if err != nil {
			return cred.Because(err, "port.missing", "there is no port "+name, "plug the board in; sectag ports lists what is there")
		}
		if st.IsDir() {
			return cred.Failed("port.not-a-port", name+" is a folder, not a port", "sectag ports lists what is there")
		}
	}
	return nil
}

// Use ends the conversation and goes to another port.
func (s *Session) Use(port string) {
	s.HangUp()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.port = port
}

// Open opens the port and looks for a modem there. It is nobody's yet: who asked has to Hold or to close it.
func (s *Session) Open(ctx context.Context) (*device.Modem, error) {
	l, err := s.Dialer.Open(ctx, s.Port())
	if err != nil {
		return nil, err
	}
	m, err := device.Attach(ctx, l, device.Options{
		Now: s.Now,
		Trace: func(t device.Trace) {
			s.heard.Add(t.Out, t.Text)
			s.Trace(flows.TraceLine{At: t.At, Out: t.Out, Text: t.Text})
		},
		Notice: func(ctx context.Context, n device.Notice) error { return s.Notice(ctx, past.Noticed(n)) },
		Wait: func(what string, until time.Time) {
			s.Progress(flows.Progress{Waiting: what, Until: until})
		},
	})
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	return m, nil
}

// Hold makes a modem the one that is worked on.
func (s *Session) Hold(m *device.Modem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.modem = m
	s.opened++
}

// Modem is the one that is worked on, nil when there is none, and the number of its opening.
func (s *Session) Modem() (m *device.Modem, opening uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.modem, s.opened
}

// Must is the modem that is worked on, or the failure of whoever needs one.
func (s *Session) Must() (*device.Modem, error) {
	if m, _ := s.Modem(); m != nil {
		return m, nil
	}
	return nil, cred.Failed("port.lost", "the session with the modem is over", "plug the board in again and retry: the unit is identified first")
}

// HangUp ends the conversation; what the modem had before is put back if it still answers.
func (s *Session) HangUp() {
	s.mu.Lock()
	m := s.modem
	s.modem = nil
	s.mu.Unlock()
	if m == nil {
		return
	}
	_ = m.Close() // what it could not put back stands in the record as the mode that was found
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats = m.Stats()
}

// Stats is what went over the line in this conversation, or in the last.
func (s *Session) Stats() device.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.modem != nil {
		return s.modem.Stats()
	}
	return s.stats
}

// Forget begins the transcript anew, for another unit.
func (s *Session) Forget() { s.heard.Reset() }

// Transcript is the digest of what was said since then, masked.
func (s *Session) Transcript() cred.Digest { return s.heard.Sum() }

// LineTime is the time from the first byte that was sent to the last that came.
func LineTime(st device.Stats) time.Duration {
	if st.First.IsZero() || st.Last.Before(st.First) {
		return 0
	}
	return st.Last.Sub(st.First)
}
