package host

import (
	"bytes"
	"regexp"
)

// sign is what the bytes of a search show.
type sign uint8

const (
	nothing sign = iota // nobody yet
	okay                // OK
	refused             // ERROR, with or without a number
	prompt              // a shell
	dead                // a shell whose modem library fails
)

// What firmwares of nrf91.md, sections 1.1 and 3, say.
var (
	result    = regexp.MustCompile(`(?:^|[\r\n\x00])(OK|ERROR|\+CM[ES] ERROR: \d+)\r*\n`)
	shellSign = regexp.MustCompile(`(?:^|[\r\n])(?:[A-Za-z0-9_-]+:~\$)|command not found`)
	deadSign  = regexp.MustCompile(`Sending AT command failed with error code -?\d+|Failed to send AT command, err -?\d+`)
	// echoLine is the AT that was sent, come back. The result follows it at once or on a line of its own.
	echoLine = regexp.MustCompile(`(?:^|[\r\n\x00])AT[\r\n]+(?:[^\r\n]*[\r\n]+)*OK\r`)
	// ahead is the empty line that Serial Modem and SLM put before a result. What an echo leaves before it ends in CR alone.
	ahead = regexp.MustCompile(`(?:^|[\r\n])\r\n(?:OK|ERROR|\+CM[ES] ERROR: \d+)\r\n`)
)

// undress takes off what terminals are told.
func undress(b []byte) []byte { return escape.ReplaceAll(b, nil) }

// read looks for the first sign of a host.
func read(heard []byte) sign {
	b := undress(heard)
	switch m := result.FindSubmatch(b); {
	case deadSign.Match(b):
		return dead
	case shellSign.Match(b):
		return prompt
	case m == nil:
		return nothing
	case string(m[1]) == "OK":
		return okay
	}
	return refused
}

// echoed tells whether the AT came back before its result.
func echoed(heard []byte) bool { return echoLine.Match(undress(heard)) }

// emptyBefore tells whether a result had an empty line before it.
func emptyBefore(heard []byte) bool { return ahead.Match(heard) }

// answers are the lines by which ending knows which question was heard.
var answers = []struct {
	line *regexp.Regexp
	end  string
}{
	{regexp.MustCompile(`(?:^|[\r\n])\+CMEE: \d\r*\n`), CR},
	{regexp.MustCompile(`(?:^|[\r\n])\+CFUN: \d{1,2}\r*\n`), LF},
	{regexp.MustCompile(`(?:^|[\r\n])\+CFUN: \(`), CRLF},
	{regexp.MustCompile(`(?:^|[\r\n\x00])\+CGSN: \(`), NUL},
}

// ending reads which of the questions was answered first. A host may have heard the next ones too.
func ending(heard []byte) (end string, ok bool) {
	first := len(heard)
	for _, a := range answers {
		if m := a.line.FindIndex(heard); m != nil && m[0] < first {
			first, end, ok = m[0], a.end, true
		}
	}
	return end, ok && bytes.Contains(heard, []byte("\n"))
}
