//go:build announce

package job

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"sync"

	"example.org/sectag/bench"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
)

// Announcer stands before and after every effect: it writes "before NAME" or "after NAME" to file descriptor 3 and waits for a
// line on descriptor 4, so that a test can kill the process at exactly that point. Of effects that are in flight together one at a
// time is announced.
func Announcer() bench.Announcer {
	out, in := announcements(), os.NewFile(4, "leave")
	leave := bufio.NewReader(in)
	var one sync.Mutex
	say := func(when string, e flows.Effect) {
		one.Lock()
		defer one.Unlock()
		fmt.Fprintf(out, "%s %s\n", when, codec.EffectName(e))
		_, _ = leave.ReadString('\n') // a test that is gone leaves us alone
	}
	return func(d bench.Doer) bench.Doer {
		return around(func(ctx context.Context, e flows.Effect) flows.Event {
			say("before", e)
			answer := d.Do(ctx, e)
			say("after", e)
			return answer
		})
	}
}

// Heard says "signal" between the announcements and waits for no leave: whoever sent one waits for it, for it takes its time.
func Heard() { fmt.Fprintln(announcements(), "signal") }

// announcements is the one file on descriptor 3: a second would close it when it is collected.
var announcements = sync.OnceValue(func() *os.File { return os.NewFile(3, "announcements") })

type around func(context.Context, flows.Effect) flows.Event

// Do performs an effect between two announcements.
func (f around) Do(ctx context.Context, e flows.Effect) flows.Event { return f(ctx, e) }
