// Package audit reads what others made: certificates and private keys in files and folders, by whatever recipe. Files says what
// is wrong with them and how to put it right; Verify says whether units' certificates chain to a root, today and at the end of
// their life. How a unit's certificate is told from an authority's, which is the hard part, stands in role.go.
package audit

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"time"

	"example.org/sectag/ca/certfile"
	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
)

// Files reads the certificates and private keys of an authority as others made it (files, and folders to any depth) and says
// what is wrong with them and how to put it right. Keys that are encrypted stay closed. Errors: ca.leaf-is-ca, ca.outlives-issuer,
// ca.no-key-usage, ca.not-issued-by, ca.version-1, ca.weak, ca.shared-key, ca.shared-serial, ca.expired (of an authority).
// Warnings: ca.no-client-auth, ca.clear-key, ca.key-mode, ca.odd-root, ca.expired (of a unit). Infos: ca.intermediate, ca.no-issuer. Warnings and
// infos of the rules: ca.lint-…, as they weigh for what others signed (package lint); how units are named is asked by a profile only. The error
// is config.file: a file that was named is not there, or nothing that was given holds a certificate or a key.
func Files(files []string, p lint.Profile, now time.Time) ([]cred.Finding, error) {
	c, err := collect(files)
	if err != nil {
		return nil, err
	}
	c.profile = p
	return c.report(now), nil
}

func (c *collection) report(now time.Time) []cred.Finding {
	out := slices.Concat([]cred.Finding{}, c.findings)
	for _, h := range c.certs {
		out = append(out, c.audit(h, now)...)
	}
	out = append(out, c.shared()...)
	for _, k := range c.keys {
		out = append(out, c.auditKey(k)...)
	}
	return out
}

func (c *collection) audit(h *held, now time.Time) []cred.Finding {
	var out []cred.Finding
	switch h.role {
	case roleAuthority:
		out = append(Authority(h.file, h.cert, cred.Error), expired(h, now, cred.Error)...)
		return append(out, h.broken(lint.Authority(h.cert))...)
	case roleIntermediate:
		out = append(Authority(h.file, h.cert, cred.Error), expired(h, now, cred.Error)...)
		out = append(out, h.broken(lint.Authority(h.cert))...)
		out = append(out, h.finding("ca.intermediate", cred.Info,
			"may sign certificates, for it is an intermediate authority",
			"if this is a unit's certificate, it must not: issue it anew as CA:FALSE"))
	case roleServer:
		out = append(out, weak(h.file, h.cert)...)
	case roleUnit:
		out = append(out, unitFindings(h)...)
		out = append(out, expired(h, now, cred.Warning)...)
		out = append(out, h.broken(lint.Unit(h.cert, c.profile, nil))...)
	}
	return append(out, c.auditIssuer(h)...)
}

// broken are the rules that a certificate breaks and that no other finding tells of.
func (h *held) broken(bs []lint.Breach) (out []cred.Finding) {
	for _, b := range bs {
		if b.Others != "" {
			out = append(out, h.finding(b.Code, b.Others, b.Text, "what is asked for, and by whom, stands in docs/authority.md; new certificates of sectag ca issue do it"))
		}
	}
	return out
}

func (h *held) finding(code string, s cred.Severity, text, hint string) cred.Finding {
	return finding(h.file, h.cert, code, s, text, hint)
}

func finding(file string, c *x509.Certificate, code string, s cred.Severity, text, hint string) cred.Finding {
	return cred.Finding{Code: code, Severity: s, Text: certfile.Subject(c) + " " + text, Hint: hint, File: file}
}

// fixUnit is the way out for every fault of a unit's certificate.
const fixUnit = "issue it anew: sectag ca issue, or openssl req … -addext basicConstraints=critical,CA:FALSE " +
	"-addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=clientAuth"

// unitFindings judges a unit's certificate by itself.
func unitFindings(h *held) []cred.Finding {
	var out []cred.Finding
	c := h.cert
	if certfile.IsCA(c) {
		out = append(out, h.finding("ca.leaf-is-ca", cred.Error,
			"is itself a CA: whoever gets at this unit's key can make certificates for any other unit, and servers let them in",
			fixUnit+"; until all units have theirs, a root with pathlen:0 (same name and key) at the server shuts the door"))
	}
	switch {
	case c.Version < 3:
		out = append(out, version1(h.file, c))
	case c.KeyUsage == 0:
		out = append(out, h.finding("ca.no-key-usage", cred.Error,
			"does not say what its key may be used for (no keyUsage)", fixUnit))
	case c.KeyUsage&x509.KeyUsageDigitalSignature == 0:
		out = append(out, h.finding("ca.no-key-usage", cred.Error,
			"may not be used in a handshake: its keyUsage has no digitalSignature", fixUnit))
	}
	if !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth) && !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny) {
		text := "does not say that it is for a client (no extendedKeyUsage clientAuth)"
		if len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) > 0 {
			text = "is for another use than a client's: its extendedKeyUsage has no clientAuth, so servers refuse it"
		}
		out = append(out, h.finding("ca.no-client-auth", cred.Warning, text, fixUnit))
	}
	return append(out, weak(h.file, c)...)
}

// Authority judges a root or an intermediate by itself. Severity is what a missing keyUsage weighs: servers differ.
func Authority(file string, c *x509.Certificate, s cred.Severity) []cred.Finding {
	var out []cred.Finding
	const fixRoot = "make a new root with sectag ca init when the next product line begins"
	switch {
	case c.Version < 3:
		out = append(out, version1(file, c))
	case c.KeyUsage == 0:
		out = append(out, finding(file, c, "ca.no-key-usage", s,
			"does not say that its key signs certificates (no keyUsage), so strict servers refuse all its units", fixRoot))
	case c.KeyUsage&x509.KeyUsageCertSign == 0:
		out = append(out, finding(file, c, "ca.no-key-usage", s,
			"may not sign certificates: its keyUsage has no keyCertSign, so servers refuse all its units", fixRoot))
	}
	if c.Version == 3 {
		for _, why := range odd(c) {
			out = append(out, finding(file, c, "ca.odd-root", cred.Warning, why, fixRoot))
		}
	}
	return append(out, weak(file, c)...)
}

// odd is what some servers hold against an authority, so that they refuse all its units (RFC 5280, sections 4.2.1.2, 4.2.1.9
// and 4.2.1.12; openssl verify -x509_strict).
func odd(c *x509.Certificate) (out []string) {
	if !slices.ContainsFunc(c.Extensions, func(x pkix.Extension) bool { return x.Id.Equal(oidConstraints) && x.Critical }) {
		out = append(out, "does not say critically that it is a CA, so strict servers refuse all its units")
	}
	if len(c.SubjectKeyId) == 0 {
		out = append(out, "has no subject key identifier, so strict servers refuse all its units")
	}
	if certfile.OtherPurpose(c) {
		out = append(out, "is for another use than a client's: its extendedKeyUsage has no clientAuth, so servers refuse units under it")
	}
	if c.PublicKeyAlgorithm == x509.UnknownPublicKeyAlgorithm {
		out = append(out, "has a key of a kind that few servers know, and that sectag cannot check")
	}
	return out
}

var oidConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}

func version1(file string, c *x509.Certificate) cred.Finding {
	return finding(file, c, "ca.version-1", cred.Error,
		fmt.Sprintf("is an X.509 version %d certificate: it cannot say whether it is a CA nor what its key is for", c.Version),
		"issue it anew as version 3; openssl makes version 1 when its configuration names no extensions")
}

// weak finds keys and signatures below 112 bits of strength (EN 18031, BSI TR-02102-1, NIST SP 800-57).
func weak(file string, c *x509.Certificate) []cred.Finding {
	why := ""
	if forgeable(c.SignatureAlgorithm) {
		why = "is signed with " + c.SignatureAlgorithm.String() + ", which can be forged"
	}
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < 2048 {
			why = fmt.Sprintf("has an RSA key of %d bits, fewer than 2048", k.N.BitLen())
		}
	case *ecdsa.PublicKey:
		if k.Curve.Params().BitSize < 224 {
			why = fmt.Sprintf("has an EC key of %d bits, fewer than 224", k.Curve.Params().BitSize)
		}
	}
	if why == "" {
		return nil
	}
	return []cred.Finding{finding(file, c, "ca.weak", cred.Error, why, "issue it anew with an EC P-256 key and SHA-256")}
}

func expired(h *held, now time.Time, s cred.Severity) []cred.Finding {
	if !now.After(h.cert.NotAfter) {
		return nil
	}
	return []cred.Finding{h.finding("ca.expired", s, "ended on "+h.cert.NotAfter.UTC().Format(certfile.Day),
		"issue it anew; for a root, give the new one to the server first")}
}

// auditIssuer judges a certificate by the ones that signed it.
func (c *collection) auditIssuer(h *held) []cred.Finding {
	proper, by := c.issuers(h)
	switch {
	case len(proper) > 0:
		return append(outlives(h, c.limit(proper, maxDepth)), h.broken(lint.Under(h.cert, proper[0].cert, h.cert.NotAfter))...)
	case selfSigned(h.cert):
		return []cred.Finding{h.finding("ca.not-issued-by", cred.Error, "signed itself: no authority stands behind it",
			"have it issued by your root: sectag ca issue")}
	case by != nil:
		return []cred.Finding{h.finding("ca.not-issued-by", cred.Error,
			fmt.Sprintf("was signed with the key of %s, which is no authority's: this certificate is a forgery, or a test of one",
				certfile.Subject(by.cert)),
			"find out who had that unit's key, and issue both certificates anew")}
	case h.role == roleServer:
		return nil
	case !c.hasAuthority():
		return []cred.Finding{h.finding("ca.no-issuer", cred.Info,
			fmt.Sprintf("was issued by %s, which is not among these files, so their ends were not compared", certfile.Issuer(h.cert)),
			"give the root's certificate, too")}
	}
	return []cred.Finding{h.finding("ca.not-issued-by", cred.Error,
		fmt.Sprintf("was not issued by any authority among these files; it names %s", certfile.Issuer(h.cert)),
		"give the file of the authority that it names; if there is none, this certificate is not yours")}
}

// issuers finds which certificates signed h: proper authorities, and one that is none (a unit) if only such a one did.
func (c *collection) issuers(h *held) (proper []*held, improper *held) {
	for _, p := range c.bySubj[string(h.cert.RawIssuer)] {
		if p == h || signed(h.cert, p.cert) == notSigned {
			continue
		}
		if p.role == roleAuthority || p.role == roleIntermediate {
			proper = append(proper, p)
		} else {
			improper = p
		}
	}
	return proper, improper
}

func (c *collection) hasAuthority() bool {
	return slices.ContainsFunc(c.certs, func(h *held) bool { return h.role == roleAuthority || h.role == roleIntermediate })
}

// maxDepth bounds a climb, for certificates that signed each other.
const maxDepth = 8

// limit is how long a certificate of one of these issuers can be of use: the latest end among them, each cut by its own issuer's.
func (c *collection) limit(issuers []*held, depth int) *held {
	var best *held
	for _, p := range issuers {
		end := p
		if above, _ := c.issuers(p); p.role == roleIntermediate && len(above) > 0 && depth > 0 {
			if l := c.limit(above, depth-1); l.cert.NotAfter.Before(end.cert.NotAfter) {
				end = l
			}
		}
		if best == nil || end.cert.NotAfter.After(best.cert.NotAfter) {
			best = end
		}
	}
	return best
}

func outlives(h, by *held) []cred.Finding {
	if !h.cert.NotAfter.After(by.cert.NotAfter) {
		return nil
	}
	return []cred.Finding{h.finding("ca.outlives-issuer", cred.Error, outlivesText(h.cert, by.cert),
		"issue it anew with --until-issuer or fewer days, or first make a root that lives longer than the product")}
}

func outlivesText(c, issuer *x509.Certificate) string {
	days := certfile.Days(issuer.NotAfter, c.NotAfter)
	return fmt.Sprintf("outlives its issuer: it ends on %s, %s ends on %s, so it is refused for its last %d days",
		c.NotAfter.UTC().Format(certfile.Day), certfile.Subject(issuer), issuer.NotAfter.UTC().Format(certfile.Day), max(1, days))
}
