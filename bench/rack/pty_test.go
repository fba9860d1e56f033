//go:build linux || darwin

package rack_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"example.org/sectag/bench"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	machine "example.org/sectag/flows/rack"
	"example.org/sectag/ledger"
)

// TestRealPortsComeAndGo: pseudo-terminals behind links that a pattern means, on the real clock, with this computer's list and a ledger in
// a file.
func TestRealPortsComeAndGo(t *testing.T) {
	sh := &shop{profile: authority(t)}
	dir := t.TempDir()
	var err error
	if sh.store, err = ledger.Open(t.Context(), "sqlite:"+filepath.Join(dir, "ledger.db")); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sh.store.Close() }()

	c := sh.config(machine.Auto)
	with := c.Bench
	c.Bench = func(name string) bench.Config {
		b := with(name)
		b.Dialer = device.Dialer{LockDir: dir}
		b.Now = func() time.Time { return bubbleTime.Add(time.Since(start)) }
		return b
	}
	c.Lister, c.Ports = nil, []string{filepath.Join(dir, "unit*")}
	s := begin(t, sh, c)
	defer s.stop()
	s.Unlock([]byte(passphrase))
	for n := range 3 {
		u := unit(t, n)
		ctx, pull := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() { gone <- sim.ServePTY(ctx, u, filepath.Join(dir, "unit0"), func(string) {}) }()
		x := s.until("it passes", func(x machine.Shot) bool { return x.Rack.Lane(0).Over() })
		if m := x.Rack.Lane(0); m.Phase != machine.Passed || m.IMEI != imeis(n + 1)[n] || holds(u) != 3 {
			t.Errorf("%+v\n%s", m, tell(x))
		}
		pull()
		if err := <-gone; err != nil {
			t.Error(err)
		}
		s.free(0)
	}
	s.end()
	if rep, err := s.store.Verify(context.Background(), nil); err != nil || rep.Verdict != cred.Pass || rep.Records != 3 {
		t.Errorf("%+v, %v", rep, err)
	}
}

// start is when this process began.
var start = time.Now()
