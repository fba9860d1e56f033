package keyuri

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/sectag/ca"
	"example.org/sectag/ca/internal/ossl"
	"example.org/sectag/cred"
)

var today = time.Date(2026, 11, 22, 10, 30, 15, 0, time.UTC)

const unit = "urn:imei:352656100367872"

func code(err error) string {
	var f *cred.Fault
	switch {
	case err == nil:
		return ""
	case errors.As(err, &f):
		return f.Code
	}
	return "no fault: " + err.Error()
}

// refused holds a failure against its code and some words of its line.
func refused(t *testing.T, err error, want, words string) {
	t.Helper()
	if code(err) != want {
		t.Fatalf("got %v, want %s", err, want)
	}
	f := cred.AsFault(err)
	if !strings.Contains(f.Text, words) || f.Hint == "" {
		t.Errorf("the line is %q and the hint %q, want %q in the line", f.Text, f.Hint, words)
	}
}

// encoded writes a path as a word of exec:.
func encoded(path string) string {
	return strings.NewReplacer("%", "%25", " ", "%20").Replace(path)
}

// issued has a unit's certificate signed and asks OpenSSL for its opinion.
func issued(t *testing.T, a *ca.Authority) {
	t.Helper()
	key, err := ca.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	defer key.Clear()
	c, err := a.Issue(ca.Request{Name: unit, Public: key.Public(), Days: 30, Clock: ca.Clock{Now: today}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := ossl.Write(t, dir, "unit.crt", []byte(c.PEM))
	out, ok := ossl.Try(t, dir, "verify", "-CAfile", a.File, "-purpose", "sslclient", "-x509_strict", "-attime", "1795343415", file)
	if !ok {
		t.Fatalf("openssl verify: %s", out)
	}
}

// pairs makes a key, of the kind that openssl genpkey takes, in a folder of its own: key.pem and public.pem.
func pair(t *testing.T, genpkey ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	ossl.Run(t, dir, append([]string{"genpkey", "-out", "key.pem"}, genpkey...)...)
	ossl.Run(t, dir, "pkey", "-in", "key.pem", "-pubout", "-out", "public.pem")
	return dir
}

// rooted makes a root over a key behind a URI.
func rooted(t *testing.T, key, public string, pin ...string) ca.Root {
	t.Helper()
	o := ca.InitOptions{Dir: filepath.Join(t.TempDir(), "authority"), Subject: "CN=Acme", Clock: ca.Clock{Now: today}}
	if len(pin) > 0 {
		o.Passphrase = []byte(pin[0])
	}
	made, err := Init(t.Context(), o, key, public, nil)
	if err != nil {
		t.Fatal(err)
	}
	if made.Key != key || len(made.Findings) != 0 {
		t.Errorf("made %+v", made)
	}
	root, err := ca.Load(made.Cert, today)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestAFileIsAFile(t *testing.T) {
	t.Parallel()
	made, err := ca.Init(ca.InitOptions{Dir: t.TempDir(), Passphrase: []byte("correct horse"), Clock: ca.Clock{Now: today}})
	if err != nil {
		t.Fatal(err)
	}
	root, err := ca.Load(made.Cert, today)
	if err != nil {
		t.Fatal(err)
	}
	if needs, err := NeedsPassphrase(made.Cert, made.Key); err != nil || !needs {
		t.Errorf("an encrypted file needs a passphrase: %v, %v", needs, err)
	}
	_, err = Open(t.Context(), root, made.Key, []byte("wrong"))
	refused(t, err, "ca.passphrase", "does not open")
	a, err := Open(t.Context(), root, made.Key, []byte("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Lock()
	if a.Protection != ca.KeyEncrypted {
		t.Errorf("protection is %q", a.Protection)
	}
	issued(t, a)
	if i, err := Show(made.Cert, ""); err != nil || i.Protection != ca.KeyEncrypted {
		t.Errorf("shown is %q, %v", i.Protection, err)
	}
	_, err = Init(t.Context(), ca.InitOptions{}, made.Key, "", nil)
	refused(t, err, "usage.flag", "pkcs11: or exec:")
	if Check(made.Key) != nil || Under("/x", "root.key") != "root.key" {
		t.Error("a file's name is not left alone")
	}
}

func TestWhatIsWrittenForAKey(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"root.key":                      "",
		"exec:/bin/sign a b":            "",
		"exec:":                         "exec: names no command",
		"exec:   ":                      "exec: names no command",
		"exec:/bin/si%ZZ":               "cannot be read",
		"exec:/bin/sign a%0Ab":          "cannot be read",
		"pkcs11:token=a;object=b":       "module-path",
		"pkcs11:token=a?module-path=/m": "object or id",
		"pkcs11:object=b?module-path=m": "names no token",
		"pkcs11:slot-id=3;id=%01%02?module-path=/m":                       "",
		"pkcs11:slot-id=-1;id=%01?module-path=/m":                         "slot-id is no number",
		"pkcs11:token=a;id=?module-path=/m":                               "id is empty",
		"pkcs11:token=a;object=b;type=cert?module-path=/m":                "something else than a private key",
		"pkcs11:token=a;object=b;type=private?module-path=/m":             "",
		"pkcs11:token=a;object=b;object=c?module-path=/m":                 "twice",
		"pkcs11:token=a;object=b;library-version=3?module-path=/m":        "library-version is not looked at",
		"pkcs11:token=a;object=b?module-path=/m&module-name=x":            "module-name is not looked at",
		"pkcs11:token=a;object=b?module-path=/m&pin-source=|/bin/pin":     "pin-source is no file",
		"pkcs11:token=a;object=b?module-path=/m&pin-source=file:":         "pin-source is no file",
		"pkcs11:token=a;object=b?module-path=/m&pin-source=file:///etc/a": "",
		"pkcs11:token=a b;object=c?module-path=/m":                        "not written as a URI is",
		"pkcs11:token=a;;object=c?module-path=/m":                         "name=value",
		"pkcs11:token=a;serial=;object=b;manufacturer=c?module-path=/m":   "",
		"pkcs11:token=a;object=b?module-path=/m&pin-value=1234":           "PIN stands in",
		"pkcs11:object=b?pin-value=1234":                                  "PIN stands in",
		"pkcs11:token=%zz;object=b?module-path=/m":                        "not written as a URI is",
	} {
		err := Check(key)
		f := cred.AsFault(err)
		if (want == "") != (f == nil) || f != nil && (!strings.Contains(f.Text, want) || f.Hint == "") {
			t.Errorf("%s: %v, want %q", key, err, want)
		}
		if f != nil && strings.Contains(f.Text+f.Hint, "1234") {
			t.Errorf("%s: the PIN is shown: %v", key, f)
		}
		if f != nil && (f.Code == "usage.secret-argument") != strings.Contains(key, "pin-value") {
			t.Errorf("%s: %s", key, f.Code)
		}
	}
}

// TestTheExamplesOfTheStandard reads those of RFC 7512, section 3, whatever they name.
func TestTheExamplesOfTheStandard(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]uri{
		"pkcs11:":                             {},
		"pkcs11:object=my-pubkey;type=public": {path: map[string]string{"object": "my-pubkey", "type": "public"}},
		"pkcs11:object=my-key;type=private?pin-source=file:/etc/token": {
			path: map[string]string{"object": "my-key", "type": "private"}, query: map[string]string{"pin-source": "file:/etc/token"},
		},
		"pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;object=my-certificate;type=cert;id=%69%95%3E%5C%F4%BD%EC%91;serial=?pin-source=file:/etc/token_pin": {
			path: map[string]string{
				"token": "The Software PKCS#11 Softtoken", "manufacturer": "Snake Oil, Inc.", "model": "1.0", "object": "my-certificate",
				"type": "cert", "id": "\x69\x95\x3e\x5c\xf4\xbd\xec\x91", "serial": "",
			},
			query: map[string]string{"pin-source": "file:/etc/token_pin"},
		},
		"pkcs11:object=my-sign-key;type=private?module-name=mypkcs11": {
			path: map[string]string{"object": "my-sign-key", "type": "private"}, query: map[string]string{"module-name": "mypkcs11"},
		},
		"pkcs11:object=my-sign-key;type=private?module-path=/mnt/libmypkcs11.so.1": {
			path: map[string]string{"object": "my-sign-key", "type": "private"}, query: map[string]string{"module-path": "/mnt/libmypkcs11.so.1"},
		},
		"pkcs11:token=Software%20PKCS%2311%20softtoken;manufacturer=Snake%20Oil,%20Inc.?pin-value=the-pin": {
			path:  map[string]string{"token": "Software PKCS#11 softtoken", "manufacturer": "Snake Oil, Inc."},
			query: map[string]string{"pin-value": "the-pin"},
		},
		"pkcs11:slot-description=Sun%20Metaslot": {path: map[string]string{"slot-description": "Sun Metaslot"}},
		"pkcs11:library-manufacturer=Snake%20Oil,%20Inc.;library-description=Soft%20Token%20Library;library-version=1.23": {
			path: map[string]string{"library-manufacturer": "Snake Oil, Inc.", "library-description": "Soft Token Library", "library-version": "1.23"},
		},
		"pkcs11:token=My%20token%25%20created%20by%20Joe;library-version=3;id=%01%02%03%Ba%dd%Ca%fe%04%05%06": {
			path: map[string]string{"token": "My token% created by Joe", "library-version": "3", "id": "\x01\x02\x03\xba\xdd\xca\xfe\x04\x05\x06"},
		},
		"pkcs11:token=A%20name%20with%20a%20substring%20%25%3B;object=my-certificate;type=cert": {
			path: map[string]string{"token": "A name with a substring %;", "object": "my-certificate", "type": "cert"},
		},
		"pkcs11:token=Name%20with%20a%20small%20A%20with%20acute:%20%C3%A1;object=my-certificate;type=cert": {
			path: map[string]string{"token": "Name with a small A with acute: á", "object": "my-certificate", "type": "cert"},
		},
		"pkcs11:token=my-token;object=my-certificate;type=cert;vendor-aaa=value-a?pin-source=file:/etc/token_pin&vendor-bbb=value-b": {
			path:  map[string]string{"token": "my-token", "object": "my-certificate", "type": "cert", "vendor-aaa": "value-a"},
			query: map[string]string{"pin-source": "file:/etc/token_pin", "vendor-bbb": "value-b"},
		},
	} {
		got, why := parseURI(s)
		if why != "" || !same(got.path, want.path) || !same(got.query, want.query) {
			t.Errorf("%s: %v, %q", s, got, why)
		}
	}
}

func same(a, b map[string]string) bool {
	for k, v := range a {
		if w, ok := b[k]; !ok || v != w {
			return false
		}
	}
	return len(a) == len(b)
}

func TestPathsAreSeenFromTheFolder(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"exec:signer a":    "exec:signer a",
		"exec:./signer a":  "exec:/pro%20file/signer a",
		"exec:s/signer":    "exec:/pro%20file/s/signer",
		"exec:/s/x%20y z":  "exec:/s/x%20y z",
		"exec: ./x%20y  z": "exec:/pro%20file/x%20y  z",
		"pkcs11:token=a;object=b?module-path=m.so&pin-source=file:pin": "pkcs11:token=a;object=b?module-path=/pro%20file/m.so&pin-source=file:/pro%20file/pin",
		"pkcs11:token=a;object=b?module-path=/m.so&pin-source=a%26b":   "pkcs11:token=a;object=b?module-path=/m.so&pin-source=/pro%20file/a%26b",
		"pkcs11:token=a;object=b?pin-source=file:///p&module-path=/m":  "pkcs11:token=a;object=b?pin-source=file:///p&module-path=/m",
		"pkcs11:token=a?module-path=m.so":                              "pkcs11:token=a?module-path=m.so", // is refused anyhow
	} {
		if got := Under("/pro file", key); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
		if got := Under("/else", want); got != want {
			t.Errorf("%s moves again: %s", want, got)
		}
	}
}

func FuzzURI(f *testing.F) {
	for _, s := range []string{
		"exec:/bin/sign a%20b", "exec:./s", "root.key", "pkcs11:token=a;object=%01?module-path=/m&pin-source=file:p",
		"pkcs11:token=a;object=b?module-path=/m&pin-value=SECRET", "pkcs11:?&;=%",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		err := Check(s)
		under := Under("/dir", s)
		if err != nil {
			if _, secret, ok := strings.Cut(s, "pin-value="); ok && len(secret) > 8 && strings.Contains(cred.AsFault(err).Text, secret) {
				t.Errorf("%s: the PIN is shown: %v", s, err)
			}
			if under != s {
				t.Errorf("%s is refused and moved to %s", s, under)
			}
			return
		}
		if again := Check(under); again != nil {
			t.Errorf("%s is taken, and %s is not: %v", s, under, again)
		}
		if twice := Under("/else", under); twice != under {
			t.Errorf("%s moves on to %s", under, twice)
		}
	})
}

// TestEscapedPathsComeBack: what is written for a path is read as that path.
func TestEscapedPathsComeBack(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"/a b", "/a&b;c=d?e%f", "/ä", "/a+b"} {
		u, why := parseURI("pkcs11:?module-path=" + escaped(p))
		if why != "" || u.query["module-path"] != p {
			t.Errorf("%s comes back as %s, %q", p, u.query["module-path"], why)
		}
	}
	if _, err := url.PathUnescape(encoded("/a b%c")); err != nil {
		t.Error(err)
	}
}

// publicKey reads the public half of a file.
func publicKey(t *testing.T, file string) any {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := pem.Decode(text)
	k, err := x509.ParsePKIXPublicKey(b.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestNoPINIsShownBecauseItsURIIsMisspelled: what is taken for the name of a file would be told as one that is not there.
func TestNoPINIsShownBecauseItsURIIsMisspelled(t *testing.T) {
	for _, key := range []string{
		"PKCS11:token=a;object=b?module-path=m.so&pin-value=4711", " pkcs11:token=a?pin-value=4711", "file:a?PIN-VALUE=4711", "pkcs11:token=a;object=b?module-path=m.so&pin-value=4711",
	} {
		_, shown := Show("none.crt", key)
		_, opened := Open(t.Context(), ca.Root{}, key, nil)
		for what, err := range map[string]error{"Check": Check(key), "Show": shown, "Open": opened} {
			if code(err) != "usage.secret-argument" || strings.Contains(err.Error(), "4711") {
				t.Errorf("%s of %s: %v", what, key, err)
			}
		}
	}
}
