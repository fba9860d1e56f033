package at

import (
	"bytes"
	"strings"
	"time"

	"example.org/sectag/device/at/mask"
	"example.org/sectag/device/at/urc"
)

// class is what a line turned out to be.
type class uint8

const (
	blank       class = iota // empty
	answer                   // of the command's own answer
	final                    // its final result
	stale                    // a final result that cannot be this command's
	unsolicited              // a known unsolicited line
	echo                     // our own command coming back
	held                     // the first part of a line that an unsolicited one cut in two
	strange                  // none of these: a log line, or something damaged
)

// sort is what matters of it to whoever shows the line.
func (c class) sort() mask.Sort {
	switch c {
	case final, stale, blank:
		return mask.Result
	case unsolicited:
		return mask.News
	}
	return mask.Other
}

// exchange is one command under way. It is fed line by line and does no I/O.
type exchange struct {
	cmd     Command
	handing time.Duration // for handing the bytes to the line; 0 is by their number
	under   bool          // the last bytes are on their way: before, nothing can be this command's result
	reply   Reply
	unclean bool
	size    int    // of the lines kept
	part    string // a cut line waiting for its rest
	echo    []byte // what a shell has still to send back of the command
	lines   int    // that came since the command began
	first   string // of them
	open    bool   // inside quoted text that spans lines
	ended   bool
	done    chan struct{}
	bare    chan struct{} // a result came that a Named command cannot take for its own
}

func newExchange(cmd Command) *exchange {
	return &exchange{cmd: cmd, done: make(chan struct{}), bare: make(chan struct{}, 1)}
}

// take sorts one line; text is the line as it reads once mended, aside an unsolicited line that was found inside it.
func (x *exchange) take(line string) (c class, text, aside string) {
	if x.open {
		return x.quoted(line)
	}
	if x.lines == 1 {
		x.first = line
	}
	if text, aside, ok := x.echoed(line); ok {
		return echo, text, aside
	}
	if x.part != "" {
		if urc.Is(line) {
			return unsolicited, line, ""
		}
		line = x.part + line
		x.part = ""
	}
	if m := urc.Inside(line); m != nil && x.isHead(strings.Trim(m[1], "\r")) {
		x.part = strings.Trim(m[1], "\r")
		return held, x.part, m[2]
	}
	return x.sort(line), line, ""
}

// isHead tells whether text can be the beginning of something that this command waits for.
func (x *exchange) isHead(text string) bool {
	for _, whole := range []string{"OK", "ERROR", "+CME ERROR: ", "+CMS ERROR: ", x.cmd.Answers.Prefix} {
		if strings.HasPrefix(whole, text) {
			return true
		}
	}
	return strings.HasPrefix(text, "+CME ERROR: ") ||
		x.cmd.Answers.Prefix != "" && strings.HasPrefix(text, x.cmd.Answers.Prefix)
}

// echoed takes a line that a shell sends back of the command. A terminal wraps it, an unsolicited line can land in it, and the
// line can lose a part of it.
func (x *exchange) echoed(line string) (text, aside string, ok bool) {
	if len(x.echo) == 0 || line == "" {
		return "", "", false
	}
	if _, _, is := parseFinal(line); is {
		return "", "", false
	}
	if rest, ok := bytes.CutPrefix(x.echo, []byte(line)); ok {
		x.echo = rest
		return line, "", true
	}
	if m := urc.Inside(line); m != nil {
		if rest, ok := bytes.CutPrefix(x.echo, []byte(m[1])); ok {
			x.echo = rest
			return m[1], m[2], true
		}
	}
	const sure = 8
	if i := bytes.Index(x.echo, []byte(line)); i >= 0 && len(line) >= sure {
		x.echo = x.echo[i+len(line):]
		return line, "", true
	}
	return "", "", false
}

func (x *exchange) sort(line string) class {
	if line == "" {
		return blank
	}
	if r, n, ok := parseFinal(line); ok {
		if !x.under {
			return stale
		}
		if x.cmd.Named && len(x.reply.Info) == 0 {
			select {
			case x.bare <- struct{}{}:
			default: // it is known already
			}
			return stale
		}
		x.reply.Final, x.reply.CME, x.reply.Clean, x.reply.Full, x.ended = r, n, !x.unclean, false, true
		return final
	}
	a := x.cmd.Answers
	named := a.Prefix != "" && strings.HasPrefix(line, a.Prefix)
	switch {
	case line == x.cmd.Text:
		return echo
	case !named && urc.Is(line):
		return unsolicited
	case named || a.Bare != nil && a.Bare(line):
		x.keep(line)
		x.open = x.cmd.Quoted && strings.Count(line, `"`)%2 == 1
		return answer
	}
	x.unclean = true
	return strange
}

// longestItem is a line of the modem's list at its longest. An AT Host's command and answer share one buffer (sdk-nrf lib/at_host):
// an answer that fills it up to such a line, and has no end, was longer.
const longestItem = len(`%CMNG: 4294967295, 255, ""`) + 64 + len("\r\n")

// maxLines bounds what is kept of one answer; a full store is a few hundred lines. More come from a peer that never ends.
const maxLines = 4096

func (x *exchange) keep(line string) {
	if len(x.reply.Info) == maxLines {
		x.unclean = true
		return
	}
	x.size += len(line) + len("\r\n")
	if x.cmd.Secret { // nobody needs it, and what is not kept cannot come out
		line = mask.Answer(line)
	}
	x.reply.Info = append(x.reply.Info, line)
	x.reply.Full = x.size > Buffer-longestItem
}

// quoted takes a line inside quoted text: all of it is content, even a line that reads OK.
func (x *exchange) quoted(line string) (class, string, string) {
	x.keep(line)
	if strings.Count(line, `"`)%2 == 1 {
		x.open = false
	}
	return answer, line, ""
}
