// Package search walks a whole space of states: every state that can be reached from the starts, and every step between them.
// The tests of the machines use it to prove what must always hold, joined with a model of the world, and to draw the diagrams.
// It knows nothing of machines; a state is any comparable value.
package search

import (
	"fmt"
	"hash/maphash"
	"strings"
)

// Edge is one step out of a state.
type Edge[J comparable] struct {
	Label string
	To    J
	Exit  bool // somebody pulls a plug: not counted when it is asked whether a state can come to rest by itself
}

// arc is an edge between states that have numbers.
type arc struct {
	to    int32
	label string
	exit  bool
}

// Graph is a walked space.
type Graph[J comparable] struct {
	States []J // in the order of their distance from the starts
	Edges  int // how many steps there are
	arcs   [][]arc
	from   []int32 // the state before on a shortest way, -1 for a start
	label  []string
	index  map[uint64][]int32
	seed   maphash.Seed
}

// Search walks from the starts over next, which calls its second argument with every edge, until nothing new is found, there are
// more than limit states, or bad names what is wrong with a state: then the error tells a shortest way there. bad may be nil.
func Search[J comparable](starts []J, next func(J, func(Edge[J])), bad func(J) string, limit int) (*Graph[J], error) {
	g := &Graph[J]{index: map[uint64][]int32{}, seed: maphash.MakeSeed()}
	for _, s := range starts {
		g.add(s, -1, "")
	}
	for i := 0; i < len(g.States); i++ {
		if bad != nil {
			if why := bad(g.States[i]); why != "" {
				return g, fmt.Errorf("%s, after: %s", why, g.Way(i))
			}
		}
		if len(g.States) > limit {
			return g, fmt.Errorf("more than %d states", limit)
		}
		var out []arc
		next(g.States[i], func(e Edge[J]) {
			out = append(out, arc{to: g.add(e.To, int32(i), e.Label), label: e.Label, exit: e.Exit})
		})
		g.arcs = append(g.arcs, out)
		g.Edges += len(out)
	}
	return g, nil
}

// add finds or makes the number of a state.
func (g *Graph[J]) add(s J, from int32, label string) int32 {
	h := maphash.Comparable(g.seed, s)
	for _, i := range g.index[h] {
		if g.States[i] == s {
			return i
		}
	}
	i := int32(len(g.States))
	g.States, g.from, g.label = append(g.States, s), append(g.from, from), append(g.label, label)
	g.index[h] = append(g.index[h], i)
	return i
}

// Way is a shortest way to a state, as the labels of its steps.
func (g *Graph[J]) Way(i int) string {
	var steps []string
	for n := int32(i); n >= 0 && g.from[n] >= 0; n = g.from[n] {
		steps = append(steps, g.label[n])
	}
	for l, r := 0, len(steps)-1; l < r; l, r = l+1, r-1 {
		steps[l], steps[r] = steps[r], steps[l]
	}
	return strings.Join(steps, ", ")
}

// Stuck finds a state from which no state that rests can be reached over edges that are no exits; false when there is none.
func (g *Graph[J]) Stuck(rests func(J) bool) (int, bool) {
	back := make([][]int32, len(g.States))
	for i, out := range g.arcs {
		for _, a := range out {
			if !a.exit {
				back[a.to] = append(back[a.to], int32(i))
			}
		}
	}
	can := make([]bool, len(g.States))
	var todo []int32
	for i, s := range g.States {
		if rests(s) {
			can[i] = true
			todo = append(todo, int32(i))
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, b := range back[i] {
			if !can[b] {
				can[b] = true
				todo = append(todo, b)
			}
		}
	}
	for i := range can {
		if !can[i] {
			return i, true
		}
	}
	return 0, false
}

// Each calls f for every step.
func (g *Graph[J]) Each(f func(from J, label string, to J)) {
	for i, out := range g.arcs {
		for _, a := range out {
			f(g.States[i], a.label, g.States[a.to])
		}
	}
}
