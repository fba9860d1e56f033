package bench_test

import (
	"testing"
	"testing/synctest"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	"example.org/sectag/flows/station"
)

// A slot that a bad line damaged to the end was written by us: the next run on a good line makes it new and asks nobody. What somebody
// puts there afterwards is not ours, whoever wrote there before.
func TestWhatTheLineDamagedIsOurs(t *testing.T) {
	v := newVirtual(t, "")
	for name, c := range map[string]struct {
		faults  []string // of one failed run each
		another bool
		code    string
	}{
		"damaged to the end":        {[]string{"damage"}, false, ""},
		"damaged twice":             {[]string{"damage", "damage"}, false, ""},
		"replaced by somebody else": {[]string{"damage"}, true, "store.unconfirmed"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				unit, l := v.unit(t), v.store(t)
				defer l.Close()
				for _, f := range c.faults {
					broken(t, unit, f)
					u := drive(t, v.config(l, device.Dialer{Sim: lineTo(unit)}), station.Orders{})
					if u.Failure == nil || u.Failure.Code != "store.mismatch" || u.Slots[0].Holds == "new" || u.Slots[0].Holds == "missing" {
						t.Fatalf("%+v", u)
					}
				}
				broken(t, unit)
				if c.another {
					onModem(t, unit, func(m *device.Modem) error {
						at := cred.Slot{SecTag: 42, Kind: cred.RootCA}
						if _, err := m.Delete(t.Context(), at); err != nil {
							return err
						}
						return m.Write(t.Context(), at, []byte("somebody else's"), nil)
					})
				}
				u := drive(t, v.config(l, device.Dialer{Sim: lineTo(unit)}), station.Orders{})
				if c.code == "" && u.Verdict != cred.Pass || c.code != "" && (u.Failure == nil || u.Failure.Code != c.code) {
					t.Fatalf("%v: %+v", u.Failure, u)
				}
			})
		})
	}
}

// broken gives a unit faults by name, and takes away those that it had.
func broken(t testing.TB, unit *sim.Modem, names ...string) {
	t.Helper()
	var all []sim.Fault
	for _, n := range names {
		f, err := sim.ParseFault(n)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	if err := unit.SetFaults(all...); err != nil {
		t.Fatal(err)
	}
}
