package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/report"
	"example.org/sectag/ledger/report/fixture"
)

var update = flag.Bool("update", false, "write testdata anew")

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// made is the report over what fill hands over.
func made(t testing.TB, scope report.Scope, fill func(func(record.Record) error) error) *report.Model {
	t.Helper()
	b := report.New(report.Frame{
		Made: time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC), Tool: report.Tool{Version: "v1.4.0", Commit: "b7c036c"}, Scope: scope, Head: fixture.Head(99),
	})
	must(t, fill(fixture.Sealed(b.Add)))
	return b.Finish()
}

// revoking is the report over what fill hands over, some of it revocations.
func revoking(t testing.TB, scope report.Scope, fill func(func(record.Record) error) error) *report.Model {
	t.Helper()
	f := report.Frame{Scope: scope, Head: fixture.Head(99)}
	must(t, fill(fixture.Sealed(func(r record.Record, _ cred.Digest) {
		if r.Kind == record.Revocation {
			f.Revoked = append(f.Revoked, r)
		}
	})))
	b := report.New(f)
	must(t, fill(fixture.Sealed(b.Add)))
	return b.Finish()
}

func batch(n int) func(func(record.Record) error) error {
	return func(do func(record.Record) error) error { return fixture.Batch(n, do) }
}

func TestTheModelIsAsBefore(t *testing.T) {
	got, err := json.MarshalIndent(made(t, report.Scope{Batch: "2026-47"}, batch(12)), "", " ")
	must(t, err)
	golden := filepath.Join("testdata", "twelve.json")
	if *update {
		must(t, os.WriteFile(golden, append(got, '\n'), 0o600))
	}
	want, err := os.ReadFile(golden)
	must(t, err)
	if d := cmp.Diff(string(want), string(got)+"\n"); d != "" {
		t.Error(d)
	}
}

// requirement finds a row of the matrix.
func requirement(t *testing.T, m *report.Model, id string) report.Requirement {
	t.Helper()
	for _, r := range m.Requirements {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("there is no requirement %s", id)
	return report.Requirement{}
}

// records are a report's input, written out.
func records(all ...record.Record) func(func(record.Record) error) error {
	return func(do func(record.Record) error) error {
		for _, r := range all {
			if err := do(r); err != nil {
				return err
			}
		}
		return nil
	}
}

func at(minutes int) time.Time { return fixture.Begins.Add(time.Duration(minutes) * time.Minute) }

// tested is a unit with other results.
func tested(n int, results map[string]string) record.Record {
	r := fixture.Unit(n, 1, at(n))
	r.Tests = nil
	for test, result := range results {
		r.Tests = append(r.Tests, record.Measured{Test: test, Requirements: []string{"SSM-3"}, Result: result})
	}
	return r
}

func TestARequirementIsWhatItsTestsSay(t *testing.T) {
	held := func(r record.Record) record.Record {
		r.Verdict = "fail"
		return r
	}
	for name, c := range map[string]struct {
		records []record.Record
		want    string
		part    bool
	}{
		"nothing ran":                      {[]record.Record{tested(1, nil)}, "not-run", false},
		"not run is no pass":               {[]record.Record{tested(1, map[string]string{"T3": "not-run"})}, "not-run", false},
		"one test of two":                  {[]record.Record{tested(1, map[string]string{"T3": "pass"})}, "P", true},
		"both tests":                       {[]record.Record{tested(1, map[string]string{"T1": "pass", "T3": "pass"})}, "P", false},
		"not on all units":                 {[]record.Record{tested(1, map[string]string{"T1": "pass", "T3": "pass"}), tested(2, map[string]string{"T1": "pass"})}, "P", true},
		"one fail among passes":            {[]record.Record{tested(1, map[string]string{"T3": "pass"}), tested(2, map[string]string{"T3": "fail"})}, "F", false},
		"does not apply":                   {[]record.Record{tested(1, map[string]string{"T1": "na", "T3": "na"})}, "NA", false},
		"a fail that was held back":        {[]record.Record{tested(1, map[string]string{"T1": "pass", "T3": "pass"}), held(tested(2, map[string]string{"T3": "fail"}))}, "P", false},
		"nothing but fails, all held back": {[]record.Record{held(tested(1, map[string]string{"T3": "fail"}))}, "F", false},
	} {
		r := requirement(t, made(t, report.Scope{}, records(c.records...)), "SSM-3")
		if r.Result != c.want || r.InPart != c.part {
			t.Errorf("%s: %q in part %v, want %q %v: %+v", name, r.Result, r.InPart, c.want, c.part, r)
		}
	}
}

// One unit with each firmware is asked for its secret, and the others name its record: that is no loss, and it is said. It is no pass either,
// where the unit that passed is not in the report.
func TestATestThatAnotherUnitPassed(t *testing.T) {
	names := func(n int) record.Record {
		r := tested(n, map[string]string{"T1": "pass"})
		r.Tests = append(r.Tests, record.Measured{Test: "T3", Requirements: []string{"SSM-3"}, Result: "not-run", Evidence: record.PassedIn + "0"})
		return r
	}
	whole := made(t, report.Scope{}, records(tested(1, map[string]string{"T1": "pass", "T3": "pass"}), names(2), names(3)))
	if r := requirement(t, whole, "SSM-3"); r.Result != "P" || r.InPart || !slices.Contains(r.Deviations, "T3: "+record.PassedIn+"0 (2 units)") {
		t.Errorf("%+v", r)
	}
	for _, e := range whole.Tests {
		if e.ID == "T3" && (e.Pass != 1 || e.NotRun != 0 || e.Named != 2) {
			t.Errorf("%+v", e)
		}
	}
	if r := requirement(t, made(t, report.Scope{}, records(names(2))), "SSM-3"); r.Result != "P" || !r.InPart || !slices.Contains(r.Deviations, "T3 was not run") {
		t.Errorf("without that unit: %+v", r)
	}
}

func TestAFailNamesItsRecord(t *testing.T) {
	m := made(t, report.Scope{}, records(fixture.Unit(1, 1, at(1)), tested(2, map[string]string{"T3": "fail"})))
	for _, e := range requirement(t, m, "SSM-3").Evidence {
		if e.Test == "T3" && (e.Fail != 1 || len(e.Records) != 1 || e.Records[0] != "1") {
			t.Errorf("the fail of record 1 is not named: %+v", e)
		}
	}
}

// The newest identity decides; what was measured of the old one does not speak for it, but the twin's connection of its own run does.
func TestANewIdentityIsMeasuredAnew(t *testing.T) {
	old, young := fixture.Unit(1, 1, at(1)), tested(1, map[string]string{"T2": "pass"})
	twin := fixture.Twin(young)
	young.Run, twin.Run, old.Run = "7", "7", "6"
	young.Cert.Serial, young.Cert.SPKI, young.Key.SPKI = "5f3c", fixture.Unit(1, 2, at(1)).Key.SPKI, fixture.Unit(1, 2, at(1)).Key.SPKI
	m := made(t, report.Scope{}, records(old, twin, young))
	if len(m.Units) != 1 {
		t.Fatalf("%d units", len(m.Units))
	}
	got := map[string]string{}
	for _, r := range m.Units[0].Results {
		got[r.Test] = r.Result
	}
	if d := cmp.Diff(map[string]string{"T2": "pass", "T8": "pass", "T9": "pass"}, got); d != "" {
		t.Error(d)
	}
	if m.Count.Renewed != 1 || requirement(t, m, "AUM-4").Result != "P" {
		t.Errorf("a key was replaced, and nobody says so: %+v", m.Count)
	}
}

func TestEveryMistakeIsFound(t *testing.T) {
	m := made(t, report.Scope{}, fixture.Mistaken)
	for _, l := range m.Mistakes {
		switch l.ID {
		case "shared-key":
			if l.State != "not-found" {
				t.Errorf("%+v", l)
			}
		default:
			if l.State != "found" || l.ID != "only-positive" && l.ID != "no-reason" && l.Units != 1 {
				t.Errorf("%s: %s on %d units", l.ID, l.State, l.Units)
			}
		}
	}
	clean := made(t, report.Scope{}, batch(10))
	for _, l := range clean.Mistakes {
		if l.State == "found" {
			t.Errorf("%s is found in good units: %v", l.ID, l.Records)
		}
	}
}

func TestASharedKeyIsFound(t *testing.T) {
	a, b := fixture.Unit(1, 1, at(1)), fixture.Unit(2, 1, at(2))
	a.Key.PSK, b.Key.PSK = fixture.Anchor().SHA256, fixture.Anchor().SHA256
	m := made(t, report.Scope{}, records(a, b))
	if len(m.Uniqueness.Shared) != 1 || m.Mistakes[0].State != "found" || requirement(t, m, "CCK-3").Result != "F" {
		t.Errorf("%+v %+v", m.Uniqueness, m.Mistakes[0])
	}
}

func TestABatchTakesWhatIsOfItsUnits(t *testing.T) {
	other := fixture.Unit(2, 1, at(2))
	other.Unit.Batch = "2026-48"
	m := made(t, report.Scope{Batch: "2026-47"}, records(fixture.Unit(1, 1, at(1)), other, fixture.Refused(1, at(3)), fixture.Refused(2, at(4))))
	if m.Count.Units != 1 || m.Count.Records != 2 || len(m.Negative) == 0 || m.Negative[0].Refused != 1 {
		t.Errorf("%+v %+v", m.Count, m.Negative)
	}
}

// Whatever is seldom in a record is absent in a report of it, and nothing is null.
func TestNothingIsNull(t *testing.T) {
	for name, fill := range map[string]func(func(record.Record) error) error{
		"no record": records(), "a failure": records(fixture.Failed(1, at(1), "line.no-answer", "nothing answers")), "a server": records(fixture.Refused(1, at(1))),
		"mistakes": fixture.Mistaken, "good units": batch(25),
	} {
		text, err := json.Marshal(made(t, report.Scope{}, fill))
		must(t, err)
		if i := bytes.Index(text, []byte("null")); i >= 0 {
			t.Errorf("%s: null in %s", name, text[max(0, i-60):i+10])
		}
	}
}
