package ca

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"fmt"

	"example.org/sectag/ca/certfile"
	"example.org/sectag/ca/chain"
	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
)

// SignAuthority signs the certificate of an authority that stands below this one: an intermediate, or another root that is to be reached
// from here too (package cross). The template says who it is, how long it lives and how many may stand below it; serial and issuer are
// filled in here, and it begins no sooner than its issuer. Faults: ca.clock, ca.expired, ca.locked, ca.pathlen (this one lets no more
// stand below it), ca.outlives-issuer (the hint gives the days left), config.value (both have one key).
func (a *Authority) SignAuthority(tmpl *x509.Certificate, pub crypto.PublicKey, clock Clock) ([]byte, error) {
	clock.Authority = a.Cert.NotBefore
	if _, err := DoubtClock(clock); err != nil {
		return nil, err
	}
	if err := a.inDate(clock.Now); err != nil {
		return nil, err
	}
	if most := chain.PathLen(a.Cert); most == 0 || most > 0 && chain.PathLen(tmpl) >= most {
		return nil, chain.TooDeep(a.Cert)
	}
	if key, ok := pub.(interface{ Equal(crypto.PublicKey) bool }); ok && key.Equal(a.Cert.PublicKey) {
		return nil, cred.Failed("config.value", "what is to stand below "+certfile.Subject(a.Cert)+" has the same key", "give it a key of its own: who has one of the two would have both")
	}
	if limit := a.line().End(); tmpl.NotAfter.After(limit) {
		return nil, cred.Failed("ca.outlives-issuer",
			fmt.Sprintf("%s would outlive its issuer, which ends on %s", certfile.Printable(tmpl.Subject.String()), limit.Format(certfile.Day)),
			fmt.Sprintf("%d days are left: ask for that many or fewer, or leave --days out", a.DaysLeft(clock.Now)))
	}
	own := *tmpl
	own.SerialNumber = newSerial()
	if own.NotBefore.Before(a.Cert.NotBefore) {
		own.NotBefore = a.Cert.NotBefore
	}
	var err error
	if own.AuthorityKeyId, err = lint.KeyID(a.Cert); err != nil {
		return nil, err
	}
	return a.sign(&own, pub)
}

// SignList signs a revocation list in this authority's name (package revoke). Faults: ca.locked, ca.no-crl.
func (a *Authority) SignList(tmpl *x509.RevocationList) ([]byte, error) {
	if a.Cert.KeyUsage&x509.KeyUsageCRLSign == 0 {
		return nil, cred.Failed("ca.no-crl", "the certificate of "+certfile.Subject(a.Cert)+" does not let it sign revocation lists (key usage cRLSign)",
			"no server would take its list: have the server refuse the unit by its name, and make the next authority with sectag ca init")
	}
	issuer := *a.Cert
	var err error
	if issuer.SubjectKeyId, err = lint.KeyID(a.Cert); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.signer == nil {
		return nil, cred.Failed("ca.locked", "the authority is locked", "unlock it with its passphrase")
	}
	return x509.CreateRevocationList(rand.Reader, tmpl, &issuer, a.signer)
}
