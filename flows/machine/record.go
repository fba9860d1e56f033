package machine

import (
	"example.org/sectag/flows"
	"example.org/sectag/flows/turn"
)

type recordPhase uint8

const (
	recordNone      recordPhase = iota // the work is not over
	recordWriting                      // WriteRecord is in flight
	recordWritten                      // it is in the ledger
	recordUnwritten                    // it could not be written
	recordSaving                       // written, and SaveProfile is in flight
	recordUnsaved                      // written, and the profile could not be saved
	recordSaved                        // written, and the profile is saved
)

// Record writes what was done to the ledger, and keeps what was settled by hand in a profile.
type Record struct {
	turn.Turn
	phase   recordPhase
	verdict flows.Outcome
	kept    bool // nothing was changed
	aim     flows.Aim
	profile bool // there is a profile: nothing to save
}

// Fresh is a machine that has written nothing; the numbers of effects go on.
func (m Record) Fresh() Record { return Record{Turn: m.Turn, profile: m.profile} }

// Begin writes what the work came to.
func (m Record) Begin(verdict flows.Outcome, kept bool, aim flows.Aim) (Record, []flows.Effect) {
	m.verdict, m.kept, m.aim = verdict, kept, aim
	do := m.write()
	return m, do
}

func (m *Record) write() []flows.Effect {
	m.phase = recordWriting
	return []flows.Effect{flows.WriteRecord{ID: m.Ask(flows.RecordScreen), Verdict: m.verdict, Kept: m.kept, Aim: m.aim}}
}

// Verdict is what the record says.
func (m Record) Verdict() flows.Outcome { return m.verdict }

// Step takes an event.
func (m Record) Step(e flows.Event) (Record, []flows.Effect, bool) {
	was := m
	switch e := e.(type) {
	case flows.TermsSet:
		m.profile = e.Terms.Profile
		return m, nil, m == was
	case flows.RecordWanted, flows.Retry:
		if m.phase == recordUnwritten {
			do := m.write()
			return m, do, false
		}
	case flows.ProfileSaveWanted:
		if m.asksToSave() {
			m.phase = recordSaving
			return m, []flows.Effect{flows.SaveProfile{ID: m.Ask(flows.RecordScreen), Path: e.Path}}, false
		}
	case flows.RecordWritten:
		if m.phase == recordWriting && m.Took(e.ID) {
			m.phase = recordWritten
			return m, nil, false
		}
	case flows.ProfileSaved:
		if m.phase == recordSaving && m.Took(e.ID) {
			m.phase = recordSaved
			return m, nil, false
		}
	case flows.Failed:
		if m.Took(e.ID) {
			if m.phase == recordSaving {
				m.phase = recordUnsaved
			} else {
				m.phase = recordUnwritten
			}
			return m, nil, false
		}
	}
	return was, nil, true
}

func (m Record) asksToSave() bool {
	return !m.profile && (m.phase == recordWritten || m.phase == recordUnsaved)
}

// Stage is the machine from far.
func (m Record) Stage() flows.Stage {
	switch m.phase {
	case recordNone:
		return flows.Idle
	case recordWriting:
		return flows.Running
	case recordUnwritten:
		return flows.Failing
	}
	return flows.Done // with the profile it can go as it will
}

// Actions is what a person may do now.
func (m Record) Actions() []flows.Action {
	switch {
	case m.phase == recordUnwritten:
		return []flows.Action{{Name: "retry", Key: 'r', Event: flows.Retry{}}}
	case m.asksToSave():
		return []flows.Action{{Name: "save-profile", Key: 's', Ask: flows.AskPath}}
	}
	return nil
}
