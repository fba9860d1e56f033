package hail

import (
	"context"
	"slices"

	"example.org/sectag/endpoint/flight"
)

// Sweep finds out which of the suites to try the server takes beside those that are known: it picks one of a hello, that one is
// left out of the next, until it refuses the rest. So there are as many sessions as it takes suites, and one more.
func (s *Server) Sweep(ctx context.Context, try, known []flight.Suite) (found []flight.Suite) {
	rest := slices.DeleteFunc(slices.Clone(try), func(x flight.Suite) bool { return slices.Contains(known, x) })
	for len(rest) > 0 && ctx.Err() == nil {
		view, err := s.Ask(ctx, rest)
		if err != nil || view.Hello == nil {
			break
		}
		i := slices.Index(rest, view.Hello.Suite)
		if i < 0 { // it took what was not offered: no answer to our question
			break
		}
		found = append(found, rest[i])
		rest = slices.Delete(rest, i, i+1)
	}
	return found
}
