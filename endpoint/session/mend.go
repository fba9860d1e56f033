package session

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"

	"github.com/pion/dtls/v3"

	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/suite"
)

// menders mends what the library (v3.1.15) does wrong in sessions with a Connection ID. It is used under the library's own lock for
// writing. See docs/pion-cid.md, and the tests that hold each fault.
type menders struct {
	keys   []byte // the line of the library's key log
	mender *suite.Mender
	next   uint64 // sequence number that no record under the keys has had
}

// datagram returns what is to be sent instead of b.
func (m *menders) datagram(b []byte, h *flight.ServerHello) []byte {
	b = plainAlert(b, h)
	if h == nil || h.ConnectionIDLength == 0 || !bytes.Contains(b, []byte{typeCID}) {
		return b
	}
	records, out := split(b, h.ConnectionIDLength), []byte(nil)
	for _, r := range records {
		out = append(out, m.record(r, h)...)
	}
	if len(records) == 0 {
		return b
	}
	return out
}

// record gives a record under the keys a sequence number of its own. The library gives a Finished that is said again the number 0
// again, so that a server drops it as a replay and never says its own Finished again, if that was lost.
func (m *menders) record(r rec, h *flight.ServerHello) []byte {
	if r.typ != typeCID || r.epoch == 0 {
		return r.raw
	}
	sequence := binary.BigEndian.Uint64(append([]byte{0, 0}, r.raw[sequenceAt:cidAt]...))
	again := sequence < m.next
	m.next = max(m.next, sequence+1)
	m.ready(h)
	if m.mender == nil || !again && !m.mender.Always() {
		return r.raw
	}
	if again {
		sequence = m.next
		m.next++
	}
	out, err := m.mender.Mend(r.raw, h.ConnectionIDLength, sequence)
	if err != nil {
		return r.raw
	}
	return out
}

// ready makes the mender once the keys are there.
func (m *menders) ready(h *flight.ServerHello) {
	fields := bytes.Fields(m.keys)
	if m.mender != nil || len(fields) != 3 {
		return
	}
	random, err := hex.DecodeString(string(fields[1]))
	if err != nil {
		return
	}
	master, err := hex.DecodeString(string(fields[2]))
	if err != nil {
		return
	}
	defer clear(master)
	clear(m.keys)
	m.keys = nil
	if mender, err := suite.NewMender(dtls.CipherSuiteID(h.Suite), master, random, h.Random[:]); err == nil {
		m.mender = mender
	}
}

// plainAlert repairs an alert in clear of a session with a Connection ID. The library (v3.1.15) writes it as a tls12_cid record,
// which no server can read: "plaintext payloads never use the new record format" (RFC 9146, section 3). The server would not learn
// why we leave.
func plainAlert(b []byte, h *flight.ServerHello) []byte {
	if h == nil || len(b) != recordHeader+h.ConnectionIDLength+3 || b[0] != typeCID || b[epochAt] != 0 || b[epochAt+1] != 0 || b[len(b)-1] != typeAlert {
		return b
	}
	out := append([]byte{typeAlert}, b[1:cidAt]...)
	return append(out, 0, 2, b[len(b)-3], b[len(b)-2])
}
