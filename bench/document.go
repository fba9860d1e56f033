package bench

import (
	"cmp"
	"slices"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// Unit is the contract's document of one unit that was provisioned, or that slots were changed in.
type Unit struct {
	Verdict     cred.Verdict            `json:"verdict"`
	Port        string                  `json:"port,omitempty"`
	IMEI        cred.IMEI               `json:"imei,omitzero"`
	Model       string                  `json:"model,omitempty"`
	Firmware    string                  `json:"firmware,omitempty"`
	KeyOrigin   string                  `json:"key_origin,omitempty"`
	Certificate *flows.CertificateFacts `json:"certificate,omitempty"`
	PSK         *flows.PSKFacts         `json:"psk,omitempty"`
	Slots       []UnitSlot              `json:"slots"`
	Connect     *flows.ConnectFacts     `json:"connect,omitempty"`
	Record      string                  `json:"record,omitempty"`
	ElapsedMS   int64                   `json:"elapsed_ms"`
	Line        *UnitLine               `json:"line,omitempty"`
	Anchors     []flows.AnchorFacts     `json:"anchors"`
	Findings    []cred.Finding          `json:"findings"`
	Failure     *cred.Fault             `json:"failure,omitempty"`

	Hand bool `json:"-"` // one slot was worked on by hand
	Held bool `json:"-"` // nothing was begun: what the plan would do was not allowed
}

// UnitSlot is one wanted slot: what it holds now, and what was done, or would be; after a failure what it holds.
type UnitSlot struct {
	SecTag cred.SecTag `json:"sec_tag"`
	Type   cred.Kind   `json:"type"`
	Kind   string      `json:"kind"`
	SHA256 cred.Digest `json:"sha256,omitzero"`
	Action string      `json:"action,omitempty"`
	Holds  string      `json:"holds,omitempty"`
	Plan   string      `json:"plan,omitempty"` // what would have been done, where that was not allowed: as Action
	Lost   bool        `json:"-"`              // what stands there is not ours and would be lost
}

// UnitLine is what the port carried, and the time from the first byte sent to the last received.
type UnitLine struct {
	BytesOut int64 `json:"bytes_out"`
	BytesIn  int64 `json:"bytes_in"`
	MS       int64 `json:"ms"`
}

// Document is what became of the unit. planned is for a run that only looked: the actions are what would be done.
func (b *Bench) Document(fault *cred.Fault, planned bool) Unit {
	f := b.final()
	t := b.desk.Tell(f)
	u := Unit{
		Port: t.Port, IMEI: f.Unit.IMEI, Model: f.Unit.Model, Firmware: f.Unit.Firmware, KeyOrigin: f.Prepared.KeyOrigin,
		Certificate: f.Prepared.Certificate, PSK: f.Prepared.PSK, Slots: []UnitSlot{}, Connect: f.Connect, Record: f.Record, Failure: fault,
		Anchors: append([]flows.AnchorFacts{}, t.Anchors...), ElapsedMS: t.Elapsed.Milliseconds(),
		Findings: append([]cred.Finding{}, slices.Concat(evidence.Notes(t.IMEI), b.clearKey(f), evidence.ByHost(f.Prepared), t.Doubts, t.Others, evidence.Repeated(f.Plan, t.Repeats), evidence.Strayed(f.Strays, f.Plan))...),
	}
	u.Verdict = cred.Fail
	if fault == nil && (planned || f.Verdict == flows.Passed || f.Verdict == flows.Warned) {
		u.Verdict = evidence.Noted(evidence.Verdict(max(f.Verdict, flows.Passed)), u.Findings)
	}
	if u.Verdict == cred.Fail && fault == nil {
		u.Failure = cred.Failed("store.stopped", "the work was stopped before it was done", "run it again: the unit is read first")
	}
	if st := t.Line; st.BytesOut > 0 {
		u.Line = &UnitLine{BytesOut: st.BytesOut, BytesIn: st.BytesIn, MS: st.Last.Sub(st.First).Milliseconds()}
	}
	u.Hand, u.Held = b.hand, b.held
	for _, p := range f.Plan {
		u.Slots = append(u.Slots, unitSlot(p, planned, b.held, u.Verdict == cred.Fail))
	}
	u.sort()
	if len(f.Plan) == 0 && u.Failure != nil && !b.hand {
		u.Slots = append(u.Slots, b.wanted()...)
	}
	return u
}

// clearKey warns of the authority of a unit that the profile was worked on for; a slot that is changed by hand has none.
func (b *Bench) clearKey(f flows.Facts) []cred.Finding {
	if b.hand {
		return nil
	}
	return evidence.ClearKey(f.Authority)
}

// sort puts the slots of each tag in the order of their types, in whichever order they were worked on.
func (u *Unit) sort() {
	first := map[cred.SecTag]int{}
	for i, s := range u.Slots {
		if _, seen := first[s.SecTag]; !seen {
			first[s.SecTag] = i
		}
	}
	slices.SortFunc(u.Slots, func(a, b UnitSlot) int {
		return cmp.Or(first[a.SecTag]-first[b.SecTag], int(a.Type)-int(b.Type))
	})
}

// wanted are the slots that the profile asks for, where no plan came about: nothing was changed, and they hold what was listed for
// it, if that was reached.
func (b *Bench) wanted() []UnitSlot {
	var out []UnitSlot
	for _, s := range b.desk.Profile.Slots {
		for _, k := range s.Kinds() {
			u := UnitSlot{SecTag: s.SecTag, Type: k, Kind: k.String(), Holds: "unknown"}
			if now, known := b.desk.Held(cred.Slot{SecTag: s.SecTag, Kind: k}); known {
				u.SHA256, u.Holds = now, "old"
				if now.IsZero() {
					u.Holds = "missing"
				}
			}
			out = append(out, u)
		}
	}
	return out
}

func unitSlot(p flows.PlanFacts, planned, held, failed bool) UnitSlot {
	s := UnitSlot{SecTag: p.Slot.SecTag, Type: p.Slot.Kind, Kind: p.Slot.Kind.String(), SHA256: p.Now, Lost: p.Op != flows.Keep && p.Has == flows.Foreign}
	switch {
	case held:
		s.Plan = p.Action()
	case planned || p.Done():
		s.Action = p.Action()
	}
	if failed {
		s.Holds = p.Holds()
		if s.Holds == "unknown" && p.Stage != flows.SlotDiffers && !p.Spoiled {
			s.SHA256 = cred.Digest{}
		}
	}
	return s
}
