//go:build unix

package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/sectag/internal/peers"
)

// big is how a verdict looks in the pictures of the documentation, row by row.
func big(t testing.TB, picture string) []string {
	t.Helper()
	var rows []string
	for _, l := range strings.Split(string(read(t, filepath.Join("..", "docs", "screens", "walk", picture))), "\n") {
		if _, after, ok := strings.Cut(l, "│ "); ok && strings.Contains(after, "██") {
			rows = append(rows, strings.TrimRight(after, " "))
		}
	}
	if len(rows) != 5 {
		t.Fatalf("%s shows no big word", picture)
	}
	return rows
}

// unlocks types the passphrase.
func (x *terminal) unlocks() {
	x.t.Helper()
	x.sees("▸ Authority", "▸ passphrase", "locked")
	x.types(passphrase)
	if now := x.sees("••••"); strings.Contains(now, passphrase[:6]) {
		x.t.Errorf("the passphrase is on the screen:\n%s", now)
	}
	x.press("Enter")
}

// names types the port and confirms the unit that is there.
func (x *terminal) names() {
	x.t.Helper()
	x.sees("▸ Port", "▸ port")
	x.types("modem")
	x.sees("▸ port  modem")
	x.press("Enter")
	x.sees("▸ Unit", sceneIMEI, "enter confirm")
	x.press("Enter")
}

// leaves quits and waits until the program is gone.
func (x *terminal) leaves(key string) {
	x.t.Helper()
	x.press(key)
	x.sees("[exit 0]")
}

// A person goes from the first screen to PASS, key by key, on a terminal of 80x24, and the server is OpenSSL's.
func TestFromTheFirstScreenToPass(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Acme Devices", false)
	root := peers.Root(t, "Servers' Root")
	srv := fars()[0].start(t, root.Server(t), s.file("root.crt"))
	s.profile(root.CertFile, srv.URL)
	s.modem("--imei", sceneIMEI)
	x := s.terminal(nil, "--way", "lab")
	x.unlocks()
	x.names()
	x.sees("▸ Credentials", "root CA", "client cert", "client key", "write", "enter start")
	x.press("Enter")
	x.sees(append(big(t, "pass.txt"), "▸ Record", sceneIMEI, "3 slots read back", "DTLS 1.2", "record 1", "n next unit")...)
	x.types("t")
	if now := x.sees("AT%CMNG=0,42,1,", " bytes>", "esc back"); strings.Contains(now, "BEGIN") {
		t.Errorf("the transcript shows what it should mask:\n%s", now)
	}
	x.press("Escape")
	x.sees(big(t, "pass.txt")...)
	x.leaves("q")
	u := s.unit()
	u.proven(t)
	r := s.record("1")
	u.agrees(t, r.Slots)
	if r.Verdict != "pass" || r.Connect == nil || r.Connect.ClientAuth != "used" {
		t.Errorf("the record says %+v", r)
	}
	s.audited()
	if o := s.opensslClient(s.show(), srv); o.code != 0 {
		t.Errorf("the server does not let the unit in: %v", o)
	}
}

// Without a profile the screens ask for everything: an authority is made, port and sec_tag are typed, the server's root is met for
// the first time and its digest's end typed, and what was settled is saved as a profile that provision then works by.
func TestWithoutAProfile(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Acme Devices", false)
	url, anchor := s.endpoint("--client-ca", "authority/root.crt", "--aia", "127.0.0.1:0")
	s.modem("--imei", sceneIMEI)
	x := s.terminal(nil, "--way", "lab", "--ledger", "sqlite:ledger.db")
	x.makesAuthority("CN=Typed Devices")
	x.names()
	x.sees("▸ Credentials", "▸ sec_tag")
	x.types("42")
	x.press("Enter")
	x.sees("a choose anchor", "client key")
	x.types("a")
	x.sees("▸ Endpoint", "u name server")
	x.types("u")
	x.sees("▸ address  coaps://")
	x.types(strings.TrimPrefix(url, "coaps://"))
	x.press("Enter")
	sum := sha256.Sum256(read(t, anchor))
	digest := hex.EncodeToString(sum[:])
	var groups []string
	for i := 0; i < len(digest); i += 8 {
		groups = append(groups, digest[i:i+8])
	}
	x.sees(append(groups, "▸ last eight", "first time", "owner")...)
	x.types(reverse(digest[56:])) // no hex number is certain to be wrong but this is: a palindrome would be a miracle
	x.press("Enter")
	x.sees("▸ last eight", "nothing was stored")
	if _, err := os.Stat(s.file("server-root.pem")); err == nil {
		t.Error("an anchor was stored that nobody compared")
	}
	x.types(digest[56:])
	x.press("Enter")
	x.sees("▸ Credentials", "enter start", "● Endpoint")
	x.press("Enter")
	x.sees(append(big(t, "pass.txt"), "record 1", "s save profile")...)
	x.types("s")
	x.sees("▸ file  sectag.toml")
	x.press("Enter")
	x.sees("profile saved: sectag.toml")
	x.leaves("q")
	s.unit().proven(t)
	if string(read(t, s.file("server-root.pem"))) != s.unit().content(rootCA) {
		t.Error("the anchor in the modem is not the one that was compared")
	}
	if r := s.record("1"); r.Verdict != "pass" || r.Anchor == nil || r.Anchor.Trust != "first-use" {
		t.Errorf("the record says %+v of the anchor %+v", r, r.Anchor)
	}
	if d := s.sectag("provision", "--port", "modem", "--json").must(t, 0).doc(t); d.Verdict != "pass" || d.Slots[2].Action != "kept" {
		t.Errorf("the saved profile plans anew what is there: %+v", d)
	}
	s.audited()
}

// makesAuthority makes an encrypted authority in the folder that is offered.
func (x *terminal) makesAuthority(subject string) {
	x.t.Helper()
	x.sees("No authority yet", "c create")
	x.types("c")
	x.sees("▸ folder      authority")
	x.press("Tab")
	x.sees("▸ subject")
	x.types(subject)
	x.press("Tab", "Tab")
	x.sees("▸ passphrase", subject)
	x.types(passphrase)
	x.press("Enter")
	x.sees("▸ once more")
	x.types(passphrase)
	x.press("Enter")
}

func reverse(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// A server that does not trust the authority leads to a FAIL that says why and what to do, on one screen of 80x24.
func TestAFailThatExplainsItself(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Other Devices", true)
	root := peers.Root(t, "Servers' Root")
	srv := fars()[0].start(t, root.Server(t), filepath.Join(authority(t, "Acme Devices", false), "root.crt"))
	s.profile(root.CertFile, srv.URL)
	s.modem("--imei", sceneIMEI)
	x := s.terminal(nil, "--way", "lab")
	x.unlocks()
	x.names()
	x.sees("▸ Credentials", "enter start")
	x.press("Enter")
	x.sees(append(big(t, "fail-server.txt"), "✗ Connection", sceneIMEI, "alert 48", "dtls.48", "→ ", "root.crt", "42 root CA", "42 client cert",
		"42 client key", "the new one, read back", "record 1", "r retry")...)
	x.types("e")
	x.sees("why ", "does not know the authority", "do ", "sectag ca chain")
	x.types("e6")
	x.sees("nRF9151-LACA mfw", "the new one, read back", "… more: page down")
	x.press("NPage")
	x.sees("step by step", "sent: hello with the cookie", "received: alert unknown_ca (48)")
	x.leaves("q")
	u := s.unit()
	u.proven(t)
	r := s.record("1")
	u.agrees(t, r.Slots)
	if r.Verdict != "fail" || r.Failure == nil || r.Failure.Code != "dtls.48" {
		t.Errorf("the record says %+v", r)
	}
	s.audited()
}

// What is in the modem and nobody knows is destroyed only after the last four digits of its IMEI were typed; and a person who quits
// in the middle of a write leaves a modem that is online again and a journal that is closed.
func TestDestroyAndQuitInTheMiddle(t *testing.T) {
	t.Parallel()
	s, x := slowScene(t)
	before := string(read(t, s.file("unit.json")))
	x.unlocks()
	x.names()
	x.sees("▸ Credentials", "replace!", "cannot be brought back", "▸ last four")
	x.types("0000")
	x.press("Enter")
	x.sees("nothing was changed", "▸ last four")
	if string(read(t, s.file("unit.json"))) != before {
		t.Error("wrong digits changed the modem")
	}
	x.types(sceneIMEI[11:])
	x.press("Enter")
	x.progress()
	x.leaves("q")
	if d := s.sectag("inspect", "--port", "modem", "--json").must(t, 0).doc(t); d.FunctionalMode != 1 {
		t.Errorf("the modem was left in +CFUN %d", d.FunctionalMode)
	}
	s.cameToRest()
}

// A terminal that is closed in the middle of a write is a signal to the program, SIGHUP: it ends in order all the same.
func TestTheTerminalIsClosedInTheMiddle(t *testing.T) {
	t.Parallel()
	s, x := slowScene(t)
	x.unlocks()
	x.names()
	x.sees("▸ last four")
	x.types(sceneIMEI[11:])
	x.press("Enter")
	x.progress()
	x.do("kill-pane")
	select {
	case <-x.ended:
	case <-time.After(guard):
		t.Fatal("the program outlives its terminal")
	}
	s.cameToRest()
}

// SIGTERM in the middle of a write ends the screens and then the work, in order, with the exit code that says so.
func TestTheScreensAreSignalledInTheMiddle(t *testing.T) {
	t.Parallel()
	s, x := slowScene(t)
	x.unlocks()
	x.names()
	x.sees("▸ last four")
	x.types(sceneIMEI[11:])
	x.press("Enter")
	x.progress()
	pid, err := strconv.Atoi(strings.TrimSpace(string(read(t, s.file("pid")))))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	x.sees("store.stopped", "hint: ", "[exit 130]")
	s.cameToRest()
}

// slowScene is a terminal before a modem that is online, holds what nobody knows, and takes its time.
func slowScene(t *testing.T) (*stage, *terminal) {
	t.Helper()
	s := newStage(t, "Other Devices", true)
	url, anchor := s.endpoint()
	s.profile(anchor, url)
	s.write("foreign.at", []byte(foreign))
	fast := s.modem("--imei", sceneIMEI, "--fault", "online")
	s.sectag("at", "--port", "modem", "--file", "foreign.at", "--yes", "--imei", sceneIMEI).must(t, 0)
	fast.stop()
	s.modem("--fault", "online", "--baud", "9600", "--flash-ms", "30")
	return s, s.terminal(nil, "--way", "lab")
}

// progress waits until a write is under way, and looks at how it is shown.
func (x *terminal) progress() {
	x.t.Helper()
	x.matches(regexp.MustCompile(`client cert .*█.* \d+/\d+ B`))
}

// cameToRest looks at what a person left in the middle: the run is closed, its record says fail and what the slots hold is true, and
// the next run ends well.
func (s *stage) cameToRest() {
	t := s.t
	t.Helper()
	rs := s.records()
	if len(rs) != 1 || rs[0].Kind != "provision" || rs[0].Verdict != "fail" || rs[0].Failure == nil || rs[0].Failure.Hint == "" {
		t.Fatalf("the ledger says %+v", rs)
	}
	u := s.unit()
	for _, x := range rs[0].Slots {
		if x.Holds == "" || x.Holds == "new" && x.SHA256 != u.sha256(x.Type) {
			t.Errorf("slot type %d is said to hold %q, %s; it holds %s", x.Type, x.Holds, x.SHA256, u.sha256(x.Type))
		}
	}
	if d := s.sectag("provision", "--port", "modem", "--yes", "--imei", sceneIMEI, "--json").must(t, 0).doc(t); d.Verdict != "pass" {
		t.Errorf("the next run: %+v", d)
	}
	s.unit().proven(t)
	s.audited()
}

// colours are SGR parameters that set a foreground or background.
var colours = regexp.MustCompile("\x1b\\[([0-9;]*;)?([34][0-8]|9[0-7]|10[0-7])(;[0-9;]*)?m")

// NO_COLOR takes every colour off the screens and leaves everything to be read; without it there are some.
func TestNoColor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		env      []string
		coloured bool
	}{{"with colours", nil, true}, {"NO_COLOR", []string{"NO_COLOR=1"}, false}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, "Other Devices", true)
			root := peers.Root(t, "Nobody's Root")
			s.profile(root.CertFile, "")
			s.modem("--imei", sceneIMEI)
			x := s.terminal(c.env, "--way", "lab")
			x.unlocks()
			x.names()
			x.sees("enter start")
			seen := strings.Join(x.do("capture-pane -p -e"), "\n")
			x.press("Enter")
			x.sees(append(big(t, "pass.txt"), "not tested")...)
			seen += strings.Join(x.do("capture-pane -p -e"), "\n")
			if got := colours.FindString(seen); (got != "") != c.coloured {
				t.Errorf("colour %q in\n%s", got, seen)
			}
			x.leaves("C-c")
		})
	}
}

// What takes longer than two seconds is told: what is waited for, and until when.
func TestLongWaitsAreTold(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Other Devices", true)
	s.profile(peers.Root(t, "Nobody's Root").CertFile, "")
	s.modem("--imei", sceneIMEI, "--fault", "slow=0.6")
	x := s.terminal(nil, "--way", "lab")
	x.unlocks()
	x.sees("▸ port")
	x.types("modem")
	x.press("Enter")
	x.matches(regexp.MustCompile(`(?i)wait.* until \d\d:\d\d:\d\d`))
	x.press("C-c")
	x.sees("stopping")
	x.press("C-c") // enough of waiting
	x.sees("[exit 130]")
}

// Ctrl-C at the question for a passphrase ends the program, and the terminal shows again what is typed.
func TestCtrlCAtThePassphrase(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Acme Devices", false)
	s.profile(peers.Root(t, "Nobody's Root").CertFile, "")
	x := s.terminal(nil, "provision", "--port", "modem")
	x.sees("passphrase of ")
	x.types("opo")
	x.press("C-c")
	if now := x.sees("[exit 130]", "nothing was done", "hint: "); strings.Contains(now, "opo") {
		t.Errorf("the terminal shows what was typed:\n%s", now)
	}
	x.types("echo is back")
	x.sees("echo is back")
}
