package audit

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/sectag/ca/internal/ossl"
)

// TestOddRoots are authorities as some tools make them: they sign, and strict servers refuse what they signed.
func TestOddRoots(t *testing.T) {
	t.Parallel()
	const signs = "keyUsage=critical,keyCertSign\n"
	ec := []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1"}
	for name, c := range map[string]struct {
		extensions string
		key        []string
		want       []string
	}{
		"uncritical": {"basicConstraints=CA:TRUE\nsubjectKeyIdentifier=hash\n" + signs, ec, []string{"root.crt warning ca.odd-root"}},
		"unnamed":    {"basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=none\n" + signs, ec, []string{"root.crt warning ca.odd-root"}},
		"servers'":   {"basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\nextendedKeyUsage=serverAuth\n" + signs, ec, []string{"root.crt warning ca.odd-root"}},
		"PSS": {
			"basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n" + signs,
			[]string{"-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"},
			[]string{"root.crt warning ca.odd-root"},
		},
	} {
		dir := t.TempDir()
		ossl.Write(t, dir, "c.cnf", []byte("[req]\ndistinguished_name=dn\nx509_extensions=x\n[dn]\n[x]\n"+c.extensions))
		ossl.Run(t, dir, append([]string{"genpkey", "-out", "root.key"}, c.key...)...)
		ossl.Run(t, dir, "req", "-x509", "-new", "-key", "root.key", "-out", "root.crt", "-subj", "/CN=Acme", "-days", "400", "-config", "c.cnf")
		t.Log(name)
		same(t, said(files(t, filepath.Join(dir, "root.crt"))), c.want)
	}
}

// TestAUnitWithoutAnEnd outlives its root by more than a time.Duration holds.
func TestAUnitWithoutAnEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ossl.Recipe(t, dir, "352656100367872")
	ossl.Write(t, dir, "index.txt", nil)
	ossl.Write(t, dir, "serial", []byte("01\n"))
	ossl.Write(t, dir, "c.cnf", []byte("[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n"+
		"[p]\ncommonName=supplied\n[x]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n"))
	ossl.Run(t, dir, "req", "-new", "-key", "myDevice.key", "-subj", "/CN=urn:imei:352656100367872", "-out", "u.csr")
	ossl.Run(t, dir, "ca", "-batch", "-config", "c.cnf", "-extensions", "x", "-notext", "-cert", "myDevicesRootCA.crt", "-keyfile", "myDevicesRootCA.key",
		"-in", "u.csr", "-out", "u.crt", "-enddate", "99991231235959Z")
	fs, err := Files(in(dir, "myDevicesRootCA.crt", "u.crt"), "", time.Now())
	fs = plain(fs)
	if err != nil || len(fs) != 1 || fs[0].Code != "ca.outlives-issuer" || !strings.Contains(fs[0].Text, " last 29") {
		t.Errorf("%+v, %v", fs, err) // some 2 909 000 days
	}
}
