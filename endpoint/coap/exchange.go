package coap

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// AckTimeout is the wait before the first retransmission that RFC 7252 section 4.8 sets; each further wait is twice as long.
const AckTimeout = 2 * time.Second

// maxRetransmit is how often a confirmable message is sent again (RFC 7252, section 4.8).
const maxRetransmit = 4

// Conn carries messages to one peer and back, one a datagram: a DTLS session, or the sockets of a modem. A net.Conn of datagrams is one.
// A read ends with os.ErrDeadlineExceeded at the deadline, or shortly after.
type Conn interface {
	Read(b []byte) (int, error)
	Write(b []byte) (int, error)
	SetReadDeadline(t time.Time) error
}

// maxDatagram bounds what is read: longer than MaxSize, so that what is too long is dropped like all else that cannot be read, and does
// not break the session off.
const maxDatagram = 1 << 14

// ErrReset says that the peer reset the message: it lives, and made no sense of what it was sent.
var ErrReset = errors.New("the peer reset the message")

// Ping sends an empty confirmable message and waits for the Reset that answers it (RFC 7252, section 4.3; an empty
// acknowledgement is taken as well). It is sent again after first (AckTimeout if that is zero), then after twice that, four times at
// most, until ctx ends. It returns the time from the newest sending to the answer. Other messages that arrive meanwhile are dropped.
// An error of the connection comes back as it is, a missing answer as the error of ctx.
func Ping(ctx context.Context, conn Conn, id uint16, first time.Duration) (time.Duration, error) {
	_, took, err := exchange(ctx, conn, Message{Type: Confirmable, Code: Empty, ID: id}, first, drop)
	if errors.Is(err, ErrReset) {
		err = nil
	}
	return took, err
}

// drop is what becomes of messages that are no answer, where nobody else takes them.
func drop(Message) error { return nil }

// exchange sends m until an answer is there. Reading happens here too: conn must have no other reader. What is no answer goes to other.
func exchange(ctx context.Context, conn Conn, m Message, first time.Duration, other func(Message) error) (Message, time.Duration, error) {
	raw, err := m.Marshal()
	if err != nil {
		return Message{}, 0, err
	}
	if first <= 0 {
		first = AckTimeout
	}
	defer bound(ctx, conn)()
	acked := false
	for try := 0; ; try++ {
		sent := time.Now()
		if !acked && try <= maxRetransmit {
			if _, err := conn.Write(raw); err != nil {
				return Message{}, 0, fmt.Errorf("sending a CoAP message: %w", err)
			}
		}
		answer, got, err := await(ctx, conn, m, sent.Add(first<<min(try, maxRetransmit)), &acked, other)
		switch {
		case got || err != nil && !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded):
			return answer, time.Since(sent), err
		case ctx.Err() != nil:
			return Message{}, 0, ctx.Err()
		}
	}
}

// bound makes a read that is under way end when ctx does. What it returns hands the connection back, without a deadline.
func bound(ctx context.Context, conn Conn) (release func()) {
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = conn.SetReadDeadline(time.Unix(1, 0))
		close(ended)
	})
	return func() {
		if !stop() {
			<-ended
		}
		_ = conn.SetReadDeadline(time.Time{})
	}
}

// await reads until the answer to m is there or the time is over.
func await(ctx context.Context, conn Conn, m Message, until time.Time, acked *bool, other func(Message) error) (Message, bool, error) {
	for buf := make([]byte, maxDatagram); ; {
		in, err := receive(ctx, conn, buf, until)
		if err != nil {
			return Message{}, false, err
		}
		switch {
		case in.ID == m.ID && in.Type == Reset:
			return in, true, ErrReset
		case in.ID == m.ID && in.Type == Acknowledgement && (m.Code == Empty || in.Code != Empty && string(in.Token) == string(m.Token)):
			*acked = true
			return in, true, nil
		case in.ID == m.ID && in.Type == Acknowledgement && in.Code == Empty:
			*acked = true // the answer comes separately
		case in.Type != Acknowledgement && m.Code != Empty && in.Code.answers() && string(in.Token) == string(m.Token):
			return in, true, acknowledge(conn, in)
		default:
			if err := other(in); err != nil {
				return Message{}, false, err
			}
		}
	}
}

// receive reads the next message that can be read; one that cannot is dropped (RFC 7252, section 4.2 and 4.3).
func receive(ctx context.Context, conn Conn, buf []byte, until time.Time) (Message, error) {
	if err := conn.SetReadDeadline(until); err != nil {
		return Message{}, fmt.Errorf("waiting for a CoAP message: %w", err)
	}
	if ctx.Err() != nil { // its AfterFunc may have run before the line above
		return Message{}, ctx.Err()
	}
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return Message{}, fmt.Errorf("waiting for a CoAP message: %w", err)
		}
		if in, err := Parse(buf[:n]); err == nil {
			return in, nil
		}
	}
}

// acknowledge answers a confirmable message with the empty acknowledgement; other messages get none.
func acknowledge(conn Conn, in Message) error { return shortly(conn, in, Acknowledgement) }

// shortly answers a confirmable message with an empty one.
func shortly(conn Conn, in Message, t Type) error {
	if in.Type != Confirmable {
		return nil
	}
	return send(conn, Message{Type: t, ID: in.ID})
}

func send(conn Conn, m Message) error {
	raw, err := m.Marshal()
	if err != nil {
		return err
	}
	return sendRaw(conn, raw)
}

func sendRaw(conn Conn, raw []byte) error {
	if _, err := conn.Write(raw); err != nil {
		return fmt.Errorf("answering a CoAP message: %w", err)
	}
	return nil
}
