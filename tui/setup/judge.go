package setup

import (
	"slices"

	"example.org/sectag/flows/setup"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/way"
)

// The queues of the inbox. Of judgements one is under way at a time.
const (
	deeds = iota
	judgements
)

// maxAhead is how many keys wait for a judgement; more are not taken.
const maxAhead = 1024

// judge is the judgement of the draft by the bench, which reads files: a disk that does not answer must not hold the keys.
type judge struct {
	busy  bool       // it is under way
	again bool       // and what it judges is not the draft any more
	ahead []form.Key // the key that needs it, and those that were pressed after it; none when nothing waits for it
}

// drop overwrites the keys that wait: they may be of a passphrase.
func (j *judge) drop() {
	clear(j.ahead)
	j.ahead = nil
}

// check has the draft judged.
func (s *Screens) check() {
	if s.judge.busy {
		s.judge.again = true
		return
	}
	s.judge.busy = true
	s.bench.Check(s.draft, func(p setup.Paper) { s.inbox.Put(judgements, p) })
}

// judged takes a judgement in. When it is of the draft as it is now, the key that waited for it does what it is for, and then those
// that were pressed after it.
func (s *Screens) judged(p setup.Paper) way.Act {
	s.paper, s.judge.busy = p, false
	if s.judge.again {
		s.judge.again = false
		s.check()
		return way.Nothing
	}
	keys := slices.Clone(s.judge.ahead)
	defer clear(keys)
	s.judge.drop()
	for i, k := range keys {
		act := way.Nothing
		if i == 0 {
			act = s.sure(k)
		} else {
			act = s.Press(k)
		}
		if act != way.Nothing {
			return act
		}
	}
	return way.Nothing
}

// needs lets a key wait until the draft is judged as it is now.
func (s *Screens) needs(k form.Key) way.Act {
	s.judge.ahead = append(s.judge.ahead, k)
	s.check()
	return way.Nothing
}

// waits takes a key while another one waits. Esc gives the waiting up.
func (s *Screens) waits(k form.Key) way.Act {
	switch {
	case k.Name == form.Esc:
		s.judge.drop()
	case len(s.judge.ahead) < maxAhead:
		s.judge.ahead = append(s.judge.ahead, k)
	}
	return way.Nothing
}

// sure does what a key is for that needed the judgement: it writes the file, or gives the answer.
func (s *Screens) sure(k form.Key) way.Act {
	if s.m.At == setup.Review {
		return s.step(setup.WriteWanted{Wrong: len(s.paper.Refusals) > 0, Replace: k.Char == 'r'})
	}
	return s.give()
}
