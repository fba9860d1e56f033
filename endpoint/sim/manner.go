package sim

import (
	"fmt"
	"strconv"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/coap"
)

// Manner is how a server's LwM2M departs from a good one, so that clients can be tried on it. The zero value is a good one.
type Manner struct {
	answers   map[string]coap.Code // by operation, said instead of carrying it out
	mismatch  coap.Code            // said to a foreign endpoint name
	lose      int                  // so many answers of a session are lost
	separate  bool                 // answers come in messages of their own
	twice     bool                 // and twice
	asks      bool                 // before each answer the client is asked for its device object
	bootstrap bool                 // it is a bootstrap server
	anyName   bool                 // a foreign endpoint name is registered
}

// manners are the words that need no value.
var manners = map[string]func(*Manner){
	"separate":  func(m *Manner) { m.separate = true },
	"twice":     func(m *Manner) { m.twice = true },
	"asks":      func(m *Manner) { m.asks = true },
	"bootstrap": func(m *Manner) { m.bootstrap = true },
	"any-name":  func(m *Manner) { m.anyName = true },
}

// operations are what a server may refuse.
var operations = []string{register, update, deregister}

const (
	register   = "register"
	update     = "update"
	deregister = "deregister"
)

// maxLost keeps a client's patience in sight.
const maxLost = 100

// ParseManner reads such words as "register=5.03", "mismatch=4.00", "lose=1", "separate", "twice", "asks", "bootstrap" and "any-name"
// (docs/simulator.md). Failures carry usage.flag.
func ParseManner(words []string) (Manner, error) {
	m := Manner{answers: map[string]coap.Code{}}
	for _, w := range words {
		if !m.parse(w) {
			return Manner{}, cred.Failed("usage.flag", fmt.Sprintf("%q is nothing that goes wrong with a server", w),
				"write separate, twice, asks, bootstrap, any-name, lose=N, mismatch=4.00, register=C, update=C or deregister=C, C being such as 5.03")
		}
	}
	return m, nil
}

func (m *Manner) parse(word string) bool {
	if set := manners[word]; set != nil {
		set(m)
		return true
	}
	name, value, _ := strings.Cut(word, "=")
	if name == "lose" {
		n, err := strconv.Atoi(value)
		m.lose = n
		return err == nil && n > 0 && n <= maxLost
	}
	code, ok := parseCode(value)
	if name == "mismatch" {
		m.mismatch = code
		return ok
	}
	for _, op := range operations {
		if op == name {
			m.answers[op] = code
			return ok
		}
	}
	return false
}

// parseCode reads "4.03": only refusals can be asked for.
func parseCode(s string) (coap.Code, bool) {
	class, detail, ok := strings.Cut(s, ".")
	c, err := strconv.ParseUint(class, 10, 3)
	d, bad := strconv.ParseUint(detail, 10, 5)
	return coap.Code(c<<5 | d), ok && err == nil && bad == nil && len(detail) == 2 && (c == 4 || c == 5)
}

// talk is what a server remembers of one client: the same request again gets the same answer and is not carried out twice (RFC 7252,
// section 4.5).
type talk struct {
	id    uint16
	have  bool
	said  [][]byte
	lost  int
	next  uint16         // message ID of what the server begins
	steps []coap.Message // of a bootstrap, that are still to come
}

// begin numbers a message of the server's own.
func (t *talk) begin(m coap.Message) []byte {
	t.next++
	m.Type, m.ID = coap.Confirmable, t.next
	return marshal(m)
}

// step is the next of a bootstrap.
func (t *talk) step() [][]byte {
	if len(t.steps) == 0 {
		return nil
	}
	m := t.steps[0]
	t.steps = t.steps[1:]
	m.Token = []byte{byte(len(t.steps))}
	return [][]byte{t.begin(m)}
}

// way is how an answer travels.
func (m Manner) way(t *talk, in, out coap.Message) (all [][]byte) {
	if m.asks {
		ask := coap.Message{Code: coap.GET, Token: []byte("asked")}
		ask.AddPath(coap.URIPath, "3/0")
		all = append(all, t.begin(ask))
	}
	raw := marshal(out)
	if m.separate && in.Type == coap.Confirmable {
		all = append(all, marshal(coap.Message{Type: coap.Acknowledgement, ID: in.ID}))
		raw = t.begin(out)
	}
	if m.twice {
		all = append(all, raw)
	}
	return append(all, raw)
}

// bootstrapped is what a bootstrap server goes through with a client (OMA LwM2M Transport 1.1, section 6.4.2): it deletes what is
// there, writes a security object and a server object without any secret in them, and says that it is done.
func bootstrapped() []coap.Message {
	var out []coap.Message
	for _, s := range []struct {
		code    coap.Code
		path    string
		payload string
	}{
		{coap.DELETE, "0", ""},
		{coap.DELETE, "1", ""},
		{coap.PUT, "0/1", "\xc8\x00\x13coaps://127.0.0.1:1\xc1\x01\x00\xc1\x02\x03"}, // TLV: server URI, not bootstrap, NoSec
		{coap.PUT, "1/1", "\xc1\x00\x01\xc1\x01\x3c\xc1\x07U"},                       // TLV: short server ID, lifetime, binding
		{coap.POST, "bs", ""},
	} {
		m := coap.Message{Code: s.code, Payload: []byte(s.payload)}
		m.AddPath(coap.URIPath, s.path)
		if s.payload != "" {
			m.AddUint(coap.ContentFormat, formatTLV)
		}
		out = append(out, m)
	}
	return out
}

// formatTLV is application/vnd.oma.lwm2m+tlv.
const formatTLV = 11542
