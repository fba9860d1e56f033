package walk

import (
	"example.org/sectag/flows"
)

// still is a machine that stands where a test puts it.
type still struct {
	at      flows.Screen
	stages  [flows.Screens]flows.Stage
	actions []flows.Action
	busy    bool
	outcome flows.Outcome
	hand    flows.Op
}

func (s still) Actions() []flows.Action          { return s.actions }
func (s still) Rest() bool                       { return !s.busy }
func (s still) Screen() flows.Screen             { return s.at }
func (s still) Stage(x flows.Screen) flows.Stage { return s.stages[x] }
func (s still) Outcome() flows.Outcome           { return s.outcome }
func (s still) Hand() flows.Op                   { return s.hand }

func (s still) Aim() flows.Aim { return flows.ForProfile }

// upTo is a machine on a screen, with all before it done.
func upTo(at flows.Screen, stage flows.Stage, actions ...flows.Action) still {
	s := still{at: at, actions: actions, busy: stage == flows.Running && len(actions) == 0}
	for i := range at {
		s.stages[i] = flows.Done
	}
	s.stages[at] = stage
	return s
}
