// Package typetest is the verb sectag evidence: it makes the tests that one unit of a type, with each modem firmware, is enough for: that
// no secret in its store can be read (T3), and that its store cannot be changed while the modem is active (T12). For that a slot that is
// empty is deleted and then written, both of which the AT manual (%CMNG) says are refused. Nothing is written where the deletion was
// taken already, and what a modem takes all the same is deleted again. The modem goes onto the network for that, and is put back.
package typetest

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"example.org/sectag/bench/desk/session"
	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/past"
	"example.org/sectag/bench/profile"
	"example.org/sectag/bench/secrecy"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// Options are what the tests are made with.
type Options struct {
	Port    string
	Dialer  device.Dialer
	Profile profile.Profile // for the record
	Ledger  *ledger.Store   // nil: nothing is recorded
	Tool    evidence.Tool
	Now     func() time.Time
	Tell    func(line string)     // what goes on
	Trace   func(flows.TraceLine) // may be nil
}

// Result is the document of the tests.
type Result struct {
	Verdict  cred.Verdict      `json:"verdict"`
	Port     string            `json:"port,omitempty"`
	IMEI     cred.IMEI         `json:"imei,omitzero"`
	Model    string            `json:"model,omitempty"`
	Firmware string            `json:"firmware,omitempty"`
	Tests    []record.Measured `json:"tests"`
	Record   string            `json:"record,omitempty"`
	Findings []cred.Finding    `json:"findings"`
}

// putBackLimit is for the functional mode: +CFUN may have to sign off from the network.
const putBackLimit = 90 * time.Second

// Run makes them. A test that failed is the error (store.readback, store.unlocked); the record is written all the same. Other faults are
// those of the port and the conversation.
func Run(ctx context.Context, o Options) (Result, error) {
	r := Result{Verdict: cred.Fail, Port: o.Port, Tests: []record.Measured{}, Findings: []cred.Finding{}}
	if o.Trace == nil {
		o.Trace = func(flows.TraceLine) {}
	}
	t := &tests{Options: o, began: o.Now(), s: session.New(session.Config{
		Dialer: o.Dialer, Now: o.Now, Trace: o.Trace, Progress: func(flows.Progress) {}, Notice: func(context.Context, flows.Event) error { return nil },
	}, o.Port)}
	m, err := t.s.Open(ctx)
	if err != nil {
		return r, err
	}
	t.s.Hold(m)
	defer t.s.HangUp()
	var reader *ledger.Reader
	if o.Ledger != nil {
		reader = o.Ledger.Reader
	}
	if t.unit, t.items, _, err = past.Who(ctx, m, reader); err != nil {
		return r, err
	}
	r.IMEI, r.Model, r.Firmware = t.unit.IMEI, t.unit.Model, t.unit.Firmware
	secrets, err := t.secrets(ctx, m)
	if err != nil {
		return r, err
	}
	lock, err := t.lock(ctx, m)
	if err != nil {
		return r, err
	}
	r.Tests = []record.Measured{secrets, lock}
	failed := judge(r.Tests)
	if r.Verdict = cred.Pass; failed != nil {
		r.Verdict = cred.Fail
	}
	t.s.HangUp()
	if r.Record, err = t.record(context.WithoutCancel(ctx), r, failed); err != nil {
		return r, err
	}
	if failed != nil {
		return r, failed
	}
	return r, nil
}

// tests are those of one unit under way.
type tests struct {
	Options
	began time.Time
	s     *session.Session
	unit  device.Identity
	items []device.Item
}

// secrets asks for every private key and PSK of the store, and lists each again: the line can make a deletion of a read.
func (t *tests) secrets(ctx context.Context, m *device.Modem) (record.Measured, error) {
	var w secrecy.Watch
	for _, i := range t.items {
		if !i.Slot.Kind.Secret() || i.Reserved() {
			continue
		}
		t.Tell("asking for " + i.Slot.String() + ", which must be refused")
		err := w.Ask(ctx, m, secrecy.Question(i.Slot, t.items, nil))
		if f := cred.AsFault(err); f != nil && f.Code != "store.readback" {
			return record.Measured{}, err
		}
		now, there, err := m.ListSlot(ctx, i.Slot)
		if err == nil && (!there || now != i) {
			err = cmp.Or(m.Astray(ctx, cred.Slot{SecTag: i.SecTag, Kind: cred.PSKID}), error(cred.Failed("store.stray", i.Slot.String()+" no longer lists "+i.SHA256.Short()+" after it was asked for",
				"provision the unit again, over another cable or USB port: the line changes commands")))
		}
		if err != nil {
			return record.Measured{}, err
		}
	}
	done, _ := w.Answers()
	out := evidence.Refused(evidence.Known{Readback: done})
	if len(done) == 0 {
		out.Deviation = "the store holds no private key and no PSK"
	}
	return out, nil
}

// How T12 says that a modem let its store be changed, or that nobody can tell.
const (
	takesDeletes = "the modem takes deletions while it is active"
	takesWrites  = "the modem takes writes while it is active"
	untold       = "the answer tells nothing of a lock"
)

// trial is what is written, as a PSK identity or whatever the empty slot is for. It is no secret and is of no use to anybody.
const trial = "sectag evidence"

// lock takes the modem onto the network and tries to delete what is not there, and to write there.
func (t *tests) lock(ctx context.Context, m *device.Modem) (out record.Measured, err error) {
	out = record.Measured{Test: "T12", Requirements: []string{"SSM-2", "ACM-2"}, Result: "not-run"}
	t.Tell("switching the modem on (AT+CFUN=1): its store must be locked then")
	defer func() { err = t.putBack(ctx, m, err) }()
	was, err := m.Online(context.WithoutCancel(ctx))
	if err != nil {
		if f := cred.AsFault(err); m.InStep() {
			out.Deviation = "the modem could not be switched on: " + f.Text
			return out, nil
		}
		return out, err
	}
	mode := 1
	if was == 21 { // on the network already, and left so
		mode = was
	}
	empty := secrecy.Question(cred.Slot{}, t.items, nil).Empty
	for range 3 {
		r, err := m.Raw(ctx, fmt.Sprintf("AT%%CMNG=3,%d,%d", empty.SecTag, empty.Kind), 0)
		if err != nil {
			return out, err
		}
		said := r.Result()
		out.Evidence = fmt.Sprintf("functional mode %d: the deletion of %s, which is empty, is answered with %s", mode, empty, said)
		switch said {
		case "CME 518":
			return t.write(context.WithoutCancel(ctx), m, empty, out)
		case "OK", "CME 513":
			out.Result, out.Deviation = "fail", takesDeletes
			return out, nil
		}
	}
	out.Deviation = untold
	return out, nil
}

// write tries to write what must be refused as the deletion was. What the slot lists afterwards decides, and not the answer alone.
func (t *tests) write(ctx context.Context, m *device.Modem, empty cred.Slot, out record.Measured) (record.Measured, error) {
	deletion := out.Evidence
	for range 3 {
		r, err := m.Raw(ctx, fmt.Sprintf("AT%%CMNG=0,%d,%d,%q", empty.SecTag, empty.Kind, trial), 0)
		if err != nil {
			return out, err
		}
		_, there, err := m.ListSlot(ctx, empty)
		if err != nil {
			return out, err
		}
		out.Evidence = deletion + ", a write into it with " + r.Result()
		switch {
		case there:
			out.Result, out.Deviation = "fail", takesWrites
			return out, t.sweep(ctx, m, empty)
		case r.Result() == "CME 518":
			out.Result, out.Deviation = "pass", "what is locked while the modem is active is open as soon as it is not"
			return out, nil
		}
	}
	out.Deviation = untold
	return out, nil
}

// sweep deletes what was written as a trial: at once, or where that is refused as soon as the modem is off the network.
func (t *tests) sweep(ctx context.Context, m *device.Modem, s cred.Slot) error {
	t.Tell("deleting what the modem took")
	_, err := m.Delete(ctx, s)
	if f := cred.AsFault(err); f != nil && f.Code == "cmng.518" {
		if _, err = m.Offline(ctx); err == nil {
			_, err = m.Delete(ctx, s)
		}
	}
	if f := cred.AsFault(err); f != nil {
		return cred.Because(err, f.Code, f.Text+"; "+s.String()+" may still hold what was written there as a test",
			fmt.Sprintf("delete it: sectag slots delete --sec-tag %d --type %s", s.SecTag, s.Kind))
	}
	return err
}

// putBack leaves the modem in the mode in which it was found.
func (t *tests) putBack(ctx context.Context, m *device.Modem, failed error) error {
	if !m.InStep() {
		return owed(failed, cred.AsFault(failed)) // the end of the session brings it in step first, if it can
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), putBackLimit)
	defer cancel()
	t.Tell("putting the functional mode back")
	if err := m.Restore(ctx); err != nil {
		return owed(err, cred.AsFault(err))
	}
	return failed
}

// owed is a failure after which the modem may be on the network still.
func owed(err error, f *cred.Fault) error {
	return cred.Because(err, f.Code, f.Text+"; the modem may still be on the network", "switch the unit off and on: it starts as its firmware has it")
}

// judge is the failure that a test shows, nil when none does.
func judge(tests []record.Measured) *cred.Fault {
	for _, m := range tests {
		switch {
		case m.Result != "fail":
		case m.Test == "T3":
			return secrecy.GivenOut("a private key or PSK of its store")
		default:
			return cred.Failed("store.unlocked", m.Deviation+", which the manual says that it refuses", "update the modem's firmware; until then nothing but your application guards the store")
		}
	}
	return nil
}

// record writes the record, of kind test: it names no certificate and no key, and claims nothing.
func (t *tests) record(ctx context.Context, r Result, failed *cred.Fault) (string, error) {
	if t.Ledger == nil {
		return "", nil
	}
	seen := past.Seen(t.unit, t.items)
	out := record.Record{
		Kind: record.Test, Time: record.Stamp(t.Now()), Verdict: r.Verdict, IMEI: t.unit.IMEI, Unit: record.Identity{Key: seen.Key, UUID: seen.UUID, Product: t.Profile.Product},
		Model: t.unit.Model, Hardware: t.unit.Hardware, Firmware: t.unit.Firmware, Host: t.unit.Host, Bench: evidence.Bench(t.Tool, ""),
		Tests: r.Tests, Findings: r.Findings, Failure: failed, ElapsedMS: t.Now().Sub(t.began).Milliseconds(),
	}
	b := &out.Bench
	b.Station, b.Operator, b.Port, b.Profile = t.Profile.Station, t.Profile.Operator, t.Port, t.Profile.SHA256
	b.Started, b.Ended = record.Stamp(t.began), record.Stamp(t.Now())
	st := t.s.Stats()
	out.Line = &record.Line{BytesOut: st.BytesOut, BytesIn: st.BytesIn, MS: st.Last.Sub(st.First).Milliseconds()}
	out.Seal.Transcript = t.s.Transcript()
	written, err := t.Ledger.Record(ctx, out)
	return written.ID, err
}
