package chain

import (
	"bytes"
	"context"
	"crypto/x509"
	"slices"
	"time"

	"example.org/sectag/cred"
)

// walk follows a chain upward from the server's certificate to the anchor.
type walk struct {
	in      Input
	path    []*x509.Certificate
	fetched []*x509.Certificate // what Fetch found, in order
	anchor  *Anchor
	broken  error // a certificate with the issuer's name that did not sign

	pinned   *x509.Certificate // the highest certificate of the files that is on the path and no root
	pinnedAt int               // length of the path below it, or with it
}

func (w *walk) run(ctx context.Context) {
	if n := len(w.in.Chosen); n > 0 {
		w.path = slices.Clone(w.in.Chosen)
		w.settle(w.path[n-1])
		return
	}
	w.path = []*x509.Certificate{w.in.Sent[0]}
	for len(w.path) < maxPath {
		cur := w.path[len(w.path)-1]
		if w.arrive(cur) {
			return
		}
		next := w.next(cur)
		if next == nil && w.in.Fetch != nil && w.pinned == nil {
			w.fetched = append(w.fetched, w.in.Fetch(ctx, cur)...)
			next = w.next(cur)
		}
		if next == nil {
			break
		}
		w.path = append(w.path, next)
	}
	if w.pinned != nil {
		w.path = w.path[:w.pinnedAt]
		w.settle(w.pinned)
	}
}

// arrive tells whether the anchor is at hand: cur itself, or a root that signed cur. The nearest one is taken: a cross-signed
// root that the server sends along leads to an older and sooner ending one.
func (w *walk) arrive(cur *x509.Certificate) bool {
	if len(w.in.Files) > 0 {
		return w.arriveInFiles(cur)
	}
	if !w.in.Given.IsZero() && w.given(cur) {
		w.settle(cur)
		return true
	}
	for _, r := range w.in.Public {
		if w.issues(r.X509, cur) && (w.in.Given.IsZero() || w.given(r.X509)) && w.allowed(r) {
			w.settle(r.X509)
			return true
		}
	}
	if SelfSigned(cur) {
		w.settle(cur)
		return true
	}
	return false
}

// arriveInFiles prefers a root of the files, and of two forms of it the one in date; an intermediate or a leaf in them is kept for
// the case that no root follows.
func (w *walk) arriveInFiles(cur *x509.Certificate) bool {
	var root *x509.Certificate
	for _, c := range w.in.Files {
		switch {
		case !c.Equal(cur) && !w.issues(c, cur):
		case !SelfSigned(c):
			w.pinned, w.pinnedAt = c, len(w.path)
		case root == nil || !w.inDate(root) && w.inDate(c):
			root = c
		}
	}
	if root != nil {
		w.settle(root)
		return true
	}
	return SelfSigned(cur) // in no file: the walk ends without an anchor
}

// public is the public root that signed a certificate, or nil.
func (w *walk) public(cur *x509.Certificate) *x509.Certificate {
	for _, r := range w.in.Public {
		if w.issues(r.X509, cur) {
			return r.X509
		}
	}
	return nil
}

func (w *walk) given(c *x509.Certificate) bool {
	return cred.Sum(c.Raw) == w.in.Given || cred.Sum(cred.CertPEM(c.Raw)) == w.in.Given
}

// allowed asks the root programme's own rule, such as a date from which a root's new certificates are distrusted.
func (w *walk) allowed(r Root) bool {
	if r.Constraint == nil {
		return true
	}
	chain := slices.Clone(w.path)
	if !chain[len(chain)-1].Equal(r.X509) {
		chain = append(chain, r.X509)
	}
	return r.Constraint(chain) == nil
}

func (w *walk) issues(parent, child *x509.Certificate) bool {
	if !bytes.Equal(parent.RawSubject, child.RawIssuer) || parent.Equal(child) {
		return false
	}
	err := Issues(parent, child)
	if err != nil {
		w.broken = err
	}
	return err == nil
}

// next chooses the issuer of cur among what was sent and then among what was fetched. Of several with the same key, the one
// that was given is best, then one that a known root signed, then a self-signed one; of equals one in date, then the first.
func (w *walk) next(cur *x509.Certificate) *x509.Certificate {
	for _, pool := range [][]*x509.Certificate{w.in.Sent, w.fetched} {
		var best *x509.Certificate
		rank := 0
		for _, c := range pool {
			if slices.ContainsFunc(w.path, c.Equal) || !w.issues(c, cur) {
				continue
			}
			if r := w.rank(c); r > rank || r == rank && !w.inDate(best) && w.inDate(c) {
				best, rank = c, r
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

func (w *walk) inDate(c *x509.Certificate) bool {
	return !w.in.Now.Before(c.NotBefore) && !w.in.Now.After(c.NotAfter)
}

func (w *walk) rank(c *x509.Certificate) int {
	if !w.in.Given.IsZero() && w.given(c) {
		return 4
	}
	for _, k := range w.in.Files {
		if k.Equal(c) || w.issues(k, c) {
			return 3
		}
	}
	for _, r := range w.in.Public {
		if r.X509.Equal(c) || w.issues(r.X509, c) {
			return 3
		}
	}
	if SelfSigned(c) {
		return 2
	}
	return 1
}

// settle makes c the anchor and says where it came from and why it is believed.
func (w *walk) settle(c *x509.Certificate) {
	a := Anchor{X509: c, Source: FromAIA, Trust: TrustFirstUse}
	public := slices.ContainsFunc(w.in.Public, func(r Root) bool { return r.X509.Equal(c) && w.allowed(r) })
	switch {
	case len(w.in.Files) > 0:
		a.Source = FromFile
	case slices.ContainsFunc(w.in.Sent, c.Equal):
		a.Source = FromServer
	case public:
		a.Source = FromBundle
	}
	switch {
	case len(w.in.Files) > 0:
		a.Trust = TrustFile
	case !w.in.Given.IsZero() && w.given(c):
		a.Trust = TrustGiven
	case public:
		a.Trust = TrustBundle
	}
	w.anchor = &a
	if !w.path[len(w.path)-1].Equal(c) {
		w.path = append(w.path, c)
	}
}

// complete tells whether every certificate of the path below the anchor was sent.
func (w *walk) complete() bool {
	if w.anchor == nil {
		return false
	}
	for _, c := range w.path {
		if !c.Equal(w.anchor.X509) && !slices.ContainsFunc(w.in.Sent, c.Equal) {
			return false
		}
	}
	return true
}

// verify asks Go's verifier about the rules that the walk does not know: path length, name constraints, critical extensions.
func (w *walk) verify() error {
	leaf := w.path[0]
	if w.anchor == nil || leaf.Equal(w.anchor.X509) {
		return nil
	}
	roots, middle := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(w.anchor.X509)
	for _, c := range w.path[1:] {
		if !c.Equal(w.anchor.X509) {
			middle.AddCert(c)
		}
	}
	when, ok := together(w.path, w.in.Now)
	if !ok {
		return nil // the dates are told as such
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: middle, CurrentTime: when, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	return err
}

// together finds a moment at which all certificates are in date, now if possible: dates are judged apart from the rest.
func together(path []*x509.Certificate, now time.Time) (time.Time, bool) {
	from, to := path[0].NotBefore, path[0].NotAfter
	for _, c := range path {
		if c.NotBefore.After(from) {
			from = c.NotBefore
		}
		if c.NotAfter.Before(to) {
			to = c.NotAfter
		}
	}
	switch {
	case from.After(to):
		return now, false
	case now.Before(from):
		return from, true
	case now.After(to):
		return to, true
	}
	return now, true
}
