package ask

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/past"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// Order asks for a certificate and key in files, for a unit that is not at this bench.
type Order struct {
	Cert, Key  string // the authority's files
	Passphrase []byte // of its key; the caller clears it
	IMEI       cred.IMEI
	ID         cred.Template
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
	auth, err := root.Unlock(o.Key, o.Passphrase)
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
		if clock.NewestRecord, err = claim(ctx, l.Reader, o.IMEI, name, key); err != nil {
			return ca.Issued{}, err
		}
	}
	cert, err := auth.Issue(ca.Request{Name: name, Public: key.Public(), Serial: serial, Days: o.Days, UntilIssuer: o.Until, Clock: clock})
	if err != nil {
		return ca.Issued{}, err
	}
	if err := key.Prove(cert); err != nil {
		return ca.Issued{}, err
	}
	if l != nil {
		if err := recordIssue(ctx, l, o, cert, auth, tool, now()); err != nil {
			return ca.Issued{}, err
		}
	}
	issued, err := ca.WriteUnit(ca.UnitOptions{Dir: o.Dir, IMEI: o.IMEI, Certificate: cert, Key: key, Passphrase: o.Encrypt})
	issued.Findings = append(evidence.Notes(o.IMEI), issued.Findings...)
	return issued, err
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// claim refuses what another unit has, and tells the newest time in the ledger.
func claim(ctx context.Context, l *ledger.Reader, imei cred.IMEI, name string, key *ca.Key) (time.Time, error) {
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the new key's public half: %w", err)
	}
	if err := past.Free(ctx, l, record.Unit{IMEI: imei}, name, cred.Sum(der)); err != nil {
		return time.Time{}, err
	}
	return past.Newest(ctx, l)
}

func recordIssue(ctx context.Context, l *ledger.Store, o Order, c ca.Certificate, auth *ca.Authority, tool evidence.Tool, now time.Time) error {
	r := record.Record{
		Kind: record.Issue, Time: record.Stamp(now), Verdict: cred.Pass, IMEI: o.IMEI, KeyOrigin: "host",
		Bench: evidence.Bench(tool, c.Clock), Cert: evidence.Certificate(c, auth.Root), Authority: evidence.Authority(auth, auth.Root),
		Key: evidence.HostKey(c.SPKI, "kept"),
	}
	_, err := l.Record(ctx, r)
	return err
}
