package start

import (
	"example.org/sectag/flows/door"
	"example.org/sectag/tui/way"
	"example.org/sectag/tui/words"
)

// Speech is the door for those who see no window.
func (s *Start) Speech() way.Speech {
	out := way.Speech{Lines: []string{"start screen"}}
	if s.Title != "" {
		out.Lines = append(out.Lines, "product "+s.Title)
	}
	for _, a := range s.at.Actions()[1:] {
		w, _ := door.Parse(a.Name)
		text := a.Name + ": " + what[w]
		if a.Disabled != "" {
			text = a.Name + ": not now, " + a.Disabled
		} else {
			out.Keys = append(out.Keys, words.Key(a.Key)+" "+a.Name)
		}
		out.Lines = append(out.Lines, text)
	}
	if s.note != "" {
		out.Lines = append(out.Lines, s.note)
	}
	out.Keys = append(out.Keys, "q quit")
	return out
}
