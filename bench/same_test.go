package bench_test

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	"example.org/sectag/flows/station"
)

// actions are what was done to the slots 0 to 2.
func actions(t *testing.T, r *rig, o station.Orders, c func()) []string {
	t.Helper()
	if c != nil {
		c()
	}
	l := r.open(t, "ledger.db")
	defer l.Close()
	u := drive(t, r.config(l), o)
	if u.Failure != nil {
		t.Fatalf("%+v", u)
	}
	var out []string
	for _, s := range u.Slots {
		out = append(out, s.Action)
	}
	return out
}

// onModem does something to the unit behind our back.
func onModem(t *testing.T, unit *sim.Modem, do func(*device.Modem) error) {
	t.Helper()
	m, err := device.Attach(context.Background(), unit.Pipe(context.Background()), device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := do(m); err != nil {
		t.Fatal(err)
	}
}

// TestOnlyWhatDiffersIsChanged: a unit that lost its anchor gets the anchor and keeps key and certificate, and is then as it should be.
// What the profile does not speak of is listed and left alone.
func TestOnlyWhatDiffersIsChanged(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, "nrf9151")
	foreign := []byte("0123456789abcdef")
	onModem(t, r.unit, func(m *device.Modem) error { return m.Write(ctx, cred.Slot{SecTag: 7, Kind: cred.PSK}, foreign, nil) })
	written, kept := []string{"written", "written", "written"}, []string{"kept", "kept", "kept"}
	if got := actions(t, r, station.Orders{}, nil); !slices.Equal(got, written) {
		t.Fatalf("blank: %v", got)
	}
	cert, _ := r.unit.State().Content(cred.Slot{SecTag: 42, Kind: cred.ClientCert})
	flash := r.unit.Counters().Flash
	if got := actions(t, r, station.Orders{}, nil); !slices.Equal(got, kept) || r.unit.Counters().Flash != flash {
		t.Errorf("again: %v, with %d flash operations", got, r.unit.Counters().Flash-flash)
	}
	lost := func() {
		onModem(t, r.unit, func(m *device.Modem) error {
			_, err := m.Delete(ctx, cred.Slot{SecTag: 42, Kind: cred.RootCA})
			return err
		})
		flash = r.unit.Counters().Flash
	}
	for range 2 {
		if got := actions(t, r, station.Orders{}, lost); !slices.Equal(got, []string{"written", "kept", "kept"}) || r.unit.Counters().Flash != flash+1 {
			t.Errorf("without its anchor: %v, with %d flash operations", got, r.unit.Counters().Flash-flash)
		}
		flash = r.unit.Counters().Flash
		if got := actions(t, r, station.Orders{}, nil); !slices.Equal(got, kept) || r.unit.Counters().Flash != flash {
			t.Errorf("after the repair: %v, with %d flash operations", got, r.unit.Counters().Flash-flash)
		}
	}
	if still, _ := r.unit.State().Content(cred.Slot{SecTag: 42, Kind: cred.ClientCert}); !bytes.Equal(still, cert) {
		t.Error("the certificate is another one")
	}
	if still, ok := r.unit.State().Content(cred.Slot{SecTag: 7, Kind: cred.PSK}); !ok || !bytes.Equal(still, foreign) {
		t.Error("a foreign slot was touched")
	}
	l := r.open(t, "ledger.db")
	defer l.Close()
	if rep, err := l.Verify(ctx, nil); err != nil || rep.Verdict != cred.Pass {
		t.Errorf("%+v, %v", rep, err)
	}
	runs, err := l.Runs(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	serials := 0
	for _, run := range runs {
		s, err := l.Serials(ctx, run.ID)
		if err != nil {
			t.Fatal(err)
		}
		serials += len(s)
	}
	if serials != 1 {
		t.Errorf("%d serials were reserved for one certificate", serials)
	}
}

// TestAnotherAnchorRenewsAll: the rule of what is current asks for a record of that anchor, since the proof of the connection stands in
// the record, and the key that could prove another is gone. Only the slots of the profile are touched.
func TestAnotherAnchorRenewsAll(t *testing.T) {
	r := newRig(t, "nrf9151")
	actions(t, r, station.Orders{}, nil)
	other := secondRoot(t)
	if got := actions(t, r, station.Orders{}, func() { r.profile.Slots[0].Anchor = other }); !slices.Equal(got, []string{"written", "written", "written"}) {
		t.Errorf("%v", got)
	}
	if got := actions(t, r, station.Orders{}, nil); !slices.Equal(got, []string{"kept", "kept", "kept"}) {
		t.Errorf("%v", got)
	}
}
