//go:build unix

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// Somebody with an empty folder, a root of the server's owner and a unit: question by question to a profile and an authority, then the
// station and PASS. What is typed wrong is explained on the way, and nothing is written before the end but the authority.
func TestFromAnEmptyFolderToPass(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Acme Devices", false)
	for _, f := range []string{"root.crt", "root.key", "pass.txt"} {
		if err := os.Remove(s.file(f)); err != nil {
			t.Fatal(err)
		}
	}
	url, anchor := s.endpoint("--client-ca", "authority/root.crt", "--aia", "127.0.0.1:0")
	s.write("owner.pem", read(t, anchor))
	board := s.serve("sim", "modem", "--link", "board-1", "--imei", sceneIMEI, "--state", "unit.json")
	x := s.terminal(nil, "--port", "board-1")
	x.sees("▸ w  set-up", "set up makes one")
	x.press("Enter")
	x.sees("1 of 10", "▸ product")
	x.gives("tracker-2", "▸ life")
	x.types("ten")
	x.sees("not yet: ", "such as \"10y\"")
	x.press("Enter")
	x.sees("✗ ", "1 of 10")
	x.press("C-u")
	x.gives("10y", "▸ station")
	x.gives("3", "▸ operator")
	x.gives("ak", "▸ sec_tag")
	x.gives("42", "▸ mode", "x509")
	x.gives("", "▸ key is made by")
	x.gives("", "▸ authority  make")
	x.gives("", "▸ folder", "5 of 10")
	x.gives("", "▸ subject")
	x.gives("", "▸ passphrase")
	x.gives(passphrase, "▸ once more")
	x.gives(passphrase, "▸ address", "made: authority/root.crt")
	if _, err := os.Stat(s.file("sectag.toml")); !os.IsNotExist(err) {
		t.Errorf("a profile was written before the end: %v", err)
	}
	x.gives(url, "▸ root")
	x.gives("gone.pem", "✗ ", "gone.pem")
	x.press("C-u", "C-o")
	x.sees("owner.pem", "authority/")
	x.gives("own", "▸ root  owner.pem")
	x.gives("", "▸ ledger  sqlite:ledger.db")
	x.gives("", "▸ start  key")
	x.gives("", "The file as it will be written", "name = \"tracker-2\"", "enter write")
	x.press("Enter")
	x.sees("profile saved: sectag.toml", "station 3 · tracker-2", "▸ s  station")
	x.press("Enter")
	x.sees("passphrase", "locked")
	x.types(passphrase)
	x.press("Enter")
	x.sees(sceneIMEI, "press Enter")
	x.press("Enter")
	x.sees("1 unit  1 pass", "3 slots read back", "DTLS 1.2")
	x.leaves("q")
	board.stop()
	u := s.unit()
	u.proven(t)
	r := s.record("1")
	u.agrees(t, r.Slots)
	if r.Verdict != "pass" {
		t.Errorf("the record says %+v", r)
	}
	s.audited()
	if strings.Contains(x.printed(), passphrase) {
		t.Error("the passphrase was on the screen")
	}
}

// gives types an answer, gives it, and waits for what comes then.
func (x *terminal) gives(text string, then ...string) {
	x.t.Helper()
	if text != "" {
		x.types(text)
	}
	x.press("Enter")
	x.sees(then...)
}

// Another value of a profile that is there: what changes is said, and the comments of the file stay.
func TestAValueOfTheProfileIsChanged(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Acme Devices", true)
	s.profile(filepath.Join(s.dir, "root.crt"), "")
	before := "# ours\n" + string(read(t, s.file("sectag.toml")))
	s.write("sectag.toml", []byte(before))
	x := s.terminal(nil)
	x.sees("▸ s  station", "e  profile")
	x.types("e")
	x.sees("1 of ", "▸ product  ", "tracker-2")
	x.press("C-u")
	x.gives("tracker-3", "▸ life", "product * ")
	for _, next := range []string{"▸ station", "▸ operator", "▸ sec_tag", "▸ mode", "▸ key is made by", "▸ authority  load", "▸ certificate", "▸ key", "▸ address", "▸ root", "▸ ledger", "▸ start", "1 change"} {
		x.gives("", next)
	}
	x.sees("* product.name: tracker-2 → tracker-3", "enter write")
	x.press("Enter")
	x.sees("profile saved: sectag.toml", "station 3 · tracker-3")
	x.leaves("q")
	if got, want := string(read(t, s.file("sectag.toml"))), strings.Replace(before, "tracker-2", "tracker-3", 1); got != want {
		t.Errorf("the file is\n%s\nand not\n%s", got, want)
	}
}

// A click opens a way and presses a key; the terminal gets its mouse back, and with --no-mouse it keeps it.
func TestTheMouse(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Acme Devices", true)
	s.profile(filepath.Join(s.dir, "root.crt"), "")
	x := s.terminal(nil)
	x.sees("▸ s  station", "e  profile")
	x.clicks("e  profile")
	x.sees("1 of ", "▸ product")
	x.clicks("esc leave")
	x.sees("no profile was written", "▸ s  station")
	x.clicks("q quit")
	x.sees("[exit 0]")
	if said := x.printed(); !strings.Contains(said, `\033[?1002h`) || strings.LastIndex(said, `\033[?1002l`) < strings.LastIndex(said, `\033[?1002h`) {
		t.Error("the mouse was not asked for, or not given back")
	}
	other := newStage(t, "Acme Devices", true)
	x = other.terminal(nil, "--no-mouse")
	x.sees("set-up")
	x.leaves("q")
	if strings.Contains(x.printed(), `\033[?1002h`) {
		t.Error("the mouse was taken")
	}
}

// clicks presses and lets go the left button on the first letter of a text, as a terminal tells it (SGR, 1006).
func (x *terminal) clicks(text string) {
	x.t.Helper()
	for y, l := range strings.Split(x.sees(text), "\n") {
		if before, _, is := strings.Cut(l, text); is {
			for _, end := range []string{"M", "m"} {
				x.bytes(fmt.Sprintf("\x1b[<0;%d;%d%s", utf8.RuneCountInString(before)+1, y+1, end))
			}
			return
		}
	}
}

// bytes gives bytes to the program as they are.
func (x *terminal) bytes(s string) {
	x.t.Helper()
	var hex []string
	for _, b := range []byte(s) {
		hex = append(hex, fmt.Sprintf("%02x", b))
	}
	x.do("send-keys -H " + strings.Join(hex, " "))
}

// A ledger that cannot be is explained where it is typed. One that cannot be opened later ends the program: nobody works unrecorded.
func TestALedgerThatCannotBeOpenedIsSaid(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Acme Devices", true)
	s.profile(filepath.Join(s.dir, "root.crt"), "")
	x := s.terminal(nil, "--way", "profile")
	x.sees("1 of ", "▸ product")
	for _, next := range []string{"▸ life", "▸ station", "▸ operator", "▸ sec_tag", "▸ mode", "▸ key is made by", "▸ authority  load", "▸ certificate", "▸ key", "▸ address", "▸ root", "▸ ledger"} {
		x.gives("", next)
	}
	x.press("C-u")
	x.gives("sqlite:nowhere/ledger.db", "✗ the folder ", "is not there")
	x.press("C-u")
	const nobody = "postgres://nobody@127.0.0.1:1/nothing?sslmode=disable"
	x.gives(nobody, "▸ start")
	x.gives("", "* ledger.url: sqlite:ledger.db →", nobody)
	x.press("Enter")
	x.sees("the profile is saved, its ledger cannot be opened", "hint: ", "[exit ")
	if text := string(read(t, s.file("sectag.toml"))); !strings.Contains(text, nobody) {
		t.Errorf("the profile says\n%s", text)
	}
}

// A profile with a value that cannot be used says how its values are opened.
func TestAFaultyProfileNamesItsEditor(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Acme Devices", false)
	s.write("sectag.toml", []byte("[product]\nname = \"tracker-2\"\nlife = \"ten years\"\n"))
	s.terminal(nil).sees("ten years", "sectag --way profile opens", "[exit 2]")
}

// A profile with a value that cannot be used is mended where its values are asked for.
func TestAProfileThatCannotBeUsedIsMended(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Acme Devices", false)
	s.write("sectag.toml", []byte("# ours\n[product]\nname = \"tracker-2\"\nlife = \"ten years\"\n[[slot]]\nsec_tag = 42\nmode = \"x509\"\n"))
	x := s.terminal(nil, "--way", "profile")
	x.sees("▸ product", "tracker-2")
	x.press("Enter")
	x.sees("▸ life", "not yet: ", "ten years")
	x.press("C-u")
	x.gives("10y", "▸ station")
	x.gives("", "▸ operator")
	x.gives("", "▸ sec_tag")
	x.gives("", "▸ mode")
	x.gives("", "▸ key is made by")
	x.gives("", "▸ authority")
	x.gives("", "▸ address")
	x.gives("", "▸ root")
	x.gives("", "▸ ledger")
	x.gives("", "▸ start")
	x.gives("", "enter write")
	x.press("Enter")
	x.sees("▸ s  station", "tracker-2")
	x.leaves("q")
	if text := string(read(t, s.file("sectag.toml"))); !strings.Contains(text, `life = "10y"`) || !strings.Contains(text, "# ours") {
		t.Errorf("the profile says\n%s", text)
	}
}
