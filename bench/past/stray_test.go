package past

import (
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
	"example.org/sectag/ledger/record"
)

// Only what was sent to another slot, was not found there at once and was never of this slot is a stray of ours; what may stand in several
// slots is none, and neither is anything of the modem's own or in a slot that the plan works on.
func TestWhatWentAstray(t *testing.T) {
	t.Parallel()
	d, other := cred.Sum([]byte("sent")), cred.Sum([]byte("somebody's"))
	here := cred.Slot{SecTag: 46, Kind: cred.ClientCert}
	cut := func(k cred.Kind) record.Slot {
		return record.Slot{SecTag: 42, Type: k, Bytes: 1, Sent: d, Holds: "unknown"}
	}
	right := record.Slot{SecTag: 42, Type: cred.ClientCert, Bytes: 1, Sent: d, SHA256: d, Action: "written"}
	again := right
	again.Repeats = 1
	for name, c := range map[string]struct {
		slots  []record.Slot
		at     cred.Slot
		listed cred.Digest
		more   bool
		is     bool
	}{
		"a certificate":                     {slots: []record.Slot{cut(cred.ClientCert)}, at: here, listed: d, is: true},
		"a key":                             {slots: []record.Slot{cut(cred.ClientKey)}, at: here, listed: d, is: true},
		"a PSK":                             {slots: []record.Slot{cut(cred.PSK)}, at: cred.Slot{SecTag: 46, Kind: cred.PSK}, listed: d, is: true},
		"written again, and right":          {slots: []record.Slot{again}, at: here, listed: d, is: true},
		"a root in another type":            {slots: []record.Slot{cut(cred.RootCA)}, at: here, listed: d, is: true},
		"a root under another tag":          {slots: []record.Slot{cut(cred.RootCA)}, at: cred.Slot{SecTag: 46, Kind: cred.RootCA}, listed: d},
		"an identity under another tag":     {slots: []record.Slot{cut(cred.PSKID)}, at: cred.Slot{SecTag: 46, Kind: cred.PSKID}, listed: d},
		"something else":                    {slots: []record.Slot{cut(cred.ClientCert)}, at: here, listed: other},
		"nothing":                           {slots: []record.Slot{cut(cred.ClientCert)}, at: here},
		"found right at once":               {slots: []record.Slot{right}, at: here, listed: d},
		"in its own slot":                   {slots: []record.Slot{cut(cred.ClientCert)}, at: cred.Slot{SecTag: 42, Kind: cred.ClientCert}, listed: d},
		"sent here too":                     {slots: []record.Slot{cut(cred.ClientKey), {SecTag: 46, Type: cred.ClientCert, Bytes: 1, Sent: d}}, at: here, listed: d},
		"found right here, before":          {slots: []record.Slot{cut(cred.ClientKey), {SecTag: 46, Type: cred.ClientCert, SHA256: d, Action: "kept"}}, at: here, listed: d},
		"brought here by the line, before":  {slots: []record.Slot{cut(cred.ClientKey), {SecTag: 46, Type: cred.ClientCert, Sent: d, SHA256: d, Holds: "unknown"}}, at: here, listed: d, is: true},
		"the modem's own tag":               {slots: []record.Slot{cut(cred.ClientCert)}, at: cred.Slot{SecTag: 4294967292, Kind: cred.ClientCert}, listed: d},
		"a type that nobody writes":         {slots: []record.Slot{cut(cred.ClientCert)}, at: cred.Slot{SecTag: 46, Kind: cred.DeviceIDKey}, listed: d},
		"a history that is not all read":    {slots: []record.Slot{cut(cred.ClientCert)}, at: here, listed: d, more: true},
		"right there, and then sent astray": {slots: []record.Slot{cut(cred.ClientCert), right}, at: here, listed: d, is: true},
	} {
		p := unknown()
		p.more = c.more
		for _, s := range c.slots {
			p.add(record.Record{Kind: record.Provision, Slots: []record.Slot{s}})
		}
		meant, is := p.stray(c.at, c.listed)
		if is != c.is || is && meant.SecTag != 42 {
			t.Errorf("%s: astray %v, meant for %v", name, is, meant)
		}
		items := []device.Item{{Slot: c.at, SHA256: c.listed}}
		if open := p.Sweep(flows.Plan{}, items); open.N != 0 {
			t.Errorf("%s: an open plan is answered: %+v", name, open)
		}
		plan := p.Sweep(flows.Plan{N: 1}, items)
		lines := p.Describe(plan, items).Plan
		if (plan.N == 2) != c.is || lines[len(lines)-1].Stray != c.is || (lines[len(lines)-1].Reason != "") != c.is {
			t.Errorf("%s: %+v, %+v", name, plan, lines)
		}
		if c.is && (!p.Ours(c.at, c.listed) || p.Hand(flows.Hand{Op: flows.DeleteSlot, Slot: c.at}, c.listed).Has != flows.Ours) {
			t.Errorf("%s: it is not ours", name)
		}
	}
}
