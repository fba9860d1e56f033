package page

import (
	"fmt"
	"strconv"
	"strings"

	"example.org/sectag/ledger/report"
	"example.org/sectag/ledger/report/shop"
)

// The drawing of columns, in units of the picture.
const (
	picture = 720.0
	left    = 48.0
	right   = 12.0
	top     = 14.0
	bottom  = 192.0
)

// columns is a picture of numbers side by side, each a stack of parts.
type columns struct {
	ID, Title, Desc string
	Grid            []gridline
	Columns         []column
	Keys            []key
	Unit            string // what the axis counts
}

type gridline struct {
	Y     string
	Label string
}

type column struct {
	X, W, Middle string
	Parts        []part
	Label        string // below it; not every column has one
}

type part struct {
	Class string
	Y, H  string
}

// key explains a class of parts.
type key struct {
	Class, Text string
	X, Label    string
}

func px(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// ceiling is a round number not below the greatest value, and the step of its grid.
func ceiling(v int) (most, step int) {
	step = 1
	for _, s := range []int{1, 2, 5} {
		for t := s; t <= 1<<40; t *= 10 {
			if t*4 >= v && (step*4 < v || t < step) {
				step = t
				break
			}
		}
	}
	return step * 4, step
}

// drawn makes a picture out of stacks of numbers.
func drawn(c columns, classes []string, stacks [][]int, labels []string) columns {
	high := 1
	for _, s := range stacks {
		sum := 0
		for _, n := range s {
			sum += n
		}
		high = max(high, sum)
	}
	most, step := ceiling(high)
	scale := (bottom - top) / float64(most)
	for v := 0; v <= most; v += step {
		c.Grid = append(c.Grid, gridline{px(bottom - float64(v)*scale), grouped(v)})
	}
	slot := (picture - left - right) / float64(max(1, len(stacks)))
	width := min(slot*0.78, 56)
	every := (len(stacks) + 11) / 12
	for i, s := range stacks {
		x := left + slot*float64(i) + (slot-width)/2
		col := column{X: px(x), W: px(width), Middle: px(x + width/2)}
		if i%every == 0 {
			col.Label = labels[i]
		}
		y := bottom
		for j, n := range s {
			if n == 0 {
				continue
			}
			h := max(1, float64(n)*scale)
			y -= h
			col.Parts = append(col.Parts, part{classes[j], px(y), px(h)})
		}
		c.Columns = append(c.Columns, col)
	}
	return c
}

// yield is what became of the runs, over time.
func yield(p shop.Production) columns {
	c := columns{ID: "yield", Title: "Runs over time by verdict", Unit: "runs"}
	var stacks [][]int
	var labels []string
	passed, runs := 0, 0
	for _, d := range p.Days {
		stacks = append(stacks, []int{d.Passed, d.Warned, d.Failed})
		labels = append(labels, stretch(d.From, p.Step))
		passed, runs = passed+d.Passed+d.Warned, runs+d.Runs
	}
	c.Desc = fmt.Sprintf("%d runs in %d stretches of one %s; %d passed, with or without a warning, and %d failed.", runs, len(p.Days), p.Step, passed, runs-passed)
	c.Keys = keyed([]key{{Class: "ok", Text: "passed"}, {Class: "warn", Text: "passed with a warning"}, {Class: "bad", Text: "failed"}})
	return drawn(c, []string{"ok", "warn", "bad"}, stacks, labels)
}

// keyed lays the keys out in a row.
func keyed(keys []key) []key {
	x := left
	for i := range keys {
		keys[i].X, keys[i].Label = px(x), px(x+16)
		x += 34 + 6.6*float64(len(keys[i].Text))
	}
	return keys
}

// stretch is how the axis names a stretch of time.
func stretch(from, step string) string {
	switch step {
	case "hour":
		return from[5:10] + " " + from[11:13] + "h"
	case "month":
		return from[:7]
	}
	return from[5:10]
}

// spread is a histogram.
func spread(id string, h shop.Histogram) columns {
	titles := map[string]string{"run": "How long a passed run took", "takt": "Takt: time between two runs at one station"}
	c := columns{ID: id, Title: titles[id], Unit: "runs"}
	var stacks [][]int
	var labels []string
	for _, b := range h.Bins {
		stacks = append(stacks, []int{b.N})
		label := seconds(b.From)
		if b.To == 0 {
			label = "≥ " + label
		}
		labels = append(labels, label)
	}
	c.Desc = fmt.Sprintf("%d measurements; half took up to %s, 95 of 100 up to %s.", h.N, seconds(h.Median), seconds(h.P95))
	return drawn(c, []string{"ok"}, stacks, labels)
}

// bars are numbers below each other, each with its name.
type bars struct {
	ID, Title, Desc string
	Height          string
	Bars            []bar
}

type bar struct {
	Name, Text        string
	Y, Base, W, TextX string
	Class             string
}

const (
	barHigh = 30.0
	barLeft = 190.0
	barFull = 400.0
)

// barred lays bars out. of is what a whole bar stands for.
func barred(b bars, names []string, values []int, texts []string, class string) bars {
	most := 1
	for _, v := range values {
		most = max(most, v)
	}
	for i, v := range values {
		y := barHigh*float64(i) + 4
		w := max(1, barFull*float64(v)/float64(most))
		b.Bars = append(b.Bars, bar{clip(names[i], 26), texts[i], px(y), px(y + 15), px(w), px(barLeft + w + 8), class})
	}
	b.Height = px(barHigh*float64(max(1, len(values))) + 4)
	return b
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// share is where keys were made.
func share(origins []report.Tally) bars {
	words := map[string]string{"modem": "in the modem", "host": "on this computer", "imported": "brought from elsewhere"}
	b := bars{ID: "origins", Title: "Where the units' keys were made"}
	total := 0
	for _, o := range origins {
		total += o.Units
	}
	var names, texts, said []string
	var values []int
	for _, o := range origins {
		name := either(words[o.Name], o.Name)
		names, values = append(names, name), append(values, o.Units)
		texts = append(texts, grouped(o.Units)+" ("+percent(o.Units, total)+")")
		said = append(said, fmt.Sprintf("%s: %d units", name, o.Units))
	}
	b.Desc = strings.Join(said, "; ") + "."
	return barred(b, names, values, texts, "ok")
}

// causes are why runs failed.
func causes(all []shop.Cause) bars {
	b := bars{ID: "causes", Title: "Failures by cause"}
	var names, texts, said []string
	var values []int
	for _, c := range all[:min(len(all), 10)] {
		names, values = append(names, c.Code), append(values, c.N)
		texts = append(texts, fmt.Sprintf("%s on %s units", grouped(c.N), grouped(c.Units)))
		said = append(said, fmt.Sprintf("%s %d times", c.Code, c.N))
	}
	b.Desc = strings.Join(said, "; ") + "."
	return barred(b, names, values, texts, "bad")
}
