package audit

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/ca/certfile"
	"example.org/sectag/ca/internal/ossl"
	"example.org/sectag/cred"
)

// plain leaves out what the rules say as infos: OpenSSL's own certificates have most of it, and TestTheRules has its own.
func plain(fs []cred.Finding) []cred.Finding {
	return slices.DeleteFunc(slices.Clone(fs), func(f cred.Finding) bool { return f.Severity == cred.Info && strings.HasPrefix(f.Code, "ca.lint-") })
}

// said is each finding as "file severity code", in order; files without their folder, and but for infos of the rules.
func said(fs []cred.Finding) []string {
	out := []string{}
	for _, f := range plain(fs) {
		out = append(out, fmt.Sprintf("%s %s %s", filepath.Base(f.File), f.Severity, f.Code))
	}
	return out
}

func in(dir string, names ...string) (out []string) {
	for _, n := range names {
		out = append(out, filepath.Join(dir, n))
	}
	return out
}

func files(t *testing.T, paths ...string) []cred.Finding {
	t.Helper()
	fs, err := Files(paths, "", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fs {
		if f.Text == "" || f.Hint == "" || f.File == "" || strings.ContainsAny(f.Text+f.Hint, "\n\x1b") || strings.Contains(f.Text, "PRIVATE KEY-") {
			t.Errorf("a finding lacks something, or has too much: %+v", f)
		}
	}
	return plain(fs)
}

func verify(t *testing.T, root string, paths []string, at time.Time) []string {
	t.Helper()
	fs, err := Verify(root, paths, at)
	if err != nil {
		t.Fatal(err)
	}
	return said(fs)
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

const unitExt = "basicConstraints=critical,CA:FALSE"

// good are the extensions that the hint tells people to add.
func good() []string {
	return []string{"-addext", unitExt, "-addext", "keyUsage=critical,digitalSignature", "-addext", "extendedKeyUsage=clientAuth"}
}

// TestTheRecipe runs the how-to's own commands and wants both of its faults found, with the fix; then does what the fix says.
func TestTheRecipe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ossl.Recipe(t, dir, "000000000000000")
	if text := ossl.Run(t, dir, "x509", "-in", "myDevice.crt", "-noout", "-ext", "basicConstraints"); !strings.Contains(text, "CA:TRUE") {
		t.Fatalf("this openssl makes something else of the recipe: %s", text)
	}
	fs := files(t, in(dir, "myDevicesRootCA.crt", "myDevice.crt")...)
	same(t, said(fs), []string{
		"myDevice.crt error ca.leaf-is-ca", "myDevice.crt error ca.no-key-usage", "myDevice.crt warning ca.no-client-auth",
		"myDevice.crt error ca.outlives-issuer",
	})
	for code, want := range map[string][]string{
		"ca.leaf-is-ca":      {"urn:imei:000000000000000", "CA:FALSE", "digitalSignature", "clientAuth"},
		"ca.outlives-issuer": {"1850 days", "--until-issuer"},
	} {
		i := slices.IndexFunc(fs, func(f cred.Finding) bool { return f.Code == code })
		for _, w := range want {
			if !strings.Contains(fs[i].Text+fs[i].Hint, w) {
				t.Errorf("%s does not say %q: %s; %s", code, w, fs[i].Text, fs[i].Hint)
			}
		}
	}
	if v := cred.Judge(fs); v != cred.Fail {
		t.Errorf("verdict %s", v)
	}
	// The order of the files must not matter, nor whether they are given as a folder.
	if got := len(files(t, in(dir, "myDevice.crt", "myDevicesRootCA.crt")...)); got != len(fs) {
		t.Errorf("%d findings in another order", got)
	}
	same(t, said(files(t, dir))[len(fs):], []string{"myDevice.key warning ca.clear-key", "myDevicesRootCA.key warning ca.clear-key"})
	same(t, verify(t, filepath.Join(dir, "myDevicesRootCA.crt"), in(dir, "myDevice.crt"), time.Now()),
		[]string{"myDevice.crt warning ca.leaf-is-ca", "myDevice.crt error ca.outlives-issuer"})

	ossl.Device(t, dir, "fixed", "urn:imei:000000000000000", "3600", "myDevicesRootCA", good()...)
	same(t, said(files(t, in(dir, "myDevicesRootCA.crt", "fixed.crt")...)), []string{})
	same(t, verify(t, filepath.Join(dir, "myDevicesRootCA.crt"), in(dir, "fixed.crt"), time.Now()), []string{"fixed.crt info ca.chains"})
}

// TestTheImpostor is the danger itself: a unit of the recipe signs for another IMEI and OpenSSL says OK. Audit and Verify do not.
// What the hint says of a root with pathlen:0 is shown, too.
func TestTheImpostor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ossl.Recipe(t, dir, "000000000000000")
	ossl.Device(t, dir, "impostor", "urn:imei:111111111111111", "300", "myDevice")
	letsIn := func(root, untrusted, cert string) bool {
		_, ok := ossl.Try(t, dir, "verify", "-purpose", "sslclient", "-CAfile", root, "-untrusted", untrusted, cert)
		return ok
	}
	if !letsIn("myDevicesRootCA.crt", "myDevice.crt", "impostor.crt") {
		t.Error("openssl refuses the impostor, so the audit's text is wrong")
	}
	all := in(dir, "myDevicesRootCA.crt", "myDevice.crt", "impostor.crt")
	fs := files(t, all...)
	i := slices.IndexFunc(fs, func(f cred.Finding) bool { return f.Code == "ca.not-issued-by" })
	if i < 0 || filepath.Base(fs[i].File) != "impostor.crt" || !strings.Contains(fs[i].Text, "urn:imei:000000000000000") {
		t.Errorf("the impostor passes: %v", said(fs))
	}
	got := verify(t, all[0], all[1:], time.Now())
	if !slices.Contains(got, "impostor.crt error ca.not-issued-by") || slices.Contains(got, "impostor.crt info ca.chains") {
		t.Errorf("the impostor verifies: %v", got)
	}

	subj := strings.TrimSpace(strings.TrimPrefix(ossl.Run(t, dir, "x509", "-in", "myDevicesRootCA.crt", "-noout", "-subject", "-nameopt", "compat"), "subject="))
	ossl.Run(t, dir, "req", "-x509", "-new", "-sha256", "-days", "3650", "-key", "myDevicesRootCA.key", "-out", "narrow.crt", "-subj", subj,
		"-addext", "basicConstraints=critical,CA:TRUE,pathlen:0", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
	if !letsIn("narrow.crt", "myDevice.crt", "myDevice.crt") {
		t.Error("a root with pathlen:0 shuts the honest unit out")
	}
	if letsIn("narrow.crt", "myDevice.crt", "impostor.crt") {
		t.Error("a root with pathlen:0 lets the impostor in")
	}
}

// TestVersion1 is the same recipe on a computer whose openssl.cnf names no extensions.
func TestVersion1(t *testing.T) {
	dir := t.TempDir()
	ossl.Recipe(t, dir, "000000000000000")
	t.Setenv("OPENSSL_CONF", os.DevNull)
	ossl.Device(t, dir, "v1", "urn:imei:352656100367872", "300", "myDevicesRootCA")
	ossl.NewKey(t, dir, "v1root.key")
	ossl.Run(t, dir, "req", "-x509", "-new", "-days", "300", "-key", "v1root.key", "-out", "v1root.crt", "-subj", "/CN=Old Root")
	same(t, said(files(t, in(dir, "myDevicesRootCA.crt", "v1.crt", "v1root.crt")...)), []string{
		"v1.crt error ca.version-1", "v1.crt warning ca.no-client-auth", "v1root.crt error ca.version-1",
	})
}

// TestWhoIsAUnit is the heart of the audit: each of these is made by OpenSSL under one root.
func TestWhoIsAUnit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ossl.Recipe(t, dir, "000000000000000")
	const ca, sign = "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"
	ext := func(es ...string) (out []string) {
		for _, e := range es {
			out = append(out, "-addext", e)
		}
		return out
	}
	for name, c := range map[string]struct {
		cn   string
		ext  []string
		role role
		want []string
	}{
		"a CA without keyUsage, plain name":  {"tracker 1", nil, roleUnit, []string{"error ca.leaf-is-ca", "error ca.no-key-usage", "warning ca.no-client-auth"}},
		"a CA that signs, named for an IMEI": {"urn:imei:352656100367872", ext(ca, sign), roleUnit, []string{"error ca.leaf-is-ca", "error ca.no-key-usage", "warning ca.no-client-auth"}},
		"the same, nRF Cloud's name":         {"nrf-352656100367872", ext(ca, sign), roleUnit, []string{"error ca.leaf-is-ca", "error ca.no-key-usage", "warning ca.no-client-auth"}},
		"the same, a UUID":                   {"50503041-3633-4261-803d-1e2b8f70111a", ext(ca, sign), roleUnit, []string{"error ca.leaf-is-ca", "error ca.no-key-usage", "warning ca.no-client-auth"}},
		"a CA that signs, for clients":       {"tracker 1", ext(ca, sign, "extendedKeyUsage=clientAuth"), roleUnit, []string{"error ca.leaf-is-ca", "error ca.no-key-usage"}},
		"an intermediate":                    {"Acme 2026", ext("basicConstraints=critical,CA:TRUE,pathlen:0", sign), roleIntermediate, []string{"info ca.intermediate"}},
		"a unit":                             {"tracker 1", good(), roleUnit, nil},
		"a unit without EKU":                 {"tracker 1", ext(unitExt, "keyUsage=critical,digitalSignature"), roleUnit, []string{"warning ca.no-client-auth"}},
		"a unit with a server's EKU too":     {"tracker 1", ext(unitExt, "keyUsage=critical,digitalSignature", "extendedKeyUsage=clientAuth,serverAuth"), roleUnit, nil},
		"a unit for another use":             {"tracker 1", ext(unitExt, "keyUsage=critical,digitalSignature", "extendedKeyUsage=codeSigning"), roleUnit, []string{"warning ca.no-client-auth"}},
		"a unit for agreement only":          {"tracker 1", ext(unitExt, "keyUsage=critical,keyAgreement", "extendedKeyUsage=clientAuth"), roleUnit, []string{"error ca.no-key-usage"}},
		"a server":                           {"lwm2m.example", ext(unitExt, "keyUsage=critical,digitalSignature", "extendedKeyUsage=serverAuth"), roleServer, nil},
	} {
		file := strings.NewReplacer(" ", "-", ",", "", "'", "").Replace(name)
		ossl.Device(t, dir, file, c.cn, "300", "myDevicesRootCA", c.ext...)
		fs := files(t, in(dir, "myDevicesRootCA.crt", file+".crt")...)
		var got []string
		for _, s := range said(fs) {
			got = append(got, strings.TrimPrefix(s, file+".crt "))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		col, err := collect(in(dir, file+".crt"))
		if err != nil || col.certs[0].role != c.role {
			t.Errorf("%s: taken for role %d (%v)", name, col.certs[0].role, err)
		}
	}
}

func TestSelfSigned(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	make := func(name, cn string, ext ...string) {
		ossl.NewKey(t, dir, name+".key")
		args := []string{"req", "-x509", "-new", "-days", "300", "-key", name + ".key", "-out", name + ".crt", "-subj", "/CN=" + cn}
		for _, e := range ext {
			args = append(args, "-addext", e)
		}
		ossl.Run(t, dir, args...)
	}
	make("root", "Acme")                                                                                     // openssl's default: a CA without keyUsage
	make("uuid", "Acme 50503041-3633-4261-803d-1e2b8f70111a", "keyUsage=critical,keyCertSign")               // a root with a number in its name
	make("unit", "urn:imei:352656100367872")                                                                 // a unit that signed itself, as CA
	make("plain", "tracker 1", unitExt, "keyUsage=critical,digitalSignature", "extendedKeyUsage=clientAuth") // a unit that signed itself
	same(t, said(files(t, in(dir, "root.crt")...)), []string{"root.crt error ca.no-key-usage"})
	same(t, said(files(t, in(dir, "uuid.crt")...)), []string{})
	same(t, said(files(t, in(dir, "unit.crt")...)), []string{
		"unit.crt error ca.leaf-is-ca", "unit.crt error ca.no-key-usage",
		"unit.crt warning ca.no-client-auth", "unit.crt error ca.not-issued-by",
	})
	same(t, said(files(t, in(dir, "plain.crt")...)), []string{"plain.crt error ca.not-issued-by"})
}

func TestIssuersNearAndFar(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ossl.Recipe(t, dir, "000000000000000")
	other := t.TempDir()
	ossl.Recipe(t, other, "000000000000000")
	sub := []string{"-addext", "basicConstraints=critical,CA:TRUE,pathlen:0", "-addext", "keyUsage=critical,keyCertSign"}
	ossl.Device(t, dir, "line", "Acme line 1", "4000", "myDevicesRootCA", sub...) // 4000 days: itself outlives the root
	ossl.Device(t, dir, "unit", "urn:imei:352656100367872", "3800", "line", good()...)
	ossl.Device(t, dir, "short", "urn:imei:352656100367873", "300", "line", good()...)
	root, foreign := filepath.Join(dir, "myDevicesRootCA.crt"), filepath.Join(other, "myDevicesRootCA.crt")
	line := []string{"line.crt info ca.intermediate", "line.crt error ca.outlives-issuer"}

	same(t, said(files(t, append(in(dir, "line.crt", "unit.crt"), root)...)), append(line, "unit.crt error ca.outlives-issuer"))
	same(t, said(files(t, append(in(dir, "line.crt", "short.crt"), root)...)), line)
	same(t, said(files(t, in(dir, "unit.crt")...)), []string{"unit.crt info ca.no-issuer"})
	same(t, said(files(t, append(in(dir, "short.crt"), foreign)...)), []string{"short.crt error ca.not-issued-by"})

	soon := time.Now()
	same(t, verify(t, root, in(dir, "line.crt", "short.crt"), soon), []string{"short.crt info ca.chains"})
	same(t, verify(t, root, in(dir, "short.crt"), soon), []string{"short.crt error ca.not-issued-by"})
	same(t, verify(t, foreign, in(dir, "line.crt", "short.crt"), soon), []string{"short.crt error ca.not-issued-by"})
	same(t, verify(t, root, in(dir, "line.crt", "unit.crt"), soon), []string{"unit.crt error ca.outlives-issuer"})
	same(t, verify(t, root, in(dir, "line.crt", "short.crt"), soon.AddDate(1, 0, 0)), []string{"short.crt error ca.expired"})
	same(t, verify(t, root, in(dir, "line.crt", "short.crt"), soon.AddDate(0, 0, -1)),
		[]string{"short.crt error ca.not-yet"})
	same(t, verify(t, root, in(dir, "myDevicesRootCA.crt", "line.crt", "short.crt"), soon), []string{"short.crt info ca.chains"})
}

func TestExpired(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ossl.Recipe(t, dir, "000000000000000")
	ossl.Device(t, dir, "unit", "urn:imei:352656100367872", "3000", "myDevicesRootCA", good()...)
	fs, err := Files(in(dir, "myDevicesRootCA.crt", "unit.crt"), "", time.Now().AddDate(0, 0, 3700))
	if err != nil {
		t.Fatal(err)
	}
	same(t, said(fs), []string{"myDevicesRootCA.crt error ca.expired", "unit.crt warning ca.expired"})
}

func TestTwoIdentitiesWithOneKeyOrSerial(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ossl.Recipe(t, dir, "000000000000000")
	for i, name := range []string{"a", "b"} {
		if i == 0 {
			ossl.NewKey(t, dir, "shared.key")
		}
		ossl.Run(t, dir, append([]string{
			"req", "-x509", "-new", "-days", "300", "-key", "shared.key", "-set_serial", "0x1122334455667788",
			"-CA", "myDevicesRootCA.crt", "-CAkey", "myDevicesRootCA.key", "-subj", "/CN=unit-" + name, "-out", name + ".crt",
		}, good()...)...)
	}
	all := in(dir, "myDevicesRootCA.crt", "a.crt", "b.crt")
	same(t, said(files(t, all...)), []string{"b.crt error ca.shared-key", "b.crt error ca.shared-serial"})
	same(t, said(files(t, append(all, all...)...)), []string{"b.crt error ca.shared-key", "b.crt error ca.shared-serial"})
}

func TestWeakKeysAndSignatures(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ossl.Run(t, dir, "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", "root.key")
	ossl.Run(t, dir, "req", "-x509", "-new", "-days", "300", "-sha1", "-key", "root.key", "-out", "root.crt", "-subj", "/CN=Old",
		"-addext", "keyUsage=critical,keyCertSign")
	same(t, said(files(t, in(dir, "root.crt")...)), []string{"root.crt error ca.weak"})
}

func TestKeysAtRest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ossl.Recipe(t, dir, "000000000000000")
	ossl.Write(t, dir, "pass", []byte("a passphrase\n"))
	ossl.NewKey(t, dir, "stray.key")
	ossl.Run(t, dir, "pkcs8", "-topk8", "-in", "myDevicesRootCA.key", "-out", "enc.key", "-passout", "file:pass")
	for file, want := range map[string]string{
		"myDevicesRootCA.key": "of the authority CN=Acme Devices",
		"myDevice.key":        "of CN=urn:imei:000000000000000",
		"stray.key":           "this private key lies in clear",
		"enc.key":             "",
	} {
		fs := files(t, in(dir, "myDevicesRootCA.crt", "myDevice.crt", file)...)
		i := slices.IndexFunc(fs, func(f cred.Finding) bool { return f.Code == "ca.clear-key" })
		switch {
		case want == "" && i >= 0:
			t.Errorf("%s: %+v", file, fs[i])
		case want != "" && (i < 0 || !strings.Contains(fs[i].Text, want) || fs[i].Severity != cred.Warning):
			t.Errorf("%s: %v", file, fs)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "enc.key"), 0o644); err != nil {
		t.Fatal(err)
	}
	same(t, said(files(t, in(dir, "enc.key")...)), []string{"enc.key warning ca.key-mode"})
}

func TestWhatIsNoCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ossl.Recipe(t, dir, "000000000000000")
	ossl.Write(t, dir, "broken.crt", []byte("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"))
	ossl.Write(t, dir, "notes.txt", []byte("hello"))
	if err := os.Mkdir(filepath.Join(dir, ".git"), 0o700); err != nil {
		t.Fatal(err)
	}
	ossl.Write(t, dir, ".git/hidden.crt", []byte("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"))
	empty := t.TempDir()
	for name, paths := range map[string][]string{
		"broken": in(dir, "myDevice.crt", "broken.crt"), "text": in(dir, "notes.txt"), "absent": in(dir, "absent"), "empty folder": {empty}, "none": nil,
	} {
		if _, err := Files(paths, "", time.Now()); err == nil || cred.AsFault(err).Code != "config.file" || cred.AsFault(err).Hint == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := said(files(t, dir)); got[0] != "broken.crt warning config.file" || slices.Contains(got, "hidden.crt warning config.file") {
		t.Errorf("in a folder: %v", got)
	}
	root := filepath.Join(dir, "myDevicesRootCA.crt")
	for name, c := range map[string]struct {
		root  string
		files []string
		want  string
	}{
		"no unit":         {root, []string{root}, "config.file"},
		"a unit as root":  {filepath.Join(dir, "myDevice.crt"), []string{root}, "ca.not-a-ca"},
		"an absent root":  {filepath.Join(dir, "absent"), []string{root}, "config.file"},
		"an absent unit":  {root, in(dir, "absent"), "config.file"},
		"a key as a unit": {root, in(dir, "myDevice.key"), "config.file"},
	} {
		if _, err := Verify(c.root, c.files, time.Now()); err == nil || cred.AsFault(err).Code != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzFiles(f *testing.F) {
	for _, seed := range []string{
		"", "hello", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
		recipeUnit, strings.ReplaceAll(recipeUnit, "\n", "\r\n"), "Bag Attributes\n" + recipeUnit + recipeUnit,
	} {
		f.Add([]byte(seed))
		for _, b := range cred.Blocks([]byte(seed)) {
			f.Add(b.Bytes)
		}
	}
	root, err := certfile.Parse([]byte(recipeRoot))
	if err != nil {
		f.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, data []byte) {
		c := newCollection()
		if _, err := c.take("root.crt", []byte(recipeRoot)); err != nil {
			t.Fatal(err)
		}
		c.take("x.crt", data) // whatever could be read before an error is judged, as in a folder
		c.index()
		found := c.report(at)
		more, _ := c.verifyAll(root[0], at)
		for _, x := range append(found, more...) {
			if x.Code == "" || x.Hint == "" || strings.ContainsAny(x.Text, "\n\r\x1b") {
				t.Fatalf("a finding that lacks something or plays with the terminal: %+v", x)
			}
		}
	})
}
