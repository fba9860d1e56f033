package flows

import (
	"encoding/json"
	"fmt"
)

// The names that the enums have in the journal. They are never changed; new ones go to the end.
var (
	screenNames  = [...]string{"authority", "port", "unit", "credentials", "endpoint", "connection", "record"}
	holdingNames = [...]string{"empty", "current", "ours", "foreign"}
	opNames      = [...]string{"keep", "write", "delete", "make"}
	trustNames   = [...]string{"none", "file", "given", "bundle", "first-use"}
	outcomeNames = [...]string{"none", "pass", "warn", "fail"}
)

// String is the screen's name.
func (s Screen) String() string { return name(screenNames[:], s) }

// MarshalText writes the screen's name.
func (s Screen) MarshalText() ([]byte, error) { return write(screenNames[:], s) }

// UnmarshalText reads the screen's name.
func (s *Screen) UnmarshalText(b []byte) error { return read(screenNames[:], s, b) }

// String is the holding's name.
func (h Holding) String() string { return name(holdingNames[:], h) }

// MarshalText writes the holding's name.
func (h Holding) MarshalText() ([]byte, error) { return write(holdingNames[:], h) }

// UnmarshalText reads the holding's name.
func (h *Holding) UnmarshalText(b []byte) error { return read(holdingNames[:], h, b) }

// String is the operation's name.
func (o Op) String() string { return name(opNames[:], o) }

// MarshalText writes the operation's name.
func (o Op) MarshalText() ([]byte, error) { return write(opNames[:], o) }

// UnmarshalText reads the operation's name.
func (o *Op) UnmarshalText(b []byte) error { return read(opNames[:], o, b) }

// String is the trust's name, the contract's except for "none".
func (t Trust) String() string { return name(trustNames[:], t) }

// MarshalText writes the trust's name.
func (t Trust) MarshalText() ([]byte, error) { return write(trustNames[:], t) }

// UnmarshalText reads the trust's name.
func (t *Trust) UnmarshalText(b []byte) error { return read(trustNames[:], t, b) }

// String is the outcome's name, the contract's verdict except for "none".
func (o Outcome) String() string { return name(outcomeNames[:], o) }

// MarshalText writes the outcome's name.
func (o Outcome) MarshalText() ([]byte, error) { return write(outcomeNames[:], o) }

// UnmarshalText reads the outcome's name.
func (o *Outcome) UnmarshalText(b []byte) error { return read(outcomeNames[:], o, b) }

func name[E ~uint8](names []string, e E) string {
	if int(e) < len(names) {
		return names[e]
	}
	return fmt.Sprintf("%d", uint8(e))
}

func write[E ~uint8](names []string, e E) ([]byte, error) {
	if int(e) >= len(names) {
		return nil, fmt.Errorf("%T %d has no name", e, uint8(e))
	}
	return []byte(names[e]), nil
}

func read[E ~uint8](names []string, e *E, b []byte) error {
	for i, n := range names {
		if n == string(b) {
			*e = E(i)
			return nil
		}
	}
	return fmt.Errorf("%q is no %T", b, *e)
}

// MarshalJSON writes the lines that count, as a list.
func (p Plan) MarshalJSON() ([]byte, error) {
	if p.N > MaxSlots {
		return nil, fmt.Errorf("a plan has at most %d slots, this has %d", MaxSlots, p.N)
	}
	return json.Marshal(p.Slots[:p.N])
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *Plan) UnmarshalJSON(b []byte) error {
	var lines []SlotPlan
	if err := json.Unmarshal(b, &lines); err != nil {
		return fmt.Errorf("reading a plan: %w", err)
	}
	if len(lines) > MaxSlots {
		return fmt.Errorf("a plan has at most %d slots, this has %d", MaxSlots, len(lines))
	}
	*p = Plan{N: uint8(len(lines))}
	copy(p.Slots[:], lines)
	return nil
}
