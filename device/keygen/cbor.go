package keygen

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// selfDescribed is tag 55799 (RFC 8949, section 3.4.6): the modem puts it before each of its messages. sign1Tag is tag 18.
var (
	selfDescribed = []byte{0xd9, 0xd9, 0xf7}
	sign1Tag      = []byte{0xd2}
)

// strict refuses all that the modem does not send: indefinite lengths, tags inside, double keys, and more than a handful of
// anything. The tags before a message are taken off by hand, so that each stands exactly where it must.
var strict = sync.OnceValues(func() (cbor.DecMode, error) {
	return cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		BignumTag: cbor.BignumTagForbidden, MaxNestedLevels: 4, MaxArrayElements: 16, MaxMapPairs: 16,
	}.DecMode()
})

func unmarshal(b []byte, v any) error {
	mode, err := strict()
	if err != nil {
		return fmt.Errorf("setting up the CBOR reader: %w", err)
	}
	return mode.Unmarshal(b, v)
}

// The major types of CBOR (RFC 8949, section 3.1). The library turns one into another where Go's types allow it, so they are
// looked at first.
const (
	majorUnsigned = iota
	majorNegative
	majorBytes
	majorText
	majorArray
	majorMap
)

func major(b []byte) int {
	if len(b) == 0 {
		return -1
	}
	return int(b[0] >> 5)
}

func isMessage(b []byte) bool {
	rest, ok := bytes.CutPrefix(b, selfDescribed)
	return ok && major(rest) == majorArray
}

// message reads an array of n elements behind the tag that the modem's messages begin with.
func message(b []byte, n int) ([]cbor.RawMessage, error) {
	rest, ok := bytes.CutPrefix(b, selfDescribed)
	if !ok {
		return nil, garbled("a message of it does not begin like one of a modem", nil)
	}
	return array(rest, n)
}

func array(b []byte, n int) ([]cbor.RawMessage, error) {
	if major(b) != majorArray {
		return nil, garbled("a message of it is no array", nil)
	}
	var out []cbor.RawMessage
	if err := unmarshal(b, &out); err != nil {
		return nil, garbled("it is not CBOR as modems write it", err)
	}
	if len(out) != n {
		return nil, garbled(fmt.Sprintf("a message of it has %d elements, not %d", len(out), n), nil)
	}
	return out, nil
}

// reader reads elements and keeps the first failure, so that a message can be read as one expression.
type reader struct{ err error }

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// integer reads a number of 64 bits.
func (r *reader) integer(b []byte) (n int64) {
	if m := major(b); m != majorUnsigned && m != majorNegative {
		r.fail("a number is missing")
		return 0
	}
	if err := unmarshal(b, &n); err != nil {
		r.fail("a number cannot be read: %w", err)
		return 0
	}
	return n
}

// bytes reads a byte string of n bytes, or of any number when n is 0. It is never nil without a failure.
func (r *reader) bytes(b []byte, n int) []byte {
	if major(b) != majorBytes {
		r.fail("a byte string is missing")
		return nil
	}
	out := []byte{}
	if err := unmarshal(b, &out); err != nil {
		r.fail("a byte string cannot be read: %w", err)
		return nil
	}
	if n > 0 && len(out) != n {
		r.fail("a byte string has %d bytes, not %d", len(out), n)
		return nil
	}
	return out
}

// keyID reads the unprotected header {4: bstr of a number}.
func (r *reader) keyID(b []byte) KeyID {
	var header map[int64]cbor.RawMessage
	if major(b) != majorMap {
		r.fail("the unprotected header is missing")
		return 0
	}
	if err := unmarshal(b, &header); err != nil {
		r.fail("the unprotected header cannot be read: %w", err)
		return 0
	}
	return KeyID(r.integer(r.bytes(header[headerKeyID], 0)))
}

// signedText is the Sig_structure of RFC 9052, section 4.4; a payload of nil is written as null.
func signedText(external, payload []byte) ([]byte, error) {
	b, err := cbor.Marshal([]any{"Signature1", es256Header, append([]byte{}, external...), payload})
	if err != nil {
		return nil, fmt.Errorf("writing what the modem signed: %w", err)
	}
	return b, nil
}
