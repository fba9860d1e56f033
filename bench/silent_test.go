package bench_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows/station"
)

// TestAWriteWithoutAnAnswerLeavesNoDoubt: the line is brought in step again, and then the modem is asked what the slot holds, and
// the host how long a line it takes.
func TestAWriteWithoutAnAnswerLeavesNoDoubt(t *testing.T) {
	r, began := newRig(t, "nrf9151?fault=overflow&fault=online"), time.Now()
	synctest.Test(t, func(t *testing.T) {
		c, start := r.config(nil), time.Now()
		c.Now = func() time.Time { return began.Add(time.Since(start)) } // the bubble's clock is before the authority's
		u := drive(t, c, station.Orders{})
		if u.Failure == nil || u.Failure.Code != "line.short-buffer" || u.Verdict != cred.Fail {
			t.Fatalf("%+v", u)
		}
		for _, s := range u.Slots {
			if s.Holds != "missing" {
				t.Errorf("%d %s holds %q, want missing", s.SecTag, s.Kind, s.Holds)
			}
		}
		if d := time.Since(start); d > 15*time.Second { // the write's own limit, the way back, and the measure
			t.Errorf("it took %v", d)
		}
		synctest.Wait()
	})
}

// TestAFirmwareIsRefusedForWhatItTold: in the words of what the modem said of it.
func TestAFirmwareIsRefusedForWhatItTold(t *testing.T) {
	for unit, says := range map[string]string{
		"nrf9151?fault=no-firmware": "does not tell its firmware's version",
		"nrf9160-old":               "mfw_nrf9160_1.2.3 cannot prove what it stored",
	} {
		r := newRig(t, unit)
		u := drive(t, r.config(nil), station.Orders{})
		if f := u.Failure; f == nil || f.Code != "store.firmware-old" || !strings.Contains(f.Text, says) || !strings.Contains(f.Hint, "nrfutil") {
			t.Errorf("%s: %v", unit, f)
		}
	}
}

// TestAUnitThatHoldsTooMuchToBeListedIsWorkedOn: what a plan is about is listed by its sec_tag.
func TestAUnitThatHoldsTooMuchToBeListedIsWorkedOn(t *testing.T) {
	r, began := newRig(t, "nrf9151"), time.Now()
	synctest.Test(t, func(t *testing.T) {
		fill(t, r)
		c, start := r.config(nil), time.Now()
		c.Now = func() time.Time { return began.Add(time.Since(start)) }
		u := drive(t, c, station.Orders{Yes: true, IMEIs: []cred.IMEI{r.unit.State().IMEI}})
		if u.Failure != nil || len(u.Slots) != 3 || u.Slots[0].Action != "written" || len(r.unit.State().Slots) != 63 {
			t.Errorf("%+v", u)
		}
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("it took %v", d)
		}
		synctest.Wait()
	})
}

// fill puts sixty credentials into the unit, of other sec_tags than the profile's.
func fill(t *testing.T, r *rig) {
	t.Helper()
	line, err := r.dialer.Open(t.Context(), r.name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := device.Attach(t.Context(), line, device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for n := range cred.SecTag(60) {
		if err := m.Write(t.Context(), cred.Slot{SecTag: 2147483000 + n, Kind: cred.PSKID}, []byte("a"), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
}
