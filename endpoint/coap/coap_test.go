package coap

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The bytes of the ping and of its answer are RFC 7252's, and libcoap's over DTLS; the GET is appendix A's figure 16.
func TestPublishedBytes(t *testing.T) {
	for _, c := range []struct {
		name, wire string
		m          Message
	}{
		{"ping", "40001234", Message{Type: Confirmable, ID: 0x1234}},
		{"reset", "70001234", Message{Type: Reset, ID: 0x1234}},
		{"GET /temperature", "40017d34bb74656d7065726174757265", Message{
			Type: Confirmable, Code: GET, ID: 0x7d34,
			Options: []Option{{URIPath, []byte("temperature")}},
		}},
		{"2.05 with payload", "60457d34ff32322e332043", Message{Type: Acknowledgement, Code: Content, ID: 0x7d34, Payload: []byte("22.3 C")}},
		{"GET with token", "41017d3520bb74656d7065726174757265", Message{
			Type: Confirmable, Code: GET, ID: 0x7d35, Token: []byte{0x20},
			Options: []Option{{URIPath, []byte("temperature")}},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw, err := c.m.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(raw); got != c.wire {
				t.Errorf("written %s, RFC 7252 has %s", got, c.wire)
			}
			back, err := Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.m, back); d != "" {
				t.Errorf("read back differently:\n%s", d)
			}
		})
	}
}

func TestMalformedIsRefused(t *testing.T) {
	for name, wire := range map[string]string{
		"nothing":                    "",
		"three bytes":                "400012",
		"version 0":                  "00001234",
		"version 2":                  "80001234",
		"token of nine":              "49011234010203040506070809",
		"token cut off":              "4401123401",
		"empty with a token":         "4100123401",
		"empty with a payload":       "40001234ff00",
		"marker without payload":     "40011234ff",
		"reserved delta nibble":      "40011234f0",
		"reserved length nibble":     "400112340f",
		"option cut off":             "40011234b474656d",
		"extended delta cut off":     "40011234d0",
		"extended length cut off":    "400112340e01",
		"option number over 65535":   "40011234e0ffffe0ffff",
		"option value over the rest": "400112340effff",
	} {
		raw, err := hex.DecodeString(wire)
		if err != nil {
			t.Fatal(err)
		}
		if m, err := Parse(raw); !errors.Is(err, errFormat) {
			t.Errorf("%s: read as %+v, %v", name, m, err)
		}
	}
	if _, err := Parse(bytes.Repeat([]byte{0x40}, MaxSize+1)); !errors.Is(err, errFormat) {
		t.Errorf("a message longer than MaxSize was read: %v", err)
	}
}

func TestUnwritableIsRefused(t *testing.T) {
	for name, m := range map[string]Message{
		"long token":    {Code: GET, Token: make([]byte, 9)},
		"long option":   {Code: GET, Options: []Option{{URIPath, make([]byte, 1035)}}},
		"loaded empty":  {Payload: []byte("x")},
		"unknown type":  {Type: 4, Code: GET},
		"over MaxSize":  {Code: POST, Payload: make([]byte, MaxSize)},
		"empty, option": {Options: []Option{{URIPath, nil}}},
	} {
		if raw, err := m.Marshal(); err == nil {
			t.Errorf("%s: written as %x", name, raw)
		}
	}
}

func TestWordsAndNumbers(t *testing.T) {
	if s := Forbidden.String(); s != "4.03" {
		t.Errorf("4.03 is written %s", s)
	}
	if Created.Class() != 2 || !POST.IsRequest() || Empty.IsRequest() || Created.IsRequest() {
		t.Error("classes are wrong")
	}
	var m Message
	m.AddPath(URIPath, "/rd/7/")
	m.Add(URIQuery, "ep=a", "lt=60")
	m.AddUint(ContentFormat, LinkFormat)
	m.AddUint(Accept, 0)
	m.AddUint(URIPort, 0x1234)
	want := []Option{
		{URIPath, []byte("rd")},
		{URIPath, []byte("7")},
		{URIQuery, []byte("ep=a")},
		{URIQuery, []byte("lt=60")},
		{ContentFormat, []byte{40}},
		{Accept, []byte{}},
		{URIPort, []byte{0x12, 0x34}},
	}
	if d := cmp.Diff(want, m.Options); d != "" {
		t.Error(d)
	}
	if m.Path() != "rd/7" || len(m.Values(URIQuery)) != 2 {
		t.Errorf("path %q, query %q", m.Path(), m.Values(URIQuery))
	}
	if !(Option{Number: URIPath}).Critical() || (Option{Number: ContentFormat}).Critical() {
		t.Error("odd options are the critical ones")
	}
}

func drawMessage(t *rapid.T) Message {
	m := Message{
		Type:    Type(rapid.IntRange(0, 3).Draw(t, "type")),
		Code:    Code(rapid.IntRange(1, 255).Draw(t, "code")),
		ID:      rapid.Uint16().Draw(t, "id"),
		Token:   rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(t, "token"),
		Payload: rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "payload"),
	}
	number := uint16(0)
	for range rapid.IntRange(0, 5).Draw(t, "options") {
		number += uint16(rapid.SampledFrom([]int{0, 1, 12, 13, 14, 268, 269, 270, 5000}).Draw(t, "delta"))
		size := rapid.SampledFrom([]int{0, 1, 12, 13, 14, 100}).Draw(t, "size")
		m.Options = append(m.Options, Option{number, bytes.Repeat([]byte{'x'}, size)})
	}
	return m
}

func TestEveryMessageReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMessage(t)
		raw, err := m.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		again, err := back.Marshal()
		if err != nil || !bytes.Equal(raw, again) {
			t.Fatalf("%x became %x (%v)", raw, again, err)
		}
	})
}

// peer answers what it reads with what answer returns, one datagram a call; a pipe keeps the borders of messages.
func peer(t *testing.T, answer func(n int, in Message) []Message) net.Conn {
	t.Helper()
	near, far := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, MaxSize)
		for i := 0; ; i++ {
			n, err := far.Read(buf)
			if err != nil {
				return
			}
			in, err := Parse(buf[:n])
			if err != nil {
				t.Errorf("the peer was sent %x: %v", buf[:n], err)
				return
			}
			for _, m := range answer(i, in) {
				raw, err := m.Marshal()
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := far.Write(raw); err != nil {
					return
				}
			}
		}
	}()
	t.Cleanup(func() {
		_ = near.Close()
		_ = far.Close()
		<-done
	})
	return near
}

func TestPingIsSentAgainUntilItIsAnswered(t *testing.T) {
	t.Parallel()
	var seen []Message
	conn := peer(t, func(n int, in Message) []Message {
		seen = append(seen, in)
		if n < 2 {
			return nil
		}
		// An answer to something else, and the peer's own ping, are not the answer.
		return []Message{{Type: Reset, ID: in.ID + 1}, {Type: Confirmable, ID: in.ID}, {Type: Reset, ID: in.ID}}
	})
	if _, err := Ping(t.Context(), conn, 7, time.Millisecond); err != nil {
		t.Fatal(err)
	}
	want := Message{Type: Confirmable, ID: 7}
	if len(seen) < 3 || !cmp.Equal(seen[0], want) || !cmp.Equal(seen[2], want) {
		t.Errorf("sent: %+v", seen)
	}
}

func TestPingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	conn := peer(t, func(int, Message) []Message { return nil })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := Ping(ctx, conn, 7, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a silent peer: %v", err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Ping(canceled, conn, 7, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled ping: %v", err)
	}
}

func TestPingTellsWhenTheConnectionEnds(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	_ = far.Close()
	if _, err := Ping(t.Context(), near, 7, time.Hour); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a closed connection: %v", err)
	}
}

func TestPingIsNotSentForEver(t *testing.T) {
	t.Parallel()
	count := 0
	ctx, cancel := context.WithCancel(t.Context())
	conn := peer(t, func(n int, _ Message) []Message {
		if count++; n == maxRetransmit {
			cancel()
		}
		return nil
	})
	if _, err := Ping(ctx, conn, 7, time.Microsecond); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if count > maxRetransmit+1 {
		t.Errorf("sent %d times", count)
	}
}

// ask makes one exchange, as a Dialogue does.
func ask(t *testing.T, conn Conn, m Message) (Message, error) {
	t.Helper()
	m.Type = Confirmable
	answer, _, err := exchange(t.Context(), conn, m, time.Hour, drop)
	return answer, err
}

func TestAnswersThatComeSeparatelyAreAcknowledged(t *testing.T) {
	t.Parallel()
	acked := make(chan Message, 1)
	conn := peer(t, func(n int, in Message) []Message {
		if n > 0 {
			acked <- in
			return nil
		}
		return []Message{
			{Type: Acknowledgement, ID: in.ID},
			{Type: Confirmable, Code: Content, ID: 99, Token: in.Token, Payload: []byte("later")},
		}
	})
	req := Message{Code: GET, ID: 7, Token: []byte{1}}
	answer, err := ask(t, conn, req)
	if err != nil || string(answer.Payload) != "later" {
		t.Fatalf("%+v, %v", answer, err)
	}
	if a := <-acked; a.Type != Acknowledgement || a.ID != 99 {
		t.Errorf("acknowledged with %+v", a)
	}
}

func TestAnswersInTheAcknowledgementAndResets(t *testing.T) {
	t.Parallel()
	conn := peer(t, func(n int, in Message) []Message {
		if n == 0 {
			return []Message{{Type: Acknowledgement, Code: NotFound, ID: in.ID, Token: in.Token}}
		}
		return []Message{{Type: Reset, ID: in.ID}}
	})
	answer, err := ask(t, conn, Message{Code: GET, ID: 7, Token: []byte{1}})
	if err != nil || answer.Code != NotFound {
		t.Fatalf("%+v, %v", answer, err)
	}
	if _, err := ask(t, conn, Message{Code: GET, ID: 8}); !errors.Is(err, ErrReset) {
		t.Errorf("a reset request: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"40001234", "70001234", "41017d3520bb74656d7065726174757265", "60457d34ff32322e332043",
		"4402000101020304b27264d2026570d901203d", "40011234e0ffffe0ffff",
	} {
		raw, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Parse(raw)
		if err != nil {
			return
		}
		out, err := m.Marshal()
		if err != nil {
			t.Fatalf("%x was read as %+v and cannot be written: %v", raw, m, err)
		}
		back, err := Parse(out)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(m, back); d != "" {
			t.Fatalf("%x changes when it is written and read again:\n%s", raw, d)
		}
	})
}
