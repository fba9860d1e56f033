package way

import "sync"

// Inbox holds what a bench has sent until the terminal's side takes it: a queue for each kind of message, each bounded, so that
// what is newest stays. Putting never blocks: a terminal that has stopped reading cannot stop a bench.
type Inbox struct {
	mu     sync.Mutex
	most   []int
	queues [][]any
	wake   chan struct{}
}

// NewInbox makes one with a queue for each number, which is how many messages wait in it at most.
func NewInbox(most ...int) *Inbox {
	return &Inbox{most: most, queues: make([][]any, len(most)), wake: make(chan struct{}, 1)}
}

// Wake tells that there may be something to take.
func (b *Inbox) Wake() <-chan struct{} { return b.wake }

// Put adds a message to a queue.
func (b *Inbox) Put(queue int, m any) {
	b.mu.Lock()
	q := append(b.queues[queue], m)
	if n := len(q) - b.most[queue]; n > 0 {
		q[0] = nil // not kept alive by what is behind it
		q = q[n:]
	}
	b.queues[queue] = q
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default: // already woken
	}
}

// Take empties it, queue by queue, oldest first.
func (b *Inbox) Take() []any {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []any
	for i, q := range b.queues {
		out = append(out, q...)
		b.queues[i] = nil
	}
	return out
}
