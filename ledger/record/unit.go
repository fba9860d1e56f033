package record

import (
	"fmt"
	"strconv"

	"example.org/sectag/cred"
)

// Unit is what a device can be recognised by: the listed digest of its identity key (%CMNG type 6), its device UUID, its
// IMEI. What the modem does not tell is zero. It is comparable, but == is not sameness: ask Same.
type Unit struct {
	Key  cred.Digest
	UUID string // lower case
	IMEI cred.IMEI
}

// Same tells whether two sights are of the same unit: the strongest thing that both tell decides. A unit that listed no
// identity key under an old firmware is thus still itself after an update, and two modems with a cloned IMEI are two.
func (u Unit) Same(o Unit) bool {
	switch {
	case !u.Key.IsZero() && !o.Key.IsZero():
		return u.Key == o.Key
	case u.UUID != "" && o.UUID != "":
		return u.UUID == o.UUID
	}
	return u.IMEI != 0 && u.IMEI == o.IMEI
}

// Merge adds what o tells and u does not know; a newer IMEI takes the place of the older.
func (u Unit) Merge(o Unit) Unit {
	if u.Key.IsZero() {
		u.Key = o.Key
	}
	if u.UUID == "" {
		u.UUID = o.UUID
	}
	if o.IMEI != 0 {
		u.IMEI = o.IMEI
	}
	return u
}

// Name is what the ledger calls a unit that it sees for the first time; a unit keeps its first name. Empty if nothing is known.
// Where the name is taken (by a unit that was seen under this IMEI and has another by now), Renamed makes one.
func (u Unit) Name() string {
	switch {
	case !u.Key.IsZero():
		return "key:" + u.Key.String()
	case u.UUID != "":
		return "uuid:" + u.UUID
	case u.IMEI != 0:
		return "imei:" + u.IMEI.String()
	}
	return ""
}

// Renamed is the name of a unit whose own name another has; id is the record that sees it first.
func Renamed(name string, id int64) string { return name + "#" + strconv.FormatInt(id, 10) }

// ShortName writes a unit's name as a screen has it.
func ShortName(unit string) string {
	if len(unit) > 60 {
		return unit[:12] + "…" + unit[len(unit)-4:]
	}
	return unit
}

// Seen is the unit that a record is about.
func (r Record) Seen() Unit { return Unit{Key: r.Unit.Key, UUID: r.Unit.UUID, IMEI: r.IMEI} }

// Known is a unit as the ledger has it.
type Known struct {
	Unit
	Name string
	Last int64 // index of the newest record about it
}

// Choose finds the unit that is seen among those the ledger knows, or -1. The order of evidence is identity key, UUID, IMEI;
// among several that only share the IMEI the one that it is bound to (holder, may be empty) wins, then the one seen last.
func Choose(seen Unit, known []Known, holder string) int {
	best, bestRank := -1, 0
	for i, k := range known {
		if !seen.Same(k.Unit) {
			continue
		}
		rank := 1
		switch {
		case !seen.Key.IsZero() && seen.Key == k.Key:
			rank = 4
		case seen.UUID != "" && seen.UUID == k.UUID:
			rank = 3
		case k.Name == holder:
			rank = 2
		}
		if rank > bestRank || rank == bestRank && k.Last > known[best].Last {
			best, bestRank = i, rank
		}
	}
	return best
}

// What names a kind of thing that belongs to one unit only.
type What string

// The things that are bound.
const (
	BindIMEI   What = "imei"
	BindName   What = "name"   // common name, LwM2M endpoint name, PSK identity: one template writes all three
	BindSPKI   What = "spki"   // SHA-256 of the public key
	BindPSK    What = "psk"    // SHA-256 of the PSK as the modem lists it
	BindSerial What = "serial" // of a certificate
)

// Binding is one thing that belongs to one unit.
type Binding struct {
	What  What
	Value string
}

// Valid tells what is wrong with a binding, if anything.
func (b Binding) Valid() error {
	ok := false
	switch b.What {
	case BindIMEI:
		_, err := cred.ParseIMEI(b.Value)
		ok = err == nil
	case BindName:
		_, err := grammar("own", b.Value)
		ok = err == nil && b.Value != ""
	case BindSPKI, BindPSK:
		ok = len(b.Value) == 64 && every(b.Value, isHex)
	case BindSerial:
		_, err := grammar("serial", b.Value)
		ok = err == nil && b.Value != ""
	}
	if !ok {
		return fmt.Errorf("%q is no %s that can be bound", b.Value, b.What)
	}
	return nil
}

// String says what it is as a person reads it.
func (b Binding) String() string {
	switch b.What {
	case BindIMEI:
		return "the IMEI " + b.Value
	case BindName:
		return "the name " + b.Value
	case BindSPKI:
		return "the public key " + b.Value[:min(8, len(b.Value))]
	case BindPSK:
		return "the PSK with digest " + b.Value[:min(8, len(b.Value))]
	case BindSerial:
		return "the certificate serial " + b.Value
	}
	return string(b.What) + " " + b.Value
}

// Bindings is what a record claims for its unit: everything that a certificate, a key or a PSK names. A record without any
// (a check, a failure before signing) claims nothing, so a refused unit can still be recorded as refused.
func (r Record) Bindings() []Binding {
	var out []Binding
	add := func(w What, v string) {
		b := Binding{What: w, Value: v}
		for _, o := range out {
			if o == b {
				return
			}
		}
		if v != "" {
			out = append(out, b)
		}
	}
	claims := r.Cert != nil || r.Key != nil && !(r.Key.PSK.IsZero() && r.Key.SPKI.IsZero())
	if !claims {
		return nil
	}
	add(BindIMEI, r.IMEI.String())
	if c := r.Cert; c != nil {
		add(BindName, c.Name)
		add(BindSPKI, c.SPKI.String())
		add(BindSerial, c.Serial)
	}
	if k := r.Key; k != nil {
		add(BindSPKI, k.SPKI.String())
		add(BindPSK, k.PSK.String())
		add(BindName, k.PSKIdentity)
	}
	return out
}
