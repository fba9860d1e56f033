package ca

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/sectag/cred"
)

func TestInitMakesARoot(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "authority")
	made := quick(t, InitOptions{Dir: dir, Subject: `CN=Acme\, Devices,O=Acme,C=NL`})
	if made.Cert != filepath.Join(dir, "root.crt") || made.Key != filepath.Join(dir, "root.key") || len(made.Findings) != 0 {
		t.Errorf("%+v", made)
	}
	r, err := Load(made.Cert, today())
	if err != nil {
		t.Fatal(err)
	}
	c := r.Cert
	now := today().UTC().Truncate(time.Second)
	for what, ok := range map[string]bool{
		"subject":           c.Subject.CommonName == "Acme, Devices" && c.Subject.Organization[0] == "Acme" && c.Subject.Country[0] == "NL",
		"20 years":          c.NotAfter.Equal(now.Add(7300 * oneDay)),
		"begins before now": c.NotBefore.Equal(now.Add(-10 * time.Minute)),
		"critical CA:TRUE":  c.BasicConstraintsValid && c.IsCA && critical(c, oidConstraints) && c.MaxPathLen == -1,
		"critical keyUsage": c.KeyUsage == x509.KeyUsageCertSign|x509.KeyUsageCRLSign && critical(c, oidKeyUsage),
		"no EKU":            len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0,
		"SKI":               len(c.SubjectKeyId) > 0,
		"serial":            c.SerialNumber.Sign() > 0 && c.SerialNumber.BitLen() > 120 && c.SerialNumber.BitLen() <= 128,
	} {
		if !ok {
			t.Errorf("%s: no", what)
		}
	}
	text, err := os.ReadFile(made.Cert)
	if err != nil {
		t.Fatal(err)
	}
	slot, err := cred.Content(cred.RootCA, text)
	if err != nil || !bytes.Equal(slot, text) || cred.Sum(text) != made.SHA256 || !bytes.Equal(r.PEM, text) {
		t.Errorf("root.crt is not the bytes of a slot (%v)", err)
	}
	info, err := os.Stat(made.Key)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's mode: %v, %v", info.Mode(), err)
	}
}

func TestInitRefuses(t *testing.T) {
	t.Parallel()
	there := filepath.Dir(quick(t, InitOptions{}).Cert)
	for name, c := range map[string]struct {
		o    InitOptions
		want string
	}{
		"a root is there":         {InitOptions{Dir: there, Passphrase: []byte(pass)}, "ca.exists"},
		"no passphrase":           {InitOptions{}, "ca.passphrase"},
		"a passphrase of 2 lines": {InitOptions{Passphrase: []byte("a\nb")}, "ca.passphrase"},
		"a passphrase with zero":  {InitOptions{Passphrase: []byte("a\x00b")}, "ca.passphrase"},
		"an endless passphrase":   {InitOptions{Passphrase: bytes.Repeat([]byte("a"), 1001)}, "ca.passphrase"},
		"both":                    {InitOptions{Passphrase: []byte(pass), Plaintext: true}, "usage.flag"},
		"negative days":           {InitOptions{Passphrase: []byte(pass), Days: -1}, "config.value"},
		"endless days":            {InitOptions{Passphrase: []byte(pass), Days: 1_000_000}, "config.value"},
		"no CN":                   {InitOptions{Passphrase: []byte(pass), Subject: "O=Acme"}, "config.value"},
		"no name":                 {InitOptions{Passphrase: []byte(pass), Subject: "Acme"}, "config.value"},
		"empty CN":                {InitOptions{Passphrase: []byte(pass), Subject: "CN="}, "config.value"},
		"two CNs":                 {InitOptions{Passphrase: []byte(pass), Subject: "CN=a,CN=b"}, "config.value"},
		"two countries":           {InitOptions{Passphrase: []byte(pass), Subject: "CN=a,C=NL,C=DE"}, "config.value"},
		"a long country":          {InitOptions{Passphrase: []byte(pass), Subject: "CN=a,C=NLD"}, "config.value"},
		"a small country":         {InitOptions{Passphrase: []byte(pass), Subject: "CN=a,C=nl"}, "config.value"},
		"an unknown attribute":    {InitOptions{Passphrase: []byte(pass), Subject: "CN=a,DC=b"}, "config.value"},
		"a control character":     {InitOptions{Passphrase: []byte(pass), Subject: "CN=a\x1b[2J"}, "config.value"},
		"a long CN":               {InitOptions{Passphrase: []byte(pass), Subject: "CN=" + strings.Repeat("a", 65)}, "config.value"},
		"a clock before build":    {InitOptions{Passphrase: []byte(pass), Clock: Clock{Now: today(), Build: today().Add(time.Second)}}, "ca.clock"},
	} {
		if c.o.Dir == "" {
			c.o.Dir = filepath.Join(t.TempDir(), "new")
		}
		if c.o.Clock.Now.IsZero() {
			c.o.Clock.Now = today()
		}
		before := names(t, c.o.Dir)
		c.o.iterations = 1
		_, err := Init(c.o)
		if code(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if err != nil && hint(err) == "" {
			t.Errorf("%s: no hint", name)
		}
		if after := names(t, c.o.Dir); !slices.Equal(before, after) {
			t.Errorf("%s: the folder held %v and holds %v", name, before, after)
		}
	}
}

func names(t *testing.T, dir string) (out []string) {
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestAKeyInClearIsSaid(t *testing.T) {
	t.Parallel()
	made := quick(t, InitOptions{Plaintext: true})
	if got := codes(made.Findings); got != "warning ca.clear-key" {
		t.Errorf("init says %q", got)
	}
	r, err := Load(made.Cert, today())
	if err != nil {
		t.Fatal(err)
	}
	a, err := r.Unlock(made.Key, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := codes(a.Findings()); got != "warning ca.clear-key" || a.Protection != KeyClear {
		t.Errorf("the authority says %q, %s", got, a.Protection)
	}
	info, err := os.Stat(made.Key)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's mode: %v, %v", info.Mode(), err)
	}
}

func TestLoadSaysWhyACertificateIsNoRoot(t *testing.T) {
	t.Parallel()
	root, rootKey := foreign(t, caTemplate("Root"), nil, nil)
	leaf, _ := foreign(t, &x509.Certificate{Subject: pkix.Name{CommonName: "urn:imei:1"}, BasicConstraintsValid: true}, root, rootKey)
	between, _ := foreign(t, caTemplate("Between"), root, rootKey)
	noSign := caTemplate("No sign")
	noSign.KeyUsage = x509.KeyUsageCRLSign
	unsigning, _ := foreign(t, noSign, nil, nil)
	bare := caTemplate("Bare")
	bare.KeyUsage = 0
	noUsage, _ := foreign(t, bare, nil, nil)
	old := caTemplate("Old")
	old.NotBefore, old.NotAfter = today().Add(-9000*oneDay), today().Add(-time.Second)
	ended, _ := foreign(t, old, nil, nil)
	fake, _ := foreign(t, caTemplate("Root"), root, rootKey) // its own name as issuer, another's signature

	both := append(cred.CertPEM(leaf.Raw), cred.CertPEM(root.Raw)...)
	messy := "Subject: CN=Root\r\n\r\n  " + strings.ReplaceAll(string(cred.CertPEM(root.Raw)), "\n", " \r\n\t") + "\r\ntrailing"
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"root":           {cred.CertPEM(root.Raw), ""},
		"DER":            {root.Raw, ""},
		"messy":          {[]byte(messy), ""},
		"leaf and root":  {both, ""},
		"root twice":     {append(cred.CertPEM(root.Raw), cred.CertPEM(root.Raw)...), ""},
		"no keyUsage":    {cred.CertPEM(noUsage.Raw), ""},
		"two roots":      {append(cred.CertPEM(root.Raw), cred.CertPEM(noUsage.Raw)...), "config.file"},
		"leaf":           {cred.CertPEM(leaf.Raw), "ca.not-a-ca"},
		"intermediate":   {cred.CertPEM(between.Raw), "ca.no-root"},
		"with its root":  {append(cred.CertPEM(between.Raw), cred.CertPEM(root.Raw)...), ""},
		"behind a leaf":  {append(cred.CertPEM(leaf.Raw), cred.CertPEM(between.Raw)...), "ca.not-a-ca"},
		"no certSign":    {cred.CertPEM(unsigning.Raw), "ca.not-a-ca"},
		"another's":      {cred.CertPEM(fake.Raw), "ca.not-a-ca"},
		"ended":          {cred.CertPEM(ended.Raw), "ca.expired"},
		"empty":          {nil, "config.file"},
		"text":           {[]byte("hello"), "config.file"},
		"broken":         {[]byte("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"), "config.file"},
		"enormous":       {bytes.Repeat([]byte("a"), 1<<20+1), "config.file"},
		"only a request": {[]byte("-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n"), "config.file"},
	} {
		r, err := Load(save(t, "x.crt", c.file), today())
		if code(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if (r.Cert == nil) != (c.want != "") {
			t.Errorf("%s: a root comes with a fault, or none without", name)
		}
		if err != nil && hint(err) == "" {
			t.Errorf("%s: no hint", name)
		}
	}
	if _, err := Load(save(t, "x.crt", cred.CertPEM(between.Raw)), today()); !strings.Contains(err.Error(), "the certificate of CN=Root, which signed CN=Between") {
		t.Errorf("an intermediate: %v", err)
	}
	for _, path := range []string{t.TempDir(), filepath.Join(t.TempDir(), "absent")} {
		if _, err := Load(path, today()); code(err) != "config.file" {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestUnlock(t *testing.T) {
	t.Parallel()
	made, other := quick(t, InitOptions{}), quick(t, InitOptions{Plaintext: true})
	r, err := Load(made.Cert, today())
	if err != nil {
		t.Fatal(err)
	}
	mine, theirs := read(t, made.Key), read(t, other.Key)
	for name, c := range map[string]struct {
		file []byte
		pass string
		want string
	}{
		"right":                  {mine, pass, ""},
		"wrong":                  {mine, "hunter2 hunter2", "ca.passphrase"},
		"of a Windows file":      {mine, pass + "\r", ""},
		"wrong, of such a file":  {mine, "hunter2 hunter2\r", "ca.passphrase"},
		"missing":                {mine, "", "ca.passphrase"},
		"another's":              {theirs, pass, "ca.key-mismatch"},
		"two keys, ours second":  {slices.Concat(theirs, mine), pass, ""},
		"two keys, wrong phrase": {slices.Concat(theirs, mine), "wrong", "ca.key-mismatch"},
		"no key":                 {read(t, made.Cert), pass, "config.file"},
		"empty":                  {nil, pass, "config.file"},
		"broken":                 {[]byte("-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"), pass, "config.file"},
		"old form": {[]byte("-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMIIB\n" +
			"-----END EC PRIVATE KEY-----\n"), pass, "config.file"},
	} {
		a, err := r.Unlock(save(t, "x.key", c.file), []byte(c.pass))
		if code(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
			continue
		}
		if err == nil {
			issue(t, a, Request{Days: 1})
			continue
		}
		f := cred.AsFault(err)
		if said := f.Text + f.Hint; f.Hint == "" || c.pass != "" && strings.Contains(said, c.pass) {
			t.Errorf("%s: no hint, or the passphrase in it: %q", name, said)
		}
	}
	if _, err := r.Unlock(filepath.Join(t.TempDir(), "absent"), nil); code(err) != "config.file" {
		t.Errorf("no file: %v", err)
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestShow(t *testing.T) {
	t.Parallel()
	enc, clear := quick(t, InitOptions{Subject: "CN=Acme,O=A"}), quick(t, InitOptions{Plaintext: true})
	info, err := Show(enc.Cert, "")
	if err != nil {
		t.Fatal(err)
	}
	if info.KeyEncrypted == nil || !*info.KeyEncrypted || !info.IsCA || info.Key != "EC P-256" || info.Subject != "CN=Acme,O=A" ||
		info.SHA256 != enc.SHA256 || len(info.Serial) != 32 {
		t.Errorf("%+v", info)
	}
	if info, err := Show(enc.Cert, clear.Key); err != nil || info.KeyEncrypted == nil || *info.KeyEncrypted {
		t.Errorf("a clear key: %+v, %v", info, err)
	}
	if _, err := Show(enc.Cert, enc.Cert); code(err) != "config.file" {
		t.Errorf("a certificate as key: %v", err)
	}
	alone, err := Show(save(t, "alone.crt", read(t, enc.Cert)), "")
	if err != nil || alone.KeyEncrypted != nil {
		t.Errorf("without a key: %+v, %v", alone, err)
	}
	doc, err := json.Marshal(alone)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"subject":"CN=Acme,O=A"`, `"issuer":`, `"serial":`, `"not_before":"2026-11-22T09:20:15Z"`,
		`"not_after":"2046-11-17T09:30:15Z"`, `"key":"EC P-256"`, `"sha256":"`, `"is_ca":true`,
	} {
		if !strings.Contains(string(doc), want) {
			t.Errorf("no %s in %s", want, doc)
		}
	}
	if bytes.Contains(doc, []byte("key_encrypted")) || bytes.Contains(doc, []byte("null")) {
		t.Errorf("what is not known is not absent: %s", doc)
	}
}

func TestAForeignNameCannotPlayWithATerminal(t *testing.T) {
	t.Parallel()
	c, _ := foreign(t, caTemplate("Evil\x1b[2J\nroot"), nil, nil)
	info, err := Show(save(t, "x.crt", cred.CertPEM(c.Raw)), "")
	if err != nil || strings.ContainsAny(info.Subject, "\x1b\n") {
		t.Errorf("%q, %v", info.Subject, err)
	}
}
