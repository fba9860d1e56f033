//go:build unix

package e2e

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/hex"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// scalar is a private key's number.
func scalar(t testing.TB, k *ecdsa.PrivateKey) []byte {
	t.Helper()
	b, err := k.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// secrets of the stage: the passphrase, the authority's key, and the unit's key if the modem has one.
func (s *stage) secrets() []hunted {
	t := s.t
	t.Helper()
	der := s.tool("openssl", "pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in", "root.key", "-passin", "file:pass.txt").must(t, 0).out
	k, err := x509.ParsePKCS8PrivateKey([]byte(der))
	if err != nil {
		t.Fatal(err)
	}
	out := []hunted{hunt("the passphrase", []byte(passphrase)), hunt("the authority's key", scalar(t, k.(*ecdsa.PrivateKey)))}
	if s.unit().content(clientKey) != "" {
		out = append(out, hunt("the unit's key", scalar(t, s.unit().key(t))))
	}
	return out
}

// nothingLeaks searches streams and files. The modem holds the unit's key, and the passphrase's file the passphrase, as they must.
func (s *stage) nothingLeaks(outs ...outcome) {
	s.t.Helper()
	secrets := s.secrets()
	if len(secrets) != 3 || !secrets[2].in(read(s.t, s.file("unit.json"))) {
		s.t.Error("the unit's key is not in the modem: nothing was hunted")
	}
	for _, o := range outs {
		clean(s.t, strings.Join(o.args, " ")+": stdout", []byte(o.out), secrets...)
		clean(s.t, strings.Join(o.args, " ")+": stderr", []byte(o.err), secrets...)
	}
	s.leaves(secrets, "unit.json", "pass.txt")
}

// secretScene is a stage with an encrypted authority, a modem and our own server; trusted says whether that trusts the authority. The
// unit's key is made by this computer, unless another maker is named.
func secretScene(t *testing.T, trusted bool, maker ...string) *stage {
	t.Helper()
	s := newStage(t, "Acme Devices", false)
	if s.key = "host"; len(maker) > 0 {
		s.key = maker[0]
	}
	args := []string{}
	if !trusted {
		args = []string{"--client-ca", "server/server-root.pem"}
	}
	url, anchor := s.endpoint(args...)
	s.profile(anchor, url)
	s.modem("--imei", sceneIMEI)
	return s
}

// No run leaves a part of a secret in any file or stream: one that passes, its repetition, one that fails, and the verbs around them.
func TestRunsLeaveNoSecrets(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]int{"pass": 0, "fail": 1, "a key of the modem's": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := secretScene(t, code == 0, map[string]string{"pass": "host", "fail": "host"}[name])
			provision := []string{"provision", "--port", "modem", "--passphrase-file", "pass.txt", "--verbose"}
			outs := []outcome{s.sectag(append(provision, "--json")...).must(t, code)}
			s.nothingLeaks(outs...) // before the next run clears anything up
			outs = append(outs,
				s.sectag(provision...),
				s.sectag("inspect", "--port", "modem", "--verbose", "--json").must(t, 0),
				s.sectag("at", "--port", "modem", "--verbose", "AT%CMNG=1", "AT%CMNG=2,42,2"),
				s.sectag("ledger", "list", "--json").must(t, 0), s.sectag("ledger", "show", "0", "--json").must(t, 0), s.sectag("ledger", "verify").must(t, 0),
				s.sectag("ca", "show", "--cert", "root.crt", "--key", "root.key", "--json").must(t, 0),
			)
			s.nothingLeaks(outs...)
		})
	}
}

// A process that dies in the middle leaves none either, whether it is killed, and its write-ahead files lie about, or aborts and
// prints the stacks of all its goroutines; and no core file holds its memory.
func TestDyingLeavesNoSecrets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		signal syscall.Signal
		at     string
		nth    int
	}{
		{"killed while it writes the key", syscall.SIGKILL, "after write-slot", 3},
		{"killed before the record", syscall.SIGKILL, "before write-record", 1},
		{"aborts while it writes the key", syscall.SIGQUIT, "after write-slot", 3},
		{"aborts before it connects", syscall.SIGQUIT, "before connect-server", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := secretScene(t, true)
			a := s.announced("provision", "--port", "modem", "--passphrase-file", "pass.txt", "--verbose", "--json")
			a.upToThe(c.nth, c.at)
			if runtime.GOOS == "linux" {
				a.coreless()
			}
			a.signal(c.signal)
			o := a.end()
			if o.code == 0 || (c.signal == syscall.SIGQUIT) != strings.Contains(o.err, "goroutine ") {
				t.Errorf("it did not die as it should: %v", o)
			}
			s.nothingLeaks(o)
		})
	}
}

// coreless fails the test unless the process may leave no core file.
func (a *announced) coreless() {
	a.t.Helper()
	limits, err := os.ReadFile("/proc/" + strconv.Itoa(a.cmd.Process.Pid) + "/limits")
	if err != nil {
		a.t.Fatal(err)
	}
	for _, l := range strings.Split(string(limits), "\n") {
		if f := strings.Fields(strings.TrimPrefix(l, "Max core file size")); strings.HasPrefix(l, "Max core") && (f[0] != "0" || f[1] != "0") {
			a.t.Errorf("a core file may be left: %s", l)
		}
	}
}

// The screens show and leave none either: all that they ever printed is searched, and the transcript page was open.
func TestTheScreensLeaveNoSecrets(t *testing.T) {
	t.Parallel()
	s := secretScene(t, true)
	x := s.terminal(nil, "--way", "lab")
	x.unlocks()
	x.names()
	x.sees("enter start")
	x.press("Enter")
	x.sees("n next unit", "record 0")
	x.types("t")
	x.sees("AT%CMNG=2,42,4") // the key is read back, with its controls
	x.types("/")
	x.types("AT%CMNG=0,42,2,")
	x.press("Enter")
	x.sees("> AT%CMNG=0,42,2,")
	x.press("Escape")
	x.sees("record 0") // else the terminal takes the next key for Alt with it
	x.leaves("q")
	printed := x.printed()
	if !strings.Contains(printed, "AT%CMNG") {
		t.Fatal("what the screens printed was not heard")
	}
	s.nothingLeaks(outcome{args: []string{"the screens"}, out: printed})
}

// Pre-shared keys and other content that goes over the line by hand are masked everywhere and leave only digests.
func TestWorkByHandLeavesNoSecrets(t *testing.T) {
	t.Parallel()
	s := secretScene(t, true)
	psk := "c0ffee5ec4e70ddba11ab1e0defacedfeedbeefcab1efadedecade"
	s.write("psk.txt", []byte(psk+"\n"))
	s.write("by-hand.at", []byte("AT%CMNG=0,77,3,\""+strings.ToUpper(psk[:40])+"\"\n"))
	outs := []outcome{
		s.sectag("slots", "write", "--port", "modem", "--sec-tag", "76", "--type", "psk", "--file", "psk.txt", "--verbose", "--json").must(t, 0),
		s.sectag("slots", "verify", "--port", "modem", "--sec-tag", "76", "--type", "psk", "--file", "psk.txt", "--verbose").must(t, 0),
		s.sectag("at", "--port", "modem", "--file", "by-hand.at", "--verbose", "--json", "--yes", "--imei", sceneIMEI).must(t, 0),
		s.sectag("at", "--port", "modem", "AT%CMNG=0,78,3,\""+psk+"\"").must(t, 2),
		s.sectag("provision", "--port", "modem", "--passphrase-file", "pass.txt", "--verbose").must(t, 0),
	}
	raw, err := hex.DecodeString(psk)
	if err != nil {
		t.Fatal(err)
	}
	secrets := []hunted{hunt("the PSK", raw), hunt("the PSK's text", []byte(psk))}
	if !secrets[1].in(read(t, s.file("unit.json"))) {
		t.Error("the PSK is not in the modem: nothing was hunted")
	}
	for i, o := range outs {
		clean(t, "command "+strconv.Itoa(i), []byte(o.out+o.err), secrets...)
	}
	s.leaves(secrets, "unit.json", "psk.txt", "by-hand.at")
	s.nothingLeaks(outs...)
}
