package evidence

import (
	"strings"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/readback"
	"example.org/sectag/flows"
	"example.org/sectag/ledger/record"
)

func TestAnswersOfEachSlot(t *testing.T) {
	t.Parallel()
	full := cred.Failed("cmng.515", "the store is full", "delete something")
	one, two := cred.Sum([]byte("1")), cred.Sum([]byte("2"))
	for name, c := range map[string]struct {
		plan    flows.PlanFacts
		failure *cred.Fault
		want    string // delete, write, and what was said of a key
	}{
		"kept":             {flows.PlanFacts{Op: flows.Keep, Has: flows.Current, Old: one, Now: one}, nil, ", "},
		"into an empty":    {flows.PlanFacts{Op: flows.WriteSlot, Has: flows.Empty, New: two, Now: two, Stage: flows.SlotMatches}, nil, ", ok"},
		"over an old":      {flows.PlanFacts{Op: flows.WriteSlot, Has: flows.Ours, Old: one, New: two, Now: two, Stage: flows.SlotMatches}, nil, "ok, ok"},
		"deleted":          {flows.PlanFacts{Op: flows.DeleteSlot, Has: flows.Foreign, Old: one, Stage: flows.SlotGone}, nil, "ok, "},
		"nothing there":    {flows.PlanFacts{Op: flows.DeleteSlot, Has: flows.Empty, Stage: flows.SlotGone}, nil, "absent, "},
		"delete refused":   {flows.PlanFacts{Op: flows.WriteSlot, Has: flows.Ours, Old: one, New: two, Stage: flows.SlotDeleting}, full, "cmng.515, "},
		"write refused":    {flows.PlanFacts{Op: flows.WriteSlot, Has: flows.Ours, Old: one, New: two, Stage: flows.SlotWriting}, full, "ok, cmng.515"},
		"between":          {flows.PlanFacts{Op: flows.WriteSlot, Has: flows.Ours, Old: one, New: two, Stage: flows.SlotDeleted}, full, "ok, "},
		"not begun":        {flows.PlanFacts{Op: flows.WriteSlot, Has: flows.Ours, Old: one, New: two}, full, ", "},
		"key made":         {flows.PlanFacts{Op: flows.MakeSlot, Has: flows.Ours, Old: one, New: two, Now: two, Stage: flows.SlotMatches, Asked: true, Told: true}, nil, "ok, , ok"},
		"key in an empty":  {flows.PlanFacts{Op: flows.MakeSlot, Has: flows.Empty, New: two, Now: two, Stage: flows.SlotMatches, Asked: true, Told: true}, nil, ", , ok"},
		"key refused":      {flows.PlanFacts{Op: flows.MakeSlot, Has: flows.Ours, Old: one, Stage: flows.SlotDiffers, Asked: true}, full, "ok, , cmng.515"},
		"key alone":        {flows.PlanFacts{Op: flows.MakeSlot, Has: flows.Empty, Now: two, Stage: flows.SlotMatches, Asked: true}, full, ", , cmng.515"},
		"key cut off":      {flows.PlanFacts{Op: flows.MakeSlot, Has: flows.Ours, Old: one, Stage: flows.SlotUnknown, Asked: true}, full, "ok, , cmng.515"},
		"before the key":   {flows.PlanFacts{Op: flows.MakeSlot, Has: flows.Ours, Old: one, Stage: flows.SlotDeleting}, full, "cmng.515, "},
		"the line was cut": {flows.PlanFacts{Op: flows.WriteSlot, Has: flows.Ours, Old: one, New: two, Stage: flows.SlotUnknown}, full, ", "},
	} {
		c.plan.Slot = cred.Slot{SecTag: 1, Kind: cred.ClientCert}
		s := Slots([]flows.PlanFacts{c.plan}, c.failure, nil)
		got := s[0].Delete + ", " + s[0].Write
		if s[0].Keygen != "" {
			got += ", " + s[0].Keygen
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		r := record.Record{Kind: record.Provision, Time: "2026-11-22T10:00:00Z", Verdict: cred.Fail, IMEI: 352656100367872, Slots: s}
		if _, _, err := record.Encode(r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTestsClaimNothingThatWasNotMeasured: each result follows from what the record holds, and an empty record passes nothing.
func TestTestsClaimNothingThatWasNotMeasured(t *testing.T) {
	t.Parallel()
	one, two := cred.Sum([]byte("1")), cred.Sum([]byte("2"))
	written := record.Slot{Sent: one, SHA256: one, Action: "written"}
	cert := func(change func(*record.Certificate)) *record.Certificate {
		c := &record.Certificate{
			Serial: "0a", Name: "urn:imei:352656100367872", Profile: "p", SPKI: one, KeyUsage: []string{"digitalSignature"}, ExtKeyUsage: []string{"clientAuth"},
			NotAfter: "2036-01-01T00:00:00Z",
		}
		if change != nil {
			change(c)
		}
		return c
	}
	key := &record.Key{SPKI: one, Proof: "sign-verify"}
	psk := func(origin string) record.Record {
		return record.Record{Key: &record.Key{Origin: origin, Algorithm: "PSK", PSK: two, Proof: "none"}}
	}
	connect := func(v cred.Verdict, auth string) *record.Connect {
		return &record.Connect{Verdict: v, Path: "host", ClientAuth: auth}
	}
	short := cred.Finding{Code: "chain.anchor-short", Severity: cred.Warning, Text: "the trust anchor ends"}
	more := cred.Finding{Code: "store.undeclared", Severity: cred.Warning, Text: "sec_tag 7 holds"}
	ten := 10 * 365 * 24 * time.Hour
	said := func(outcome readback.Outcome) Known {
		return Known{Readback: []readback.Measurement{{Outcome: outcome, Secret: "CME 514"}}}
	}
	both := Known{Readback: []readback.Measurement{{Outcome: readback.Returned}, {Outcome: readback.Unclear}}}
	for name, c := range map[string]struct {
		r    record.Record
		k    Known
		want string // the tests that passed, then those that failed, then those that do not apply
	}{
		"nothing": {record.Record{}, Known{Unique: true}, " /  / "},
		"all": {
			record.Record{Slots: []record.Slot{written}, Cert: cert(nil), Key: key, Connect: connect(cred.Pass, "used")},
			Known{Unique: true, Declared: true, Readback: said(readback.Refused).Readback, Life: ten},
			"T1 T2 T3 T4 T6 T7 T8 T9 /  / T5",
		},
		"without a ledger":     {record.Record{Slots: []record.Slot{written}, Cert: cert(nil), Key: key}, Known{}, "T2 T6 T7 /  / T5"},
		"kept":                 {record.Record{Slots: []record.Slot{{SHA256: one, Action: "kept"}}}, Known{Unique: true}, "T2 /  / "},
		"damaged":              {record.Record{Slots: []record.Slot{written, {Sent: one, SHA256: two}}}, Known{}, " / T2 / "},
		"lost on the way":      {record.Record{Slots: []record.Slot{written, {Sent: one, Holds: "unknown"}}}, Known{}, " / T2 / "},
		"a key of the modem's": {record.Record{Cert: cert(nil), Key: ModemKey(flows.KeyFacts{SPKI: one}, "mfw_nrf91x1_2.0.3")}, Known{Unique: true}, "T4 T6 T7 /  / T5"},
		"a foreign key":        {record.Record{Cert: &record.Certificate{Serial: "0a"}, Key: &record.Key{SPKI: one, Proof: "none"}}, Known{Unique: true}, "T4 /  / T5"},
		"of another key":       {record.Record{Cert: cert(nil), Key: &record.Key{SPKI: two, Proof: "csr"}}, Known{}, "T7 / T6 / T5"},
		"anybody is let in":    {record.Record{Connect: connect(cred.Warn, "not-asked")}, Known{Life: ten}, "T8 /  / "},
		"refused by the other": {record.Record{Connect: connect(cred.Fail, "used"), Failure: cred.Failed("dtls.48", "alert", "")}, Known{}, " / T9 / "},
		"another's chain":      {record.Record{Connect: connect(cred.Fail, ""), Failure: cred.Failed("chain.untrusted", "no", "")}, Known{}, " / T8 T9 / "},
		"no life is named":     {record.Record{Connect: connect(cred.Pass, "used")}, Known{}, "T8 T9 /  / "},
		"the anchor ends":      {record.Record{Connect: connect(cred.Pass, "used"), Findings: []cred.Finding{short}}, Known{Life: ten}, "T9 / T8 / "},
		"one anchor ends":      {record.Record{Connect: connect(cred.Pass, "used"), Findings: []cred.Finding{short}, Anchors: make([]record.Anchor, 2)}, Known{Life: ten}, "T8 T9 /  / "},
		"an authority":         {record.Record{Cert: cert(func(c *record.Certificate) { c.IsCA = true })}, Known{}, " / T7 / "},
		"of a server":          {record.Record{Cert: cert(func(c *record.Certificate) { c.ExtKeyUsage = []string{"serverAuth"} })}, Known{}, " / T7 / "},
		"signs nothing":        {record.Record{Cert: cert(func(c *record.Certificate) { c.KeyUsage = nil })}, Known{}, " / T7 / "},
		"outlives its issuer":  {record.Record{Cert: cert(nil), Authority: &record.Authority{NotAfter: "2035-12-31T23:59:59Z"}}, Known{}, " / T7 / "},
		"ends with its issuer": {record.Record{Cert: cert(nil), Authority: &record.Authority{NotAfter: "2036-01-01T00:00:00Z"}}, Known{}, "T7 /  / "},
		"warned of":            {record.Record{Cert: cert(func(c *record.Certificate) { c.Lint = []string{"lint.ski"} })}, Known{}, "T7 /  / "},
		"a leftover":           {record.Record{Findings: []cred.Finding{more}}, Known{Declared: true}, " / T1 / "},
		"nobody declares":      {record.Record{Findings: []cred.Finding{more}}, Known{}, " /  / "},
		"given out":            {record.Record{}, said(readback.Returned), " / T3 / "},
		"given out, and not":   {record.Record{}, both, " / T3 / "},
		"controls fail":        {record.Record{}, said(readback.Unclear), " /  / "},
		"measured before":      {record.Record{}, Known{Earlier: "17"}, " /  / "},
		"a drawn psk":          {psk("host-csprng"), Known{}, "T5 /  / T6 T7"},
		"a psk of the IMEI":    {psk("imported"), Known{Derived: "the IMEI as text"}, " / T5 / T6 T7"},
		"somebody's psk":       {psk("imported"), Known{Underived: true}, "T5 /  / T6 T7"},
		"nobody looked":        {psk("imported"), Known{}, " /  / T6 T7"},
	} {
		by := map[string][]string{}
		tests := Tests(c.r, c.k)
		for _, m := range tests {
			by[m.Result] = append(by[m.Result], m.Test)
			if len(m.Requirements) == 0 || m.Result != "not-run" && m.Evidence == "" || (m.Result == "na" || m.Result == "fail" && m.Test != "T2" && m.Test != "T9") && m.Deviation == "" && c.r.Failure == nil {
				t.Errorf("%s: %+v", name, m)
			}
		}
		got := strings.Join([]string{strings.Join(by["pass"], " "), strings.Join(by["fail"], " "), strings.Join(by["na"], " ")}, " / ")
		if got != c.want || len(by["pass"])+len(by["fail"])+len(by["na"])+len(by["not-run"]) != len(tests) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		whole := record.Record{Kind: record.Check, Time: "2026-11-22T10:00:00Z", Verdict: cred.Fail, IMEI: 352656100367872, Tests: tests}
		if _, _, err := record.Encode(whole); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if m := Tests(record.Record{}, Known{Earlier: "17"})[2]; m.Evidence != record.PassedIn+"17" {
		t.Errorf("%+v", m)
	}
}

// The readback of a slot is that of its secret, and of no other slot.
func TestReadbackOfEachSlot(t *testing.T) {
	t.Parallel()
	slots := []record.Slot{{SecTag: 1, Type: cred.RootCA}, {SecTag: 1, Type: cred.ClientKey}, {SecTag: 2, Type: cred.PSK}}
	Readback(slots, []readback.Measurement{{Slot: cred.Slot{SecTag: 1, Kind: cred.ClientKey}, Outcome: readback.Refused}})
	if slots[0].Readback != "" || slots[1].Readback != "refused" || slots[2].Readback != "not-run" {
		t.Errorf("%+v", slots)
	}
}

func TestTheTranscriptIsOfOneUnit(t *testing.T) {
	t.Parallel()
	var tr Transcript
	if !tr.Sum().IsZero() {
		t.Error("a digest of nothing")
	}
	tr.Add(true, "AT")
	tr.Add(false, "OK")
	if want := cred.Sum([]byte("> AT\n< OK\n")); tr.Sum() != want {
		t.Errorf("%s, want %s", tr.Sum(), want)
	}
	tr.Reset()
	if !tr.Sum().IsZero() {
		t.Error("the unit before is still in it")
	}
}

// What an earlier run let go astray is told in any case: that it stands there, that it was deleted, or that nobody knows.
func TestWhatWentAstrayBeforeIsTold(t *testing.T) {
	t.Parallel()
	at := cred.Slot{SecTag: 46, Kind: cred.ClientKey}
	for stage, c := range map[flows.SlotStage]struct {
		severity cred.Severity
		says     string
	}{
		flows.SlotPlanned:  {cred.Info, "stands there: "},
		flows.SlotGone:     {cred.Info, "was deleted there"},
		flows.SlotDeleting: {cred.Error, "nobody knows"},
		flows.SlotUnknown:  {cred.Error, "nobody knows"},
		flows.SlotDiffers:  {cred.Error, "nobody knows"},
	} {
		plan := []flows.PlanFacts{{Slot: cred.Slot{SecTag: 42, Kind: cred.ClientKey}}, {Slot: at, Op: flows.DeleteSlot, Has: flows.Ours, Old: cred.Sum(nil), Stray: true, Stage: stage}}
		got := Strayed(nil, plan)
		if len(got) != 1 || got[0].Code != "store.stray" || got[0].Severity != c.severity || !strings.Contains(got[0].Text, at.String()) || !strings.Contains(got[0].Text, c.says) || got[0].Hint == "" {
			t.Errorf("stage %d: %+v", stage, got)
		}
	}
}
