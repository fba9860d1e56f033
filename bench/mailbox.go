package bench

import (
	"context"
	"sync"

	"example.org/sectag/flows"
)

// Mailbox carries events into the loop. Putting never blocks, so neither a screen nor an answer ever waits for the loop.
type Mailbox struct {
	mu    sync.Mutex
	queue []letter
	ready chan struct{}
}

type letter struct {
	event  flows.Event
	answer bool
	told   chan<- error // gets one error, nil when the event is on the disk; nil: nobody waits
}

// over tells whoever waits for it.
func (l letter) over(err error) {
	if l.told != nil {
		l.told <- err
	}
}

// NewMailbox makes an empty one.
func NewMailbox() *Mailbox { return &Mailbox{ready: make(chan struct{}, 1)} }

// Put adds what a person or a policy wants.
func (m *Mailbox) Put(e flows.Event) { m.add(letter{event: e}) }

// Ready tells that there may be something to take.
func (m *Mailbox) Ready() <-chan struct{} { return m.ready }

// Tell adds what was found in the middle of an effect, and returns when it is on the disk and the facts have it.
func (m *Mailbox) Tell(ctx context.Context, e flows.Event) error {
	told := make(chan error, 1)
	m.add(letter{event: e, told: told})
	select {
	case err := <-told:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (m *Mailbox) answer(e flows.Event) { m.add(letter{event: e, answer: true}) }

func (m *Mailbox) add(l letter) {
	m.mu.Lock()
	m.queue = append(m.queue, l)
	m.mu.Unlock()
	select {
	case m.ready <- struct{}{}:
	default:
	}
}

func (m *Mailbox) take() (l letter, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.queue) == 0 {
		return letter{}, false
	}
	l = m.queue[0]
	m.queue = m.queue[1:]
	return l, true
}

func (m *Mailbox) empty() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.queue) == 0
}

// first puts events before all others: those of the run itself.
func (m *Mailbox) first(es ...flows.Event) {
	m.mu.Lock()
	before := make([]letter, 0, len(es)+len(m.queue))
	for _, e := range es {
		before = append(before, letter{event: e})
	}
	m.queue = append(before, m.queue...)
	m.mu.Unlock()
	select {
	case m.ready <- struct{}{}:
	default:
	}
}
