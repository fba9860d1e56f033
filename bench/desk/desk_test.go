package desk_test

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/sectag/bench/desk"
	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/profile"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	"example.org/sectag/endpoint"
	server "example.org/sectag/endpoint/sim"
	"example.org/sectag/flows"
)

// worker is a desk that is asked for one effect after the other.
type worker struct {
	t    *testing.T
	desk *desk.Desk
	next flows.ID
	done []string // the effects, by the names of their types
}

// newWorker is a desk with a profile in a folder and a virtual modem.
func newWorker(t *testing.T, dir, unit string) *worker {
	rack := &sim.Rack{}
	d := desk.New(desk.Config{
		Profile: profile.Profile{File: filepath.Join(dir, "sectag.toml"), ID: cred.DefaultTemplate, Days: 1000}, Port: unit, Dialer: device.Dialer{Sim: rack.Open},
		Tool: evidence.Tool{Version: "test"}, Now: time.Now, Timeout: 5 * time.Second, Probe: endpoint.ProbeOptions{AIA: true},
	}, func() flows.Facts { return flows.Facts{} })
	t.Cleanup(d.Close)
	return &worker{t: t, desk: d, next: 40}
}

// does one effect for a screen, which must be answered with this kind of event that echoes its number.
func does[A flows.Event](w *worker, s flows.Screen, e flows.Effect) (answer A) {
	w.t.Helper()
	w.next++
	id := w.next*flows.Screens + flows.ID(s)
	v := reflect.New(reflect.TypeOf(e)).Elem()
	v.Set(reflect.ValueOf(e))
	v.FieldByName("ID").SetUint(uint64(id))
	got := w.desk.Do(context.Background(), v.Interface().(flows.Effect))
	answer, ok := got.(A)
	if !ok || reflect.ValueOf(got).FieldByName("ID").Uint() != uint64(id) {
		w.t.Fatalf("%T %d is answered with %T %+v", e, id, got, got)
	}
	w.done = append(w.done, v.Type().Name())
	return answer
}

// sealed are the names of all effects, found in their source.
func sealed(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "flows", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == "effect" {
				names = append(names, f.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// farEnd is a server that lets in what an authority signed.
func farEnd(t *testing.T, authority string) (url string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	over, up := make(chan error, 1), make(chan string, 1)
	go func() {
		over <- server.Serve(ctx, server.Config{Dir: t.TempDir(), ClientCA: authority, AIA: "127.0.0.1:0"}, func(url string) { up <- url })
	}()
	t.Cleanup(func() {
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	select {
	case url = <-up:
	case err := <-over:
		over <- nil
		t.Fatal(err)
	}
	return url
}

// TestEveryEffectIsAnsweredWithItsNumber: the machines wait for that number, and for the event that the effect's comment names.
func TestEveryEffectIsAnsweredWithItsNumber(t *testing.T) {
	dir := t.TempDir()
	w := newWorker(t, dir, "sim:nrf9151?fault=online")
	root := filepath.Join(dir, "root.crt")
	does[flows.AuthorityLoaded](w, flows.AuthorityScreen, flows.CreateAuthority{Dir: dir, Subject: "CN=Acme", Pass: w.desk.Keep([]byte("correct horse"))})
	does[flows.AuthorityLoaded](w, flows.AuthorityScreen, flows.LoadAuthority{Cert: root, Key: filepath.Join(dir, "root.key")})
	does[flows.AuthorityUnlocked](w, flows.AuthorityScreen, flows.UnlockAuthority{Pass: w.desk.Keep([]byte("correct horse"))})
	does[flows.PortsListed](w, flows.PortScreen, flows.ListPorts{})
	does[flows.PortChosen](w, flows.PortScreen, flows.UsePort{})
	probed := does[flows.Probed](w, flows.EndpointScreen, flows.ProbeServer{URL: farEnd(t, root)})
	stored := does[flows.AnchorStored](w, flows.EndpointScreen, flows.StoreAnchor{SHA256: probed.Anchor})
	does[flows.AnchorStored](w, flows.EndpointScreen, flows.LoadAnchor{Path: stored.Path})
	does[flows.Identified](w, flows.UnitScreen, flows.Identify{})
	planned := does[flows.Planned](w, flows.CredentialsScreen, flows.MakePlan{SecTag: 42, Chosen: true})
	prepared := does[flows.Prepared](w, flows.CredentialsScreen, flows.Prepare{})
	does[flows.Offline](w, flows.CredentialsScreen, flows.TakeOffline{})
	for i := range planned.Plan.N {
		does[flows.Deleted](w, flows.CredentialsScreen, flows.Delete{Index: i})
		s, want := planned.Plan.Slots[i], prepared.Want[i]
		switch {
		case s.Op == flows.MakeSlot:
			if made := does[flows.KeyMade](w, flows.CredentialsScreen, flows.MakeKey{Index: i}); made.SPKI.IsZero() {
				t.Error("a key was made, and nobody knows which")
			}
		case s.Slot.Kind == cred.ClientCert:
			want = does[flows.Certified](w, flows.CredentialsScreen, flows.Certify{Index: i}).Want
		}
		if s.Op != flows.MakeSlot {
			does[flows.Written](w, flows.CredentialsScreen, flows.Write{Index: i})
		}
		back := does[flows.ReadBack](w, flows.CredentialsScreen, flows.ReadSlot{Index: i})
		if back.SHA256.IsZero() || back.SHA256 != want && s.Op != flows.MakeSlot {
			t.Errorf("slot %d reads back %s", i, back.SHA256)
		}
	}
	does[flows.Restored](w, flows.CredentialsScreen, flows.RestoreMode{Mode: 1})
	if c := does[flows.Connected](w, flows.ConnectionScreen, flows.ConnectServer{}); c.Verdict != flows.Passed || !strings.Contains(string(c.Doc), `"twin":true`) {
		t.Errorf("the connection says %+v", c)
	}
	does[flows.RecordWritten](w, flows.RecordScreen, flows.WriteRecord{Verdict: flows.Passed})
	does[flows.ProfileSaved](w, flows.RecordScreen, flows.SaveProfile{Path: filepath.Join(dir, "sectag.toml")})
	does[flows.ModemAnswered](w, flows.UnitScreen, flows.AskModem{Text: w.desk.Keep([]byte("AT+CGSN=1"))})
	does[flows.TranscriptSaved](w, flows.UnitScreen, flows.SaveTranscript{Path: filepath.Join(dir, "lab.txt")})
	slices.Sort(w.done)
	if got, want := slices.Compact(w.done), sealed(t); !slices.Equal(got, want) {
		t.Errorf("performed were\n%v, the effects are\n%v", got, want)
	}
}

// TestOnlyIdentifyOpens: whatever else is asked of a unit without a session answers that it is lost, and opens nothing.
func TestOnlyIdentifyOpens(t *testing.T) {
	w := newWorker(t, t.TempDir(), "sim:nrf9151")
	for _, e := range []flows.Effect{
		flows.MakePlan{},
		flows.Prepare{},
		flows.TakeOffline{},
		flows.Delete{},
		flows.Write{},
		flows.MakeKey{},
		flows.Certify{},
		flows.ReadSlot{},
		flows.RestoreMode{Mode: 1},
	} {
		if l := does[flows.Lost](w, flows.CredentialsScreen, e); l.Code != "port.lost" || l.Hint == "" {
			t.Errorf("%T: %+v", e, l)
		}
	}
	if i := does[flows.Identified](w, flows.CredentialsScreen, flows.Identify{}); i.Session != 1 {
		t.Errorf("the port was opened %d times", i.Session)
	}
}

// TestTheModeThatIsToldIsTheModeNow: what a unit is owed is decided by it, so a mode that this session changed is not told from memory.
func TestTheModeThatIsToldIsTheModeNow(t *testing.T) {
	w := newWorker(t, t.TempDir(), "sim:nrf9151?fault=online")
	tells := func(s flows.Screen, when string, want uint8) {
		t.Helper()
		if i := does[flows.Identified](w, s, flows.Identify{}); i.Mode != want || i.Session != 1 {
			t.Errorf("%s the modem is said to be in mode %d of session %d, it is in %d", when, i.Mode, i.Session, want)
		}
	}
	tells(flows.UnitScreen, "at first", 1)
	if o := does[flows.Offline](w, flows.CredentialsScreen, flows.TakeOffline{}); o.Was != 1 {
		t.Errorf("it was in mode %d", o.Was)
	}
	tells(flows.CredentialsScreen, "offline", 4)
	if o := does[flows.Offline](w, flows.CredentialsScreen, flows.TakeOffline{}); o.Was != 4 {
		t.Errorf("it was in mode %d", o.Was)
	}
	does[flows.Restored](w, flows.CredentialsScreen, flows.RestoreMode{Mode: 1})
	tells(flows.CredentialsScreen, "put back", 1)
}

// TestALockedAuthorityPreparesNothing: the desk that was told to lock has forgotten the key, whatever the machines think.
func TestALockedAuthorityPreparesNothing(t *testing.T) {
	w, _ := ready(t, t.TempDir(), "sim:nrf9151")
	w.desk.Lock()
	if f := does[flows.Failed](w, flows.CredentialsScreen, flows.Prepare{}); f.Code != "ca.passphrase" {
		t.Errorf("%+v", f)
	}
	does[flows.AuthorityUnlocked](w, flows.AuthorityScreen, flows.UnlockAuthority{})
	does[flows.Prepared](w, flows.CredentialsScreen, flows.Prepare{})
}

// ready is a desk that has planned sec_tag 42 of a unit under an authority and its own root as anchor.
func ready(t *testing.T, dir, unit string) (*worker, flows.Planned) {
	t.Helper()
	w := newWorker(t, dir, unit)
	made, err := ca.Init(ca.InitOptions{Dir: dir, Subject: "CN=Acme", Plaintext: true, Clock: ca.Clock{Now: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	does[flows.AuthorityLoaded](w, flows.AuthorityScreen, flows.LoadAuthority{Cert: made.Cert, Key: made.Key})
	does[flows.AuthorityUnlocked](w, flows.AuthorityScreen, flows.UnlockAuthority{})
	does[flows.AnchorStored](w, flows.EndpointScreen, flows.LoadAnchor{Path: filepath.Join(dir, "root.crt")})
	does[flows.Identified](w, flows.UnitScreen, flows.Identify{})
	return w, does[flows.Planned](w, flows.CredentialsScreen, flows.MakePlan{SecTag: 42, Chosen: true})
}

// TestWhatIsNotReadyIsRefusedBeforeAnythingIsChanged: a firmware that lists no digests, a command that does not fit the host.
func TestWhatIsNotReadyIsRefusedBeforeAnythingIsChanged(t *testing.T) {
	w, _ := ready(t, t.TempDir(), "sim:nrf9160?firmware=mfw_nrf9160_1.2.3")
	if f := does[flows.Failed](w, flows.CredentialsScreen, flows.Prepare{}); f.Code != "store.firmware-old" {
		t.Errorf("%+v", f)
	}
	dir := t.TempDir()
	w, _ = ready(t, dir, "sim:nrf9151")
	root, err := os.ReadFile(filepath.Join(dir, "root.crt"))
	if err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(dir, "long.pem")
	if err := os.WriteFile(long, bytes.Repeat(root, 10), 0o600); err != nil {
		t.Fatal(err)
	}
	hand := flows.Hand{Op: flows.WriteSlot, Slot: cred.Slot{SecTag: 42}, File: long}
	does[flows.Planned](w, flows.CredentialsScreen, flows.MakePlan{Hand: hand})
	if f := does[flows.Failed](w, flows.CredentialsScreen, flows.Prepare{}); f.Code != "line.too-long" {
		t.Errorf("%+v", f)
	}
}

// TestWhatWasPreparedGoesWithItsPlanAndItsKeyWithThePass.
func TestWhatWasPreparedGoesWithItsPlanAndItsKeyWithThePass(t *testing.T) {
	w, _ := ready(t, t.TempDir(), "sim:nrf9151")
	w.desk.Profile.Origin = profile.Host // the key is one to be forgotten
	does[flows.Planned](w, flows.CredentialsScreen, flows.MakePlan{SecTag: 42, Chosen: true})
	does[flows.Prepared](w, flows.CredentialsScreen, flows.Prepare{})
	does[flows.Planned](w, flows.CredentialsScreen, flows.MakePlan{SecTag: 42, Chosen: true})
	if f := does[flows.Failed](w, flows.CredentialsScreen, flows.Write{}); f.Code != "internal" {
		t.Errorf("a set of another plan is written: %+v", f)
	}
	does[flows.Prepared](w, flows.CredentialsScreen, flows.Prepare{})
	does[flows.RecordWritten](w, flows.RecordScreen, flows.WriteRecord{Verdict: flows.FailedOutcome})
	if c := does[flows.Connected](w, flows.ConnectionScreen, flows.ConnectServer{}); c.Verdict != flows.FailedOutcome {
		t.Errorf("%+v", c) // there is no server; but there is a key to show it
	}
	does[flows.RecordWritten](w, flows.RecordScreen, flows.WriteRecord{Verdict: flows.Passed})
	if f := does[flows.Failed](w, flows.ConnectionScreen, flows.ConnectServer{}); f.Code != "store.key-gone" {
		t.Errorf("the key is still here: %+v", f)
	}
}
