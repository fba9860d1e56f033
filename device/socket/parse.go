package socket

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// fields takes a line apart behind its name; nil for a line of another name. A comma inside quotes separates nothing.
func fields(name, line string) []string {
	rest, ok := strings.CutPrefix(line, name+":")
	if !ok {
		return nil
	}
	var out []string
	quoted, from := false, 0
	for i := range len(rest) {
		switch {
		case rest[i] == '"':
			quoted = !quoted
		case rest[i] == ',' && !quoted:
			out = append(out, strings.TrimSpace(rest[from:i]))
			from = i + 1
		}
	}
	return append(out, strings.TrimSpace(rest[from:]))
}

// numbers reads fields that are all numbers, decimal or, as the cipher suite is, in hex behind 0x.
func numbers(f []string) ([]int, bool) {
	out := make([]int, 0, len(f))
	for _, s := range f {
		base := 10
		if rest, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
			s, base = rest, 16
		}
		n, err := strconv.ParseInt(s, base, 32)
		if err != nil {
			return nil, false
		}
		out = append(out, int(n))
	}
	return out, len(out) > 0
}

// parseOpened reads "#XSSOCKET: <handle>,<type>,<protocol>", of which type 2 and protocol 273 are DTLS 1.2.
func parseOpened(line string) (handle int, err error) {
	n, ok := numbers(fields("#XSSOCKET", line))
	switch {
	case !ok || len(n) != 3:
		return none, errAnswer
	case n[0] < 0 || n[0] > maxHandle:
		return none, fmt.Errorf("the handle %d is none", n[0])
	case n[1] != 2 || n[2] != 273:
		return n[0], fmt.Errorf("type %d and protocol %d are not DTLS", n[1], n[2])
	}
	return n[0], nil
}

// maxHandle is more than any firmware's: what is beyond is no handle.
const maxHandle = 255

// own reads an answer that a firmware with handles begins with the handle, and gives the rest.
func (d dialect) own(name string, handle int, line string) ([]int, error) {
	n, ok := numbers(fields(name, line))
	if !ok {
		return nil, errAnswer
	}
	if d.handles {
		if n[0] != handle {
			return nil, fmt.Errorf("it is of handle %d", n[0])
		}
		n = n[1:]
	}
	return n, nil
}

// value reads "#XSSOCKETOPT: <handle>,<value>".
func (d dialect) value(handle int, line string) (int, error) {
	n, err := d.own("#XSSOCKETOPT", handle, line)
	if err == nil && len(n) != 1 {
		err = errAnswer
	}
	if err != nil {
		return 0, err
	}
	return n[0], nil
}

// connected reads "#XCONNECT: <handle>,1".
func (d dialect) connected(handle int, line string) error {
	n, err := d.own("#XCONNECT", handle, line)
	switch {
	case err != nil:
		return err
	case len(n) != 1:
		return errAnswer
	case n[0] != 1:
		return fmt.Errorf("it says %d and not connected", n[0])
	}
	return nil
}

// sent reads "#XSEND: <handle>,0,<n>", of SLM "#XSEND: <n>": how many bytes went.
func (d dialect) sent(handle int, line string) (int, error) {
	n, err := d.own("#XSEND", handle, line)
	want := 1
	if d.handles {
		want = 2
	}
	if err == nil && len(n) != want {
		err = errAnswer
	}
	if err != nil {
		return 0, err
	}
	return n[want-1], nil
}

// received reads what the Serial Modem gives in hex: "#XRECV: <handle>,1,<n>" and a line of n bytes. A datagram that something
// landed in on the line has another length and is none.
func (d dialect) received(handle int, info []string) ([]byte, error) {
	if len(info) == 0 {
		return nil, errAnswer
	}
	n, err := d.own("#XRECV", handle, info[0])
	if err != nil {
		return nil, err
	}
	if len(n) != 2 || n[0] != 1 || n[1] < 0 || n[1] > maxReceived {
		return nil, errAnswer
	}
	data, err := hex.DecodeString(strings.Join(info[1:], ""))
	if err != nil {
		return nil, errAnswer
	}
	if len(data) != n[1] {
		return nil, fmt.Errorf("%d bytes came of %d", len(data), n[1])
	}
	return data, nil
}

// maxReceived is what a firmware hands over at once (nrf91.md, section 4.2).
const maxReceived = 2048

// isHex tells whether a line can be data in hex.
func isHex(line string) bool {
	if line == "" || len(line)%2 != 0 || len(line) > 2*maxReceived {
		return false
	}
	for i := range len(line) {
		if c := line[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}

// raw is what has come of SLM's answer to #XRECV, whose data are as they are: any byte, line ends among them.
type raw struct {
	ended bool // the answer is whole
	no    bool // ERROR, or no answer of this shape
	data  []byte
}

// parseRaw reads "#XRECV: <n>", a line end, n bytes, and OK. What comes before it is unsolicited, or what the line had left over.
func parseRaw(heard []byte) raw {
	text := string(heard)
	for at := 0; at < len(text); {
		end := strings.Index(text[at:], "\r\n")
		if end < 0 {
			return raw{}
		}
		line := text[at : at+end]
		at += end + 2
		if line == "ERROR" || strings.HasPrefix(line, "+CME ERROR: ") {
			return raw{ended: true, no: true}
		}
		n, ok := numbers(fields("#XRECV", line))
		if !ok {
			continue
		}
		size := n[len(n)-1]
		if size < 0 || size > maxReceived {
			return raw{ended: true, no: true}
		}
		if len(text) < at+size {
			return raw{}
		}
		data, rest := text[at:at+size], text[at+size:]
		if !strings.Contains(rest, "OK\r\n") {
			return raw{}
		}
		return raw{ended: true, data: []byte(data)}
	}
	return raw{}
}

// addresses reads `#XGETADDRINFO: "192.0.2.1"`, with as many addresses as there are.
func addresses(info []string) (out []string) {
	for _, line := range info {
		for _, f := range fields("#XGETADDRINFO", line) {
			out = append(out, strings.FieldsFunc(f, func(r rune) bool { return r == '"' || r == ' ' || r == ',' })...)
		}
	}
	return out
}
