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
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	"example.org/sectag/flows"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

const (
	// together is how many units, one for each byte, share one ledger in a sweep.
	together = 16
	// cutLimit is what a run may take whose cable comes out, on a line where bytes take no time: nobody waits for an answer then.
	cutLimit = 2 * time.Second
)

// trial is one unit in a sweep, and what was told of it.
type trial struct {
	v     virtual
	l     *ledger.Store
	unit  *sim.Modem
	who   cred.IMEI
	known map[string]bool // the runs of the ledger that are not of this trial
	ran   []string        // those that are, once it is over

	file   string    // what is written by hand
	before sim.State // what the unit held before the job
	past   int       // records that it had then

	late   bool        // the cable comes out: what went astray only the next run may be able to tell
	untold []cred.Slot // that is left to it

	reopen func()            // the ledger, as another process would find it
	good   func() bench.Unit // a job on a good line

	mu   sync.Mutex
	told bytes.Buffer // documents and transcripts, later journal and records
}

func (v virtual) trial(t testing.TB, l *ledger.Store, who cred.IMEI) *trial {
	t.Helper()
	x := &trial{v: v, l: l, who: who, known: map[string]bool{}, unit: made(t, sim.Config{IMEI: who})}
	for _, r := range x.runs(t) {
		x.known[r] = true
	}
	x.reopen, x.good = l.Disown, func() bench.Unit { return x.run(t, x.cable(), false) }
	x.begin(t)
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

// run is a job on a cable in memory, torn off when the cable comes out or left to end by itself.
func (x *trial) run(t testing.TB, c *cable, torn bool) bench.Unit {
	t.Helper()
	ctx, tear := context.WithCancel(context.Background())
	defer tear()
	if torn {
		c.then = tear
	}
	return x.job(ctx, t, "sim:unit", device.Dialer{Sim: c.open})
}

// job is a whole one, as a process of its own would do it until ctx ends.
func (x *trial) job(ctx context.Context, t testing.TB, port string, d device.Dialer) bench.Unit {
	t.Helper()
	cfg := x.v.config(x.l, d)
	cfg.Port = port
	cfg.Trace = func(l flows.TraceLine) {
		x.mu.Lock()
		defer x.mu.Unlock()
		fmt.Fprintln(&x.told, l.Out, l.Text)
	}
	b := bench.New(cfg)
	o := x.orders()
	if x.v.pass != "" {
		o.Pass, o.Keyed = b.Keep([]byte(x.v.pass)), true
	}
	fault, err := b.Drive(ctx, ctx, x.v.terms(), o, nil, nil)
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

// read takes the unit's records, the oldest first, and everything that the ledger keeps of this trial, once it is over.
func (x *trial) read(t testing.TB) (out []record.Record) {
	t.Helper()
	ctx := context.Background()
	list, err := x.l.List(ctx, ledger.Query{Part: ledger.Part{IMEIs: []cred.IMEI{x.who}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		r, body, err := x.l.Show(ctx, s.Record)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
		x.told.Write(body)
	}
	x.ran = x.runs(t)
	for _, run := range x.ran {
		events, err := x.l.Events(ctx, run)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			x.told.Write(e.Body)
		}
	}
	return out
}

// truthful fails the test where what is said of a slot is not what the modem held then. Nobody knows is always true.
func (x *trial) truthful(t testing.TB, state sim.State, what string, s cred.Slot, listed cred.Digest, action, holds string) {
	t.Helper()
	content, there := state.Content(s)
	is := cred.Sum(content)
	old, stood := x.before.Content(s)
	switch {
	case holds == "missing" && there,
		holds == "old" && (!stood || !there || is != cred.Sum(old)),
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
		x.truthful(t, state, "record "+r.ID+" ("+string(r.Kind)+")", cred.Slot{SecTag: s.SecTag, Kind: s.Type}, s.SHA256, s.Action, s.Holds)
	}
}

func (x *trial) judgeDocument(t testing.TB, state sim.State, u bench.Unit) {
	t.Helper()
	for _, s := range u.Slots {
		x.truthful(t, state, "the document", cred.Slot{SecTag: s.SecTag, Kind: s.Type}, s.SHA256, s.Action, s.Holds)
	}
	x.stray(t, state, u)
	if u.Verdict == cred.Pass {
		x.whole(t, state)
	} else if u.Failure == nil {
		t.Errorf("no failure is told: %+v", u)
	}
}

// whole fails the test unless the unit has what is asked for: the anchor, a key, and a certificate for that key and this unit; or what
// was written by hand, and then there is no certificate to be told.
func (x *trial) whole(t testing.TB, state sim.State) *x509.Certificate {
	t.Helper()
	if s := x.v.start.hand; s != nil {
		x.written(t, state, *s)
		return nil
	}
	if x.v.firm != nil {
		x.wholeShared(t, state)
		return nil
	}
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
func (x *trial) final(t testing.TB, rs []record.Record) {
	t.Helper()
	state := x.unit.State()
	x.closed(t)
	c := x.whole(t, state)
	if c == nil {
		x.judgeRecord(t, state, rs[len(rs)-1])
		if x.v.firm != nil {
			x.finalShared(t, state, rs)
		}
		return
	}
	serial := fmt.Sprintf("%x", c.SerialNumber.FillBytes(make([]byte, 16)))
	named, over, abandoned, newest := map[string]string{}, map[string]bool{}, map[string]bool{}, record.Record{}
	for _, r := range rs {
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
	for _, r := range rs {
		if r.IMEI != state.IMEI || r.Unit.UUID != state.UUID || r.Unit.Key != state.DeviceKey {
			t.Errorf("record %s is of the unit %s, %s, %s", r.ID, r.IMEI, r.Unit.UUID, r.Unit.Key.Short())
		}
	}
	for s, id := range named {
		if !over[id] && s != serial {
			t.Errorf("the serial %s of record %s is neither superseded nor in the unit", s, id)
		}
	}
	for _, run := range x.ran {
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
}

// closed fails the test if a run is open.
func (x *trial) closed(t testing.TB) {
	t.Helper()
	x.reopen()
	if open, err := x.l.Unfinished(context.Background()); err != nil || len(open) > 0 {
		t.Errorf("runs are open: %v, %v", open, err)
	}
}

// quiet searches everything that was told or kept for secrets: the passphrase or the authority's key, and what keys the unit ever had.
func (x *trial) quiet(t testing.TB, states ...sim.State) {
	t.Helper()
	secrets := slices.Concat(x.v.secrets, x.v.start.files[x.who].secrets)
	for _, s := range append(states, x.before) {
		for _, c := range s.Slots { // a damaged command may have put the key elsewhere
			text, _ := s.Content(cred.Slot{SecTag: c.SecTag, Kind: c.Type})
			if b, _ := pem.Decode(text); b != nil && b.Type == "PRIVATE KEY" {
				secrets = append(secrets, hunt("the unit's key", scalar(t, text)))
			}
			if x.v.firm != nil && c.Type == cred.PSK {
				secrets = append(secrets, huntPSK(text)...)
			}
		}
	}
	clean(t, x.told.Bytes(), secrets...)
}

// first does a job on a line with something wrong, and judges what it says.
func (x *trial) first(t testing.TB, c *cable, torn bool, most time.Duration) (u bench.Unit, then sim.State) {
	t.Helper()
	start := time.Now()
	u = x.run(t, c, torn)
	if d := time.Since(start); d > most {
		t.Errorf("the run took %v", d)
	}
	<-time.After(time.Second) // of virtual time: what the unit is still at ends
	synctest.Wait()
	then = x.unit.State()
	x.judgeDocument(t, then, u)
	return u, then
}

// next: whatever the first job left, the next one on a good line makes the unit whole, and everything that was told and recorded is true.
func (x *trial) next(t testing.TB, then sim.State) {
	t.Helper()
	x.reopen()
	again := x.good()
	if again.Verdict != cred.Pass {
		t.Errorf("the next run: %v", again.Failure)
		return
	}
	for _, s := range x.untold {
		if !names(again, s) {
			t.Errorf("%v was changed, and the next run does not tell it either", s)
		}
	}
	if left := x.strays(x.unit.State()); x.late && len(left) > 0 {
		t.Errorf("after the next run %v are not as they were", left)
	}
	x.settled(t, then)
}

// settled judges everything that was told and recorded, once the unit is whole.
func (x *trial) settled(t testing.TB, then sim.State) {
	t.Helper()
	rs := x.read(t)
	for _, r := range rs[x.past : len(rs)-1] {
		x.judgeRecord(t, then, r)
	}
	x.final(t, rs)
	x.quiet(t, then, x.unit.State())
}
