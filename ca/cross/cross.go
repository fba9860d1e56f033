// Package cross builds the bridge between two roots of a firm, for the years in which both are in use: the old root signs a certificate
// for the new root's name and key. A server that knows the old root alone then takes units of the new one, if it is given the bridge
// or a unit sends it.
package cross

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"example.org/sectag/ca"
	"example.org/sectag/ca/certfile"
	"example.org/sectag/ca/chain"
	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
)

// grace is how long ago the bridge begins, for servers whose clock is behind.
const grace = 10 * time.Minute

// below is how many authorities stand below the new root in the bridge: its intermediates, and nothing below those.
const below = 1

// Sign signs the certificate of the new root's name and key under the old root, and gives its DER. It ends with the first of the two;
// its subject key identifier is the new root's, so that units of the new root lead to either. Faults: those of
// ca.Authority.SignAuthority; ca.not-a-ca (old is an intermediate, or next is no root); config.value (both are one).
func Sign(old *ca.Authority, next *x509.Certificate, clock ca.Clock) ([]byte, error) {
	if err := certfile.RootFault(old.Cert); err != nil {
		return nil, err
	}
	if err := certfile.RootFault(next); err != nil {
		return nil, err
	}
	if bytes.Equal(old.Cert.RawSubjectPublicKeyInfo, next.RawSubjectPublicKeyInfo) {
		return nil, cred.Failed("config.value", certfile.Subject(next)+" has the old root's own key, so there is nothing to bridge",
			"give the certificate of a new root, made by sectag ca init")
	}
	if bytes.Equal(old.Cert.RawSubject, next.RawSubject) {
		return nil, cred.Failed("config.value", "both roots bear the name "+certfile.Subject(next)+", so nobody could tell whose signature a unit bears",
			"make the new root with another --subject, such as one with its year")
	}
	if clock.Now.After(next.NotAfter) {
		return nil, cred.Failed("ca.expired", fmt.Sprintf("%s ended on %s", certfile.Subject(next), next.NotAfter.UTC().Format(certfile.Day)),
			"make a new root with sectag ca init")
	}
	now := clock.Now.UTC().Truncate(time.Second)
	tmpl := &x509.Certificate{
		Subject: next.Subject, RawSubject: next.RawSubject, SubjectKeyId: next.SubjectKeyId,
		NotBefore: now.Add(-grace), NotAfter: next.NotAfter, MaxPathLen: below,
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if tmpl.NotBefore.Before(next.NotBefore) {
		tmpl.NotBefore = next.NotBefore
	}
	if tmpl.NotAfter.After(old.Cert.NotAfter) {
		tmpl.NotAfter = old.Cert.NotAfter
	}
	if most := chain.PathLen(old.Cert); most == below { // then the new root's own units only
		tmpl.MaxPathLen, tmpl.MaxPathLenZero = 0, true
	}
	der, err := old.SignAuthority(tmpl, next.PublicKey, clock)
	if err != nil {
		return nil, err
	}
	return der, judged(der, old.Cert, next)
}

// judged reads the bridge back as a stranger would.
func judged(der []byte, old, next *x509.Certificate) error {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("reading the cross certificate back: %w", err)
	}
	refused := func(err error, why string) error {
		return cred.Because(err, "ca.profile", "the cross certificate that was signed is not handed out: it "+why,
			"this is a defect of sectag or of its signer: please report it with this line")
	}
	right := bytes.Equal(c.RawSubject, next.RawSubject) && bytes.Equal(c.RawSubjectPublicKeyInfo, next.RawSubjectPublicKeyInfo)
	if _, err := chain.Climb(c, []*x509.Certificate{old}); err != nil || !right {
		return refused(err, "does not lead from the new root to the old one")
	}
	given := lint.Authority(next) // a root that others made may be odd, and the bridge has its name and key
	for _, b := range lint.Errors(append(lint.Authority(c), lint.Under(c, old, old.NotAfter)...)) {
		if !slices.ContainsFunc(given, func(g lint.Breach) bool { return g.Code == b.Code }) {
			return refused(nil, b.Text)
		}
	}
	return nil
}
