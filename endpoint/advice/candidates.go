package advice

import (
	"bytes"
	"crypto/x509"
	"slices"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/chain"
)

// candidates are the ends of all paths, each certificate once, by the best way to it.
func (s *search) candidates() []Candidate {
	var ends []*x509.Certificate
	best := map[*x509.Certificate][]*x509.Certificate{}
	for _, p := range s.paths {
		end := p[len(p)-1]
		old, there := best[end]
		if !there {
			ends = append(ends, end)
		}
		if !there || s.better(p, old) {
			best[end] = p
		}
	}
	var out []Candidate
	for _, end := range ends {
		out = append(out, s.candidate(best[end]))
	}
	for i := range out {
		if out[i].Trust == chain.TrustFirstUse && s.vouched(out[i], out) {
			out[i].Trust = chain.TrustCrossSign
		}
	}
	return out
}

func (s *search) candidate(path []*x509.Certificate) Candidate {
	c := s.plain(path[len(path)-1])
	c.path, c.leans = path, s.crossSigns(path)
	c.found = s.sent(path)
	straight := s.straight(c.cert)
	c.Complete = c.found && straight != nil && verify(straight, s.in.Now)
	c.forked = c.found && !c.Complete && verify(append(slices.Clone(s.in.Sent), c.cert), s.in.Now)
	for _, x := range c.leans {
		c.until = earlier(c.until, x.NotAfter)
	}
	c.Refused = s.refused(c)
	c.barred = !s.in.Given.IsZero() && !s.given(c.cert) || len(s.in.Files) > 0 && !slices.ContainsFunc(s.in.Files, c.cert.Equal)
	c.Source, c.Trust = s.source(c.cert), s.trust(c)
	return c
}

// plain is what a certificate says by itself, and the public list of it.
func (s *search) plain(x *x509.Certificate) Candidate {
	pem := cred.CertPEM(x.Raw)
	c := Candidate{
		Subject: chain.Name(x.Subject.String()), NotAfter: x.NotAfter.UTC(), SHA256: cred.Sum(pem), DER: cred.Sum(x.Raw), PEMBytes: len(pem),
		Key: cred.KeyName(x.PublicKey), Source: chain.FromBundle, Trust: chain.TrustBundle, Reasons: []string{},
		cert: x, until: x.NotAfter, public: s.public[entityOf(x)],
	}
	if c.public {
		c.PolicyEnd = policyEnd(s.made(x))
		c.until = earlier(c.until, c.PolicyEnd)
	}
	return c
}

// made is the earliest time at which a CA's key is known to have been there.
func (s *search) made(x *x509.Certificate) time.Time {
	t, is := x.NotBefore, same(x)
	for _, c := range s.pool {
		if c.NotBefore.Before(t) && is(c) {
			t = c.NotBefore
		}
	}
	return t
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// refused is the code of why a certificate must not be an anchor; empty if nothing speaks against it.
func (s *search) refused(c Candidate) string {
	switch {
	case c.cert.Equal(s.in.Sent[0]):
		return chain.LeafAnchor
	case !s.isSelf(c.cert):
		return NotRoot
	case s.in.Now.After(c.cert.NotAfter):
		return chain.Expired
	case s.in.Now.Before(c.cert.NotBefore):
		return chain.NotYet
	}
	return ""
}

func (s *search) given(c *x509.Certificate) bool {
	return cred.Sum(c.Raw) == s.in.Given || cred.Sum(cred.CertPEM(c.Raw)) == s.in.Given
}

func (s *search) source(c *x509.Certificate) chain.Source {
	switch {
	case len(s.in.Files) > 0:
		return chain.FromFile
	case slices.ContainsFunc(s.in.Sent, c.Equal):
		return chain.FromServer
	case slices.ContainsFunc(s.in.Public, func(r chain.Root) bool { return r.X509.Equal(c) }):
		return chain.FromBundle
	}
	return chain.FromAIA
}

func (s *search) trust(c Candidate) chain.Trust {
	switch {
	case len(s.in.Files) > 0:
		if slices.ContainsFunc(s.in.Files, c.cert.Equal) {
			return chain.TrustFile
		}
		return chain.TrustFirstUse
	case !s.in.Given.IsZero() && s.given(c.cert):
		return chain.TrustGiven
	}
	for _, r := range s.in.Public {
		if r.X509.Equal(c.cert) && (r.Constraint == nil || r.Constraint(c.path) == nil) {
			return chain.TrustBundle
		}
	}
	return chain.TrustFirstUse
}

// vouched tells whether a root that is believed without question signed the key of this one, and no narrower than it claims: then
// who holds that root believes this key already.
func (s *search) vouched(c Candidate, all []Candidate) bool {
	is := same(c.cert)
	for _, p := range s.paths {
		end := p[len(p)-1]
		i := slices.IndexFunc(all, func(o Candidate) bool { return o.cert.Equal(end) })
		if i < 0 || doubt(all[i].Trust) > 0 || all[i].Refused != "" || !verify(p, s.in.Now) {
			continue
		}
		if slices.ContainsFunc(p[1:len(p)-1], func(x *x509.Certificate) bool { return is(x) && !narrow(x) }) {
			return true
		}
	}
	return false
}

// narrow tells whether a CA may sign for some names only.
func narrow(c *x509.Certificate) bool {
	for _, n := range []int{
		len(c.PermittedDNSDomains), len(c.ExcludedDNSDomains), len(c.PermittedIPRanges), len(c.ExcludedIPRanges),
		len(c.PermittedURIDomains), len(c.ExcludedURIDomains), len(c.PermittedEmailAddresses), len(c.ExcludedEmailAddresses),
	} {
		if n > 0 {
			return true
		}
	}
	return false
}

// straight is the way that a verifier goes from the server's certificate to an anchor when it never turns back: the anchor as soon as
// that signed, else the first sent certificate in date that did. OpenSSL goes so, and small verifiers do; whether a modem turns back
// nobody says. Nil where it does not arrive.
func (s *search) straight(anchor *x509.Certificate) []*x509.Certificate {
	path := []*x509.Certificate{s.in.Sent[0]}
	for len(path) < maxPath {
		cur := path[len(path)-1]
		switch {
		case cur.Equal(anchor):
			return path
		case s.isSelf(cur):
			return nil
		case bytes.Equal(anchor.RawSubject, cur.RawIssuer) && s.issues(anchor, cur):
			return append(path, anchor)
		}
		var next *x509.Certificate
		for _, p := range s.in.Sent {
			if bytes.Equal(p.RawSubject, cur.RawIssuer) && !slices.ContainsFunc(path, p.Equal) && s.issues(p, cur) && (next == nil || !s.inDate(next) && s.inDate(p)) {
				next = p
			}
		}
		if next == nil {
			return nil
		}
		path = append(path, next)
	}
	return nil
}

func (s *search) inDate(c *x509.Certificate) bool {
	return !s.in.Now.Before(c.NotBefore) && !s.in.Now.After(c.NotAfter)
}

// verify asks Go's verifier whether the first of some certificates chains to the last by the others, by all rules of RFC 5280 that it knows.
func verify(certs []*x509.Certificate, now time.Time) bool {
	if len(certs) < 2 {
		return false
	}
	roots, middle := x509.NewCertPool(), x509.NewCertPool()
	anchor := certs[len(certs)-1]
	roots.AddCert(anchor)
	for _, c := range certs[1 : len(certs)-1] {
		if !c.Equal(anchor) {
			middle.AddCert(c)
		}
	}
	_, err := certs[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: middle, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	return err == nil
}
