package page

import (
	"encoding/json"
	"fmt"

	"example.org/sectag/ledger/report"
)

// island is the annex as the page's script reads it: texts that stand in several units once, in Strings, and their number in the rows.
type island struct {
	Strings []string `json:"strings"`
	Units   [][]any  `json:"units"`
}

// packer gives texts their numbers. It goes over the units twice: first it counts, then it writes.
type packer struct {
	seen  map[string]int
	index map[string]int
	out   []string
}

func pack(units []*report.Unit) (json.RawMessage, error) {
	p := &packer{seen: map[string]int{}, index: map[string]int{}, out: []string{}}
	for _, u := range units {
		row(u, func(s string) any { p.seen[s]++; return nil })
	}
	is := island{Units: make([][]any, 0, len(units))}
	for _, u := range units {
		is.Units = append(is.Units, row(u, p.text))
	}
	is.Strings = p.out
	text, err := json.Marshal(is)
	if err != nil {
		return nil, fmt.Errorf("pack the units: %w", err)
	}
	return text, nil
}

// text is a text or its number.
func (p *packer) text(s string) any {
	if p.seen[s] < 2 || len(s) < 3 {
		return s
	}
	i, ok := p.index[s]
	if !ok {
		i = len(p.out)
		p.index[s] = i
		p.out = append(p.out, s)
	}
	return i
}

// row is one unit. Its order is that of script.js.
func row(u *report.Unit, s func(string) any) []any {
	cert := []any{}
	if c := u.Cert; c != nil {
		cert = []any{s(c.Serial), s(c.Name), s(c.NotAfter), s(c.SHA256)}
	}
	slots := make([]any, 0, len(u.Slots))
	for _, l := range u.Slots {
		slots = append(slots, []any{int64(l.SecTag), s(l.Kind), s(l.SHA256), s(l.Action), s(l.Match)})
	}
	tests := make([]any, 0, len(u.Results))
	for _, r := range u.Results {
		tests = append(tests, []any{s(r.Test), s(r.Result), s(r.Record), s(r.Deviation)})
	}
	gone := []any{}
	if r := u.Revoked; r != nil {
		gone = []any{r.Record, s(r.Time), s(r.Reason), s(r.Serial), r.Proof}
	}
	imei := ""
	if u.IMEI != 0 {
		imei = u.IMEI.String()
	}
	return []any{
		imei, s(u.Status), s(u.Verdict), u.Record, u.Time, s(u.Kind), u.Records, s(u.Product), s(u.Batch), s(u.Serial), s(u.Model), s(u.Firmware),
		s(u.Station), s(u.KeyOrigin), slots, cert, s(u.SPKI), s(u.PSK), s(u.Authority), s(u.Anchor), s(u.Connected), tests, s(u.Failure), u.Leaf, s(u.Name), gone, u.Proof,
	}
}
