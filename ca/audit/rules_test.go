package audit

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/sectag/ca/internal/ossl"
	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
)

func rules(t *testing.T, p lint.Profile, paths ...string) (out []string) {
	t.Helper()
	fs, err := Files(paths, p, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fs {
		if strings.HasPrefix(f.Code, "ca.lint-") {
			out = append(out, fmt.Sprintf("%s %s %s", filepath.Base(f.File), f.Severity, f.Code))
		}
	}
	return out
}

// TestTheRules: OpenSSL's habits are told and weigh little; the names of units are asked for by a profile only.
func TestTheRules(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ossl.Recipe(t, dir, "000000000000000")
	ossl.Device(t, dir, "unit", "urn:imei:352656100367872", "30", "myDevicesRootCA", good()...)
	ossl.Device(t, dir, "more", "urn:imei:352656100367873", "30", "myDevicesRootCA", "-addext", "basicConstraints=CA:FALSE",
		"-addext", "keyUsage=digitalSignature,keyAgreement", "-addext", "extendedKeyUsage=clientAuth,serverAuth", "-addext", "1.2.3.4=critical,DER:05:00")
	own := in(dir, "myDevicesRootCA.crt", "unit.crt")
	same(t, rules(t, "", own...), []string{"unit.crt info ca.lint-ski"})
	same(t, rules(t, lint.Azure, own...), []string{"unit.crt info ca.lint-ski"})
	same(t, rules(t, lint.NRFCloud, own...), []string{"unit.crt info ca.lint-ski", "unit.crt warning ca.lint-name"})
	same(t, rules(t, lint.RFC7925, own...), []string{"unit.crt info ca.lint-ski", "unit.crt warning ca.lint-subject"})
	same(t, rules(t, "", in(dir, "more.crt")...), []string{
		"more.crt warning ca.lint-critical", "more.crt info ca.lint-constraints", "more.crt info ca.lint-usage", "more.crt info ca.lint-purposes",
		"more.crt info ca.lint-ski",
	})
}

// TestRequestsAndListsAreNoErrors: what else lies in the folder of an authority is named, each once, and hinders nothing.
func TestRequestsAndListsAreNoErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ossl.Recipe(t, dir, "000000000000000")
	ossl.NewKey(t, dir, "u.key")
	ossl.Run(t, dir, "req", "-new", "-key", "u.key", "-subj", "/CN=u", "-out", "u.csr")
	ossl.Run(t, dir, "req", "-new", "-key", "u.key", "-subj", "/CN=u", "-outform", "DER", "-out", "u.csr.der")
	ossl.Write(t, dir, "index.txt", nil)
	ossl.Write(t, dir, "ca.cnf", []byte("[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=30\n"))
	ossl.Run(t, dir, "ca", "-config", "ca.cnf", "-gencrl", "-keyfile", "myDevicesRootCA.key", "-cert", "myDevicesRootCA.crt", "-out", "root.crl")
	ossl.Run(t, dir, "crl", "-in", "root.crl", "-outform", "DER", "-out", "root.crl.der")
	fs, err := Files([]string{dir}, "", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range fs {
		if f.Code == "ca.passed-by" {
			got = append(got, filepath.Base(f.File)+" "+strings.Fields(f.Text)[1])
			if f.Severity != cred.Info || f.Hint == "" {
				t.Errorf("%+v", f)
			}
		}
	}
	same(t, got, []string{"root.crl list", "root.crl.der list", "u.csr request", "u.csr.der request"})
}

// TestOddFolders: links that lead round, links to folders and to nowhere, pipes and huge files end no audit and cost no memory.
func TestOddFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ossl.Recipe(t, dir, "000000000000000")
	sub := filepath.Join(dir, "sub")
	huge := filepath.Join(sub, "huge.pem")
	for _, err := range []error{
		os.Mkdir(sub, 0o755), os.Symlink(dir, filepath.Join(sub, "round")), os.Symlink(filepath.Join(sub, "itself"), filepath.Join(sub, "itself")),
		os.Symlink("nowhere", filepath.Join(sub, "gone.pem")), os.WriteFile(huge, nil, 0o600), os.Truncate(huge, 1<<33),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	fs, err := Files([]string{dir}, "", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var odd []string
	for _, f := range fs {
		if f.Code == "config.file" {
			odd = append(odd, string(f.Severity)+" "+filepath.Base(f.File))
		}
	}
	slices.Sort(odd)
	same(t, odd, []string{"warning gone.pem", "warning huge.pem", "warning itself"})
}

func BenchmarkTenThousand(b *testing.B) {
	dir := b.TempDir()
	root, units := many(b, 10_000)
	if err := os.WriteFile(filepath.Join(dir, "root.pem"), root, 0o600); err != nil {
		b.Fatal(err)
	}
	for i, u := range units {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d.pem", i)), u, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		fs, err := Files([]string{dir}, lint.LwM2M, time.Now())
		if err != nil || cred.Judge(fs) != cred.Pass {
			b.Fatal(len(fs), err)
		}
	}
}
