package bench_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"testing"
)

// hunted is a secret, and how parts of it look raw, in hex and in base64. The parts are of twelve bytes and begin four bytes apart, so
// no sixteen bytes of the secret can stand in a text that is searched.
type hunted struct {
	name  string
	looks [][]byte
}

func hunt(name string, secret []byte) hunted {
	const part, step = 12, 4
	h := hunted{name: name}
	for i := 0; i+part <= len(secret); i += step {
		w := secret[i : i+part]
		lower := hex.EncodeToString(w)
		h.looks = append(h.looks, w, []byte(lower), []byte(strings.ToUpper(lower)))
		for before := range 3 {
			text := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), w...))
			h.looks = append(h.looks, []byte(text[(before*8+5)/6:(before+part)*8/6])) // the rest hangs on what stands around
		}
	}
	return h
}

// scalar is the private number of a key in PEM: what stands around it is public.
func scalar(t testing.TB, text []byte) []byte {
	t.Helper()
	out, err := keyOf(t, text).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func keyOf(t testing.TB, text []byte) *ecdsa.PrivateKey {
	t.Helper()
	b, _ := pem.Decode(text)
	if b == nil {
		t.Fatalf("%d bytes are no PEM", len(text))
	}
	key, err := x509.ParsePKCS8PrivateKey(b.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*ecdsa.PrivateKey)
}

// clean fails the test if a part of a secret, or the head of a private key, is in a text, also across line ends.
func clean(t testing.TB, text []byte, secrets ...hunted) {
	t.Helper()
	joined := text
	for _, end := range []string{"\n", "\r", `\n`, `\r`, " "} {
		joined = bytes.ReplaceAll(joined, []byte(end), nil)
	}
	for _, h := range secrets {
		for _, look := range h.looks {
			if bytes.Contains(text, look) || bytes.Contains(joined, look) {
				t.Errorf("a part of %s is told", h.name)
				break
			}
		}
	}
	if bytes.Contains(joined, []byte("PRIVATEKEY")) {
		t.Error("the head of a private key is told")
	}
}

// The hunt finds what it is for.
func TestTheHuntFindsSecrets(t *testing.T) {
	secret := []byte("0123456789abcdefghijklmnopqrstuv")
	for at := range 9 {
		for _, form := range []string{
			string(secret), hex.EncodeToString(secret[3:19]), strings.ToUpper(hex.EncodeToString(secret)),
			base64.StdEncoding.EncodeToString(append(make([]byte, at), secret[at:]...)),
		} {
			text, found := []byte(strings.Repeat("x", at)+form), false
			for _, look := range hunt("it", secret).looks {
				found = found || bytes.Contains(text, look)
			}
			if !found {
				t.Errorf("%s is not found", text)
			}
		}
	}
}
