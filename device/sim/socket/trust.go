package socket

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"example.org/sectag/cred"
)

// longestChain is what the modem takes as the server's certificates, with the lengths between them (nrf91.md, 2).
const longestChain = 4 << 10

// What peer verification does (nrf91.md, 2).
const (
	verifyNone     = 0
	verifyRequired = 2
)

// judge decides on the server's certificates.
type judge struct {
	level   int
	host    string // to be found in the leaf; empty: not looked for
	anchors []*x509.Certificate
	now     time.Time
	tooLong bool // what was shown did not fit
}

// conf makes of the credentials under the socket's tag what a connection needs. A tag that holds an identity and its key alone is
// one with a pre-shared key; halves of anything are missing keys, which fail here as the modem fails at connect (nrf91.md, 2).
func (k *sock) conf(u Unit, now time.Time) (Conf, *judge, error) {
	c := Conf{Stream: k.kind == stream, Name: k.host, CID: k.options[optCID]}
	if net.ParseIP(k.host) != nil {
		c.Name = "" // the extension has no addresses
	}
	j := &judge{level: k.options[optVerify], host: k.host, now: now}
	get := func(kind cred.Kind) ([]byte, bool) { return u.Content(cred.Slot{SecTag: k.tag, Kind: kind}) }
	roots, hasRoots := get(cred.RootCA)
	cert, hasCert := get(cred.ClientCert)
	key, hasKey := get(cred.ClientKey)
	psk, hasPSK := get(cred.PSK)
	identity, hasIdentity := get(cred.PSKID)
	if hasCert != hasKey || hasPSK != hasIdentity || !(hasRoots || hasCert || hasPSK) {
		return c, j, errRefused
	}
	if hasPSK && !hasCert {
		secret, err := hex.DecodeString(string(psk))
		if err != nil || len(secret) == 0 {
			return c, j, errRefused
		}
		c.PSK, c.Identity = secret, identity
		return c, j, nil
	}
	if !u.HasRoot {
		return c, j, errRefused
	}
	if hasRoots {
		for _, der := range blocks(roots) {
			anchor, err := x509.ParseCertificate(der)
			if err != nil {
				return c, j, fmt.Errorf("%w: a root that cannot be read", errRefused)
			}
			j.anchors = append(j.anchors, anchor)
		}
	}
	c.Verify = j.verify
	if !hasCert {
		return c, j, nil
	}
	signer, err := readKey(key)
	if c.Chain = blocks(cert); err != nil || len(c.Chain) == 0 {
		return c, j, errRefused
	}
	leaf, err := x509.ParseCertificate(c.Chain[0])
	if err != nil {
		return c, j, errRefused
	}
	public, ok := leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(signer.Public()) {
		return c, j, errRefused
	}
	c.Key = signer
	return c, j, nil
}

// blocks is the certificates in PEM text.
func blocks(text []byte) (ders [][]byte) {
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			return ders
		}
		if b.Type == "CERTIFICATE" {
			ders = append(ders, b.Bytes)
		}
	}
}

// readKey takes a key in clear as PKCS#8 or in the older forms. Its error never quotes it.
func readKey(text []byte) (crypto.Signer, error) {
	b, _ := pem.Decode(text)
	if b == nil {
		return nil, errRefused
	}
	var key any
	var err error
	if key, err = x509.ParsePKCS8PrivateKey(b.Bytes); err != nil {
		if key, err = x509.ParseECPrivateKey(b.Bytes); err != nil {
			key, err = x509.ParsePKCS1PrivateKey(b.Bytes)
		}
	}
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return nil, errRefused
	}
	return signer, nil
}

var (
	errChainTooLong = errors.New("the server's chain is longer than the modem takes")
	errNoChain      = errors.New("the server showed no certificate")
	errWrongName    = errors.New("the server's certificate is for another name")
)

// verify judges the server's chain, the leaf first.
func (j *judge) verify(chain [][]byte) error {
	size := 3
	for _, der := range chain {
		size += 3 + len(der)
	}
	if j.tooLong = size > longestChain; j.tooLong {
		return errChainTooLong
	}
	if j.level == verifyNone {
		return nil
	}
	if err := j.trusted(chain); err != nil && j.level == verifyRequired {
		return err
	}
	return nil
}

func (j *judge) trusted(chain [][]byte) error {
	if len(chain) == 0 {
		return errNoChain
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return fmt.Errorf("reading the server's certificate: %w", err)
	}
	between, roots := x509.NewCertPool(), x509.NewCertPool()
	for _, der := range chain[1:] {
		if c, err := x509.ParseCertificate(der); err == nil {
			between.AddCert(c)
		}
	}
	for _, a := range j.anchors {
		if a.IsCA || bytes.Equal(a.RawIssuer, a.RawSubject) { // the certificate of a server vouches for nobody
			roots.AddCert(a)
		}
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: j.now}); err != nil {
		return fmt.Errorf("verifying the server's chain: %w", err)
	}
	if j.host != "" && !named(leaf, j.host) {
		return errWrongName
	}
	return nil
}

// named looks for the host among the alternative names, and in the common name of a certificate that has none.
func named(leaf *x509.Certificate, host string) bool {
	if leaf.VerifyHostname(host) == nil {
		return true
	}
	if len(leaf.DNSNames)+len(leaf.IPAddresses)+len(leaf.EmailAddresses)+len(leaf.URIs) > 0 {
		return false
	}
	cn := leaf.Subject.CommonName
	if rest, wild := strings.CutPrefix(cn, "*."); wild {
		_, parent, _ := strings.Cut(host, ".")
		return parent != "" && strings.EqualFold(rest, parent)
	}
	return strings.EqualFold(cn, host)
}
