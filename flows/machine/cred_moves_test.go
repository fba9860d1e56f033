package machine

import (
	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// moves are all steps out of a world. A world with a sin is not left any more.
func moves(step credStep) func(world, func(credEdge)) {
	return func(w world, edge func(credEdge)) {
		switch {
		case w.sin != 0:
		case !w.alive: // the process starts again: the unit is identified, confirmed, and worked on
			edge(credEdge{Label: "start", To: w.begin(!w.serves)})
		default:
			w.answers(step, edge)
			w.person(step, edge)
			w.accidents(edge)
		}
	}
}

// landed are the worlds in which the effect in flight has had its effect, in every way that it can, each with the right answers.
// Whether a swap or a cut comes before the answer or after it cannot be told apart, so effect and answer are one step.
func (w world) landed() (ends []world, answers [][]flows.Event) {
	id := w.effect.Of()
	end := func(n world, es ...flows.Event) {
		ends, answers = append(ends, n), append(answers, es)
	}
	switch e := w.effect.(type) {
	case flows.Prepare:
		w.ready = true
		end(w, w.set(id))
		return ends, answers
	case flows.Certify:
		w.signed = true
		end(w, flows.Certified{ID: id, Want: holds(int(cred.ClientCert), fresh)})
		return ends, answers
	case flows.Identify:
		for _, n := range w.openings() {
			end(n, n.identity(id))
		}
		return ends, answers
	case flows.MakePlan:
		w.list()
		end(w, flows.Planned{ID: id, Plan: w.plan(), Revokes: w.aim == flows.ForRetirement})
	case flows.TakeOffline:
		was := w.mode
		if w.line == open && flows.Active(was) {
			w.mode = 4
		}
		end(w, flows.Offline{ID: id, Was: was})
	case flows.RestoreMode:
		if w.line == open {
			w.mode = e.Mode
		}
		end(w, flows.Restored{ID: id})
	case flows.Delete:
		end(w, flows.Deleted{ID: id, Found: true}, flows.Deleted{ID: id}) // answered, and nothing was deleted
		if w.line == open {
			w.cells[w.cellOf(e.Index)] = absent
			end(w, flows.Deleted{ID: id, Found: true})
		}
	case flows.Write:
		for _, c := range w.writes(w.cellOf(e.Index)) {
			w.cells[w.cellOf(e.Index)] = c
			end(w, flows.Written{ID: id})
		}
	case flows.MakeKey:
		for _, c := range w.made() {
			w.cells[cred.ClientKey], w.heard = c, keyAnswered
			end(w, flows.KeyMade{ID: id})
		}
		if w.moody != flows.CredentialsScreen && (w.line != open || w.cells[cred.ClientKey] == absent) { // refused: this computer makes the key
			n := w
			n.hosted = true
			end(n, flows.KeyByHost{ID: id, Want: n.wants()})
		}
	case flows.ReadSlot:
		w.told, w.touched = 0, 0
		if w.heard == keyAnswered {
			w.heard = keyRead
		}
		end(w, w.read(id, w.cellOf(e.Index))...)
	}
	if w.line == closed || w.line == dead || flows.Active(w.mode) && w.line == open && changes(w.effect) {
		return nil, nil
	}
	return ends, answers
}

// changes tells whether an effect is refused by an active modem.
func changes(e flows.Effect) bool {
	switch e.(type) {
	case flows.Delete, flows.Write, flows.MakeKey:
		return true
	}
	return false
}

// writes are what a slot may hold after a write that was answered OK: nothing new, the new content, or something damaged.
func (w world) writes(i int) []cell {
	if w.line != open {
		return []cell{w.cells[i]}
	}
	if w.cells[i] != absent {
		return nil // 519
	}
	return []cell{absent, fresh, foreign}
}

// made are what the key's slot may hold after the modem said that it made a key: nothing new, or the new key. One that is damaged
// looks like any other: nobody knows beforehand what a modem lists for a key of its own.
func (w world) made() []cell {
	was := w.cells[cred.ClientKey]
	if w.line != open || was != absent {
		return []cell{was}
	}
	return []cell{absent, fresh}
}

// list is what a plan is made of: what was written is in the record of the work that failed.
func (w *world) list() {
	for i, c := range w.cells {
		if c == fresh {
			w.cells[i] = ours
		}
	}
	w.listed = w.cells
	if w.line == other {
		w.listed = [3]cell{foreign, foreign, foreign}
		w.blurred = true
	}
}

// read is what the slot lists. Another unit may hold the same anchor.
func (w world) read(id flows.ID, i int) []flows.Event {
	if w.line == other {
		return []flows.Event{flows.ReadBack{ID: id, SHA256: holds(0, fresh)}, flows.ReadBack{ID: id, SHA256: holds(i, foreign)}, flows.ReadBack{ID: id}}
	}
	return []flows.Event{flows.ReadBack{ID: id, SHA256: holds(i, w.cells[i])}}
}

// answers are the ways in which the effect in flight ends.
func (w world) answers(step credStep, edge func(credEdge)) {
	if w.effect == nil {
		return
	}
	add := func(label string, n world, e flows.Event) {
		next, taken := n.feed(step, e)
		if !taken {
			next = n
			next.effect = nil // nobody waits for it: the machine is stuck, and that will be found
		}
		edge(credEdge{Label: label, To: next})
	}
	id := w.effect.Of()
	ends, rights := w.landed()
	for i, n := range ends {
		for _, e := range rights[i] {
			add("ok", n, e)
		}
	}
	_, identify := w.effect.(flows.Identify)
	_, restore := w.effect.(flows.RestoreMode)
	for _, n := range append(ends, w) { // with its effect or without
		if identify {
			n = w
			n.told = 0
		}
		n.ready, n.heard, n.signed = w.ready, w.heard, w.signed
		n.excused = n.excused || identify || restore
		add("refused", n, flows.Failed{ID: id, Code: "x"})
		n.line, n.lost, n.told, n.touched = closed, true, 0, 0
		add("lost", n, flows.Lost{ID: id, Code: "port.lost"})
	}
}

// openings are the sessions on which Identify can be answered: the open one, or a new opening, with either unit.
func (w world) openings() []world {
	w.touched, w.lost, w.excused, w.blurred = 0, false, false, false
	switch w.line {
	case open:
		w.told = unitA
		return []world{w}
	case other:
		w.told = unitB
		return []world{w}
	}
	w.session = 2
	if w.base == 2 {
		w.session = 1
	}
	a, b := w, w
	a.line, a.told = open, unitA
	b.line, b.told = other, unitB
	return []world{a, b}
}

func (w world) identity(id flows.ID) flows.Event {
	e := flows.Identified{ID: id, Session: uint32(w.session), IMEI: w.told, Identity: cred.Digest{9}, Firmware: w.firmware, Mode: w.mode}
	if w.line == other {
		e.Identity, e.Mode, e.Firmware = cred.Digest{8}, 1, true
	}
	return e
}

// set is what was prepared.
func (w world) set(id flows.ID) flows.Prepared {
	e, p := flows.Prepared{ID: id}, w.plan()
	for i, s := range p.Slots[:p.N] {
		if s.Op == flows.WriteSlot && !(w.makes() && s.Slot.Kind == cred.ClientCert) {
			e.Want[i] = holds(w.cellOf(uint8(i)), fresh)
		}
	}
	return e
}

// person are all events that a person or the bench may put in, offered or not.
func (w world) person(step credStep, edge func(credEdge)) {
	add := func(label string, n world, e flows.Event, exit bool) {
		if n, taken := n.feed(step, e); taken {
			edge(credEdge{Label: label, To: n, Exit: exit})
		}
	}
	n := w
	n.agreed, n.cancelled, n.named = true, false, !w.destroys() && !w.serves
	add("accept", n, flows.Accepted{}, false)
	wrong := n
	wrong.agreed = false
	add("confirm another", wrong, flows.Confirmed{IMEI: unitB}, false)
	add("confirm wrong digits", wrong, flows.Confirmed{Last4: 7873}, false)
	n.named, n.sure = true, w.sure || w.serves
	if w.aim == w.wish { // what becomes of the profile's plan in service is searched where nothing else is wished
		add("confirm", n, flows.Confirmed{Last4: 7872}, false)
		add("confirm in full", n, flows.Confirmed{IMEI: unitA, Last4: 1}, false)
	}
	n = w
	n.cancelled = false
	add("plan", n, flows.PlanWanted{Hand: w.hand, Aim: w.wish}, false)
	add("retry", n, flows.Retry{}, false)
	n = w
	n.cancelled = true
	add("cancel", n, flows.Cancel{}, true)
	if !w.sure && w.m.who.IMEI != 0 {
		n = w
		n.sure = true
		var do []flows.Effect
		n.m, do = n.m.Confirm()
		edge(credEdge{Label: "unit confirmed", To: n.emit(do).normal()})
	}
	n = w
	switch w.moody {
	case flows.EndpointScreen:
		n.anchor = !n.anchor // it has happened, whether the machine takes it or not
		n, _ = n.feed(step, flows.TermsSet{Terms: flows.Terms{Anchor: n.anchor, Service: n.serves}})
		edge(credEdge{Label: "anchor", To: n})
	case flows.CredentialsScreen:
		n.signer = !n.signer
		n.m = n.m.Signer(n.signer)
		edge(credEdge{Label: "signer", To: n})
	}
}

// accidents are what happens to boards, cables and processes. A unit that is put back unseen, before anybody asked who is
// there, is not among them: no line can show that.
func (w world) accidents(edge func(credEdge)) {
	add := func(label string, n world) { edge(credEdge{Label: label, To: n.normal(), Exit: true}) }
	n := w
	if w.line == open || w.line == other {
		n.line = dead
		add("pull", n)
	}
	if w.line == open {
		n.line, n.blurred, n.mode = other, true, w.found // a unit that is lifted from its needles starts again
		add("swap unseen", n)
	}
	if w.sturdy {
		return
	}
	add("crash", w.crash())
	if w.effect != nil {
		ends, _ := w.landed()
		for _, n := range ends {
			add("crash after it landed", n.crash())
		}
	}
}

// crash ends the process: what it prepared is gone, and what it wrote is in no record.
func (w world) crash() world {
	d := world{
		cells: w.cells, mode: w.mode, found: w.found, firmware: w.firmware, anchor: w.anchor, signer: w.signer, moody: w.moody, brief: w.brief, hand: w.hand, make: w.make, serves: w.serves, wish: w.wish,
	}
	for i, c := range d.cells {
		if c == fresh {
			d.cells[i] = foreign
		}
	}
	return d
}

// begin tells the machine of a unit that was identified just now.
func (w world) begin(sure bool) world {
	owed := uint8(0)
	if w.mode != w.found {
		owed = w.found // the journal says so
	}
	w.alive, w.line, w.session, w.base, w.sure = true, open, 1, 1, sure
	w.m = Credentials{anchor: w.anchor, signer: w.signer, serves: w.serves}
	who := Who{IMEI: unitA, Identity: cred.Digest{9}, Session: 1, Firmware: w.firmware}
	var do []flows.Effect
	w.m, do = w.m.Begin(who, owed, sure, w.hand)
	return w.emit(do).normal()
}
