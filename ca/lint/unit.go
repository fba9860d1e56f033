package lint

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"slices"

	"example.org/sectag/cred"
)

// The bytes of PEM that a certificate may have. Room is what an AT host leaves of the 4096 characters that it takes in one command;
// beyond Large a certificate is warned of, for nothing much can stand behind it.
const (
	Room  = 4060
	Large = 3072
)

// unit are the rules for a unit's certificate, whatever its profile.
var unit = []Rule{
	{
		"ca.lint-key", "RFC 7925, 4.4; LwM2M TS 1.1, 5.2.8", cred.Error, cred.Info, "a key of EC P-256",
		func(v *view) string {
			return when(!P256(v.c.PublicKey), "has a key of %s, not EC P-256", cred.KeyName(v.c.PublicKey))
		},
	},
	{
		"ca.lint-is-ca", "RFC 5280, 4.2.1.9", cred.Error, "", "no CA",
		func(v *view) string { return when(v.c.BasicConstraintsValid && v.c.IsCA, "is itself a CA") },
	},
	{
		"ca.lint-constraints", "RFC 5280, 4.2.1.9; absence has been misread", cred.Error, cred.Info, "basicConstraints there and critical",
		func(v *view) string {
			return when(!v.c.BasicConstraintsValid || !critical(v.c, oidConstraints), "does not say critically that it is no CA (basicConstraints)")
		},
	},
	{
		"ca.lint-no-usage", "draft-ietf-uta-tls13-iot-profile: key usage", cred.Error, "", "key usage with digitalSignature",
		func(v *view) string {
			return when(v.c.KeyUsage&x509.KeyUsageDigitalSignature == 0, "has no key usage digitalSignature")
		},
	},
	{
		"ca.lint-usage", "draft-ietf-uta-tls13-iot-profile: key usage; RFC 5280, 4.2.1.3", cred.Error, cred.Info, "key usage critical, nothing beside digitalSignature",
		func(v *view) string {
			there := v.c.KeyUsage&x509.KeyUsageDigitalSignature != 0
			return when(there && (v.c.KeyUsage != x509.KeyUsageDigitalSignature || !critical(v.c, oidKeyUsage)), "has a key usage that is not critically digitalSignature alone")
		},
	},
	{
		"ca.lint-no-client", "draft-ietf-uta-tls13-iot-profile: extended key usage", cred.Error, "", "extended key usage with clientAuth",
		func(v *view) string { return when(!client(v.c), "has no extended key usage clientAuth") },
	},
	{
		"ca.lint-purposes", "draft-ietf-uta-tls13-iot-profile: extended key usage", cred.Error, cred.Info, "no extended key usage beside clientAuth",
		func(v *view) string {
			return when(client(v.c) && len(v.c.ExtKeyUsage)+len(v.c.UnknownExtKeyUsage) > 1, "has an extended key usage that is not clientAuth alone")
		},
	},
	{
		"ca.lint-no-aki", "RFC 5280, 4.2.1.1", cred.Error, cred.Info, "an authority key identifier",
		func(v *view) string { return when(len(v.c.AuthorityKeyId) == 0, "has no authority key identifier") },
	},
	{
		"ca.lint-ski", "draft-ietf-uta-tls13-iot-profile: subject key identifier", cred.Error, cred.Info, "no subject key identifier",
		func(v *view) string {
			_, there := extension(v.c, oidSubjectKey)
			return when(there, "has a subject key identifier, which only a CA has use for")
		},
	},
	{
		"ca.lint-extension", "draft-ietf-uta-tls13-iot-profile: each byte is sent in each handshake", cred.Error, "", "no other extension",
		other,
	},
	{
		"ca.lint-size", "the AT hosts take 4096 characters in one command", cred.Error, cred.Warning, "at most 4060 bytes of PEM",
		func(v *view) string {
			n := len(cred.CertPEM(v.c.Raw))
			return when(n > Room, "has %d bytes as PEM: no AT host takes more than %d in one command", n, Room)
		},
	},
	{
		"ca.lint-large", "the AT hosts' buffer, the firmware's (CONFIG_LWM2M_SECURITY_KEY_SIZE)", cred.Warning, cred.Info, "at most 3072 bytes of PEM",
		func(v *view) string {
			n := len(cred.CertPEM(v.c.Raw))
			return when(n > Large && n <= Room, "has %d bytes as PEM, which leaves little room in the buffers of AT host and firmware", n)
		},
	},
}

// P256 tells whether a public key is of the one kind that units have (RFC 7925, section 4.4; what the modem makes).
func P256(pub crypto.PublicKey) bool {
	k, ok := pub.(*ecdsa.PublicKey)
	return ok && k.Curve == elliptic.P256()
}

func client(c *x509.Certificate) bool {
	return slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth)
}

func other(v *view) string {
	for _, x := range v.c.Extensions {
		known := x.Id.Equal(oidKeyUsage) || x.Id.Equal(oidConstraints) || x.Id.Equal(oidAuthority) || x.Id.Equal(oidPurposes)
		if !known && !x.Id.Equal(oidSubjectKey) && !x.Critical { // those two have rules of their own
			return when(true, "has the extension %s, which is not of the profile", x.Id)
		}
	}
	return ""
}
