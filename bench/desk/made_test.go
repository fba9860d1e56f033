package desk_test

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/sectag/bench/desk"
	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	"example.org/sectag/flows"
)

// deaf is a line to a modem whose firmware does not know %KEYGEN, whatever its version says.
type deaf struct{ io.ReadWriteCloser }

func (d deaf) Write(p []byte) (int, error) {
	return d.ReadWriteCloser.Write(bytes.ReplaceAll(p, []byte("%KEYGEN"), []byte("%KEYGEX")))
}

// A modem that turns out to make no keys is asked once: where the profile leaves open who makes the key, this computer makes it in its
// place, as in the next plan, and says so; where the profile wants the modem's, there is no next plan.
func TestAModemThatMakesNoKeysAfterAll(t *testing.T) {
	for origin, code := range map[profile.Origin]string{profile.Auto: "", profile.Modem: "keygen.unknown"} {
		dir := t.TempDir()
		rack := &sim.Rack{}
		d := desk.New(desk.Config{
			Profile: profile.Profile{File: filepath.Join(dir, "sectag.toml"), ID: cred.DefaultTemplate, Days: 1000, Origin: origin}, Port: "sim:nrf9151",
			Dialer: device.Dialer{Sim: func(ctx context.Context, name string) (io.ReadWriteCloser, error) {
				l, err := rack.Open(ctx, name)
				return deaf{l}, err
			}},
			Tool: evidence.Tool{Version: "test"}, Now: time.Now, Timeout: 5 * time.Second,
		}, func() flows.Facts { return flows.Facts{} })
		t.Cleanup(d.Close)
		w := &worker{t: t, desk: d, next: 40}
		does[flows.AuthorityLoaded](w, flows.AuthorityScreen, flows.CreateAuthority{Dir: dir, Subject: "CN=Acme", Pass: d.Keep([]byte("correct horse"))})
		does[flows.AnchorStored](w, flows.EndpointScreen, flows.LoadAnchor{Path: filepath.Join(dir, "root.crt")})
		does[flows.Identified](w, flows.UnitScreen, flows.Identify{})
		if p := does[flows.Planned](w, flows.CredentialsScreen, flows.MakePlan{SecTag: 42, Chosen: true}); !p.Plan.MakesKey() {
			t.Fatalf("%s: %+v", origin, p.Plan)
		}
		does[flows.Prepared](w, flows.CredentialsScreen, flows.Prepare{})
		if code != "" {
			if f := does[flows.Failed](w, flows.CredentialsScreen, flows.MakeKey{Index: 1}); f.Code != code || f.Hint == "" {
				t.Errorf("%s: %+v", origin, f)
			}
			if f := does[flows.Failed](w, flows.CredentialsScreen, flows.MakePlan{SecTag: 42, Chosen: true}); f.Code != code {
				t.Errorf("%s: %+v", origin, f)
			}
			continue
		}
		if p := does[flows.KeyByHost](w, flows.CredentialsScreen, flows.MakeKey{Index: 1}); !byHost(p.Doc) || p.Want[1].IsZero() || p.Want[2].IsZero() {
			t.Errorf("%s: %+v", origin, p)
		}
		if p := does[flows.Planned](w, flows.CredentialsScreen, flows.MakePlan{SecTag: 42, Chosen: true}); p.Plan.MakesKey() {
			t.Errorf("%s: %+v", origin, p.Plan)
		}
		if p := does[flows.Prepared](w, flows.CredentialsScreen, flows.Prepare{}); !byHost(p.Doc) {
			t.Errorf("%s: %s", origin, p.Doc)
		}
	}
}

// byHost tells whether a document says that this computer made the key, and why.
func byHost(d flows.Doc) bool {
	return strings.Contains(string(d), `"key_origin":"host"`) && strings.Contains(string(d), `"why":"`)
}

// Everything that can be refused is refused before the modem is asked for a key, as when this computer makes it.
func TestAKeyOfTheModemsNeedsTheSameThings(t *testing.T) {
	dir := t.TempDir()
	w := newWorker(t, dir, "sim:nrf9151?host=at-shell") // its buffer holds no certificate
	pass := func() flows.Ref { return w.desk.Keep([]byte("correct horse")) }
	does[flows.AuthorityLoaded](w, flows.AuthorityScreen, flows.CreateAuthority{Dir: dir, Subject: "CN=Acme", Pass: pass()})
	does[flows.AnchorStored](w, flows.EndpointScreen, flows.LoadAnchor{Path: filepath.Join(dir, "root.crt")})
	does[flows.Identified](w, flows.UnitScreen, flows.Identify{})
	if f := does[flows.Failed](w, flows.CredentialsScreen, flows.MakePlan{SecTag: 42, Chosen: true}); f.Code != "line.too-long" {
		t.Errorf("%+v", f)
	}
}
