package chain

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"slices"

	"example.org/sectag/cred"
)

// The codes of what certificates are made of and say of themselves.
const (
	BadKey       = "chain.key-type"   // warning: a key that no modem was seen to verify by, or that is too short
	BadSignature = "chain.signature"  // warning: likewise a signature
	LeafIsCA     = "chain.leaf-is-ca" // warning: the server's certificate may sign others
)

// kinds looks at keys and signatures. What a modem can verify is in no list: P-256, P-384 and RSA up to 4096 bits were seen to work.
// Below 2048 bits RSA is forbidden (RFC 9325, section 4.5), and so are curves below 255 bits to LwM2M.
func (f *findings) kinds(path []*x509.Certificate) {
	for i, c := range path {
		if why := keyWhy(c.PublicKey); why != "" {
			f.add(cred.Warning, BadKey, fmt.Sprintf("the key of %s is %s: %s", Name(c.Subject.String()), cred.KeyName(c.PublicKey), why),
				"have the certificate issued with an EC key on P-256, or P-384 for an authority")
		}
		if i == len(path)-1 && SelfSigned(c) {
			continue // a root's own signature proves nothing
		}
		if !slices.Contains(usual, c.SignatureAlgorithm) {
			f.add(cred.Warning, BadSignature, fmt.Sprintf("%s is signed with %s, which no modem was seen to verify", Name(c.Subject.String()), c.SignatureAlgorithm),
				"have it issued with a signature by ECDSA or RSA (in the old padding) with SHA-256")
		}
	}
}

// usual is read only.
var usual = []x509.SignatureAlgorithm{
	x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512, x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA,
}

func keyWhy(key any) string {
	const unseen = "no modem was seen to verify by such a key"
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if n := k.Params().BitSize; n == 256 || n == 384 {
			return ""
		} else if n < 255 {
			return "that is too short for LwM2M"
		}
		return unseen
	case *rsa.PublicKey:
		if n := k.N.BitLen(); n < 2048 {
			return "that is too short (RFC 9325)"
		} else if n <= 4096 {
			return ""
		}
	}
	return unseen
}

// flags looks at what the certificates say of themselves: that the server's is none of an authority. That those above it are is
// looked at on the way up, see [Issues].
func (f *findings) flags(leaf *x509.Certificate, a *Anchor) {
	if leaf.BasicConstraintsValid && leaf.IsCA && (a == nil || !a.X509.Equal(leaf)) {
		f.add(cred.Warning, LeafIsCA, "the server's own certificate says that it may sign others (CA:TRUE)",
			"whoever has the server's key can make certificates that units believe: have it issued with CA:FALSE")
	}
}

// purpose looks at what the certificates say that they are for (RFC 5280, sections 4.2.1.3 and 4.2.1.12).
func (f *findings) purpose(path []*x509.Certificate) {
	leaf := path[0]
	if !serves(leaf) {
		f.add(cred.Warning, Purpose, "the certificate's extendedKeyUsage does not allow it to be a server's",
			"OpenSSL refuses such a server: have the certificate issued with serverAuth")
	}
	if leaf.KeyUsage != 0 && leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		f.add(cred.Warning, Purpose, "the certificate's keyUsage does not allow it to sign a key exchange",
			"strict clients refuse it with every suite that the modem has: have it issued with digitalSignature")
	}
	for _, c := range path[1:] {
		if !serves(c) {
			f.add(cred.Warning, Purpose, "the extendedKeyUsage of "+Name(c.Subject.String())+" does not allow it to stand above servers",
				"OpenSSL refuses such a chain: have the authority's certificate issued without extendedKeyUsage, or with serverAuth")
		}
	}
}

// serves tells whether the extended key usage of a certificate, or its absence, allows servers.
func serves(c *x509.Certificate) bool {
	if len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 {
		return true
	}
	return slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}
