package gang_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.org/sectag/bench"
	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/gang"
	"example.org/sectag/bench/profile"
	"example.org/sectag/ca"
	"example.org/sectag/ca/keyfile"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const passphrase = "correct horse"

// quickPass opens a key that is encrypted so that opening it takes no time. One in clear is a warning on every unit.
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

// rack is a bench with many ports, an authority and a ledger.
type rack struct {
	profile profile.Profile
	modems  *sim.Rack
	store   *ledger.Store
	quick   bool                                                               // quickPass opens the authority's key
	open    func(ctx context.Context, name string) (io.ReadWriteCloser, error) // instead of the rack's
}

func newRack(t testing.TB, pass string) *rack {
	t.Helper()
	dir := t.TempDir()
	made, err := ca.Init(ca.InitOptions{
		Dir: dir, Subject: "CN=Acme", Passphrase: []byte(pass), Plaintext: pass == "", Clock: ca.Clock{Now: time.Now()},
	})
	if err != nil {
		t.Fatal(err)
	}
	if pass == "" {
		quickly(t, made.Key)
	}
	l, err := ledger.Open(context.Background(), "sqlite:"+filepath.Join(dir, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	r := &rack{quick: pass == "", store: l, modems: &sim.Rack{}, profile: profile.Profile{
		Product: "tracker", Cert: made.Cert, Key: made.Key, ID: cred.DefaultTemplate, Origin: profile.Host, Days: 1000,
		Slots: []profile.Slot{{SecTag: 42, Anchor: made.Cert}},
	}}
	r.open = r.modems.Open
	return r
}

// gang is all that is the same in every test.
func (r *rack) gang(ports ...string) gang.Gang {
	return gang.Gang{
		Pass: map[bool][]byte{true: []byte(quickPass)}[r.quick], Keyed: r.quick,
		Ports: ports,
		Terms: flows.Terms{Authority: true, Port: true, Anchor: true, Ledger: r.store != nil, Profile: true},
		Bench: func(port string) bench.Config {
			return bench.Config{
				Profile: r.profile, Port: port, Dialer: device.Dialer{Sim: r.open}, Ledger: r.store, Tool: evidence.Tool{Version: "test"},
				Now: time.Now, Timeout: time.Second, Once: true,
			}
		},
	}
}

// unit is the unit behind a port.
func (r *rack) unit(t *testing.T, port string) *sim.Modem {
	t.Helper()
	m, err := r.modems.Unit(port)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// holds tells whether the unit at a port holds what its document says.
func (r *rack) holds(t *testing.T, u bench.Unit) {
	t.Helper()
	st := r.unit(t, u.Port).State()
	if u.Verdict != cred.Pass || u.IMEI != st.IMEI || u.Failure != nil || len(u.Slots) != 3 {
		t.Errorf("%s: %+v", u.Port, u)
	}
	for _, s := range u.Slots {
		content, ok := st.Content(cred.Slot{SecTag: s.SecTag, Kind: s.Type})
		if !ok || cred.Sum(content) != s.SHA256 {
			t.Errorf("%s: slot %v is not what the unit holds", u.Port, s)
		}
	}
}

// sound holds the ledger against itself, and wants no run left open and no serial in two certificates.
func (r *rack) sound(t *testing.T, records int) {
	t.Helper()
	rep, err := r.store.Verify(context.Background(), nil)
	if err != nil || rep.Verdict != cred.Pass || rep.Records != int64(records) {
		t.Errorf("%+v, %v", rep, err)
	}
	if open, err := r.store.Runs(context.Background(), ledger.RunOpen); err != nil || len(open) != 0 {
		t.Errorf("runs are left open: %v, %v", open, err)
	}
}

func ports(n int, settings string) (out []string) {
	for i := range n {
		out = append(out, portOf(i, settings))
	}
	return out
}

// portOf is that of the n-th unit. Of IMEIs drawn at random two of a thousand would be the same.
func portOf(n int, settings string) string {
	imei := cred.IMEI(10 * (35265610_000000 + uint64(n)))
	for !imei.Valid() {
		imei++
	}
	return fmt.Sprintf("sim:nrf9151#%d?imei=%s&%s", n+1, imei, settings)
}

func code(u bench.Unit) string {
	if u.Failure == nil {
		return ""
	}
	return u.Failure.Code
}

// TestManyUnitsAtOnce: every lane its own unit, in the order of the ports, with one opening of the authority.
func TestManyUnitsAtOnce(t *testing.T) {
	r := newRack(t, passphrase)
	g := r.gang(ports(16, "")...)
	g.Pass, g.Keyed = []byte(passphrase), true
	var told []int
	g.Done = func(n int, u bench.Unit) {
		if u.Port != g.Ports[n] {
			t.Errorf("lane %d is told as %s", n, u.Port)
		}
		told = append(told, n)
	}
	units := g.Run(t.Context())
	serials := map[string]bool{}
	for i, u := range units {
		if u.Port != g.Ports[i] {
			t.Errorf("place %d has %s", i, u.Port)
		}
		r.holds(t, u)
		serials[u.Certificate.Serial] = true
	}
	if slices.Sort(told); len(serials) != 16 || len(told) != 16 || told[15] != 15 {
		t.Errorf("%d serials, told of %v", len(serials), told)
	}
	r.sound(t, 16)
	for _, u := range g.Run(t.Context()) {
		if r.holds(t, u); u.Slots[0].Action != "kept" || u.Certificate != nil {
			t.Errorf("%s was not kept: %+v", u.Port, u.Slots)
		}
	}
	r.sound(t, 32)
}

// TestNoLaneHurtsAnother: one port is not there, one unit is silent, one loses its line in the middle, one is full, one has a firmware
// that is too old, one holds what nobody knows. The others pass, and each is told what is the matter with it.
func TestNoLaneHurtsAnother(t *testing.T) {
	r := newRack(t, "")
	want := map[string]string{
		"sim:nowhere":                       "port.missing",
		"/nowhere/ttyACM7":                  "port.missing",
		"sim:nrf9151#silent?fault=silent":   "line.no-answer",
		"sim:nrf9151#gone?fault=unplug@900": "port.lost",
		"sim:nrf9151#full?fault=full@1":     "cmng.515",
		"sim:nrf9160-old#1":                 "store.firmware-old",
		"sim:nrf9151#foreign":               "store.unconfirmed",
		"sim:nrf9151#1":                     "", "sim:nrf9151#2": "", "sim:nrf9161#3?baud=115200&flash=30ms": "",
	}
	if err := foreign(r.unit(t, "sim:nrf9151#foreign")); err != nil {
		t.Fatal(err)
	}
	var named []string
	for p := range want {
		named = append(named, p)
	}
	units := r.gang(named...).Run(t.Context())
	for i, u := range units {
		if code(u) != want[named[i]] {
			t.Errorf("%s: %v, want %q", named[i], u.Failure, want[named[i]])
		}
		if code(u) == "" {
			r.holds(t, u)
		}
	}
	if rep, err := r.store.Verify(context.Background(), nil); err != nil || rep.Verdict != cred.Pass {
		t.Errorf("%+v, %v", rep, err)
	}
}

// foreign puts something into a unit's slot that no record knows.
func foreign(m *sim.Modem) error {
	d, err := device.Attach(context.Background(), m.Pipe(context.Background()), device.Options{})
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Write(context.Background(), cred.Slot{SecTag: 42, Kind: cred.RootCA}, []byte("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"), nil)
}

// TestOneUnitIsOneLanes: a port under two names, a unit at two ports, two units that say the same IMEI. One wins, the other is told, and
// nothing is changed through it.
func TestOneUnitIsOneLanes(t *testing.T) {
	for name, withLedger := range map[string]bool{"with a ledger": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			r := newRack(t, "")
			if !withLedger {
				r.store = nil
			}
			clone := "imei=352656100367872"
			dir := t.TempDir()
			link := filepath.Join(dir, "by-id")
			port := filepath.Join(dir, "ttyACM0")
			if err := os.WriteFile(port, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(port, link); err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				ports []string
				codes []string // in any order
				say   string
			}{
				{[]string{"sim:nrf9151#1", "sim:nrf9151#1"}, []string{"", "port.busy"}, "named twice"},
				{[]string{port, link}, []string{"port.busy", "port.not-a-port"}, "under another name"},
				{[]string{"sim:nrf9151#a?" + clone, "sim:nrf9151#b?" + clone}, []string{"", "ledger.bound"}, "another"},
			} {
				var got []string
				said := ""
				for _, u := range r.gang(c.ports...).Run(t.Context()) {
					got = append(got, code(u))
					if u.Failure != nil {
						said += u.Failure.Text
					}
					if code(u) == "port.busy" && len(u.Slots) > 0 {
						t.Errorf("%v: of a port that has a lane already the slots are told twice: %+v", c.ports, u.Slots)
					}
				}
				slices.Sort(got)
				if !slices.Equal(got, c.codes) || !strings.Contains(said, c.say) {
					t.Errorf("%v: %v, %s", c.ports, got, said)
				}
			}
		})
	}
}

// TestAUnitAtTwoPortsIsWorkedOnThroughOne: a board whose modem speaks at two of its ports.
func TestAUnitAtTwoPortsIsWorkedOnThroughOne(t *testing.T) {
	r := newRack(t, "")
	st := filepath.Join(t.TempDir(), "unit.json")
	r.unit(t, "sim:nrf9151?state="+st)
	// two virtual modems out of one state are the same unit, as far as anyone can tell by asking
	units := r.gang("sim:nrf9151#x?state="+st, "sim:nrf9151#y?state="+st).Run(t.Context())
	got := []string{code(units[0]), code(units[1])}
	if slices.Sort(got); !slices.Equal(got, []string{"", "port.busy"}) {
		t.Errorf("%v: %v, %v", got, units[0].Failure, units[1].Failure)
	}
}

// TestAWrongPassphraseIsTriedOnce: each lane is told of it, and to open the key takes its half second once.
func TestAWrongPassphraseIsTriedOnce(t *testing.T) {
	r := newRack(t, passphrase)
	g := r.gang(ports(12, "")...)
	g.Pass, g.Keyed = []byte("wrong"), true
	began := time.Now()
	g.Run(t.Context())
	all := time.Since(began)
	one := r.gang(ports(1, "")...)
	one.Pass, one.Keyed = g.Pass, true
	began = time.Now()
	one.Run(t.Context())
	if single := time.Since(began); all > 6*single {
		t.Errorf("12 lanes take %v to find that a passphrase is wrong, one takes %v", all, single)
	}
	for _, u := range g.Run(t.Context()) {
		if code(u) != "ca.passphrase" || len(r.unit(t, u.Port).State().Slots) != 0 {
			t.Errorf("%+v", u)
		}
	}
}

// TestASignalEndsAllInAJournaledState: when some lanes are in the middle and some have not begun, all come to rest, and the next run
// finds every unit as it was told.
func TestASignalEndsAllInAJournaledState(t *testing.T) {
	r := newRack(t, "")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	g := r.gang(ports(8, "baud=115200&flash=30ms&fault=online")...)
	var once sync.Once
	g.See = func(_ int, s bench.Shot) {
		if _, ok := s.Event.(flows.Written); ok {
			once.Do(stop)
		}
	}
	stopped := 0
	for _, u := range g.Run(ctx) {
		if u.Verdict == cred.Fail && code(u) == "store.stopped" {
			stopped++
		}
	}
	if stopped == 0 {
		t.Fatal("nothing was stopped: the test shows nothing")
	}
	if open, err := r.store.Runs(context.Background(), ledger.RunOpen); err != nil || len(open) != 0 {
		t.Errorf("runs are left open: %v, %v", open, err)
	}
	again := r.gang(g.Ports...)
	for _, p := range g.Ports {
		again.Orders.IMEIs = append(again.Orders.IMEIs, r.unit(t, p).State().IMEI)
	}
	again.Orders.Yes = true
	for _, u := range again.Run(t.Context()) {
		r.holds(t, u)
	}
	if rep, err := r.store.Verify(context.Background(), nil); err != nil || rep.Verdict != cred.Pass {
		t.Errorf("%+v, %v", rep, err)
	}
}

// TestAGangThatDiedIsTakenOverByWhereverItsUnitsStand: every unit had its radio on and was taken offline when the process died. The units
// are at other ports now. Each dead run is closed once, and each unit gets its mode back.
func TestAGangThatDiedIsTakenOverByWhereverItsUnitsStand(t *testing.T) {
	const n = 6
	r := newRack(t, "")
	names := ports(n, "fault=online")
	r.die(t, names)
	moved := append(append([]string{}, names[n/2:]...), names[:n/2]...)
	r.open = func(ctx context.Context, name string) (io.ReadWriteCloser, error) {
		return r.modems.Open(ctx, moved[slices.Index(names, name)])
	}
	g := r.gang(names...)
	resumed := make([]cred.IMEI, n)
	g.See = func(lane int, s bench.Shot) {
		if e, ok := s.Event.(flows.Resumed); ok {
			resumed[lane] = e.IMEI
		}
	}
	for i, u := range g.Run(t.Context()) {
		if code(u) != "" || resumed[i] != u.IMEI {
			t.Errorf("%s: %v; it was told of %v", u.Port, u.Failure, resumed[i])
		}
		if mode := functional(t, r.unit(t, moved[i])); mode != 1 {
			t.Errorf("%s was left in mode %d", u.Port, mode)
		}
	}
	list, err := r.store.List(context.Background(), ledger.Query{})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[record.Kind]int{}
	for _, s := range list {
		kinds[s.Kind]++
	}
	if kinds[record.Interrupted] != n || kinds[record.Provision] != n || len(list) != 2*n {
		t.Errorf("records: %v", kinds)
	}
	r.sound(t, 2*n)
}

// die runs a gang whose journal breaks when every unit is offline, as if the process had been killed then.
func (r *rack) die(t *testing.T, names []string) {
	t.Helper()
	work, kill := context.WithCancel(context.Background())
	defer kill()
	var offline sync.WaitGroup
	offline.Add(len(names))
	g := r.gang(names...)
	estate := &bench.Estate{}
	var all sync.WaitGroup
	for _, name := range names {
		all.Go(func() {
			var once sync.Once
			b := estate.New(g.Bench(name))
			o := station.Orders{Pass: b.Keep([]byte(quickPass)), Keyed: true}
			_, _ = b.Drive(work, work, g.Terms, o, nil, func(s bench.Shot) {
				if _, ok := s.Event.(flows.Offline); ok {
					once.Do(func() {
						offline.Done()
						offline.Wait()
						kill()
					})
				}
			})
		})
	}
	all.Wait()
	// the store's own runs are not unfinished: only those of another opening are
	if err := r.store.Close(); err != nil {
		t.Fatal(err)
	}
	var err error
	if r.store, err = ledger.Open(context.Background(), "sqlite:"+filepath.Join(filepath.Dir(r.profile.Cert), "ledger.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.store.Close() })
	open, err := r.store.Unfinished(context.Background())
	if err != nil || len(open) != len(names) {
		t.Fatalf("%d runs are unfinished, %v", len(open), err)
	}
}

func functional(t *testing.T, m *sim.Modem) int {
	t.Helper()
	d, err := device.Attach(context.Background(), m.Pipe(context.Background()), device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	id, err := d.Identify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return id.FunctionalMode
}
