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
