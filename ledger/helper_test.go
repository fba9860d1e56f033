package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

const at = "2026-11-22T10:00:00Z"

var day = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func openAt(t testing.TB, url string) *Store {
	t.Helper()
	s, err := Open(t.Context(), url)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t testing.TB, err error, code string) *cred.Fault {
	t.Helper()
	var f *cred.Fault
	if !errors.As(err, &f) || f.Code != code {
		t.Fatalf("got %v, want a fault %s", err, code)
	}
	if f.Text == "" || f.Hint == "" {
		t.Fatalf("the fault %s lacks text or hint: %+v", code, f)
	}
	return f
}

// imei makes the n-th IMEI of the tests with its right check digit.
func imei(n int) cred.IMEI {
	base := 35265610_000000 + uint64(n)
	for d := range uint64(10) {
		if i := cred.IMEI(base*10 + d); i.Valid() {
			return i
		}
	}
	return 0
}

func digest(s string) cred.Digest { return cred.Sum([]byte(s)) }

func serial(n int) string { return fmt.Sprintf("%032x", n+1) }

// plain is a small record that claims nothing.
func plain(n int) record.Record {
	return record.Record{
		Kind: record.Test, Time: record.Stamp(day.Add(time.Duration(n) * time.Second)), Verdict: cred.Pass, IMEI: imei(n),
	}
}

// unitRecord is a provisioned unit: n names the unit, turn its identity.
func unitRecord(n, turn int) record.Record {
	r := plain(n)
	name := cred.DefaultTemplate.Name(imei(n))
	tag := strconv.Itoa(n) + "/" + strconv.Itoa(turn)
	r.Kind = record.Provision
	r.Unit.Key = digest("identity " + strconv.Itoa(n))
	r.Slots = []record.Slot{
		{SecTag: 42, Type: cred.RootCA, Sent: digest("root"), SHA256: digest("root"), Action: "kept"},
		{SecTag: 42, Type: cred.ClientCert, Sent: digest("cert " + tag), SHA256: digest("cert " + tag), Action: "written"},
		{SecTag: 42, Type: cred.ClientKey, Sent: digest("key " + tag), SHA256: digest("key " + tag), Action: "written"},
	}
	r.Cert = &record.Certificate{
		Serial: fmt.Sprintf("%x", digest("serial "+tag))[:32], Name: name, Subject: "CN=" + name,
		SHA256: digest("der " + tag), SPKI: digest("spki " + tag),
	}
	r.Key = &record.Key{Origin: "host-csprng", SPKI: r.Cert.SPKI}
	r.Bench.Tool = "v1.0.0"
	return r
}

func body(t testing.TB, v any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	must(t, err)
	return b
}

func mustVerify(t testing.TB, r *Reader) Report {
	t.Helper()
	rep, err := r.Verify(context.Background(), nil)
	must(t, err)
	if rep.Verdict != cred.Pass {
		t.Fatalf("verify: %s %+v", rep.Verdict, rep.Findings)
	}
	return rep
}

// populate writes a small ledger that uses every table: two runs, three records, an abandoned and a used serial.
func populate(t testing.TB, s *Store) {
	t.Helper()
	ctx := t.Context()
	run, err := s.Begin(ctx, at, body(t, map[string]string{"port": "sim:nrf9151"}))
	must(t, err)
	r := unitRecord(1, 1)
	r.Run, r.Unit.UUID = run, "11111111-2222-3333-4444-555555555555"
	must(t, s.AppendEvent(ctx, run, "unit.identified", at, body(t, map[string]string{"imei": imei(1).String()})))
	must(t, s.Reserve(ctx, run, at, serial(1000)))
	must(t, s.Abandon(ctx, run, at, serial(1000)))
	must(t, s.Reserve(ctx, run, at, r.Cert.Serial))
	_, err = s.Record(ctx, r)
	must(t, err)
	must(t, s.End(ctx, run, at, RunDone))
	_, err = s.Record(ctx, plain(2))
	must(t, err)
	_, err = s.Record(ctx, unitRecord(1, 2))
	must(t, err)
	run, err = s.Begin(ctx, at, nil)
	must(t, err)
	must(t, s.AppendFirm(ctx, run, "port.opened", at, nil))
}
