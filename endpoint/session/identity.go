package session

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/chain"
)

// Identity is what a unit has in its slots. What is secret in it is in no error and no text.
type Identity struct {
	tls     tls.Certificate
	anchors []*x509.Certificate
	name    string // with a pre-shared key: its identity
	key     []byte // the key itself
}

// HasKey tells whether the unit has a pre-shared key instead of a certificate.
func (i Identity) HasKey() bool { return i.key != nil }

// Name is who a server takes the unit for: the common name of its certificate, or the identity of its pre-shared key.
func (i Identity) Name() string {
	if i.HasKey() || i.tls.Leaf == nil {
		return i.name
	}
	return i.tls.Leaf.Subject.CommonName
}

// PSK reads a pre-shared key as the modem takes it, hex text, and its identity. Its errors never quote what they read.
func PSK(name string, file []byte) (Identity, *cred.Fault) {
	id, err := cred.Content(cred.PSKID, []byte(name))
	if err != nil {
		return Identity{}, cred.Because(err, "config.value", "the identity of the pre-shared key cannot be used: "+err.Error(),
			"give the text that the modem has in its slot of type 4")
	}
	text, err := cred.Content(cred.PSK, file)
	if err != nil {
		return Identity{}, cred.Because(err, "config.file", "the pre-shared key cannot be used: "+err.Error(),
			"give a file with the key as hex text, as the modem takes it")
	}
	defer clear(text)
	key := make([]byte, hex.DecodedLen(len(text)))
	if _, err := hex.Decode(key, text); err != nil {
		return Identity{}, cred.Failed("config.file", "the pre-shared key cannot be read", "give a file with the key as hex text, as the modem takes it")
	}
	return Identity{name: string(id), key: key}, nil
}

// Clear forgets the pre-shared key.
func (i Identity) Clear() { clear(i.key) }

// Certificate is the unit's certificate with its key; without chain and key if it has a pre-shared key.
func (i Identity) Certificate() *tls.Certificate { return &i.tls }

// Anchors is what the unit trusts.
func (i Identity) Anchors() []*x509.Certificate { return i.anchors }

// X509 reads certificate (and the intermediates behind it), key and anchor and makes sure that certificate and key belong together. Its errors never quote
// what they read.
func X509(cert, key, anchor []byte) (Identity, *cred.Fault) {
	certPEM, err := cred.Content(cred.ClientCert, cert)
	if err != nil {
		return Identity{}, cred.Because(err, "config.file", "the unit's certificate cannot be used: "+err.Error(),
			"give the PEM file with the unit's own certificate")
	}
	blocks := cred.Blocks(certPEM)
	leaf, err := x509.ParseCertificate(blocks[0].Bytes)
	if err != nil {
		return Identity{}, cred.Because(err, "config.file", "the unit's certificate cannot be read", "have it issued anew")
	}
	signer, fault := readKey(key)
	if fault != nil {
		return Identity{}, fault
	}
	public, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(leaf.PublicKey) {
		return Identity{}, cred.Failed("ca.key-mismatch", "the private key does not belong to the unit's certificate",
			"give the key that was made together with this certificate")
	}
	anchors, err := chain.ParsePEM(anchor)
	if err != nil {
		return Identity{}, noAnchor(err)
	}
	out := Identity{tls: tls.Certificate{PrivateKey: signer, Leaf: leaf}, anchors: anchors}
	for _, b := range blocks { // what stands behind the unit's own is sent too
		out.tls.Certificate = append(out.tls.Certificate, b.Bytes)
	}
	return out, nil
}

// Bare is what a client shows that must be refused: certificates and key as they are, whether they belong together or not. Without
// certificates it answers the server's question with an empty list (RFC 5246, section 7.4.6). Only the anchor is judged.
func Bare(certs, key, anchor []byte) (Identity, *cred.Fault) {
	anchors, err := chain.ParsePEM(anchor)
	if err != nil {
		return Identity{}, noAnchor(err)
	}
	out := Identity{anchors: anchors}
	blocks := cred.Blocks(certs)
	if len(blocks) == 0 {
		return out, nil
	}
	for _, b := range blocks {
		out.tls.Certificate = append(out.tls.Certificate, b.Bytes)
	}
	if out.tls.Leaf, err = x509.ParseCertificate(blocks[0].Bytes); err != nil {
		return Identity{}, cred.Because(err, "config.file", "the certificate cannot be read", "have it issued anew")
	}
	signer, fault := readKey(key)
	out.tls.PrivateKey = signer
	return out, fault
}

func noAnchor(err error) *cred.Fault {
	return cred.Because(err, "config.anchor", "the trust anchor cannot be read: "+chain.Name(err.Error()),
		"give the PEM file with the root that the unit trusts; sectag probe --anchor-out writes it")
}

func readKey(file []byte) (crypto.Signer, *cred.Fault) {
	const hint = "give the PEM file with the unit's private key, in clear"
	text, err := cred.Content(cred.ClientKey, file)
	if err != nil {
		return nil, cred.Because(err, "config.file", "the unit's key cannot be used: "+err.Error(), hint)
	}
	defer clear(text)
	der := cred.Blocks(text)[0].Bytes
	defer clear(der)
	key, err := x509.ParsePKCS8PrivateKey(der)
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return nil, cred.Because(errors.New("unreadable"), "config.file", "the unit's key cannot be read", hint)
	}
	return signer, nil
}
