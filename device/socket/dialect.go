package socket

import (
	"strconv"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
	"example.org/sectag/device/host"
)

// Option is the number of a secure socket's option, as the firmwares have it on the line; the modem library's own numbers are others
// (nrf91.md, section 4.2).
type Option int

// The options that are used here.
const (
	HostName      Option = 2  // set: the name that the server's certificate must have
	CipherUsed    Option = 4  // get: the suite by its IANA number; nRF91x1 only
	ConnectionID  Option = 14 // set: 1 offers an empty Connection ID and takes the server's
	CIDStatus     Option = 15 // get: 0 none, 1 downlink, 2 uplink, 3 both
	HandshakeTime Option = 18 // set: seconds
)

// String says the option to people.
func (o Option) String() string {
	switch o {
	case HostName:
		return "the server's name"
	case CipherUsed:
		return "the cipher suite"
	case ConnectionID:
		return "the Connection ID"
	case CIDStatus:
		return "the Connection ID's state"
	case HandshakeTime:
		return "the time for the handshake"
	}
	return "option " + strconv.Itoa(int(o))
}

// none is no handle.
const none = -1

// dialect is how a firmware's socket commands are written. The Serial Modem names a handle in each; SLM, of the nRF Connect SDK up to
// 3.1, means the socket that is selected, which is the one that was opened last (nrf91.md, section 4.2).
type dialect struct{ handles bool }

func dialectOf(h at.Host) (dialect, bool) {
	switch h.(type) {
	case host.SerialModem:
		return dialect{handles: true}, true
	case host.SLM:
		return dialect{}, true
	}
	return dialect{}, false
}

// command writes one with its parameters; its answers begin with its name.
func (d dialect) command(name string, handle int, params ...string) at.Command {
	if d.handles && handle != none {
		params = append([]string{strconv.Itoa(handle)}, params...)
	}
	text := "AT" + name
	if len(params) > 0 {
		text += "=" + strings.Join(params, ",")
	}
	return at.Command{Text: text, Answers: at.Answers{Prefix: name + ":"}}
}

// quote writes a string parameter. What is quoted here is a host name, which has no quotes (cred.ParseEndpoint).
func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, "") + `"` }

// open: family 1 is IPv4, 2 is IPv6; a name is asked for as the first. Type 2 is DTLS, role 0 a client, verification 2 is required.
func (d dialect) open(hostName string, tag cred.SecTag) at.Command {
	family := "1"
	if strings.Contains(hostName, ":") {
		family = "2"
	}
	return d.command("#XSSOCKET", none, family, "2", "0", strconv.FormatUint(uint64(tag), 10), "2")
}

func (d dialect) set(handle int, o Option, value string) at.Command {
	return d.command("#XSSOCKETOPT", handle, "1", strconv.Itoa(int(o)), value)
}

func (d dialect) get(handle int, o Option) at.Command {
	return d.command("#XSSOCKETOPT", handle, "0", strconv.Itoa(int(o)))
}

func (d dialect) connect(handle int, hostName string, port uint16) at.Command {
	return d.command("#XCONNECT", handle, quote(hostName), strconv.Itoa(int(port)))
}

func (d dialect) close(handle int) at.Command {
	if d.handles {
		return d.command("#XCLOSE", handle)
	}
	return d.command("#XSOCKET", none, "0")
}

// maxHandles is how many sockets a modem has (nrf91.md, section 4.2).
const maxHandles = 8

// clear closes every socket, by how many repetitions. SLM closes the selected one and selects another, until it has none.
func (d dialect) clear() (cmd at.Command, times int) {
	if d.handles {
		return d.command("#XCLOSE", none), 1
	}
	return d.close(none), maxHandles
}
