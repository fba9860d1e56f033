package office

import (
	"context"
	"crypto/x509"
	"fmt"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/ca"
	"example.org/sectag/ca/revoke"
	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// RevokeOrder names what is to be believed no more: one certificate, or all that this authority gave a unit.
type RevokeOrder struct {
	Signer
	Serial  string    // lower-case hex; "" for all of IMEI
	IMEI    cred.IMEI // with Serial: the unit of a certificate that the ledger does not know
	Reason  revoke.Reason
	Unknown bool // revoke Serial though the ledger does not know it
}

// Revoked is one certificate that is on the authority's next list.
type Revoked struct {
	Serial  string    `json:"serial"`
	IMEI    cred.IMEI `json:"imei,omitzero"`
	Reason  string    `json:"reason"`
	Time    string    `json:"time"`
	Record  string    `json:"record"`
	Already bool      `json:"already"` // it was revoked before, and this is how
}

// given is a certificate of this authority, and whose it is.
type given struct {
	serial string
	imei   cred.IMEI
	unit   record.Identity
}

// Revoke records that certificates are to be believed no more. Nothing is signed: the next list says it. The authority's key is opened all
// the same, so that only who can sign can revoke. One that was revoked before stays as it was. Faults: config.value (no ledger),
// ca.unknown-serial, usage.flag, those of opening the authority.
func (o Office) Revoke(ctx context.Context, v RevokeOrder) ([]Revoked, error) {
	if err := o.needLedger(); err != nil {
		return nil, err
	}
	a, err := o.open(ctx, v.Signer)
	if err != nil {
		return nil, err
	}
	defer a.Lock()
	source, err := o.believed(ctx, a.Root)
	if err != nil {
		return nil, err
	}
	issuer := cred.Sum(a.PEM)
	which, err := o.which(ctx, v, issuer, a.Root)
	if err != nil {
		return nil, err
	}
	done, err := o.lease(ctx, which[0].imei)
	if err != nil {
		return nil, err
	}
	defer done()
	return o.end(ctx, a, source, which, v.Reason)
}

// believed doubts the clock, and tells what it was held against.
func (o Office) believed(ctx context.Context, by ca.Root) (string, error) {
	clock, err := o.clock(ctx)
	if err != nil {
		return "", err
	}
	clock.Authority = by.Cert.NotBefore
	return ca.DoubtClock(clock)
}

// Holder is a unit whose certificates are revoked.
type Holder struct {
	IMEI cred.IMEI
	Unit record.Identity
}

// End is Revoke with an authority that was opened before, for certificates of a unit that the caller holds against other stations.
// Faults: config.value (no ledger), those of the clock.
func (o Office) End(ctx context.Context, by *ca.Authority, h Holder, serials []string, reason revoke.Reason) ([]Revoked, error) {
	if err := o.needLedger(); err != nil {
		return nil, err
	}
	source, err := o.believed(ctx, by.Root)
	if err != nil {
		return nil, err
	}
	var which []given
	for _, s := range serials {
		which = append(which, given{s, h.IMEI, h.Unit})
	}
	return o.end(ctx, by, source, which, reason)
}

// end records the revocations that were not recorded before.
func (o Office) end(ctx context.Context, a *ca.Authority, source string, which []given, reason revoke.Reason) ([]Revoked, error) {
	issuer := cred.Sum(a.PEM)
	before, err := o.revoked(ctx, issuer)
	if err != nil {
		return nil, err
	}
	out := []Revoked{}
	for _, c := range which {
		if r, known := before[c.serial]; known {
			out = append(out, Revoked{c.serial, r.IMEI, r.Revoked.Reason, r.Revoked.Time, r.ID, true})
			continue
		}
		now := record.Stamp(o.Now())
		id, err := o.write(ctx, record.Record{
			Kind: record.Revocation, Verdict: cred.Pass, IMEI: c.imei, Unit: c.unit, Bench: evidence.Bench(o.Tool, source), Authority: evidence.Authority(a, a.Root),
			Revoked: &record.Revoked{Serial: c.serial, Issuer: issuer, Reason: string(reason), Time: now},
		})
		if err != nil {
			return out, err
		}
		out = append(out, Revoked{c.serial, c.imei, string(reason), now, id, false})
	}
	return out, nil
}

// which finds the certificates, at least one.
func (o Office) which(ctx context.Context, v RevokeOrder, issuer cred.Digest, by ca.Root) ([]given, error) {
	if v.Serial == "" {
		return o.allOf(ctx, v.IMEI, issuer, by)
	}
	id, found, err := o.Ledger.Holder(ctx, record.Binding{What: record.BindSerial, Value: v.Serial})
	if err != nil {
		return nil, err
	}
	if found {
		r, _, err := o.Ledger.Show(ctx, id)
		if err != nil {
			return nil, err
		}
		if signedBy(r.Cert, issuer, by) {
			return []given{{v.Serial, r.IMEI, r.Unit}}, nil
		}
		return nil, cred.Failed("ca.unknown-serial", fmt.Sprintf("the certificate %s of record %s was signed by another authority", v.Serial, id),
			"name that authority's certificate and key; sectag ledger show "+id+" tells which it is")
	}
	if !v.Unknown || v.IMEI == 0 {
		return nil, cred.Failed("ca.unknown-serial", "the ledger knows no certificate "+v.Serial+" of "+by.File,
			"compare it with sectag ca show --cert UNIT.crt; to revoke one that was never recorded write --unknown and --imei N, whose unit has it")
	}
	return []given{{serial: v.Serial, imei: v.IMEI}}, nil
}

// signedBy tells whether an authority signed a recorded certificate. Of one that came from a file (slots write) the record does not say
// who did: its signature tells.
func signedBy(c *record.Certificate, issuer cred.Digest, by ca.Root) bool {
	if c == nil || !c.IssuerSHA.IsZero() {
		return c != nil && c.IssuerSHA == issuer
	}
	for _, b := range cred.Blocks([]byte(c.PEM)) {
		if x, err := x509.ParseCertificate(b.Bytes); err == nil {
			return x.CheckSignatureFrom(by.Cert) == nil
		}
	}
	return false
}

// most bounds how many records of a unit are looked through.
const most = 10000

// allOf are all certificates that this authority gave a unit, the newest first.
func (o Office) allOf(ctx context.Context, imei cred.IMEI, issuer cred.Digest, by ca.Root) ([]given, error) {
	list, err := o.Ledger.History(ctx, record.Unit{IMEI: imei}, most)
	if err != nil {
		return nil, err
	}
	var out []given
	seen := map[string]bool{}
	for _, r := range list {
		if !signedBy(r.Cert, issuer, by) || seen[r.Cert.Serial] {
			continue
		}
		seen[r.Cert.Serial] = true
		out = append(out, given{r.Cert.Serial, r.IMEI, r.Unit})
	}
	if len(out) == 0 {
		return nil, cred.Failed("ca.unknown-serial", fmt.Sprintf("the ledger knows no certificate of %s that the unit %s got", by.File, imei),
			"see sectag ledger list --imei "+imei.String()+"; another authority may have signed it")
	}
	return out, nil
}

// revoked are the revocations of an authority by serial, each as it was recorded first.
func (o Office) revoked(ctx context.Context, issuer cred.Digest) (map[string]record.Record, error) {
	all, err := o.Ledger.Revocations(ctx)
	out := map[string]record.Record{}
	for _, r := range all {
		if r.Revoked == nil || r.Revoked.Issuer != issuer {
			continue
		}
		if _, twice := out[r.Revoked.Serial]; !twice {
			out[r.Revoked.Serial] = r
		}
	}
	return out, err
}
