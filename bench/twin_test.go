package bench_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"example.org/sectag/bench"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	server "example.org/sectag/endpoint/sim"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// meet gives the rig a server that takes the units of its authority.
func (r *rig) meet(t *testing.T, clientCA string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	over, up := make(chan error, 1), make(chan string, 1)
	dir := t.TempDir()
	go func() {
		over <- server.Serve(ctx, server.Config{Dir: dir, ClientCA: clientCA}, func(url string) { up <- url })
	}()
	t.Cleanup(func() {
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	select {
	case url := <-up:
		var err error
		if r.profile.Endpoint, err = cred.ParseEndpoint(url); err != nil {
			t.Fatal(err)
		}
	case err := <-over:
		over <- nil
		t.Fatal(err)
	}
	r.profile.Slots = []profile.Slot{{SecTag: 42, Anchor: server.RootFile(dir)}}
}

func driveTo(t *testing.T, c bench.Config) bench.Unit {
	t.Helper()
	b := bench.New(c)
	with := terms
	with.Endpoint = true
	fault, err := b.Drive(context.Background(), context.Background(), with, opening(b, station.Orders{}), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.Document(fault, false)
}

// A key that the modem made is proven by a twin: path host, twin true, and a record of kind test beside the unit's own. The twin is
// nobody's: its serial is abandoned, it binds nothing, and nothing of it comes to the modem. Its connection that fails has its record, too.
func TestATwinHasARecordOfItsOwn(t *testing.T) {
	for name, passes := range map[string]bool{"the server takes it": true, "the server refuses it": false} {
		t.Run(name, func(t *testing.T) {
			r, l := keyRig(t, "nrf9151?fault=online")
			trusted := r.profile.Cert
			if !passes {
				trusted = newRig(t, "nrf9151").profile.Cert
			}
			r.meet(t, trusted)
			c := r.config(l)
			c.Timeout = 20 * time.Second
			u := driveTo(t, c)
			if u.KeyOrigin != "modem" || u.Connect == nil || !u.Connect.Twin || u.Connect.Path != "host" || (u.Verdict == cred.Pass) != passes {
				t.Fatalf("%+v, %+v, %v", u, u.Connect, u.Failure)
			}
			own := shown(t, l, u.Record)
			list, err := l.List(t.Context(), ledger.Query{})
			if err != nil || len(list) != 2 {
				t.Fatalf("%+v, %v", list, err)
			}
			var test record.Record
			for _, s := range list {
				if s.Kind == record.Test {
					test = shown(t, l, s.Record)
				}
			}
			twin := own.Connect.TwinSerial
			switch {
			case twin == "" || twin == own.Cert.Serial || test.Connect == nil || test.Connect.TwinSerial != twin || !test.Connect.Twin || test.Connect.Path != "host":
				t.Errorf("twin %q, the unit's %q, the test's %+v", twin, own.Cert.Serial, test.Connect)
			case test.Cert != nil || test.Key != nil || len(test.Bindings()) != 0 || test.Uniqueness != nil || test.Supersedes != "" || len(test.Slots) != 0:
				t.Errorf("the test claims something: %+v", test)
			case !slices.Equal(test.Abandoned, []string{twin}) || test.IMEI != own.IMEI || test.Unit.Name != own.Unit.Name || (test.Failure == nil) != passes || (test.Verdict == cred.Fail) == passes:
				t.Errorf("%+v", test)
			}
			serials, err := l.Serials(t.Context(), own.Run)
			if err != nil || !slices.Contains(serials, ledger.Serial{Serial: twin, Run: own.Run, State: ledger.SerialAbandoned}) {
				t.Errorf("%+v, %v", serials, err)
			}
			if _, bound, err := l.Holder(t.Context(), record.Binding{What: record.BindSerial, Value: twin}); err != nil || bound {
				t.Errorf("the twin's serial is bound: %v", err)
			}
			r.matched(t, u) // the unit's own certificate and key are in the modem, and in no other slot is anything of the twin
			if n := len(r.unit.State().Slots); n != 3 {
				t.Errorf("%d slots", n)
			}
			if report, err := l.Verify(t.Context(), nil); err != nil || report.Records != 2 {
				t.Errorf("%+v, %v", report, err)
			}
			if passes { // the same unit again: nothing of the test is in the way, and nothing new is made
				if again := driveTo(t, c); again.Verdict != cred.Pass || again.Slots[0].Action != "kept" {
					t.Errorf("%+v", again)
				}
			}
		})
	}
}

// A process that died between handshakes that must fail left a run with serials and nothing else: the next run of a unit closes it and
// abandons them, and owes nobody anything.
func TestHandshakesThatMustFailDiedInTheMiddle(t *testing.T) {
	r := newRig(t, "nrf9151?fault=online")
	l := r.open(t, "ledger.db")
	at := record.Stamp(time.Now())
	run, err := l.Begin(t.Context(), at, []byte(`{"verb":"connect --negative"}`))
	if err != nil {
		t.Fatal(err)
	}
	serial := "5f00000000000000000000000000000a"
	if err := l.Reserve(t.Context(), run, at, serial); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = r.open(t, "ledger.db")
	defer l.Close()
	if u := drive(t, r.config(l), station.Orders{}); u.Verdict != cred.Pass {
		t.Fatalf("%+v", u)
	}
	serials, err := l.Serials(t.Context(), run)
	if err != nil || !slices.Equal(serials, []ledger.Serial{{Serial: serial, Run: run, State: ledger.SerialAbandoned}}) {
		t.Errorf("%+v, %v", serials, err)
	}
	if open, err := l.Unfinished(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("%+v, %v", open, err)
	}
	if list, err := l.List(t.Context(), ledger.Query{}); err != nil || len(list) != 1 || list[0].Kind != record.Provision {
		t.Errorf("%+v, %v", list, err)
	}
	if rep, err := l.Verify(t.Context(), nil); err != nil || rep.Verdict != cred.Pass {
		t.Errorf("%+v, %v", rep, err)
	}
}
