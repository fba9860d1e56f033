package sim

import (
	"cmp"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.org/sectag/endpoint/coap"
)

const (
	maxRegistrations = 1024
	defaultLifetime  = 86400 * time.Second // OMA LwM2M transport, Register: "lt" absent
	maxLifetime      = 100 * 365 * 86400   // seconds
	core             = `</rd>;rt="core.rd",</>;rt="oma.lwm2m"`
)

// book holds the registrations of all clients.
type book struct {
	manner Manner

	mu     sync.Mutex
	next   int
	places map[string]registration // by the last segment of their location
}

type registration struct {
	client   string // whose it is, which is its endpoint unless any name will do
	endpoint string
	lifetime time.Duration
	until    time.Time
}

func newBook(m Manner) *book { return &book{manner: m, places: map[string]registration{}} }

// answer answers one message of a client, whose certificate names it, with none or more of its own.
func (b *book) answer(client string, t *talk, raw []byte, now time.Time) [][]byte {
	in, err := coap.Parse(raw)
	switch {
	case err != nil:
		return nil
	case in.Type == coap.Acknowledgement, in.Type == coap.Reset:
		return t.step() // of a bootstrap, if one is under way
	case in.Type == coap.Confirmable && !in.Code.IsRequest():
		return [][]byte{marshal(coap.Message{Type: coap.Reset, ID: in.ID})} // a ping, or an answer to what was never asked
	case !in.Code.IsRequest():
		return nil
	}
	if t.have && t.id == in.ID {
		return t.said
	}
	out := b.carryOut(client, in, now)
	out.ID, out.Token, out.Type = in.ID, in.Token, coap.Acknowledgement
	if in.Type == coap.NonConfirmable {
		out.Type = coap.NonConfirmable
	}
	t.id, t.have, t.said = in.ID, true, b.manner.way(t, in, out)
	if t.lost < b.manner.lose {
		t.lost++
		return nil
	}
	if in.Path() == "bs" && out.Code == coap.Changed {
		t.steps = bootstrapped()
		return append(t.said, t.step()...)
	}
	return t.said
}

func marshal(m coap.Message) []byte {
	raw, err := m.Marshal()
	if err != nil {
		return nil // our own answers are short
	}
	return raw
}

func (b *book) carryOut(client string, in coap.Message, now time.Time) coap.Message {
	for _, o := range in.Options {
		if o.Critical() && !understood(o.Number) {
			return says(coap.BadOption, "option "+strconv.Itoa(int(o.Number))+" is not understood")
		}
	}
	path := in.Path()
	place, below := strings.CutPrefix(path, "rd/")
	if b.manner.bootstrap {
		return bootstrapOnly(client, in)
	}
	if no, ok := b.manner.answers[operation(in, path, below)]; ok {
		return says(no, "as it was told to")
	}
	switch {
	case path == ".well-known/core" && in.Code == coap.GET:
		out := coap.Message{Code: coap.Content, Payload: []byte(core)}
		out.AddUint(coap.ContentFormat, coap.LinkFormat)
		return out
	case path == "rd" && in.Code == coap.POST:
		return b.register(client, in, now)
	case below && in.Code == coap.POST:
		return b.update(client, place, in, now)
	case below && in.Code == coap.DELETE:
		return b.remove(client, place, now)
	case path == ".well-known/core", path == "rd", below:
		return says(coap.MethodNotAllowed, "")
	}
	return says(coap.NotFound, "")
}

// operation names what a request asks for; empty if it is none of a registration's.
func operation(in coap.Message, path string, below bool) string {
	switch {
	case path == "rd" && in.Code == coap.POST:
		return register
	case below && in.Code == coap.POST:
		return update
	case below && in.Code == coap.DELETE:
		return deregister
	}
	return ""
}

// bootstrapOnly answers as a bootstrap server, which has /bs and nothing else.
func bootstrapOnly(client string, in coap.Message) coap.Message {
	p, bad := readParameters(in)
	switch {
	case in.Path() != "bs":
		return says(coap.NotFound, "")
	case in.Code != coap.POST:
		return says(coap.MethodNotAllowed, "")
	case bad != "" || p.endpoint == "" || p.endpoint != client:
		return says(coap.BadRequest, "ep is not the certificate's name")
	}
	return says(coap.Changed, "")
}

// understood names the critical options that may be here: where the request goes, and what format is wanted back.
func understood(number uint16) bool {
	switch number {
	case coap.URIHost, coap.URIPort, coap.URIPath, coap.URIQuery, coap.Accept:
		return true
	}
	return false
}

func says(c coap.Code, diagnostic string) coap.Message {
	return coap.Message{Code: c, Payload: []byte(diagnostic)}
}

// parameters are those of a registration or an update.
type parameters struct {
	endpoint, version string
	lifetime          time.Duration
}

// readParameters reads the query; bad says what is wrong with it.
func readParameters(in coap.Message) (p parameters, bad string) {
	p = parameters{version: "1.0"}
	for _, q := range in.Values(coap.URIQuery) {
		name, value, _ := strings.Cut(q, "=")
		switch name {
		case "ep":
			p.endpoint = value
		case "lwm2m":
			p.version = value
		case "lt":
			n, err := strconv.ParseUint(value, 10, 32)
			if err != nil || n == 0 || n > maxLifetime {
				return p, "lt is no lifetime in seconds"
			}
			p.lifetime = time.Duration(n) * time.Second
		case "b", "Q", "sms", "pid":
		default:
			return p, "unknown parameter"
		}
	}
	return p, ""
}

// register is POST /rd?ep=… (OMA LwM2M transport 1.2, Register): 4.00 for what is malformed, 4.12 for a version that is not
// spoken here, 4.03 for a name that is not the certificate's, as Leshan has it (the standard says 4.00).
func (b *book) register(client string, in coap.Message, now time.Time) coap.Message {
	p, bad := readParameters(in)
	switch {
	case bad != "":
		return says(coap.BadRequest, bad)
	case in.Type != coap.Confirmable:
		return says(coap.BadRequest, "a registration must be confirmable")
	case p.endpoint == "":
		return says(coap.BadRequest, "ep is missing")
	case len(in.Payload) == 0:
		return says(coap.BadRequest, "the object list is empty")
	case objects(in.Payload) != "":
		return says(coap.BadRequest, objects(in.Payload))
	case p.version != "1.0" && p.version != "1.1":
		return says(coap.PreconditionFailed, "lwm2m must be 1.0 or 1.1")
	case p.endpoint != client && !b.manner.anyName:
		return says(cmp.Or(b.manner.mismatch, coap.Forbidden), "ep is not the certificate's name")
	}
	if p.lifetime == 0 {
		p.lifetime = defaultLifetime
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire(now, p.endpoint)
	if len(b.places) >= maxRegistrations {
		return says(coap.ServerError, "too many registrations")
	}
	b.next++
	place := strconv.Itoa(b.next)
	b.places[place] = registration{client: client, endpoint: p.endpoint, lifetime: p.lifetime, until: now.Add(p.lifetime)}
	out := coap.Message{Code: coap.Created}
	out.Add(coap.LocationPath, "rd", place)
	return out
}

// objects says what is wrong with the list of a unit's objects: it is link format, and Security (/0) and OSCORE (/21) must not be in it (OMA
// LwM2M core, Register).
func objects(list []byte) string {
	links, err := coap.Links(list)
	if err != nil {
		return err.Error()
	}
	for _, l := range links {
		object, _, _ := strings.Cut(strings.TrimPrefix(l, "/"), "/")
		if object == "0" || object == "21" {
			return "object " + object + " must not be listed"
		}
	}
	return ""
}

// expire forgets what has run out, and the older registration of an endpoint that registers again.
func (b *book) expire(now time.Time, endpoint string) {
	for place, r := range b.places {
		if r.endpoint == endpoint || now.After(r.until) {
			delete(b.places, place)
		}
	}
}

func (b *book) update(client, place string, in coap.Message, now time.Time) coap.Message {
	p, bad := readParameters(in)
	if bad != "" || p.endpoint != "" {
		return says(coap.BadRequest, bad)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire(now, "")
	r, no := b.at(client, place)
	if no != nil {
		return *no
	}
	if p.lifetime > 0 {
		r.lifetime = p.lifetime
	}
	r.until = now.Add(r.lifetime)
	b.places[place] = r
	return says(coap.Changed, "")
}

func (b *book) remove(client, place string, now time.Time) coap.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expire(now, "")
	if _, no := b.at(client, place); no != nil {
		return *no
	}
	delete(b.places, place)
	return says(coap.Deleted, "")
}

// at finds the registration that a client has at a place, or the answer to one that has none there.
func (b *book) at(client, place string) (r registration, no *coap.Message) {
	r, ok := b.places[place]
	if ok && r.client == client {
		return r, nil
	}
	answer := says(coap.NotFound, "")
	if ok {
		answer = says(coap.BadRequest, "forbidden")
	}
	return r, &answer
}
