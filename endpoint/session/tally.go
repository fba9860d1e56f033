package session

import (
	"encoding/binary"
	"sync"

	"example.org/sectag/endpoint/flight"
)

// Tally is what went over the wire in one session, counted. A flight is what one side says before it is the other's turn; a full
// handshake with a cookie has six (RFC 6347, section 4.2.4).
type Tally struct {
	Flights         int     `json:"flights"`         // of the handshake, of both sides, each once
	Datagrams       TwoWays `json:"datagrams"`       // in all
	Retransmissions TwoWays `json:"retransmissions"` // datagrams of the handshake that were said again
}

// TwoWays is a number for each direction.
type TwoWays struct {
	Sent     int `json:"sent"`
	Received int `json:"received"`
}

// The record types that matter here, and lengths in bytes (RFC 6347, sections 4.1 and 4.2.2; RFC 9146, section 4).
const (
	typeCCS       = 20
	typeAlert     = 21
	typeHandshake = 22
	typeCID       = 25

	recordHeader  = 13
	messageHeader = 12
	epochAt       = 3
	sequenceAt    = 5
	cidAt         = 11
)

// counter makes a Tally of a session's datagrams, and remembers the alerts in clear.
type counter struct {
	mu     sync.Mutex
	tally  Tally
	alerts []Alert
	said   map[said]bool
	last   string // who spoke last: "unit", "server", or nobody
	over   bool   // the handshake is: nothing is said again any more
}

// said is one piece of a handshake: who, and which. A record under the keys is one without a number: there is one in a handshake.
type said struct {
	from   string
	typ    byte
	seq    uint16
	offset uint32
}

// Who sent an alert: FromUnit is this computer in the unit's place.
const (
	FromUnit   = "unit"
	FromServer = "server"
)

const maxAlerts = 16 // that are remembered of a session

// datagram counts one. cid is the length of the Connection ID in records that carry one, phase where the handshake was before it.
func (c *counter) datagram(from string, b []byte, cid int, phase Phase, psk bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	way := &c.tally.Datagrams.Sent
	again := &c.tally.Retransmissions.Sent
	if from == FromServer {
		way, again = &c.tally.Datagrams.Received, &c.tally.Retransmissions.Received
	}
	*way++
	fresh, old := false, false
	for _, r := range split(b, cid) {
		if r.typ == typeAlert && r.epoch == 0 && len(r.body) == 2 && len(c.alerts) < maxAlerts {
			c.alerts = append(c.alerts, Alert{Number: r.body[1], Name: flight.AlertName(r.body[1]), Fatal: r.body[0] == 2, From: from, When: phase.words(psk)})
		}
		for _, p := range r.pieces(from) {
			if c.said[p] {
				old = true
				continue
			}
			if c.said == nil {
				c.said = map[said]bool{}
			}
			c.said[p], fresh = true, true
		}
	}
	switch {
	case c.over:
	case fresh && c.last != from:
		c.tally.Flights++
		c.last = from
	case old && !fresh:
		*again++
	}
}

func (c *counter) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
}

func (c *counter) view() (Tally, []Alert) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tally, append([]Alert(nil), c.alerts...)
}

// rec is one record of a datagram. Its raw bytes are the datagram's.
type rec struct {
	typ   byte
	epoch uint16
	raw   []byte // header and all
	body  []byte
}

// split takes a datagram apart as far as it can be read.
func split(b []byte, cid int) []rec {
	var out []rec
	for len(b) >= recordHeader {
		header := recordHeader
		if b[0] == typeCID {
			header += cid
		}
		if len(b) < header {
			return out
		}
		end := header + int(binary.BigEndian.Uint16(b[header-2:]))
		if len(b) < end {
			return out
		}
		out = append(out, rec{typ: b[0], epoch: binary.BigEndian.Uint16(b[epochAt:]), raw: b[:end], body: b[header:end]})
		b = b[end:]
	}
	return out
}

// pieces are the parts of a handshake in a record.
func (r rec) pieces(from string) []said {
	switch {
	case r.epoch > 0, r.typ == typeCCS:
		return []said{{from: from, typ: r.typ}}
	case r.typ != typeHandshake:
		return nil
	}
	var out []said
	for b := r.body; len(b) >= messageHeader; {
		one := said{from: from, typ: b[0], seq: binary.BigEndian.Uint16(b[4:]), offset: binary.BigEndian.Uint32(b[5:]) & 0xffffff}
		out = append(out, one)
		length := int(binary.BigEndian.Uint32(b[8:]) & 0xffffff)
		if len(b) < messageHeader+length {
			break
		}
		b = b[messageHeader+length:]
	}
	return out
}
