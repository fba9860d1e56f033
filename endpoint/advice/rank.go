package advice

import (
	"bytes"
	"cmp"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"slices"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/chain"
)

// Candidate is a certificate that a unit could hold to believe the server.
type Candidate struct {
	Subject   string       `json:"subject"`
	NotAfter  time.Time    `json:"not_after"`
	PolicyEnd time.Time    `json:"policy_end,omitzero"` // about when Mozilla's programme drops it; only of public roots
	SHA256    cred.Digest  `json:"sha256"`              // of the minimal PEM
	DER       cred.Digest  `json:"fingerprint"`         // of the DER
	PEMBytes  int          `json:"pem_bytes"`           // of the minimal PEM
	Key       string       `json:"key"`
	Source    chain.Source `json:"source"`
	Trust     chain.Trust  `json:"trust"`
	Complete  bool         `json:"complete"`          // what the server sends leads to it and verifies, so a modem that holds it believes the server
	Refused   string       `json:"refused,omitempty"` // code of why it must not be an anchor
	Reasons   []string     `json:"reasons"`           // what speaks for and against it

	cert   *x509.Certificate
	path   []*x509.Certificate // from the server's certificate to it; nil for one that the chain does not lead to
	leans  []*x509.Certificate // the cross-signs on it
	found  bool                // the path is there, though it need not verify
	forked bool                // it verifies only for who turns back and tries another way
	until  time.Time           // when it stops to be of use: its end, its programme's, that of a cross-sign
	public bool                // it is on the public list
	barred bool                // another root was named by its digest
}

// PEM is the candidate as it goes into a slot and into a file.
func (c *Candidate) PEM() []byte { return cred.CertPEM(c.cert.Raw) }

// wish is what candidates are held against.
type wish struct {
	now  time.Time
	life time.Duration // of the product; zero: ends are not judged
	room int           // bytes of PEM in the slot; zero: any
}

// covers tells whether something that is of use until a time is so for the product's life.
func (w wish) covers(until time.Time) bool { return w.life <= 0 || !until.Before(w.now.Add(w.life)) }

// fits tells whether that much PEM has room in the slot.
func (w wish) fits(bytes int) bool { return w.room <= 0 || bytes <= w.room }

// rank orders candidates, the best first. It looks at nothing but them and the wish, and no two certificates are equal to it, so that
// the same candidates have one order, in whatever order they come.
//
// What must not be an anchor is last. Then count: that a modem can follow, that somebody vouches for it, that it has room; then its
// time, and among those with enough of it (or that end in the same year) the one that leans on fewer cross-signs, the kinder key and
// the smaller certificate.
func (w wish) rank(cs []Candidate) {
	slices.SortFunc(cs, func(a, b Candidate) int {
		return cmp.Or(
			first(a.Refused == "", b.Refused == ""),
			first(!a.barred, !b.barred),
			first(a.Complete, b.Complete),
			first(a.found, b.found),
			cmp.Compare(doubt(a.Trust), doubt(b.Trust)),
			first(w.fits(a.PEMBytes), w.fits(b.PEMBytes)),
			w.time(a, b),
			cmp.Compare(len(a.leans), len(b.leans)),
			kindness(a, b),
			b.until.Compare(a.until),
			bytes.Compare(a.SHA256[:], b.SHA256[:]),
		)
	})
}

// first puts what is so before what is not.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// doubt is how much a trust leaves open.
func doubt(t chain.Trust) int {
	switch t {
	case chain.TrustFile, chain.TrustGiven, chain.TrustBundle:
		return 0
	case chain.TrustCrossSign:
		return 1
	}
	return 2
}

// time puts the root that lives as long as the product first; of two that do not, the one that lives years longer.
func (w wish) time(a, b Candidate) int {
	x, y := w.covers(a.until), w.covers(b.until)
	if x || y {
		return first(x, y)
	}
	return cmp.Compare(b.until.Year(), a.until.Year())
}

// kindness puts the key first that costs a modem least: an EC key before a short RSA one before a long one; of equals the smaller.
func kindness(a, b Candidate) int {
	return cmp.Or(cmp.Compare(cost(a.cert), cost(b.cert)), cmp.Compare(a.PEMBytes, b.PEMBytes))
}

func cost(c *x509.Certificate) int {
	switch k := c.PublicKey.(type) {
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return 0
	case *rsa.PublicKey:
		if k.N.BitLen() <= 3072 {
			return 1
		}
		return 2
	}
	return 3
}
