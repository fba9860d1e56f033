// Package coap reads and writes CoAP messages (RFC 7252) and asks a peer for a sign of life. It is the small part of CoAP that
// a bench needs: the message codec with its options, the retransmission of one confirmable message, the ping, and a client's side of
// a session in which the peer asks as well. There is no block-wise transfer (what does not fit one datagram is refused), no observation
// and no multicast.
//
// Read message.go for the wire format, option.go for the options and their critical bit, exchange.go for what travels when,
// dialogue.go for a session.
package coap

import "fmt"

// Type says how a message is to be answered (RFC 7252, section 3).
type Type uint8

// The four message types.
const (
	Confirmable     Type = 0 // is sent again until it is acknowledged or reset
	NonConfirmable  Type = 1
	Acknowledgement Type = 2
	Reset           Type = 3 // "I could not make sense of this"; also the answer to a ping
)

// Code is class and detail of a request or an answer: three and five bits, written "c.dd".
type Code uint8

// The codes that LwM2M registration and a ping use (RFC 7252, section 12.1; OMA LwM2M transport 1.2, section 6.4).
const (
	Empty  Code = 0x00
	GET    Code = 0x01
	POST   Code = 0x02
	PUT    Code = 0x03
	DELETE Code = 0x04

	Created            Code = 0x41 // 2.01
	Deleted            Code = 0x42 // 2.02
	Changed            Code = 0x44 // 2.04
	Content            Code = 0x45 // 2.05
	BadRequest         Code = 0x80 // 4.00
	Unauthorized       Code = 0x81 // 4.01
	BadOption          Code = 0x82 // 4.02
	Forbidden          Code = 0x83 // 4.03
	NotFound           Code = 0x84 // 4.04
	MethodNotAllowed   Code = 0x85 // 4.05
	Conflict           Code = 0x89 // 4.09
	PreconditionFailed Code = 0x8c // 4.12
	ServerError        Code = 0xa0 // 5.00
	Unavailable        Code = 0xa3 // 5.03
)

// Class is the first digit: 0 request, 2 success, 4 the client's fault, 5 the server's.
func (c Code) Class() int { return int(c >> 5) }

// String writes the code as people and documents do, such as "4.03".
func (c Code) String() string { return fmt.Sprintf("%d.%02d", c>>5, c&0x1f) }

// Number is the code as three digits: 403 for 4.03.
func (c Code) Number() int { return c.Class()*100 + int(c&0x1f) }

// answers tells whether the code is that of a response. Classes 1, 6 and 7 are reserved (RFC 7252, section 3).
func (c Code) answers() bool { return c.Class() == 2 || c.Class() == 4 || c.Class() == 5 }

// IsRequest tells whether the code is a method.
func (c Code) IsRequest() bool { return c != Empty && c.Class() == 0 }
