package bench_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.org/sectag/bench"
	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/profile"
	"example.org/sectag/ca"
	"example.org/sectag/ca/keyfile"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger"
)

// quickPass opens the key of a test's authority; quickly encrypts that one anew so that opening it takes no time. One in clear is a
// warning on every unit.
const quickPass = "one iteration"

func quickly(t testing.TB, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	key, err := keyfile.Scan(text)[0].Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = keyfile.EncodeIterated(key, []byte(quickPass), 1); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// opening are orders that open such a key.
func opening(b *bench.Bench, o station.Orders) station.Orders {
	o.Pass, o.Keyed = b.Keep([]byte(quickPass)), true
	return o
}

// rig is a bench with everything but a person: an authority, its own root as anchor, a ledger, one unit.
type rig struct {
	dir     string
	profile profile.Profile
	dialer  device.Dialer
	unit    *sim.Modem
	name    string
}

func newRig(t testing.TB, sector string) *rig {
	t.Helper()
	dir := t.TempDir()
	made, err := ca.Init(ca.InitOptions{Dir: dir, Subject: "CN=Acme", Plaintext: true, Clock: ca.Clock{Now: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	quickly(t, made.Key)
	rack := &sim.Rack{}
	unit, err := rack.Unit(sector)
	if err != nil {
		t.Fatal(err)
	}
	return &rig{dir: dir, dialer: device.Dialer{Sim: rack.Open}, unit: unit, name: "sim:" + sector, profile: profile.Profile{
		Product: "tracker", Cert: made.Cert, Key: made.Key, ID: cred.DefaultTemplate, Origin: profile.Host, Days: 1000,
		Slots: []profile.Slot{{SecTag: 42, Anchor: made.Cert}},
	}}
}

func (r *rig) open(t testing.TB, name string) *ledger.Store {
	t.Helper()
	l, err := ledger.Open(context.Background(), "sqlite:"+filepath.Join(r.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (r *rig) config(l *ledger.Store) bench.Config {
	return bench.Config{Profile: r.profile, Port: r.name, Dialer: r.dialer, Ledger: l, Tool: evidence.Tool{Version: "test"}, Now: time.Now, Timeout: time.Second, Once: true}
}

// terms are those of provision with a profile that names everything but a server.
var terms = flows.Terms{Authority: true, Port: true, Anchor: true, Ledger: true, Profile: true}

// drive does one headless run and gives its document.
func drive(t testing.TB, c bench.Config, o station.Orders) bench.Unit {
	t.Helper()
	b := bench.New(c)
	fault, err := b.Drive(context.Background(), context.Background(), terms, opening(b, o), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.Document(fault, o.Look)
}

// secondRoot is another root that can serve as trust anchor.
func secondRoot(t testing.TB) string {
	t.Helper()
	made, err := ca.Init(ca.InitOptions{Dir: t.TempDir(), Subject: "CN=Other", Plaintext: true, Clock: ca.Clock{Now: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	return made.Cert
}

// lineTo is for a device.Dialer: each opening is a new line in memory to the same unit.
func lineTo(unit *sim.Modem) func(context.Context, string) (io.ReadWriteCloser, error) {
	return func(context.Context, string) (io.ReadWriteCloser, error) { return unit.Pipe(context.Background()), nil }
}
