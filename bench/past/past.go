// Package past is what the ledger knows of a unit when a plan is made: the newest passing record of what it was given, and every
// digest that we put into a slot since. It only reads.
package past

import (
	"context"
	"slices"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// Past is a unit's history. The zero value is that of a unit nobody knows, without a ledger.
type Past struct {
	Pass   *record.Record // the newest passing record of kind provision; nil when there is none
	Newest string         // the newest record of any kind; "" when there is none
	Sure   bool           // a record has the same identity key and UUID, so that they were not misheard now
	Failed int            // provisions that failed or broke off since the newest one that passed

	asked bool // there is a ledger
	ours  map[cred.Slot][]cred.Digest
	told  map[cred.Slot]bool        // a record has settled what the slot holds: older ones say nothing about it
	last  map[cred.Slot]cred.Digest // what the record that was looked at last found there: the oldest so far
	made  map[cred.Slot]bool        // it was empty, the modem was asked to make a key in it, and nobody has read it since

	revoked []Gone  // certificates that are to be believed no more, the newest revocation first
	given   []given // certificates, the newest first

	parcels []parcel        // what was ever sent, and where to
	list    []record.Record // what was looked at, the newest first
	more    bool            // there are older records than were looked at
}

// depth bounds how many records are looked at. What a slot was given may lie behind many that say nothing of it.
const depth = 1000

// unknown is the past of a unit that no record was read of yet.
func unknown() Past {
	return Past{ours: map[cred.Slot][]cred.Digest{}, told: map[cred.Slot]bool{}, last: map[cred.Slot]cred.Digest{}, made: map[cred.Slot]bool{}}
}

// Of asks the ledger about a unit. l may be nil.
func Of(ctx context.Context, l *ledger.Reader, unit record.Unit) (Past, error) {
	p := unknown()
	p.asked = l != nil
	if l == nil || unit.Name() == "" {
		return p, nil
	}
	pass, found, err := l.NewestPassing(ctx, unit, record.Provision)
	if err != nil {
		return p, err
	}
	if found {
		p.Pass = &pass
	}
	list, err := l.History(ctx, unit, depth)
	if err != nil {
		return p, err
	}
	passed := false
	p.list, p.more = list, len(list) == depth
	for _, r := range list {
		if p.Newest == "" {
			p.Newest = r.ID
		}
		p.Sure = p.Sure || r.Unit.Key == unit.Key && r.Unit.UUID == unit.UUID
		passed = passed || r.Kind == record.Provision && r.Verdict != cred.Fail
		if !passed && (r.Kind == record.Provision || r.Kind == record.Interrupted) {
			p.Failed++
		}
		p.add(r)
	}
	return p, nil
}

// add notes what a record put into slots: what was sent, what a bad line made of it, and what was found right and kept. A slot that a record settled (it says
// what was done there, read back) is not looked up in older ones: what stood there before is what this record replaced.
func (p *Past) add(r record.Record) {
	p.remember(r)
	for _, s := range r.Slots {
		at := cred.Slot{SecTag: s.SecTag, Kind: s.Type}
		p.sent(at, s)
		if p.told[at] {
			continue
		}
		if r.Kind == record.Slots && s.Action == "kept" {
			// Found as asked by hand: whose it is older records say. It is no key that the modem made, for somebody has it in a file.
			p.last[at] = cred.Digest{}
			continue
		}
		p.told[at] = s.Action != "" || s.Keygen != ""
		if !s.Sent.IsZero() {
			p.ours[at] = append(p.ours[at], s.Sent)
		}
		if s.Holds == "unknown" && !s.Sent.IsZero() && !s.SHA256.IsZero() {
			p.ours[at] = append(p.ours[at], s.SHA256) // what the line made of it, as it was read back last
		}
		if s.Keygen != "" {
			p.addMade(at, s)
		}
		if s.Holds != "unknown" {
			p.last[at] = s.SHA256
		}
		if s.Action == "kept" && !s.SHA256.IsZero() {
			p.ours[at] = append(p.ours[at], s.SHA256)
		}
	}
}

// Complete takes over into a record the key and certificate that the unit kept while something else was written. The record takes the
// place of the older one, so it must name them, or the next run would take them for out of date. Nothing is taken over unless each
// slot of the two was kept, and is what the older record names.
func (p Past) Complete(r record.Record) record.Record {
	if r.Kind != record.Provision || r.Verdict == cred.Fail || r.Cert != nil || p.Pass == nil {
		return r
	}
	for _, s := range r.Slots {
		named := p.Named(cred.Slot{SecTag: s.SecTag, Kind: s.Type})
		if s.Action == "deleted" {
			continue // what went astray before
		}
		if s.Type != cred.RootCA && (s.Action != "kept" || s.SHA256.IsZero() || s.SHA256 != named) {
			return r
		}
	}
	r.KeyOrigin, r.Key, r.Cert, r.Authority = p.Pass.KeyOrigin, p.Pass.Key, p.Pass.Cert, p.Pass.Authority
	return r
}

// addMade notes a key that the modem was asked to make in an empty slot. Nobody could know beforehand what the modem lists for it, so
// the key is what was found there first afterwards; where nobody has looked since, it is whatever is found there now.
func (p *Past) addMade(at cred.Slot, s record.Slot) {
	found, read := p.last[at]
	switch {
	case s.Holds != "unknown":
		p.ours[at] = append(p.ours[at], s.SHA256)
	case read:
		p.ours[at] = append(p.ours[at], found)
	default:
		p.made[at] = true
	}
}

// Free refuses, with ledger.bound, an identity that is another unit's: its IMEI, its name, its public key. l may be nil; a zero
// digest is a key that is still to be made.
func Free(ctx context.Context, l *ledger.Reader, unit record.Unit, name string, spki cred.Digest) error {
	if l == nil {
		return nil
	}
	claims := []record.Binding{{What: record.BindIMEI, Value: unit.IMEI.String()}, {What: record.BindName, Value: name}}
	if !spki.IsZero() {
		claims = append(claims, record.Binding{What: record.BindSPKI, Value: spki.String()})
	}
	return l.Check(ctx, unit, claims...)
}

// Newest is the time of the newest record, zero without one: a clock that is behind it is wrong. l may be nil.
func Newest(ctx context.Context, l *ledger.Reader) (time.Time, error) {
	if l == nil {
		return time.Time{}, nil
	}
	t, _, err := l.NewestTime(ctx)
	return t, err
}

// Ours tells whether what a slot lists is what we put there, or the line in our name.
func (p Past) Ours(s cred.Slot, listed cred.Digest) bool {
	for _, o := range p.ours[s] {
		if o == listed && !o.IsZero() {
			return true
		}
	}
	_, stray := p.stray(s, listed)
	return stray || p.made[s] && !listed.IsZero()
}

// Named is the digest that the newest passing record names for a slot; zero without one.
func (p Past) Named(at cred.Slot) cred.Digest {
	if p.Pass == nil {
		return cred.Digest{}
	}
	for _, s := range p.Pass.Slots {
		if s.SecTag == at.SecTag && s.Type == at.Kind {
			return s.SHA256
		}
	}
	return cred.Digest{}
}

// Wish is what a profile asks for under one sec_tag today.
type Wish struct {
	SecTag  cred.SecTag
	Issuer  cred.Digest   // of the authority's certificate
	Name    string        // that the template makes of the IMEI
	Anchor  cred.Digest   // that the modem must list; zero when there is none
	Behind  []cred.Digest // of what shall stand behind the unit's certificate; none: it stands alone
	Profile string        // the rules that the certificate was issued by, as records have it; empty: any
	Origin  string        // of the key, "host" or "modem", as records have it; empty: it may be made anywhere
	Now     time.Time
}

// renewAt is the life that a certificate must have left to be kept.
const renewAt = 30 * 24 * time.Hour

// Agrees tells whether the newest passing record is of that: issuer, id, rules of the certificate, anchor, key origin, sec_tag and what is sent behind the certificate, with enough life left
// and not revoked.
// What it names is current then.
func (p Past) Agrees(w Wish) bool {
	r := p.Pass
	if r == nil || r.Cert == nil || r.Authority == nil || p.dead(r.Cert) {
		return false
	}
	end, err := record.ParseStamp(r.Cert.NotAfter)
	if err != nil || end.Sub(w.Now) <= renewAt {
		return false
	}
	return r.Authority.SHA256 == w.Issuer && slices.Equal(r.Cert.Behind, w.Behind) && r.Cert.Name == w.Name &&
		(w.Profile == "" || r.Cert.Profile == "" || r.Cert.Profile == w.Profile) && (w.Origin == "" || r.KeyOrigin == w.Origin) &&
		!w.Anchor.IsZero() && p.Named(cred.Slot{SecTag: w.SecTag, Kind: cred.RootCA}) == w.Anchor
}

// Slots writes the modem's list in the contract's words. Whether a digest is known is only said with a ledger.
func (p Past) Slots(items []device.Item) []flows.SlotFacts {
	out := []flows.SlotFacts{}
	var dead []cred.Slot
	for _, g := range p.Gone(items) {
		dead = append(dead, g.Held...)
	}
	for _, i := range items {
		f := flows.SlotFacts{
			SecTag: uint32(i.Slot.SecTag), Type: i.Slot.Kind, Kind: i.Slot.Kind.String(), SHA256: i.SHA256, Reserved: i.Reserved(), Revoked: slices.Contains(dead, i.Slot),
		}
		if p.asked && !f.Reserved {
			known := p.Ours(i.Slot, i.SHA256)
			f.Known = &known
		}
		out = append(out, f)
	}
	return out
}

// Seen is a unit as the ledger recognises it: by the listed digest of its identity key (type 6), its UUID, its IMEI.
func Seen(u device.Identity, items []device.Item) record.Unit {
	out := record.Unit{UUID: u.UUID, IMEI: u.IMEI}
	for _, i := range items {
		if i.Slot.Kind == cred.DeviceIDKey && i.Slot.SecTag.Reserved() {
			out.Key = i.SHA256
		}
	}
	return out
}

// Modem is the digest of the modem's own identity key as it lists it, else of its UUID, else zero.
func Modem(u device.Identity, items []device.Item) cred.Digest {
	if s := Seen(u, items); !s.Key.IsZero() || s.UUID == "" {
		return s.Key
	}
	return cred.Sum([]byte(u.UUID))
}
