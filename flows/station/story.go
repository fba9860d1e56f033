package station

import (
	"encoding/json"
	"slices"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/machine"
	"example.org/sectag/flows/tale"
	"example.org/sectag/flows/turn"
)

// Story is the other fold over the events of a run: what is shown and recorded. It steps a Bench of its own, so it can be told
// from the journal alone: an event that the machine ignores changes no fact. The zero value is the start of a run. Facts that
// were handed out are never changed afterwards.
type Story struct {
	Facts flows.Facts
	bench Bench
}

// With is the story after one more event. A document that cannot be read leaves its facts empty; it never decides.
func (s Story) With(e flows.Event) Story {
	if i, ok := e.(flows.Interrupted); ok {
		s.Facts.Interrupted = i.IMEI
		return s
	}
	if n, ok := e.(flows.Noticed); ok {
		s.Facts = s.Facts.With(n)
		return s
	}
	was := s.bench
	now, _, ignored := was.Step(e)
	if ignored {
		return s
	}
	s.bench = now
	s.forget(e)
	s.hear(e, was)
	s.fail(e, was)
	s.Facts.Terms, s.Facts.Verdict = now.Terms(), now.Outcome()
	for i := range s.Facts.Plan {
		if p := &s.Facts.Plan[i]; i < flows.MaxSlots {
			p.Stage = now.credentials.Slot(i)
			p.Asked = p.Asked || p.Stage == flows.SlotMaking
		}
	}
	return s
}

// forget drops what the machines have put away.
func (s *Story) forget(e flows.Event) {
	f, b := &s.Facts, s.bench
	f.Plan = slices.Clone(f.Plan) // what was handed out stays as it is
	if p, _ := b.credentials.Planned(); p.N == 0 {
		f.Plan, f.Prepared, f.Strays = nil, flows.PreparedFacts{}, nil
	}
	if b.credentials.Who().IMEI == 0 {
		f.Slots, f.Past = nil, nil
	}
	if b.unit.Who() == (machine.Who{}) {
		f.Unit = flows.UnitFacts{}
	}
	if b.Stage(flows.ConnectionScreen) == flows.Idle {
		f.Connect = nil
	}
	if b.Stage(flows.RecordScreen) == flows.Idle {
		f.Record, f.Revoked = "", nil
	}
	if b.endpoint.Probing() {
		f.Probe = nil
	}
	_, wished := wisher(e)
	switch e.(type) {
	case flows.AuthorityLocked:
		wished = false
	case flows.Retry, flows.NextUnit:
		wished = true
	}
	if wished {
		f.Failure = nil // a person goes on from it
	}
}

// hear takes what an event brings.
func (s *Story) hear(e flows.Event, was Bench) {
	f := &s.Facts
	switch e := e.(type) {
	case flows.Resumed:
		f.Interrupted = e.IMEI
	case flows.AuthorityLoaded:
		f.Authority = read[flows.AuthorityFacts](e.Doc)
	case flows.PortsListed:
		f.Ports = read[struct {
			Ports []flows.PortFacts `json:"ports"`
		}](e.Doc).Ports
	case flows.PortChosen:
		f.Port = e.Name
	case flows.Identified:
		if turn.Asker(e.ID) == flows.UnitScreen {
			f.Unit = read[flows.UnitFacts](e.Doc)
		}
	case flows.Planned:
		s.planned(e)
	case flows.Prepared:
		f.Prepared = read[flows.PreparedFacts](e.Doc)
		s.prepared(e.Want)
	case flows.KeyByHost:
		s.byHost(e)
	case flows.KeyMade:
		f.Prepared.Key = must[flows.KeyFacts](e.Doc)
		if at := was.credentials.At(); at < len(f.Plan) {
			f.Plan[at].Told = true
		}
	case flows.Certified:
		s.certified(e, was.credentials.At())
	case flows.ReadBack:
		if at := was.credentials.At(); at < len(f.Plan) {
			p := &f.Plan[at]
			if p.Now = e.SHA256; s.bench.credentials.Slot(at) == flows.SlotMatches {
				p.New = e.SHA256 // of a key that the modem made nobody knew it before
			}
		}
	case flows.Probed:
		f.Probe = must[flows.ProbeFacts](e.Doc)
	case flows.AnchorStored:
		f.AnchorFile = e.Path
	case flows.Connected:
		f.Connect = must[flows.ConnectFacts](e.Doc)
	case flows.RecordWritten:
		f.Record = e.Record
		f.Revoked = read[struct {
			Revoked []tale.Certificate `json:"revoked"`
		}](e.Doc).Revoked
	case flows.ProfileSaved:
		f.Profile = e.Path
	}
}

// planned lays out the plan: what stands in each slot, and what will.
func (s *Story) planned(e flows.Planned) {
	doc := read[struct {
		Slots []flows.SlotFacts `json:"slots"`
		Plan  []flows.PlanFacts `json:"plan"`
		Past  *tale.Tale        `json:"past"`
	}](e.Doc)
	p, _ := s.bench.credentials.Planned()
	s.Facts.Slots, s.Facts.Past, s.Facts.Plan = doc.Slots, doc.Past, nil
	for i, l := range p.Slots[:p.N] {
		fact := flows.PlanFacts{Slot: l.Slot, Has: l.Has, Op: l.Op}
		if i < len(doc.Plan) {
			fact.Old, fact.Stray, fact.Reason = doc.Plan[i].Old, doc.Plan[i].Stray, doc.Plan[i].Reason
		}
		fact.Now = fact.Old
		if l.Op == flows.Keep {
			fact.New = fact.Old
		}
		s.Facts.Plan = append(s.Facts.Plan, fact)
	}
}

// byHost takes the key that this computer made in the modem's place: what was asked of the modem left nothing behind.
func (s *Story) byHost(e flows.KeyByHost) {
	s.Facts.Prepared = read[flows.PreparedFacts](e.Doc)
	for i := range s.Facts.Plan {
		if p := &s.Facts.Plan[i]; p.Op == flows.MakeSlot {
			p.Op, p.Asked = flows.WriteSlot, false
		}
	}
	s.prepared(e.Want)
}

func (s *Story) prepared(want [flows.MaxSlots]cred.Digest) {
	sizes := s.Facts.Prepared.Sizes
	for i := range s.Facts.Plan {
		p := &s.Facts.Plan[i]
		if i < len(want) && p.Op == flows.WriteSlot {
			p.New = want[i]
		}
		if i < len(sizes) {
			p.Bytes = sizes[i]
		}
	}
}

// certified takes the certificate that was signed in the middle of the work.
func (s *Story) certified(e flows.Certified, at int) {
	doc := read[flows.PreparedFacts](e.Doc)
	s.Facts.Prepared.Certificate, s.Facts.Prepared.Clock = doc.Certificate, doc.Clock
	if at < len(s.Facts.Plan) {
		s.Facts.Plan[at].New = e.Want
		if len(doc.Sizes) > 0 {
			s.Facts.Plan[at].Bytes = doc.Sizes[0]
		}
	}
}

// fail keeps the first failure since a person last went on. That another unit answers is worse than what it led to.
func (s *Story) fail(e flows.Event, was Bench) {
	var fault *cred.Fault
	switch e := e.(type) {
	case flows.Failed:
		fault = cred.Failed(e.Code, e.Text, e.Hint)
		switch {
		case e.Doc == "":
		case turn.Asker(e.ID) == flows.EndpointScreen:
			s.Facts.Probe = must[flows.ProbeFacts](e.Doc)
		case turn.Asker(e.ID) == flows.ConnectionScreen:
			s.Facts.Connect = must[flows.ConnectFacts](e.Doc)
		}
	case flows.Lost:
		fault = cred.Failed(e.Code, e.Text, e.Hint)
	case flows.Probed:
		if s.bench.Stage(flows.EndpointScreen) == flows.Failing {
			fault = told(s.Facts.Probe.Failure, s.Facts.Probe.Findings, "chain.incomplete", "no anchor came of the probe")
		}
	case flows.Connected:
		if s.bench.Stage(flows.ConnectionScreen) == flows.Failing {
			fault = told(s.Facts.Connect.Failure, s.Facts.Connect.Findings, e.Code, "the connection failed")
		}
	}
	cause := s.bench.credentials.Cause()
	if cause != was.credentials.Cause() && (fault == nil || cause == machine.Swapped) {
		if own := s.caused(cause, e); own != nil && (s.Facts.Failure == nil || cause == machine.Swapped) {
			s.Facts.Failure = own
			return
		}
	}
	if s.Facts.Failure == nil {
		s.Facts.Failure = fault
	}
}

// told is the failure that a document names, else its first error.
func told(f *cred.Fault, fs []cred.Finding, code, text string) *cred.Fault {
	if f != nil {
		return f
	}
	for _, x := range fs {
		if x.Severity == cred.Error {
			return cred.Failed(x.Code, x.Text, x.Hint)
		}
	}
	return cred.Failed(code, text, "the findings say more")
}

// caused is a failure that the machine found out itself.
func (s *Story) caused(c machine.Cause, e flows.Event) *cred.Fault {
	slot := ""
	if at := s.bench.credentials.At(); at < len(s.Facts.Plan) {
		slot = s.Facts.Plan[at].Slot.String()
	}
	switch c {
	case machine.Mismatch:
		return cred.Failed("store.mismatch", "the slot "+slot+" does not hold what was planned", "retry; if it differs again take another cable or USB port: bytes are lost on the line")
	case machine.Swapped:
		other := ""
		if i, ok := e.(flows.Identified); ok {
			other = i.IMEI.String()
		}
		return cred.Failed("store.swapped", "another unit answers: "+other+" instead of "+s.bench.credentials.Who().IMEI.String(),
			"put the unit back and retry, or go on to the next unit")
	case machine.Broken:
		return cred.Failed("port.lost", "the port was opened anew in the middle of the work", "retry: the unit is identified first")
	case machine.Stopped:
		return cred.Failed("store.stopped", "the work was stopped before it was done", "retry: the plan is made anew from what the unit holds now")
	case machine.Unready:
		return cred.Failed("internal", "what was prepared does not fit the plan", "this is a defect of sectag: please report it with this line")
	}
	return nil
}

// read reads a document as far as it can be read.
func read[T any](d flows.Doc) T {
	var v T
	if json.Unmarshal([]byte(d), &v) != nil {
		var none T
		return none
	}
	return v
}

func must[T any](d flows.Doc) *T {
	v := read[T](d)
	return &v
}
