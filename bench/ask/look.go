// Package ask answers questions and does small jobs that need no run of the bench: who is at a port and what is in it, does a
// slot hold what a file holds, what does the modem say to a command, a certificate as files.
package ask

import (
	"context"

	"example.org/sectag/bench/past"
	"example.org/sectag/bench/slotfile"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
	"example.org/sectag/ledger"
)

// Looked is what a unit says of itself, in the words of the contract's verb inspect.
type Looked struct {
	flows.UnitFacts
	Slots    []flows.SlotFacts `json:"slots"`
	Findings []cred.Finding    `json:"findings"` // what provision would refuse the unit's host for, and certificates that are revoked
}

// Inspect reads who is at a port and what is in it, and leaves the modem as it was. What was read by the time of a failure is
// returned with it. The ledger may be nil. With tags it is content with what they hold where the whole is more than can be listed.
func Inspect(ctx context.Context, d device.Dialer, port string, l *ledger.Reader, trace func(flows.TraceLine), tags ...cred.SecTag) (looked Looked, err error) {
	looked.Slots, looked.Findings = []flows.SlotFacts{}, []cred.Finding{}
	err = with(ctx, d, port, trace, func(m *device.Modem) error {
		u, err := m.Identify(ctx)
		looked.UnitFacts = flows.UnitFacts{
			IMEI: u.IMEI, IMEIValid: u.Valid, Model: u.Model, Firmware: u.Firmware, Hardware: u.Hardware, Host: u.Host,
			FunctionalMode: u.FunctionalMode, UUID: u.UUID,
		}
		if err != nil {
			return err
		}
		if f := cred.AsFault(m.RoomOK()); f != nil {
			looked.Findings = append(looked.Findings, cred.Finding{Code: f.Code, Severity: cred.Warning, Text: f.Text, Hint: f.Hint})
		}
		list := m.List
		if len(tags) > 0 {
			list = func(ctx context.Context) ([]device.Item, error) { return m.ListTags(ctx, tags...) }
		}
		items, err := list(ctx)
		if err != nil {
			return err
		}
		before, err := past.Of(ctx, l, past.Seen(u, items))
		if err != nil {
			return err
		}
		looked.Slots = before.Slots(items)
		looked.Record = before.Newest
		for _, g := range before.Gone(items) {
			looked.Findings = append(looked.Findings, g.Finding())
		}
		if f, retired := before.Retired(); retired {
			looked.Findings = append(looked.Findings, f)
		}
		return nil
	})
	return looked, err
}

// with opens a port for one question and closes it again, whatever happens.
func with(ctx context.Context, d device.Dialer, port string, trace func(flows.TraceLine), ask func(*device.Modem) error) error {
	return hearing(ctx, d, port, trace, nil, ask)
}

// hearing is with, for a question that hears the unsolicited lines too.
func hearing(ctx context.Context, d device.Dialer, port string, trace func(flows.TraceLine), urc func(string), ask func(*device.Modem) error) error {
	l, err := d.Open(ctx, port)
	if err != nil {
		return err
	}
	m, err := device.Attach(ctx, l, device.Options{URC: urc, Trace: func(t device.Trace) {
		if trace != nil {
			trace(flows.TraceLine{At: t.At, Out: t.Out, Text: t.Text})
		}
	}})
	if err != nil {
		_ = l.Close() // what matters is why nobody answered
		return err
	}
	err = ask(m)
	if e := m.Close(); err == nil {
		err = e
	}
	return err
}

// Compared is one line of `slots verify`.
type Compared struct {
	Slot   cred.Slot
	SHA256 cred.Digest // as the modem lists it
	Action string      // "match", "differs" or "absent"
}

// Verify holds a slot against a file: the modem must list the digest of what the file holds in the contract's form.
func Verify(ctx context.Context, d device.Dialer, port string, s cred.Slot, file string, trace func(flows.TraceLine)) (Compared, error) {
	content, err := slotfile.Read(s.Kind, file)
	if err != nil {
		return Compared{}, err
	}
	defer clear(content)
	out := Compared{Slot: s, Action: "absent"}
	err = with(ctx, d, port, trace, func(m *device.Modem) error {
		item, found, err := m.ListSlot(ctx, s)
		if err != nil || !found {
			return err
		}
		out.SHA256, out.Action = item.SHA256, "differs"
		if item.SHA256 == m.Stored(s, content) {
			out.Action = "match"
		}
		return nil
	})
	return out, err
}

// Answer is what the modem said to one command, masked.
type Answer struct {
	Command string   `json:"command"`
	Lines   []string `json:"lines"`
	Result  string   `json:"result"` // "OK", "ERROR", "CME N", "none"
	Elapsed int64    `json:"elapsed_ms"`
}

// Named is who the person says the unit is: what must be given before something is destroyed from the command line.
type Named struct {
	Yes   bool
	IMEIs []cred.IMEI
}

// confirm refuses to destroy anything in a unit that was not named: store.unconfirmed, store.wrong-unit.
func (n Named) confirm(imei cred.IMEI) error {
	if !n.Yes || len(n.IMEIs) == 0 {
		return cred.Failed("store.unconfirmed", "this would change what the unit holds, and the unit was not named",
			"name it: --yes --imei "+imei.String())
	}
	for _, i := range n.IMEIs {
		if i == imei {
			return nil
		}
	}
	return cred.Failed("store.wrong-unit", "the unit at the port is "+imei.String()+", which was not named", "plug in the unit that --imei names, or name this one if its label agrees: nothing was changed")
}

// Talk sends commands one after the other and stops at the first that is not answered with OK. Commands that change the
// credential store need the unit to be named first. When one of them cannot be sent none is, and the port is not opened.
func Talk(ctx context.Context, d device.Dialer, port string, commands []string, n Named, trace func(flows.TraceLine)) ([]Answer, error) {
	answers := []Answer{}
	for _, c := range commands {
		if err := device.CheckCommand(c); err != nil {
			return answers, err
		}
	}
	err := with(ctx, d, port, trace, func(m *device.Modem) error {
		for _, c := range commands {
			if !device.Weigh(c).Store {
				continue
			}
			imei, err := m.IMEI(ctx)
			if err != nil {
				return err
			}
			if err := n.confirm(imei); err != nil {
				return err
			}
			break
		}
		for _, c := range commands {
			r, err := m.Raw(ctx, c, 0)
			a := Answer{Command: device.Mask(c), Lines: append([]string{}, r.Info...), Result: r.Result(), Elapsed: r.Took.Milliseconds()}
			answers = append(answers, a)
			if err != nil {
				return err
			}
			if !r.OK() {
				return device.Refused(c, r)
			}
		}
		return nil
	})
	return answers, err
}
