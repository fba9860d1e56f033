package linear

import (
	"fmt"
	"slices"
	"strings"

	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/way"
)

// speech is what was said last, so that only what is new is said.
type speech struct {
	way.Speech
	note   string // to be said once
	prompt bool   // the last thing said was a prompt
}

// speak says what is new, then asks for a line where one is waited for.
func (t *talk) speak() error {
	if t.shown == nil || t.gone {
		return nil
	}
	now := speechOf(t.shown)
	if now.Holds {
		return nil
	}
	var out []string
	if t.said.note != "" {
		out = append(out, t.said.note)
		t.said.note = ""
	}
	out = append(out, fresh(t.said.Lines, now.Lines)...)
	if !now.Works && !slices.Equal(now.Keys, t.said.Keys) && len(now.Keys) > 0 {
		out = append(out, "keys: "+strings.Join(now.Keys, ", "))
	}
	t.said.Speech = now
	if len(out) == 0 && t.said.prompt && t.reader.reads(meant(now)) {
		return nil
	}
	end := "\n"
	if t.reader.hushed() {
		end = "\r\n" // a terminal that shows nothing that is typed takes line ends as they are
	}
	if t.said.prompt {
		out = append([]string{""}, out...) // the line of the prompt before ends
	}
	palette := paint.Palette{Bare: true, ASCII: t.ASCII}
	for _, l := range out {
		if _, err := fmt.Fprint(t.Out, palette.Say(l), end); err != nil {
			return err
		}
	}
	t.said.prompt = true
	if t.reader.ask(meant(now), prompt(now), now.Secret) {
		return nil
	}
	_, err := fmt.Fprint(t.Out, prompt(now))
	return err
}

func prompt(s way.Speech) string {
	if s.Asks != "" {
		return s.Asks + ": "
	}
	return "> "
}

// meant is what a line answers that is typed now.
func meant(s way.Speech) string {
	if s.Secret {
		return "secret " + s.Asks
	}
	return s.Asks
}

// fresh are the lines that were not said before. Where the first differs everything is new: one is somewhere else. A line that stands
// there once more than before is new: a modem gives the same answer twice.
func fresh(old, now []string) (out []string) {
	if len(old) == 0 || len(now) == 0 || old[0] != now[0] {
		old = nil
	}
	said := map[string]int{}
	for _, l := range old {
		said[strings.TrimRight(l, " ")]++
	}
	for _, l := range now {
		switch l = strings.TrimRight(l, " "); {
		case strings.TrimSpace(l) == "":
		case said[l] > 0:
			said[l]--
		default:
			out = append(out, l)
		}
	}
	return out
}
