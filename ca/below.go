package ca

import (
	"crypto"
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
// stand below it), ca.outlives-issuer (the hint gives the days left).
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
