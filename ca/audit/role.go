package audit

import (
	"bytes"
	"crypto/x509"
	"errors"
	"regexp"
	"slices"

	"example.org/sectag/ca/certfile"
)

// role is what a certificate was meant to be, which with a bad recipe is not what it says.
type role int

const (
	roleUnit         role = iota // a device's own
	roleServer                   // a server's own
	roleAuthority                // a root
	roleIntermediate             // a CA between a root and units
)

// roleOf tells a unit's certificate from an authority's. The recipe that circulates makes units that are CAs, so basicConstraints
// alone cannot tell. The rule errs towards calling a thing a unit, because an authority taken for a unit is a false alarm that
// a person sees, and a unit taken for an authority is an open door that nobody sees:
//
//   - a self-signed CA that says it signs certificates (keyUsage keyCertSign) is an authority;
//   - a name that only a device bears (urn:imei:…, an IMEI's fifteen digits, a UUID) is a unit, whatever else it says;
//   - so is what names a TLS client's use (EKU clientAuth);
//   - else any self-signed CA, or a self-signed certificate of version 1, is an authority;
//   - a CA that another signed is an intermediate only if it says so as RFC 5280, section 4.2.1.3 demands: keyUsage with
//     keyCertSign. The recipe's units have no keyUsage. Even then Audit mentions it, so that no CA passes unseen;
//   - what is no CA is a server if it may only be one (EKU serverAuth without clientAuth), else a unit.
func roleOf(c *x509.Certificate) role {
	client := slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth)
	signs := certfile.IsCA(c) && c.KeyUsage&x509.KeyUsageCertSign != 0
	switch {
	case !client && signs && selfSigned(c):
		return roleAuthority
	case deviceName(c):
		return roleUnit
	case !client && selfSigned(c) && (certfile.IsCA(c) || c.Version < 3):
		return roleAuthority
	case !client && signs:
		return roleIntermediate
	case !client && !certfile.IsCA(c) && slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth):
		return roleServer
	}
	return roleUnit
}

// selfSigned tells whether a certificate names itself as issuer and its own key signed it, by an old algorithm perhaps.
func selfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawSubject, c.RawIssuer) && signed(c, c) != notSigned
}

// deviceNames are the forms of a device's name: the endpoint name URNs of LwM2M (OMA-TS-LightweightM2M_Core, 7.4.1), fifteen
// digits on their own (an IMEI, with whatever the firm puts round it), a UUID (nRF Cloud, LwM2M).
var deviceNames = regexp.MustCompile(
	`(?i)^urn:(imei|imei-msisdn|imei-imsi|esn|meid|mac|uuid|dev|rpid)[:-]|(^|\D)\d{15}(\D|$)|` +
		`(^|[^0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}($|[^0-9a-f])`)

func deviceName(c *x509.Certificate) bool {
	names := append([]string{c.Subject.CommonName, c.Subject.SerialNumber}, c.DNSNames...)
	for _, u := range c.URIs {
		names = append(names, u.String())
	}
	return slices.ContainsFunc(names, deviceNames.MatchString)
}

// signature is whether one certificate's key signed another.
type signature int

const (
	notSigned signature = iota
	signedWell
	signedWeakly // the names fit, the algorithm is one that nobody may trust (SHA-1, MD5) or nobody here knows, so it cannot be told
)

func signed(c, by *x509.Certificate) signature {
	if forgeable(c.SignatureAlgorithm) {
		return signedWeakly
	}
	switch err := by.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature); {
	case err == nil:
		return signedWell
	case errors.Is(err, x509.ErrUnsupportedAlgorithm) && by.PublicKeyAlgorithm == x509.UnknownPublicKeyAlgorithm:
		return signedWeakly
	}
	return notSigned
}

// forgeable names the algorithms that the standard library no longer checks.
func forgeable(a x509.SignatureAlgorithm) bool {
	switch a {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.DSAWithSHA256, x509.ECDSAWithSHA1:
		return true
	}
	return false
}
