package bench_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
	"testing"

	"example.org/sectag/bench"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

var (
	certSlot = cred.Slot{SecTag: 42, Kind: cred.ClientCert}
	keySlot  = cred.Slot{SecTag: 42, Kind: cred.ClientKey}
)

// keyRig is a rig whose profile leaves open who makes the key.
func keyRig(t *testing.T, unit string) (*rig, *ledger.Store) {
	t.Helper()
	r := newRig(t, unit)
	r.profile.Origin = profile.Auto
	l := r.open(t, "ledger.db")
	t.Cleanup(func() { _ = l.Close() })
	return r, l
}

// matched fails the test unless the modem holds a key and the certificate for it, with a serial that a passing record names.
func (r *rig) matched(t *testing.T, u bench.Unit) {
	t.Helper()
	state := r.unit.State()
	keyText, _ := state.Content(keySlot)
	certText, _ := state.Content(certSlot)
	kb, _ := pem.Decode(keyText)
	cb, _ := pem.Decode(certText)
	if kb == nil || cb == nil {
		t.Fatalf("the modem holds %d and %d bytes", len(keyText), len(certText))
	}
	key, err := x509.ParsePKCS8PrivateKey(kb.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(cb.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if !key.(*ecdsa.PrivateKey).PublicKey.Equal(cert.PublicKey) || string(certText) != u.Certificate.PEM {
		t.Error("the certificate in the modem is not for the key in the modem, or not the one that is told of")
	}
}

// around makes an announcer that stands behind one kind of effect: what it returns is told instead of the answer.
func around[E flows.Effect](instead func(e E, answer flows.Event) flows.Event) bench.Announcer {
	return func(d bench.Doer) bench.Doer { return behind[E]{d, instead} }
}

type behind[E flows.Effect] struct {
	bench.Doer
	instead func(E, flows.Event) flows.Event
}

func (b behind[E]) Do(ctx context.Context, e flows.Effect) flows.Event {
	answer := b.Doer.Do(ctx, e)
	if x, ok := e.(E); ok {
		return b.instead(x, answer)
	}
	return answer
}

func driveAround(t *testing.T, c bench.Config, o station.Orders, a bench.Announcer) bench.Unit {
	t.Helper()
	b := bench.New(c)
	fault, err := b.Drive(context.Background(), context.Background(), terms, opening(b, o), a, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.Document(fault, o.Look)
}

func shown(t testing.TB, l *ledger.Store, id string) record.Record {
	t.Helper()
	r, _, err := l.Show(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) faults(t *testing.T, names ...string) {
	t.Helper()
	broken(t, r.unit, names...)
}

func TestAKeyMadeInTheModemAndThenKept(t *testing.T) {
	r, l := keyRig(t, "nrf9151?fault=online")
	u := drive(t, r.config(l), station.Orders{})
	if u.Verdict != cred.Pass || u.KeyOrigin != "modem" || len(u.Slots) != 3 || len(u.Findings) != 0 {
		t.Fatalf("%+v", u)
	}
	r.matched(t, u)
	rec := shown(t, l, u.Record)
	k := rec.Key
	if rec.KeyOrigin != "modem" || k == nil || k.Origin != "modem-keygen" || k.HostCopy != "never" || k.Proof != "csr" || k.Statement != "digest" ||
		k.CSR.IsZero() || k.Attestation.IsZero() || k.SPKI != rec.Cert.SPKI || rec.Unit.Token.IsZero() || rec.Unit.Key.IsZero() {
		t.Errorf("the record says of the key %+v, of the unit %+v", k, rec.Unit)
	}
	for _, m := range rec.Tests {
		if m.Test == "T6" && (m.Result != "pass" || m.Deviation == "") || m.Test == "T2" && m.Result != "pass" {
			t.Errorf("%+v", m)
		}
	}
	for _, s := range rec.Slots {
		if made := s.Type == cred.ClientKey; (s.Keygen == "ok") != made || s.Sent.IsZero() != made || s.Action != "written" {
			t.Errorf("%+v", s)
		}
	}
	for _, origin := range []profile.Origin{profile.Auto, profile.Modem} {
		r.profile.Origin = origin
		again := drive(t, r.config(l), station.Orders{})
		for i, s := range again.Slots {
			if again.Verdict != cred.Pass || s.Action != "kept" || s.SHA256 != u.Slots[i].SHA256 {
				t.Errorf("%s: %+v", origin, again)
			}
		}
	}
	r.profile.Origin = profile.Host
	if u = drive(t, r.config(l), station.Orders{}); u.Verdict != cred.Pass || u.KeyOrigin != "host" || u.Slots[2].Action != "written" {
		t.Errorf("the profile wants a key of this computer's now: %+v", u)
	}
	r.profile.Origin = profile.Auto
	if u = drive(t, r.config(l), station.Orders{}); u.Verdict != cred.Pass || u.Slots[2].Action != "kept" {
		t.Errorf("a key of this computer's is as good as another where nobody minds: %+v", u)
	}
	r.profile.Origin = profile.Modem
	if u = drive(t, r.config(l), station.Orders{}); u.Verdict != cred.Pass || u.KeyOrigin != "modem" {
		t.Errorf("the profile wants a key of the modem's: %+v", u)
	}
	r.matched(t, u)
}

// The key was made, and its request never came: the key is told of, and the next run makes another without a question.
func TestTheRequestIsLost(t *testing.T) {
	for name, c := range map[string]struct {
		fault string
		code  string
		holds string // what is said of the key's slot
	}{
		"unplugged before the answer": {"die-after-keygen", "port.lost", "unknown"},
		"damaged on the line":         {"damage-csr", "keygen.digest", "new"},
		"refused":                     {"no-keygen", "cmng.523", "missing"},
	} {
		t.Run(name, func(t *testing.T) {
			r, l := keyRig(t, "nrf9151")
			r.profile.Origin = profile.Modem
			r.foreign(t)
			r.faults(t, c.fault)
			yes := station.Orders{Yes: true, IMEIs: []cred.IMEI{r.unit.State().IMEI}}
			u := drive(t, r.config(l), yes)
			if u.Verdict != cred.Fail || u.Failure == nil || u.Failure.Code != c.code || u.Certificate != nil || u.KeyOrigin != "modem" {
				t.Fatalf("%+v", u)
			}
			if u.Slots[2].Holds != c.holds || u.Slots[1].Holds != "old" {
				t.Errorf("of the slots is said %+v", u.Slots)
			}
			rec := shown(t, l, u.Record)
			if s := rec.Slots[1]; s.Type != cred.ClientKey || s.Keygen != c.code || s.Holds != c.holds || len(rec.Abandoned) != 1 || rec.Cert != nil || rec.KeyOrigin != "modem" {
				t.Errorf("the record says %+v", rec)
			}
			r.faults(t)
			r.unit.Reboot()
			// The certificate is foreign still, and its destruction was allowed for that run only; the key is ours.
			held := drive(t, r.config(l), station.Orders{})
			for _, s := range held.Slots {
				if s.Lost != (s.Type == cred.ClientCert) {
					t.Errorf("the next run would destroy what is not ours: %+v", s)
				}
			}
			u = drive(t, r.config(l), yes)
			if u.Verdict != cred.Pass {
				t.Fatalf("%+v", u)
			}
			r.matched(t, u)
			live(t, l, 1)
		})
	}
}

// foreign fills the pair's slots with what no ledger knows.
func (r *rig) foreign(t *testing.T) {
	t.Helper()
	for _, k := range []string{"1", "2"} {
		r.at(t, `AT%CMNG=0,42,`+k+`,"HONK`+k+`"`)
	}
}

// at gives the unit a command, beside all benches.
func (r *rig) at(t *testing.T, command string) {
	t.Helper()
	line := r.unit.Pipe(context.Background())
	defer line.Close()
	if _, err := line.Write([]byte(command + "\r")); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for b := make([]byte, 64); len(got) < 2 || string(got[len(got)-4:]) != "OK\r\n"; {
		n, err := line.Read(b)
		if err != nil {
			t.Fatalf("%q: %v", got, err)
		}
		got = append(got, b[:n]...)
	}
}

// live fails the test unless so many passing records of provisions say that they are the newest, and no serial is given twice.
func live(t *testing.T, l *ledger.Store, want int) {
	t.Helper()
	list, err := l.List(context.Background(), ledger.Query{})
	if err != nil {
		t.Fatal(err)
	}
	n, serials := 0, map[string]bool{}
	for _, s := range list {
		rec := shown(t, l, s.Record)
		if rec.Kind == record.Provision && rec.Verdict != cred.Fail {
			n++
		}
		if rec.Cert == nil {
			continue
		}
		if serials[rec.Cert.Serial] || slices.Contains(rec.Abandoned, rec.Cert.Serial) {
			t.Errorf("the serial %s was given twice, or abandoned", rec.Cert.Serial)
		}
		serials[rec.Cert.Serial] = true
	}
	if n != want {
		t.Errorf("%d identities live, want %d", n, want)
	}
	if rep, err := l.Verify(context.Background(), nil); err != nil || rep.Verdict != cred.Pass {
		t.Errorf("the ledger says %+v, %v", rep, err)
	}
}

// The key is there and the certificate could not be signed, or not be written: both is said, and the next run makes both anew.
func TestAKeyWithoutACertificate(t *testing.T) {
	for name, a := range map[string]bench.Announcer{
		"not signed": around(func(e flows.Certify, _ flows.Event) flows.Event {
			return flows.Failed{ID: e.ID, Code: "ca.locked", Text: "the authority is locked", Hint: "unlock it"}
		}),
		"not written": around(func(e flows.Write, answer flows.Event) flows.Event {
			if e.Index == 2 {
				return flows.Failed{ID: e.ID, Code: "cmng.515", Text: "the store is full", Hint: "delete something"}
			}
			return answer
		}),
		"lost behind the key": around(func(e flows.MakeKey, _ flows.Event) flows.Event {
			return flows.Lost{ID: e.ID, Code: "port.lost", Text: "the port is gone", Hint: "plug it in"}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			r, l := keyRig(t, "nrf9151")
			u := driveAround(t, r.config(l), station.Orders{}, a)
			if u.Verdict != cred.Fail || u.Failure == nil || u.Slots[2].Type != cred.ClientKey {
				t.Fatalf("%+v", u)
			}
			if _, there := r.unit.State().Content(keySlot); !there {
				t.Fatal("no key was made")
			}
			if want := map[string]string{"lost behind the key": "unknown"}[name]; u.Slots[2].Holds != "new" && u.Slots[2].Holds != want {
				t.Errorf("of the key is said %+v", u.Slots[2])
			}
			u = drive(t, r.config(l), station.Orders{}) // nobody is asked
			if u.Verdict != cred.Pass {
				t.Fatalf("%+v", u)
			}
			r.matched(t, u)
			live(t, l, 1)
		})
	}
}

// A key that somebody else put there since is not ours, however the run before ended.
func TestAKeyThatSomebodyElseMade(t *testing.T) {
	r, l := keyRig(t, "nrf9151")
	r.faults(t, "damage-csr")
	if u := drive(t, r.config(l), station.Orders{}); u.Verdict != cred.Fail {
		t.Fatalf("%+v", u)
	}
	r.faults(t)
	r.at(t, `AT%CMNG=3,42,2`)
	r.at(t, `AT%KEYGEN=42,2,0`)
	u := drive(t, r.config(l), station.Orders{})
	if u.Failure == nil || u.Failure.Code != "store.unconfirmed" {
		t.Errorf("%+v", u)
	}
}

// A modem that fails to make a key, though its firmware knows how, does not end the run where the profile leaves open who makes it: this
// computer makes it, in the same run, and says so. Where the profile wants the modem's the run fails and says why.
func TestTheModemFailsToMakeAKey(t *testing.T) {
	r, l := keyRig(t, "nrf9151")
	r.foreign(t)
	r.faults(t, "no-keygen")
	yes := station.Orders{Yes: true, IMEIs: []cred.IMEI{r.unit.State().IMEI}}
	u := drive(t, r.config(l), yes)
	if u.Verdict != cred.Pass || u.KeyOrigin != "host" || len(u.Findings) != 1 || u.Findings[0].Code != "keygen.by-host" || !strings.Contains(u.Findings[0].Text, "cmng.523") {
		t.Fatalf("%v: %+v", u.Failure, u)
	}
	r.matched(t, u)
	rec := shown(t, l, u.Record)
	if rec.KeyOrigin != "host" || rec.Key == nil || rec.Key.HostCopy != "destroyed" || len(rec.Abandoned) != 0 || len(rec.Findings) != 1 || rec.Findings[0] != u.Findings[0] {
		t.Errorf("the record says %+v", rec)
	}
	for _, s := range rec.Slots {
		if s.Keygen != "" || s.Action != "written" || s.Sent.IsZero() || s.Sent != s.SHA256 {
			t.Errorf("%+v", s)
		}
	}
	live(t, l, 1)
	again := drive(t, r.config(l), station.Orders{})
	for _, s := range again.Slots {
		if again.Verdict != cred.Pass || s.Action != "kept" {
			t.Errorf("%+v", again)
		}
	}
	r.profile.Origin = profile.Modem
	if u = drive(t, r.config(l), yes); u.Failure == nil || u.Failure.Code != "cmng.523" || !strings.Contains(u.Failure.Hint, `"auto"`) {
		t.Errorf("the profile wants the modem's: %+v", u)
	}
}

// Where the modem cannot make the key that the profile wants, nothing is changed; where the profile leaves it open, this computer makes
// it and says so.
func TestWhoMakesTheKeyIsSaid(t *testing.T) {
	r, l := keyRig(t, "nrf9151")
	r.profile.Slots = append(r.profile.Slots, profile.Slot{SecTag: 43, Anchor: r.profile.Slots[0].Anchor})
	u := drive(t, r.config(l), station.Orders{})
	if u.Verdict != cred.Pass || u.KeyOrigin != "host" || len(u.Findings) != 1 || u.Findings[0].Code != "keygen.by-host" {
		t.Errorf("%+v", u)
	}
	if rec := shown(t, l, u.Record); len(rec.Findings) != 1 || rec.Findings[0].Code != "keygen.by-host" || rec.KeyOrigin != "host" {
		t.Errorf("the record says %+v", rec.Findings)
	}
}
