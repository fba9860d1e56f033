package coap

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// AckTimeout is the wait before the first retransmission that RFC 7252 section 4.8 sets; each further wait is twice as long.
const AckTimeout = 2 * time.Second

// maxRetransmit is how often a confirmable message is sent again (RFC 7252, section 4.8).
const maxRetransmit = 4

// ErrReset says that the peer reset the message: it lives, and made no sense of what it was sent.
var ErrReset = errors.New("the peer reset the message")

// Ping sends an empty confirmable message and waits for the Reset that answers it (RFC 7252, section 4.3; an empty
// acknowledgement is taken as well). It is sent again after first (AckTimeout if that is zero), then after twice that, four times at
// most, until ctx ends. It returns the time from the newest sending to the answer. Other messages that arrive meanwhile are dropped.
// An error of the connection comes back as it is, a missing answer as the error of ctx.
func Ping(ctx context.Context, conn net.Conn, id uint16, first time.Duration) (time.Duration, error) {
	_, took, err := exchange(ctx, conn, Message{Type: Confirmable, Code: Empty, ID: id}, first)
	if errors.Is(err, ErrReset) {
		err = nil
	}
	return took, err
}

// Do sends a confirmable request and waits for its answer, in the acknowledgement or separately; a separate confirmable answer
// is acknowledged. Retransmission and errors are Ping's; ErrReset is the peer's refusal of the message.
func Do(ctx context.Context, conn net.Conn, request Message, first time.Duration) (Message, error) {
	request.Type = Confirmable
	answer, _, err := exchange(ctx, conn, request, first)
	return answer, err
}

// exchange sends m until an answer is there. Reading happens here too: conn must have no other reader.
func exchange(ctx context.Context, conn net.Conn, m Message, first time.Duration) (Message, time.Duration, error) {
	raw, err := m.Marshal()
	if err != nil {
		return Message{}, 0, err
	}
	if first <= 0 {
		first = AckTimeout
	}
	// A read that is under way ends when ctx does; the connection is handed back without a deadline.
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = conn.SetReadDeadline(time.Unix(1, 0))
		close(ended)
	})
	defer func() {
		if !stop() {
			<-ended
		}
		_ = conn.SetReadDeadline(time.Time{})
	}()
	acked := false
	for try := 0; ; try++ {
		sent := time.Now()
		if !acked && try <= maxRetransmit {
			if _, err := conn.Write(raw); err != nil {
				return Message{}, 0, fmt.Errorf("sending a CoAP message: %w", err)
			}
		}
		answer, got, err := await(ctx, conn, m, sent.Add(first<<min(try, maxRetransmit)), &acked)
		switch {
		case got || err != nil && !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded):
			return answer, time.Since(sent), err
		case ctx.Err() != nil:
			return Message{}, 0, ctx.Err()
		}
	}
}

// await reads until the answer to m is there or the time is over.
func await(ctx context.Context, conn net.Conn, m Message, until time.Time, acked *bool) (Message, bool, error) {
	if err := conn.SetReadDeadline(until); err != nil {
		return Message{}, false, fmt.Errorf("waiting for a CoAP message: %w", err)
	}
	if ctx.Err() != nil { // its AfterFunc may have run before the line above
		return Message{}, false, ctx.Err()
	}
	buf := make([]byte, MaxSize+1)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return Message{}, false, fmt.Errorf("waiting for a CoAP message: %w", err)
		}
		in, err := Parse(buf[:n])
		if err != nil {
			continue // RFC 7252, section 4.2: a message that cannot be read is not answered here, only dropped
		}
		if in.ID == m.ID && in.Type == Reset {
			return in, true, ErrReset
		}
		if in.ID == m.ID && in.Type == Acknowledgement {
			*acked = true
			if in.Code == Empty && m.Code != Empty {
				continue // the answer comes separately
			}
			return in, true, nil
		}
		if m.Code != Empty && !in.Code.IsRequest() && in.Code != Empty && string(in.Token) == string(m.Token) {
			return in, true, acknowledge(conn, in)
		}
	}
}

func acknowledge(conn net.Conn, in Message) error {
	if in.Type != Confirmable {
		return nil
	}
	raw, err := Message{Type: Acknowledgement, ID: in.ID}.Marshal()
	if err != nil {
		return err
	}
	if _, err := conn.Write(raw); err != nil {
		return fmt.Errorf("acknowledging a CoAP message: %w", err)
	}
	return nil
}
