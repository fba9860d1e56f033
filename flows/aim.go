package flows

// Aim is what a plan is for. All but the first are of a bench in service.
type Aim uint8

// The aims.
const (
	ForProfile    Aim = iota // what differs from the profile is put right
	ForRenewal               // a new identity: every planned slot is made new, although it is current
	ForRetirement            // what our records put there goes, and what would let the unit log in under the profile's tags
)

var aimNames = [...]string{"profile", "renew", "retire"}

// String is the aim's name.
func (a Aim) String() string { return name(aimNames[:], a) }

// MarshalText writes the aim's name.
func (a Aim) MarshalText() ([]byte, error) { return write(aimNames[:], a) }

// UnmarshalText reads the aim's name.
func (a *Aim) UnmarshalText(b []byte) error { return read(aimNames[:], a, b) }

// PastFacts is what the ledger tells of a unit in service.
type PastFacts struct {
	Records      []RecordFacts `json:"records"`      // of this unit, the newest first
	Certificates []GivenFacts  `json:"certificates"` // that they name, the newest first
}

// RecordFacts is one record in a line.
type RecordFacts struct {
	Record  string `json:"record"`
	Time    string `json:"time"`
	Kind    string `json:"kind"`
	Verdict string `json:"verdict"`
	Product string `json:"product,omitempty"`
	Station string `json:"station,omitempty"`
}

// GivenFacts is a certificate that the unit was given.
type GivenFacts struct {
	Serial   string `json:"serial"`
	NotAfter string `json:"not_after,omitempty"`
	Record   string `json:"record"`            // that names it; of a revocation that was made just now, the revocation's
	Revoked  string `json:"revoked,omitempty"` // why it is to be believed no more; empty: it is believed
	Ours     bool   `json:"ours,omitempty"`    // the authority that is named here signed it, and can revoke it
}

// SlotPast is what the ledger tells of what a slot holds.
type SlotPast struct {
	State    string `json:"state"`            // current, superseded, revoked, expired, ends soon, or not ours
	Record   string `json:"record,omitempty"` // that put it there
	Time     string `json:"time,omitempty"`   // of that record
	NotAfter string `json:"not_after,omitempty"`
	Origin   string `json:"origin,omitempty"` // of a key: host or modem
}

// Revocable are the serials of the certificates that a retirement revokes.
func (p *PastFacts) Revocable() (out []GivenFacts) {
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
