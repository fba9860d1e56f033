// Package sound says what a line sounds like on which no AT host speaks: silence, a log, a shell, the modem's trace, an echo. It is
// the one judgement of this in the house: device/host words a failure by it, device/scout gives a port its role, device/doctor finds
// the cause. Bytes go in and a Kind comes out; nothing here reads a line.
package sound

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Kind is what came in on a port where no AT host spoke.
type Kind uint8

// The kinds.
const (
	Unheard  Kind = iota // the port was not open
	Nothing              // it was, and nothing came
	Noise                // no text: a trace, or another speed
	Log                  // a firmware's log
	Text                 // text of no known kind
	GNSS                 // positions
	Shell                // a Zephyr shell
	Host                 // an AT host's own words, and no answer: it does not hear
	Crash                // the modem, or the host, says that the modem has stopped
	Echo                 // what was sent, and nothing else
	Refusal              // ERROR, whatever is sent
	Stranger             // OK: who is there answers AT; what was wrong then the failure tells
)

// What the firmwares of nrf91.md say of themselves. prompts and shellWords: 3.4 and 3.6; hostWords: 3.1, 3.3 and 3.7; crashWords:
// 3.2, 3.3, 3.4 and the log lines of sdk-nrf's nrf_modem_lib.
var (
	prompts    = regexp.MustCompile(`(?:^|[\r\n\x1b;m])(?:uart|mosh|[a-z0-9_-]+):~\$`)
	shellWords = regexp.MustCompile(`command not found|MoSh AT command mode|MOSH version:`)
	hostWords  = regexp.MustCompile(`(?m)^(?:Ready|The AT host sample started|\+CEREG: \d|\+CSCON: \d|%(?:XTIME|MDMEV|CESQ|XSIM): )`)
	crashWords = regexp.MustCompile(`(?mi)#XMODEM: (?:FAULT|SHUTDOWN)|^INIT ERROR|Modem (?:has )?crash|Modem error: 0x|Modem fault|Sending AT command failed with error code|modem library init(?:ialization)? failed|Modem library failed to initialize`)
	okLine     = regexp.MustCompile(`(?:^|[\r\n\x00])OK\r*\n`)
	logWords   = regexp.MustCompile(`\*\*\* (?:Booting|Using)|<(?:inf|err|wrn|dbg)>`)
)

// Listen judges what came in, given what was sent.
func Listen(heard, sent []byte) Kind {
	text := string(bytes.ToValidUTF8(heard, nil))
	switch {
	case len(heard) == 0:
		return Nothing
	case crashWords.MatchString(text):
		return Crash
	case strange(heard):
		return Noise
	case prompts.MatchString(text) || shellWords.MatchString(text):
		return Shell
	case okLine.MatchString(text):
		return Stranger
	case hostWords.MatchString(strings.ReplaceAll(text, "\r", "\n")):
		return Host
	case strings.Contains(text, "$G") || strings.Contains(text, "$BD"):
		return GNSS
	case logWords.MatchString(text):
		return Log
	case strings.Contains(text, "ERROR"):
		return Refusal
	case echoed(heard, sent):
		return Echo
	}
	return Text
}

// strange tells whether bytes are no text.
func strange(b []byte) bool {
	n := 0
	for _, c := range b {
		if c >= 0x80 || c < ' ' && c != '\r' && c != '\n' && c != '\t' && c != 0x1b {
			n++
		}
	}
	return n*4 > len(b) || n > 0 && !utf8.Valid(b)
}

// echoed tells whether what came is the beginning of what was sent, apart from control characters and plus signs: a crashed modem's AT
// host sends commands back without the bytes that only shall free its line.
func echoed(heard, sent []byte) bool {
	bare := func(b []byte) []byte {
		return bytes.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f || r == '+' {
				return -1
			}
			return r
		}, b)
	}
	h := bare(heard)
	return len(h) >= 2 && bytes.HasPrefix(bare(sent), h)
}
