package keyfile

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/sectag/ca/internal/ossl"
)

const pass = "correct horse battery staple"

func newEC(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func samePublic(t testing.TB, a, b crypto.PublicKey) {
	t.Helper()
	if !a.(interface{ Equal(crypto.PublicKey) bool }).Equal(b) {
		t.Error("the key that came back is another one")
	}
}

func TestOpenSSLOpensOursWithThePassphraseAndNotWithout(t *testing.T) {
	t.Parallel()
	dir, key := t.TempDir(), newEC(t)
	text, err := EncodeIterated(key, []byte(pass), 2048) // the real number is tried in package ca
	if err != nil {
		t.Fatal(err)
	}
	ossl.Write(t, dir, "k.pem", text)
	ossl.Write(t, dir, "right", []byte(pass+"\n"))
	ossl.Write(t, dir, "wrong", []byte("something else\n"))

	pub := ossl.Run(t, dir, "pkey", "-in", "k.pem", "-passin", "file:right", "-pubout")
	block, _ := pem.Decode([]byte(pub))
	got, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	samePublic(t, &key.PublicKey, got)
	if out, ok := ossl.Try(t, dir, "pkey", "-in", "k.pem", "-passin", "file:wrong", "-noout"); ok {
		t.Errorf("openssl opened the key with a wrong passphrase: %s", out)
	}
	if out, ok := ossl.Try(t, dir, "pkey", "-in", "k.pem", "-noout"); ok {
		t.Errorf("openssl opened the key without a passphrase: %s", out)
	}
}

func TestEveryFormThatOpenSSLWrites(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ossl.Write(t, dir, "pass", []byte(pass+"\n"))
	ossl.NewKey(t, dir, "ec.pem")
	ossl.Run(t, dir, "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "rsa.pem")
	ossl.Run(t, dir, "genpkey", "-algorithm", "ED25519", "-out", "ed.pem")
	topk8 := func(in string, how ...string) []string {
		return append([]string{"pkcs8", "-topk8", "-in", in, "-passout", "file:pass"}, how...)
	}
	for name, c := range map[string]struct {
		from string
		args []string
		err  error
	}{
		"aes-256":         {"ec.pem", topk8("ec.pem", "-v2", "aes-256-cbc"), nil},
		"aes-192":         {"ec.pem", topk8("ec.pem", "-v2", "aes-192-cbc"), nil},
		"aes-128":         {"ec.pem", topk8("ec.pem", "-v2", "aes-128-cbc"), nil},
		"3des":            {"ec.pem", topk8("ec.pem", "-v2", "des3"), nil},
		"5000":            {"ec.pem", topk8("ec.pem", "-v2", "aes-256-cbc", "-iter", "5000"), nil},
		"hmac-sha1":       {"ec.pem", topk8("ec.pem", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA1"), nil},
		"hmac-sha512":     {"ec.pem", topk8("ec.pem", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512"), nil},
		"scrypt":          {"ec.pem", topk8("ec.pem", "-scrypt"), nil},
		"encrypted DER":   {"ec.pem", topk8("ec.pem", "-v2", "aes-256-cbc", "-outform", "DER"), nil},
		"encrypted RSA":   {"rsa.pem", topk8("rsa.pem", "-v2", "aes-256-cbc"), nil},
		"encrypted Ed":    {"ed.pem", topk8("ed.pem", "-v2", "aes-256-cbc"), nil},
		"clear PKCS#8":    {"ec.pem", []string{"pkey", "-in", "ec.pem"}, nil},
		"clear DER":       {"ec.pem", []string{"pkey", "-in", "ec.pem", "-outform", "DER"}, nil},
		"SEC1":            {"ec.pem", []string{"ec", "-in", "ec.pem"}, nil},
		"SEC1 DER":        {"ec.pem", []string{"ec", "-in", "ec.pem", "-outform", "DER"}, nil},
		"PKCS#1":          {"rsa.pem", []string{"rsa", "-in", "rsa.pem", "-traditional"}, nil},
		"old PEM cipher":  {"ec.pem", []string{"ec", "-in", "ec.pem", "-aes256", "-passout", "file:pass"}, ErrUnsupported},
		"PKCS#5 version1": {"ec.pem", topk8("ec.pem", "-v1", "PBE-SHA1-3DES"), ErrUnsupported},
	} {
		t.Run(name, func(t *testing.T) {
			out := strings.ReplaceAll(name, " ", "-") + ".key"
			ossl.Run(t, dir, append(c.args, "-out", out)...)
			data, err := os.ReadFile(filepath.Join(dir, out))
			if err != nil {
				t.Fatal(err)
			}
			blocks := Scan(data)
			if len(blocks) != 1 {
				t.Fatalf("found %d keys, want 1", len(blocks))
			}
			got, err := blocks[0].Open([]byte(pass))
			if !errors.Is(err, c.err) {
				t.Fatalf("got %v, want %v", err, c.err)
			}
			if err != nil {
				return
			}
			plain, err := os.ReadFile(filepath.Join(dir, c.from))
			if err != nil {
				t.Fatal(err)
			}
			want, err := Scan(plain)[0].Open(nil)
			if err != nil {
				t.Fatal(err)
			}
			samePublic(t, want.Public(), got.Public())
			if blocks[0].Encrypted && name != "scrypt" { // which is slow, and what follows is not its own
				if _, err := blocks[0].Open([]byte("nope")); !errors.Is(err, ErrWrongPassphrase) {
					t.Errorf("a wrong passphrase: %v", err)
				}
				if _, err := blocks[0].Open(nil); !errors.Is(err, ErrNoPassphrase) {
					t.Errorf("no passphrase: %v", err)
				}
			}
		})
	}
}

func TestAWrongPassphraseIsNeverTakenForDamage(t *testing.T) {
	t.Parallel()
	text, err := EncodeIterated(newEC(t), []byte(pass), 1)
	if err != nil {
		t.Fatal(err)
	}
	block := Scan(text)[0]
	for i := range 2000 { // one in 256 has padding that fits by chance
		if _, err := block.Open([]byte{'x', byte(i), byte(i >> 8)}); !errors.Is(err, ErrWrongPassphrase) {
			t.Fatalf("passphrase %d: %v", i, err)
		}
	}
}

func TestScanSeesThroughWhatPeopleDoToFiles(t *testing.T) {
	t.Parallel()
	key := newEC(t)
	text, err := Encode(key, nil)
	if err != nil {
		t.Fatal(err)
	}
	params := "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
	for name, file := range map[string]string{
		"as written":      string(text),
		"CRLF":            strings.ReplaceAll(string(text), "\n", "\r\n"),
		"indented":        "  " + strings.ReplaceAll(string(text), "\n", "  \n   "),
		"no last newline": strings.TrimSpace(string(text)),
		"text before":     "Bag Attributes\n    localKeyID: 01\n" + string(text),
		"EC PARAMETERS":   params + string(text),
		"byte order mark": "\ufeff" + string(text),
	} {
		blocks := Scan([]byte(file))
		if len(blocks) != 1 {
			t.Errorf("%s: found %d keys", name, len(blocks))
			continue
		}
		got, err := blocks[0].Open(nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		samePublic(t, &key.PublicKey, got.Public())
	}
	for name, file := range map[string]string{"empty": "", "text": "hello", "parameters only": params} {
		if n := len(Scan([]byte(file))); n != 0 {
			t.Errorf("%s: found %d keys", name, n)
		}
	}
}

func TestOurPEMIsTheStandardLibrarys(t *testing.T) {
	t.Parallel()
	for n := range 200 {
		der := make([]byte, n)
		rand.Read(der)
		want := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
		if got := pemBlock("PRIVATE KEY", der); !bytes.Equal(got, want) {
			t.Fatalf("%d bytes:\n%s\nwant\n%s", n, got, want)
		}
	}
}

func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	text, err := EncodeIterated(newEC(t), []byte(pass), 2000)
	if err != nil {
		t.Fatal(err)
	}
	b := Scan(text)[0]
	if _, err := openEncrypted(b.der, []byte(pass), work{iterations: 1999}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("more iterations than allowed: %v", err)
	}
	for _, p := range []scryptParams{{N: 1 << 30, R: 8, P: 1}, {N: 1 << 14, R: 1 << 30, P: 1}, {N: 2, R: 1, P: 1 << 30}, {N: -2, R: 8, P: 1}, {N: 1 << 62, R: 1 << 62, P: 4}} {
		if _, err := deriveScrypt(p, []byte(pass), 32, maxWork()); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

func TestClearLeavesNoScalar(t *testing.T) {
	t.Parallel()
	key := newEC(t)
	//lint:ignore SA1019 the test looks at what Clear must overwrite
	words := key.D.Bits()
	Clear(key)
	for i, w := range words {
		if w != 0 {
			t.Errorf("word %d of the scalar is still there", i)
		}
	}
}

func FuzzOpen(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	for _, p := range [][]byte{nil, []byte(pass)} {
		text, err := EncodeIterated(key, p, 1)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		f.Add(Scan(text)[0].der)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, b := range Scan(file) {
			var got crypto.Signer
			var err error
			if b.form == pkcs8Encrypted {
				got, err = openEncrypted(b.der, []byte(pass), work{iterations: 4, blocks: 64})
			} else {
				got, err = b.Open([]byte(pass))
			}
			if (got == nil) == (err == nil) {
				t.Fatalf("key %v with error %v", got != nil, err)
			}
			known := errors.Is(err, ErrDamaged) || errors.Is(err, ErrUnsupported) || errors.Is(err, ErrWrongPassphrase)
			if err != nil && !known {
				t.Fatalf("an error that Open does not promise: %v", err)
			}
		}
	})
}
