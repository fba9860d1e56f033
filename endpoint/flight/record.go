package flight

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
)

// The numbers of RFC 6347 and RFC 5246 that are needed here.
const (
	version10 = 0xFEFF // DTLS 1.0, also on every HelloVerifyRequest
	version12 = 0xFEFD // DTLS 1.2

	recordCCS       = 20
	recordAlert     = 21
	recordHandshake = 22
	recordLast      = 26 // ACK of DTLS 1.3; 25 is tls12_cid (RFC 9146)
	recordCID       = 25
	recordHeader    = 13

	typeClientHello        = 1
	typeServerHello        = 2
	typeHelloVerifyRequest = 3
	typeCertificate        = 11
	typeServerKeyExchange  = 12
	typeCertificateRequest = 13
	typeServerHelloDone    = 14
)

// Bounds on what a stranger may make us hold: an honest first flight is well under 20 kB.
const (
	maxMessage  = 64 << 10 // one handshake message
	maxMessages = 16       // messages in the making at a time
)

// record is one DTLS record in clear.
type record struct {
	typ     uint8
	epoch   uint16
	payload []byte
}

// looksLikeDTLS tells whether a datagram begins as a DTLS record does.
func looksLikeDTLS(datagram []byte) bool {
	return len(datagram) >= recordHeader && datagram[0] >= recordCCS && datagram[0] <= recordLast && datagram[1] == 0xFE
}

// splitRecords takes a datagram apart. A record of type tls12_cid has a header of unknown length: it ends the reading.
func splitRecords(datagram []byte) (records []record, err error) {
	s := cryptobyte.String(datagram)
	for !s.Empty() {
		var typ uint8
		var version, epoch uint16
		var seq []byte
		if !s.ReadUint8(&typ) || !s.ReadUint16(&version) || !s.ReadUint16(&epoch) || !s.ReadBytes(&seq, 6) {
			return records, fmt.Errorf("a record header is cut short")
		}
		if version != version10 && version != version12 {
			return records, fmt.Errorf("a record has version %04x", version)
		}
		if typ == recordCID {
			return append(records, record{typ: typ, epoch: 1}), nil
		}
		var payload cryptobyte.String
		if !s.ReadUint16LengthPrefixed(&payload) {
			return records, fmt.Errorf("a record is shorter than it says")
		}
		records = append(records, record{typ: typ, epoch: epoch, payload: payload})
	}
	return records, nil
}

// writeRecord writes one record of epoch 0 and DTLS 1.2. Its payload is far below the limit of 2^14 bytes.
func writeRecord(typ uint8, seq uint64, payload []byte) []byte {
	return writeAs(version12, typ, seq, payload)
}

func writeAs(version uint16, typ uint8, seq uint64, payload []byte) []byte {
	out := make([]byte, recordHeader, recordHeader+len(payload))
	out[0] = typ
	binary.BigEndian.PutUint16(out[1:], version)
	binary.BigEndian.PutUint64(out[3:], seq&(1<<48-1)) // epoch 0 and 48 bits of sequence
	binary.BigEndian.PutUint16(out[11:], uint16(len(payload)))
	return append(out, payload...)
}

// fragment is a piece of a handshake message (RFC 6347, section 4.2.2).
type fragment struct {
	typ    uint8
	length int // of the whole message
	seq    uint16
	offset int
	body   []byte
}

// splitFragments takes the payload of a handshake record apart: several messages may share one record.
func splitFragments(payload []byte) (out []fragment, err error) {
	s := cryptobyte.String(payload)
	for !s.Empty() {
		var f fragment
		var length, offset uint32
		var body cryptobyte.String
		if !s.ReadUint8(&f.typ) || !s.ReadUint24(&length) || !s.ReadUint16(&f.seq) || !s.ReadUint24(&offset) ||
			!s.ReadUint24LengthPrefixed(&body) {
			return out, fmt.Errorf("a handshake message is cut short")
		}
		f.length, f.offset, f.body = int(length), int(offset), body
		if f.offset+len(f.body) > f.length {
			return out, fmt.Errorf("a handshake fragment ends beyond its message")
		}
		out = append(out, f)
	}
	return out, nil
}

// assembly puts the fragments of the messages of one flight together, in whatever order and however often they come.
type assembly struct {
	parts map[key]*part
}

type key struct {
	seq uint16
	typ uint8
}

type part struct {
	body []byte
	have []bool // nil once the message is whole and delivered
	left int
}

// add takes a fragment and returns the message when this completed it, once.
func (a *assembly) add(f fragment) (message []byte, whole bool, err error) {
	k := key{f.seq, f.typ}
	p := a.parts[k]
	if p == nil {
		if len(a.parts) >= maxMessages {
			return nil, false, fmt.Errorf("more than %d handshake messages in one flight", maxMessages)
		}
		if a.parts == nil {
			a.parts = map[key]*part{}
		}
		p = &part{body: make([]byte, f.length), have: make([]bool, f.length), left: f.length}
		a.parts[k] = p
		if f.length == 0 {
			p.have = nil
			return p.body, true, nil
		}
	}
	if len(p.body) != f.length {
		return nil, false, fmt.Errorf("two fragments of one handshake message disagree about its length")
	}
	if p.have == nil {
		return nil, false, nil
	}
	copy(p.body[f.offset:], f.body)
	for i := range f.body {
		if !p.have[f.offset+i] {
			p.have[f.offset+i] = true
			p.left--
		}
	}
	if p.left > 0 {
		return nil, false, nil
	}
	p.have = nil
	return p.body, true, nil
}
