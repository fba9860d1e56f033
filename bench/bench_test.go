package bench_test

import (
	"context"
	"os"
	"testing"
	"time"

	"example.org/sectag/bench/desk"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

func TestOneUnitFromBlankToWrittenAndThenKept(t *testing.T) {
	r := newRig(t, "nrf9151")
	l := r.open(t, "ledger.db")
	defer l.Close()
	u := drive(t, r.config(l), station.Orders{})
	if u.Verdict != cred.Pass || u.Failure != nil || len(u.Slots) != 3 || u.Record != "0" || u.Connect != nil || u.KeyOrigin != "host" {
		t.Fatalf("%+v", u)
	}
	for _, s := range u.Slots {
		content, ok := r.unit.State().Content(cred.Slot{SecTag: s.SecTag, Kind: s.Type})
		if !ok || cred.Sum(content) != s.SHA256 || s.Action != "written" {
			t.Errorf("slot %v: the modem holds %v", s, cred.Sum(content))
		}
	}
	again := drive(t, r.config(l), station.Orders{})
	if again.Verdict != cred.Pass || again.Certificate != nil {
		t.Errorf("%+v", again)
	}
	for i, s := range again.Slots {
		if s.Action != "kept" || s.SHA256 != u.Slots[i].SHA256 {
			t.Errorf("slot %v was not kept", s)
		}
	}
	rec, _, err := l.Show(context.Background(), again.Record)
	if err != nil || rec.Kind != record.Check || rec.Checks != u.Record {
		t.Errorf("record %+v, %v", rec, err)
	}
	if runs, err := l.Runs(context.Background(), ledger.RunOpen); err != nil || len(runs) != 0 {
		t.Errorf("runs are left open: %v, %v", runs, err)
	}
}

func TestADryRunChangesNothing(t *testing.T) {
	r := newRig(t, "nrf9151")
	l := r.open(t, "ledger.db")
	defer l.Close()
	before := r.unit.State()
	u := drive(t, r.config(l), station.Orders{Look: true})
	if u.Verdict != cred.Pass || len(u.Slots) != 3 || u.Slots[0].Action != "written" || u.Record != "" {
		t.Errorf("%+v", u)
	}
	if n := len(r.unit.State().Slots); n != len(before.Slots) {
		t.Errorf("the modem has %d slots, had %d", n, len(before.Slots))
	}
	if list, err := l.List(context.Background(), ledger.Query{}); err != nil || len(list) != 0 {
		t.Errorf("records: %v, %v", list, err)
	}
	runs, err := l.Runs(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range runs {
		if s, err := l.Serials(context.Background(), run.ID); err != nil || len(s) != 0 {
			t.Errorf("serials were reserved: %v, %v", s, err)
		}
	}
}

// TestEveryPlaceToDie lets a run die behind every line of its journal, starts again with the same unit, and wants a unit that is
// right, a truthful ledger and no serial that two certificates have.
func TestEveryPlaceToDie(t *testing.T) {
	for _, origin := range []profile.Origin{profile.Host, profile.Modem} {
		t.Run(string(origin), func(t *testing.T) {
			t.Parallel()
			everyPlaceToDie(t, origin)
		})
	}
}

func everyPlaceToDie(t *testing.T, origin profile.Origin) {
	ctx := context.Background()
	r := newRig(t, "nrf9151?fault=online")
	r.profile.Origin = origin
	l := r.open(t, "whole.db")
	drive(t, r.config(l), station.Orders{})
	events, err := l.Events(ctx, "1")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var lines []ledger.Event
	for _, e := range events {
		if !e.Own() {
			lines = append(lines, e)
		}
	}
	if len(lines) < 20 {
		t.Fatalf("only %d lines: the run did not do the work", len(lines))
	}
	for k := range len(lines) + 1 {
		dieBehind(t, r, lines[:k])
	}
}

func dieBehind(t *testing.T, r *rig, lines []ledger.Event) {
	ctx := context.Background()
	name := "dead" + time.Now().Format("150405.000000") + ".db"
	l := r.open(t, name)
	run, err := l.Begin(ctx, "2026-11-22T00:00:00Z", []byte(`{"port":"p"}`))
	if err != nil {
		t.Fatal(err)
	}
	prepared, recorded := false, false
	for _, e := range lines {
		if err := l.AppendEvent(ctx, run, e.Type, e.At, e.Body); err != nil {
			t.Fatal(err)
		}
		prepared = prepared || e.Type == "cred.prepared"
		recorded = recorded || e.Type == "record.written"
	}
	if err := l.Reserve(ctx, run, "2026-11-22T00:00:00Z", "7f"); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	l = r.open(t, name)
	defer l.Close()
	u := drive(t, r.config(l), station.Orders{Yes: true, IMEIs: []cred.IMEI{r.unit.State().IMEI}})
	if u.Verdict != cred.Pass {
		t.Errorf("behind %d lines: %+v", len(lines), u)
	}
	list, err := l.List(ctx, ledger.Query{})
	if err != nil {
		t.Fatal(err)
	}
	interrupted := 0
	for _, s := range list {
		if s.Kind == record.Interrupted {
			interrupted++
		}
	}
	want := 0
	if prepared && !recorded {
		want = 1
	}
	if interrupted != want {
		t.Errorf("behind %d lines: %d interrupted records, want %d", len(lines), interrupted, want)
	}
	serials, err := l.Serials(ctx, run)
	if err != nil || len(serials) != 1 || serials[0].State != ledger.SerialAbandoned {
		t.Errorf("behind %d lines: the dead run's serial is %v, %v", len(lines), serials, err)
	}
	if rep, err := l.Verify(ctx, nil); err != nil || rep.Verdict != cred.Pass {
		t.Errorf("behind %d lines: the ledger says %+v, %v", len(lines), rep, err)
	}
}

// BenchmarkUnit is the whole job at a real speed: open, identify, three deletes, three writes, each read back, journal and record on
// the disk. The unit's line is paced, so what counts is how far the line time is from the floor that no driver can beat.
func BenchmarkUnit(b *testing.B) {
	for _, line := range []struct {
		name, unit string
		baud       int
		flash      time.Duration
		key        profile.Origin
	}{
		{"115200", "nrf9151?baud=115200&flash=30ms", 115200, 30 * time.Millisecond, profile.Host},
		{"115200-modem-key", "nrf9151?baud=115200&flash=30ms", 115200, 30 * time.Millisecond, profile.Modem},
		{"unpaced", "nrf9151", 0, 0, profile.Host},
	} {
		b.Run(line.name, func(b *testing.B) { benchmarkUnit(b, line.unit, line.baud, line.flash, line.key) })
	}
}

func benchmarkUnit(b *testing.B, unit string, baud int, flash time.Duration, key profile.Origin) {
	r := newRig(b, unit)
	r.profile.Origin = key
	l := r.open(b, "ledger.db")
	defer l.Close()
	anchors := [2]string{r.profile.Slots[0].Anchor, secondRoot(b)}
	drive(b, r.config(l), station.Orders{}) // so that there is something to delete
	var bytes, floor, line, whole float64
	for b.Loop() {
		anchors[0], anchors[1] = anchors[1], anchors[0]
		r.profile.Slots[0].Anchor = anchors[0] // another anchor: all three slots are replaced
		before, began := r.unit.Counters(), time.Now()
		u := drive(b, r.config(l), station.Orders{})
		if u.Verdict != cred.Pass || u.Slots[0].Action != "written" {
			b.Fatalf("%+v", u)
		}
		c := r.unit.Counters().Sub(before)
		bytes += float64(c.BytesIn + c.BytesOut)
		floor += c.Floor(baud, flash).Seconds() * 1000
		line += float64(u.Line.MS)
		whole += time.Since(began).Seconds() * 1000
	}
	n := float64(b.N)
	b.ReportMetric(bytes/n, "B/unit")
	b.ReportMetric(floor/n, "floor-ms")
	b.ReportMetric(line/n, "line-ms")
	b.ReportMetric(whole/n, "process-ms")
	if floor > 0 {
		b.ReportMetric(line/floor, "line/floor")
	}
	b.ReportMetric(0, "ns/op")
}

// TestAnIMEIWithAWrongCheckDigitIsWorkedOnWithAWarning: such units exist, and document and record say the same of them.
func TestAnIMEIWithAWrongCheckDigitIsWorkedOnWithAWarning(t *testing.T) {
	r := newRig(t, "nrf9151?imei=123456789012345")
	l := r.open(t, "ledger.db")
	defer l.Close()
	for _, action := range []string{"written", "kept"} {
		u := drive(t, r.config(l), station.Orders{})
		if u.Verdict != cred.Warn || u.Failure != nil || len(u.Findings) != 1 || u.Slots[0].Action != action {
			t.Errorf("%+v", u)
		}
		rec, _, err := l.Show(context.Background(), u.Record)
		if err != nil || rec.Verdict != cred.Warn || len(rec.Findings) != 1 || rec.Findings[0].Code != "store.imei-check" {
			t.Errorf("record %+v, %v", rec, err)
		}
	}
}

// TestAClockBehindTheNewestRecordSignsNothing: no unit's certificate, and no new authority.
func TestAClockBehindTheNewestRecordSignsNothing(t *testing.T) {
	r := newRig(t, "nrf9151")
	l := r.open(t, "ledger.db")
	defer l.Close()
	drive(t, r.config(l), station.Orders{})
	c := r.config(l)
	c.Now = func() time.Time { return time.Now().Add(-5 * time.Minute) } // the authority began ten minutes ago
	r.profile.Slots[0].Anchor = secondRoot(t)
	c.Profile = r.profile
	if u := drive(t, c, station.Orders{}); u.Failure == nil || u.Failure.Code != "ca.clock" || u.Slots[0].Holds != "old" {
		t.Errorf("%+v", u)
	}
	d := desk.New(c, func() flows.Facts { return flows.Facts{} })
	defer d.Close()
	dir := t.TempDir()
	answer := d.Do(context.Background(), flows.CreateAuthority{ID: 7, Dir: dir, Pass: d.Keep([]byte("correct horse"))})
	if f, ok := answer.(flows.Failed); !ok || f.Code != "ca.clock" || f.ID != 7 {
		t.Errorf("%+v", answer)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
}
