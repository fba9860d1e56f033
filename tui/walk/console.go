package walk

import (
	"strings"

	"example.org/sectag/flows"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/screen"
	"example.org/sectag/tui/way"
)

// lab is what a developer has in hand at the console.
type lab struct {
	prompt bool       // the prompt opens again after an answer
	search *form.Form // what is looked for is being typed
	query  string     // what was looked for last
	hit    int        // where it was found: an index into the transcript
}

// maxHistory is how many commands are remembered, until the way is left.
const maxHistory = 50

// console opens the page: with the prompt, or with the question what is looked for.
func (h *hand) console(k rune, s sight) way.Act {
	if h.over != screen.Console {
		h.close()
		h.over, h.scroll = screen.Console, 0
	}
	h.dismissed = question{}
	if k == '/' {
		h.lab.search, h.lab.hit = form.Search(h.lab.query), len(s.trace)
		return way.Nothing
	}
	h.lab.prompt = true
	return h.doAside(k, s)
}

// doAside performs an action of the console, or says why it cannot be done now.
func (h *hand) doAside(k rune, s sight) way.Act {
	for _, a := range s.machine.Console() {
		switch {
		case a.Key != k:
		case a.Disabled != "":
			h.note = screen.Label(a) + ": " + a.Disabled
			return way.Nothing
		case a.Ask != flows.AskNothing:
			h.open(a, s)
			return way.Nothing
		default:
			h.send(a.Event)
			return way.Nothing
		}
	}
	return h.everywhere(k, s)
}

// prompts is the question that the page asks by itself: for the digits of a command that is held, else for the next command.
func (h *hand) prompts(s sight) (flows.Action, bool) {
	as := s.machine.Console()
	if a, ok := asksByItself(as); ok {
		return a, true
	}
	for _, a := range as {
		if a.Ask == flows.AskCommand && a.Disabled == "" {
			return a, h.lab.prompt
		}
	}
	return flows.Action{}, false
}

// heard remembers a command that was sent, as the bench has masked it, and shows the newest lines.
func (h *hand) heard(s sight, e flows.Event, ignored bool) {
	if _, answered := e.(flows.ModemAnswered); !answered || ignored || s.facts.Console.Last == nil {
		return
	}
	h.scroll = 0
	text := s.facts.Console.Last.Command
	if old := h.before.History; len(old) == 0 || old[0] != text {
		h.before.History = append([]string{text}, old[:min(len(old), maxHistory-1)]...)
	}
}

// pressConsole gives a key to the console's page: the open question, then the page.
func (h *hand) pressConsole(k form.Key, s sight) way.Act {
	switch {
	case k.Name == form.PageUp || k.Name == form.PageDown:
		return h.pressOver(k, s)
	case h.lab.search != nil:
		return h.pressSearch(k, s)
	case h.form != nil:
		return h.pressPrompt(k)
	case k.Name == form.Esc:
		h.over, h.scroll, h.dismissed = screen.Nothing, 0, question{}
		h.wonder(s)
	case k.Name == form.Enter:
		return h.console(':', s)
	case k.Char == 'n':
		h.find(-1, s)
	case k.Char == 'N':
		h.find(1, s)
	case k.Name == form.Char:
		return h.doAside(k.Char, s)
	default:
		return h.pressOver(k, s)
	}
	return way.Nothing
}

// pressPrompt gives a key to the open question. Esc gives up a command that is held.
func (h *hand) pressPrompt(k form.Key) way.Act {
	if k.Name == form.Esc {
		if h.form.Action.Ask == flows.AskSend {
			h.send(flows.CommandDropped{})
		}
		h.lab.prompt = false
		h.close()
		return way.Nothing
	}
	if _, send := h.form.Press(k); send {
		h.answer()
	}
	return way.Nothing
}

// pressSearch gives a key to what is looked for; Enter looks for it, from the newest line on.
func (h *hand) pressSearch(k form.Key, s sight) way.Act {
	switch k.Name {
	case form.Esc:
		h.lab.query = ""
		h.close()
	case form.Enter:
		h.lab.query = h.lab.search.Fields[0].Value()
		h.close()
		h.find(-1, s)
	default:
		h.lab.search.Press(k)
	}
	return way.Nothing
}

// find goes to the next line, older or newer, in which stands what is looked for.
func (h *hand) find(step int, s sight) {
	if h.lab.query == "" {
		h.note = "/ looks for something first"
		return
	}
	for i := h.lab.hit + step; i >= 0 && i < len(s.trace); i += step {
		if strings.Contains(strings.ToLower(s.trace[i].Text), strings.ToLower(h.lab.query)) {
			h.lab.hit, h.scroll = i, len(s.trace)-1-i
			return
		}
	}
	h.note = map[int]string{-1: "no older line has it", 1: "no newer line has it"}[step]
}

// paste gives what was pasted to the question that is open and seen.
func (h *hand) paste(k form.Key) {
	switch {
	case h.lab.search != nil:
		h.lab.search.Press(k)
	case h.form != nil && (h.over == screen.Nothing || h.over == screen.Console):
		h.form.Press(k)
	}
}
