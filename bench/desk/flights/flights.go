// Package flights keeps what was seen of a server for those who want to know why: the steps of a handshake with their times, the
// cipher suites that the modem has, and when the product's life ends.
package flights

import (
	"sync"
	"time"

	"example.org/sectag/endpoint/flight"
)

// most is how many steps of a handshake are kept: a server that repeats itself for ever must not fill the journal.
const most = 64

// Step is one step of a handshake, in the words of endpoint.ConnectOptions.Flight.
type Step struct {
	Step string `json:"step"`
	MS   int64  `json:"ms"` // since the beginning
}

// Log takes the steps of one handshake, from any goroutine.
type Log struct {
	mu    sync.Mutex
	now   func() time.Time
	begun time.Time
	steps []Step
}

// Begin is an empty log, whose clock starts now.
func Begin(now func() time.Time) *Log { return &Log{now: now, begun: now()} }

// Add takes the next step.
func (l *Log) Add(step string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.steps) < most {
		l.steps = append(l.steps, Step{step, l.now().Sub(l.begun).Milliseconds()})
	}
}

// Steps are those that were taken by now.
func (l *Log) Steps() []Step {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Step(nil), l.steps...)
}

// Modem are the names of the modem's cipher suites, strongest first.
func Modem() (out []string) {
	for _, s := range flight.Modem() {
		out = append(out, s.String())
	}
	return out
}

// Until is when a life that begins now ends; empty when none is said.
func Until(now time.Time, life time.Duration) string {
	if life <= 0 {
		return ""
	}
	return now.Add(life).UTC().Format(time.RFC3339)
}
