package nrf91

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.org/sectag/device/sim/network"
)

// The limits that the project gives a modem for its answers.
const (
	probeLimit = time.Second
	queryLimit = 5 * time.Second
	modeLimit  = time.Minute
)

// Final results that are no CME number.
const (
	resultOK    = -1
	resultError = -2
)

// reply is what a command comes to.
type reply struct {
	info  []string // information text, a line each
	code  int      // resultOK, resultError or the number of a +CME ERROR
	flash int      // credentials written or deleted
	after string   // unsolicited lines that the command leads to
	dies  bool     // the unit loses power before it answers

	search network.Wait // a search for a network that the command began
}

func ok(info ...string) reply { return reply{info: info, code: resultOK} }
func failed() reply           { return reply{code: resultError} }
func cme(n int) reply         { return reply{code: n} }

// form is which of the four forms of a command was used (nrf91.md, 1.1).
type form int

const (
	execute form = iota // AT+X
	set                 // AT+X=…
	read                // AT+X?
	test                // AT+X=?
)

// param is one parameter; quotes are gone from its text.
type param struct {
	text   string
	quoted bool
}

// command is a row of the table. Handlers run with the modem locked.
type command struct {
	name  string
	run   func(m *Modem, f form, p []param) reply
	limit time.Duration
	has   func(firmware) bool // nil: every firmware
}

// table is every command that the unit knows, by upper-case name; a later one is a row here and a handler.
func table() map[string]command {
	t := map[string]command{}
	for _, c := range slices.Concat(statusCommands(), networkCommands(), storeCommands(), keyCommands()) {
		if c.limit == 0 {
			c.limit = queryLimit
		}
		t[c.name] = c
	}
	return t
}

// Answer is what one command comes to.
type Answer struct {
	Raw   []byte        // the reply: <info><CR><LF>OK<CR><LF>, untouched by any host
	After []byte        // unsolicited lines that follow it
	Flash int           // credentials written or deleted
	Limit time.Duration // in which the reply has to begin
	Dies  bool          // the unit loses power instead of answering

	Search network.Wait // the network answers that much later: then Answered is to be called
}

// Exec carries out one command as a host handed it over, without its terminator.
func (m *Modem) Exec(line []byte) Answer {
	r, limit := m.dispatch(line)
	a := Answer{Raw: m.render(r), After: []byte(r.after), Flash: r.flash, Limit: limit, Dies: r.dies, Search: r.search}
	m.commandsRun++
	if f, forgets := m.faults.Get("cmee-off"); forgets && (f.N == 0 || f.N == m.commandsRun) {
		m.cmee = false
	}
	return a
}

func (m *Modem) dispatch(line []byte) (reply, time.Duration) {
	// A CRLF sent to a CR host leaves its LF in front of the next command; the modem does not mind (nrf91.md, 3.2).
	line = bytes.TrimLeftFunc(line, func(r rune) bool { return r <= ' ' })
	if len(line) < 2 || !strings.EqualFold(string(line[:2]), "AT") {
		return failed(), queryLimit
	}
	name, f, rest, isCommand := split(string(line[2:]))
	if name == "" && isCommand {
		return ok(), probeLimit
	}
	c, known := m.commands[name]
	if !isCommand || !known || c.has != nil && !c.has(m.fw) {
		return failed(), queryLimit
	}
	params, whole := parseParams(rest)
	if f == set && !whole {
		return failed(), c.limit
	}
	r := c.run(m, f, params)
	if name == "+CFUN" && f == set && len(params) == 1 && (params[0].text == "0" || params[0].text == "4") {
		return r, modeLimit
	}
	return r, c.limit
}

// split takes a command apart: an upper-case name, its form and the parameters' text.
func split(s string) (name string, f form, rest string, isCommand bool) {
	if s == "" {
		return "", execute, "", true
	}
	if !strings.ContainsRune("+%", rune(s[0])) {
		return "", 0, "", false
	}
	end := strings.IndexFunc(s[1:], func(r rune) bool {
		return !(r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9')
	})
	if end < 0 {
		return strings.ToUpper(s), execute, "", len(s) > 1
	}
	name, rest = strings.ToUpper(s[:end+1]), s[end+1:]
	switch {
	case rest == "?":
		return name, read, "", true
	case rest == "=?":
		return name, test, "", true
	case rest[0] == '=':
		return name, set, rest[1:], true
	}
	return name, 0, "", false
}

// parseParams splits at the commas outside quotes. A quoted parameter is quoted from end to end; a quote elsewhere, and one
// that does not close, make the whole command wrong.
func parseParams(s string) (ps []param, whole bool) {
	for {
		if q, isQuoted := strings.CutPrefix(s, `"`); isQuoted {
			text, rest, closed := strings.Cut(q, `"`)
			if !closed || rest != "" && rest[0] != ',' {
				return nil, false
			}
			ps = append(ps, param{text, true})
			if rest == "" {
				return ps, true
			}
			s = rest[1:]
			continue
		}
		text, rest, more := strings.Cut(s, ",")
		if strings.Contains(text, `"`) {
			return nil, false
		}
		ps = append(ps, param{text, false})
		if !more {
			return ps, true
		}
		s = rest
	}
}

// render writes the reply as the modem does: no CRLF in front, a plain ERROR unless +CMEE=1 (nrf91.md, 1.1 and 1.2).
func (m *Modem) render(r reply) []byte {
	var b bytes.Buffer
	if r.code == resultOK {
		for _, l := range r.info {
			b.WriteString(l + "\r\n")
		}
	}
	switch {
	case r.code == resultOK:
		b.WriteString("OK\r\n")
	case r.code == resultError || !m.cmee:
		b.WriteString("ERROR\r\n")
	default:
		fmt.Fprintf(&b, "+CME ERROR: %d\r\n", r.code)
	}
	return b.Bytes()
}
