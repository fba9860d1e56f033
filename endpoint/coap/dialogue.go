package coap

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"time"
)

// Dialogue is a client's side of a session with a server that asks as well, as LwM2M servers do. Its requests go out one at a time
// (NSTART is 1, RFC 7252, section 4.7), with message IDs that count up and tokens that are drawn. What the server asks meanwhile is
// answered, a repeated question with the same answer (section 4.5), and a late answer is acknowledged so that it stops coming.
type Dialogue struct {
	conn   Conn
	first  time.Duration
	answer func(request Message) Message
	next   uint16
	said   []said
	past   []string // tokens of requests that are over
}

// said is what the server was told.
type said struct {
	id  uint16
	raw []byte
}

// remembered is how many of the server's questions, and of the requests, are kept in mind to know a duplicate by.
const remembered = 16

// NewDialogue begins one. conn must have no other reader while a method runs. What is not answered is sent again after first
// (AckTimeout if zero) or up to half as long again, then after twice that, four times at most. answer answers what the server asks: code, options and payload are
// its, and the rest is done here. Nil answers 4.04 to everything.
func NewDialogue(conn Conn, first time.Duration, answer func(Message) Message) *Dialogue {
	if answer == nil {
		answer = func(Message) Message { return Message{Code: NotFound} }
	}
	return &Dialogue{conn: conn, first: first, answer: answer, next: uint16(draw())}
}

func draw() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return binary.BigEndian.Uint32(b[:])
}

// Do sends a confirmable request and waits for its answer; ID and Token are set here. An error of the connection comes back as it is,
// a missing answer as the error of ctx, a refusal of the message as ErrReset.
func (d *Dialogue) Do(ctx context.Context, request Message) (Message, error) {
	request.Type, request.ID = Confirmable, d.id()
	request.Token = binary.BigEndian.AppendUint32(nil, draw())
	answer, _, err := exchange(ctx, d.conn, request, jitter(d.first), d.other)
	d.past = last(append(d.past, string(request.Token)))
	return answer, err
}

// jitter draws the first wait, from the one that is named to half as long again, so that many units do not speak at once
// (ACK_RANDOM_FACTOR is 1.5, RFC 7252, section 4.8).
func jitter(first time.Duration) time.Duration {
	if first <= 0 {
		first = AckTimeout
	}
	return first + time.Duration(float64(first)/2*float64(draw())/math.MaxUint32)
}

// Serve answers what the server asks, until done says that it is enough or ctx ends, whose error is then returned.
func (d *Dialogue) Serve(ctx context.Context, done func() bool) error {
	defer bound(ctx, d.conn)()
	for buf := make([]byte, maxDatagram); !done(); {
		in, err := receive(ctx, d.conn, buf, time.Time{})
		switch {
		case ctx.Err() != nil && (err == nil || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)):
			return ctx.Err()
		case err != nil:
			return err
		}
		if err := d.other(in); err != nil {
			return err
		}
	}
	return nil
}

func (d *Dialogue) id() uint16 {
	d.next++
	return d.next
}

func last[T any](all []T) []T { return all[max(0, len(all)-remembered):] }

// other takes what is no answer to the request under way.
func (d *Dialogue) other(in Message) error {
	switch {
	case in.Type == Acknowledgement || in.Type == Reset:
		return nil // of something that is over
	case in.Code.IsRequest():
		return d.asked(in)
	case in.Code.answers() && d.over(string(in.Token)):
		return acknowledge(d.conn, in)
	}
	return shortly(d.conn, in, Reset) // a ping, or an answer to what was never asked
}

func (d *Dialogue) over(token string) bool {
	for _, t := range d.past {
		if t == token {
			return true
		}
	}
	return false
}

// asked answers a request of the server.
func (d *Dialogue) asked(in Message) error {
	for _, s := range d.said {
		if s.id == in.ID {
			if in.Type != Confirmable {
				return nil
			}
			return sendRaw(d.conn, s.raw)
		}
	}
	out := Message{Code: BadOption}
	if understood(in.Options) {
		out = d.answer(in)
	}
	out.Type, out.ID, out.Token = Acknowledgement, in.ID, in.Token
	if in.Type == NonConfirmable {
		out.Type, out.ID = NonConfirmable, d.id()
	}
	raw, err := out.Marshal()
	if err != nil {
		return err
	}
	d.said = last(append(d.said, said{in.ID, raw}))
	return sendRaw(d.conn, raw)
}

// understood tells whether all critical options are such that a client without blocks and conditions can take (RFC 7252, section 5.4.1).
func understood(options []Option) bool {
	for _, o := range options {
		switch o.Number {
		case URIHost, URIPort, URIPath, URIQuery, Accept:
		default:
			if o.Critical() {
				return false
			}
		}
	}
	return true
}
