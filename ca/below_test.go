package ca

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/sectag/ca/chain"
	"example.org/sectag/ca/internal/ossl"
	"example.org/sectag/cred"
)

// below makes a root and an intermediate under it, and loads the second as people do: by its file.
func below(t testing.TB, at Clock, days int) (root, sub *Authority) {
	t.Helper()
	root = unlocked(t, InitOptions{Subject: "CN=Acme Root", Clock: at})
	return root, under(t, root, InitOptions{Subject: "CN=Acme 2026,O=Acme", Days: days, Clock: at})
}

func under(t testing.TB, root *Authority, o InitOptions) *Authority {
	t.Helper()
	o.Under, o.Passphrase = root, []byte("another one of its own")
	made := quick(t, o)
	r, err := Load(made.Cert, o.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	a, err := r.Unlock(made.Key, o.Passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAnIntermediateIsMade(t *testing.T) {
	t.Parallel()
	root := unlocked(t, InitOptions{Subject: "CN=Acme Root"})
	dir := filepath.Join(t.TempDir(), "2026")
	made := quick(t, InitOptions{Under: root, Dir: dir, Subject: "CN=Acme 2026"})
	if made.Cert != filepath.Join(dir, "intermediate.crt") || made.Key != filepath.Join(dir, "intermediate.key") || made.Issuer != "CN=Acme Root" {
		t.Errorf("%+v", made)
	}
	r, err := Load(made.Cert, today())
	if err != nil {
		t.Fatal(err)
	}
	c := r.Cert
	for what, ok := range map[string]bool{
		"subject":           c.Subject.CommonName == "Acme 2026" && c.Issuer.CommonName == "Acme Root",
		"the root's life":   c.NotAfter.Equal(root.Cert.NotAfter) && !c.NotBefore.Before(root.Cert.NotBefore),
		"critical CA:TRUE":  c.BasicConstraintsValid && c.IsCA && critical(c, oidConstraints),
		"pathlen 0":         c.MaxPathLen == 0 && c.MaxPathLenZero,
		"critical keyUsage": c.KeyUsage == x509.KeyUsageCertSign|x509.KeyUsageCRLSign && critical(c, oidKeyUsage),
		"no EKU":            len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0,
		"SKI":               len(c.SubjectKeyId) > 0 && !bytes.Equal(c.SubjectKeyId, root.Cert.SubjectKeyId),
		"AKI":               bytes.Equal(c.AuthorityKeyId, root.Cert.SubjectKeyId),
		"own key":           !bytes.Equal(c.RawSubjectPublicKeyInfo, root.Cert.RawSubjectPublicKeyInfo),
		"128-bit serial":    c.SerialNumber.BitLen() > 120,
		"the root above it": r.Intermediate() && len(r.Chain) == 2 && r.Chain.Root().Equal(root.Cert),
		"its own digest":    made.SHA256 == cred.Sum(r.PEM),
	} {
		if !ok {
			t.Errorf("%s: no", what)
		}
	}
	text, err := os.ReadFile(made.Cert)
	if err != nil || !bytes.Equal(text, append(cred.CertPEM(c.Raw), cred.CertPEM(root.Cert.Raw)...)) {
		t.Errorf("the file is not the intermediate and behind it the root: %v", err)
	}
	if info, err := os.Stat(made.Key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's mode: %v", err)
	}
	if root.Intermediate() || len(root.Chain) != 1 {
		t.Error("a root says that something stands above it")
	}
}

func TestAnIntermediateIsRefused(t *testing.T) {
	t.Parallel()
	root, sub := below(t, Clock{Now: today()}, 0)
	locked := unlocked(t, InitOptions{})
	locked.Lock()
	tight := caTemplate("Tight")
	tight.MaxPathLenZero = true
	cert, key := foreign(t, tight, nil, nil)
	closed, err := Root{Cert: cert}.With(key, "test")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		o    InitOptions
		want string
	}{
		"it outlives the root":       {InitOptions{Under: root, Days: 7301}, "ca.outlives-issuer"},
		"of an intermediate":         {InitOptions{Under: sub}, "ca.pathlen"},
		"of a root with pathlen:0":   {InitOptions{Under: closed}, "ca.pathlen"},
		"the root is locked":         {InitOptions{Under: locked}, "ca.locked"},
		"the root has ended":         {InitOptions{Under: root, Clock: Clock{Now: root.Cert.NotAfter.Add(oneDay)}}, "ca.expired"},
		"the clock is before it":     {InitOptions{Under: root, Clock: Clock{Now: root.Cert.NotBefore.Add(-oneDay)}}, "ca.clock"},
		"negative days":              {InitOptions{Under: root, Days: -1}, "config.value"},
		"no passphrase for its key":  {InitOptions{Under: root, Passphrase: []byte{}}, "ca.passphrase"},
		"one is in the folder there": {InitOptions{Under: root, Dir: filepath.Dir(sub.File)}, "ca.exists"},
	} {
		if c.o.Dir == "" {
			c.o.Dir = filepath.Join(t.TempDir(), "new")
		}
		if c.o.Passphrase == nil {
			c.o.Passphrase = []byte(pass)
		}
		if c.o.Clock.Now.IsZero() {
			c.o.Clock.Now = today()
		}
		c.o.iterations = 1
		before := names(t, c.o.Dir)
		_, err := Init(c.o)
		if code(err) != c.want || hint(err) == "" {
			t.Errorf("%s: %v, want %s and a hint", name, err, c.want)
		}
		if after := names(t, c.o.Dir); len(after) != len(before) {
			t.Errorf("%s: the folder held %v and holds %v", name, before, after)
		}
	}
	for name, a := range map[string]*Authority{"an intermediate": sub, "a root with pathlen:0": closed} { // nothing is signed that nobody would take
		like := &x509.Certificate{Subject: caTemplate("Below").Subject, NotBefore: today(), NotAfter: today().Add(oneDay)}
		if der, err := a.SignAuthority(like, newKey(t).Public(), Clock{Now: today()}); code(err) != "ca.pathlen" || der != nil {
			t.Errorf("%s signed an authority: %v", name, err)
		}
	}
	_, err = Init(InitOptions{Under: root, Days: 7301, Dir: t.TempDir(), Passphrase: []byte(pass), Clock: Clock{Now: today()}, iterations: 1})
	if !strings.Contains(hint(err), "7300 days are left") {
		t.Errorf("the hint does not say how many days are left: %q", hint(err))
	}
}

// TestOpenSSLAcceptsUnitsOfAnIntermediate has OpenSSL judge a unit over the intermediate, today and on its last day, and refuse it
// without; and a twin, and what an intermediate of an intermediate would be.
func TestOpenSSLAcceptsUnitsOfAnIntermediate(t *testing.T) {
	t.Parallel()
	root, sub := below(t, Clock{Now: now()}, 400)
	dir := t.TempDir()
	ossl.Write(t, dir, "root.crt", root.PEM)
	ossl.Write(t, dir, "sub.crt", sub.PEM)
	ossl.Write(t, dir, "chain.pem", sub.Chain.PEM())
	key := newKey(t)
	unit := issue(t, sub, Request{UntilIssuer: true, Public: key.Public(), Clock: Clock{Now: now()}})
	ossl.Write(t, dir, "unit.crt", []byte(unit.PEM))
	twin, twinKey, err := sub.Twin(TwinRequest{Of: unit.DER, Clock: Clock{Now: now()}})
	if err != nil {
		t.Fatal(err)
	}
	twinKey.Clear()
	ossl.Write(t, dir, "twin.crt", []byte(twin.PEM))
	strict := []string{"verify", "-purpose", "sslclient", "-x509_strict", "-CAfile", "root.crt"}
	for _, name := range []string{"unit.crt", "twin.crt"} {
		ossl.Run(t, dir, append(strict, "-untrusted", "sub.crt", name)...)
		ossl.Run(t, dir, "verify", "-purpose", "sslclient", "-x509_strict", "-CAfile", "chain.pem", name)
		if out, ok := ossl.Try(t, dir, append(strict, name)...); ok || !strings.Contains(out, "error 20") { // unable to get local issuer certificate
			t.Errorf("%s without the intermediate: %s", name, out)
		}
	}
	ossl.Run(t, dir, "verify", "-x509_strict", "-CAfile", "root.crt", "sub.crt")
	last := unit.NotAfter.Unix() - 1
	ossl.Run(t, dir, append(strict, "-untrusted", "sub.crt", "-attime", itoa(last), "unit.crt")...)
	if out, ok := ossl.Try(t, dir, append(strict, "-untrusted", "sub.crt", "-attime", itoa(last+1), "unit.crt")...); ok {
		t.Errorf("accepted after its end: %s", out)
	}
	for file, want := range map[string]string{"root.crt": "error ca.not-issued-by", "chain.pem": "info ca.chains"} {
		found, err := Verify(filepath.Join(dir, file), []string{filepath.Join(dir, "unit.crt")}, now())
		if err != nil || codes(found) != want {
			t.Errorf("verify by %s says %s, %v", file, codes(found), err)
		}
	}
	found, err := Audit([]string{dir}, "", now())
	if err != nil || codes(found) != "info ca.intermediate" {
		t.Errorf("audit says %s, %v", codes(found), err)
	}
	// pathlen 0 holds: what the intermediate's key signs as an authority is none, to OpenSSL and to us
	forged, err := sub.sign(&x509.Certificate{
		SerialNumber: newSerial(), Subject: caTemplate("Deeper").Subject, NotBefore: unit.NotBefore, NotAfter: unit.NotAfter, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, newKey(t).Public())
	if err != nil {
		t.Fatal(err)
	}
	ossl.Write(t, dir, "deeper.crt", cred.CertPEM(forged))
	if _, err := chain.Read(filepath.Join(dir, "deeper.crt"), filepath.Join(dir, "chain.pem")); code(err) != "ca.pathlen" {
		t.Errorf("an authority below pathlen 0: %v", err)
	}
}

func TestUnitsNeverOutliveTheIntermediate(t *testing.T) {
	t.Parallel()
	_, sub := below(t, Clock{Now: today()}, 400)
	q := Request{Name: "urn:imei:352656100367872", Public: newKey(t).Public(), Clock: Clock{Now: today()}}
	q.Days = 401
	if _, err := sub.Issue(q); code(err) != "ca.outlives-issuer" || !strings.Contains(hint(err), "400 days are left") {
		t.Errorf("%v, %s", err, hint(err))
	}
	q.Days = 400
	c := issue(t, sub, q)
	if !c.NotAfter.Equal(sub.Cert.NotAfter) {
		t.Errorf("ends on %s", c.NotAfter)
	}
	if found := Judge(c.DER, sub.Root, ""); len(found) > 0 {
		t.Errorf("judged: %s", codes(found))
	}
}

// An intermediate that others made may outlive its root: then the root's end is the units' end.
func TestTheRootsEndIsTheEnd(t *testing.T) {
	t.Parallel()
	short := caTemplate("Short")
	short.NotBefore, short.NotAfter = today().Add(-oneDay), today().Add(30*oneDay)
	root, rootKey := foreign(t, short, nil, nil)
	long, key := foreign(t, caTemplate("Long"), root, rootKey)
	r, err := Load(save(t, "x.crt", append(cred.CertPEM(long.Raw), cred.CertPEM(root.Raw)...)), today())
	if err != nil {
		t.Fatal(err)
	}
	a, err := r.With(key, "test")
	if err != nil {
		t.Fatal(err)
	}
	q := Request{Name: "urn:imei:352656100367872", Public: newKey(t).Public(), Days: 31, Clock: Clock{Now: today()}}
	if _, err := a.Issue(q); code(err) != "ca.outlives-issuer" {
		t.Errorf("longer than the root: %v", err)
	}
	q.Clock.Now = today().Add(31 * oneDay)
	if _, err := a.Issue(q); code(err) != "ca.expired" || !strings.Contains(err.Error(), "CN=Short") {
		t.Errorf("the root has ended: %v", err)
	}
	if _, err := Load(r.File, q.Clock.Now); code(err) != "ca.expired" {
		t.Errorf("loaded: %v", err)
	}
}
