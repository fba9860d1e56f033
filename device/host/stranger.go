package host

import (
	"bytes"

	"example.org/sectag/cred"
	"example.org/sectag/device/sound"
)

// Stranger is the failure of who answers AT and is no modem of ours: line.not-at.
func Stranger(name string) error {
	return cred.Failed("line.not-at", "what answers AT on "+name+" is no nRF91 modem",
		"choose the board's first port: sectag ports lists them; modems of other makes cannot be worked on")
}

// knocks is what a search sends that nobody answers, but for what only frees a line.
var knocks = bytes.Repeat([]byte("AT"), 16)

// Silent says what is at the other end of a line on which AT was not answered, from what was heard there: line.no-answer, line.not-at.
func Silent(name string, heard []byte) error {
	notAT := func(what, hint string) error {
		return cred.Failed("line.not-at", "no AT host on "+name+": "+what, hint)
	}
	switch sound.Listen(heard, knocks) {
	case sound.Nothing:
		return cred.Failed("line.no-answer", "nothing answers AT on "+name,
			"switch the unit on and choose the board's first port; its firmware must be an AT host (at_client) or a shell with the command at, at 115200 baud")
	case sound.Crash:
		return notAT("the firmware says that the modem has stopped", "switch the unit off and on; if it stays so write its modem firmware again (Cellular Monitor or nrfutil)")
	case sound.Shell:
		return notAT("a Zephyr shell answers, and its command at does not", "switch the unit off and on; if it stays so put an AT host on the board (the at_client sample)")
	case sound.Host:
		return notAT("an AT host is heard, and it does not hear", "wire its RX, RTS and CTS, or build its firmware without hardware flow control: sectag doctor says more")
	case sound.Noise:
		return notAT("what comes in is no text", "the speed is not 115200 baud or the port is a trace port: choose the board's first port")
	case sound.Log:
		return notAT("a firmware writes its log", "choose the board's first port, or put an AT host on the board (the at_client sample)")
	case sound.GNSS:
		return notAT("a GNSS receiver sends positions", "choose another port: sectag ports lists them")
	case sound.Refusal:
		return notAT("it answers AT with ERROR", "switch the unit off and on; if it stays so put an AT host on the board (the at_client sample)")
	case sound.Echo:
		return notAT("it only sends back what is sent", "switch the unit off and on: an AT host whose modem has stopped does so; else close the program that echoes, or choose another port")
	}
	return notAT("something else answers", "choose another port: sectag ports lists them")
}
