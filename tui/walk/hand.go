package walk

import (
	"slices"

	"example.org/sectag/flows"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/frame"
	"example.org/sectag/tui/pick"
	"example.org/sectag/tui/screen"
	"example.org/sectag/tui/way"
	"example.org/sectag/tui/words"
)

// Bench is all that screens may ask of the bench.
type Bench interface {
	// Put gives an event to the bench; it never blocks.
	Put(flows.Event)
	// Keep takes a secret, clears the slice, and gives a reference for PassphraseGiven or AuthorityWanted.
	Keep(secret []byte) flows.Ref
	// Touch is told of every key, not which: somebody is there.
	Touch()
}

// hand is what a person has in hand: the open question, the page that lies over the screen, the last note. It is all that the
// terminal side remembers by itself.
type hand struct {
	bench     Bench
	door      string // what there is to leave for; "": nothing
	before    form.Before
	form      *form.Form
	list      pick.Lister
	files     *pick.Pick // the list that lies over the question, nil when there is none
	dismissed question   // the question that was closed and does not open by itself again
	over      screen.Over
	lab       lab
	wish      rune // 'e' or 'y': what was asked of all that is seen, which only the walk knows
	copied    string
	scroll    int
	note      string
	put       flows.Event // the last event that was put, until it has come back
	stopping  bool        // the work was cancelled and has not come to rest
	leaving   bool
}

// question tells one question from another.
type question struct {
	at  flows.Screen
	ask flows.Ask
}

// news settles what is in hand after the machine has moved on: an answered or impossible question goes, an open one is brought
// up to date, and the one that Enter would open opens by itself.
func (h *hand) news(s sight, e flows.Event, ignored bool) way.Act {
	if s.machine.Rest() || ignored && e == (flows.Cancel{}) {
		h.stopping = false
	}
	if h.put != nil && e == h.put {
		h.put = nil
		if ignored {
			h.note = refused(e)
		}
	}
	if h.leaving && s.machine.Rest() {
		return way.Quit
	}
	if h.form != nil {
		a, ok := offered(s.machine, h.form.Action)
		switch {
		case ok:
			h.form = h.form.Renew(a, s.facts, h.before)
		case h.form.Hides():
			h.form.Wrong = "this is not asked any more: enter closes it" // what is still to come of the secret would be keys
		default:
			h.close()
		}
	}
	h.heard(s, e, ignored)
	h.wonder(s)
	return way.Nothing
}

// wonder opens the question that asks by itself, on what is shown.
func (h *hand) wonder(s sight) {
	if h.form != nil || !s.machine.Rest() || h.lab.search != nil {
		return
	}
	a, ok := asksByItself(s.machine.Actions())
	if h.over == screen.Console {
		a, ok = h.prompts(s)
	}
	if ok && h.dismissed != (question{s.machine.Screen(), a.Ask}) {
		h.open(a, s)
	}
}

// offered finds an action again that can still be done.
func offered(m screen.Machine, old flows.Action) (flows.Action, bool) {
	for _, a := range slices.Concat(m.Actions(), m.Console()) {
		if a.Name == old.Name && a.Ask == old.Ask && a.Disabled == "" {
			return a, true
		}
	}
	return flows.Action{}, false
}

// asksByItself finds the question that Enter stands for.
func asksByItself(as []flows.Action) (flows.Action, bool) {
	for _, a := range as {
		if a.Key == '\r' && a.Ask != flows.AskNothing && a.Disabled == "" {
			return a, true
		}
	}
	return flows.Action{}, false
}

func (h *hand) open(a flows.Action, s sight) {
	h.close()
	h.form = form.Open(a, s.facts, h.before)
	if !form.Aside(a.Ask) {
		h.over, h.scroll = screen.Nothing, 0
	}
	h.dismissed = question{}
}

// close puts the question away and overwrites what was typed.
func (h *hand) close() {
	if h.form != nil {
		h.form.Clear()
		h.form, h.files = nil, nil
	}
	if h.lab.search != nil {
		h.lab.search.Clear()
		h.lab.search = nil
	}
}

// send puts an event.
func (h *hand) send(e flows.Event) {
	h.put = e
	h.bench.Put(e)
}

// refused says why the machine took no notice of an answer.
func refused(e flows.Event) string {
	switch e.(type) {
	case flows.Confirmed:
		return "these are not the last digits of this unit's IMEI: nothing was changed"
	case flows.CommandConfirmed:
		return "these are not the last digits of this unit's IMEI: nothing was sent"
	case flows.AnchorCompared:
		return "no digest ends so: nothing was stored"
	}
	return "that could not be done any more: the bench had moved on"
}

// said is the line for people above the keys: what the last key led to, or what goes on because of an earlier one.
func (h *hand) said() string {
	if h.note == "" && h.stopping {
		return "stopping: what is in flight comes to its end first"
	}
	return h.note
}

// press gives a key to what is in hand: the page on top, the open question, then the screen.
func (h *hand) press(k form.Key, s sight) way.Act {
	h.note = ""
	switch {
	case k.Name == form.Interrupt:
		return h.leave(s)
	case h.files != nil:
		h.pressFiles(k)
		return way.Nothing
	case k.Name == form.Pasted:
		h.paste(k)
		return way.Nothing
	case h.over == screen.Console:
		return h.pressConsole(k, s)
	case h.over != screen.Nothing:
		return h.pressOver(k, s)
	case h.form != nil:
		return h.pressForm(k, s)
	}
	return h.pressScreen(k, s)
}

// pressOver scrolls or closes the page on top; other keys of every screen work as well.
func (h *hand) pressOver(k form.Key, s sight) way.Act {
	page := max(s.h-6, 1)
	if h.over == screen.Transcript || h.over == screen.Console {
		page = -page // its newest line is at the bottom
	}
	step := page / max(page, -page)
	switch k.Name {
	case form.Esc, form.Enter:
		h.over, h.scroll = screen.Nothing, 0
	case form.PageDown:
		h.scroll = max(h.scroll+page, 0)
	case form.PageUp:
		h.scroll = max(h.scroll-page, 0)
	case form.Down:
		h.scroll = max(h.scroll+step, 0)
	case form.Up:
		h.scroll = max(h.scroll-step, 0)
	case form.WheelUp, form.WheelDown:
		h.scroll = max(h.scroll+step*k.Step(), 0)
	case form.Char:
		return h.everywhere(k.Char, s)
	}
	return way.Nothing
}

// pressForm gives a key to the open question. What a field of digits does not take still opens the pages of every screen, but
// never an action: nobody means a command while typing.
func (h *hand) pressForm(k form.Key, s sight) way.Act {
	if k.Name == form.Esc {
		h.dismissed = question{s.machine.Screen(), h.form.Action.Ask}
		h.close()
		return way.Nothing
	}
	if k.Name == form.Files && h.list != nil && h.form.Fields[h.form.At].Path {
		h.files = pick.Open(h.list, ".")
		return way.Nothing
	}
	taken, send := h.form.Press(k)
	_, still := offered(s.machine, h.form.Action)
	switch {
	case send && !still:
		h.close()
		h.wonder(s)
	case send:
		h.answer()
	case taken:
	case k.Name == form.PageDown || k.Name == form.PageUp || k.Step() != 0:
		return h.pressScreen(k, s)
	case k.Name == form.Char && frame.Free(h.form, k.Char):
		return h.everywhere(k.Char, s)
	}
	return way.Nothing
}

// pressFiles gives a key to the list of files; a chosen one goes into the field.
func (h *hand) pressFiles(k form.Key) {
	path, done := h.files.Press(k)
	if done {
		h.files = nil
	}
	if path != "" {
		h.form.Fill(path)
	}
}

// answer makes an event of what was typed and puts it. The question is closed; should it be asked again, what was typed is there.
func (h *hand) answer() {
	typed, ask := h.form.Typed(), h.form.Action.Ask
	e := h.form.Answer(h.bench.Keep)
	if e == nil {
		return
	}
	if h.before.Typed == nil {
		h.before.Typed = map[flows.Ask][]string{}
	}
	h.before.Typed[ask] = typed
	h.close()
	h.send(e)
}

// pressScreen scrolls, or does an action.
func (h *hand) pressScreen(k form.Key, s sight) way.Act {
	switch k.Name {
	case form.PageDown:
		h.scroll += max(s.h-8, 1)
	case form.PageUp:
		h.scroll = max(h.scroll-max(s.h-8, 1), 0)
	case form.WheelUp, form.WheelDown:
		h.scroll = max(h.scroll+k.Step(), 0)
	case form.Left:
		h.turn(-1, s)
	case form.Right:
		h.turn(1, s)
	case form.Enter:
		return h.do('\r', s)
	case form.Esc:
		return h.do(esc, s)
	case form.Tab:
		return h.do('\t', s)
	case form.Char:
		return h.everywhere(k.Char, s)
	}
	return way.Nothing
}

const esc = 27

// everywhere are the keys that every screen has; any other is an action's.
func (h *hand) everywhere(k rune, s sight) way.Act {
	pages := map[rune]screen.Over{'t': screen.Transcript, 'd': screen.Digests, '?': screen.Help}
	if page, ok := pages[k]; ok {
		if h.over == page {
			page = screen.Nothing
		}
		h.over, h.scroll = page, 0
		return way.Nothing
	}
	switch {
	case k == 'q':
		return h.leave(s)
	case k == 'e' || k == 'y':
		h.wish = k
		return way.Nothing
	}
	if (k == ':' || k == '/') && s.machine.Console() != nil {
		return h.console(k, s)
	}
	if k == 'h' && h.door != "" {
		return h.home(s)
	}
	if h.over != screen.Nothing || h.form != nil {
		return way.Nothing
	}
	return h.do(k, s)
}

// do performs the action that a key stands for: it puts its event, opens its question, or says why it cannot be done.
func (h *hand) do(k rune, s sight) way.Act {
	var disabled *flows.Action
	for _, a := range s.machine.Actions() {
		switch {
		case a.Key != k:
		case a.Disabled != "":
			disabled = &a
		case a.Ask != flows.AskNothing:
			h.open(a, s)
			return way.Nothing
		case a.Event != nil:
			h.stopping = a.Event == (flows.Cancel{}) && !s.machine.Rest()
			h.send(a.Event)
			return way.Nothing
		}
	}
	switch {
	case disabled != nil:
		h.note = screen.Label(*disabled) + ": " + disabled.Disabled
	case k > ' ' && (k < '0' || k > '9'): // a label scanner's digits are no mistake
		h.note = words.Key(k) + " does nothing here: ? shows the keys"
	}
	return way.Nothing
}

// turn shows the screen before or after this one, if the machine lets it be shown.
func (h *hand) turn(step int, s sight) {
	to := flows.Screen(int(s.machine.Screen()) + step) // below the first wraps to one that nobody offers
	for _, a := range s.machine.Actions() {
		if a.Event == (flows.Show{Screen: to}) && a.Disabled == "" {
			h.send(a.Event)
			return
		}
	}
}

// home leaves for the door, when nothing is at work.
func (h *hand) home(s sight) way.Act {
	if !s.machine.Rest() {
		h.note = "home: wait until the work in hand is done, or cancel it"
		return way.Nothing
	}
	h.close()
	return way.Home
}

// leave quits; in the middle of an effect it cancels first and quits when the bench has come to rest, or at the second press.
func (h *hand) leave(s sight) way.Act {
	if s.machine == nil || s.machine.Rest() || h.leaving {
		h.close()
		return way.Quit
	}
	h.leaving = true
	h.bench.Put(flows.Cancel{})
	h.note = "stopping after what is in flight, then leaving; ctrl+c again leaves at once"
	return way.Nothing
}
