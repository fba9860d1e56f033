package report

import (
	"fmt"
	"slices"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/report/catalogue"
	"example.org/sectag/ledger/report/cite"
	"example.org/sectag/ledger/report/row"
)

// floor is the strength in bits that EN 18031 asks of a confidential key (CCK-1).
const floor = 112

// most is how many lines a list of reservations, or of what is shared, has.
const most = 12

// matrix is what the tests say, first each by itself and then for each requirement. It is over the units that were delivered; a fail of
// one that was held back or revoked is counted beside them, and decides only where no delivered unit passed.
func (b *Builder) matrix(uni row.Uniqueness) ([]Test, []Requirement) {
	all := map[string]*Evidence{}
	feeds := map[string][]string{}
	for _, t := range catalogue.Tests() {
		all[t.ID] = &Evidence{Test: t.ID, Records: cite.Records{}}
	}
	delivered := 0
	for _, u := range b.order {
		if u.Status == "delivered" {
			delivered++
		}
		for _, r := range append(u.derived(), slices.Collect(u.own())...) {
			e := all[r.Test]
			if e == nil {
				e = &Evidence{Test: r.Test, Records: cite.Records{}}
				all[r.Test] = e
			}
			e.add(r, u.Status)
			feeds[r.Test] = merged(feeds[r.Test], r.requirements)
		}
	}
	b.fleet(all, feeds, uni, delivered)
	tests := tests(all, delivered)
	return tests, requirements(tests, feeds, b.reservations())
}

// own are the unit's results out of its records.
func (u *Unit) own() func(func(result) bool) {
	return func(yield func(result) bool) {
		for _, r := range u.results {
			if !yield(r) {
				return
			}
		}
	}
}

// fleet adds what is no unit's: handshakes that must fail, and uniqueness.
func (b *Builder) fleet(all map[string]*Evidence, feeds map[string][]string, uni row.Uniqueness, delivered int) {
	for _, r := range b.t10 {
		e := all[r.Test]
		if e == nil {
			continue
		}
		e.add(r, "delivered")
		feeds[r.Test] = merged(feeds[r.Test], r.requirements)
	}
	e := all["M6"]
	switch {
	case delivered == 0:
	case len(uni.Shared) == 0:
		e.Pass = delivered
	default:
		e.Fail = len(uni.Shared)
		for _, s := range uni.Shared {
			for _, id := range s.Records {
				e.Records = e.Records.With(id)
			}
		}
	}
}

func (e *Evidence) add(r result, status string) {
	if status != "delivered" {
		if r.Result.Result == "fail" {
			e.HeldBack++
			e.Records = e.Records.With(r.Record)
		}
		return
	}
	switch r.Result.Result {
	case "pass":
		e.Pass++
	case "fail":
		e.Fail++
		e.Records = e.Records.With(r.Record)
	case "na":
		e.NA++
	case "not-run":
		if r.named {
			e.Named++
		}
	}
}

func merged(have []string, more string) []string {
	for _, id := range strings.Fields(more) {
		if !slices.Contains(have, id) {
			have = append(have, id)
		}
	}
	return have
}

// derived are the measurements M1 to M5, which no record holds as such, and T5 where there is nothing to measure.
func (u *Unit) derived() (out []result) {
	add := func(test, res string) {
		out = append(out, result{Result: Result{Test: test, Result: res, Record: u.Record}})
	}
	yes := func(test string, ok bool) {
		if ok {
			add(test, "pass")
		} else {
			add(test, "fail")
		}
	}
	if u.key.StrengthBits > 0 {
		yes("M1", u.key.StrengthBits >= floor)
	}
	switch u.key.Origin {
	case "modem-keygen":
		add("M2", "pass")
	case "":
	default:
		add("M2", "na")
	}
	if u.rekeyed {
		add("M3", "pass")
	}
	if _, had := u.results["T5"]; !had && u.key.Origin != "" && u.PSK == "" && u.listed(cred.PSK) == "" {
		add("T5", "na") // there is no PSK to be made of anything
	}
	listed, deleted := len(u.Slots) > 0, false
	for _, s := range u.Slots {
		gone := s.Action == "deleted" || s.Action == "absent"
		listed = listed && (gone || s.SHA256 != "")
		deleted = deleted || s.deleted
	}
	if len(u.Slots) > 0 {
		yes("M4", listed)
	}
	if deleted {
		add("M5", "pass")
	}
	return out
}

// tests are the sums in the catalogue's order, those that it does not know behind them.
func tests(all map[string]*Evidence, delivered int) []Test {
	out := []Test{}
	for _, t := range catalogue.Tests() {
		e := *all[t.ID]
		delete(all, t.ID)
		e.NotRun = notRun(e, t.Span, delivered)
		out = append(out, Test{t.ID, t.What, string(t.Span), e})
	}
	var more []string
	for id := range all {
		more = append(more, id)
	}
	slices.SortFunc(more, byNumber)
	for _, id := range more {
		e := *all[id]
		e.NotRun = notRun(e, catalogue.EachUnit, delivered)
		out = append(out, Test{id, "a test that this report does not know", string(catalogue.EachUnit), e})
	}
	return out
}

// notRun is how many delivered units a test left out; of a sample that is no loss, nor where a unit's record names another that passed.
func notRun(e Evidence, span catalogue.Span, delivered int) int {
	if span == catalogue.EachUnit {
		return max(0, delivered-e.Pass-e.Fail-e.NA-e.Named)
	}
	return 0
}

// requirements puts the tests behind what they feed: as the catalogue has it, and as the records do.
func requirements(tests []Test, feeds map[string][]string, reserved map[string][]string) []Requirement {
	out := []Requirement{}
	for _, q := range catalogue.Requirements() {
		r := Requirement{ID: q.ID, Parts: q.Parts, Means: q.Means, Share: string(q.Share), Evidence: []Evidence{}, Deviations: []string{}}
		for _, t := range tests {
			if slices.Contains(q.Tests, t.ID) || slices.Contains(feeds[t.ID], q.ID) {
				r.Evidence = append(r.Evidence, t.Evidence)
				r.note(t, reserved)
			}
		}
		if q.Share == catalogue.Automatic || q.Share == catalogue.Partial {
			r.Result, r.InPart = judged(r.Evidence)
			if len(r.Evidence) == 0 {
				r.Result = ""
			}
		}
		out = append(out, r)
	}
	return out
}

// note says what of a test is missing or reserved.
func (r *Requirement) note(t Test, reserved map[string][]string) {
	switch ran := t.Pass + t.Fail + t.NA; {
	case ran == 0 && t.HeldBack == 0:
		r.Deviations = append(r.Deviations, t.ID+" was not run")
	case t.NotRun > 0:
		r.Deviations = append(r.Deviations, fmt.Sprintf("%s was not run on %d of %d units", t.ID, t.NotRun, ran+t.NotRun+t.Named))
	}
	if t.HeldBack > 0 {
		r.Deviations = append(r.Deviations, fmt.Sprintf("%s failed on %d units that were held back or revoked", t.ID, t.HeldBack))
	}
	for _, text := range reserved[t.ID] {
		r.Deviations = append(r.Deviations, t.ID+": "+text)
	}
}

// judged: one fail is F. Else one pass is P, in part where a test behind it was not run on all that it should cover. Else one that was
// found not to apply is NA. Else nothing ran.
func judged(all []Evidence) (string, bool) {
	pass, fail, na, held, missing := 0, 0, 0, 0, false
	for _, e := range all {
		pass, fail, na, held = pass+e.Pass, fail+e.Fail, na+e.NA, held+e.HeldBack
		missing = missing || e.NotRun > 0 || e.Pass+e.Fail+e.NA == 0
	}
	switch {
	case fail > 0 || pass == 0 && held > 0:
		return "F", false
	case pass > 0:
		return "P", missing
	case na > 0:
		return "NA", missing
	}
	return "not-run", false
}

// reservations are the deviations by test.
func (b *Builder) reservations() map[string][]string {
	out := map[string][]string{}
	for _, d := range b.deviations() {
		units := "units"
		if d.Units == 1 {
			units = "unit"
		}
		if len(out[d.Test]) < most {
			out[d.Test] = append(out[d.Test], fmt.Sprintf("%s (%d %s)", d.Text, d.Units, units))
		}
	}
	return out
}
