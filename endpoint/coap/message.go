package coap

import (
	"errors"
	"fmt"
)

// Message is one CoAP message. A request or an answer carries a token of up to eight bytes that ties the two together; the
// message ID ties a message to its acknowledgement.
type Message struct {
	Type    Type
	Code    Code
	ID      uint16
	Token   []byte
	Options []Option // in ascending order of number after Parse; Marshal sorts
	Payload []byte
}

// MaxSize bounds a message that is read or written: more does not fit one datagram without blocks (RFC 7252, section 4.6).
const MaxSize = 1152

const (
	version       = 1
	maxToken      = 8
	payloadMarker = 0xff
)

var errFormat = errors.New("message format error")

// malformed wraps what RFC 7252 calls a message format error: the receiver has to reject such a message.
func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errFormat, fmt.Sprintf(format, args...))
}

// Parse reads one message, strictly: a wrong version, a token length over eight, a reserved option nibble, bytes after an empty
// message or a payload marker without payload are refused. What it returns does not alias b.
func Parse(b []byte) (Message, error) {
	if len(b) < 4 {
		return Message{}, malformed("%d bytes are no header", len(b))
	}
	if len(b) > MaxSize {
		return Message{}, malformed("%d bytes are more than %d", len(b), MaxSize)
	}
	if v := b[0] >> 6; v != version {
		return Message{}, malformed("version %d", v)
	}
	m := Message{Type: Type(b[0] >> 4 & 3), Code: Code(b[1]), ID: uint16(b[2])<<8 | uint16(b[3])}
	tkl := int(b[0] & 0x0f)
	if tkl > maxToken {
		return Message{}, malformed("a token of %d bytes", tkl)
	}
	if m.Code == Empty && (tkl != 0 || len(b) != 4) {
		return Message{}, malformed("an empty message of %d bytes", len(b))
	}
	rest := b[4:]
	if len(rest) < tkl {
		return Message{}, malformed("the token is cut off")
	}
	if tkl > 0 {
		m.Token = append([]byte(nil), rest[:tkl]...)
	}
	var err error
	m.Options, rest, err = parseOptions(rest[tkl:])
	if err != nil {
		return Message{}, err
	}
	if len(rest) > 0 {
		m.Payload = append([]byte(nil), rest...)
	}
	return m, nil
}

// Marshal writes the message. It fails when the token is too long, an option is too long, an empty message carries something,
// or the whole is longer than MaxSize.
func (m Message) Marshal() ([]byte, error) {
	if len(m.Token) > maxToken {
		return nil, malformed("a token of %d bytes", len(m.Token))
	}
	if m.Type > Reset {
		return nil, malformed("type %d", m.Type)
	}
	if m.Code == Empty && (len(m.Token) > 0 || len(m.Options) > 0 || len(m.Payload) > 0) {
		return nil, malformed("an empty message that carries something")
	}
	out := []byte{version<<6 | byte(m.Type)<<4 | byte(len(m.Token)), byte(m.Code), byte(m.ID >> 8), byte(m.ID)}
	out = append(out, m.Token...)
	out, err := appendOptions(out, m.Options)
	if err != nil {
		return nil, err
	}
	if len(m.Payload) > 0 {
		out = append(out, payloadMarker)
		out = append(out, m.Payload...)
	}
	if len(out) > MaxSize {
		return nil, malformed("%d bytes are more than %d", len(out), MaxSize)
	}
	return out, nil
}
