package ledger

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/ledger/record"
)

func TestRunFromBeginToEnd(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, url := openNew(t, k)
		ctx := t.Context()
		run, err := s.Begin(ctx, at, body(t, map[string]string{"port": "COM3"}))
		must(t, err)
		must(t, s.AppendEvent(ctx, run, "unit.identified", at, json.RawMessage(`{"imei":"352656100367872"}`)))
		must(t, s.AppendFirm(ctx, run, "slot.deleted", at, nil))
		open, err := s.Unfinished(ctx)
		must(t, err)
		if len(open) != 0 {
			t.Errorf("our own run is called unfinished: %+v", open)
		}
		must(t, s.Close())

		s = openAt(t, url)
		open, err = s.Unfinished(ctx)
		must(t, err)
		want := []Run{{ID: run, State: RunOpen, Lines: 3, At: at, Body: json.RawMessage(`{"port":"COM3"}`)}}
		if d := cmp.Diff(want, open); d != "" {
			t.Error(d)
		}
		must(t, s.End(ctx, run, at, RunInterrupted))
		events, err := s.Events(ctx, run)
		must(t, err)
		var got []string
		for _, e := range events {
			got = append(got, fmt.Sprintf("%d %s %v", e.Seq, e.Type, e.Own()))
		}
		wantLines := []string{"0 ledger.begin true", "1 unit.identified false", "2 slot.deleted false", "3 ledger.end true"}
		if d := cmp.Diff(wantLines, got); d != "" {
			t.Error(d)
		}
		if err := s.AppendEvent(ctx, run, "slot.deleted", at, nil); err == nil {
			t.Error("a closed run took a line")
		}
		if err := s.End(ctx, run, at, RunDone); err == nil {
			t.Error("a run ended twice")
		}
		open, err = s.Unfinished(ctx)
		must(t, err)
		if len(open) != 0 {
			t.Errorf("closed and still unfinished: %+v", open)
		}
		next, err := s.Begin(ctx, at, nil)
		must(t, err)
		if next == run {
			t.Error("two runs have one name")
		}
		mustVerify(t, s.Reader)
	})
}

func TestJournalRefuses(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		ctx := t.Context()
		run, err := s.Begin(ctx, at, nil)
		must(t, err)
		for name, c := range map[string]struct{ run, typ, at, body string }{
			"no such run":   {"99", "a.b", at, "{}"},
			"run is a word": {"x", "a.b", at, "{}"},
			"own line":      {run, "ledger.end", at, "{}"},
			"no type":       {run, "", at, "{}"},
			"odd type":      {run, "A b", at, "{}"},
			"no time":       {run, "a.b", "yesterday", "{}"},
			"no JSON":       {run, "a.b", at, "{"},
			"no object":     {run, "a.b", at, "[]"},
			"empty body":    {run, "a.b", at, ""},
			"too long":      {run, "a.b", at, `{"a":"` + strings.Repeat("x", maxEvent) + `"}`},
			"a private key": {run, "a.b", at, `{"a":"-----BEGIN EC PRIVATE KEY-----"}`},
			"a command":     {run, "a.b", at, `{"a":"AT%CMNG=0,42,3,00"}`},
		} {
			if err := s.AppendEvent(ctx, c.run, c.typ, c.at, json.RawMessage(c.body)); err == nil {
				t.Errorf("%s: written", name)
			} else if name == "a private key" && strings.Contains(err.Error(), "BEGIN") {
				t.Errorf("the refusal quotes what it refused: %v", err)
			}
		}
		must(t, s.AppendEvent(ctx, run, "a.b", at, nil))
		events, err := s.Events(ctx, run)
		must(t, err)
		if len(events) != 2 {
			t.Errorf("%d lines, want 2", len(events))
		}
		if err := s.End(ctx, run, at, RunOpen); err == nil {
			t.Error("a run ended as open")
		}
		mustVerify(t, s.Reader)
	})
}

func TestSerials(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, url := openNew(t, k)
		ctx := t.Context()
		run, err := s.Begin(ctx, at, nil)
		must(t, err)
		r := unitRecord(1, 1)
		r.Run = run
		for _, n := range []string{serial(1), serial(2), r.Cert.Serial} {
			must(t, s.Reserve(ctx, run, at, n))
			wantCode(t, s.Reserve(ctx, run, at, n), "ledger.bound")
		}
		_, err = s.Record(ctx, r)
		must(t, err)
		must(t, s.Close())

		s = openAt(t, url)
		must(t, s.End(ctx, run, at, RunInterrupted))
		next, err := s.Begin(ctx, at, nil)
		must(t, err)
		must(t, s.Abandon(ctx, next, at, serial(1)))
		for _, n := range []string{serial(1), r.Cert.Serial, serial(9)} {
			if err := s.Abandon(ctx, next, at, n); err == nil {
				t.Errorf("%s could be abandoned", n)
			}
		}
		wantCode(t, s.Reserve(ctx, next, at, serial(1)), "ledger.bound")
		got, err := s.Serials(ctx, run)
		must(t, err)
		states := map[string]string{}
		for _, v := range got {
			states[v.Serial] = v.State
		}
		if d := cmp.Diff(map[string]string{serial(1): SerialAbandoned, serial(2): SerialReserved, r.Cert.Serial: SerialUsed}, states); d != "" {
			t.Error(d)
		}
		dead := unitRecord(2, 1)
		dead.Cert.Serial = serial(1)
		if _, err := s.Record(ctx, dead); err == nil {
			t.Error("a record names an abandoned serial")
		}
		foreign := unitRecord(3, 1) // a certificate that was made elsewhere: never reserved, and now taken
		_, err = s.Record(ctx, foreign)
		must(t, err)
		wantCode(t, s.Reserve(ctx, next, at, foreign.Cert.Serial), "ledger.bound")
		for _, n := range []string{"", "XYZ", strings.Repeat("a", 41)} {
			if err := s.Reserve(ctx, next, at, n); err == nil {
				t.Errorf("the serial %q was reserved", n)
			}
		}
		mustVerify(t, s.Reader)
	})
}

func TestRecordSealsItsRun(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		ctx := t.Context()
		run, err := s.Begin(ctx, at, nil)
		must(t, err)
		must(t, s.AppendEvent(ctx, run, "slot.written", at, nil))
		r := plain(1)
		r.Run = run
		w, err := s.Record(ctx, r)
		must(t, err)
		if w.Record.Seal.Lines != 2 || w.Record.Seal.Journal.IsZero() {
			t.Errorf("seal: %+v", w.Record.Seal)
		}
		r.Run = "77"
		if _, err := s.Record(ctx, r); err == nil {
			t.Error("a record of a run that is not there")
		}
		// The failed transaction must not have left anything behind in the cache or the file.
		must(t, s.AppendEvent(ctx, run, "run.over", at, nil))
		must(t, s.End(ctx, run, at, RunDone))
		mustVerify(t, s.Reader)
	})
}

func TestManyBenchesOneStore(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		const lanes = 8
		errs := make(chan error, lanes)
		for lane := range lanes {
			go func() {
				errs <- func() error {
					ctx := t.Context()
					run, err := s.Begin(ctx, at, nil)
					if err != nil {
						return err
					}
					for i := range 5 {
						if err := s.AppendFirm(ctx, run, "lane.step", at, nil); err != nil {
							return err
						}
						r := unitRecord(lane, i)
						r.Run = run
						if err := s.Check(ctx, r.Seen(), r.Bindings()...); err != nil {
							return err
						}
						if _, err := s.Record(ctx, r); err != nil {
							return err
						}
					}
					return s.End(ctx, run, at, RunDone)
				}()
			}()
		}
		for range lanes {
			must(t, <-errs)
		}
		if rep := mustVerify(t, s.Reader); rep.Records != 5*lanes {
			t.Errorf("%d records", rep.Records)
		}
	})
}

func TestBoundToAnotherUnit(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		ctx := t.Context()
		one := unitRecord(1, 1)
		one.Key = &record.Key{Origin: "host-csprng", SPKI: one.Cert.SPKI, PSK: digest("psk"), PSKIdentity: one.Cert.Name}
		_, err := s.Record(ctx, one)
		must(t, err)
		for name, steal := range map[string]func(*record.Record){
			"imei":   func(r *record.Record) { r.IMEI = one.IMEI },
			"name":   func(r *record.Record) { r.Cert.Name = one.Cert.Name },
			"spki":   func(r *record.Record) { r.Cert.SPKI, r.Key = one.Cert.SPKI, nil },
			"serial": func(r *record.Record) { r.Cert.Serial = one.Cert.Serial },
			"psk":    func(r *record.Record) { r.Key.PSK = digest("psk") },
		} {
			two := unitRecord(2, 1)
			steal(&two)
			f := wantCode(t, s.Check(ctx, two.Seen(), two.Bindings()...), "ledger.bound")
			if !strings.Contains(f.Text, "record 0") {
				t.Errorf("%s: %q does not name the record", name, f.Text)
			}
			_, err := s.Record(ctx, two)
			wantCode(t, err, "ledger.bound")
			// The same things for the unit that has them are no trouble.
			must(t, s.Check(ctx, one.Seen(), one.Bindings()...))
			if name == "imei" {
				two.Cert, two.Key = nil, nil
				two.Verdict, two.Failure = "fail", f
				w, err := s.Record(ctx, two)
				must(t, err) // the refusal itself can be recorded
				if w.Record.Unit.Name == "key:"+digest("identity 1").String() {
					t.Error("a cloned IMEI was taken for the unit itself")
				}
			}
		}
		id, found, err := s.Holder(ctx, record.Binding{What: record.BindIMEI, Value: one.IMEI.String()})
		if err != nil || !found || id != "0" {
			t.Errorf("holder: %s %v %v", id, found, err)
		}
		_, found, err = s.Holder(ctx, record.Binding{What: record.BindIMEI, Value: imei(5).String()})
		if err != nil || found {
			t.Errorf("holder of a free IMEI: %v %v", found, err)
		}
		mustVerify(t, s.Reader)
	})
}
