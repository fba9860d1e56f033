package office

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

// Order asks for a certificate and key in files, for a unit that is not at this bench.
type Order struct {
	Cert, Key  string // the authority's certificate, and its key as package keyuri finds it
	Passphrase []byte // of its key, or the PIN of its token; the caller clears it
	IMEI       cred.IMEI
	ID         cred.Template
	Profile    lint.Profile // of the certificate
	Days       int
	Until      bool
	Dir        string
	Encrypt    []byte // passphrase of the unit's key; nil leaves it in clear
}

// Issue makes a unit's key and certificate and writes both to a folder, or nothing. With a ledger an identity that is another
// unit's is refused and what was signed is recorded.
func Issue(ctx context.Context, o Order, l *ledger.Store, tool evidence.Tool, now func() time.Time) (ca.Issued, error) {
	for _, ext := range []string{".crt", ".key"} {
		if f := filepath.Join(o.Dir, o.IMEI.String()+ext); exists(f) {
			return ca.Issued{}, cred.Failed("ca.exists", f+" is already there and is not overwritten", "choose another folder, or move the old file away first")
		}
	}
	root, err := ca.Load(o.Cert, now())
	if err != nil {
		return ca.Issued{}, err
	}
	auth, err := keyuri.Open(root, o.Key, o.Passphrase)
	if err != nil {
		return ca.Issued{}, err
	}
	defer auth.Lock()
	key, err := ca.NewKey()
	if err != nil {
		return ca.Issued{}, err
	}
	defer key.Clear()
	name := o.ID.Name(o.IMEI)
	clock := ca.Clock{Now: now(), Build: tool.Built}
	serial := ca.NewSerial()
	if l != nil {
		if err := l.Lease(ctx, "", o.IMEI); err != nil {
			return ca.Issued{}, err
		}
		defer l.Release(context.WithoutCancel(ctx), "", o.IMEI)
		if clock.NewestRecord, err = claim(ctx, l.Reader, o.IMEI, name, key); err != nil {
			return ca.Issued{}, err
		}
	}
	cert, err := auth.Issue(ca.Request{Name: name, Profile: o.Profile, Device: o.IMEI.String(), Public: key.Public(), Serial: serial, Days: o.Days, UntilIssuer: o.Until, Clock: clock})
	if err != nil {
		return ca.Issued{}, err
	}
	if err := key.Prove(cert); err != nil {
		return ca.Issued{}, err
	}
	found := append(evidence.Notes(o.IMEI), auth.Findings()...)
	r := signed(o, cert, auth, tool, found)
	if err := note(ctx, l, r, now()); err != nil {
		return ca.Issued{}, err
	}
	issued, err := ca.WriteUnit(ca.UnitOptions{Dir: o.Dir, IMEI: o.IMEI, Certificate: cert, Key: key, Passphrase: o.Encrypt})
	if err != nil {
		return ca.Issued{}, errors.Join(err, note(ctx, l, lost(r, err), now()))
	}
	issued.Findings = append(found, issued.Findings...)
	return issued, nil
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// claim refuses what another unit has, and tells the newest time in the ledger.
func claim(ctx context.Context, l *ledger.Reader, imei cred.IMEI, name string, key *ca.Key) (time.Time, error) {
	spki, err := digest(key)
	if err != nil {
		return time.Time{}, err
	}
	if err := past.Free(ctx, l, record.Unit{IMEI: imei}, name, spki); err != nil {
		return time.Time{}, err
	}
	return past.Newest(ctx, l)
}

// digest is that of a key's public half.
func digest(key *ca.Key) (cred.Digest, error) {
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return cred.Digest{}, fmt.Errorf("reading the new key's public half: %w", err)
	}
	return cred.Sum(der), nil
}

// signed is the record of what was signed. It is written before the files are: what is signed is bound, whatever becomes of them.
func signed(o Order, c ca.Certificate, auth *ca.Authority, tool evidence.Tool, found []cred.Finding) record.Record {
	return record.Record{
		Kind: record.Issue, Verdict: cred.Judge(found), IMEI: o.IMEI, KeyOrigin: "host", Findings: found,
		Bench: evidence.Bench(tool, c.Clock), Cert: evidence.Certificate(c, auth.Root), Authority: evidence.Authority(auth, auth.Root),
		Key: evidence.HostKey(c.SPKI, "kept"),
	}
}

// lost is the record of a certificate that was signed and that nobody got: its files could not be written, and its key is gone.
func lost(r record.Record, why error) record.Record {
	return record.Record{
		Kind: record.Issue, Verdict: cred.Fail, IMEI: r.IMEI, Bench: r.Bench, Authority: r.Authority, Findings: r.Findings,
		Abandoned: []string{r.Cert.Serial}, Failure: cred.AsFault(why),
	}
}

// note writes a record, if there is a ledger.
func note(ctx context.Context, l *ledger.Store, r record.Record, now time.Time) error {
	if l == nil {
		return nil
	}
	r.Time = record.Stamp(now)
	_, err := l.Record(ctx, r)
	return err
}
