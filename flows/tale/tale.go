// Package tale is what the ledger tells of one unit, for a person who has it in hand. It decides nothing.
package tale

import "example.org/sectag/cred"

// Tale is what the ledger tells of a unit in service.
type Tale struct {
	Records      []Record      `json:"records"`           // of this unit, the newest first
	Certificates []Certificate `json:"certificates"`      // that they name, the newest first
	Trouble      string        `json:"trouble,omitempty"` // why the unit was not held against the profile
	Slots        []Slot        `json:"slots"`             // what the modem lists beside its own
}

// Record is one record in a line.
type Record struct {
	Record  string `json:"record"`
	Time    string `json:"time"`
	Kind    string `json:"kind"`
	Verdict string `json:"verdict"`
	Product string `json:"product,omitempty"`
	Station string `json:"station,omitempty"`
}

// Certificate is a certificate that the unit was given.
type Certificate struct {
	Serial   string `json:"serial"`
	NotAfter string `json:"not_after,omitempty"`
	Record   string `json:"record"`            // that names it; of a revocation that was made just now, the revocation's
	Revoked  string `json:"revoked,omitempty"` // why it is to be believed no more; empty: it is believed
	Ours     bool   `json:"ours,omitempty"`    // the authority that is named here signed it, and can revoke it
}

// Slot is what the ledger tells of what a slot holds.
type Slot struct {
	Slot     cred.Slot `json:"slot"`
	State    string    `json:"state"`            // current, superseded, revoked, expired, ends soon, or not ours
	Record   string    `json:"record,omitempty"` // that put it there
	Time     string    `json:"time,omitempty"`   // of that record
	NotAfter string    `json:"not_after,omitempty"`
	Origin   string    `json:"origin,omitempty"` // of a key: host or modem
}

// Of is what the ledger tells of a slot; nil where it tells nothing.
func (p *Tale) Of(at cred.Slot) *Slot {
	for i := range p.Slots {
		if s := &p.Slots[i]; s.Slot == at {
			return s
		}
	}
	return nil
}

// Revocable are the serials of the certificates that a retirement revokes.
func (p *Tale) Revocable() (out []Certificate) {
	if p == nil {
		return nil
	}
	for _, c := range p.Certificates {
		if c.Ours && c.Revoked == "" {
			out = append(out, c)
		}
	}
	return out
}
