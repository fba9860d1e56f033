package rack

import (
	"sync"

	"example.org/sectag/flows/rack"
)

// box carries letters into the loop. Putting never blocks.
type box struct {
	mu    sync.Mutex
	queue []letter
	ready chan struct{}
}

// letter is what the loop is told: an event for the machine, a new look at the ports, or both left out and only news of a lane.
type letter struct {
	event rack.Event
	sight *sight // what the watch saw
	news  *news  // of the lane that the event is about
}

func newBox() *box { return &box{ready: make(chan struct{}, 1)} }

func (b *box) put(l letter) {
	b.mu.Lock()
	b.queue = append(b.queue, l)
	b.mu.Unlock()
	select {
	case b.ready <- struct{}{}:
	default:
	}
}

// take gives all that is there, in its order.
func (b *box) take() []letter {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.queue
	b.queue = nil
	return all
}
