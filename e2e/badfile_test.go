//go:build unix

package e2e

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/internal/peers"
)

// untouched runs a command that must be refused with exit 2 or 3 before any device is touched: no byte went to the modem, nothing is
// recorded, no file has changed.
func (s *stage) untouched(exit int, code string, args ...string) document {
	t := s.t
	t.Helper()
	before := s.files()
	o := s.sectag(append(args, "--json")...)
	d := o.refused(t, exit, code)
	if d.Line.BytesOut != 0 {
		t.Errorf("%d bytes went to the modem", d.Line.BytesOut)
	}
	if d.Record != "" {
		t.Errorf("something was recorded: %v", o)
	}
	for name, was := range before {
		if now, err := os.ReadFile(name); err != nil || !bytes.Equal(was, now) {
			t.Errorf("%s was changed", filepath.Base(name))
		}
	}
	return d
}

// files are the working folder's, the ledger's own apart.
func (s *stage) files() map[string][]byte {
	s.t.Helper()
	names, err := filepath.Glob(s.file("*.*"))
	if err != nil {
		s.t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, name := range names {
		if st, err := os.Stat(name); err == nil && st.Mode().IsRegular() && !strings.Contains(name, "ledger.db") {
			out[name] = read(s.t, name)
		}
	}
	return out
}

// edit changes one text of the profile.
func (s *stage) edit(old, now string) {
	s.t.Helper()
	text := string(read(s.t, s.file("sectag.toml")))
	if !strings.Contains(text, old) {
		s.t.Fatalf("the profile has no %q", old)
	}
	s.write("sectag.toml", []byte(strings.Replace(text, old, now, 1)))
}

// Wrong files, passphrases and profiles are told before any device is touched.
func TestWrongInputTouchesNothing(t *testing.T) {
	t.Parallel()
	root := peers.Root(t, "Some Root")
	ended := peers.SelfSigned(t, peers.Spec{CN: "Ended Root", CA: true, Begin: time.Now().Add(-48 * time.Hour), End: time.Now().Add(-time.Hour)})
	use := func(c *peers.Cert) func(*stage) {
		return func(s *stage) { s.write("root.crt", c.PEM); s.write("root.key", c.KeyPEM) }
	}
	pass := []string{"--passphrase-file", "pass.txt"}
	for _, c := range []struct {
		name  string
		spoil func(*stage)
		args  []string
		exit  int
		code  string
		says  string
	}{
		{name: "a wrong passphrase", spoil: func(s *stage) { s.write("pass.txt", []byte("not this one\n")) }, args: pass, exit: 2, code: "ca.passphrase"},
		{name: "an empty passphrase file", spoil: func(s *stage) { s.write("pass.txt", nil) }, args: pass, exit: 2, code: "ca.passphrase"},
		{name: "no passphrase file", args: []string{"--passphrase-file", "nowhere.txt"}, exit: 2, code: "ca.passphrase"},
		{name: "another root's key", spoil: func(s *stage) { s.write("root.key", root.KeyPEM) }, exit: 2, code: "ca.key-mismatch"},
		{name: "a key that is none", spoil: func(s *stage) { s.write("root.key", []byte("nothing")) }, exit: 2, code: "config.file"},
		{name: "an authority that is a leaf", spoil: use(root.Unit(t, "urn:imei:"+sceneIMEI)), exit: 2, code: "ca.not-a-ca"},
		{name: "an authority that has ended", spoil: use(ended), exit: 2, code: "ca.expired"},
		{name: "a certificate that is none", spoil: func(s *stage) { s.write("root.crt", []byte("nothing")) }, exit: 2, code: "config.file"},
		{name: "a typo in the profile", spoil: func(s *stage) { s.edit("anchor", "ancher") }, exit: 2, code: "config.unknown-key", says: "ancher"},
		{name: "a bad value in the profile", spoil: func(s *stage) { s.edit("sec_tag = 42", "sec_tag = -1") }, exit: 2, code: "config.value", says: "sec_tag"},
		{name: "no TOML", spoil: func(s *stage) { s.write("sectag.toml", []byte("[product\n")) }, exit: 2, code: "config.value", says: "sectag.toml:1"},
		{name: "no authority there", spoil: func(s *stage) { s.edit("root.crt", "nowhere.crt") }, exit: 2, code: "config.file", says: "nowhere.crt"},
		{name: "no profile there", args: []string{"--profile", "nowhere.toml"}, exit: 2, code: "config.file", says: "nowhere.toml"},
		{name: "no such port", args: []string{"--port", "nowhere"}, exit: 3, code: "port.missing"},
		{name: "a port that is a folder", args: []string{"--port", "."}, exit: 3, code: "port.not-a-port"},
		{name: "a port that is a file", args: []string{"--port", "root.crt"}, exit: 3, code: "port.not-a-port"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, "Acme Devices", false)
			s.write("server-root.pem", root.PEM)
			s.profile("server-root.pem", "")
			s.modem("--imei", sceneIMEI)
			if c.spoil != nil {
				c.spoil(s)
			}
			args := append([]string{"provision"}, c.args...)
			if !strings.Contains(strings.Join(c.args, " "), "--port") {
				args = append(args, "--port", "modem")
			}
			if d := s.untouched(c.exit, c.code, args...); !strings.Contains(d.Failure.Text, c.says) {
				t.Errorf("it does not name %q: %q", c.says, d.Failure.Text)
			}
			if s.unit().tagged() != 0 {
				t.Error("the modem was written to")
			}
		})
	}
}

// What is only known once the unit is: nothing is changed either, and the modem's slots are told of.
func TestRefusedBeforeAnythingIsChanged(t *testing.T) {
	t.Parallel()
	root := peers.Root(t, "Some Root")
	short := peers.SelfSigned(t, peers.Spec{CN: "Short Root", CA: true, End: time.Now().AddDate(10, 0, 0)})
	for _, c := range []struct {
		name  string
		spoil func(*stage)
		code  string
		says  string
		early bool // the modem is not even asked
	}{
		{name: "no anchor there", spoil: func(s *stage) { s.edit("server-root.pem", "nowhere.pem") }, code: "config.anchor", says: "nowhere.pem", early: true},
		{name: "an anchor that is none", spoil: func(s *stage) { s.write("server-root.pem", []byte("nothing")) }, code: "config.anchor", early: true},
		{name: "longer than the authority lives", spoil: func(s *stage) { s.write("root.crt", short.PEM); s.write("root.key", short.KeyPEM) }, code: "ca.outlives-issuer", says: " days are left"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, "Other Devices", true)
			s.write("server-root.pem", root.PEM)
			s.profile("server-root.pem", "")
			s.modem("--imei", sceneIMEI)
			c.spoil(s)
			d := s.sectag("provision", "--port", "modem", "--json").refused(t, 2, c.code)
			if c.early {
				d.holds(t)
			} else {
				d.holds(t, "missing", "missing", "missing")
			}
			if !strings.Contains(d.Failure.Text+d.Failure.Hint, c.says) {
				t.Errorf("it does not name %q: %+v", c.says, d.Failure)
			}
			if s.unit().tagged() != 0 {
				t.Error("the modem was written to")
			}
		})
	}
}

// spoilt PEM files: line ends of Windows, spaces, texts and other blocks around the wanted one.
func spoilt(wanted []byte) []byte {
	block, _ := pem.Decode(wanted)
	lines := strings.Split(string(pem.EncodeToMemory(block)), "\n")
	for i := range lines {
		lines[i] += "  \r"
	}
	junk := pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: []byte("not wanted here")})
	return []byte("Bag Attributes\r\n    friendlyName: root\r\n\r\n" + string(junk) + "\r\n" + strings.Join(lines, "\n") + "\r\n\r\nand so on\r\n")
}

// Files as people have them: CRLF, spaces, several blocks, an old SEC1 key. What reaches the modem is minimal PEM and PKCS#8.
func TestFilesAsPeopleHaveThem(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Other Devices", true)
	root := peers.Root(t, "Servers' Root")
	s.write("server-root.pem", spoilt(root.PEM))
	s.write("root.crt", spoilt(read(t, s.file("root.crt"))))
	params := s.tool("openssl", "ecparam", "-name", "prime256v1").must(t, 0).out
	s.write("root.key", []byte(params+s.tool("openssl", "ec", "-in", "root.key", "-passin", "file:pass.txt").must(t, 0).out)) // "EC PARAMETERS", then "EC PRIVATE KEY"
	if !strings.Contains(string(read(t, s.file("root.key"))), "BEGIN EC PRIVATE KEY") {
		t.Fatal("that is no SEC1 key")
	}
	s.profile("server-root.pem", "")
	s.modem("--imei", sceneIMEI)
	s.sectag("provision", "--port", "modem", "--json").must(t, 0)
	u := s.unit()
	u.proven(t)
	if u.content(rootCA) != string(cred.CertPEM(root.X509.Raw)) {
		t.Errorf("the anchor in the modem is %q", u.content(rootCA))
	}
	if err := u.cert(t).CheckSignatureFrom(parsed(t, read(t, filepath.Join(authority(t, "Other Devices", true), "root.crt")))); err != nil {
		t.Error(err)
	}

	unit := root.Unit(t, "by hand")
	sec1 := s.tool("openssl", "ec", "-in", unit.KeyFile).must(t, 0).out
	s.write("sec1.key", []byte(strings.ReplaceAll(params+sec1, "\n", "\r\n")))
	s.write("many.crt", append(spoilt(unit.PEM), root.PEM...))
	for _, kind := range []struct{ name, file string }{{"client-key", "sec1.key"}, {"root-ca", "many.crt"}} {
		s.sectag("slots", "write", "--port", "modem", "--sec-tag", "42", "--type", kind.name, "--file", kind.file, "--yes", "--imei", sceneIMEI, "--json").must(t, 0)
		s.sectag("slots", "verify", "--port", "modem", "--sec-tag", "42", "--type", kind.name, "--file", kind.file).must(t, 0)
	}
	u = s.unit()
	if want := s.tool("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", unit.KeyFile).must(t, 0).out; u.content(clientKey) != want {
		t.Error("the SEC1 key did not become what openssl pkcs8 makes of it")
	}
	if u.content(rootCA) != string(unit.PEM)+string(root.PEM) {
		t.Errorf("of two certificates the modem has %q", u.content(rootCA))
	}
}

func parsed(t testing.TB, file []byte) *x509.Certificate {
	t.Helper()
	b, _ := pem.Decode(file)
	c, err := x509.ParseCertificate(b.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// An authority whose key lies in clear makes a unit that works, and each says so: the one that is written and the one that is kept, the
// document and the record.
func TestAnAuthorityWhoseKeyLiesInClear(t *testing.T) {
	t.Parallel()
	s := writtenOnly(t, "")
	s.write("root.key", []byte(s.tool("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", "root.key", "-passin", "file:pass.txt").must(t, 0).out))
	s.modem("--imei", sceneIMEI)
	for _, action := range []string{"written", "kept"} {
		d := s.sectag("provision", "--port", "modem", "--json").must(t, 0).doc(t)
		if d.Verdict != "warn" || d.Failure != nil || d.Slots[0].Action != action || len(d.Findings) != 1 || !finds(d.Findings, "ca.clear-key") {
			t.Errorf("%s: %+v", action, d)
		}
		if r := s.record(d.Record); r.Verdict != "warn" || len(r.Findings) != 1 || !finds(r.Findings, "ca.clear-key") {
			t.Errorf("%s: the record says %+v", action, r)
		}
	}
	s.unit().proven(t)
	o := s.sectag("provision", "--port", "modem").must(t, 0)
	if !strings.Contains(o.out, "WARN") || !strings.Contains(o.out, "ca.clear-key") {
		t.Errorf("what a person reads is %q", o.out)
	}
}
