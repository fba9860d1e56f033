package host

import (
	"bytes"
	"fmt"
	"strings"
)

// The sizes of a shell's line: SHELL_CMD_BUFF_SIZE less its end, as Zephyr has it and as modem_shell does (nrf91.md, 3.1).
const (
	shellSize = 255
	moshSize  = 3583
)

// What else is fixed: the terminal's width, the words of a line, and the room for a reply (3.4).
const (
	terminalWidth = 80
	mostWords     = 20
	shellReply    = 2700
)

// The colours and cursor codes (3.4).
const (
	green     = "\x1b[1;32m"
	red       = "\x1b[1;31m"
	plain     = "\x1b[m"
	eraseDown = "\x1b[J"
)

const (
	zephyrBoot = "*** Booting nRF Connect SDK v2.9.0 ***\r\n*** Using Zephyr OS v3.7.99 ***\r\n"
	moshBoot   = zephyrBoot + "\r\nReset reason: Power-on reset\r\n\r\nMOSH version:       v2.9.0\r\nHW version:         nRF9151 LACA APA\r\n" +
		"Modem FW version:   mfw_nrf91x1_2.0.3\r\n"
	atUsage = "Usage: at <subcommand>\n\nSubcommands:\n  events_enable     Enable AT event handler which prints AT notifications\n" +
		"  events_disable    Disable AT event handler\n\nAny other subcommand is interpreted as AT command and sent to the modem.\n"
	moshStarted = "MoSh AT command mode started, press ctrl-x ctrl-q to escape\nMoSh specific AT commands:\n  Echo off/on: ATE0 and ATE1\n"
	moshRuler   = "===========================================================\n"
	moshExited  = "MoSh AT command mode exited\n"
)

// The control characters that the shell and its AT command mode know.
const (
	ctrlC, ctrlU     = 0x03, 0x15
	backspace        = 0x08
	escape, deleting = 0x1b, 0x7f
	ctrlX, ctrlQ     = 0x18, 0x11
)

// Shell is a Zephyr shell: prompt, echo, colours, a line of its own, quoting (nrf91.md, 3.4; Zephyr's subsys/shell).
type Shell struct {
	prompt   string
	size     int
	hasAT    bool // the at command
	wildcard bool // ? and * are taken for names of files that there are none of
	unescape bool // backslash and n in a credential become CR and LF
	atMode   bool // at at_cmd_mode start
	red      bool // refusals are printed in red
	boot     string
	failure  string // what it says when the modem cannot be asked
	store    *credStore

	buf    []byte
	lastNL byte
	seq    int // in an escape sequence: 1 after ESC, 2 after ESC [
	events bool
	raw    *ATHost // at_cmd_mode
	tail   byte
}

// Take is one byte of the terminal.
func (h *Shell) Take(b byte) (o Out) {
	switch {
	case h.raw != nil:
		return h.takeRaw(b)
	case b > 127:
		return o
	case h.seq > 0:
		h.sequence(b)
		return o
	case b == '\r' || b == '\n':
		if h.lastNL != 0 && h.lastNL != b { // the second half of a CR LF
			return o
		}
		h.lastNL = b
		return h.enter()
	}
	h.lastNL = 0
	switch {
	case b == escape:
		h.seq = 1
	case b == backspace || b == deleting:
		o.Echo = h.takeBack()
	case b == ctrlC:
		o.Echo = h.text(h.newline() + h.prompted())
		h.buf = h.buf[:0]
	case b == ctrlU:
		o.Echo = []byte(h.moved(len(h.buf), 0) + eraseDown)
		h.buf = h.buf[:0]
	case b >= ' ' && len(h.buf) < h.size:
		h.buf = append(h.buf, b)
		o.Echo = []byte{b}
		if h.column(len(h.buf)) == 0 {
			o.Echo = append(o.Echo, "\r\n"...)
		}
	}
	return o
}

// sequence swallows the keys of a terminal: there is no cursor to move and no history here.
func (h *Shell) sequence(b byte) {
	switch {
	case h.seq == 1 && b == '[':
		h.seq = 2
	case h.seq == 2 && b >= '1' && b <= '4':
		h.seq = 3 // a ~ follows
	default:
		h.seq = 0
	}
}

func (h *Shell) column(n int) int { return (len(h.prompt) + n) % terminalWidth }

// newline ends the line that is shown, unless the cursor is at the start of one.
func (h *Shell) newline() string {
	if h.column(len(h.buf)) == 0 {
		return ""
	}
	return "\n"
}

func (h *Shell) prompted() string { return green + h.prompt + plain }

// text writes a line feed as CR LF, as the shell's backend does, whatever stands before it.
func (h *Shell) text(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }

// moved are the codes that take the cursor from one place of the line to an earlier one.
func (h *Shell) moved(from, to int) (codes string) {
	if rows := (len(h.prompt)+from)/terminalWidth - (len(h.prompt)+to)/terminalWidth; rows > 0 {
		codes = fmt.Sprintf("\x1b[%dA", rows)
	}
	switch d := h.column(to) - h.column(from); {
	case d > 0:
		codes += fmt.Sprintf("\x1b[%dC", d)
	case d < 0:
		codes += fmt.Sprintf("\x1b[%dD", -d)
	}
	return codes
}

func (h *Shell) takeBack() []byte {
	n := len(h.buf)
	if n == 0 {
		return nil
	}
	h.buf = h.buf[:n-1]
	return []byte(h.moved(n, n-1) + eraseDown)
}

// enter carries out the line.
func (h *Shell) enter() (o Out) {
	line := string(h.buf)
	begin := h.newline()
	h.buf = h.buf[:0]
	if line == "" {
		o.Reply = h.text("\n" + h.prompted())
		return o
	}
	said, command := h.execute(line)
	if command != nil {
		o.Echo, o.Command = h.text(begin), command
		return o
	}
	o.Reply = h.text(begin + said)
	if h.raw == nil {
		o.Reply = append(o.Reply, h.text(h.prompted())...)
	}
	return o
}

// execute is the shell's own part of a line: what it says, or the command for the modem.
func (h *Shell) execute(line string) (said string, command []byte) {
	argv, quote := words(line)
	switch {
	case quote != 0:
		return red + fmt.Sprintf("not terminated: %c\n", quote) + plain, nil
	case len(argv) == 0:
		return "", nil
	case len(argv) > mostWords:
		return red + "Too many arguments in the command.\n\n" + plain, nil
	case argv[0] == "at" && h.hasAT:
		return h.at(argv)
	case argv[0] == "help":
		return h.help(), nil
	case h.store != nil && h.store.knows(argv[0]):
		return h.store.run(argv), nil
	}
	return red + argv[0] + ": command not found\n" + plain, nil
}

// at is the at command: its first word goes to the modem, all others nowhere.
func (h *Shell) at(argv []string) (said string, command []byte) {
	if h.wildcard {
		for i, w := range argv[1:] {
			if strings.ContainsAny(w, "?*") {
				argv = argv[:i+1]
				break
			}
		}
	}
	switch {
	case len(argv) < 2 || argv[1] == "-h" || argv[1] == "--help":
		return atUsage + "\n", nil
	case argv[1] == "events_enable" || argv[1] == "events_disable":
		h.events = argv[1] == "events_enable"
		subject, state := "AT command event handler", "disabled"
		if h.red {
			subject = "AT command events"
		}
		if h.events {
			state = "enabled"
		}
		return subject + " " + state + "\n", nil
	case h.atMode && argv[1] == "at_cmd_mode":
		if len(argv) < 3 || argv[2] != "start" {
			return atUsage + "\n", nil
		}
		h.raw, h.tail = &ATHost{term: cr, size: moshSize + 1, echo: true}, 0
		return moshStarted + moshRuler, nil
	}
	text := argv[1]
	if h.unescape && strings.HasPrefix(text, "AT%CMNG=0") {
		text = strings.ReplaceAll(text, `\n`, "\r\n")
	}
	return "", []byte(text)
}

func (h *Shell) help() string {
	names := "  help    :Prints the help message.\n"
	if h.hasAT {
		names = "  at      :Execute an AT command\n" + names
	}
	if h.store != nil {
		names = h.store.help() + names
	}
	return "Please press the <Tab> button to see all available commands.\nYou can also use the <Tab> button to prompt or auto-complete all" +
		" commands or its subcommands.\nYou can try to call commands with <-h> or <--help> parameter for more information.\n\nAvailable commands:\n" + names
}

// takeRaw is a byte of the AT command mode, where an AT Host listens that echoes; Ctrl-X Ctrl-Q leaves it.
func (h *Shell) takeRaw(b byte) (o Out) {
	if h.tail == ctrlX && b == ctrlQ {
		h.raw = nil
		o.Reply = h.text(moshRuler + moshExited + h.prompted())
		return o
	}
	h.tail = b
	quoted := len(h.raw.buf) > 0 && h.raw.buf[len(h.raw.buf)-1] == '"'
	o = h.raw.Take(b)
	switch {
	case b == backspace || b == deleting:
		if quoted { // here a quote that goes does not count
			h.raw.quoted = !h.raw.quoted
		}
		o.Echo = []byte("\r" + string(h.raw.buf) + " \r" + string(h.raw.buf))
	case o.Command != nil || !h.raw.quoted && b == '\r':
		o.Echo = []byte("\r\n")
	case b == '\n':
		o.Echo = []byte("\r\n")
	}
	return o
}

// Frame prints the reply with a line feed of its own, and the prompt after it. Every line feed of the modem's text gets a CR
// more.
func (h *Shell) Frame(reply []byte) []byte {
	if h.raw != nil {
		return h.text(string(reply))
	}
	if len(reply) > shellReply {
		return h.text(fmt.Sprintf("%s -7\n", h.failure) + h.prompted())
	}
	return h.text(h.refused(string(reply)+"\n", !bytes.HasSuffix(reply, []byte("OK\r\n"))) + h.prompted())
}

// refused colours what is no success, where the firmware does.
func (h *Shell) refused(s string, is bool) string {
	if is && h.red {
		return red + s + plain
	}
	return s
}

// Fail is the library's refusal of the call (3.4).
func (h *Shell) Fail([]byte, bool) []byte {
	if h.raw != nil {
		return h.text("ERROR: AT command failed: -1\n")
	}
	return h.text(h.refused(h.failure+" -1\n", true) + h.prompted())
}

// Event is printed only when it was asked for (3.1).
func (h *Shell) Event(line []byte) []byte {
	switch {
	case h.raw != nil:
		return h.text(string(line))
	case !h.events:
		return nil
	case h.red:
		return h.over("AT event handler: " + string(line) + "\n")
	}
	return h.over("AT event handler:\n" + string(line) + "\n")
}

// Log takes the line away that is being typed, prints, and brings it back.
func (h *Shell) Log(line []byte) []byte {
	if h.raw != nil {
		return line
	}
	return append(append([]byte(h.moved(len(h.buf), -len(h.prompt))+eraseDown), line...), h.text(h.prompted()+string(h.buf))...)
}

// over prints in place of the prompt.
func (h *Shell) over(s string) []byte {
	return append([]byte(h.moved(len(h.buf), -len(h.prompt))+eraseDown), h.text(s+h.prompted()+string(h.buf))...)
}

// Banner is what the board prints when it starts, and the first prompt.
func (h *Shell) Banner() []byte {
	boot := h.boot
	if boot == "" {
		boot = zephyrBoot
	}
	return append([]byte(boot+"\r\n\r\n"), h.text(h.prompted())...)
}

// Reset is a power cycle.
func (h *Shell) Reset() {
	h.buf, h.lastNL, h.seq, h.events, h.raw, h.tail = h.buf[:0], 0, 0, false, nil, 0
	if h.store != nil {
		h.store.typed = ""
	}
}

// Backlog is the shell's receive ring.
func (h *Shell) Backlog() int { return 64 }

// Leave knows data mode as the AT command mode of modem_shell. Echo is always on.
func (h *Shell) Leave(how Left) bool {
	h.Reset()
	switch how {
	case OpenQuote:
		h.buf = append(h.buf, "at '"+startOfCredential...)
	case Buffered:
		h.buf = append(append(h.buf, "at '"...), padded(h.size-4)...)
	case DataMode:
		if !h.atMode {
			return false
		}
		h.execute("at at_cmd_mode start")
	}
	return true
}

// Pending is how many characters of an unfinished line it holds; never more than its size.
func (h *Shell) Pending() int {
	if h.raw != nil {
		return h.raw.Pending()
	}
	return len(h.buf)
}
