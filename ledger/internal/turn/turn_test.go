package turn

import (
	"runtime"
	"slices"
	"sync"
	"testing"
)

// TestThoseWhoWaitGoTogether: what came while somebody wrote is written at once, each thing once.
func TestThoseWhoWaitGoTogether(t *testing.T) {
	var q Queue[int]
	var all sync.WaitGroup
	var wrote [][]int
	write := func(things []int) { wrote = append(wrote, slices.Sorted(slices.Values(things))) }
	begun, on := make(chan bool), make(chan bool)
	all.Go(func() {
		q.Do(0, func(things []int) {
			write(things)
			close(begun)
			<-on
		})
	})
	<-begun
	for i := 1; i <= 3; i++ {
		all.Go(func() { q.Do(i, write) })
	}
	for q.Waiting() < 3 {
		runtime.Gosched()
	}
	close(on)
	all.Wait()
	if len(wrote) != 2 || !slices.Equal(wrote[0], []int{0}) || !slices.Equal(wrote[1], []int{1, 2, 3}) {
		t.Errorf("%v was written", wrote)
	}
	if q.Do(4, write); !slices.Equal(wrote[2], []int{4}) || q.busy {
		t.Errorf("%v was written", wrote)
	}
}

// TestThoseWhoComeBackGoAlong: who leads takes those along that were written before and are on their way with their next thing.
func TestThoseWhoComeBackGoAlong(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	q := Queue[int]{busy: true, wide: 4, queue: []*waiting[int]{{}}}
	for range 3 {
		go func() {
			q.door.Lock()
			defer q.door.Unlock()
			q.queue = append(q.queue, &waiting[int]{})
		}()
	}
	if n := len(q.gathered()); n != 4 {
		t.Errorf("%d were taken along, want 4", n)
	}
	if q.queue = []*waiting[int]{{}}; len(q.gathered()) != 1 || q.wide != 3 {
		t.Errorf("of one that comes alone: %d are expected next", q.wide)
	}
}
