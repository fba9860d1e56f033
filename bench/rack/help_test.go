package rack_test

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"example.org/sectag/bench"
	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/profile"
	"example.org/sectag/bench/rack"
	"example.org/sectag/ca"
	"example.org/sectag/ca/keyfile"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/port"
	"example.org/sectag/device/sim"
	"example.org/sectag/flows"
	machine "example.org/sectag/flows/rack"
	"example.org/sectag/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bubbleTime is when time begins in a bubble of testing/synctest.
var bubbleTime = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// passphrase opens a key that is encrypted so that opening it takes no time.
const passphrase = "one iteration"

// shop is a bench with an authority and a ledger; ports come and go.
type shop struct {
	profile profile.Profile
	store   *ledger.Store

	mu    sync.Mutex
	ports []port.Info
	units map[string]*sim.Modem
	lines map[string][]*line
	asked map[string]int // how often a port was opened
}

// authority makes one in a folder, once for many shops; it is as old as a bubble.
func authority(t testing.TB) profile.Profile {
	t.Helper()
	made, err := ca.Init(ca.InitOptions{Dir: t.TempDir(), Subject: "CN=Acme", Plaintext: true, Clock: ca.Clock{Now: bubbleTime}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(made.Key)
	if err != nil {
		t.Fatal(err)
	}
	key, err := keyfile.Scan(text)[0].Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = keyfile.EncodeIterated(key, []byte(passphrase), 1); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(made.Key, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return profile.Profile{
		Product: "tracker", Cert: made.Cert, Key: made.Key, ID: cred.DefaultTemplate, Origin: profile.Host, Days: 1000, Readback: profile.Never,
		Slots: []profile.Slot{{SecTag: 42, Anchor: made.Cert}},
	}
}

// newShop is empty. It is made inside of the bubble that it lives in, and closed there.
func newShop(t testing.TB, p profile.Profile) *shop {
	t.Helper()
	l, err := ledger.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return &shop{profile: p, store: l, units: map[string]*sim.Modem{}, lines: map[string][]*line{}, asked: map[string]int{}}
}

// Ports are those that are plugged in.
func (s *shop) Ports(context.Context) ([]port.Info, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ports), nil
}

// plug puts a unit in at a port of a board of its own.
func (s *shop) plug(name string, u *sim.Modem) {
	s.info(port.Info{Name: name, Role: port.Unknown, VID: "1366", Kind: 1}, u)
}

// info puts a unit in at a port; nil: nobody speaks there.
func (s *shop) info(p port.Info, u *sim.Modem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ports = append(s.ports, p)
	s.units[p.Name] = u
}

// swap puts another unit in at a port that stays. The line is not cut.
func (s *shop) swap(name string, u *sim.Modem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.units[name] = u
	for _, l := range s.lines[name] {
		l.plug(u)
	}
}

// pull takes a port out with its unit.
func (s *shop) pull(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ports = slices.DeleteFunc(s.ports, func(p port.Info) bool { return p.Name == name })
	delete(s.units, name)
	for _, l := range s.lines[name] {
		l.cut()
	}
	delete(s.lines, name)
}

func (s *shop) open(_ context.Context, name string) (io.ReadWriteCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[name]++
	if !slices.ContainsFunc(s.ports, func(p port.Info) bool { return p.Name == name }) {
		return nil, cred.Failed("port.missing", "there is no port "+name, "plug it in")
	}
	u := s.units[name]
	l := newLine(u)
	s.lines[name] = append(slices.DeleteFunc(s.lines[name], (*line).over), l)
	return l, nil
}

// line leads to whichever unit is plugged in.
type line struct {
	mu   sync.Mutex
	rw   io.ReadWriteCloser
	dead bool
	next chan struct{} // closed when another unit is plugged in
}

func newLine(u *sim.Modem) *line {
	l := &line{next: make(chan struct{})}
	l.plug(u)
	return l
}

func (l *line) plug(u *sim.Modem) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return
	}
	if l.rw != nil {
		_ = l.rw.Close()
	}
	l.rw = nil
	if u != nil {
		l.rw = u.Pipe(context.Background())
	}
	close(l.next)
	l.next = make(chan struct{})
}

func (l *line) now() (io.ReadWriteCloser, bool, chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rw, l.dead, l.next
}

func (l *line) Read(p []byte) (int, error) {
	for {
		rw, dead, next := l.now()
		if dead {
			return 0, io.EOF
		}
		if rw == nil {
			<-next
			continue
		}
		n, err := rw.Read(p)
		if now, _, _ := l.now(); err != nil && now != rw {
			continue // another unit is there by now
		}
		return n, err
	}
}

func (l *line) Write(p []byte) (int, error) {
	rw, dead, _ := l.now()
	if dead {
		return 0, errors.New("the line is cut")
	}
	if rw == nil {
		return len(p), nil
	}
	return rw.Write(p)
}

func (l *line) Close() error {
	l.cut()
	return nil
}

func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return
	}
	if l.dead = true; l.rw != nil {
		_ = l.rw.Close()
	}
	close(l.next)
}

func (l *line) over() bool {
	_, dead, _ := l.now()
	return dead
}

// SetSpeed is for lines that were given a speed by their name.
func (l *line) SetSpeed(int) error { return nil }

// imeis are so many valid ones.
func imeis(n int) (out []cred.IMEI) {
	for i := cred.IMEI(352656100367872); len(out) < n; i++ {
		if i.Valid() {
			out = append(out, i)
		}
	}
	return out
}

// unit is the n-th one, blank.
func unit(t testing.TB, n int, faults ...string) *sim.Modem {
	t.Helper()
	return unitOf(t, sim.Config{IMEI: imeis(n + 1)[n], Baud: 115200, Flash: 30 * time.Millisecond}, faults...)
}

func unitOf(t testing.TB, c sim.Config, faults ...string) *sim.Modem {
	t.Helper()
	for _, f := range faults {
		x, err := sim.ParseFault(f)
		if err != nil {
			t.Fatal(err)
		}
		c.Faults = append(c.Faults, x)
	}
	m, err := sim.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// config is that of a rack in the shop.
func (s *shop) config(start machine.Start) rack.Config {
	return rack.Config{
		Start: start, Lister: s,
		Terms: flows.Terms{Authority: true, Anchor: true, Ledger: s.store != nil, Profile: true},
		Bench: func(name string) bench.Config {
			return bench.Config{
				Profile: s.profile, Port: name, Dialer: device.Dialer{Sim: s.open}, Ledger: s.store, Tool: evidence.Tool{Version: "test"},
				Now: time.Now, Timeout: time.Second,
			}
		},
	}
}

// station is a rack at work.
type station struct {
	*rack.Rack
	*shop
	t    testing.TB
	quit context.CancelFunc
	kill context.CancelFunc // as if the process had died
	done chan error
	once sync.Once
}

// run has a rack at work in a bubble, with its passphrase given, and ends it.
func run(t *testing.T, start machine.Start, change func(*rack.Config), f func(s *station)) {
	t.Helper()
	p := authority(t)
	synctest.Test(t, func(t *testing.T) {
		sh := newShop(t, p)
		defer func() { _ = sh.store.Close() }()
		c := sh.config(start)
		if change != nil {
			change(&c)
		}
		s := begin(t, sh, c)
		defer s.stop()
		s.Unlock([]byte(passphrase))
		f(s)
		s.end()
	})
}

func begin(t testing.TB, sh *shop, c rack.Config) *station {
	ctx, quit := context.WithCancel(context.Background())
	work, kill := context.WithCancel(context.Background())
	s := &station{Rack: rack.New(c), shop: sh, t: t, quit: quit, kill: kill, done: make(chan error, 1)}
	go func() { s.done <- s.Run(ctx, work) }()
	return s
}

// stop quits and waits until every lane is at rest.
func (s *station) stop() {
	s.once.Do(func() {
		s.quit()
		if err := <-s.done; err != nil {
			s.t.Error(err)
		}
	})
}

// end also looks whether all was put in order.
func (s *station) end() {
	s.t.Helper()
	s.stop()
	for n, l := range s.Shot().Lanes {
		if p := s.Shot().Rack.Lane(n).Phase; p != machine.Absent {
			s.t.Errorf("lane %d at %s ends in phase %d", n, l.Port, p)
		}
	}
	if open, err := s.store.Runs(context.Background(), ledger.RunOpen); err != nil || len(open) != 0 {
		s.t.Errorf("runs are left open: %v, %v", open, err)
	}
}

// until waits for what the rack shows.
func (s *station) until(what string, ok func(machine.Shot) bool) machine.Shot {
	s.t.Helper()
	limit := time.After(2 * time.Minute) // virtual
	for {
		if shot := s.Shot(); ok(shot) {
			return shot
		}
		select {
		case <-s.Changed():
		case <-limit:
			shot := s.Shot()
			s.t.Fatalf("never: %s\n%s", what, tell(shot))
		}
	}
}

// at is the lane of a port.
func at(s machine.Shot, name string) (machine.Lane, machine.Sight) {
	for n, l := range s.Lanes {
		if l.Port == name && s.Rack.Lane(n).Phase != machine.Absent {
			return s.Rack.Lane(n), l
		}
	}
	return machine.Lane{}, machine.Sight{}
}

// number is that of a port's lane.
func (s *station) number(name string) uint8 {
	s.t.Helper()
	shot := s.Shot()
	for n, l := range shot.Lanes {
		if l.Port == name && shot.Rack.Lane(n).There() {
			return uint8(n)
		}
	}
	s.t.Fatalf("%s has no lane", name)
	return 0
}

// phase waits until a port's lane is in a phase.
func (s *station) phase(name string, p machine.Phase) (machine.Lane, machine.Sight) {
	s.t.Helper()
	return at(s.until(name+" comes to its phase", func(x machine.Shot) bool { m, _ := at(x, name); return m.Phase == p }), name)
}

func tell(s machine.Shot) string {
	var b strings.Builder
	for n, l := range s.Lanes {
		m := s.Rack.Lane(n)
		b.WriteString(l.Port + " " + m.IMEI.String() + " " + string(rune('0'+m.Phase)) + " ")
		if l.Failure != nil {
			b.WriteString(l.Failure.Code + ": " + l.Failure.Text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
