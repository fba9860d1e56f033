// Package chain knows the certificates between a unit and its authority's root: which certificate of a file signs units, which stand
// above it, and what a unit sends and a server needs of them. It reads certificates and never a key. Read is where to begin; the server's
// file is Chain.PEM.
package chain

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"example.org/sectag/ca/certfile"
	"example.org/sectag/cred"
)

// Chain is an authority's certificates: the one that signs units first, its root last. A root that signs units itself is alone.
type Chain []*x509.Certificate

// longest bounds a climb: RFC 7925, section 4.4.2 has devices handle three certificates beside the root.
const longest = 5

// Read reads an authority out of a file. The first certificate decides: an intermediate signs the units, and the certificates above it up
// to its root stand in the file behind it, in any order, or in the further files. Else it is the one root of the file. Whether any has
// ended is not asked. Faults: config.file, ca.not-a-ca, ca.no-root (one above is missing), ca.pathlen.
func Read(file string, more ...string) (Chain, error) {
	certs, err := certfile.Certs(file)
	if err != nil {
		return nil, err
	}
	first := certs[0]
	if !intermediate(first) {
		root, err := certfile.Root(file)
		if err != nil {
			return nil, err
		}
		return Chain{root}, nil
	}
	for _, name := range more {
		above, err := certfile.Certs(name)
		if err != nil {
			return nil, err
		}
		certs = append(above, certs...) // what was named beside the file goes before what is in it
	}
	c, err := Climb(first, certs)
	if err != nil && cred.AsFault(err).Code == "ca.no-root" {
		f := cred.AsFault(err)
		return nil, cred.Because(err, f.Code, file+": "+f.Text, f.Hint+": cat root.crt >> "+file)
	}
	return c, err
}

// intermediate tells whether a certificate is an authority that another signed: a CA that says that its key signs certificates, as RFC
// 5280, section 4.2.1.3 demands of one. Units by the recipe that circulates are CAs too, and do not say it.
func intermediate(c *x509.Certificate) bool {
	return c.Version == 3 && certfile.IsCA(c) && c.KeyUsage&x509.KeyUsageCertSign != 0 && !bytes.Equal(c.RawSubject, c.RawIssuer)
}

// Climb finds the way from an authority's certificate to a root, over certificates that may sign, as short as it is. Where several
// lead on, one that is a root is taken before one that another signed, and else the first. Faults: ca.no-root, ca.pathlen, ca.not-a-ca.
func Climb(from *x509.Certificate, among []*x509.Certificate) (Chain, error) {
	c := Chain{from}
	for !root(c.Root()) {
		up := parent(c, among)
		if up == nil || len(c) == longest {
			top := c.Root()
			return nil, cred.Failed("ca.no-root", fmt.Sprintf("the certificate of %s, which signed %s, is not there", certfile.Issuer(top), certfile.Subject(top)),
				"put the certificates above an intermediate, up to its root, behind it in its file")
		}
		c = append(c, up)
	}
	if err := c.lengths(); err != nil {
		return nil, err
	}
	return c, nil
}

func root(c *x509.Certificate) bool { return certfile.RootFault(c) == nil }

// parent finds who signed the last of a chain, a root if there is one.
func parent(c Chain, among []*x509.Certificate) *x509.Certificate {
	top := c.Root()
	var found []*x509.Certificate
	for _, p := range among {
		signs := root(p) || intermediate(p) && !certfile.OtherPurpose(p)
		if signs && bytes.Equal(p.RawSubject, top.RawIssuer) && !slices.ContainsFunc(c, p.Equal) && top.CheckSignatureFrom(p) == nil {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return nil
	}
	if i := slices.IndexFunc(found, root); i >= 0 {
		return found[i]
	}
	return found[0]
}

// lengths holds each certificate to how many authorities it lets stand below it (RFC 5280, section 4.2.1.9).
func (c Chain) lengths() error {
	for below, p := range c {
		if max := PathLen(p); max >= 0 && below > max {
			return TooDeep(p)
		}
	}
	return nil
}

// PathLen is how many authorities a certificate lets stand below it; -1 where it does not say.
func PathLen(c *x509.Certificate) int {
	if c.MaxPathLen > 0 || c.MaxPathLen == 0 && c.MaxPathLenZero {
		return c.MaxPathLen
	}
	return -1
}

// TooDeep is ca.pathlen: an authority below one that does not let it.
func TooDeep(c *x509.Certificate) error {
	return cred.Failed("ca.pathlen", fmt.Sprintf("%s lets %d authorities stand below it (pathlen), and one more is asked for", certfile.Subject(c), PathLen(c)),
		"an intermediate signs units only: give the root's certificate and key; for a root with pathlen:0, make a new root")
}

// Root is the last certificate.
func (c Chain) Root() *x509.Certificate { return c[len(c)-1] }

// Between is all but the root, the one that signs units first; empty where the root does. A server that knows the root needs them from
// the unit, or has them itself.
func (c Chain) Between() Chain { return c[:max(0, len(c)-1)] }

// End is when the first of them ends: no unit is of use after it.
func (c Chain) End() time.Time { return c.first().NotAfter.UTC() }

// Ended is the certificate that has ended at a time, nil when none has.
func (c Chain) Ended(now time.Time) *x509.Certificate {
	if first := c.first(); now.After(first.NotAfter) {
		return first
	}
	return nil
}

func (c Chain) first() *x509.Certificate {
	return slices.MinFunc(c, func(a, b *x509.Certificate) int { return cmp.Compare(a.NotAfter.Unix(), b.NotAfter.Unix()) })
}

// PEM is their minimal blocks, in order: of the whole chain the file that a server takes as its authorities, of Between what a unit
// sends behind its own certificate. Empty for none.
func (c Chain) PEM() []byte {
	var out []byte
	for _, x := range c {
		out = append(out, cred.CertPEM(x.Raw)...)
	}
	return out
}

// Sums are the digests of their minimal blocks, in order, as records have them.
func (c Chain) Sums() []cred.Digest {
	var out []cred.Digest
	for _, x := range c {
		out = append(out, cred.Sum(cred.CertPEM(x.Raw)))
	}
	return out
}
