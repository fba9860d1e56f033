// Package turn lets those write together who wait together. Whoever comes first takes everything that waits by then along; the others are
// told when it is done. To reach the disk takes longer than all the rest of a write, so thirty-two who come one by one would wait long.
package turn

import (
	"runtime"
	"sync"
)

// Queue is of those who wait to write things of one kind. Its zero value is ready; it may be used by many goroutines.
type Queue[T any] struct {
	door  sync.Mutex
	queue []*waiting[T]
	busy  bool // somebody writes, or is told to
	wide  int  // so many may come together: as the newest times had
}

// waiting is who waits: told true, it takes what is queued along; false, another did that and it is done.
type waiting[T any] struct {
	thing T
	turn  chan bool
}

// Do returns when a thing was written: by write, which is given all that waited, or by that of another who waited too. There is one write
// at a time.
func (q *Queue[T]) Do(thing T, write func(all []T)) {
	own := &waiting[T]{thing, make(chan bool, 1)}
	q.door.Lock()
	q.queue = append(q.queue, own)
	lead := !q.busy
	q.busy = true
	q.door.Unlock()
	if !lead {
		lead = <-own.turn
	}
	if lead {
		q.lead(own, write)
	}
}

// Waiting tells how many wait for their turn.
func (q *Queue[T]) Waiting() int {
	q.door.Lock()
	defer q.door.Unlock()
	return len(q.queue)
}

// lead writes all that is queued, one's own among it, and hands the turn on to whoever came meanwhile.
func (q *Queue[T]) lead(own *waiting[T], write func(all []T)) {
	all := q.gathered()
	things := make([]T, len(all))
	for i, w := range all {
		things[i] = w.thing
	}
	write(things)
	for _, w := range all { // before the turn is handed on: what they write next can go along
		if w != own {
			w.turn <- false
		}
	}
	q.door.Lock()
	defer q.door.Unlock()
	if q.busy = len(q.queue) > 0; q.busy {
		q.queue[0].turn <- true
	}
}

// gathered takes what is queued. Those who were written a moment ago were told so, and most come back with their next thing at once: while
// they do, others are let run. Nothing is waited for that is not on its way.
func (q *Queue[T]) gathered() []*waiting[T] {
	q.door.Lock()
	defer q.door.Unlock()
	for idle := 0; idle < 32 && len(q.queue) < q.wide; idle++ {
		before := len(q.queue)
		q.door.Unlock()
		runtime.Gosched()
		q.door.Lock()
		if len(q.queue) > before {
			idle = 0
		}
	}
	all := q.queue
	q.queue, q.wide = nil, max(len(all), q.wide-1)
	return all
}
