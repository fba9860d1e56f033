package ca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"

	"example.org/sectag/cred"
)

// Rehearsal is what is known of a certificate before the key that it is for exists.
type Rehearsal struct {
	Longest []byte // PEM of this length: no certificate for this request is longer. It is filled with letters and is no certificate
	Clock   string // the clock's source
}

// Rehearse does all that Issue does but sign, for a unit whose key is still to be made in its modem: once that is made, nothing may
// be left that can be refused. Request.Public is not looked at. Faults: those of Issue.
func (a *Authority) Rehearse(q Request) (Rehearsal, error) {
	out, err := a.Root.Rehearse(q)
	if err == nil && a.Locked() {
		return Rehearsal{}, cred.Failed("ca.locked", "the authority is locked", "unlock it with its passphrase")
	}
	return out, err
}

// Rehearse is that of an authority which nobody unlocked: enough to know how long a certificate will be. Faults: those of Issue but
// ca.locked.
func (r Root) Rehearse(q Request) (Rehearsal, error) {
	a := &Authority{Root: r}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader) // stands in for the unit's key and for the authority's, and signs nothing that is kept
	if err != nil {
		return Rehearsal{}, fmt.Errorf("drawing a key for the rehearsal: %w", err)
	}
	q.Public = key.Public()
	tmpl, source, err := a.draft(q, a.end)
	if err != nil {
		return Rehearsal{}, err
	}
	issuer := *a.Cert
	issuer.PublicKey, issuer.PublicKeyAlgorithm = key.Public(), x509.ECDSA
	der, err := x509.CreateCertificate(rand.Reader, tmpl, &issuer, key.Public(), key)
	if err != nil {
		return Rehearsal{}, fmt.Errorf("rehearsing the certificate of %s: %w", q.Name, err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return Rehearsal{}, fmt.Errorf("reading the rehearsed certificate back: %w", err)
	}
	longest := make([]byte, len(c.RawTBSCertificate)+signatureRoom(a.Cert))
	return Rehearsal{Longest: cred.CertPEM(longest), Clock: source}, nil
}

// signatureRoom is what a certificate has beside its signed part, and what that part may grow by with another algorithm's name.
func signatureRoom(issuer *x509.Certificate) int {
	const headers = 12 // of the whole, of the bit string, and their lengths
	const names = 32   // of the algorithm, twice; the longest that we know has 16 bytes
	switch k := issuer.PublicKey.(type) {
	case *rsa.PublicKey:
		return headers + names + k.Size()
	case *ecdsa.PublicKey:
		half := (k.Curve.Params().BitSize+7)/8 + 1 // two numbers, each with its sign
		return headers + names + 2*(half+3) + 4
	}
	return headers + names + 128
}
