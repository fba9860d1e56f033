package audit

import (
	"crypto/x509"
	"fmt"
	"time"

	"example.org/sectag/ca/certfile"
	"example.org/sectag/cred"
)

// Verify says whether the units' certificates in files (and folders) chain to this root, now and at the last second of their
// life. Intermediates are looked for in all of the files, the root's own among them. A path goes only over certificates that are authorities: what a unit's key signed does not chain, though many servers
// think so. Errors: ca.not-issued-by, ca.expired, ca.not-yet, ca.outlives-issuer. A unit that is itself a CA is the warning
// ca.leaf-is-ca here; see Files. Each certificate without an error is an info ca.chains. The error is config.file, or ca.not-a-ca
// when rootFile holds no root.
func Verify(rootFile string, files []string, now time.Time) ([]cred.Finding, error) {
	root, err := certfile.Root(rootFile)
	if err != nil {
		return nil, err
	}
	c, err := collect(files)
	if err != nil {
		return nil, err
	}
	if err := c.lend(rootFile); err != nil {
		return nil, err
	}
	out, units := c.verifyAll(root, now)
	if units == 0 {
		return nil, cred.Failed("config.file", "there is no unit's certificate in what was given",
			"give the files of units' certificates; the root goes behind --cert")
	}
	return out, nil
}

// lend makes the intermediates of a file ways to a root; nothing else of it is judged.
func (c *collection) lend(file string) error {
	certs, err := certfile.Certs(file)
	if err != nil {
		return err
	}
	for _, x := range certs {
		if h := (&held{file: file, cert: x, role: roleOf(x)}); h.role == roleIntermediate {
			c.bySubj[string(x.RawSubject)] = append(c.bySubj[string(x.RawSubject)], h)
		}
	}
	return nil
}

func (c *collection) verifyAll(root *x509.Certificate, now time.Time) (out []cred.Finding, units int) {
	out = append([]cred.Finding{}, c.findings...)
	for _, h := range c.certs {
		if h.role == roleAuthority || h.role == roleIntermediate || h.cert.Equal(root) {
			continue
		}
		units++
		out = append(out, c.verify(h, root, now)...)
	}
	return out, units
}

func (c *collection) verify(h *held, root *x509.Certificate, now time.Time) []cred.Finding {
	var out []cred.Finding
	if certfile.IsCA(h.cert) {
		out = append(out, h.finding("ca.leaf-is-ca", cred.Warning, "is itself a CA, so its unit can make other units", fixUnit))
	}
	path := c.path(h.cert, root, maxDepth)
	if path == nil {
		return append(out, h.finding("ca.not-issued-by", cred.Error,
			fmt.Sprintf("does not chain to %s; it names %s as its issuer", certfile.Subject(root), certfile.Issuer(h.cert)),
			"give the root that issued it, or its intermediate's certificate as well; else have it issued by this root"))
	}
	if bad := inTime(h, path, now); len(bad) > 0 {
		return append(out, bad...)
	}
	if err := twice(path, now); err != nil {
		return append(out, h.finding("ca.not-issued-by", cred.Error,
			fmt.Sprintf("does not chain to %s for a TLS client: %s", certfile.Subject(root), certfile.Printable(err.Error())), fixUnit))
	}
	text := fmt.Sprintf("chains to %s today and until its end on %s", certfile.Subject(root), h.cert.NotAfter.UTC().Format(certfile.Day))
	return append(out, h.finding("ca.chains", cred.Info, text, "nothing is to be done"))
}

// inTime looks for what on the path is not in date today, and for what ends first before the unit's certificate does.
func inTime(h *held, path []*x509.Certificate, now time.Time) []cred.Finding {
	var out []cred.Finding
	first := path[0]
	for _, p := range path {
		if p.NotAfter.Before(first.NotAfter) {
			first = p
		}
		name := certfile.Subject(p)
		switch {
		case len(out) > 0: // one reason is enough
		case now.After(p.NotAfter):
			out = append(out, h.finding("ca.expired", cred.Error,
				"is refused today: "+name+" ended on "+p.NotAfter.UTC().Format(certfile.Day), "issue it anew under a root that lives"))
		case now.Before(p.NotBefore):
			out = append(out, h.finding("ca.not-yet", cred.Error,
				"is refused today: "+name+" begins on "+p.NotBefore.UTC().Format(certfile.Second),
				"look at this computer's clock; if it is right, wait or issue it anew"))
		}
	}
	return append(out, outlives(h, &held{cert: first})...)
}

// path climbs from a certificate to the root over proper authorities: c first, root last; nil if there is no way.
func (c *collection) path(from, root *x509.Certificate, depth int) []*x509.Certificate {
	if string(from.RawIssuer) == string(root.RawSubject) && signed(from, root) == signedWell {
		return []*x509.Certificate{from, root}
	}
	for _, p := range c.bySubj[string(from.RawIssuer)] {
		if p.role != roleIntermediate || depth == 0 || signed(from, p.cert) != signedWell {
			continue
		}
		if above := c.path(p.cert, root, depth-1); above != nil {
			return append([]*x509.Certificate{from}, above...)
		}
	}
	return nil
}

// twice asks the standard library about the same path, at both ends of what is left of its life: path lengths, key usages and
// name constraints are its business.
func twice(path []*x509.Certificate, now time.Time) error {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(path[len(path)-1])
	for _, p := range path[1 : len(path)-1] {
		between.AddCert(p)
	}
	for _, at := range []time.Time{now, path[0].NotAfter} {
		_, err := path[0].Verify(x509.VerifyOptions{
			Roots: roots, Intermediates: between, CurrentTime: at,
			KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		})
		if err != nil {
			return fmt.Errorf("on %s: %w", at.UTC().Format(certfile.Day), err)
		}
	}
	return nil
}
