package page

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/report"
	"example.org/sectag/ledger/report/life"
)

// timeline is what ends when.
type timeline struct {
	ID, Title, Desc string
	Height, Foot    string
	Spans           []span
	Years           []tick
	Life            string // where the product's life ends; "" when nobody knows
}

type span struct {
	Name, Text           string
	Y, Base, X, W, TextX string
	End                  string // how the text hangs: start or end
	Class                string
	Early                bool
}

type tick struct{ X, Label string }

const (
	spanHigh = 30.0
	spanLeft = 190.0
	spanFull = 380.0
)

// bound is one thing that ends.
type bound struct {
	name, class string
	from, to    string
	said        string
}

// ends draws the life of the product, the certificates of its units, their anchors and authorities, on one scale of years.
func ends(m *report.Model) timeline {
	h := m.Horizon
	t := timeline{ID: "horizon", Title: "What ends when"}
	if h.From == "" {
		return t
	}
	all := []bound{{"product life", "life", h.From, h.LifeEnds, ""}}
	if h.CertFirst != "" {
		both := day(h.CertFirst)
		if last := day(h.CertLast); last != both {
			both += " to " + last
		}
		all = append(all, bound{"unit certificates", "ok", h.From, h.CertFirst, both})
	}
	for _, a := range m.Anchors[:min(len(m.Anchors), 6)] {
		all = append(all, bound{"anchor " + common(a.Subject), "ok", h.From, a.NotAfter, ""})
	}
	for _, a := range m.Authorities[:min(len(m.Authorities), 4)] {
		all = append(all, bound{"authority " + common(a.Subject), "ok", h.From, a.NotAfter, ""})
	}
	all = slices.DeleteFunc(all, func(b bound) bool { return b.to == "" })
	return laid(t, all, h)
}

func laid(t timeline, all []bound, h life.Horizon) timeline {
	from, last := at(h.From), at(h.LifeEnds)
	for _, b := range all {
		if e := at(b.to); e.After(last) {
			last = e
		}
	}
	whole := last.Sub(from).Hours() * 1.04
	x := func(when time.Time) float64 { return spanLeft + spanFull*max(0, when.Sub(from).Hours()/whole) }
	early := 0
	for i, b := range all {
		y := spanHigh*float64(i) + 6
		end := x(at(b.to))
		s := span{Name: b.name, Text: either(b.said, day(b.to)), Y: px(y), Base: px(y + 14), X: px(spanLeft), W: px(max(2, end-spanLeft)), TextX: px(end + 6), Class: b.class}
		if b.to < h.LifeEnds {
			s.Class, s.Text = "bad", day(b.to)+", too early"
			early++
		}
		t.Spans = append(t.Spans, s)
	}
	foot := spanHigh*float64(len(all)) + 8
	t.Height, t.Foot, t.Life = px(foot+22), px(foot), px(x(at(h.LifeEnds)))
	step := max(1, (last.Year()-from.Year())/10)
	for y := from.Year() + 1; y <= last.Year(); y += step {
		t.Years = append(t.Years, tick{px(x(time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC))), strconv.Itoa(y)})
	}
	t.Desc = fmt.Sprintf("The product’s life ends on %s (%s). %d of %d rows end before it.", day(h.LifeEnds), h.LifeFrom, early, len(all))
	return t
}

func at(s string) time.Time {
	t, _ := record.ParseStamp(s) // records have no other
	return t
}

// common is the common name in a subject, short enough for a picture.
func common(subject string) string {
	for _, p := range strings.Split(subject, ",") {
		if name, ok := strings.CutPrefix(p, "CN="); ok {
			return clip(name, 18)
		}
	}
	return clip(subject, 18)
}
