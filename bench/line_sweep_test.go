package bench_test

import (
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"filippo.io/age"

	"example.org/sectag/bench"
	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/profile"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger"
)

// bubbleTime is when time begins in a bubble of testing/synctest.
var bubbleTime = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// virtual is a bench on virtual time: the real device, bench and ledger, a line and a journal in memory. What takes long and does not
// depend on the run is made once, outside of any bubble.
type virtual struct {
	profile profile.Profile
	unlock  func(ca.Root, string, []byte) (*ca.Authority, error)
	pass    string // of the authority's key; empty: it lies in clear
	secrets []hunted
	start   start               // what units hold before their job; zero: nothing
	firm    *age.X25519Identity // units get a pre-shared key, which this one opens; nil: a certificate
}

// terms are those of the profile.
func (v virtual) terms() flows.Terms {
	if v.firm != nil {
		return sharing
	}
	return terms
}

func newVirtual(t testing.TB, pass string) virtual {
	t.Helper()
	return newAuthority(t, pass, bubbleTime)
}

// newAuthority is for benches on any clock.
func newAuthority(t testing.TB, pass string, now time.Time) virtual {
	t.Helper()
	made, err := ca.Init(ca.InitOptions{
		Dir: t.TempDir(), Subject: "CN=Acme", Passphrase: []byte(pass), Plaintext: pass == "", Clock: ca.Clock{Now: now},
	})
	if err != nil {
		t.Fatal(err)
	}
	var secrets []hunted
	if pass != "" {
		secrets = append(secrets, hunt("the passphrase", []byte(pass)))
	} else {
		text, err := os.ReadFile(made.Key)
		if err != nil {
			t.Fatal(err)
		}
		secrets, pass = append(secrets, hunt("the authority's key", scalar(t, text))), quickPass
		quickly(t, made.Key)
	}
	root, err := ca.Load(made.Cert, now)
	if err != nil {
		t.Fatal(err)
	}
	auth, err := root.Unlock(made.Key, []byte(pass))
	if err != nil {
		t.Fatal(err)
	}
	v := virtual{pass: pass, secrets: secrets, profile: profile.Profile{
		Product: "tracker", Cert: made.Cert, Key: made.Key, ID: cred.DefaultTemplate, Origin: profile.Host, Days: 1000, Readback: profile.Never,
		Slots: []profile.Slot{{SecTag: 42, Anchor: made.Cert}},
	}}
	v.unlock = func(_ ca.Root, _ string, given []byte) (*ca.Authority, error) {
		if string(given) != pass {
			return nil, cred.Failed("ca.passphrase", "the passphrase is wrong", "type it again")
		}
		return auth, nil
	}
	return v
}

// imeis are so many valid ones.
func imeis(n int) (out []cred.IMEI) {
	for i := cred.IMEI(352656100367872); len(out) < n; i++ {
		if i.Valid() {
			out = append(out, i)
		}
	}
	return out
}

// unit is a blank unit on a line of 115200 baud.
func (v virtual) unit(t testing.TB) *sim.Modem {
	t.Helper()
	return made(t, sim.Config{IMEI: imeis(1)[0], Baud: 115200, Flash: 30 * time.Millisecond})
}

func made(t testing.TB, c sim.Config) *sim.Modem {
	t.Helper()
	m, err := sim.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// store is an empty ledger; the caller closes it inside of its bubble.
func (v virtual) store(t testing.TB) *ledger.Store {
	t.Helper()
	l, err := ledger.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// config is a bench for what open leads to.
func (v virtual) config(l *ledger.Store, d device.Dialer) bench.Config {
	return bench.Config{
		Profile: v.profile, Port: "sim:unit", Dialer: d, Ledger: l, Tool: evidence.Tool{Version: "test"}, Now: time.Now,
		Timeout: time.Second, Once: true, Unlock: v.unlock,
	}
}

// TestAUnitIsProvisionedOnVirtualTime: the whole job, from a blank unit to a record, takes its time on the line and none in the world.
func TestAUnitIsProvisionedOnVirtualTime(t *testing.T) {
	const runs = 20
	v := newVirtual(t, "")
	began := time.Now()
	for range runs {
		synctest.Test(t, func(t *testing.T) { v.once(t) })
	}
	t.Logf("a run takes %v of real time", time.Since(began)/runs)
}

func (v virtual) once(t *testing.T) {
	unit, l, start := v.unit(t), v.store(t), time.Now()
	defer l.Close()
	u := drive(t, v.config(l, device.Dialer{Sim: lineTo(unit)}), station.Orders{})
	if u.Verdict != cred.Pass || u.Record != "0" || len(u.Slots) != 3 || u.Connect != nil {
		t.Fatalf("%+v", u)
	}
	for _, s := range u.Slots {
		content, ok := unit.State().Content(cred.Slot{SecTag: s.SecTag, Kind: s.Type})
		if !ok || cred.Sum(content) != s.SHA256 || s.Action != "written" {
			t.Errorf("slot %v: the modem holds %v", s, cred.Sum(content))
		}
	}
	if took := time.Since(start); took < 300*time.Millisecond || took > time.Second {
		t.Errorf("on the line's clock it took %v", took)
	}
	if rep, err := l.Verify(context.Background(), nil); err != nil || rep.Verdict != cred.Pass || rep.Records != 1 {
		t.Errorf("%+v, %v", rep, err)
	}
}
