package host

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"example.org/sectag/cred"
)

// Stranger is the failure of who answers AT and is no modem of ours: line.not-at.
func Stranger(name string) error {
	return cred.Failed("line.not-at", "what answers AT on "+name+" is no nRF91 modem",
		"choose the board's first port: sectag ports lists them; modems of other makes cannot be worked on")
}

// shellPrompt is what a Zephyr shell ends its output with.
var shellPrompt = regexp.MustCompile(`(?:uart|mosh|[a-z0-9_-]+):~\$`)

// Silent says what is at the other end of a line on which AT was not answered, from what was heard there: line.no-answer, line.not-at.
func Silent(name string, heard []byte) error {
	text := string(bytes.ToValidUTF8(heard, nil))
	notAT := func(what, hint string) error {
		return cred.Failed("line.not-at", "no AT host on "+name+": "+what, hint)
	}
	strange := 0
	for _, b := range heard {
		if b >= 0x80 || (b < ' ' && b != '\r' && b != '\n' && b != '\t' && b != 0x1b) {
			strange++
		}
	}
	switch {
	case len(heard) == 0:
		return cred.Failed("line.no-answer", "nothing answers AT on "+name,
			"switch the unit on and choose the board's first port; its firmware must be an AT host (at_client) or a shell with the command at, at 115200 baud")
	case shellPrompt.MatchString(text) || strings.Contains(text, "command not found"):
		return notAT("a Zephyr shell answers, and its command at does not", "switch the unit off and on; if it stays so put an AT host on the board (the at_client sample)")
	case strange*4 > len(heard) || !utf8.Valid(heard):
		return notAT("what comes in is no text", "the speed is not 115200 baud or the port is a trace port: choose the board's first port")
	case strings.Contains(text, "*** Booting") || strings.Contains(text, "<inf>") || strings.Contains(text, "<err>") || strings.Contains(text, "<wrn>"):
		return notAT("a firmware writes its log", "choose the board's first port, or put an AT host on the board (the at_client sample)")
	case strings.Contains(text, "$G") || strings.Contains(text, "$BD"):
		return notAT("a GNSS receiver sends positions", "choose another port: sectag ports lists them")
	case strings.Contains(text, "ERROR"):
		return notAT("it answers AT with ERROR", "switch the unit off and on; if it stays so put an AT host on the board (the at_client sample)")
	case strings.HasPrefix(strings.TrimLeft(text, "\r\n"), "AT") && !strings.Contains(text, "OK"):
		return notAT("it only sends back what is sent", "switch the unit off and on: an AT host whose modem has stopped does so; else close the program that echoes, or choose another port")
	}
	return notAT("something else answers", "choose another port: sectag ports lists them")
}
