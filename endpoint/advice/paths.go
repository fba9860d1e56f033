package advice

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"slices"

	"example.org/sectag/endpoint/chain"
)

// The bounds of the search: a stranger chooses what is searched.
const (
	maxSteps = 512 // certificates tried
	maxPath  = 10  // certificates in a path, as the walk's
)

// entity is a CA: its name and its key. Cross-signs are several certificates of one entity, and so are the old and the new form
// of a renewed root; fingerprints tell them apart and are of no use here.
type entity [sha256.Size]byte

func entityOf(c *x509.Certificate) entity {
	h := sha256.New()
	h.Write(c.RawSubject)
	h.Write([]byte{0}) // neither is empty, and both say their own length
	h.Write(c.RawSubjectPublicKeyInfo)
	return entity(h.Sum(nil))
}

// search finds the ways from the server's certificate up.
type search struct {
	in      chain.Input
	fetched []*x509.Certificate

	pool   []*x509.Certificate
	public map[entity]bool
	self   map[entity]*x509.Certificate // self-signed forms
	signed map[[2]*x509.Certificate]bool
	own    map[*x509.Certificate]bool // signed by itself
	steps  int
	paths  [][]*x509.Certificate // each ends in a certificate that may issue; in the order of finding
}

// find walks depth first, what was sent before what was fetched before what is known: the same input gives the same order.
func find(in chain.Input, fetched []*x509.Certificate) *search {
	s := &search{
		in: in, fetched: fetched, public: map[entity]bool{}, self: map[entity]*x509.Certificate{},
		signed: map[[2]*x509.Certificate]bool{}, own: map[*x509.Certificate]bool{},
	}
	for _, r := range in.Public {
		s.public[entityOf(r.X509)] = true
	}
	known := in.Files
	if len(known) == 0 {
		for _, r := range in.Public {
			known = append(known, r.X509)
		}
	}
	for _, c := range slices.Concat(in.Sent[1:], fetched, known) {
		if slices.ContainsFunc(s.pool, c.Equal) || c.Equal(in.Sent[0]) {
			continue
		}
		s.pool = append(s.pool, c)
		if e := entityOf(c); s.self[e] == nil && s.isSelf(c) {
			s.self[e] = c
		}
	}
	s.climb([]*x509.Certificate{in.Sent[0]})
	return s
}

func (s *search) climb(path []*x509.Certificate) {
	cur := path[len(path)-1]
	if len(path) > 1 {
		s.paths = append(s.paths, slices.Clone(path))
	}
	if len(path) == maxPath || s.isSelf(cur) {
		return
	}
	for _, p := range s.pool {
		if !bytes.Equal(p.RawSubject, cur.RawIssuer) || s.steps >= maxSteps {
			continue
		}
		s.steps++
		if !slices.ContainsFunc(path, same(p)) && s.issues(p, cur) {
			s.climb(append(path, p))
		}
	}
}

// same tells of a certificate whether it is one of the same CA.
func same(c *x509.Certificate) func(*x509.Certificate) bool {
	e := entityOf(c)
	return func(o *x509.Certificate) bool { return entityOf(o) == e }
}

func (s *search) issues(parent, child *x509.Certificate) bool {
	at := [2]*x509.Certificate{parent, child}
	ok, known := s.signed[at]
	if !known {
		ok = chain.Issues(parent, child) == nil
		s.signed[at] = ok
	}
	return ok
}

func (s *search) isSelf(c *x509.Certificate) bool {
	yes, known := s.own[c]
	if !known {
		yes = chain.SelfSigned(c)
		s.own[c] = yes
	}
	return yes
}

// sent tells whether all of a path below its end was sent: then a modem that holds the end can follow it.
func (s *search) sent(path []*x509.Certificate) bool {
	for _, c := range path[:len(path)-1] {
		if !slices.ContainsFunc(s.in.Sent, c.Equal) {
			return false
		}
	}
	return true
}

// crossSigns are the certificates between the server's own and a path's end that are another form of a root: the path holds only as
// long as the server sends them, and they end like any certificate.
func (s *search) crossSigns(path []*x509.Certificate) (out []*x509.Certificate) {
	for _, c := range path[min(1, len(path)-1) : len(path)-1] {
		if s.self[entityOf(c)] != nil || s.public[entityOf(c)] {
			out = append(out, c)
		}
	}
	return out
}

// better tells whether path a is a better way to the same end than b: one that was sent, one that leans on fewer cross-signs, the shorter.
func (s *search) better(a, b []*x509.Certificate) bool {
	if x, y := s.sent(a), s.sent(b); x != y {
		return x
	}
	if x, y := len(s.crossSigns(a)), len(s.crossSigns(b)); x != y {
		return x < y
	}
	return len(a) < len(b)
}
