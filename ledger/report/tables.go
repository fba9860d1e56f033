package report

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/report/life"
)

// counter counts by name.
type counter map[string]int

// tallies are the counted names, the most frequent first; what has no name is left out.
func (c counter) tallies() []Tally {
	out := []Tally{}
	for name, n := range c {
		if name != "" {
			out = append(out, Tally{name, n})
		}
	}
	slices.SortFunc(out, func(a, b Tally) int { return cmp.Or(cmp.Compare(b.Units, a.Units), cmp.Compare(a.Name, b.Name)) })
	return out
}

func (b *Builder) facts() Facts {
	list := func(of func(*Unit) string) []Tally {
		c := counter{}
		for _, u := range b.order {
			c[of(u)]++
		}
		return c.tallies()
	}
	return Facts{
		Products: list(func(u *Unit) string { return u.Product }), Batches: list(func(u *Unit) string { return u.Batch }),
		Models: list(func(u *Unit) string { return u.Model }), Hardware: list(func(u *Unit) string { return u.seen.hardware }),
		Firmware: list(func(u *Unit) string { return u.Firmware }), Hosts: list(func(u *Unit) string { return u.seen.host }),
		Tools: list(func(u *Unit) string { return u.seen.tool }), Binaries: list(func(u *Unit) string { return u.seen.binary }),
		Profiles: list(func(u *Unit) string { return u.seen.profile }), Stations: list(func(u *Unit) string { return u.Station }),
		Operators: list(func(u *Unit) string { return u.seen.operator }), Clocks: list(func(u *Unit) string { return u.seen.clock }),
		Origins: list(func(u *Unit) string { return u.KeyOrigin }), Kinds: b.kinds.tallies(),
	}
}

// grouped counts the units that have the same row, and orders the rows, the most frequent first.
func grouped[R comparable](units []*Unit, row func(*Unit) []R, count func(*R) *int) []R {
	n := map[R]int{}
	var order []R
	for _, u := range units {
		for _, r := range row(u) {
			if n[r] == 0 {
				order = append(order, r)
			}
			n[r]++
		}
	}
	out := make([]R, 0, len(order))
	for _, r := range order {
		k := n[r]
		*count(&r) = k
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b R) int { return cmp.Compare(*count(&b), *count(&a)) })
	return out
}

// one is a row that is there or not.
func one[R comparable](r R) []R {
	var none R
	if r == none {
		return nil
	}
	return []R{r}
}

func keys(units []*Unit) []KeyRow {
	return grouped(units, func(u *Unit) []KeyRow { return one(u.key) }, func(r *KeyRow) *int { return &r.Units })
}

func channels(units []*Unit) []ChannelRow {
	return grouped(units, func(u *Unit) []ChannelRow { return one(u.channel) }, func(r *ChannelRow) *int { return &r.Units })
}

func authorities(units []*Unit) []AuthorityRow {
	return grouped(units, func(u *Unit) []AuthorityRow {
		a := u.authority
		return one(AuthorityRow{a.Subject, a.SHA256.String(), a.Key, a.NotAfter, a.Protection, 0})
	}, func(r *AuthorityRow) *int { return &r.Units })
}

func anchors(units []*Unit) []AnchorRow {
	return grouped(units, func(u *Unit) (out []AnchorRow) {
		for _, a := range u.anchors {
			out = append(out, AnchorRow{a.Subject, a.SHA256.String(), a.NotAfter, a.Source, a.URL, a.Trust, a.Approver, 0})
		}
		return out
	}, func(r *AnchorRow) *int { return &r.Units })
}

func peers(units []*Unit) []PeerRow {
	return grouped(units, func(u *Unit) (out []PeerRow) {
		for i, p := range u.peers {
			out = append(out, PeerRow{u.channel.Endpoint, i, p.Subject, p.Issuer, p.NotAfter, p.Key, p.SHA256.String(), 0})
		}
		return out
	}, func(r *PeerRow) *int { return &r.Units })
}

// certificates groups by all but the dates, of which it keeps the first and the last.
func certificates(units []*Unit) []CertRow {
	rows := map[string]*CertRow{}
	var order []string
	for _, u := range units {
		if u.Cert == nil {
			continue
		}
		c := u.cert
		id := strings.Join([]string{c.Profile, c.Key, c.Signature, c.KeyUsage, c.ExtKeyUsage, strconv.FormatBool(c.IsCA), joined(c.Lint)}, "\x00")
		row := rows[id]
		if row == nil {
			if c.Lint == nil {
				c.Lint = []string{}
			}
			c.First, c.Last = u.Cert.NotAfter, u.Cert.NotAfter
			row = &c
			rows[id], order = row, append(order, id)
		}
		row.Units++
		row.First, row.Last = min(row.First, u.Cert.NotAfter), max(row.Last, u.Cert.NotAfter)
	}
	out := make([]CertRow, 0, len(order))
	for _, id := range order {
		out = append(out, *rows[id])
	}
	return out
}

func joined(list []string) string { return strings.Join(list, " ") }

// inventory is over the units that were delivered.
func inventory(units []*Unit) []SlotRow {
	rows, digests := map[cred.Slot]*SlotRow{}, map[cred.Slot]map[string]bool{}
	for _, u := range units {
		if u.Status != "delivered" {
			continue
		}
		for _, s := range u.Slots {
			if s.Action == "deleted" || s.Action == "absent" {
				continue
			}
			at := cred.Slot{SecTag: s.SecTag, Kind: s.Type}
			r := rows[at]
			if r == nil {
				r = &SlotRow{SecTag: s.SecTag, Kind: s.Kind, Secret: s.Type.Secret(), Bytes: [2]int{s.bytes, s.bytes}}
				rows[at], digests[at] = r, map[string]bool{}
			}
			r.Units++
			if s.bytes > 0 {
				if r.Bytes[0] == 0 || s.bytes < r.Bytes[0] {
					r.Bytes[0] = s.bytes
				}
				r.Bytes[1] = max(r.Bytes[1], s.bytes)
			}
			digests[at][s.SHA256] = true
		}
	}
	out := make([]SlotRow, 0, len(rows))
	for _, at := range slices.SortedFunc(maps.Keys(rows), bySlot) {
		rows[at].Distinct = len(digests[at])
		out = append(out, *rows[at])
	}
	return out
}

func bySlot(a, b cred.Slot) int {
	return cmp.Or(cmp.Compare(a.SecTag, b.SecTag), cmp.Compare(a.Kind, b.Kind))
}

// storage is what each firmware did with each kind of credential, over all units.
func storage(units []*Unit) []StoreRow {
	rows := map[[2]string]*StoreRow{}
	for _, u := range units {
		for _, s := range u.Slots {
			at := [2]string{u.Firmware, s.Kind}
			r := rows[at]
			if r == nil {
				r = &StoreRow{Firmware: u.Firmware, Kind: s.Kind}
				rows[at] = r
			}
			r.add(s)
		}
	}
	out := make([]StoreRow, 0, len(rows))
	for _, r := range rows {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b StoreRow) int {
		return cmp.Or(cmp.Compare(a.Firmware, b.Firmware), cmp.Compare(kindOf(a.Kind), kindOf(b.Kind)), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

func kindOf(name string) cred.Kind {
	k, _ := cred.ParseKind(name)
	return k
}

func (r *StoreRow) add(s Slot) {
	r.Slots++
	switch {
	case s.Match == "yes":
		r.Match++
	case s.Match == "no":
		r.Differ++
	case s.SHA256 == "":
		r.Unlisted++
	}
	switch s.readback {
	case "refused":
		r.Refused++
	case "returned":
		r.Returned++
	case "error":
		r.Error++
	default:
		r.NotRead++
	}
}

// deviations are the reservations of the tests of all units.
func (b *Builder) deviations() []Deviation {
	return grouped(b.order, func(u *Unit) (out []Deviation) {
		for _, r := range u.Results {
			if r.Deviation != "" {
				out = append(out, Deviation{r.Test, r.Deviation, 0})
			}
		}
		return out
	}, func(d *Deviation) *int { return &d.Units })
}

// horizon is over the units that were delivered.
func (b *Builder) horizon() life.Horizon {
	var all []life.Unit
	for _, u := range b.order {
		if u.Status == "delivered" {
			all = append(all, life.Unit{At: u.Time, Ends: u.certified(func(c *Cert) string { return c.NotAfter })})
		}
	}
	return life.Of(all, b.frame.Life, b.frame.Assumed)
}
