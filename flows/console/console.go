// Package console is the machine of a developer's own AT commands: one at a time, on the session that is open, and a command that
// changes the unit only for the unit whose last digits were typed. It is pure, like all of flows, and holds no text.
package console

import (
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/turn"
)

type consolePhase uint8

const (
	consoleReady   consolePhase = iota // a command may be typed
	consoleAsking                      // AskModem is in flight
	consoleHeld                        // the command changes the unit: is this the one?
	consoleSending                     // AskModem is in flight, for the unit that was named
	consoleSaving                      // SaveTranscript is in flight
)

// Console sends a developer's own commands and keeps the transcript.
type Console struct {
	turn.Turn
	phase consolePhase
	imei  cred.IMEI // the unit at the open session; 0 when there is none
	text  flows.Ref // the command that is held
}

// At is the console with this unit at the port. A command that is held was meant for the one before, and goes with it.
func (m Console) At(imei cred.IMEI) Console {
	if imei != m.imei && m.phase == consoleHeld {
		m.phase, m.text = consoleReady, 0
	}
	m.imei = imei
	return m
}

// Step takes an event.
func (m Console) Step(e flows.Event) (Console, []flows.Effect, bool) {
	was := m
	if do, ok := m.asked(e); ok {
		return m, do, false
	}
	if m.answered(e) {
		return m, nil, false
	}
	return was, nil, true
}

func (m *Console) asked(e flows.Event) (do []flows.Effect, ok bool) {
	if !m.Rest() {
		return nil, false
	}
	switch e := e.(type) {
	case flows.CommandTyped:
		if m.imei != 0 {
			m.phase, m.text = consoleAsking, 0
			return []flows.Effect{flows.AskModem{ID: m.AskAside(), Text: e.Text}}, true
		}
	case flows.CommandConfirmed:
		if m.phase == consoleHeld && m.imei != 0 && uint64(e.Last4) == uint64(m.imei)%10000 {
			x := flows.AskModem{ID: m.AskAside(), Text: m.text, IMEI: m.imei}
			m.phase, m.text = consoleSending, 0
			return []flows.Effect{x}, true
		}
	case flows.CommandDropped:
		if m.phase == consoleHeld {
			m.phase, m.text = consoleReady, 0
			return nil, true
		}
	case flows.TranscriptWanted:
		m.phase, m.text = consoleSaving, 0
		return []flows.Effect{flows.SaveTranscript{ID: m.AskAside(), Path: e.Path}}, true
	}
	return nil, false
}

func (m *Console) answered(e flows.Event) bool {
	was := m.phase
	m.phase = consoleReady
	switch e := e.(type) {
	case flows.CommandHeld:
		m.phase, m.text = consoleHeld, e.Text
		return was == consoleAsking && m.Took(e.ID)
	case flows.ModemAnswered:
		return (was == consoleAsking || was == consoleSending) && m.Took(e.ID)
	case flows.TranscriptSaved:
		return was == consoleSaving && m.Took(e.ID)
	case flows.Failed:
		return m.Took(e.ID)
	case flows.Lost:
		return m.Took(e.ID)
	}
	return false
}

// Sending tells whether a command is in flight that changes the unit.
func (m Console) Sending() bool { return m.phase == consoleSending }

// Held tells whether a command waits for the unit to be named.
func (m Console) Held() bool { return m.phase == consoleHeld }

// Actions is what a person may do now.
func (m Console) Actions() []flows.Action {
	command := flows.Action{Name: "command", Key: ':', Danger: flows.Changes, Ask: flows.AskCommand}
	save := flows.Action{Name: "save-transcript", Key: 'w', Ask: flows.AskTranscript}
	switch {
	case !m.Rest():
		command.Disabled, save.Disabled = busy, busy
	case m.imei == 0:
		command.Disabled = "identify the unit first"
	case m.phase == consoleHeld:
		return []flows.Action{
			{Name: "send-command", Key: '\r', Danger: flows.Destroys, Ask: flows.AskSend},
			{Name: "drop-command", Key: 'x', Event: flows.CommandDropped{}},
			command, save,
		}
	}
	return []flows.Action{command, save}
}

// busy is why nothing can be sent while something is in flight.
const busy = "wait until the work in hand is done"
