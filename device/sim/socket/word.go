package socket

import (
	"strconv"
	"strings"
)

// word is one parameter; quotes are gone from its text.
type word struct {
	text   string
	quoted bool
}

// parse takes a command apart: an upper-case name with its #, whether it asks, and the parameters' text.
func parse(s string) (name string, asks bool, rest string) {
	if len(s) < 3 || !strings.EqualFold(s[:2], "AT") || s[2] != '#' {
		return "", false, ""
	}
	name, rest, has := strings.Cut(s[2:], "=")
	if bare, isQuestion := strings.CutSuffix(name, "?"); isQuestion && !has {
		return strings.ToUpper(bare), true, ""
	}
	return strings.ToUpper(name), rest == "?", rest
}

// words splits at the commas outside quotes. A quoted parameter is quoted from end to end.
func words(s string) (ws []word, whole bool) {
	if s == "" {
		return nil, true
	}
	for {
		if q, isQuoted := strings.CutPrefix(s, `"`); isQuoted {
			text, rest, closed := strings.Cut(q, `"`)
			if !closed || rest != "" && rest[0] != ',' {
				return nil, false
			}
			ws = append(ws, word{text, true})
			if rest == "" {
				return ws, true
			}
			s = rest[1:]
			continue
		}
		text, rest, more := strings.Cut(s, ",")
		if strings.Contains(text, `"`) {
			return nil, false
		}
		ws = append(ws, word{strings.TrimSpace(text), false})
		if !more {
			return ws, true
		}
		s = rest
	}
}

// number reads a bare number within limits.
func (w word) number(least, most int) (int, bool) {
	n, err := strconv.ParseInt(w.text, 10, 64)
	return int(n), err == nil && !w.quoted && n >= int64(least) && n <= int64(most)
}

// numbered reads the parameter at i, or gives the value that it has when it is left out.
func numbered(p []word, i, least, most, dflt int) (int, bool) {
	if i >= len(p) || p[i] == (word{}) {
		return dflt, true
	}
	return p[i].number(least, most)
}

func itoa(n int) string { return strconv.Itoa(n) }
