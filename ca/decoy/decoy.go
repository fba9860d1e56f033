// Package decoy makes certificates that a server must refuse, for connections that must fail: of another authority, ended, signed by a
// device. They live for minutes and their keys for one handshake; none is ever written to a modem or a file. Read Kind, then Make.
package decoy

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"

	"example.org/sectag/ca"
	"example.org/sectag/ca/keyfile"
	"example.org/sectag/cred"
)

// Kind says what is wrong with a decoy.
type Kind string

// The kinds (facts on servers, section 10, say who lets which in).
const (
	OtherAuthority Kind = "other-authority" // signed by an authority that was made for it
	Expired        Kind = "expired"         // of this authority, and ended an hour ago
	DeviceSigned   Kind = "device-signed"   // signed by a device whose certificate says CA:FALSE, which is in the chain
	DeviceCASigned Kind = "device-ca"       // the same with CA:TRUE, as a careless authority makes its devices
	OtherUnit      Kind = "other-unit"      // in order, and another unit's: it must not register under this unit's name
)

// Signed tells whether this authority signs something for a decoy, so that a serial of its is needed.
func (k Kind) Signed() bool { return k != OtherAuthority }

// ago is how long an Expired decoy has ended: longer than clocks differ.
const ago = time.Hour

// Order asks for a decoy.
type Order struct {
	Kind   Kind
	Name   string // that it bears: the unit's, or for OtherUnit another
	Serial string // hex, reserved beforehand, if Kind.Signed
	Clock  ca.Clock
}

// Decoy is what is shown: certificates, the client's first, and a key. Clear it after the handshake.
type Decoy struct {
	Chain []byte // PEM; of what the authority signed, its intermediates stand last
	Key   *ca.Key
}

// Clear overwrites the key.
func (d Decoy) Clear() { d.Key.Clear() }

// Make makes one. Faults: those of ca.Authority.SignTest.
func Make(a *ca.Authority, o Order) (Decoy, error) {
	key, err := ca.NewKey()
	if err != nil {
		return Decoy{}, err
	}
	d := Decoy{Key: key}
	switch o.Kind {
	case OtherAuthority:
		d.Chain, err = foreign(o, key.Public())
	case DeviceSigned, DeviceCASigned:
		d.Chain, err = byDevice(a, o, key.Public())
	default:
		d.Chain, err = signed(a, o, key.Public())
	}
	if err != nil {
		d.Clear()
		return Decoy{}, err
	}
	if o.Kind.Signed() { // a server that knows the root alone must have but one reason to refuse
		d.Chain = append(d.Chain, a.Chain.Between().PEM()...)
	}
	return d, nil
}

// client is the certificate of a unit in everything but its issuer (RFC 7925, section 4.4.2).
func client(name string, begin time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotBefore: begin, NotAfter: begin.Add(ca.TwinLife + grace),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
}

// grace is how long ago a decoy begins, for servers whose clock is a little behind.
const grace = 10 * time.Minute

func (o Order) begin() time.Time { return o.Clock.Now.UTC().Truncate(time.Second).Add(-grace) }

func signed(a *ca.Authority, o Order, public crypto.PublicKey) ([]byte, error) {
	begin := o.begin()
	if o.Kind == Expired {
		begin = begin.Add(-ago - ca.TwinLife)
	}
	der, err := a.SignTest(ca.TestRequest{Like: client(o.Name, begin), Public: public, Serial: o.Serial, Clock: o.Clock})
	return cred.CertPEM(der), err
}

// foreign is signed by an authority that lives as long as the decoy, and whose key as long as this call.
func foreign(o Order, public crypto.PublicKey) ([]byte, error) {
	signer, err := newSigner()
	if err != nil {
		return nil, err
	}
	defer keyfile.Clear(signer)
	root := &x509.Certificate{
		Subject: pkix.Name{CommonName: "sectag test of another authority"}, NotBefore: o.begin(), NotAfter: o.begin().Add(ca.TwinLife + grace),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign, PublicKey: signer.Public(), SubjectKeyId: []byte("sectag test"),
	}
	return under(root, signer, client(o.Name, o.begin()), public)
}

// byDevice is the impostor: the authority signs a device, and the device's key signs the client. Both are shown.
func byDevice(a *ca.Authority, o Order, public crypto.PublicKey) ([]byte, error) {
	signer, err := newSigner()
	if err != nil {
		return nil, err
	}
	defer keyfile.Clear(signer)
	like := client("sectag-test-device", o.begin())
	if o.Kind == DeviceCASigned {
		like.IsCA, like.KeyUsage, like.ExtKeyUsage = true, 0, nil // as openssl req -x509 -CA writes it
	}
	der, err := a.SignTest(ca.TestRequest{Like: like, Public: signer.Public(), Serial: o.Serial, Clock: o.Clock})
	if err != nil {
		return nil, err
	}
	device, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("reading the test's device back: %w", err)
	}
	leaf, err := under(device, signer, client(o.Name, o.begin()), public)
	return append(leaf, cred.CertPEM(der)...), err
}

// under signs a client with a key that is no authority's of ours.
func under(issuer *x509.Certificate, signer crypto.Signer, like *x509.Certificate, public crypto.PublicKey) ([]byte, error) {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("drawing a serial: %w", err)
	}
	like.SerialNumber = n
	der, err := x509.CreateCertificate(rand.Reader, like, issuer, public, signer)
	if err != nil {
		return nil, fmt.Errorf("signing a certificate that must be refused: %w", err)
	}
	return cred.CertPEM(der), nil
}

func newSigner() (crypto.Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key for a test: %w", err)
	}
	return key, nil
}
