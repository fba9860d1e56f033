// Package office is what an authority does for units that are not at a bench: a certificate and key in files, a certificate for a request
// that came from elsewhere, a file that the firm's own firmware writes into the modem, and the end of a certificate's validity. Where there
// is a ledger nothing is signed for an identity that is another unit's, and everything is recorded.
//
// Read office.go first: what all of it is done with. Then issue.go (files), sign.go and request.go (a request), bundle.go (a file of
// commands or buffers), revoke.go and list.go (the end).
package office

import (
	"context"
	"time"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/past"
	"example.org/sectag/ca"
	"example.org/sectag/ca/keyuri"
	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// Office is where it is done.
type Office struct {
	Ledger *ledger.Store // nil: nothing is recorded, and nobody else's identity is known
	Tool   evidence.Tool
	Now    func() time.Time
}

// Signer names the authority. Its passphrase stays the caller's to clear.
type Signer struct {
	Cert, Key  string // the certificate, and the key as package keyuri finds it
	Passphrase []byte // of the key, or the PIN of its token
}

// Unit says for whom a certificate is, and for how long.
type Unit struct {
	IMEI  cred.IMEI
	ID    cred.Template
	For   lint.Profile // whom the certificate is for
	Days  int
	Until bool // live as long as the authority
}

// open opens the authority for one act, which ends with ctx.
func (o Office) open(ctx context.Context, s Signer) (*ca.Authority, error) {
	root, err := ca.Load(s.Cert, o.Now())
	if err != nil {
		return nil, err
	}
	return keyuri.Open(ctx, root, s.Key, s.Passphrase)
}

// lease holds a unit against other stations; done lets it go. Without a ledger there is nobody to hold it against.
func (o Office) lease(ctx context.Context, imei cred.IMEI) (done func(), err error) {
	if o.Ledger == nil {
		return func() {}, nil
	}
	if err := o.Ledger.Lease(ctx, "", imei); err != nil {
		return nil, err
	}
	return func() { o.Ledger.Release(context.WithoutCancel(ctx), "", imei) }, nil
}

// clock is what is known about the time.
func (o Office) clock(ctx context.Context) (ca.Clock, error) {
	c := ca.Clock{Now: o.Now(), Build: o.Tool.Built}
	if o.Ledger == nil {
		return c, nil
	}
	var err error
	c.NewestRecord, err = past.Newest(ctx, o.Ledger.Reader)
	return c, err
}

// admit refuses an identity that is another unit's.
func (o Office) admit(ctx context.Context, unit record.Unit, name string, spki cred.Digest) error {
	if o.Ledger == nil {
		return nil
	}
	return past.Free(ctx, o.Ledger.Reader, unit, name, spki)
}

// certify signs a certificate for a key, once nobody else can have what it says.
func (o Office) certify(ctx context.Context, a *ca.Authority, u Unit, seen record.Unit, q ca.Request, spki cred.Digest) (ca.Certificate, error) {
	q.Name, q.Profile, q.Device, q.Serial = u.ID.Name(u.IMEI), u.For, u.IMEI.String(), ca.NewSerial()
	q.Days, q.UntilIssuer = u.Days, u.Until
	if err := o.admit(ctx, seen, q.Name, spki); err != nil {
		return ca.Certificate{}, err
	}
	var err error
	if q.Clock, err = o.clock(ctx); err != nil {
		return ca.Certificate{}, err
	}
	return a.Issue(q)
}

// write writes a record, if there is a ledger, and tells its name.
func (o Office) write(ctx context.Context, r record.Record) (string, error) {
	if o.Ledger == nil {
		return "", nil
	}
	r.Time = record.Stamp(o.Now())
	w, err := o.Ledger.Record(ctx, r)
	return w.ID, err
}

// needLedger refuses what only a ledger can remember.
func (o Office) needLedger() error {
	if o.Ledger != nil {
		return nil
	}
	return cred.Failed("config.value", "no ledger is named, and revocations are kept in it", "give --ledger sqlite:ledger.db, or a profile with [ledger]")
}

// taken refuses to write over a file.
func taken(file string) error {
	if !exists(file) {
		return nil
	}
	return isTaken(file, nil)
}

func isTaken(file string, err error) error {
	return cred.Because(err, "ca.exists", file+" is already there and is not overwritten", "name another file, or move the old one away first")
}
