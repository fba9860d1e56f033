package rack

import (
	"strconv"
	"strings"

	"example.org/sectag/flows/rack"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/way"
)

// laneSpot begins the spot of a lane's row; its number follows.
const laneSpot = "lane "

// Click turns to the lane that is clicked, or presses the key that is. While a text is being typed, which may be the scanner's, a
// letter is not put into it.
func (s *Station) Click(x, y int) way.Act {
	spot := paint.At(s.lines(), x, y)
	if n, is := strings.CutPrefix(spot, laneSpot); is {
		if lane, err := strconv.ParseUint(n, 10, 8); err == nil && lane < rack.MaxLanes {
			s.bench.Touch()
			s.bench.Put(rack.LaneSelected{Lane: uint8(lane)})
		}
		return way.Nothing
	}
	k, is := form.Named(spot)
	if !is || k.Name == form.Char && (s.hand.text != "" || s.hand.form != nil) {
		return way.Nothing
	}
	if do := s.Press(k); do != way.Nothing || !s.hand.held() {
		return do
	}
	return s.release() // nothing follows a click
}
