package report

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/report/life"
	"example.org/sectag/ledger/report/row"
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

func keys(units []*Unit) []row.Key {
	return grouped(units, func(u *Unit) []row.Key { return one(u.key) }, func(r *row.Key) *int { return &r.Units })
}

func channels(units []*Unit) []row.Channel {
	return grouped(units, func(u *Unit) []row.Channel { return one(u.channel) }, func(r *row.Channel) *int { return &r.Units })
}

func authorities(units []*Unit) []row.Authority {
	return grouped(units, func(u *Unit) []row.Authority {
		a := u.authority
		return one(row.Authority{Subject: a.Subject, SHA256: a.SHA256.String(), Key: a.Key, NotAfter: a.NotAfter, Protection: a.Protection})
	}, func(r *row.Authority) *int { return &r.Units })
}

func anchors(units []*Unit) []row.Anchor {
	return grouped(units, func(u *Unit) (out []row.Anchor) {
		for _, a := range u.anchors {
			out = append(out, row.Anchor{
				Subject: a.Subject, SHA256: a.SHA256.String(), NotAfter: a.NotAfter, Source: a.Source, URL: a.URL, Trust: a.Trust, Approver: a.Approver,
			})
		}
		return out
	}, func(r *row.Anchor) *int { return &r.Units })
}

func peers(units []*Unit) []row.Peer {
	return grouped(units, func(u *Unit) (out []row.Peer) {
		for i, p := range u.peers {
			out = append(out, row.Peer{
				Endpoint: u.channel.Endpoint, Place: i, Subject: p.Subject, Issuer: p.Issuer, NotAfter: p.NotAfter, Key: p.Key, SHA256: p.SHA256.String(),
			})
		}
		return out
	}, func(r *row.Peer) *int { return &r.Units })
}

// certificates groups by all but the dates, of which it keeps the first and the last.
func certificates(units []*Unit) []row.Cert {
	rows := map[string]*row.Cert{}
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
	out := make([]row.Cert, 0, len(order))
	for _, id := range order {
		out = append(out, *rows[id])
	}
	return out
}

func joined(list []string) string { return strings.Join(list, " ") }

// inventory is over the units that were delivered.
func inventory(units []*Unit) []row.Slot {
	rows, digests := map[cred.Slot]*row.Slot{}, map[cred.Slot]map[string]bool{}
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
				r = &row.Slot{SecTag: s.SecTag, Kind: s.Kind, Secret: s.Type.Secret(), Bytes: [2]int{s.bytes, s.bytes}}
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
	out := make([]row.Slot, 0, len(rows))
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
func storage(units []*Unit) []row.Store {
	rows := map[[2]string]*row.Store{}
	for _, u := range units {
		for _, s := range u.Slots {
			at := [2]string{u.Firmware, s.Kind}
			r := rows[at]
			if r == nil {
				r = &row.Store{Firmware: u.Firmware, Kind: s.Kind}
				rows[at] = r
			}
			addSlot(r, s)
		}
	}
	out := make([]row.Store, 0, len(rows))
	for _, r := range rows {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b row.Store) int {
		return cmp.Or(cmp.Compare(a.Firmware, b.Firmware), cmp.Compare(kindOf(a.Kind), kindOf(b.Kind)), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

func kindOf(name string) cred.Kind {
	k, _ := cred.ParseKind(name)
	return k
}

// addSlot counts one slot.
func addSlot(r *row.Store, s Slot) {
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
func (b *Builder) deviations() []row.Deviation {
	return grouped(b.order, func(u *Unit) (out []row.Deviation) {
		for _, r := range u.Results {
			if r.Deviation != "" {
				out = append(out, row.Deviation{Test: r.Test, Text: r.Deviation})
			}
		}
		return out
	}, func(d *row.Deviation) *int { return &d.Units })
}

// horizon is over the units that were delivered. One that is revoked counts for how long the file is kept, since it may have been sold; when
// its certificate ends matters no more.
func (b *Builder) horizon() life.Horizon {
	var all []life.Unit
	for _, u := range b.order {
		switch {
		case u.Status == "delivered":
			all = append(all, life.Unit{At: u.Time, Ends: u.certified(func(c *Cert) string { return c.NotAfter })})
		case u.Status == revoked && u.sent():
			all = append(all, life.Unit{At: u.Time})
		}
	}
	return life.Of(all, b.frame.Life, b.frame.Assumed)
}
