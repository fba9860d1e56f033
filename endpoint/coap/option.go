package coap

import (
	"slices"
	"strings"
)

// Option is one option of a message: a number and a value of at most 1034 bytes.
type Option struct {
	Number uint16
	Value  []byte
}

// The option numbers that are known here (RFC 7252, section 12.2).
const (
	URIHost       uint16 = 3
	URIPort       uint16 = 7
	LocationPath  uint16 = 8
	URIPath       uint16 = 11
	ContentFormat uint16 = 12
	URIQuery      uint16 = 15
	Accept        uint16 = 17
)

// LinkFormat is the content format of /.well-known/core and of a registration (RFC 6690).
const LinkFormat = 40

const (
	maxOptionValue = 1034
	oneByte        = 13  // nibble: one more byte, plus 13
	twoBytes       = 14  // nibble: two more bytes, plus 269
	twoBytesFrom   = 269 // first value that needs two bytes
)

// Critical tells whether a receiver that does not know the option must refuse the request with 4.02 (RFC 7252, section 5.4.1).
func (o Option) Critical() bool { return o.Number&1 == 1 }

// Values collects the values of every option with that number, in order.
func (m Message) Values(number uint16) []string {
	var out []string
	for _, o := range m.Options {
		if o.Number == number {
			out = append(out, string(o.Value))
		}
	}
	return out
}

// Path is the request's path without a leading slash, such as "rd/7".
func (m Message) Path() string { return strings.Join(m.Values(URIPath), "/") }

// Add appends options of one number, one for each value.
func (m *Message) Add(number uint16, values ...string) {
	for _, v := range values {
		m.Options = append(m.Options, Option{Number: number, Value: []byte(v)})
	}
}

// AddPath appends a path, one option a segment; empty segments are left out.
func (m *Message) AddPath(number uint16, path string) {
	for s := range strings.SplitSeq(path, "/") {
		if s != "" {
			m.Add(number, s)
		}
	}
}

// AddUint appends an option whose value is a number: big-endian without leading zeros (RFC 7252, section 3.2).
func (m *Message) AddUint(number uint16, n uint32) {
	b := []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
	for len(b) > 0 && b[0] == 0 {
		b = b[1:]
	}
	m.Options = append(m.Options, Option{Number: number, Value: b})
}

// parseOptions reads options up to the end or the payload marker and returns the payload behind it.
func parseOptions(b []byte) (opts []Option, payload []byte, err error) {
	number := 0
	for len(b) > 0 {
		if b[0] == payloadMarker {
			if len(b) == 1 {
				return nil, nil, malformed("a payload marker without payload")
			}
			return opts, b[1:], nil
		}
		head := b[0]
		var delta, length int
		b = b[1:]
		if delta, b, err = parseNibble(head>>4, b); err != nil {
			return nil, nil, err
		}
		if length, b, err = parseNibble(head&0x0f, b); err != nil {
			return nil, nil, err
		}
		number += delta
		if number > 0xffff {
			return nil, nil, malformed("option number %d", number)
		}
		if length > maxOptionValue || length > len(b) {
			return nil, nil, malformed("option %d is cut off", number)
		}
		opts = append(opts, Option{Number: uint16(number), Value: append([]byte{}, b[:length]...)})
		b = b[length:]
	}
	return opts, nil, nil
}

func parseNibble(n byte, b []byte) (int, []byte, error) {
	switch {
	case n < oneByte:
		return int(n), b, nil
	case n == oneByte && len(b) >= 1:
		return int(b[0]) + oneByte, b[1:], nil
	case n == twoBytes && len(b) >= 2:
		return int(b[0])<<8 + int(b[1]) + twoBytesFrom, b[2:], nil
	}
	return 0, nil, malformed("an option header with nibble %d", n)
}

func appendOptions(out []byte, opts []Option) ([]byte, error) {
	opts = slices.Clone(opts)
	slices.SortStableFunc(opts, func(a, b Option) int { return int(a.Number) - int(b.Number) })
	last := uint16(0)
	for _, o := range opts {
		if len(o.Value) > maxOptionValue {
			return nil, malformed("option %d of %d bytes", o.Number, len(o.Value))
		}
		dn, dx := nibble(int(o.Number - last))
		ln, lx := nibble(len(o.Value))
		out = append(out, dn<<4|ln)
		out = append(out, dx...)
		out = append(out, lx...)
		out = append(out, o.Value...)
		last = o.Number
	}
	return out, nil
}

func nibble(n int) (byte, []byte) {
	switch {
	case n < oneByte:
		return byte(n), nil
	case n < twoBytesFrom:
		return oneByte, []byte{byte(n - oneByte)}
	}
	n -= twoBytesFrom
	return twoBytes, []byte{byte(n >> 8), byte(n)}
}
