package walk

import (
	"example.org/sectag/tui/frame"
	"example.org/sectag/tui/way"
)

// Speech is the walk for those who see no window.
func (w *Walk) Speech() way.Speech {
	if w.sight.machine == nil {
		return way.Speech{Lines: []string{"starting"}, Works: true}
	}
	return frame.Speech(w.scene())
}
