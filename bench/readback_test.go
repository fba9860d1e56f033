package bench_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/device/sim"
	"example.org/sectag/ledger/record"
)

// asked is a bench that has each unit asked for its secret, or by another rule.
func (v virtual) asked(rule profile.Readback) virtual {
	v.profile.Readback = rule
	return v
}

// test is one of a record's tests.
func test(t testing.TB, r record.Record, name string) record.Measured {
	t.Helper()
	i := slices.IndexFunc(r.Tests, func(m record.Measured) bool { return m.Test == name })
	if i < 0 {
		t.Fatalf("record %s has no %s", r.ID, name)
	}
	return r.Tests[i]
}

// readback is what a record says of its key.
func readbackOf(r record.Record) string {
	for _, s := range r.Slots {
		if s.Type == cred.ClientKey {
			return s.Readback
		}
	}
	return "no key"
}

// The first unit of a modem firmware is asked for its key, and refuses; the next names that record; one with other firmware is asked again.
func TestTheFirstUnitIsAskedForItsKey(t *testing.T) {
	for _, origin := range []profile.Origin{profile.Host, profile.Modem} {
		v := newVirtual(t, "").keyed(origin).asked(profile.First)
		synctest.Test(t, func(t *testing.T) {
			l := v.store(t)
			defer l.Close()
			for i, firmware := range []string{"mfw_nrf91x1_2.0.3", "mfw_nrf91x1_2.0.3", "mfw_nrf91x1_2.0.2"} {
				x := v.trial(t, l, imeis(3)[i])
				x.unit = made(t, sim.Config{IMEI: x.who, Firmware: firmware})
				u := x.good()
				if u.Verdict != cred.Pass {
					t.Fatalf("%+v", u.Failure)
				}
				r := x.read(t)[0]
				m, want, evidenced := test(t, r, "T3"), "pass", "slots: readback; 42 client-key CME 514, a control the content, an empty slot CME 513"
				if i == 1 {
					want, evidenced = "not-run", record.PassedIn+"0"
				}
				if m.Result != want || m.Evidence != evidenced || (readbackOf(r) == "refused") != (want == "pass") {
					t.Errorf("key %s, unit %d: %+v, %s", origin, i, m, readbackOf(r))
				}
			}
		})
	}
}

// A modem that gives its key out makes a unit that fails, each of them; nothing of the key is told or kept. One that gives nothing out at
// all proves nothing, and does not fail.
func TestAModemThatGivesItsKeyOut(t *testing.T) {
	for _, origin := range []profile.Origin{profile.Host, profile.Modem} {
		for fault, want := range map[string]struct {
			verdict              cred.Verdict
			code, test, readback string
		}{
			"readback":    {cred.Fail, "store.readback", "fail", "returned"},
			"no-readback": {cred.Pass, "", "not-run", "error"},
		} {
			v := newVirtual(t, "").keyed(origin).asked(profile.First)
			synctest.Test(t, func(t *testing.T) {
				l := v.store(t)
				defer l.Close()
				for _, who := range imeis(2) {
					x := v.trial(t, l, who)
					f, err := sim.ParseFault(fault)
					if err != nil {
						t.Fatal(err)
					}
					x.unit = made(t, sim.Config{IMEI: who, Faults: []sim.Fault{f}})
					u, then := x.first(t, x.cable(), false, time.Minute)
					code := ""
					if u.Failure != nil {
						code = u.Failure.Code
					}
					r := x.read(t)[0]
					if m := test(t, r, "T3"); u.Verdict != want.verdict || code != want.code || r.Verdict != want.verdict || m.Result != want.test || readbackOf(r) != want.readback || m.Deviation == "" {
						t.Errorf("key %s, %s: %s %s, record %s, %+v, %s", origin, fault, u.Verdict, code, r.Verdict, m, readbackOf(r))
					}
					x.quiet(t, then)
				}
			})
		}
	}
}

// What the store holds beside the profile's slots is warned of, and the test of the inventory fails; not what the profile names.
func TestWhatNobodyDeclares(t *testing.T) {
	for name, c := range map[string]struct {
		also    []cred.SecTag
		verdict cred.Verdict
		result  string
	}{
		"undeclared": {nil, cred.Warn, "fail"},
		"declared":   {[]cred.SecTag{7}, cred.Pass, "pass"},
	} {
		v := newVirtual(t, "")
		v.profile.SHA256, v.profile.Also = cred.Sum([]byte("a profile")), c.also
		synctest.Test(t, func(t *testing.T) {
			l := v.store(t)
			defer l.Close()
			x := v.trial(t, l, imeis(1)[0])
			tell(t, x.unit, `AT%CMNG=0,7,4,"left behind"`)
			for _, kind := range []record.Kind{record.Provision, record.Check} { // also where nothing is left to do
				u := x.good()
				rs := x.read(t)
				r := rs[len(rs)-1]
				if m := test(t, r, "T1"); r.Kind != kind || u.Verdict != c.verdict || r.Verdict != c.verdict || m.Result != c.result {
					t.Errorf("%s, %s: %s, record %s, %+v; %+v", name, r.Kind, u.Verdict, r.Verdict, m, u.Findings)
				}
			}
		})
	}
}

// The cable comes out, or a byte goes wrong, anywhere in a job in which the unit is asked for its key: the next run makes it whole, and
// nothing of a key is told. In make test few bytes, in make sweep each.
func TestSomethingIsWrongWhileAKeyIsAskedFor(t *testing.T) {
	eager(t)
	step := spare(61)
	for _, origin := range []profile.Origin{profile.Host, profile.Modem} {
		for _, fromUnit := range []bool{false, true} {
			t.Run(fmt.Sprintf("key=%s,fromUnit=%v,cut", origin, fromUnit), func(t *testing.T) {
				t.Parallel()
				newVirtual(t, "").keyed(origin).asked(profile.Each).sweep(t, step, func(t testing.TB, x *trial, n int) bool {
					c := x.cable()
					if c.cutOut = &n; fromUnit {
						c.cutIn, c.cutOut = &n, nil
					}
					_, then := x.first(t, c, n%2 == 1, cutLimit)
					x.unit.Reboot()
					x.next(t, then)
					return c.pulled.Load()
				})
			})
		}
		for name, l := range noisyLines() {
			t.Run(fmt.Sprintf("key=%s,%s", origin, name), func(t *testing.T) {
				t.Parallel()
				newVirtual(t, "").keyed(origin).asked(profile.Each).sweepNoise(t, step, l)
			})
		}
	}
}

// A read that the line makes a deletion of is found: the key is written again, the root is told of and the next run writes it.
func TestAReadThatBecomesADeletion(t *testing.T) {
	for read, want := range map[string]string{"AT%CMNG=2,42,2": "", "AT%CMNG=2,42,0": "store.stray"} {
		v := newVirtual(t, "").asked(profile.Each)
		synctest.Test(t, func(t *testing.T) {
			l := v.store(t)
			defer l.Close()
			x := v.trial(t, l, imeis(1)[0])
			c := x.cable()
			var met atomic.Bool
			c.out = func(_ int, b []byte) []byte {
				if at := slices.Index(b, '='); string(b) == read+"\r" && !met.Swap(true) {
					b = slices.Clone(b)
					b[at+1] = '3'
				}
				return b
			}
			u, then := x.first(t, c, false, time.Minute)
			code := ""
			if u.Failure != nil {
				code = u.Failure.Code
			}
			if code != want || !met.Load() {
				t.Errorf("%s: %s, met %v", read, code, met.Load())
			}
			x.next(t, then)
		})
	}
}
