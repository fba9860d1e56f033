//go:build unix

package e2e

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"example.org/sectag/internal/peers"
)

// The types of a pre-shared key and its identity.
const (
	presharedKey = 3
	pskIdentity  = 4
)

// pskScene is a stage whose units get a pre-shared key, and no authority: firm-key.txt, which age-keygen made, opens them. url may be
// empty.
func pskScene(t *testing.T, url string, modem ...string) *stage {
	t.Helper()
	s := newStage(t, "Killed Devices", false)
	for _, f := range []string{"root.crt", "root.key", "pass.txt"} {
		if err := os.Remove(s.file(f)); err != nil {
			t.Fatal(err)
		}
	}
	s.tool("age-keygen", "-o", "firm-key.txt").must(t, 0)
	to := strings.TrimSpace(s.tool("age-keygen", "-y", "firm-key.txt").must(t, 0).out)
	text := "[product]\nname = \"meter\"\n\n[[slot]]\nsec_tag = 42\nmode = \"psk\"\n\n[psk]\nrecipients = \"" + to + "\"\n\n[ledger]\nurl = \"sqlite:ledger.db\"\n"
	if url != "" {
		text += "\n[endpoint]\nurl = \"" + url + "\"\n"
	}
	s.write("sectag.toml", []byte(text))
	s.modem(append([]string{"--imei", sceneIMEI}, modem...)...)
	return s
}

// psk is what the modem holds; it must be 32 bytes in hex, under the unit's own name.
func (s *stage) psk() string {
	s.t.Helper()
	u := s.unit()
	key := u.content(presharedKey)
	if raw, err := hex.DecodeString(key); err != nil || len(raw) != 32 || u.content(pskIdentity) != "urn:imei:"+u.IMEI || u.tagged() != 2 {
		s.t.Fatalf("the modem holds %d characters of a key for %q: %v", len(key), u.content(pskIdentity), err)
	}
	return key
}

// huntsPSK are the forms of a key that must be nowhere.
func huntsPSK(t testing.TB, key string) []hunted {
	t.Helper()
	raw, err := hex.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	return []hunted{hunt("the PSK", raw), hunt("the PSK's text", []byte(key))}
}

var sealedText = regexp.MustCompile(`"sealed":"(-----BEGIN AGE ENCRYPTED FILE-----[A-Za-z0-9+/=\\]+-----END AGE ENCRYPTED FILE-----\\n)"`)

// sealed are the keys that the ledger's files hold, opened by the age program: what a firm could do without sectag.
func (s *stage) sealed() (out []string) {
	s.t.Helper()
	seen := map[string]bool{}
	files, err := filepath.Glob(s.file("ledger.db*"))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range files {
		for _, m := range sealedText.FindAllSubmatch(read(s.t, f), -1) {
			text := strings.ReplaceAll(string(m[1]), `\n`, "\n")
			if seen[text] {
				continue
			}
			seen[text] = true
			out = append(out, s.fed(text, "age", "-d", "-i", "firm-key.txt").must(s.t, 0).out)
		}
	}
	return out
}

// opened is what sectag ledger psk gives.
func (s *stage) opened(file string) string {
	s.t.Helper()
	o := s.sectag("ledger", "psk", "--identity", "firm-key.txt", "--imei", sceneIMEI, "--out", file, "--json").must(s.t, 0)
	st, err := os.Stat(s.file(file))
	if err != nil || st.Mode().Perm() != 0o600 {
		s.t.Errorf("the key's file: %v, %v", st, err)
	}
	key := strings.TrimSuffix(string(read(s.t, s.file(file))), "\n")
	clean(s.t, "the document", []byte(o.out+o.err), huntsPSK(s.t, key)...)
	return key
}

// TestAPSKFromTheDrawToTheServer: the unit is written, tried at a server that was told the key meanwhile, kept the next time, and then let
// in by another program's server with what the firm opens, and through its own modem.
func TestAPSKFromTheDrawToTheServer(t *testing.T) {
	t.Parallel()
	known := filepath.Join(t.TempDir(), "psk.txt")
	if err := os.WriteFile(known, []byte("nobody:00\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	gnutls := peers.GnuTLS(t, "--pskpasswd", known, "--priority", "NORMAL:-KX-ALL:+PSK:-VERS-ALL:+VERS-DTLS1.2:+AES-128-CCM-8")
	s := pskScene(t, gnutls.URL, "--host", "serial-modem")
	a := s.announced("provision", "--port", "modem", "--timeout", "30s", "--verbose", "--json")
	a.upToThe(1, "before connect-server")
	key := s.psk()
	if err := os.WriteFile(known, []byte("#"+hex.EncodeToString([]byte("urn:imei:"+sceneIMEI))+":"+key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a.goOn()
	a.rest()
	o := a.end().must(t, 0)
	d := o.doc(t)
	if d.Verdict != "pass" || d.KeyOrigin != "host" || d.Connect == nil || d.Connect.ClientAuth != "used" || !strings.HasPrefix(d.Connect.Suite, "TLS_PSK_WITH_AES_") || len(d.Slots) != 2 {
		t.Errorf("%v", o)
	}
	quiet := huntsPSK(t, key)
	clean(t, "the run", []byte(o.out+o.err), quiet...)
	s.leaves(quiet, "unit.json")
	if got := s.sealed(); len(got) != 1 || got[0] != key {
		t.Errorf("age opens %d keys in the ledger's files, and not the modem's", len(got))
	}
	again := s.sectag("provision", "--port", "modem", "--json").must(t, 0).doc(t)
	if again.Connect != nil || again.Slots[0].Action != "kept" || again.Slots[1].Action != "kept" || s.psk() != key {
		t.Errorf("%+v", again)
	}
	if got := s.opened("unit.psk"); got != key {
		t.Error("sectag opens another key than the modem holds")
	}
	openssl := peers.OpenSSL(t, "-nocert", "-psk", key, "-psk_identity", "urn:imei:"+sceneIMEI)
	c := s.sectag("connect", openssl.URL, "--psk-id", "urn:imei:"+sceneIMEI, "--psk-file", "unit.psk", "--timeout", "30s", "--json").must(t, 0).doc(t)
	if c.ClientAuth != "used" || c.Verdict != "pass" {
		t.Errorf("%+v", c)
	}
	m := s.sectag("connect", strings.Replace(openssl.URL, "127.0.0.1", "localhost", 1), "--via-modem", "modem", "--sec-tag", "42", "--timeout", "30s", "--json")
	if via := m.doc(t); m.code != 0 || via.Verdict == "fail" {
		t.Errorf("%v", m)
	}
	s.audited()
}

// TestKilledWithAPSK: wherever a run dies, a key that the modem holds is one that the firm can read; the same command again ends in a
// whole unit with another key, and what was lost is told.
func TestKilledWithAPSK(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at   string
		nth  int
		lost int // sealed, and told as lost
	}{
		{"before prepare", 1, 0},
		{"after prepare", 1, 1},
		{"before take-offline", 1, 1},
		{"before write-slot", 1, 1},
		{"after write-slot", 1, 1},
		{"after read-slot", 1, 1},
		{"before write-slot", 2, 1},
		{"after write-slot", 2, 1},
		{"before write-record", 1, 1},
		{"after write-record", 1, 0},
	} {
		t.Run(fmt.Sprintf("%s %d", c.at, c.nth), func(t *testing.T) {
			t.Parallel()
			s := pskScene(t, "", "--fault", "online")
			a := s.announced("provision", "--port", "modem", "--verbose", "--json")
			a.upToThe(c.nth, c.at)
			a.signal(syscall.SIGKILL)
			o := a.end()
			before, sealed := s.unit().content(presharedKey), s.sealed()
			if before != "" && (len(sealed) != 1 || sealed[0] != before) {
				t.Errorf("the modem holds a key that is not in the ledger's files; %d are", len(sealed))
			}
			for _, key := range sealed {
				quiet := huntsPSK(t, key)
				clean(t, "the run that died", []byte(o.out+o.err), quiet...)
				s.leaves(quiet, "unit.json")
			}
			recorded := c.at == "after write-record"
			d := s.sectag("provision", "--port", "modem", "--json").must(t, 0).doc(t)
			if key := s.psk(); d.Verdict != "pass" || (before == key) != recorded {
				t.Errorf("the next run: %+v", d)
			}
			if got := s.opened("unit.psk"); got != s.psk() {
				t.Error("sectag opens another key than the modem holds")
			}
			lost := 0
			for _, r := range s.records() {
				lost += len(r.LostPSKs)
				if (r.Kind == "interrupted") != (len(r.LostPSKs) > 0) {
					t.Errorf("record %s of kind %s tells of %d lost keys", r.ID, r.Kind, len(r.LostPSKs))
				}
			}
			if lost != c.lost {
				t.Errorf("%d keys are told as lost, %d were", lost, c.lost)
			}
			if d := s.sectag("inspect", "--port", "modem", "--json").must(t, 0).doc(t); d.FunctionalMode != 1 {
				t.Errorf("the modem was online and is now in +CFUN %d", d.FunctionalMode)
			}
			s.audited()
		})
	}
}

// TestAServerThatDoesNotKnowTheKey: the run fails and says what to do, the key that the unit holds can be opened, and a key that is
// in the way is not.
func TestAServerThatDoesNotKnowTheKey(t *testing.T) {
	t.Parallel()
	openssl := peers.OpenSSL(t, "-nocert", "-psk", strings.Repeat("ab", 32))
	s := pskScene(t, openssl.URL)
	o := s.sectag("provision", "--port", "modem", "--timeout", "3s", "--json").must(t, 1)
	d := o.doc(t)
	if d.Failure == nil || !strings.HasPrefix(d.Failure.Code, "dtls.") || !strings.Contains(d.Failure.Hint, "sectag ledger psk") || !strings.Contains(o.err, "sectag ledger psk") {
		t.Errorf("%v", o)
	}
	if got := s.opened("unit.psk"); got != s.psk() {
		t.Error("sectag opens another key than the modem holds")
	}
	s.sectag("ledger", "psk", "--identity", "firm-key.txt", "--imei", sceneIMEI, "--out", "unit.psk").must(t, 2) // it is there already
	s.tool("age-keygen", "-o", "other-key.txt").must(t, 0)
	if o := s.sectag("ledger", "psk", "--identity", "other-key.txt", "--imei", sceneIMEI, "--out", "x.psk"); o.code != 2 || !strings.Contains(o.err, "(psk.identity)") {
		t.Errorf("%v", o)
	}
	if _, err := os.Stat(s.file("x.psk")); err == nil {
		t.Error("a file was written all the same")
	}
	if o := s.sectag("ledger", "psk", "--identity", "firm-key.txt", "--imei", "490154203237518", "--out", "x.psk"); o.code != 1 || !strings.Contains(o.err, "(psk.none)") {
		t.Errorf("%v", o)
	}
}

// TestTheScreensTryTheSameKeyAgain: nobody is asked for an authority; a server that does not know the key yet is told it, as the failure
// says, and the same key gets in. Nothing secret is ever on the screen.
func TestTheScreensTryTheSameKeyAgain(t *testing.T) {
	t.Parallel()
	known := filepath.Join(t.TempDir(), "psk.txt")
	if err := os.WriteFile(known, []byte("nobody:00\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	gnutls := peers.GnuTLS(t, "--pskpasswd", known, "--priority", "NORMAL:-KX-ALL:+PSK:-VERS-ALL:+VERS-DTLS1.2:+AES-128-CCM-8")
	s := pskScene(t, gnutls.URL)
	x := s.terminal(nil, "--way", "lab")
	x.names()
	x.sees("▸ Credentials", "– Authority", "PSK identity", "enter start")
	x.press("Enter")
	x.sees("dtls.began-silent", "sectag ledger psk")
	key := s.opened("unit.psk")
	if err := os.WriteFile(known, []byte("#"+hex.EncodeToString([]byte("urn:imei:"+sceneIMEI))+":"+key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x.press("r")
	x.sees(append(big(t, "pass.txt"), sceneIMEI, "2 slots read back", "PSK AES-128-CCM-8", "n next unit")...)
	x.types("t")
	x.press("PageUp")
	x.sees("AT%CMNG=0,42,3,", " bytes>", "esc back")
	x.press("Escape")
	x.sees(big(t, "pass.txt")...)
	x.leaves("q")
	if s.psk() != key {
		t.Error("the retry gave the unit another key")
	}
	verdicts := ""
	for _, r := range s.records() {
		verdicts += r.Kind + " " + r.Verdict + ", "
	}
	if verdicts != "provision fail, provision pass, " {
		t.Errorf("the records say %s", verdicts)
	}
	quiet := huntsPSK(t, key)
	clean(t, "the screens", []byte(x.printed()), quiet...)
	s.leaves(quiet, "unit.json", "unit.psk")
	s.audited()
}
