//go:build unix

package e2e

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"testing"
)

// The types of credentials, as %CMNG numbers them.
const (
	rootCA     = 0
	clientCert = 1
	clientKey  = 2
)

// held is a virtual modem's state file (docs/simulator.md): the unit is what stands there.
type held struct {
	IMEI  string `json:"imei"`
	Slots []struct {
		SecTag  uint32 `json:"sec_tag"`
		Type    int    `json:"type"`
		SHA256  string `json:"sha256"`
		Content string `json:"content"`
	} `json:"slots"`
}

// unit reads what the modem holds now.
func (s *stage) unit() (u held) {
	s.t.Helper()
	if err := json.Unmarshal(read(s.t, s.file("unit.json")), &u); err != nil {
		s.t.Fatalf("the state file: %v", err)
	}
	return u
}

// content is what a slot of tag 42 holds; "" when it is empty.
func (u held) content(kind int) string {
	for _, s := range u.Slots {
		if s.SecTag == 42 && s.Type == kind {
			return s.Content
		}
	}
	return ""
}

// sha256 is the digest of what a slot of tag 42 holds, computed here; "" when it is empty.
func (u held) sha256(kind int) string {
	c := u.content(kind)
	if c == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(c))
	return hex.EncodeToString(sum[:])
}

// tagged counts what is stored under tag 42.
func (u held) tagged() (n int) {
	for _, s := range u.Slots {
		if s.SecTag == 42 {
			n++
		}
	}
	return n
}

// cert is the certificate in the modem.
func (u held) cert(t testing.TB) *x509.Certificate {
	t.Helper()
	b, rest := pem.Decode([]byte(u.content(clientCert)))
	if b == nil || b.Type != "CERTIFICATE" || len(rest) > 0 {
		t.Fatalf("the modem holds no certificate: %q", u.content(clientCert))
	}
	c, err := x509.ParseCertificate(b.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// key is the private key in the modem, which must be PKCS#8.
func (u held) key(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	b, rest := pem.Decode([]byte(u.content(clientKey)))
	if b == nil || b.Type != "PRIVATE KEY" || len(rest) > 0 {
		t.Fatal("the modem holds no PKCS#8 key")
	}
	k, err := x509.ParsePKCS8PrivateKey(b.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return k.(*ecdsa.PrivateKey)
}

// proven fails the test unless the modem holds a whole identity: an anchor, a certificate for its own IMEI, and the key that
// belongs to it.
func (u held) proven(t testing.TB) {
	t.Helper()
	c, k := u.cert(t), u.key(t)
	if !k.PublicKey.Equal(c.PublicKey) {
		t.Error("the key in the modem does not belong to the certificate in the modem")
	}
	if want := "urn:imei:" + u.IMEI; c.Subject.CommonName != want {
		t.Errorf("the certificate is for %q, the modem is %q", c.Subject.CommonName, want)
	}
	if u.content(rootCA) == "" {
		t.Error("the modem holds no trust anchor")
	}
}

// agrees fails the test unless slots of a document or record say what the modem holds, all three of them.
func (u held) agrees(t testing.TB, slots []slot) {
	t.Helper()
	if len(slots) != 3 {
		t.Errorf("%d slots are told of, 3 were planned", len(slots))
	}
	for _, s := range slots {
		if got := u.sha256(s.Type); s.SecTag != 42 || s.SHA256 != got {
			t.Errorf("slot %d type %d is said to hold %s, it holds %q", s.SecTag, s.Type, s.SHA256, got)
		}
	}
}

// holds fails the test unless the document says this of the three slots.
func (d document) holds(t testing.TB, want ...string) {
	t.Helper()
	if len(d.Slots) != len(want) {
		t.Errorf("%d slots are told of, expected %d: %+v", len(d.Slots), len(want), d.Slots)
		return
	}
	for i, s := range d.Slots {
		if s.Holds != want[i] {
			t.Errorf("slot %d type %d: holds %q, expected %q", s.SecTag, s.Type, s.Holds, want[i])
		}
	}
}
