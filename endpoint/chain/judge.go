package chain

import (
	"context"
	"crypto/x509"
	"time"

	"example.org/sectag/cred"
)

// Sizes of the Certificate message.
const (
	LimitBytes = 4096 // the modem's (release notes of its firmware); beyond it a modem was seen to crash
	LongBytes  = 3072 // one more intermediate would not fit
)

// MessageBytes is the size of the Certificate message that brings so many certificates of so many bytes of DER in all: each has its
// length in front, and so has the list (RFC 5246, section 7.4.2).
func MessageBytes(der, certificates int) int { return 3 + 3*certificates + der }

// maxPath is the most certificates that a path may have: RFC 7925 asks devices for three beside the anchor.
const maxPath = 10

// Input is what there is to judge, and by what.
type Input struct {
	Sent  []*x509.Certificate // in the server's order
	Bytes int                 // sum of the DER as sent; 0 means: of Sent
	Host  string              // the name or address that units connect to
	Now   time.Time
	Life  time.Duration // how long the product lives; 0 means that the anchor's end is not judged

	Files  []*x509.Certificate // anchors that a person put in a file; if there are any, no other will do
	Given  cred.Digest         // SHA-256 of the anchor that a person named, of its DER or of its minimal PEM; zero means none
	Public []Root              // public roots
	// Chosen is a path from the server's certificate to an anchor that was chosen among several; it is judged and no other is
	// looked for. Empty means that Judge walks.
	Chosen []*x509.Certificate
	// Fetch finds issuers of a certificate elsewhere; each has been found to have signed it. Nil means that nothing is fetched.
	Fetch func(ctx context.Context, child *x509.Certificate) []*x509.Certificate
}

// Source says where the anchor's bytes came from.
type Source string

// Trust says why an anchor is believed.
type Trust string

// The sources and trusts of the contract.
const (
	FromServer Source = "server"
	FromAIA    Source = "aia"
	FromBundle Source = "bundle"
	FromFile   Source = "file"

	TrustFile      Trust = "file"       // it stands in a file that a person chose
	TrustGiven     Trust = "given"      // its digest is the one that a person gave
	TrustBundle    Trust = "bundle"     // it is a public root
	TrustCrossSign Trust = "cross-sign" // one that is believed signed its key; said of candidates and backups, never of the anchor
	TrustFirstUse  Trust = "first-use"  // nobody has vouched for it
)

// Anchor is the certificate that a unit should trust.
type Anchor struct {
	X509   *x509.Certificate
	Source Source
	Trust  Trust
}

// PEM is the anchor as it goes into a slot and into a file: one block, nothing round it.
func (a Anchor) PEM() []byte { return cred.CertPEM(a.X509.Raw) }

// Judgement is the outcome.
type Judgement struct {
	Path     []*x509.Certificate // from the server's certificate to the anchor, or as far as it could be followed
	Anchor   *Anchor             // nil if no root was found
	Complete bool                // what the server sent is enough for a modem that holds the anchor
	Name     How
	Findings []cred.Finding // errors first
}

// Judge judges. Sent must hold at least one certificate.
func Judge(ctx context.Context, in Input) Judgement {
	w := walk{in: in}
	w.run(ctx)
	j := Judgement{Path: w.path, Anchor: w.anchor, Complete: w.complete(), Name: MatchHost(in.Sent[0], in.Host)}
	size := in.Bytes
	if size == 0 {
		for _, c := range in.Sent {
			size += len(c.Raw)
		}
	}
	var f findings
	f.size(MessageBytes(size, len(in.Sent)))
	f.anchor(in, w, j)
	f.name(in, j.Name)
	f.times(in, j.Path)
	f.order(in.Sent, j.Path)
	f.kinds(j.Path)
	f.flags(in.Sent[0], j.Anchor)
	f.purpose(j.Path)
	j.Findings = f.sorted()
	return j
}
