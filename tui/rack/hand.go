package rack

import (
	"strings"
	"time"
	"unicode/utf8"

	"example.org/sectag/flows"
	"example.org/sectag/flows/rack"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/way"
	"example.org/sectag/tui/words"
)

// hand is what a person, or the label scanner, has typed and not ended. A scanner is a keyboard, so the two are one: a text that ends with
// Enter is a label, or the digits that a lane asks for. A letter by itself is a command, but only when nothing follows it at once: a
// code may begin with any letter.
type hand struct {
	text    string
	note    string
	form    *form.Form // for the passphrase, nil when it is not asked for
	put     bool       // the question was put away, and does not come back by itself
	help    bool
	scroll  int
	leaving bool
	ended   time.Time // the last text that was typed
}

// maxText is how much of what is typed is kept, in bytes: more than a 2D code holds.
const maxText = 8 << 10

// held tells whether one letter was typed that may be a command.
func (h *hand) held() bool {
	return h.form == nil && utf8.RuneCountInString(h.text) == 1 && !strings.ContainsAny(h.text, "0123456789")
}

// close overwrites what was typed.
func (h *hand) close() {
	if h.form != nil {
		h.form.Clear()
		h.form = nil
	}
	h.text = ""
}

// news puts a question away that nobody asks any more. One that is being answered stays: what is still to come of the passphrase would
// be shown as a label, and its letters be commands. The bench keeps it for the next lane.
func (h *hand) news(s rack.Shot) {
	if asksPassphrase(s.Rack) {
		return
	}
	if h.put = false; h.form != nil && !h.form.Hides() {
		h.close()
	}
}

func asksPassphrase(r rack.Rack) bool {
	for _, a := range r.Actions() {
		if a.Ask == flows.AskPassphrase {
			return true
		}
	}
	return false
}

// Press takes a key. A question that waited for the end of a label comes then.
func (s *Station) Press(k form.Key) way.Act {
	typing := s.hand.text != ""
	do := s.press(k)
	if typing && s.hand.text == "" {
		s.askByItself()
	}
	return do
}

func (s *Station) press(k form.Key) way.Act {
	s.bench.Touch()
	h := &s.hand
	h.note = ""
	if h.held() && k.Name != form.Char && k.Name != form.Backspace { // what is held was typed before this
		if do := s.release(); do != way.Nothing || k.Name == form.Enter {
			return do
		}
	}
	switch {
	case k.Name == form.Interrupt:
		return s.leave()
	case h.form != nil:
		return s.pressForm(k)
	case k.Name == form.Char && utf8.RuneLen(k.Char) > 0 && len(h.text) < maxText:
		h.text += string(k.Char)
	case k.Name == form.Pasted:
		h.text += k.Text[:min(len(k.Text), max(maxText-len(h.text), 0))]
	case k.Name == form.Backspace:
		_, n := utf8.DecodeLastRuneInString(h.text)
		h.text = h.text[:len(h.text)-n]
	case k.Name == form.ClearLine:
		h.text = ""
	case k.Name == form.PageDown:
		h.scroll += max(s.h-8, 1)
	case k.Name == form.PageUp:
		h.scroll = max(h.scroll-max(s.h-8, 1), 0)
	case k.Step() != 0:
		h.scroll = max(h.scroll+k.Step(), 0)
	case k.Name == form.Enter && h.text != "":
		s.typed()
	case k.Name == form.Enter && s.Now().Sub(s.hand.ended) < held:
		s.hand.ended = s.Now() // of the scanner: a code can have several lines, and the last be empty
	case k.Name == form.Enter:
		return s.do('\r')
	case k.Name == form.Tab:
		return s.do('\t')
	case k.Name == form.Esc:
		return s.escape()
	}
	return way.Nothing
}

// askByItself opens the question for the passphrase, unless it was put away, or a label is being typed: the rest of it is no passphrase.
func (s *Station) askByItself() {
	if s.hand.form != nil || s.hand.put || s.hand.text != "" {
		return
	}
	for _, a := range s.shot.Rack.Actions() {
		if a.Ask == flows.AskPassphrase {
			s.hand.form = s.passphrase(a)
			return
		}
	}
}

// pressForm gives a key to the question for the passphrase. A label that was scanned into it is a label.
func (s *Station) pressForm(k form.Key) way.Act {
	h := &s.hand
	if k.Name == form.Esc {
		h.close()
		h.put = true
		return way.Nothing
	}
	if _, send := h.form.Press(k); !send {
		return way.Nothing
	}
	var pass []byte
	h.form.Answer(func(b []byte) flows.Ref { pass = b; return 1 })
	if imei, is := rack.Label(string(pass)); is {
		clear(pass)
		s.bench.Put(rack.LabelScanned{IMEI: imei})
		h.note = "that was a label: the passphrase is still wanted"
		h.close()
		return way.Nothing
	}
	if pass != nil {
		s.bench.Unlock(pass)
		h.close()
	}
	return way.Nothing
}

// typed is a text that ended with Enter.
func (s *Station) typed() {
	text := s.hand.text
	s.hand.text, s.hand.ended = "", s.Now()
	if e, why := s.shot.Rack.Typed(text); e != nil {
		s.bench.Put(e)
		s.hand.note = said(e)
	} else {
		s.hand.note = why
	}
}

func said(e rack.Event) string {
	if l, ok := e.(rack.LabelScanned); ok {
		return "label " + l.IMEI.String()
	}
	return ""
}

// release does what a letter stands for that nothing followed.
func (s *Station) release() way.Act {
	if !s.hand.held() {
		return way.Nothing
	}
	k, _ := utf8.DecodeRuneInString(s.hand.text)
	s.hand.text = ""
	return s.do(k)
}

// escape puts away what lies on top: the help, what was typed, then what the machine says.
func (s *Station) escape() way.Act {
	switch {
	case s.hand.help:
		s.hand.help, s.hand.scroll = false, 0
	case s.hand.text != "":
		s.hand.text = ""
	default:
		return s.do(27)
	}
	return way.Nothing
}

// do is what a key stands for now.
func (s *Station) do(k rune) way.Act {
	switch {
	case k == '?':
		s.hand.help, s.hand.scroll = !s.hand.help, 0
		return way.Nothing
	case k == 'q':
		return s.leave()
	case k == 'h' && s.Door:
		return s.home("home", func() {})
	case k == 'v' && s.visited() != "":
		return s.home("service view", func() { s.Visit(s.visited()) })
	}
	var disabled *rack.Action
	for _, a := range s.shot.Rack.Actions() {
		switch {
		case a.Key != k:
		case a.Disabled != "":
			disabled = &a
		case a.Ask == flows.AskPassphrase:
			s.hand.form, s.hand.put = s.passphrase(a), false
			return way.Nothing
		case a.Ask == flows.AskDigits:
			s.hand.note = "type the last four digits of " + s.shot.Rack.Lane(int(a.Lane)).IMEI.String() + ", then enter"
			return way.Nothing
		case a.Event != nil:
			s.bench.Put(a.Event)
			return way.Nothing
		}
	}
	switch {
	case disabled != nil:
		s.hand.note = label(*disabled) + ": " + disabled.Disabled
	case k > ' ':
		s.hand.note = words.Key(k) + " does nothing here: ? shows the keys"
	}
	return way.Nothing
}

// home leaves the station, when no lane works.
func (s *Station) home(name string, first func()) way.Act {
	if !s.rest() {
		s.hand.note = name + ": wait until no lane works"
		return way.Nothing
	}
	first()
	return way.Home
}

func label(a rack.Action) string { return strings.ReplaceAll(a.Name, "-", " ") }

// leave quits; in the middle of work it stops every lane first, and quits when all have come to rest, or at the second press.
func (s *Station) leave() way.Act {
	if s.rest() || s.hand.leaving {
		return way.Quit
	}
	s.hand.leaving = true
	for n := range uint8(rack.MaxLanes) {
		if s.shot.Rack.Lane(int(n)).Phase == rack.Working {
			s.bench.Put(rack.CancelWanted{Lane: n})
		}
	}
	s.hand.note = "stopping after what is in flight, then leaving; ctrl+c again leaves at once"
	return way.Nothing
}
