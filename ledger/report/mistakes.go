package report

import (
	"example.org/sectag/cred"
	"example.org/sectag/ledger/report/cite"
	"example.org/sectag/ledger/report/life"
	"example.org/sectag/ledger/report/row"
)

// look is one mistake that can be seen in a unit's row. It answers whether it could be looked for, and whether it is there.
type look struct {
	id, what, why string
	at            func(u *Unit) (can, bad bool)
}

// mistakes looks for what small firms do wrong, in what the units' records say.
func (b *Builder) mistakes(m *Model) []row.Mistake {
	out := []row.Mistake{b.shared(m.Uniqueness)}
	for _, l := range b.looks() {
		one := row.Mistake{ID: l.id, What: l.what, Why: l.why, State: "not-checked", Records: cite.Records{}}
		for _, u := range b.order {
			can, bad := l.at(u)
			if can && one.State == "not-checked" {
				one.State = "not-found"
			}
			if can && bad {
				one.State = "found"
				one.Units++
				one.Records = one.Records.With(u.Record)
			}
		}
		out = append(out, one)
	}
	return append(out, b.onlyPositive(m))
}

func (b *Builder) shared(u row.Uniqueness) row.Mistake {
	out := row.Mistake{
		ID: "shared-key", What: "one key or PSK on several units", State: "not-found", Records: cite.Records{},
		Why: "whoever opens one unit has all of them; CCK-3 wants each unit to have its own",
	}
	if len(b.order) == 0 {
		out.State = "not-checked"
	}
	for _, s := range u.Shared {
		out.State, out.Units = "found", out.Units+1
		for _, id := range s.Records {
			out.Records = out.Records.With(id)
		}
	}
	return out
}

func (b *Builder) onlyPositive(m *Model) row.Mistake {
	out := row.Mistake{
		ID: "only-positive", What: "only handshakes that should succeed were tried", State: "found", Records: cite.Records{},
		Why: "a server that lets everybody in passes all of them; sectag connect --negative makes the others",
	}
	for _, a := range m.Negative {
		if a.Refused+a.LetIn > 0 {
			out.State = "not-found"
		}
	}
	if m.Count.Units == 0 {
		out.State = "not-checked"
	}
	return out
}

func (b *Builder) looks() []look {
	frame := b.frame
	return []look{
		{"leaf-is-ca", "a unit's certificate is an authority (CA:TRUE)", "whoever opens one unit can sign for any other; openssl req -x509 -CA makes such", func(u *Unit) (bool, bool) {
			return u.Cert != nil, u.cert.IsCA
		}},
		{"outlives-issuer", "a unit's certificate ends after its issuer", "it stops working when the issuer ends, years before its own date", func(u *Unit) (bool, bool) {
			return u.Cert != nil && u.authority.NotAfter != "", u.Cert != nil && u.Cert.NotAfter > u.authority.NotAfter
		}},
		{"clear-ca-key", "the authority's key lay in clear in a file", "whoever copies the file can make units", func(u *Unit) (bool, bool) {
			return u.authority.Protection != "", u.authority.Protection == "clear-file"
		}},
		{"short-anchor", "the unit's anchor ends before the product's life does", "then the unit no longer believes its server; pin the long-lived root and no short intermediate", func(u *Unit) (bool, bool) {
			return short(u, frame)
		}},
		{"first-use", "an anchor was believed because it was seen, and nobody compared it", "compare its digest with the server's owner before it goes out for ten years", firstUse},
		{"mangled", "a slot lists another digest than was sent", "CR LF in the place of LF does it: the modem says OK and the handshake fails", func(u *Unit) (can, bad bool) {
			for _, s := range u.Slots {
				can, bad = can || s.Match != "", bad || s.Match == "no"
			}
			return can, bad && u.Status == "delivered"
		}},
		{"readable-secret", "a secret could be read back", "whoever reaches the AT port has it", func(u *Unit) (can, bad bool) {
			for _, s := range u.Slots {
				can, bad = can || s.readback == "refused" || s.readback == "returned", bad || s.readback == "returned"
			}
			return can, bad
		}},
		{"weak-key", "a key has fewer than 128 bit of strength", "112 are the floor of CCK-1; from 2031 on 128 are asked for, and these units live longer", func(u *Unit) (bool, bool) {
			return u.key.StrengthBits > 0, u.key.StrengthBits < 128
		}},
		{"key-kept", "a copy of the unit's key was kept on the bench", "the copy is worth as much as the unit", func(u *Unit) (bool, bool) {
			return u.key.HostCopy != "", u.key.HostCopy == "kept"
		}},
		{"no-reason", "a test failed or does not apply, and no reason is written beside it", "one without a reason counts as failed", func(u *Unit) (can, bad bool) {
			for _, r := range u.Results {
				can = true
				bad = bad || u.Status == "delivered" && (r.Result == "na" || r.Result == "fail") && r.Deviation == ""
			}
			return can, bad
		}},
		{"by-hand", "slots were changed by hand after the unit's own record", "the file then tells of another unit than was shipped", func(u *Unit) (bool, bool) {
			return u.Status == "delivered", u.byHand
		}},
		{"imei-only", "a unit is known by its IMEI alone", "two modems with one IMEI would be taken for one; newer firmware lists an identity key", func(u *Unit) (bool, bool) {
			return u.IMEI != 0, u.weakUnit
		}},
		{"imei-check", "an IMEI has a wrong check digit", "compare it with the label", func(u *Unit) (bool, bool) {
			return u.IMEI != 0, u.imeiWrong
		}},
		{"lone-clock", "the bench's clock was held against nothing", "dates in certificates and records are as right as that clock", func(u *Unit) (bool, bool) {
			return u.seen.clock != "" && u.Verdict != string(cred.Fail), u.seen.clock == "system"
		}},
	}
}

// short tells whether one of a unit's anchors ends within the product's life.
func short(u *Unit, f Frame) (can, bad bool) {
	for _, a := range u.anchors {
		if a.NotAfter == "" {
			continue
		}
		can, bad = true, bad || a.NotAfter < life.After(u.Time, f.Life)
	}
	return can, bad
}

// firstUse tells whether one of a unit's anchors was believed because it was there.
func firstUse(u *Unit) (can, bad bool) {
	for _, a := range u.anchors {
		bad = bad || a.Trust == "first-use"
	}
	return len(u.anchors) > 0, bad
}
