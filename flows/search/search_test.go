package search

import (
	"strings"
	"testing"
)

// counter goes up to five and can be thrown from three into a pit that has no way out but an exit.
func counter(n int, edge func(Edge[int])) {
	switch {
	case n == 3:
		edge(Edge[int]{Label: "up", To: 4})
		edge(Edge[int]{Label: "fall", To: 10})
	case n == 10:
		edge(Edge[int]{Label: "turn", To: 11})
		edge(Edge[int]{Label: "rescue", To: 0, Exit: true})
	case n == 11:
		edge(Edge[int]{Label: "turn", To: 10})
	case n < 5:
		edge(Edge[int]{Label: "up", To: n + 1})
	}
}

func TestSearchWalksEverythingOnce(t *testing.T) {
	g, err := Search([]int{0}, counter, nil, 100)
	if err != nil || len(g.States) != 8 || g.Edges != 9 {
		t.Fatalf("%d states, %d edges, %v", len(g.States), g.Edges, err)
	}
	i, stuck := g.Stuck(func(n int) bool { return n == 5 })
	if !stuck || g.States[i] != 10 || g.Way(i) != "up, up, up, fall" {
		t.Errorf("stuck: %v at %d by %q", stuck, g.States[i], g.Way(i))
	}
	if _, stuck := g.Stuck(func(n int) bool { return n == 5 || n == 11 }); stuck {
		t.Error("every state can rest")
	}
	n := 0
	g.Each(func(int, string, int) { n++ })
	if n != g.Edges {
		t.Errorf("%d steps of %d", n, g.Edges)
	}
}

func TestSearchTellsTheWayToWhatIsWrong(t *testing.T) {
	_, err := Search([]int{0}, counter, func(n int) string {
		if n == 11 {
			return "too deep"
		}
		return ""
	}, 100)
	if err == nil || err.Error() != "too deep, after: up, up, up, fall, turn" {
		t.Errorf("%v", err)
	}
	if _, err := Search([]int{0}, func(n int, edge func(Edge[int])) { edge(Edge[int]{To: n + 1}) }, nil, 50); err == nil || !strings.Contains(err.Error(), "more than 50") {
		t.Errorf("%v", err)
	}
}
