package host

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
)

// Newline is what a shell's firmware makes of a backslash and an n in AT%CMNG=0.
type Newline uint8

// Only modem_shell always makes a line end of it; at_shell does if it is built so, which it does not tell (nrf91.md, section 3.4).
const (
	Untold  Newline = iota // nobody knows yet
	Made                   // CR LF
	Literal                // nothing: the two characters are stored
)

// Shell is a Zephyr shell with the command "at": at_shell, or modem_shell whose prompt is "mosh". The whole command goes in single
// quotes, because the shell eats double quotes and backslashes outside them; line ends go as a backslash and an n, which the
// firmware makes CR LF of, so that the modem stores the CRLF text (nrf91.md, section 3.4).
type Shell struct {
	Room    int // characters that fit in its line; 0 is the 255 of a shell that nobody changed
	Newline Newline
}

// defaultRoom is SHELL_CMD_BUFF_SIZE as Zephyr has it, less the NUL.
const defaultRoom = 255

// Name is "shell".
func (Shell) Name() string { return "shell" }

// Frame wraps the command. A shell echoes all of it.
func (h Shell) Frame(text string, content []byte) ([]byte, int) {
	wire := make([]byte, 0, len(text)+len(content)+len(content)/32+16)
	wire = append(wire, "at '"...)
	wire = append(wire, text...)
	if content != nil {
		wire = append(wire, `,"`...)
		for _, b := range content {
			switch b {
			case '\r':
			case '\n':
				wire = append(wire, `\n`...)
			default:
				wire = append(wire, b)
			}
		}
		wire = append(wire, '"')
	}
	wire = append(wire, '\'')
	return append(wire, '\r'), max(0, len(wire)-h.room())
}

func (h Shell) room() int {
	if h.Room == 0 {
		return defaultRoom
	}
	return h.Room
}

// Stored is the content with CR LF for each line end.
func (Shell) Stored(content []byte) []byte {
	lf := bytes.ReplaceAll(content, []byte{'\r'}, nil)
	return bytes.ReplaceAll(lf, []byte{'\n'}, []byte("\r\n"))
}

// Free throws away what is on the line: Ctrl-C.
func (Shell) Free(bool) []byte { return []byte{0x03} }

// Refuse says what a shell cannot carry: a single quote ends the quoting, a backslash would be an escape, and line ends need a
// firmware that makes them. The room is that of its line.
func (h Shell) Refuse(what, text string, content []byte) error {
	if strings.ContainsAny(text, `'\`) || bytes.ContainsAny(content, `'\`) {
		return cred.Failed("line.bad-command", what+" holds a single quote or a backslash, which the unit's shell eats",
			"leave them out, or put an AT host on the unit (the at_client sample)")
	}
	if i := bytes.IndexFunc(content, func(r rune) bool { return r < ' ' && r != '\r' && r != '\n' || r == 0x7f }); i >= 0 {
		return cred.Failed("line.bad-command", what+" holds a control character, which the unit's shell obeys", "leave it out, or put an AT host on the unit (the at_client sample)")
	}
	if h.Newline == Literal && bytes.IndexByte(content, '\n') >= 0 {
		return NoNewline(what)
	}
	_, over := h.Frame(text, content)
	if over == 0 {
		return nil
	}
	hint := "build its firmware with CONFIG_SHELL_CMD_BUFF_SIZE=4096, or put an AT host on the unit (the at_client sample)"
	if h.room()+over > at.Buffer { // no firmware takes it
		hint = "write a shorter credential, one certificate instead of a bundle or an EC instead of an RSA key"
	}
	return cred.Failed("line.too-long", fmt.Sprintf("%s is %d bytes longer than the line of %d characters that the unit's shell takes", what, over, h.room()), hint)
}

// NoNewline is the refusal of content with line ends by a shell that would store a backslash and an n.
func NoNewline(what string) error {
	return cred.Failed("line.no-newline", what+" has several lines, and the unit's shell would store a backslash and an n for each line end",
		"build its firmware with CONFIG_AT_SHELL_UNESCAPE_LF=y, or put an AT host on the unit (the at_client sample)")
}

var (
	// escape is a control sequence of a terminal (ECMA-48, as nrf91.md section 3.4 has it), or one that the line cut short.
	escape = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]|\x1b`)
	// promptHead is one prompt or more before what follows on the line: a shell repeats it after a log line.
	promptHead = regexp.MustCompile(`^(?:[A-Za-z0-9_-]+:~\$ ?)+`)
	// backspaces are how an older terminal takes back.
	backspaces = strings.NewReplacer("\b", "")
)

// Clean takes off cursor codes, colours and prompts. A line of the event handler is the unsolicited line that it names.
func (Shell) Clean(line string) (string, bool) {
	line = backspaces.Replace(escape.ReplaceAllString(line, ""))
	line = promptHead.ReplaceAllString(line, "")
	line = strings.TrimPrefix(line, "AT event handler:")
	if clean := strings.TrimLeft(line, " "); clean != line && (strings.HasPrefix(clean, "+") || strings.HasPrefix(clean, "%")) {
		line = clean
	}
	return line, true
}

// onlyPrompt is what is behind the last line end when a shell waits.
var onlyPrompt = regexp.MustCompile(`^(?:[A-Za-z0-9_-]+:~\$ ?)+$`)

// Prompted tells whether a shell waits.
func (Shell) Prompted(rest string) bool {
	return onlyPrompt.MatchString(backspaces.Replace(escape.ReplaceAllString(rest, "")))
}

var _ interface {
	at.Host
	at.Cleaner
	at.Prompter
	at.Refuser
} = Shell{}
