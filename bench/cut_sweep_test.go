package bench_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/bench"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

const (
	// bench16 is how many units, one for each offset, share one ledger in a sweep.
	bench16 = 16
	// cutLimit is what a run may take whose cable comes out: what it took until then, and the answer that did not come.
	cutLimit = 15 * time.Second
)

// trial is one unit in a sweep, and what was told of it.
type trial struct {
	v     virtual
	l     *ledger.Store
	unit  *sim.Modem
	who   cred.IMEI
	known map[string]bool // the runs of the ledger that are not of this trial

	mu   sync.Mutex
	told bytes.Buffer // documents and transcripts, later journal and records
}

func (v virtual) trial(t testing.TB, l *ledger.Store, who cred.IMEI) *trial {
	t.Helper()
	x := &trial{v: v, l: l, who: who, known: map[string]bool{}, unit: made(t, sim.Config{IMEI: who})}
	for _, r := range x.runs(t) {
		x.known[r] = true
	}
	return x
}

// runs are those of this trial.
func (x *trial) runs(t testing.TB) (out []string) {
	t.Helper()
	all, err := x.l.Runs(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if !x.known[r.ID] {
			out = append(out, r.ID)
		}
	}
	return out
}

// cable is one to this unit.
func (x *trial) cable() *cable {
	return &cable{plug: func() (io.ReadWriteCloser, error) { return x.unit.Pipe(context.Background()), nil }}
}

// run is a whole job, as a process of its own would do it. torn gives a function that tears the work off.
func (x *trial) run(t testing.TB, c *cable, torn bool) bench.Unit {
	t.Helper()
	ctx, tear := context.WithCancel(context.Background())
	defer tear()
	if torn {
		c.then = tear
	}
	cfg := x.v.config(x.l, device.Dialer{Sim: c.open})
	cfg.Trace = func(l flows.TraceLine) {
		x.mu.Lock()
		defer x.mu.Unlock()
		fmt.Fprintln(&x.told, l.Out, l.Text)
	}
	b := bench.New(cfg)
	var o station.Orders
	if x.v.pass != "" {
		o.Pass, o.Keyed = b.Keep([]byte(x.v.pass)), true
	}
	fault, err := b.Drive(ctx, ctx, terms, o, nil, nil)
	if err != nil && ctx.Err() == nil {
		t.Errorf("the run broke: %v", err)
	}
	u := b.Document(fault, false)
	body, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.told.Write(body)
	return u
}

// records are the unit's, the oldest first.
func (x *trial) records(t testing.TB) (out []record.Record) {
	t.Helper()
	list, err := x.l.List(context.Background(), ledger.Query{IMEI: x.who})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		out = append(out, shown(t, x.l, s.Record))
	}
	return out
}

// truthful fails the test where what is said of a slot is not what the modem held then. Nobody knows is always true.
func truthful(t testing.TB, state sim.State, what string, s cred.Slot, listed cred.Digest, action, holds string) {
	t.Helper()
	content, there := state.Content(s)
	is := cred.Sum(content)
	switch {
	case holds == "missing" && there,
		holds == "old", // the unit was blank
		holds == "new" && (!there || is != listed),
		holds == "" && action == "written" && (!there || is != listed),
		holds == "" && action == "kept" && (!there || is != listed),
		holds != "unknown" && !listed.IsZero() && is != listed:
		t.Errorf("%s says of %v: %s, holds %q, %s; the modem holds %d bytes, %s", what, s, action, holds, listed.Short(), len(content), is.Short())
	}
}

func (x *trial) judgeRecord(t testing.TB, state sim.State, r record.Record) {
	t.Helper()
	for _, s := range r.Slots {
		truthful(t, state, "record "+r.ID+" ("+string(r.Kind)+")", cred.Slot{SecTag: s.SecTag, Kind: s.Type}, s.SHA256, s.Action, s.Holds)
	}
}

func (x *trial) judgeDocument(t testing.TB, state sim.State, u bench.Unit) {
	t.Helper()
	for _, s := range u.Slots {
		truthful(t, state, "the document", cred.Slot{SecTag: s.SecTag, Kind: s.Type}, s.SHA256, s.Action, s.Holds)
	}
	if u.Verdict == cred.Pass {
		x.whole(t, state)
	} else if u.Failure == nil {
		t.Errorf("no failure is told: %+v", u)
	}
}

// whole fails the test unless the unit has what the profile asks for: the anchor, a key, and a certificate for that key and this unit.
func (x *trial) whole(t testing.TB, state sim.State) *x509.Certificate {
	t.Helper()
	anchor, err := os.ReadFile(x.v.profile.Slots[0].Anchor)
	if err != nil {
		t.Fatal(err)
	}
	root, _ := state.Content(cred.Slot{SecTag: 42, Kind: cred.RootCA})
	cert, _ := state.Content(certSlot)
	key, _ := state.Content(keySlot)
	b, _ := pem.Decode(cert)
	if !bytes.Equal(root, anchor) || b == nil || len(key) == 0 {
		t.Errorf("the modem holds %d bytes of anchor, %d of certificate, %d of key", len(root), len(cert), len(key))
		return nil
	}
	c, err := x509.ParseCertificate(b.Bytes)
	if err != nil {
		t.Error(err)
		return nil
	}
	if !keyOf(t, key).PublicKey.Equal(c.PublicKey) || c.Subject.CommonName != x.v.profile.ID.Name(x.who) {
		t.Errorf("the certificate of %s is not for this unit and its key", c.Subject)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(root)
	if _, err := c.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: time.Now().Add(time.Hour), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		t.Error(err)
	}
	return c
}

// final is what must be true when the unit passed: its newest record that passed and names its certificate is what it holds, every other
// identity is abandoned or superseded, no run is open.
func (x *trial) final(t testing.TB) {
	t.Helper()
	state := x.unit.State()
	c := x.whole(t, state)
	if c == nil {
		return
	}
	serial := fmt.Sprintf("%x", c.SerialNumber.FillBytes(make([]byte, 16)))
	named, over, abandoned, newest := map[string]string{}, map[string]bool{}, map[string]bool{}, record.Record{}
	for _, r := range x.records(t) {
		over[r.Supersedes] = true
		for _, s := range r.Abandoned {
			abandoned[s] = true
		}
		if r.Cert != nil && r.Kind == record.Provision {
			if named[r.Cert.Serial] != "" {
				t.Errorf("the serial %s is in two records", r.Cert.Serial)
			}
			named[r.Cert.Serial], newest = r.ID, r
		}
	}
	if newest.Verdict != cred.Pass || newest.Cert == nil || newest.Cert.Serial != serial || abandoned[serial] {
		t.Errorf("the newest record of an identity is %s, %s; the unit has the serial %s, abandoned %v", newest.ID, newest.Verdict, serial, abandoned)
		return
	}
	x.judgeRecord(t, state, newest)
	for s, id := range named {
		if !over[id] && s != serial {
			t.Errorf("the serial %s of record %s is neither superseded nor in the unit", s, id)
		}
	}
	for _, run := range x.runs(t) {
		serials, err := x.l.Serials(context.Background(), run)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range serials {
			if used := named[s.Serial] != ""; s.State == ledger.SerialReserved || used == abandoned[s.Serial] || used != (s.State == ledger.SerialUsed) {
				t.Errorf("the serial %s is %s, abandoned %v, named %q", s.Serial, s.State, abandoned[s.Serial], named[s.Serial])
			}
		}
	}
	x.l.Disown()
	if open, err := x.l.Unfinished(context.Background()); err != nil || len(open) > 0 {
		t.Errorf("runs are open: %v, %v", open, err)
	}
}

// quiet searches everything that was told or kept for secrets.
func (x *trial) quiet(t testing.TB, states ...sim.State) {
	t.Helper()
	for _, run := range x.runs(t) {
		events, err := x.l.Events(context.Background(), run)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			x.told.Write(e.Body)
		}
	}
	for _, r := range x.records(t) {
		_, body, err := x.l.Show(context.Background(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		x.told.Write(body)
	}
	secrets := slices.Clone(x.v.secrets)
	for _, s := range states {
		if text, there := s.Content(keySlot); there {
			if b, _ := pem.Decode(text); b != nil {
				secrets = append(secrets, hunt("the unit's key", scalar(t, text)))
			}
		}
	}
	clean(t, x.told.Bytes(), secrets...)
}

// cut does a job whose cable comes out, then all that must be done until the unit is whole, and judges it. It tells whether the cable
// came out before the job was over.
func (x *trial) cut(t testing.TB, c *cable, torn bool) bool {
	t.Helper()
	start := time.Now()
	u := x.run(t, c, torn)
	if d := time.Since(start); d > cutLimit {
		t.Errorf("the run took %v", d)
	}
	time.Sleep(time.Second) // what is in the flash's work ends
	synctest.Wait()
	before := x.unit.State()
	x.judgeDocument(t, before, u)
	if !c.pulled.Load() && u.Verdict != cred.Pass {
		t.Errorf("on a good line: %+v", u)
	}
	for _, r := range x.records(t) {
		x.judgeRecord(t, before, r)
	}
	x.unit.Reboot()
	x.l.Disown()
	again := x.run(t, x.cable(), false)
	if again.Verdict != cred.Pass {
		t.Errorf("the next run: %v", again.Failure)
		return true
	}
	rs := x.records(t)
	for _, r := range rs[:len(rs)-1] {
		x.judgeRecord(t, before, r)
	}
	x.final(t)
	x.quiet(t, before, x.unit.State())
	return c.pulled.Load()
}

// A cable that comes out after any byte of a job, in either direction, leaves a unit that the next run makes whole, and a ledger that
// tells what happened. Every other run ends by itself, the others are torn off, as if the process had died.
func TestTheCableComesOutAfterEveryByte(t *testing.T) {
	for _, origin := range []profile.Origin{profile.Host, profile.Modem} {
		for _, fromUnit := range []bool{false, true} {
			t.Run(fmt.Sprintf("key=%s,fromUnit=%v", origin, fromUnit), func(t *testing.T) {
				t.Parallel()
				pass := "a passphrase that nobody tells"
				if fromUnit {
					pass = ""
				}
				v := newVirtual(t, pass)
				v.profile.Origin = origin
				v.sweepCut(t, fromUnit)
			})
		}
	}
}

func (v virtual) sweepCut(t *testing.T, fromUnit bool) {
	began, n, who := time.Now(), 0, imeis(bench16)
	for more := true; more; {
		synctest.Test(t, func(t *testing.T) {
			l := v.store(t)
			defer l.Close()
			for i := 0; i < bench16 && more; i++ {
				x, at := v.trial(t, l, who[i]), n
				c := x.cable()
				if c.cutOut = &at; fromUnit {
					c.cutIn, c.cutOut = &at, nil
				}
				more = x.cut(t, c, n%2 == 1)
				if t.Failed() {
					t.Fatalf("byte %d", n)
				}
				n += thin
			}
			if rep, err := l.Verify(context.Background(), nil); err != nil || rep.Verdict != cred.Pass {
				t.Errorf("the ledger says %+v, %v", rep, err)
			}
		})
		if t.Failed() {
			return
		}
	}
	t.Logf("%d bytes, %v of real time each", n, time.Since(began)/time.Duration(n))
}
