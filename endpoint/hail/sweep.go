package hail

import (
	"context"
	"slices"

	"example.org/sectag/endpoint/flight"
)

// Asker opens one session with a server for each hello that it is given, never two at a time. [Server] is one.
type Asker interface {
	Say(ctx context.Context, hello flight.Hello) (flight.View, error)
	Knows() *Known
}

// Sweep finds out which of the suites to try the server takes beside those that are known: it picks one of a hello, that one is
// left out of the next, until it refuses the rest. So there are as many sessions as it takes suites, and one more. What each of
// them showed is told to heard.
func Sweep(ctx context.Context, far Asker, try, known []flight.Suite, heard func(flight.View)) (found []flight.Suite) {
	rest := slices.DeleteFunc(slices.Clone(try), func(x flight.Suite) bool { return slices.Contains(known, x) })
	for len(rest) > 0 && ctx.Err() == nil {
		view, err := far.Say(ctx, flight.Hello{Suites: rest, CID: true})
		if err != nil || view.Hello == nil {
			break
		}
		i := slices.Index(rest, view.Hello.Suite)
		if i < 0 { // it took what was not offered: no answer to our question
			break
		}
		heard(view)
		found = append(found, rest[i])
		rest = slices.Delete(rest, i, i+1)
	}
	return found
}
