//go:build unix

package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// inService provisions a unit without a person, and opens the screens of a bench in service with that unit at the port, whose modem has a
// fault. It stands where the unit is looked at.
func inService(t *testing.T, fault ...string) (*stage, *terminal, record) {
	t.Helper()
	s := newStage(t, "Acme Devices", false)
	s.profile("root.crt", "")
	s.key = "host"
	m := s.modem("--imei", sceneIMEI)
	s.sectag("provision", "--port", "modem", "--passphrase-file", "pass.txt", "--quiet").must(t, 0)
	if len(fault) > 0 {
		m.stop()
		s.modem(append([]string{"--imei", sceneIMEI}, fault...)...)
	}
	x := s.terminal(nil, "--way", "service", "--port", "modem")
	x.sees("▸ Credentials", "record 0", "provision pass", "current, rec 0", "w renew", "x retire")
	return s, x, s.record("0")
}

// opens opens the authority that a plan waits for.
func (x *terminal) opens() {
	x.t.Helper()
	x.sees("a open authority", "the authority is locked")
	x.types("a")
	x.unlocks()
	x.sees("▸ Credentials", "▸ last four")
}

// kinds are what the records of the ledger are about, and how each ended.
func (s *stage) kinds() (kinds []string) {
	s.t.Helper()
	for _, r := range s.records() {
		kinds = append(kinds, r.Kind+" "+r.Verdict)
	}
	return kinds
}

// A returned unit is looked at by itself; wrong digits change nothing; the right ones empty it, and the ledger and the list that servers
// read say that it is retired.
func TestAReturnedUnitIsRetired(t *testing.T) {
	t.Parallel()
	s, x, first := inService(t)
	before := string(read(t, s.file("unit.json")))
	x.types("x")
	x.opens()
	x.sees("delete", "cannot be brought back", "will be revoked")
	x.types("0000")
	x.press("Enter")
	x.sees("nothing was changed", "▸ last four")
	if string(read(t, s.file("unit.json"))) != before {
		t.Error("wrong digits changed the modem")
	}
	x.types(sceneIMEI[11:])
	x.press("Enter")
	x.sees(append(big(t, filepath.Join("..", "service", "service-retired.txt")), sceneIMEI, "3 slots deleted", "revoked: record 2", "sectag ca crl --cert")...)
	x.leaves("q")
	if got := strings.Join(s.kinds(), ", "); got != "provision pass, retirement pass, revocation pass" {
		t.Errorf("the ledger says %s", got)
	}
	for _, at := range s.record("1").Slots {
		if at.Action != "deleted" || at.SHA256 != "" {
			t.Errorf("the record says of a slot %+v", at)
		}
	}
	look := s.sectag("inspect", "--port", "modem", "--json").must(t, 0)
	for _, at := range look.doc(t).Slots {
		if at.SecTag == 42 {
			t.Errorf("the unit still holds %+v", at)
		}
	}
	if !strings.Contains(look.out, `"store.retired"`) {
		t.Errorf("inspect does not say that it is retired: %v", look)
	}
	s.sectag("ca", "crl", "--cert", "root.crt", "--key", "root.key", "--passphrase-file", "pass.txt", "--out", "list.crl").must(t, 0)
	o := s.tool("openssl", "crl", "-in", "list.crl", "-noout", "-text").must(t, 0)
	if !strings.Contains(strings.ToLower(o.out), strings.TrimLeft(first.Certificate.Serial, "0")) || !strings.Contains(o.out, "Cessation Of Operation") {
		t.Errorf("the list does not name %s: %v", first.Certificate.Serial, o)
	}
	s.audited()
}

// A unit that has all that the profile asks for is given a new identity, and the old certificate is revoked as superseded.
func TestAReturnedUnitIsRenewed(t *testing.T) {
	t.Parallel()
	s, x, first := inService(t)
	x.types("w")
	x.opens()
	x.sees("renew", "will be revoked")
	x.types(sceneIMEI[11:])
	x.press("Enter")
	x.sees(append(big2(t, filepath.Join("..", "service", "service-renewed.txt")), "3 slots read back", "revoked: record 2")...)
	x.leaves("q")
	if got := strings.Join(s.kinds(), ", "); got != "provision pass, provision pass, revocation pass" {
		t.Errorf("the ledger says %s", got)
	}
	r := s.record("1")
	if r.Certificate.Serial == first.Certificate.Serial || r.Certificate.Serial == "" {
		t.Errorf("the certificate is %s as before", r.Certificate.Serial)
	}
	s.unit().agrees(t, r.Slots)
	o := s.sectag("provision", "--port", "modem", "--passphrase-file", "pass.txt", "--json").must(t, 0).doc(t)
	if o.Slots[1].Action != "kept" {
		t.Errorf("the new identity is not current: %+v", o.Slots)
	}
	s.audited()
}

// A modem that refuses leaves a FAIL that says why, and nothing is revoked: the unit is not retired.
func TestAUnitThatRefusesIsNotRetired(t *testing.T) {
	t.Parallel()
	s, x, _ := inService(t, "--fault", "active")
	x.types("x")
	x.opens()
	x.types(sceneIMEI[11:])
	x.press("Enter")
	x.sees("✗ Credentials", "line.error", "→ ", "Nothing was changed: every slot is as it was.", "No certificate was revoked.", "r retry")
	x.leaves("q")
	if got := strings.Join(s.kinds(), ", "); got != "provision pass, retirement fail" {
		t.Errorf("the ledger says %s", got)
	}
	s.audited()
}

// big2 is how a verdict of two words looks.
func big2(t testing.TB, picture string) (rows []string) {
	t.Helper()
	for _, l := range strings.Split(string(read(t, filepath.Join("..", "docs", "screens", "walk", picture))), "\n") {
		if _, after, ok := strings.Cut(l, "│ "); ok && strings.Contains(after, "██") {
			rows = append(rows, strings.TrimRight(after, " "))
		}
	}
	if len(rows) != 10 {
		t.Fatalf("%s shows no two big words", picture)
	}
	return rows
}
