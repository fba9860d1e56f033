package station

import (
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/turn"
)

// talksTo is the unit that the console can ask: the one that was identified at the port, confirmed or not.
func (b *Bench) talksTo() cred.IMEI {
	if b.unit.Asking() || b.unit.Stage() == flows.Done {
		return b.unit.Who().IMEI
	}
	return 0
}

// typed lets a developer have a command of their own sent, when nothing else is asked of the unit.
func (b *Bench) typed(e flows.Event) (do []flows.Effect, ignored bool) {
	_, drops := e.(flows.CommandDropped)
	if !drops && b.closed() != "" {
		return nil, true
	}
	b.console, do, ignored = b.console.Step(e)
	return do, ignored
}

// closed is why no command of a person's own can be sent now; empty when one can.
func (b Bench) closed() string {
	switch {
	case !b.terms.Lab:
		return "this is for the lab"
	case !b.still():
		return "wait until the work in hand is done"
	case b.credentials.Owes():
		return "cancel first: the modem is still offline"
	}
	return ""
}

// said takes what came of a command. After one that changes the unit, whatever came of it, what was planned and proven is not of this
// unit any more: it is put away, and nothing begins by itself.
func (b *Bench) said(e flows.Event) (do []flows.Effect, ignored bool) {
	changed := b.console.Sending()
	b.console, do, ignored = b.console.Step(e)
	if !ignored && changed {
		b.leave()
		b.connection, b.record = b.connection.Fresh(), b.record.Fresh()
		b.halted = true
	}
	return do, ignored
}

// aside takes what an event of the console brings to the facts; false for any other event.
func (s *Story) aside(e flows.Event) bool {
	c := &s.Facts.Console
	switch e := e.(type) {
	case flows.CommandTyped, flows.CommandConfirmed, flows.CommandDropped, flows.TranscriptWanted:
		c.Failure = nil
	case flows.CommandHeld:
		c.Held = read[flows.AnswerFacts](e.Doc).Command
	case flows.ModemAnswered:
		c.Last = must[flows.AnswerFacts](e.Doc)
	case flows.TranscriptSaved:
		c.Saved = e.Path
	case flows.Failed:
		if turn.Asker(e.ID) != flows.Screens {
			return false
		}
		c.Failure = cred.Failed(e.Code, e.Text, e.Hint)
	case flows.Lost:
		if turn.Asker(e.ID) != flows.Screens {
			return false
		}
		c.Failure = cred.Failed(e.Code, e.Text, e.Hint)
	default:
		return false
	}
	return true
}

// Console is what a developer may do beside the screens: nothing outside the lab.
func (b Bench) Console() []flows.Action {
	if !b.terms.Lab {
		return nil
	}
	as := b.console.Actions()
	for i := range as {
		if why := b.closed(); why != "" && as[i].Event != (flows.CommandDropped{}) {
			as[i].Disabled = why
		}
	}
	return as
}
