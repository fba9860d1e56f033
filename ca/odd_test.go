package ca

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/sectag/ca/internal/ossl"
)

// oddRoot makes a root by a configuration of its own: Debian's would put right what is to be wrong.
func oddRoot(t *testing.T, dir, name, extensions string, genkey ...string) (cert, key string) {
	t.Helper()
	ossl.Write(t, dir, name+".cnf", []byte("[req]\ndistinguished_name=dn\nx509_extensions=x\n[dn]\n[x]\n"+extensions))
	if len(genkey) == 0 {
		genkey = []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1"}
	}
	ossl.Run(t, dir, append([]string{"genpkey", "-out", name + ".key"}, genkey...)...)
	ossl.Run(t, dir, "req", "-x509", "-new", "-key", name+".key", "-out", name+".crt", "-subj", "/CN="+name, "-days", "400", "-config", name+".cnf")
	return filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")
}

// TestRootsThatServersRefuse: what the strictest judge holds against a unit's issuer is said before the unit is signed.
func TestRootsThatServersRefuse(t *testing.T) {
	t.Parallel()
	const ca, signs, ski = "basicConstraints=critical,CA:TRUE\n", "keyUsage=critical,keyCertSign\n", "subjectKeyIdentifier=hash\n"
	for name, extensions := range map[string]string{
		"sound":     ca + signs + ski,
		"uncertain": "basicConstraints=CA:TRUE\n" + signs + ski,
		"unnamed":   ca + signs + "subjectKeyIdentifier=none\n",
		"useless":   ca + ski,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cert, key := oddRoot(t, dir, name, extensions)
			r, err := Load(cert, now())
			if err != nil {
				t.Fatal(err)
			}
			a, err := r.Unlock(key, nil)
			if err != nil {
				t.Fatal(err)
			}
			unit := issue(t, a, Request{Days: 30, Clock: Clock{Now: now()}})
			ossl.Write(t, dir, "unit.crt", []byte(unit.PEM))
			out, accepted := ossl.Try(t, dir, "verify", "-purpose", "sslclient", "-x509_strict", "-CAfile", name+".crt", "unit.crt")
			found := a.Findings()
			said := len(found) > 1 // the first is the clear key
			if accepted == said || accepted != (name == "sound") {
				t.Errorf("openssl accepts: %v (%s); we say %+v", accepted, out, found)
			}
			for _, f := range found {
				if f.File == "" || f.Severity != "warning" {
					t.Errorf("%+v", f)
				}
			}
		})
	}
}

func TestRootsOfAnotherPurposeAndKind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const ca = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n"
	servers, _ := oddRoot(t, dir, "servers", ca+"extendedKeyUsage=serverAuth\n")
	pss, _ := oddRoot(t, dir, "pss", ca, "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048")
	for file, want := range map[string]string{servers: "no clientAuth", pss: "cannot check"} {
		if _, err := Load(file, now()); code(err) != "ca.not-a-ca" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", file, err)
		}
	}
	both, _ := oddRoot(t, dir, "both", ca+"extendedKeyUsage=serverAuth,clientAuth\n")
	if _, err := Load(both, now()); err != nil {
		t.Error(err)
	}
}

// TestARootWithoutAnEnd is of the year 9999 (RFC 5280, section 4.1.2.5), which is further than a time.Duration goes.
func TestARootWithoutAnEnd(t *testing.T) {
	t.Parallel()
	tmpl := caTemplate("For ever")
	tmpl.NotBefore, tmpl.NotAfter = today().Add(-time.Hour), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	root, key := foreign(t, tmpl, nil, nil)
	a, err := Root{Cert: root}.With(key, KeyClear)
	if err != nil {
		t.Fatal(err)
	}
	if n := a.DaysLeft(today()); n != 2_912_117 {
		t.Errorf("%d days are left", n)
	}
	_, err = a.Issue(Request{Name: "urn:imei:352656100367872", Public: newKey(t).Public(), Days: maxDays + 1, Clock: Clock{Now: today()}})
	if code(err) != "config.value" || !strings.Contains(hint(err), "1 to 36525 days") {
		t.Errorf("%v, hint %q", err, hint(err))
	}
}
