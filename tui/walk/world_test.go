package walk

import (
	"encoding/json"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/flows/tale"
	"example.org/sectag/tui/paint"
)

// run is a bench without a bench: the real machine and the real fold of facts, a program that shows them, and a world that
// answers effects when the test says so.
type run struct {
	t       *testing.T
	m       station.Bench
	story   station.Story
	pending []flows.Effect
	root    *Walk
	desk    *desk
	world   world
}

// newRun begins a run as the bench does.
func newRun(t *testing.T, terms flows.Terms, w world) *run {
	t.Helper()
	d := &desk{}
	p := New(d, Options{UTC: true, Now: func() time.Time { return noon }, Title: "tracker-2", Station: "3"})
	p.palette = paint.Palette{Bare: true}
	r := &run{t: t, m: station.NewBench(terms), root: p, desk: d, world: w}
	r.event(flows.TermsSet{Terms: terms})
	return r
}

// event lets something happen, and shows it.
func (r *run) event(e flows.Event) {
	m, do, ignored := r.m.Step(e)
	if !ignored {
		r.m = m
		r.story = r.story.With(e)
	}
	r.pending = append(r.pending, do...)
	give(r.root, shotMsg{machine: view{r.m}, event: e, ignored: ignored, facts: r.story.Facts})
}

// press gives keys to the program and what it puts to the machine.
func (r *run) press(keys ...any) *run {
	r.t.Helper()
	for _, k := range keys {
		press(r.t, r.root, k)
		r.take()
	}
	return r
}

// take lets the machine have what the program put.
func (r *run) take() {
	for len(r.desk.put) > 0 {
		e := r.desk.put[0]
		r.desk.put = r.desk.put[1:]
		r.event(e)
	}
}

// settle answers effects until none is in flight, or until the next one is of the given type.
func (r *run) settle(until ...flows.Effect) *run {
	r.t.Helper()
	for n := 0; len(r.pending) > 0; n++ {
		if n > 500 {
			r.t.Fatal("the run does not come to rest")
		}
		for _, u := range until {
			if sameType(u, r.pending[0]) {
				return r
			}
		}
		r.answer(r.world.answer(r.t, r.pending[0], r.story.Facts))
	}
	return r
}

// answer answers the effect in flight.
func (r *run) answer(e flows.Event) {
	r.pending = r.pending[1:]
	r.event(e)
}

// fail answers the effect in flight with a failure.
func (r *run) fail(code, text, hint string) *run {
	r.answer(flows.Failed{ID: r.pending[0].Of(), Code: code, Text: text, Hint: hint})
	return r
}

func (r *run) update(ms ...any) *run {
	for _, m := range ms {
		give(r.root, m)
	}
	return r
}

// world is what the effects find out there.
type world struct {
	imei    cred.IMEI
	plan    flows.Plan
	slots   []flows.SlotFacts
	past    *tale.Tale
	revoked []tale.Certificate
	probe   flows.ProbeFacts
	trust   flows.Trust
	connect flows.ConnectFacts
	outcome flows.Outcome
	damaged bool // what is read back differs
	clear   bool // the authority's key is not encrypted
	record  string
}

func doc(t *testing.T, v any) flows.Doc {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return flows.Doc(b)
}

// answer is what the world answers to an effect.
func (w world) answer(t *testing.T, e flows.Effect, f flows.Facts) flows.Event {
	t.Helper()
	k := known(t)
	switch e := e.(type) {
	case flows.LoadAuthority:
		return w.loaded(t, e.ID, false)
	case flows.CreateAuthority:
		return w.loaded(t, e.ID, true)
	case flows.UnlockAuthority:
		return flows.AuthorityUnlocked{ID: e.ID}
	case flows.ListPorts:
		return flows.PortsListed{ID: e.ID, N: 3, Doc: doc(t, map[string]any{"ports": k.Ports})}
	case flows.UsePort:
		return flows.PortChosen{ID: e.ID, Name: k.Port}
	case flows.Identify:
		return flows.Identified{ID: e.ID, Session: 1, IMEI: w.imei, Firmware: true, Mode: 1, Doc: doc(t, k.Unit)}
	case flows.ProbeServer:
		ev := flows.Probed{ID: e.ID, OK: w.probe.Anchor != nil, Trust: w.trust, Doc: doc(t, w.probe)}
		if w.probe.Anchor != nil {
			ev.Anchor, ev.Print = w.probe.Anchor.SHA256, w.probe.Anchor.DER
		}
		return ev
	case flows.StoreAnchor:
		return flows.AnchorStored{ID: e.ID, Path: "server-root.pem"}
	case flows.LoadAnchor:
		return flows.AnchorStored(e)
	case flows.ConnectServer:
		ev := flows.Connected{ID: e.ID, Verdict: w.outcome, Doc: doc(t, w.connect)}
		if w.connect.Failure != nil {
			ev.Code = w.connect.Failure.Code
		}
		return ev
	case flows.WriteRecord:
		return flows.RecordWritten{ID: e.ID, Record: w.record, Verdict: e.Verdict, Doc: w.ended(t, e)}
	case flows.SaveProfile:
		return flows.ProfileSaved(e)
	}
	return w.store(t, e, f)
}

func (w world) loaded(t *testing.T, id flows.ID, open bool) flows.Event {
	a := known(t).Authority
	a.KeyEncrypted = !w.clear
	return flows.AuthorityLoaded{ID: id, SHA256: a.SHA256, Encrypted: !w.clear, Open: open, Doc: doc(t, a)}
}

// store answers what is asked of the unit's slots.
func (w world) store(t *testing.T, e flows.Effect, f flows.Facts) flows.Event {
	t.Helper()
	want := func(i int) cred.Digest { return cred.Sum([]byte{byte(i), 'n', 'e', 'w'}) }
	switch e := e.(type) {
	case flows.MakePlan:
		p, slots := w.aimed(e.Aim), w.slots
		if e.Hand.Op != flows.Keep {
			p = flows.Plan{N: 1, Slots: [flows.MaxSlots]flows.SlotPlan{{Slot: e.Hand.Slot, Has: flows.Foreign, Op: e.Hand.Op}}}
		}
		var lines []flows.PlanFacts
		for _, s := range p.Slots[:p.N] {
			line := flows.PlanFacts{Slot: s.Slot}
			for _, x := range slots {
				if x.SecTag == uint32(s.Slot.SecTag) && x.Type == s.Slot.Kind {
					line.Old = x.SHA256
				}
			}
			lines = append(lines, line)
		}
		d := map[string]any{"slots": slots, "plan": lines}
		if w.past != nil {
			d["past"] = w.past
		}
		return flows.Planned{ID: e.ID, Plan: p, Doc: doc(t, d), Revokes: e.Aim == flows.ForRetirement}
	case flows.Prepare:
		ev := flows.Prepared{ID: e.ID}
		if len(f.Plan) == 3 && f.Plan[1].Op == flows.MakeSlot {
			ev.Want[0] = want(0)
			ev.Doc = doc(t, flows.PreparedFacts{KeyOrigin: "modem", Sizes: []int{594, 0, 0}})
			return ev
		}
		facts := flows.PreparedFacts{KeyOrigin: "host", Certificate: &flows.CertificateFacts{Serial: "5f00c2", NotAfter: "2041-12-13T00:00:00Z", SHA256: want(9)}}
		for i, p := range f.Plan {
			size := 0
			if p.Op == flows.WriteSlot {
				ev.Want[i], size = want(i), 594
			}
			facts.Sizes = append(facts.Sizes, size)
		}
		ev.Doc = doc(t, facts)
		return ev
	case flows.TakeOffline:
		return flows.Offline{ID: e.ID, Was: 1}
	case flows.Delete:
		return flows.Deleted{ID: e.ID, Found: true}
	case flows.Write:
		return flows.Written{ID: e.ID}
	case flows.MakeKey:
		return flows.KeyMade{ID: e.ID, SPKI: want(7), Doc: doc(t, flows.KeyFacts{CSR: want(8), SPKI: want(7)})}
	case flows.Certify:
		return flows.Certified{ID: e.ID, Want: want(int(e.Index)), Doc: doc(t, flows.PreparedFacts{
			KeyOrigin: "modem", Certificate: &flows.CertificateFacts{Serial: "5f00c2", NotAfter: "2041-12-13T00:00:00Z", SHA256: want(int(e.Index))}, Sizes: []int{594},
		})}
	case flows.ReadSlot:
		ev := flows.ReadBack{ID: e.ID}
		if int(e.Index) < len(f.Plan) && f.Plan[e.Index].Op != flows.DeleteSlot {
			ev.SHA256 = want(int(e.Index))
		}
		if w.damaged && e.Index == w.plan.N-1 {
			ev.SHA256 = cred.Sum([]byte("damaged"))
		}
		return ev
	case flows.RestoreMode:
		return flows.Restored{ID: e.ID}
	}
	t.Fatalf("the world does not know %T", e)
	return nil
}

func sameType(a, b flows.Effect) bool { return typeName(a) == typeName(b) }

// blank is a world with an empty unit and a server that takes it.
func blank(t *testing.T) world {
	w := world{imei: imei(t), trust: flows.FirstUse, outcome: flows.Passed, record: "1431", probe: goodProbe(), connect: goodConnect()}
	for i, k := range []cred.Kind{cred.RootCA, cred.ClientCert, cred.ClientKey} {
		w.plan.Slots[i] = flows.SlotPlan{Slot: cred.Slot{SecTag: 42, Kind: k}, Op: flows.WriteSlot}
		w.plan.N++
	}
	return w
}

// sharing is a world with an empty unit that gets a pre-shared key.
func sharing(t *testing.T) world {
	w := blank(t)
	w.plan = flows.Plan{N: 2}
	for i, k := range []cred.Kind{cred.PSK, cred.PSKID} {
		w.plan.Slots[i] = flows.SlotPlan{Slot: cred.Slot{SecTag: 42, Kind: k}, Op: flows.WriteSlot}
	}
	w.connect.Suite, w.connect.Peer = "TLS_PSK_WITH_AES_128_CCM_8", nil
	return w
}

// making is a world whose modem makes its key, in place of one that is not ours.
func making(t *testing.T) world {
	w := returned(t)
	w.connect.Twin = true
	p := &w.plan
	p.Slots[1], p.Slots[2] = p.Slots[2], p.Slots[1]
	p.Slots[1].Op = flows.MakeSlot
	return w
}

// returned is a world with a unit that holds what is not ours.
func returned(t *testing.T) world {
	w := blank(t)
	w.slots = plannedFacts(t).Slots
	w.plan.Slots[0].Has, w.plan.Slots[0].Op = flows.Current, flows.Keep
	w.plan.Slots[1].Has, w.plan.Slots[2].Has = flows.Foreign, flows.Foreign
	return w
}

func goodProbe() flows.ProbeFacts {
	yes := true
	p := flows.ProbeFacts{Verdict: cred.Warn, URL: "coaps://lwm2m.acme.eu:5684", ChainBytes: 1141, ClientAuth: "required", HostMatch: &yes, CID: &yes}
	for _, c := range [][2]string{{"lwm2m.acme.eu", "2027-11-22"}, {"Acme Issuing", "2031-11-21"}, {"Acme Root", "2046-11-17"}} {
		p.Chain = append(p.Chain, flows.ChainFacts{Subject: "CN=" + c[0] + ",O=Acme", Key: "EC P-256", NotAfter: c[1] + "T00:00:00Z", SHA256: cred.Sum([]byte(c[0]))})
	}
	p.Anchor = &flows.AnchorFacts{Subject: "CN=Acme Root,O=Acme", NotAfter: "2046-11-17T00:00:00Z", SHA256: cred.Sum([]byte("Acme Root")), DER: cred.Sum([]byte("Acme Root as DER")), PEMBytes: 648, Source: "aia", Trust: "first-use"}
	p.Suites.Server = []string{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"}
	p.Suites.ModemUsable = p.Suites.Server[:2]
	p.Findings = []cred.Finding{{Code: "chain.anchor-unproven", Severity: cred.Warning, Text: "the root was seen for the first time", Hint: "compare its sha256 with the server's owner"}}
	return p
}

func goodConnect() flows.ConnectFacts {
	hs, ping := int64(171), int64(40)
	return flows.ConnectFacts{
		Verdict: cred.Pass, Path: "host", Version: "DTLS 1.2", Suite: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
		ClientAuth: "used", HandshakeMS: &hs, PingMS: &ping, Peer: goodProbe().Chain[:1],
	}
}

// refusing is a server that does not trust our authority.
func refusing(w world) world {
	w.outcome = flows.FailedOutcome
	w.connect = flows.ConnectFacts{Verdict: cred.Fail, Path: "host", Version: "DTLS 1.2", Failure: cred.Failed("dtls.48",
		"lwm2m.acme.eu said unknown_ca (48) after our certificate",
		"it trusts another authority than Acme Devices 2026: give the server root.crt, or load the authority that it trusts")}
	return w
}
