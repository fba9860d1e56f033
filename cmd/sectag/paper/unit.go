package paper

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"example.org/sectag/bench"
	"example.org/sectag/cred"
)

// Unit is the Document of one unit; several have Units.
type Unit struct {
	bench.Unit
	Planned bool `json:"-"` // nothing was done: the actions are what would be
}

// Failed puts the failure beside what was known by then.
func (d *Unit) Failed(f *cred.Fault) { d.Unit.Failure = f }

// People writes it as lines.
func (d *Unit) People(w io.Writer) { unitLines(w, d.Unit, d.Planned) }

// Units is the document of sectag provision with several ports. Each of its units was told of when it was done (Lane).
type Units struct {
	Result
	Units   []bench.Unit `json:"units"`
	Planned bool         `json:"-"` // as in Unit
}

// People counts: what became of each unit stands above.
func (d *Units) People(w io.Writer) {
	if len(d.Units) == 0 {
		return
	}
	var words []string
	count := map[string]int{}
	for _, u := range d.Units {
		word := LastWord(u, d.Planned)
		word, _, _ = strings.Cut(word, ":")
		if count[word]++; count[word] == 1 {
			words = append(words, word)
		}
	}
	for i, word := range words {
		words[i] = fmt.Sprintf("%d %s", count[word], word)
	}
	fmt.Fprintf(w, "%d units: %s\n", len(d.Units), strings.Join(words, ", "))
}

// Lane tells of one unit of several, each line with the port before it, and of what went wrong with it.
func Lane(w io.Writer, u bench.Unit, planned bool) {
	var text strings.Builder
	unitLines(&text, u, planned)
	if f := u.Failure; f != nil {
		fmt.Fprintf(&text, "  %s (%s)\n", f.Text, f.Code)
		if f.Hint != "" {
			fmt.Fprintf(&text, "  hint: %s\n", f.Hint)
		}
	}
	for line := range strings.Lines(text.String()) {
		fmt.Fprintf(w, "%s | %s", u.Port, line)
	}
}

// UnitLines tells of one unit: who, what each slot holds, how the server took it, and the verdict as the last word.
func UnitLines(w io.Writer, u bench.Unit) { unitLines(w, u, false) }

// holdsWords say what a slot holds after a failure.
var holdsWords = map[string]string{"old": "holds what it held", "new": "holds the new one", "missing": "is empty", "unknown": "what it holds is not known"}

func unitLines(w io.Writer, u bench.Unit, planned bool) {
	if u.IMEI != 0 {
		fmt.Fprintf(w, "%s  %s  %s\n", u.IMEI, u.Model, u.Firmware)
	}
	for _, s := range u.Slots {
		what := s.Action
		if u.Held {
			what = s.Plan
		}
		if (planned || u.Held) && what != "kept" && what != "" {
			what = "to be " + what
		}
		if s.Holds != "" && !u.Held {
			what = strings.TrimPrefix(what+", "+holdsWords[s.Holds], ", ")
		}
		if (planned || u.Held) && s.Lost {
			what += ", and what is there is lost"
		}
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %10d %-14s %-12s %s", s.SecTag, s.Kind, what, short(s.SHA256)), " "))
	}
	if u.KeyOrigin == "modem" && u.Verdict != cred.Fail {
		fmt.Fprintln(w, "  the key was made in the modem and never left it")
	}
	if c := u.Connect; c != nil {
		with := ""
		if c.Twin {
			with = " with a twin certificate"
		}
		fmt.Fprintf(w, "  connection from this computer%s: %s", with, c.Verdict)
		if c.Suite != "" {
			fmt.Fprintf(w, ", %s, %s", c.Version, c.Suite)
		}
		fmt.Fprintln(w)
		if c.Twin && u.Verdict != cred.Fail {
			fmt.Fprintln(w, "  written, not connected by the modem")
		}
		findings(w, c.Findings)
	}
	findings(w, u.Findings)
	if u.Line != nil {
		fmt.Fprintf(w, "  line %d B out, %d B in, %d ms\n", u.Line.BytesOut, u.Line.BytesIn, u.Line.MS)
	}
	if u.Record != "" {
		fmt.Fprintf(w, "  record %s\n", u.Record)
	}
	if untouched(u) {
		fmt.Fprintln(w, "  nothing was changed")
	}
	fmt.Fprintln(w, LastWord(u, planned))
}

// untouched tells that it failed before the unit said who it is: before that nothing is written to one.
func untouched(u bench.Unit) bool {
	return u.Verdict == cred.Fail && u.IMEI == 0 && !slices.ContainsFunc(u.Slots, func(s bench.UnitSlot) bool { return s.Action != "" })
}

// LastWord is the line that says how it ended.
func LastWord(u bench.Unit, planned bool) string {
	switch {
	case u.Held && u.IMEI != 0:
		return "NOT STARTED: nothing was changed"
	case planned && u.Verdict != cred.Fail:
		return "PLAN: nothing was changed"
	}
	return verdictWord(u)
}

// verdictWord is what a person two metres away must see. A unit that was not connected is written, no more.
func verdictWord(u bench.Unit) string {
	switch {
	case u.Verdict == cred.Fail:
		return "FAIL"
	case u.Verdict == cred.Warn:
		return "PASS WITH WARNINGS"
	case u.Hand:
		return handWord(u)
	case u.Connect == nil && did(u, "written"):
		return "PASS WRITTEN"
	case u.Connect == nil && did(u, "deleted"):
		return "PASS: all as it should be, what had gone astray was deleted, not connected this time"
	case u.Connect == nil:
		return "PASS: all as it should be, nothing was changed, not connected this time"
	}
	return "PASS"
}

// handWord is what was done to the one slot, no more: a unit whose key was deleted has not passed.
func handWord(u bench.Unit) string {
	for _, what := range []string{"written", "deleted"} { // what went astray may be deleted beside it
		if did(u, what) {
			return strings.ToUpper(what) + " and read back"
		}
	}
	return "UNCHANGED"
}

func did(u bench.Unit, action string) bool {
	return slices.ContainsFunc(u.Slots, func(s bench.UnitSlot) bool { return s.Action == action })
}

func short(d cred.Digest) string { return d.Short() }

// Demo is the document of sectag demo.
type Demo struct {
	Result
	Units  []bench.Unit `json:"units"`
	Folder string       `json:"folder"`
}

// People writes it as lines.
func (d *Demo) People(w io.Writer) {
	for _, u := range d.Units {
		fmt.Fprintln(w)
		UnitLines(w, u)
	}
}
