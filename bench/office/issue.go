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
	"example.org/sectag/ca"
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

// Issued is what came of it.
type Issued struct {
	ca.Issued
	Record string `json:"record,omitempty"` // "" without a ledger
}

// Issue makes a unit's key and certificate and writes both to a folder, or nothing. With a ledger an identity that is another
// unit's is refused and what was signed is recorded.
func Issue(ctx context.Context, o Order, l *ledger.Store, tool evidence.Tool, now func() time.Time) (Issued, error) {
	for _, ext := range []string{".crt", ".key"} {
		if f := filepath.Join(o.Dir, o.IMEI.String()+ext); exists(f) {
			return Issued{}, cred.Failed("ca.exists", f+" is already there and is not overwritten", "choose another folder, or move the old file away first")
		}
	}
	f := Office{Ledger: l, Tool: tool, Now: now}
	auth, err := f.open(ctx, Signer{Cert: o.Cert, Key: o.Key, Passphrase: o.Passphrase})
	if err != nil {
		return Issued{}, err
	}
	defer auth.Lock()
	key, err := ca.NewKey()
	if err != nil {
		return Issued{}, err
	}
	defer key.Clear()
	spki, err := digest(key)
	if err != nil {
		return Issued{}, err
	}
	done, err := f.lease(ctx, o.IMEI)
	if err != nil {
		return Issued{}, err
	}
	defer done()
	unit := Unit{IMEI: o.IMEI, ID: o.ID, For: o.Profile, Days: o.Days, Until: o.Until}
	cert, err := f.certify(ctx, auth, unit, record.Unit{IMEI: o.IMEI}, ca.Request{Public: key.Public()}, spki)
	if err != nil {
		return Issued{}, err
	}
	if err := key.Prove(cert); err != nil {
		return Issued{}, err
	}
	found := append(evidence.Notes(o.IMEI), auth.Findings()...)
	r := signed(o, cert, auth, tool, found)
	written, err := f.write(ctx, r)
	if err != nil {
		return Issued{}, err
	}
	issued, err := ca.WriteUnit(ca.UnitOptions{Dir: o.Dir, IMEI: o.IMEI, Certificate: cert, Key: key, Passphrase: o.Encrypt})
	if err != nil {
		_, also := f.write(ctx, lost(r, err))
		return Issued{}, errors.Join(err, also)
	}
	issued.Findings = append(found, issued.Findings...)
	return Issued{issued, written}, nil
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
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
