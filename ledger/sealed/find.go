package sealed

import (
	"context"
	"errors"
	"fmt"

	"filippo.io/age"

	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// PSK is a unit's pre-shared key, still sealed.
type PSK struct {
	IMEI     cred.IMEI
	Identity string      // what the unit says that it is, by its PSK identity slot
	Record   string      // that says that the unit holds it
	SHA256   cred.Digest // as the modem lists it
	Sealed   string      // an age file in ASCII armor
}

// depth bounds how many records of a unit are looked at: what is older says nothing of what it holds.
const depth = 1000

// Find is the PSK that a unit holds, as far as the ledger knows: that of the newest record which found it in the unit, whatever else
// became of that run, a failed connection among it. Faults: psk.none, where none was ever found there; psk.in-doubt, where something
// was done to the slot since and nobody knows what it holds; those of the ledger.
func Find(ctx context.Context, l *ledger.Reader, unit record.Unit) (PSK, error) {
	list, err := l.History(ctx, unit, depth)
	if err != nil {
		return PSK{}, err
	}
	for _, r := range list {
		switch held(r) {
		case doubt:
			return PSK{}, cred.Failed("psk.in-doubt", fmt.Sprintf("the pre-shared key of %s was worked on in record %s, which does not say that the unit holds one of ours", name(unit), r.ID),
				"provision the unit again: it gets a new key")
		case holds:
			return read(ctx, l, r)
		}
	}
	return PSK{}, cred.Failed("psk.none", "the ledger knows no pre-shared key of "+name(unit), `only units that were provisioned with mode = "psk" have one; sectag ledger list shows the records`)
}

func name(u record.Unit) string {
	if u.IMEI != 0 {
		return u.IMEI.String()
	}
	return record.ShortName(u.Name())
}

// says is what a record tells of a unit's PSK.
type says uint8

const (
	nothing says = iota
	holds        // the unit holds the one that the record names
	doubt        // it was worked on, and is not known to be one that was sealed
)

func held(r record.Record) says {
	for _, s := range r.Slots {
		if s.Type != cred.PSK {
			continue
		}
		named := r.Key != nil && !r.Key.Sealed.IsZero() && s.SHA256 == r.Key.PSK
		switch {
		case named && (s.Action == "written" || s.Holds == "new"):
			return holds
		case s.Action == "kept" || s.Action == "absent" || s.Holds == "old" || s.Holds == "missing" && s.Delete == "" && s.Write == "":
		default:
			return doubt
		}
	}
	return nothing
}

// read finds the sealed text of a record's PSK in the journal of its run, and holds it against the record.
func read(ctx context.Context, l *ledger.Reader, r record.Record) (PSK, error) {
	kept, err := l.SealedPSK(ctx, r.Run, r.Key.PSK)
	if err != nil {
		return PSK{}, err
	}
	if cred.Sum([]byte(kept.Sealed)) != r.Key.Sealed {
		return PSK{}, broken(r.ID)
	}
	return PSK{IMEI: r.IMEI, Identity: r.Key.PSKIdentity, Record: r.ID, SHA256: r.Key.PSK, Sealed: kept.Sealed}, nil
}

func broken(id string) error {
	return cred.Failed("ledger.broken", "the sealed PSK of record "+id+" is not the one that the record names", "keep the file as it is, and run sectag ledger verify on a copy")
}

// Open decrypts a PSK: hex text, as the modem took it. Whoever asked clears it after use. Faults: psk.identity, where none of the
// identities is one that it was sealed to; ledger.broken, where it is not the PSK that the record names.
func (p PSK) Open(ids ...age.Identity) ([]byte, error) {
	psk, err := open(p.Sealed, ids)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, cred.Because(err, "psk.identity", "the pre-shared key of "+p.IMEI.String()+" cannot be opened with this identity",
			"it was sealed to the recipients of the profile of its day: sectag ledger show "+p.Record+" names the run; take the identity of one of them")
	}
	if err != nil || cred.Sum(psk) != p.SHA256 {
		clear(psk)
		return nil, broken(p.Record)
	}
	return psk, nil
}
