package evidence

import (
	"strings"
	"testing"

	"example.org/sectag/cred"
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
	cert := &record.Certificate{Serial: "0a", Name: "urn:imei:352656100367872", Profile: "p"}
	key := &record.Key{SPKI: one, Proof: "sign-verify"}
	connect := func(v cred.Verdict, auth string) *record.Connect {
		return &record.Connect{Verdict: v, Path: "host", ClientAuth: auth}
	}
	for name, c := range map[string]struct {
		r      record.Record
		ledger bool
		want   string // the tests that passed, then those that failed
	}{
		"nothing":              {record.Record{}, true, " / "},
		"all":                  {record.Record{Slots: []record.Slot{written}, Cert: cert, Key: key, Connect: connect(cred.Pass, "used")}, true, "T2 T4 T6 T7 T8 T9 / "},
		"without a ledger":     {record.Record{Slots: []record.Slot{written}, Cert: cert, Key: key}, false, "T2 T6 T7 / "},
		"kept":                 {record.Record{Slots: []record.Slot{{SHA256: one, Action: "kept"}}}, true, "T2 / "},
		"damaged":              {record.Record{Slots: []record.Slot{written, {Sent: one, SHA256: two}}}, true, " / T2"},
		"lost on the way":      {record.Record{Slots: []record.Slot{written, {Sent: one, Holds: "unknown"}}}, true, " / T2"},
		"a key of the modem's": {record.Record{Cert: cert, Key: ModemKey(flows.KeyFacts{SPKI: one}, "mfw_nrf91x1_2.0.3")}, true, "T4 T6 T7 / "},
		"a foreign key":        {record.Record{Cert: &record.Certificate{Serial: "0a"}, Key: &record.Key{SPKI: one, Proof: "none"}}, true, "T4 / "},
		"anybody is let in":    {record.Record{Connect: connect(cred.Warn, "not-asked")}, true, "T8 / "},
		"refused by the other": {record.Record{Connect: connect(cred.Fail, "used"), Failure: cred.Failed("dtls.48", "alert", "")}, true, " / T9"},
		"another's chain":      {record.Record{Connect: connect(cred.Fail, ""), Failure: cred.Failed("chain.untrusted", "no", "")}, true, " / T8 T9"},
	} {
		var pass, fail []string
		for _, m := range Tests(c.r, c.ledger) {
			switch m.Result {
			case "pass":
				pass = append(pass, m.Test)
			case "fail":
				fail = append(fail, m.Test)
			case "not-run":
			default:
				t.Errorf("%s: %+v", name, m)
			}
			if len(m.Requirements) == 0 || m.Result != "not-run" && m.Evidence == "" {
				t.Errorf("%s: %+v", name, m)
			}
		}
		if got := strings.Join(pass, " ") + " / " + strings.Join(fail, " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
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
