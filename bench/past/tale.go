package past

import (
	"slices"
	"time"

	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows/tale"
	"example.org/sectag/ledger/record"
)

// maxTold is how many records of a unit are told; its certificates are told of all that were looked at.
const maxTold = 20

// Tell adds to the document of a plan what the ledger knows of the unit and of each slot that is not the modem's own. root is the authority
// that is named here; its Cert is nil when none is.
func (p Past) Tell(doc *Plan, items []device.Item, root ca.Root, now time.Time) {
	var issuer cred.Digest
	if root.Cert != nil {
		issuer = cred.Sum(root.PEM)
	}
	doc.Past = p.tale(issuer)
	for _, item := range items {
		if !item.Reserved() {
			doc.Past.Slots = append(doc.Past.Slots, p.explain(item, now))
		}
	}
}

// tale is the unit's history for a person who has it in hand: its records, and the certificates that they name. issuer is the
// certificate of the authority that is named here; zero when none is.
func (p Past) tale(issuer cred.Digest) *tale.Tale {
	out := &tale.Tale{Records: []tale.Record{}, Certificates: []tale.Certificate{}, Slots: []tale.Slot{}}
	seen := map[string]bool{}
	for i, r := range p.list {
		if i < maxTold {
			out.Records = append(out.Records, tale.Record{
				Record: r.ID, Time: r.Time, Kind: string(r.Kind), Verdict: string(r.Verdict), Product: r.Unit.Product, Station: r.Bench.Station,
			})
		}
		if r.Cert == nil || r.Cert.Serial == "" || seen[r.Cert.Serial] {
			continue
		}
		seen[r.Cert.Serial] = true
		out.Certificates = append(out.Certificates, tale.Certificate{
			Serial: r.Cert.Serial, NotAfter: r.Cert.NotAfter, Record: r.ID, Revoked: p.why(r.Cert), Ours: !issuer.IsZero() && r.Cert.IssuerSHA == issuer,
		})
	}
	return out
}

// why is the reason for which a certificate was revoked; empty when it was not.
func (p Past) why(c *record.Certificate) string {
	for _, v := range p.revoked {
		if v.Serial == c.Serial && v.Issuer == c.IssuerSHA {
			return v.Reason
		}
	}
	return ""
}

// explain finds the record that put into a slot what it lists.
func (p Past) explain(item device.Item, now time.Time) tale.Slot {
	from, found := record.Record{}, false
	for _, r := range p.list {
		for _, s := range r.Slots {
			at := cred.Slot{SecTag: s.SecTag, Kind: s.Type}
			if at == item.Slot && (s.SHA256 == item.SHA256 || s.Sent == item.SHA256) && (!found || s.Action == "written") {
				from, found = r, true
			}
		}
	}
	if !found {
		return tale.Slot{Slot: item.Slot, State: "not ours"}
	}
	out := tale.Slot{Slot: item.Slot, State: "superseded", Record: from.ID, Time: from.Time}
	if p.Named(item.Slot) == item.SHA256 {
		out.State = "current"
	}
	if item.Slot.Kind == cred.ClientKey || item.Slot.Kind == cred.PSK {
		out.Origin = from.KeyOrigin
	}
	if from.Cert == nil || item.Slot.Kind != cred.ClientCert && item.Slot.Kind != cred.ClientKey {
		return out
	}
	out.NotAfter = from.Cert.NotAfter
	end, err := record.ParseStamp(from.Cert.NotAfter)
	switch {
	case p.dead(from.Cert):
		out.State = "revoked"
	case err == nil && !end.After(now):
		out.State = "expired"
	case err == nil && end.Sub(now) <= renewAt && out.State == "current":
		out.State = "ends soon"
	}
	return out
}

// Tags are the sec_tags that we put something under, as far as is known.
func (p Past) Tags() (out []cred.SecTag) {
	for at := range p.ours {
		if !slices.Contains(out, at.SecTag) {
			out = append(out, at.SecTag)
		}
	}
	slices.Sort(out)
	return out
}
