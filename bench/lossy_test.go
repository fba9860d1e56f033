package bench_test

import (
	"testing"
	"testing/synctest"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	"example.org/sectag/flows/station"
)

// A line that loses or changes bytes is written to again, more slowly, and both the document and the record say how often. What the
// modem damages each time is given up, and that is said too.
func TestWhatWasWrittenAgainIsSaid(t *testing.T) {
	v := newVirtual(t, "")
	for fault, want := range map[string]struct {
		verdict cred.Verdict
		repeats map[cred.Kind]int // nil: some
	}{
		"damage@1":   {cred.Pass, map[cred.Kind]int{cred.RootCA: 1}},
		"damage@2":   {cred.Pass, map[cred.Kind]int{cred.ClientCert: 1}},
		"overrun@40": {cred.Pass, nil},
		"damage":     {cred.Fail, map[cred.Kind]int{cred.RootCA: device.Repeats}},
	} {
		synctest.Test(t, func(t *testing.T) { v.lossy(t, fault, want.verdict, want.repeats) })
	}
}

func (v virtual) lossy(t *testing.T, fault string, verdict cred.Verdict, repeats map[cred.Kind]int) {
	unit, l := v.unit(t), v.store(t)
	defer l.Close()
	f, err := sim.ParseFault(fault)
	if err != nil {
		t.Fatal(err)
	}
	if err := unit.SetFaults(f); err != nil {
		t.Fatal(err)
	}
	u := drive(t, v.config(l, device.Dialer{Sim: lineTo(unit)}), station.Orders{})
	rec := shown(t, l, u.Record)
	if u.Verdict != verdict || u.Verdict == cred.Fail && u.Failure.Code != "store.mismatch" {
		t.Errorf("%s: %+v", fault, u)
	}
	said := 0
	for _, s := range rec.Slots {
		if s.Repeats > 0 {
			said++
		}
		if repeats != nil && s.Repeats != repeats[s.Type] {
			t.Errorf("%s: the record says %+v", fault, s)
		}
		content, ok := unit.State().Content(cred.Slot{SecTag: s.SecTag, Kind: s.Type})
		if verdict == cred.Pass && (!ok || cred.Sum(content) != s.Sent || s.SHA256 != s.Sent) {
			t.Errorf("%s: the modem holds something else than %+v", fault, s)
		}
	}
	if said == 0 || len(u.Findings) != said || len(rec.Findings) != said {
		t.Errorf("%s: %d slots were written again, the document says %v, the record %v", fault, said, u.Findings, rec.Findings)
	}
	for _, f := range append(u.Findings, rec.Findings...) {
		if f.Code != "line.lossy" || f.Severity != cred.Info {
			t.Errorf("%s: %+v", fault, f)
		}
	}
}
