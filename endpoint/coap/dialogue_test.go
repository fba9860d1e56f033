package coap

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// scripted is a connection to a peer that says what script has for each request, and keeps what it is told meanwhile.
type scripted struct {
	script func(in Message) []Message
	queue  [][]byte
	heard  []Message
}

func (c *scripted) Read(b []byte) (int, error) {
	if len(c.queue) == 0 {
		return 0, errOver
	}
	n := copy(b, c.queue[0])
	c.queue = c.queue[1:]
	return n, nil
}

func (c *scripted) Write(b []byte) (int, error) {
	in, err := Parse(b)
	if err != nil {
		return 0, err
	}
	if !in.Code.IsRequest() {
		c.heard = append(c.heard, in)
		return len(b), nil
	}
	for _, m := range c.script(in) {
		raw, err := m.Marshal()
		if err != nil {
			return 0, err
		}
		c.queue = append(c.queue, raw)
	}
	return len(b), nil
}

func (*scripted) SetReadDeadline(time.Time) error { return nil }

var errOver = errors.New("it is over")

// Whatever comes in between is answered as RFC 7252 has it, and the request gets its own answer.
func TestADialogueAnswersWhatIsAskedInBetween(t *testing.T) {
	t.Parallel()
	get := Message{Type: Confirmable, Code: GET, ID: 500, Token: []byte{5}}
	get.AddPath(URIPath, "3/0")
	block := Message{Type: Confirmable, Code: PUT, ID: 501, Token: []byte{6}, Options: []Option{{27, []byte{8}}}}
	softly := Message{Type: NonConfirmable, Code: GET, ID: 502, Token: []byte{7}}
	conn := &scripted{script: func(in Message) []Message {
		return []Message{
			get, get, block,
			{Type: Confirmable, ID: 503},                                         // a ping
			{Type: Confirmable, Code: Content, ID: 504, Token: []byte{1}},        // an answer to what was never asked
			{Type: Confirmable, Code: 0xe1, ID: 505},                             // a reserved class
			{Type: NonConfirmable, Code: Content, ID: 506, Token: []byte{1}},     // is dropped
			{Type: Acknowledgement, Code: Content, ID: 507, Token: in.Token},     // of another message
			{Type: Acknowledgement, Code: Content, ID: in.ID, Token: []byte{99}}, // for another token
			softly, softly,
			{Type: Acknowledgement, Code: Content, ID: in.ID, Token: in.Token, Payload: []byte("mine")},
		}
	}}
	asked := 0
	d := NewDialogue(conn, time.Hour, func(Message) Message { asked++; return Message{Code: MethodNotAllowed} })
	out, err := d.Do(t.Context(), Message{Code: GET})
	if err != nil || string(out.Payload) != "mine" || asked != 2 {
		t.Fatalf("%+v, %v, asked %d times", out, err, asked)
	}
	want := []Message{
		{Type: Acknowledgement, Code: MethodNotAllowed, ID: 500, Token: []byte{5}},
		{Type: Acknowledgement, Code: MethodNotAllowed, ID: 500, Token: []byte{5}},
		{Type: Acknowledgement, Code: BadOption, ID: 501, Token: []byte{6}},
		{Type: Reset, ID: 503},
		{Type: Reset, ID: 504},
		{Type: Reset, ID: 505},
	}
	if d := cmp.Diff(want, conn.heard[:len(want)]); d != "" {
		t.Error(d)
	}
	m := conn.heard[len(want)]
	if len(conn.heard) != len(want)+1 || m.Type != NonConfirmable || m.Code != MethodNotAllowed || m.ID == 502 {
		t.Errorf("a question without acknowledgement was answered %+v", conn.heard[len(want):])
	}
}

// An answer that comes again after its request is over is acknowledged, so that it stops.
func TestALateAnswerIsAcknowledged(t *testing.T) {
	t.Parallel()
	var first []byte
	conn := &scripted{script: func(in Message) []Message {
		later := Message{Type: Confirmable, Code: Content, ID: 900, Token: in.Token}
		if first == nil {
			first = in.Token
			return []Message{{Type: Acknowledgement, ID: in.ID}, later}
		}
		later.Token = first
		return []Message{later, {Type: Acknowledgement, Code: Changed, ID: in.ID, Token: in.Token}}
	}}
	d := NewDialogue(conn, time.Hour, nil)
	for _, want := range []Code{Content, Changed} {
		if out, err := d.Do(t.Context(), Message{Code: GET}); err != nil || out.Code != want {
			t.Fatalf("%+v, %v", out, err)
		}
	}
	if len(conn.heard) != 2 {
		t.Errorf("%+v", conn.heard)
	}
	for _, m := range conn.heard {
		if m.Type != Acknowledgement || m.ID != 900 {
			t.Errorf("%+v", m)
		}
	}
}

func TestServingEndsWhenItIsEnoughOrOver(t *testing.T) {
	t.Parallel()
	conn := &scripted{script: func(in Message) []Message {
		ask := Message{Type: Confirmable, Code: POST, ID: 77, Token: []byte{1}}
		return []Message{{Type: Acknowledgement, Code: Changed, ID: in.ID, Token: in.Token}, ask}
	}}
	asked := false
	d := NewDialogue(conn, time.Hour, func(Message) Message { asked = true; return Message{Code: Changed} })
	if _, err := d.Do(t.Context(), Message{Code: POST}); err != nil {
		t.Fatal(err)
	}
	if err := d.Serve(t.Context(), func() bool { return asked }); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Serve(ctx, func() bool { return false }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := d.Serve(t.Context(), func() bool { return false }); !errors.Is(err, errOver) {
		t.Errorf("a closed connection: %v", err)
	}
}

// A peer that says anything at all does not make a dialogue fall over, and gets short answers.
func FuzzDialogue(f *testing.F) {
	f.Add([]byte{0x40, 0x01, 0, 1}, []byte{0x40, 0x01, 0, 1})
	f.Add([]byte{0x44, 0x02, 1, 2, 1, 2, 3, 4, 0xb2, 'r', 'd'}, []byte{0x70, 0, 0, 1})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		conn := &canned{in: [][]byte{a, b}}
		d := NewDialogue(conn, time.Hour, nil)
		_ = d.Serve(t.Context(), func() bool { return false })
		if len(conn.out) > 2 {
			t.Errorf("%d answers to two messages", len(conn.out))
		}
		for _, raw := range conn.out {
			if _, err := Parse(raw); err != nil {
				t.Errorf("%x: %v", raw, err)
			}
		}
	})
}

// canned hands out what it has, and then the connection is over.
type canned struct{ in, out [][]byte }

func (c *canned) Read(b []byte) (int, error) {
	if len(c.in) == 0 {
		return 0, errOver
	}
	n := copy(b, c.in[0])
	c.in = c.in[1:]
	return n, nil
}

func (c *canned) Write(b []byte) (int, error)     { c.out = append(c.out, b); return len(b), nil }
func (c *canned) SetReadDeadline(time.Time) error { return nil }
