package report_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/report"
	"example.org/sectag/ledger/report/cite"
	"example.org/sectag/ledger/report/fixture"
	"example.org/sectag/ledger/report/row"
)

// A revoked unit is counted and marked, and carries nothing: no requirement, no certificate that ends.
func TestARevokedUnit(t *testing.T) {
	good, bad := fixture.Unit(1, 1, at(1)), fixture.Unit(2, 1, at(2))
	bad.Cert.NotAfter = record.Stamp(at(9)) // long before its life ends
	gone := fixture.Revoked(bad, at(5), "keyCompromise")
	m := revoking(t, report.Scope{}, records(good, bad, gone))
	if c := m.Count; c.Units != 2 || c.Delivered != 1 || c.Revoked != 1 || c.HeldBack+c.Undecided != 0 {
		t.Errorf("%+v", c)
	}
	u := m.Units[1]
	want := &report.Revoked{Record: "2", Time: record.Stamp(at(5)), Reason: "keyCompromise", Serial: bad.Cert.Serial}
	if d := cmp.Diff(want, u.Revoked); d != "" || u.Status != "revoked" || u.Record != "1" || u.Kind != "provision" || m.Units[0].Revoked != nil {
		t.Errorf("%s %+v", d, u)
	}
	if h := m.Horizon; h.Early != 0 || h.CertFirst != good.Cert.NotAfter || h.Delivered != bad.Time {
		t.Errorf("its certificate still counts, or its delivery does not: %+v", h)
	}
	for _, r := range m.Requirements {
		for _, e := range r.Evidence {
			if e.Pass+e.NA+e.Fail > 1 && e.Test != "T10" {
				t.Errorf("%s: %s stands on %d units, 1 is delivered", r.ID, e.Test, e.Pass+e.NA+e.Fail)
			}
		}
	}
	if m.Inventory[0].Units != 1 {
		t.Errorf("%+v", m.Inventory)
	}
	if d := cmp.Diff([]row.Revoked{{Reason: "keyCompromise", Certificates: 1, Units: 1, Records: cite.Records{"2"}}}, m.Revoked); d != "" {
		t.Error(d)
	}
}

func TestWhoseCertificateIsRevoked(t *testing.T) {
	old, young := fixture.Unit(1, 1, at(1)), fixture.Unit(1, 2, at(3))
	foreign := fixture.Revoked(old, at(5), "superseded")
	foreign.Revoked.Issuer = fixture.Anchor().SHA256
	imported, unknown := old, fixture.Revoked(old, at(5), "superseded")
	named := *old.Cert
	named.IssuerSHA = cred.Digest{}
	imported.Cert = &named
	unknown.Revoked.Serial = "7f"
	held := old
	held.Verdict = "fail"
	for name, c := range map[string]struct {
		records []record.Record
		status  string
		revoked int // certificates
	}{
		"nobody":                           {[]record.Record{old}, "delivered", 0},
		"one with a new identity since":    {[]record.Record{old, fixture.Revoked(old, at(2), "superseded"), young}, "delivered", 1},
		"the new one":                      {[]record.Record{old, young, fixture.Revoked(young, at(4), "superseded")}, "revoked", 1},
		"both":                             {[]record.Record{old, young, fixture.Revoked(young, at(4), "superseded"), fixture.Revoked(old, at(4), "superseded")}, "revoked", 2},
		"twice":                            {[]record.Record{old, fixture.Revoked(old, at(2), "superseded"), fixture.Revoked(old, at(4), "keyCompromise")}, "revoked", 1},
		"another authority's serial":       {[]record.Record{old, foreign}, "delivered", 1},
		"from a file":                      {[]record.Record{imported, fixture.Revoked(old, at(2), "superseded")}, "revoked", 1},
		"one that the ledger did not know": {[]record.Record{old, unknown}, "delivered", 1},
		"and nothing else of the unit":     {[]record.Record{unknown}, "revoked", 1},
		"one that was held back":           {[]record.Record{held, fixture.Revoked(old, at(2), "superseded")}, "revoked", 1},
	} {
		m := revoking(t, report.Scope{}, records(c.records...))
		n := 0
		for _, r := range m.Revoked {
			n += r.Certificates
		}
		if u := m.Units[0]; len(m.Units) != 1 || u.Status != c.status || (u.Revoked != nil) != (c.status == "revoked") || n != c.revoked {
			t.Errorf("%s: %s, %d certificates, want %s, %d", name, u.Status, n, c.status, c.revoked)
		}
		if r := m.Units[0].Revoked; name == "twice" && r.Reason != "superseded" {
			t.Errorf("the later one counts: %+v", r)
		}
		if m.Retention.Until == "" && name != "and nothing else of the unit" && name != "one that was held back" {
			t.Errorf("%s: nothing says how long the file is kept", name)
		}
	}
}

// A revocation is not left out by what narrows the report, and one of a unit that is not in it does not come in.
func TestRevocationsOutsideTheReport(t *testing.T) {
	other := fixture.Unit(2, 1, at(2))
	other.Unit.Batch = "2026-48"
	m := revoking(t, report.Scope{Batch: "2026-47"}, records(fixture.Unit(1, 1, at(1)), other, fixture.Revoked(other, at(3), "superseded")))
	if m.Count.Units != 1 || m.Count.Revoked != 0 || len(m.Revoked) != 0 {
		t.Errorf("%+v %+v", m.Count, m.Revoked)
	}
}
