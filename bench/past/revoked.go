package past

import (
	"fmt"
	"slices"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/ledger/record"
)

// Gone is a certificate of the unit that is to be believed no more.
type Gone struct {
	record.Revoked
	Record string      // that says it
	Held   []cred.Slot // that list it now, or its key
	known  bool        // a record says that the unit was given it
}

// given is a certificate that a record gave the unit, with the slots that the record names.
type given struct {
	cert   record.Certificate
	slots  []record.Slot
	failed bool // the run: perhaps it was never written
}

// remember keeps what a record says of certificates. The newest record comes first.
func (p *Past) remember(r record.Record) {
	if r.Revoked != nil {
		p.revoked = append(p.revoked, Gone{Revoked: *r.Revoked, Record: r.ID})
	}
	if r.Cert != nil {
		p.given = append(p.given, given{*r.Cert, r.Slots, r.Verdict == cred.Fail})
	}
}

// names tells whether a revocation is of this certificate. Of one that came from a file the record does not say who signed it; both are of
// one unit, so the serial must do.
func names(v record.Revoked, c *record.Certificate) bool {
	return v.Serial == c.Serial && (v.Issuer == c.IssuerSHA || c.IssuerSHA.IsZero())
}

// dead tells whether a certificate was revoked: a server that asks for the authority's list refuses it.
func (p Past) dead(c *record.Certificate) bool {
	return slices.ContainsFunc(p.revoked, func(g Gone) bool { return names(g.Revoked, c) })
}

// Gone are the unit's revoked certificates that matter still, the oldest revocation first: those that the modem lists, or whose key it
// lists; that of the newest run that passed, listed or not; and those that the ledger knows by their revocation alone, while it knows of
// no other. One that was replaced is history.
func (p Past) Gone(items []device.Item) (out []Gone) {
	newest := slices.IndexFunc(p.given, func(c given) bool { return !c.failed })
	for _, g := range slices.Backward(p.revoked) {
		if slices.ContainsFunc(out, func(o Gone) bool { return o.Serial == g.Serial && o.Issuer == g.Issuer }) {
			continue // it was revoked before, and stays as it was then
		}
		var its []given
		for _, c := range p.given {
			if names(g.Revoked, &c.cert) {
				its = append(its, c)
			}
		}
		g.known = len(its) > 0
		for _, i := range items {
			if slices.ContainsFunc(its, func(c given) bool { return c.gave(i) }) {
				g.Held = append(g.Held, i.Slot)
			}
		}
		if len(g.Held) > 0 || newest < 0 || names(g.Revoked, &p.given[newest].cert) {
			out = append(out, g)
		}
	}
	return out
}

// gave tells whether what a slot lists is this certificate, or its key.
func (c given) gave(i device.Item) bool {
	if i.Slot.Kind == cred.ClientCert && i.SHA256 == cred.Sum([]byte(c.cert.PEM)) {
		return true // of one that was issued to files no slot is recorded
	}
	return i.Slot.Kind != cred.RootCA && slices.ContainsFunc(c.slots, func(s record.Slot) bool {
		return i.Slot == cred.Slot{SecTag: s.SecTag, Kind: s.Type} && !i.SHA256.IsZero() && (s.SHA256 == i.SHA256 || s.Sent == i.SHA256)
	})
}

// Finding says it to people.
func (g Gone) Finding() cred.Finding {
	where := "the modem does not list it"
	var at []string
	for _, s := range g.Held {
		at = append(at, s.String())
	}
	switch {
	case len(at) > 0:
		where = strings.Join(at, " and ") + " hold it still"
		if len(at) == 1 {
			where = at[0] + " holds it still"
		}
	case !g.known:
		where = "no record says which slot holds it"
	}
	return cred.Finding{
		Code: "store.revoked", Severity: cred.Warning,
		Text: fmt.Sprintf("this unit's certificate %s is revoked since %s, %s (record %s): %s", g.Serial, g.Time, g.Reason, g.Record, where),
		Hint: "this identity must not go on: give the unit a new one (sectag provision), or scrap it",
	}
}
