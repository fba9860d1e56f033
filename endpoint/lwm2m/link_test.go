package lwm2m

import (
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/transport/v5/deadline"

	"example.org/sectag/endpoint/coap"
)

// link is a unit's end of a line in memory. The other end is a function that is called with each message that arrives there.
type link struct {
	t      *testing.T
	in     chan []byte
	until  *deadline.Deadline
	closed chan struct{}
	server func(coap.Message) []coap.Message

	mu    sync.Mutex
	loss  float64 // each way
	sent  int
	dice  *rand.Rand
	delay func() time.Duration
	heard []coap.Message // by the server, all of them
}

func newLink(t *testing.T, server func(coap.Message) []coap.Message) *link {
	t.Helper()
	return &link{t: t, in: make(chan []byte, 256), until: deadline.New(), closed: make(chan struct{}), server: server, dice: rand.New(rand.NewPCG(1, 2))}
}

func (l *link) lost() bool { return l.dice.Float64() < l.loss }

func (l *link) wait() time.Duration {
	if l.delay == nil {
		l.sent++
		return time.Duration(l.sent) * time.Microsecond // so that nothing overtakes
	}
	return l.delay()
}

// Write carries a message to the server and what it answers back; both may be lost, late and out of order.
func (l *link) Write(b []byte) (int, error) {
	select {
	case <-l.closed:
		return 0, net.ErrClosed
	default:
	}
	in, err := coap.Parse(b)
	if err != nil {
		l.t.Errorf("the server was sent %x: %v", b, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost() {
		return len(b), nil
	}
	time.AfterFunc(l.wait(), func() { l.arrive(in) })
	return len(b), nil
}

func (l *link) arrive(in coap.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, in)
	for _, m := range l.server(in) {
		l.back(m)
	}
}

// messages is what the server has heard, once nothing is under way any more.
func (l *link) messages() []coap.Message {
	settle()
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.heard)
}

// back carries a message to the unit.
func (l *link) back(m coap.Message) {
	if l.lost() {
		return
	}
	raw, err := m.Marshal()
	if err != nil {
		l.t.Error(err)
		return
	}
	time.AfterFunc(l.wait(), func() { l.in <- raw })
}

func (l *link) Read(b []byte) (int, error) {
	select {
	case <-l.until.Done():
		return 0, os.ErrDeadlineExceeded
	default:
	}
	select {
	case m := <-l.in:
		return copy(b, m), nil
	case <-l.until.Done():
		return 0, os.ErrDeadlineExceeded
	case <-l.closed:
		return 0, net.ErrClosed
	}
}

func (l *link) SetReadDeadline(t time.Time) error {
	l.until.Set(t)
	return nil
}

// server is an LwM2M server with a grudge: it answers each operation with the code that says so, and does it as its manner is.
type server struct {
	code     map[string]coap.Code // by operation, instead of the right one
	text     string
	place    []string
	separate bool // the answer comes in a message of its own
	noAck    bool // and its acknowledgement never does
	twice    bool // every answer comes twice
	asks     bool // before it answers
	there    bool // a registration
	count    map[string]int
	told     map[uint16][]coap.Message
	next     uint16
}

func newServer() *server {
	return &server{code: map[string]coap.Code{}, place: []string{"rd", "a-b"}, count: map[string]int{}, told: map[uint16][]coap.Message{}, next: 40000}
}

func (s *server) operation(in coap.Message) (string, coap.Code) {
	switch path := in.Path(); {
	case in.Code == coap.POST && path == "rd":
		return "register", coap.Created
	case in.Code == coap.POST && path == "rd/a-b":
		return "update", coap.Changed
	case in.Code == coap.DELETE && path == "rd/a-b":
		return "deregister", coap.Deleted
	case in.Code == coap.GET && path == "bs":
		return "look", coap.NotFound
	case in.Code == coap.POST && path == "bs":
		return "bootstrap", coap.NotFound
	}
	return in.Path(), coap.NotFound
}

func (s *server) answer(in coap.Message) []coap.Message {
	if !in.Code.IsRequest() {
		return nil
	}
	if again, ok := s.told[in.ID]; ok {
		return again
	}
	op, code := s.operation(in)
	s.count[op]++
	if c, ok := s.code[op]; ok {
		code = c
	}
	out := coap.Message{Type: coap.Acknowledgement, Code: code, ID: in.ID, Token: in.Token}
	switch {
	case code == coap.Created:
		s.there = true
		out.Add(coap.LocationPath, s.place...)
	case code == coap.Deleted:
		s.there = false
	case code.Class() > 2 && s.text != "":
		out.Payload = []byte(s.text)
	}
	all := s.way(in, out)
	s.told[in.ID] = all
	return all
}

// way is how an answer travels.
func (s *server) way(in, out coap.Message) (all []coap.Message) {
	if s.asks {
		s.next++
		ask := coap.Message{Type: coap.Confirmable, Code: coap.GET, ID: s.next, Token: []byte{9, byte(s.next)}}
		ask.AddPath(coap.URIPath, "3/0")
		all = append(all, ask, ask)
	}
	if s.separate {
		s.next++
		if !s.noAck {
			all = append(all, coap.Message{Type: coap.Acknowledgement, ID: in.ID})
		}
		out.Type, out.ID = coap.Confirmable, s.next
	}
	if s.twice {
		all = append(all, out)
	}
	return append(all, out)
}
