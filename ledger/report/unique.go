package report

import (
	"example.org/sectag/cred"
	"example.org/sectag/ledger/report/cite"
	"example.org/sectag/ledger/report/row"
)

// uniqueness looks for what two units of the report share. It is over the rows that the report prints, so that its numbers are those of the
// annex, and over what only such a row has, the digest of the private key in the modem's list. It is pure and asks no ledger. The whole
// history, with identities that units no longer have and units that are not in the report, is ledger.Unique's (internal/audit); what the
// writer refuses is in internal/owner. The three share what an identity is (record.Bindings) where they look at records, and no code
// beyond: each is there to find what another one let through.
func (b *Builder) uniqueness() row.Uniqueness {
	out := row.Uniqueness{Units: len(b.order), Compared: b.compared, Scope: b.scope, Kinds: []row.Distinct{}, Shared: []row.SharedItem{}}
	look := func(what string, of func(*Unit) string) {
		d := row.Distinct{What: what}
		has := make(map[string]*Unit, len(b.order))
		for _, u := range b.order {
			v := of(u)
			if v == "" {
				continue
			}
			d.Units++
			if other := has[v]; other != nil {
				if len(out.Shared) < most {
					out.Shared = append(out.Shared, row.SharedItem{What: what, Value: v, Records: cite.Records{other.Record, u.Record}})
				}
				continue
			}
			has[v] = u
		}
		d.Distinct = len(has)
		out.Kinds = append(out.Kinds, d)
	}
	look("IMEI", func(u *Unit) string { return u.IMEI.String() })
	look("certificate name", func(u *Unit) string { return u.certified(func(c *Cert) string { return c.Name }) })
	look("certificate serial", func(u *Unit) string { return u.certified(func(c *Cert) string { return c.Serial }) })
	look("public key", func(u *Unit) string { return u.SPKI })
	look("private key in the modem's list", func(u *Unit) string { return u.listed(cred.ClientKey) })
	look("PSK digest", func(u *Unit) string { return u.PSK })
	look("PSK identity", func(u *Unit) string { return u.pskName })
	return out
}

func (u *Unit) certified(of func(*Cert) string) string {
	if u.Cert == nil {
		return ""
	}
	return of(u.Cert)
}

// listed is the digest of the first slot of a kind. A unit can hold one key under several tags.
func (u *Unit) listed(k cred.Kind) string {
	for _, s := range u.Slots {
		if s.Type == k && s.Action != "deleted" && s.Action != "absent" {
			return s.SHA256
		}
	}
	return ""
}
