package lint

import (
	"bytes"
	"crypto/x509"

	"example.org/sectag/cred"
)

// authority are the rules for a root, an intermediate and a bridge. What the audit says by ca.odd-root and ca.no-key-usage it does not
// say twice.
var authority = []Rule{
	{
		"ca.lint-ca-constraints", "RFC 5280, 4.2.1.9", cred.Error, "", "critically a CA",
		func(v *view) string {
			return when(!v.c.BasicConstraintsValid || !v.c.IsCA || !critical(v.c, oidConstraints), "does not say critically that it is a CA")
		},
	},
	{
		"ca.lint-ca-no-usage", "RFC 5280, 4.2.1.3", cred.Error, "", "key usage with keyCertSign",
		func(v *view) string {
			return when(v.c.KeyUsage&x509.KeyUsageCertSign == 0, "has no key usage keyCertSign")
		},
	},
	{
		"ca.lint-ca-usage", "RFC 5280, 4.2.1.3; draft-ietf-uta-tls13-iot-profile", cred.Error, cred.Info, "that key usage critical",
		func(v *view) string {
			return when(v.c.KeyUsage&x509.KeyUsageCertSign != 0 && !critical(v.c, oidKeyUsage), "does not say critically what its key is for")
		},
	},
	{
		"ca.lint-ca-purposes", "draft-ietf-uta-tls13-iot-profile: extended key usage", cred.Error, cred.Info, "no extended key usage",
		func(v *view) string {
			return when(len(v.c.ExtKeyUsage)+len(v.c.UnknownExtKeyUsage) > 0, "has an extended key usage, which servers take for a limit to all below it")
		},
	},
	{
		"ca.lint-ca-ski", "RFC 5280, 4.2.1.2", cred.Error, "", "a subject key identifier",
		func(v *view) string { return when(len(v.c.SubjectKeyId) == 0, "has no subject key identifier") },
	},
	{
		"ca.lint-ca-aki", "RFC 5280, 4.2.1.1", cred.Error, cred.Info, "an authority key identifier, if another signed it",
		func(v *view) string {
			return when(!alone(v.c) && len(v.c.AuthorityKeyId) == 0, "has no authority key identifier")
		},
	},
	{
		"ca.lint-ca-pathlen", "draft-ietf-uta-tls13-iot-profile: basic constraints", cred.Error, cred.Info, "a pathlen, if another signed it",
		func(v *view) string {
			none := v.c.MaxPathLen < 0 || v.c.MaxPathLen == 0 && !v.c.MaxPathLenZero
			return when(!alone(v.c) && v.c.IsCA && none, "does not say how many authorities may stand below it (pathlen), so it may make more")
		},
	},
}

func alone(c *x509.Certificate) bool { return bytes.Equal(c.RawSubject, c.RawIssuer) }
