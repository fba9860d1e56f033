package secrecy

import (
	"context"
	"testing"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/at"
	"example.org/sectag/device/readback"
	"example.org/sectag/flows"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

var key = cred.Slot{SecTag: 42, Kind: cred.ClientKey}

// book is a ledger in memory, and units that are written into it.
type book struct {
	*ledger.Store
	t *testing.T
	n cred.IMEI
}

func newBook(t *testing.T) *book {
	t.Helper()
	l, err := ledger.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return &book{l, t, 352656100000000}
}

// unit writes a record of the next unit, with what Tests make of k.
func (b *book) unit(u Unit, kind record.Kind, k evidence.Known) string {
	b.t.Helper()
	b.n += 10
	r := record.Record{Kind: kind, Time: "2026-11-22T10:00:00Z", Verdict: cred.Fail, IMEI: b.n, Firmware: u.Firmware, Bench: record.Bench{Profile: u.Profile}}
	if kind == record.Provision {
		r.Tests = evidence.Tests(r, k)
	}
	out, err := b.Record(b.t.Context(), r)
	if err != nil {
		b.t.Fatal(err)
	}
	return out.ID
}

func measured(o readback.Outcome) evidence.Known {
	return evidence.Known{Readback: []readback.Measurement{{Slot: key, Outcome: o, Secret: "CME 514"}}}
}

// The first unit of each firmware and profile is asked, all after it are not, however many records lie between: each names the record.
func TestTheFirstOfEachFirmware(t *testing.T) {
	ctx := context.Background()
	a, b := Unit{profile.First, "mfw_nrf91x1_2.0.3", cred.Sum([]byte("p"))}, Unit{profile.First, "mfw_nrf9160_1.3.7", cred.Sum([]byte("p"))}
	l := newBook(t)
	due := func(w *Watch, u Unit, want bool, earlier string) {
		t.Helper()
		got, err := w.Due(ctx, l.Reader, u, key)
		if _, named := w.Answers(); err != nil || got != want || named != earlier {
			t.Errorf("due %v, %q, %v; want %v, %q", got, named, err, want, earlier)
		}
	}
	due(&Watch{}, a, true, "")
	l.unit(a, record.Provision, measured(readback.Returned))
	l.unit(a, record.Provision, measured(readback.Unclear))
	due(&Watch{}, a, true, "")
	first := l.unit(a, record.Provision, measured(readback.Refused))
	var w Watch
	due(&w, a, false, first)
	due(&w, b, true, "")
	due(&w, Unit{a.Rule, a.Firmware, cred.Sum([]byte("q"))}, true, "")
	for range depth {
		l.unit(a, record.Check, evidence.Known{})
		due(&w, a, false, first)
		l.unit(a, record.Provision, evidence.Known{Earlier: first})
	}
	due(&Watch{}, a, false, first)
	for range depth {
		l.unit(b, record.Check, evidence.Known{})
	}
	due(&Watch{}, a, true, "") // it is out of sight by now: asked once more, and then near again
}

func TestTheRules(t *testing.T) {
	ctx := context.Background()
	l := newBook(t)
	u := Unit{"", "mfw_nrf91x1_2.0.3", cred.Digest{}}
	l.unit(u, record.Provision, measured(readback.Refused))
	for rule, want := range map[profile.Readback]bool{"": false, profile.First: false, profile.Each: true, profile.Never: false} {
		u.Rule = rule
		var w Watch
		if got, err := w.Due(ctx, l.Reader, u, key); got != want || err != nil {
			t.Errorf("%q: %v, %v", rule, got, err)
		}
		if got, _ := w.Due(ctx, nil, u, key); got {
			t.Errorf("%q: without a ledger", rule)
		}
		if got, _ := w.Due(ctx, l.Reader, u, cred.Slot{SecTag: 42, Kind: cred.RootCA}); got {
			t.Errorf("%q: of what is no secret", rule)
		}
	}
}

// modem answers every read in the same way.
type modem struct{ reply device.Reply }

func (m modem) Read(context.Context, cred.Slot) (device.Reply, error) { return m.reply, nil }

func (m modem) ListSlot(context.Context, cred.Slot) (device.Item, bool, error) {
	return device.Item{}, false, nil
}

func (m modem) Astray(context.Context, cred.Slot) error { return nil }

// A secret that comes back fails, is told for the record, and is not asked for again before the next plan.
func TestASecretThatComesBack(t *testing.T) {
	l := newBook(t)
	u := Unit{Rule: profile.Each}
	var w Watch
	line := `%CMNG: 42,2,"` + cred.Sum([]byte("x")).String() + `","<masked>"`
	err := w.Ask(t.Context(), modem{device.Reply{Final: at.OK, Info: []string{line}}}, readback.Question{Secret: key})
	if f := cred.AsFault(err); f == nil || f.Code != "store.readback" || f.Hint == "" {
		t.Fatal(err)
	}
	if done, _ := w.Answers(); len(done) != 1 || done[0].Outcome != readback.Returned || done[0].Slot != key {
		t.Errorf("%+v", done)
	}
	if due, _ := w.Due(t.Context(), l.Reader, u, key); due {
		t.Error("it is asked again")
	}
	w.Begin()
	if due, _ := w.Due(t.Context(), l.Reader, u, key); !due {
		t.Error("after a new plan it is not asked")
	}
}

// The controls of a question: something readable that is known to be there, best of the same tag, and a slot that is empty.
func TestQuestions(t *testing.T) {
	root, id := cred.Slot{SecTag: 42, Kind: cred.RootCA}, cred.Slot{SecTag: 42, Kind: cred.PSKID}
	old, now := cred.Sum([]byte("old")), cred.Sum([]byte("new"))
	other := device.Item{Slot: cred.Slot{SecTag: 7, Kind: cred.RootCA}, SHA256: old}
	wrote := flows.PlanFacts{Slot: root, Op: flows.WriteSlot, Old: old, New: now, Now: now, Stage: flows.SlotMatches}
	later := flows.PlanFacts{Slot: id, Op: flows.WriteSlot, Has: flows.Ours, Old: old, New: now, Now: old}
	mine := flows.PlanFacts{Slot: key, Op: flows.WriteSlot, New: now, Stage: flows.SlotWritten}
	for name, c := range map[string]struct {
		items []device.Item
		plan  []flows.PlanFacts
		want  readback.Question
	}{
		"written":                   {nil, []flows.PlanFacts{wrote, mine}, readback.Question{Secret: key, Control: root, Holds: now, Empty: id}},
		"kept, and another's":       {[]device.Item{other, {Slot: root, SHA256: old}}, []flows.PlanFacts{{Slot: root, Op: flows.Keep, Old: old, Now: old}, mine}, readback.Question{Secret: key, Control: root, Holds: old, Empty: id}},
		"another's only":            {[]device.Item{other}, []flows.PlanFacts{mine}, readback.Question{Secret: key, Control: other.Slot, Holds: old, Empty: id}},
		"an identity that is tried": {[]device.Item{{Slot: id, SHA256: old}}, []flows.PlanFacts{mine}, readback.Question{Secret: key, Empty: root}},
		"an identity of the plan":   {nil, []flows.PlanFacts{mine, {Slot: id, Op: flows.WriteSlot, New: now, Now: now, Stage: flows.SlotMatches}}, readback.Question{Secret: key, Control: id, Holds: now, Empty: root}},
		"still to be written":       {[]device.Item{{Slot: id, SHA256: old}}, []flows.PlanFacts{mine, later}, readback.Question{Secret: key, Empty: root}},
		"both of the tag are taken": {nil, []flows.PlanFacts{wrote, mine, later}, readback.Question{Secret: key, Control: root, Holds: now, Empty: cred.Slot{SecTag: 43, Kind: cred.PSKID}}},
		"the modem's own":           {[]device.Item{{Slot: cred.Slot{SecTag: 4294967294, Kind: cred.RootCA}, SHA256: old}}, []flows.PlanFacts{mine}, readback.Question{Secret: key, Empty: id}},
		"nothing":                   {nil, []flows.PlanFacts{mine}, readback.Question{Secret: key, Empty: id}},
	} {
		if got := Question(key, c.items, c.plan); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	last := cred.Slot{SecTag: cred.MaxSecTag, Kind: cred.PSK}
	full := []device.Item{{Slot: cred.Slot{SecTag: cred.MaxSecTag, Kind: cred.PSKID}}, {Slot: cred.Slot{SecTag: cred.MaxSecTag, Kind: cred.RootCA}}}
	if got := Question(last, full, nil); got.Empty != (cred.Slot{SecTag: 0, Kind: cred.PSKID}) {
		t.Errorf("after the last tag: %+v", got)
	}
}
