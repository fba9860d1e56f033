package office

import (
	"context"
	"crypto/x509"
	"fmt"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
	"example.org/sectag/ledger/record"
)

// SignOrder asks for a certificate for a key that somebody else holds.
type SignOrder struct {
	Signer
	Unit        // IMEI may be 0: the request's name tells it then
	CSR  string // file
	Out  string // new file for the certificate; "" writes none
}

// Signed is what came of it.
type Signed struct {
	Out         string
	IMEI        cred.IMEI
	KeyOrigin   string // "modem" where its statement about the key is there, else "imported": nobody here knows
	Certificate ca.Certificate
	Record      string // "" without a ledger
	Findings    []cred.Finding
}

// Sign signs a certificate for the key of a request. The name comes from the unit and not from the request. Faults: those of ReadRequest
// and ca.Authority.Issue; ca.exists; ca.compromised-key; ledger.bound; usage.flag (no unit, or two).
func (o Office) Sign(ctx context.Context, s SignOrder) (Signed, error) {
	if s.Out != "" {
		if err := taken(s.Out); err != nil {
			return Signed{}, err
		}
	}
	file, err := atomicfile.Read(s.CSR, maxRequest)
	if err != nil {
		return Signed{}, cred.Because(err, "config.file", "the request "+s.CSR+" cannot be read", "name the file of the certificate request")
	}
	csr, err := ReadRequest(file)
	if err != nil {
		return Signed{}, err
	}
	if s.IMEI, err = csr.whose(s.IMEI, s.ID); err != nil {
		return Signed{}, err
	}
	a, err := o.open(ctx, s.Signer)
	if err != nil {
		return Signed{}, err
	}
	defer a.Lock()
	if err := apart(csr.SPKI, a.Root); err != nil {
		return Signed{}, err
	}
	done, err := o.lease(ctx, s.IMEI)
	if err != nil {
		return Signed{}, err
	}
	defer done()
	out := Signed{Out: s.Out, IMEI: s.IMEI, Findings: append(evidence.Notes(s.IMEI), a.Findings()...)}
	again, err := o.heard(ctx, csr)
	if err != nil {
		return Signed{}, err
	}
	out.Findings = append(out.Findings, again...)
	r := record.Record{Kind: record.Issue, IMEI: s.IMEI}
	if csr.Statement != nil {
		r.Unit.UUID = csr.Statement.UUID
	}
	if out.Certificate, err = o.certify(ctx, a, s.Unit, r.Seen(), ca.Request{Public: csr.Public}, csr.SPKI); err != nil {
		return Signed{}, err
	}
	if err := csr.Prove(out.Certificate); err != nil {
		return Signed{}, err
	}
	r.Verdict, r.Findings, r.Bench = cred.Judge(out.Findings), out.Findings, evidence.Bench(o.Tool, out.Certificate.Clock)
	r.Cert, r.Authority = evidence.Certificate(out.Certificate, a.Root), evidence.Authority(a, a.Root)
	r.KeyOrigin, r.Key = csr.origin()
	out.KeyOrigin = r.KeyOrigin
	if out.Record, err = o.write(ctx, r); err != nil {
		return Signed{}, err
	}
	return out, out.save()
}

// apart refuses the key of the authority, or of one above it, as a unit's: whoever has that unit's key would be the authority.
func apart(spki cred.Digest, by ca.Root) error {
	for _, c := range append([]*x509.Certificate{by.Cert}, by.Chain...) {
		if cred.Sum(c.RawSubjectPublicKeyInfo) == spki {
			return cred.Failed("ca.csr", "the certificate request is refused: its key is that of the authority "+by.File, "have the unit make a key of its own; if it does hold this one, make another authority")
		}
	}
	return nil
}

// maxRequest is more than a transcript around a request has.
const maxRequest = 1 << 20

// save writes the certificate. It is in the ledger by then, where there is one.
func (s Signed) save() error {
	if s.Out == "" {
		return nil
	}
	if err := atomicfile.Create(s.Out, []byte(s.Certificate.PEM), 0o644); err != nil {
		hint := "name a file that is not there yet, in a folder that you may write to, and sign again"
		if s.Record != "" {
			hint = fmt.Sprintf("it is signed and in the ledger: sectag ledger show %s has it as certificate.pem", s.Record)
		}
		return cred.Because(err, "config.file", "the certificate cannot be written to "+s.Out, hint)
	}
	return nil
}

// heard warns of a key that has a certificate already. To renew it is no harm; that a unit gets a new key with it is better. A key whose
// certificate was revoked because somebody else has it gets no other: ca.compromised-key.
func (o Office) heard(ctx context.Context, r Request) ([]cred.Finding, error) {
	if o.Ledger == nil {
		return nil, nil
	}
	rec, known, err := o.Ledger.Holder(ctx, record.Binding{What: record.BindSPKI, Value: r.SPKI.String()})
	if err != nil || !known {
		return nil, err
	}
	if err := o.sound(ctx, rec, r.SPKI); err != nil {
		return nil, err
	}
	return []cred.Finding{{
		Code: "ca.same-key", Severity: cred.Warning, Text: "the key of this request has a certificate already, by record " + rec,
		Hint: "have the unit make a new key and request, unless it is to keep this one",
	}}, nil
}

// sound refuses a key of which the ledger says, by the history of the unit that had it first, that it is compromised.
func (o Office) sound(ctx context.Context, rec string, spki cred.Digest) error {
	first, _, err := o.Ledger.Show(ctx, rec)
	if err != nil {
		return err
	}
	list, err := o.Ledger.History(ctx, first.Seen(), most)
	if err != nil {
		return err
	}
	had := map[string]bool{}
	for _, r := range list {
		if r.Cert != nil && r.Cert.SPKI == spki {
			had[r.Cert.Serial] = true
		}
	}
	for _, r := range list {
		if r.Revoked != nil && r.Revoked.Reason == "keyCompromise" && had[r.Revoked.Serial] {
			return cred.Failed("ca.compromised-key", "the key of this request is compromised: record "+r.ID+" revokes its certificate for that", "have the unit make a new key and request")
		}
	}
	return nil
}

// origin says of the key what can be known of it here. That a modem made it is what its statement says, which names this request; the
// statement's own signature nobody can verify who has not got the modem's public identity key.
func (r Request) origin() (string, *record.Key) {
	k := &record.Key{Origin: "imported", Algorithm: "EC P-256", StrengthBits: 128, Table: "NIST SP 800-57 part 1, table 2", SPKI: r.SPKI, CSR: r.SHA256, Proof: "csr"}
	if r.Statement == nil {
		return "imported", k
	}
	k.Origin, k.Generator, k.HostCopy = "modem-keygen", "%KEYGEN", "never"
	k.Attestation, k.Statement, k.Freshness = r.Statement.SHA256, "digest", "none"
	return "modem", k
}
