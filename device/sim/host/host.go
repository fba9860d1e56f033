// Package host holds the firmware that stands between a board's UART and its modem: it decides where a command ends, what
// fits in its buffer and how a reply looks on the line. Each kind is a pure machine over bytes, without clock or I/O; the
// package sim drives one and owns everything else. athost.go is the AT Host library, serialmodem.go the Serial Modem and its
// forerunner SLM, shell.go the Zephyr shells, words.go how a shell takes a line apart, and credshell.go the shell of a board
// whose credentials are not the modem's. They follow nrf91.md section 3, and the firmware's public source where that is silent.
package host

import (
	"fmt"
	"slices"
	"strings"

	"example.org/sectag/device/sim/socket"
)

// Host is one kind of AT host firmware.
type Host interface {
	// Take gives it one byte from the line.
	Take(b byte) Out
	// Frame makes of the modem's own reply what goes out on the line.
	Frame(reply []byte) []byte
	// Fail is what goes out when the modem could not be asked at all, because it crashed, at this very command or before.
	Fail(command []byte, now bool) []byte
	// Event makes of an unsolicited line of the modem what goes out, nothing if the host keeps it for itself.
	Event(line []byte) []byte
	// Log makes of a line of the firmware's own log what goes out while no command runs.
	Log(line []byte) []byte
	// Banner is what power-up prints, nothing if the host is silent then.
	Banner() []byte
	// Reset is a power cycle: whatever was half received is gone, and so are all settings.
	Reset()
	// Leave puts the host into the state that somebody left it in. It tells whether this kind has such a state.
	Leave(how Left) bool
	// Backlog is how many bytes it keeps that come while a command runs; more are lost.
	Backlog() int
}

// Out is what one byte led to; the zero value is nothing.
type Out struct {
	Echo    []byte // said at once, beside what still comes in
	Command []byte // a whole command for the modem or the sockets, without its terminator
	Data    []byte // what data mode took; not nil when it ends
	Reply   []byte // what the host says itself, instead of the modem
	Baud    int    // the line speed after the reply, if it changes
	Restart bool   // the host starts anew after the reply, and the modem with it
}

// Left is how somebody left a host: the names of the faults.
type Left string

// The states that a host may be found in (nrf91.md, 3.2 and 3.3).
const (
	OpenQuote Left = "open-quote"  // in the middle of a credential, its quote not closed
	Buffered  Left = "full-buffer" // with a command that fills its buffer, its quote not closed
	DataMode  Left = "data-mode"   // taking bytes for data until an escape comes
	Echoing   Left = "echo"        // saying each byte back; this stays after a restart
)

// BufferSize is the length that an AT Host as shipped takes: AT_HOST_CMD_MAX_LEN less its terminator (nrf91.md, 3.1).
const BufferSize = 4095

// startOfCredential is what was left behind in an open quote.
const startOfCredential = `AT%CMNG=0,1,0,"-----BEGIN`

// Config describes a host.
type Config struct {
	Kind string // one of Kinds; empty: "at-host"
	Size int    // how many characters of a command it holds; 0: what the kind is shipped with
	Baud int    // the line speed that it starts with, which a Serial Modem tells; 0: 115200
}

// kind is a row of the list.
type kind struct {
	name     string
	size     int // as shipped
	autoLTE  bool
	assemble func(size, baud int) Host
}

func kinds() []kind {
	at := func(t terminator) func(int, int) Host {
		return func(size, _ int) Host { return &ATHost{term: t, size: size} }
	}
	sm := func(t terminator) func(int, int) Host {
		return func(size, baud int) Host {
			return &SerialModem{term: t, size: size, version: "#XSMVER", built: `"v2.0.0","3.4.0"`, speeds: true, baud: baud, startBaud: baud}
		}
	}
	shell := func(s Shell) func(int, int) Host {
		return func(size, _ int) Host {
			s := s
			s.size = size
			return &s
		}
	}
	zephyr := Shell{prompt: "uart:~$ ", hasAT: true, failure: "Sending AT command failed with error code"}
	unescaping, globbing := zephyr, zephyr
	unescaping.unescape, globbing.wildcard = true, true
	mosh := Shell{prompt: "mosh:~$ ", hasAT: true, unescape: true, atMode: true, red: true, boot: moshBoot, failure: "Failed to send AT command, err"}
	cred := Shell{prompt: "uart:~$ ", store: &credStore{}}
	return []kind{
		{name: "at-host", size: BufferSize, assemble: at(cr)},
		{name: "at-host-lf", size: BufferSize, assemble: at(lf)},
		{name: "at-host-crlf", size: BufferSize, assemble: at(crlf)},
		{name: "at-host-null", size: BufferSize, assemble: at(null)},
		{name: "serial-modem", size: serialModemSize, assemble: sm(cr)},
		{name: "serial-modem-lf", size: serialModemSize, assemble: sm(lf)},
		{name: "serial-modem-crlf", size: serialModemSize, assemble: sm(crlf)},
		{name: "slm", size: BufferSize, assemble: func(size, baud int) Host {
			return &SerialModem{term: crlf, size: size, version: "#XSLMVER", sockets: socket.Selected, built: `"3.1.0","3.1.0"`, baud: baud, startBaud: baud}
		}},
		{name: "at-shell", size: shellSize, assemble: shell(zephyr)},
		{name: "at-shell-wildcard", size: shellSize, assemble: shell(globbing)},
		{name: "at-shell-large", size: BufferSize, assemble: shell(zephyr)},
		{name: "at-shell-unescape", size: BufferSize, assemble: shell(unescaping)},
		{name: "modem-shell", size: moshSize, autoLTE: true, assemble: shell(mosh)},
		{name: "cred-shell", size: BufferSize, assemble: shell(cred)},
	}
}

// Kinds lists what New knows, the usual one first.
func Kinds() (names []string) {
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// Connects tells whether the firmware of that kind turns LTE on by itself when it starts (nrf91.md, 3.4).
func Connects(name string) bool {
	return slices.ContainsFunc(kinds(), func(k kind) bool { return k.name == name && k.autoLTE })
}

// Sockets tells whether the firmware of that kind has sockets on the AT line, and how they are named (nrf91.md, 4.2).
func Sockets(name string) (f socket.Form, has bool) {
	switch {
	case name == "slm":
		return socket.Selected, true
	case strings.HasPrefix(name, "serial-modem"):
		return socket.Handles, true
	}
	return 0, false
}

// ChangesSpeed tells whether the firmware of that kind has AT+IPR, so that two sides of a line can come apart.
func ChangesSpeed(name string) bool { return strings.HasPrefix(name, "serial-modem") }

// New makes a host.
func New(c Config) (Host, error) {
	all := kinds()
	if c.Kind == "" {
		c.Kind = all[0].name
	}
	i := slices.IndexFunc(all, func(k kind) bool { return k.name == c.Kind })
	if i < 0 {
		return nil, fmt.Errorf("%q is no host that the simulator has: give one of %s", c.Kind, strings.Join(Kinds(), ", "))
	}
	k := all[i]
	if c.Size == 0 {
		c.Size = k.size
	}
	if most := max(BufferSize, k.size); c.Size < 1 || c.Size > most {
		return nil, fmt.Errorf("a host's buffer holds 1 to %d characters, not %d", most, c.Size)
	}
	if c.Baud == 0 {
		c.Baud = 115200
	}
	return k.assemble(c.Size, c.Baud), nil
}
