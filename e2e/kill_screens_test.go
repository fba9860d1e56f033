//go:build unix

package e2e

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// doomed opens a terminal with the announcing binary in it, which goes on at every announcement but this one: there it is killed.
// The announcements before that can be read once the terminal shows the end.
func (s *stage) doomed(at string, args ...string) (x *terminal, said func() []string) {
	s.t.Helper()
	var pipes [2]*os.File
	var names [2]string
	for i, n := range []string{"said", "leave"} {
		names[i] = filepath.Join(s.root, n)
		if err := syscall.Mkfifo(names[i], 0o600); err != nil {
			s.t.Fatal(err)
		}
		f, err := os.OpenFile(names[i], os.O_RDWR, 0) // so that nobody waits for the other end
		if err != nil {
			s.t.Fatal(err)
		}
		pipes[i] = f
	}
	over := make(chan []string, 1)
	go func() {
		var all []string
		defer func() { over <- all }()
		for lines := bufio.NewReader(pipes[0]); ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			line = strings.TrimSpace(line)
			if all = append(all, line); line == at {
				b, err := os.ReadFile(s.file("pid"))
				pid, bad := strconv.Atoi(strings.TrimSpace(string(b)))
				if err != nil || bad != nil || syscall.Kill(pid, syscall.SIGKILL) != nil {
					s.t.Errorf("%q cannot be killed at %q: %v, %v", b, at, err, bad)
				}
				return
			}
			if _, err := pipes[1].WriteString("\n"); err != nil {
				return
			}
		}
	}()
	s.t.Cleanup(func() {
		for _, f := range pipes {
			f.Close()
		}
	})
	return s.terminalOf(quoted(announce, args...)+" 3>"+quoted(names[0])+" 4<"+quoted(names[1]), nil), func() []string { return <-over }
}

// journey is the way of a person without a profile from the first screen to a saved profile, step by step.
func (x *terminal) journey(url, digest string) []func() {
	return []func(){
		func() { x.makesAuthority("CN=Typed Devices") },
		func() {
			x.sees("▸ Port", "▸ port")
			x.types("modem")
			x.sees("▸ port  modem")
			x.press("Enter")
		},
		func() {
			x.sees("▸ Unit", sceneIMEI, "enter confirm")
			x.press("Enter")
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
		},
		func() {
			x.sees("▸ last eight", "first time")
			x.types(digest[56:])
			x.press("Enter")
		},
		func() {
			x.sees("▸ Credentials", "enter start", "● Endpoint")
			x.press("Enter")
		},
		func() {
			x.sees("record 1", "s save profile")
			x.types("s")
			x.sees("▸ file  sectag.toml")
			x.press("Enter")
		},
	}
}

// The effects that only screens ask for, but for the one that changes nothing outside the process (load-anchor): the process is killed before and after each, and what lies in the folder is whole or not
// there. The same unit is then provisioned from there.
func TestKilledAtTheScreens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		effect string
		steps  int // of the journey, until it is asked for
	}{{"list-ports", 0}, {"create-authority", 1}, {"probe-server", 3}, {"store-anchor", 4}, {"save-profile", 6}} {
		for _, when := range []string{"before", "after"} {
			t.Run(when+" "+c.effect, func(t *testing.T) {
				t.Parallel()
				s := newStage(t, "Acme Devices", false)
				url, anchor := s.endpoint("--client-ca", "authority/root.crt", "--aia", "127.0.0.1:0")
				sum := sha256.Sum256(read(t, anchor))
				s.modem("--imei", sceneIMEI)
				at := when + " " + c.effect
				x, said := s.doomed(at, "--way", "lab", "--ledger", "sqlite:ledger.db")
				for _, step := range x.journey(url, hex.EncodeToString(sum[:]))[:c.steps] {
					step()
				}
				x.sees("[exit 137]")
				all := said()
				if !slices.Contains(all, at) {
					t.Fatalf("it was not killed %s: %q", at, all)
				}
				s.goesOnFrom(all, url, anchor)
			})
		}
	}
}

// goesOnFrom looks at what a killed journey left, and provisions the unit by a profile, the one that was saved if it was.
func (s *stage) goesOnFrom(said []string, url, anchor string) {
	t := s.t
	t.Helper()
	happened := func(effect string) bool { return slices.Contains(said, "after "+effect) }
	there := func(name string) bool {
		_, err := os.Stat(s.file(name))
		return err == nil
	}
	for name, want := range map[string]bool{
		"authority/root.crt": happened("create-authority"), "authority/root.key": happened("create-authority"),
		"server-root.pem": happened("store-anchor"), "sectag.toml": happened("save-profile"),
	} {
		if there(name) != want {
			t.Errorf("%s is there: %v", name, !want)
		}
	}
	if !there("authority/root.crt") {
		s.sectag("ca", "init", "--dir", "authority", "--subject", "CN=Typed Devices", "--passphrase-file", "pass.txt").must(t, 0)
	}
	if there("server-root.pem") {
		if string(read(t, s.file("server-root.pem"))) != string(read(t, anchor)) {
			t.Error("the anchor that was stored is not the server's")
		}
		anchor = "server-root.pem"
	}
	if !there("sectag.toml") {
		s.profile(anchor, url)
		text := strings.ReplaceAll(string(read(t, s.file("sectag.toml"))), `"root.`, `"authority/root.`)
		s.write("sectag.toml", []byte(text))
	}
	d := s.sectag("provision", "--port", "modem", "--passphrase-file", "pass.txt", "--json").must(t, 0).doc(t)
	action := "written"
	if happened("write-record") {
		action = "kept"
	}
	if d.Verdict != "pass" || d.Slots[2].Action != action {
		t.Errorf("the unit is then told of as %+v", d)
	}
	u := s.unit()
	u.proven(t)
	u.agrees(t, d.Slots)
	s.audited()
}
