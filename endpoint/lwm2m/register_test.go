package lwm2m

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/coap"
)

const unit = "urn:imei:350457790000012"

var (
	me    = Client{Name: unit, Identity: unit}
	whole = Registration{Code: "2.01", Location: "/rd/a-b", Lifetime: 60, Updated: true, Deregistered: true}
)

// settle lets what is under way arrive. It is the bubble's time that goes by.
func settle() { <-time.After(time.Second) }

func codes(fs []cred.Finding) (out []string) {
	for _, f := range fs {
		out = append(out, f.Code)
	}
	return out
}

func TestWhatARegistrationSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		l := newLink(t, s.answer)
		r, findings, err := Register(t.Context(), l, me)
		if err != nil || r != whole || !slices.Equal(codes(findings), []string{"lwm2m.replaces"}) {
			t.Fatalf("%+v, %v, %v", r, findings, err)
		}
		var said []string
		ids, tokens := map[uint16]bool{}, map[string]bool{}
		for _, m := range l.messages() {
			said = append(said, fmt.Sprintf("%d %d /%s %v %v %x %s", m.Type, m.Code, m.Path(), m.Values(coap.URIPath), m.Values(coap.URIQuery), m.Values(coap.ContentFormat), m.Payload))
			ids[m.ID], tokens[string(m.Token)] = true, true
		}
		want := []string{
			"0 2 /rd [rd] [ep=" + unit + " lt=60 lwm2m=1.1 b=U] [28] </1/0>,</3/0>",
			"0 2 /rd/a-b [rd a-b] [] [] ",
			"0 4 /rd/a-b [rd a-b] [] [] ",
		}
		if d := cmp.Diff(want, said); d != "" {
			t.Error(d)
		}
		if len(ids) != 3 || len(tokens) != 3 {
			t.Errorf("ids %v, tokens %v", ids, tokens)
		}
	})
}

// Every answer to every operation: the code, what is in the text, and that nothing is left behind.
func TestRefusalsAreExplained(t *testing.T) {
	other := Client{Name: unit, Identity: "urn:imei:350457790000020"}
	psk := Client{Name: unit, Identity: "bench", PSK: true}
	for name, c := range map[string]struct {
		op     string
		code   coap.Code
		client Client
		want   string // code
		text   string
		hint   string
	}{
		"bad request, another name": {"register", coap.BadRequest, other, "lwm2m.400", `common name "urn:imei:350457790000020", endpoint name "` + unit + `"`, "equal to the letter"},
		"bad request":               {"register", coap.BadRequest, me, "lwm2m.400", "cannot read the request", "does the server know the name"},
		"unauthorized":              {"register", coap.Unauthorized, me, "lwm2m.401", "4.01", "another identity"},
		"forbidden, another name":   {"register", coap.Forbidden, other, "lwm2m.403", `common name "urn:imei:350457790000020", endpoint name "` + unit + `"`, "equal to the letter"},
		"forbidden":                 {"register", coap.Forbidden, me, "lwm2m.403", `endpoint name "` + unit + `"`, "security record"},
		"forbidden, PSK":            {"register", coap.Forbidden, psk, "lwm2m.403", `pre-shared key "bench", endpoint name "` + unit + `"`, "for this identity"},
		"forbidden, unread": {
			"register", coap.Forbidden,
			Client{Name: unit, Identity: "urn:imei:350457790000020", Unread: "its certificate's name"},
			"lwm2m.403",
			`endpoint name "` + unit + `" was sent, device.id gives "urn:imei:350457790000020", and its certificate's name was not read`, "to its certificate's name",
		},
		"no /rd":           {"register", coap.NotFound, me, "lwm2m.404", "4.04", "no LwM2M server"},
		"not allowed":      {"register", coap.MethodNotAllowed, me, "lwm2m.405", "4.05", "no LwM2M server"},
		"object list":      {"register", coap.Conflict, me, "lwm2m.409", "4.09", "list of objects"},
		"version":          {"register", coap.PreconditionFailed, me, "lwm2m.412", "4.12 (no)", "LwM2M 1.1"},
		"server error":     {"register", coap.ServerError, me, "lwm2m.500", "5.00", "fault of its own"},
		"overloaded":       {"register", coap.Unavailable, me, "lwm2m.503", "5.03", "later"},
		"something else":   {"register", 0x8f, me, "lwm2m.415", "4.15", "log"},
		"another success":  {"register", coap.Changed, me, "lwm2m.204", "2.04", "log"},
		"forgotten":        {"update", coap.NotFound, me, "lwm2m.404", "update", "forgotten"},
		"update forbidden": {"update", coap.BadRequest, other, "lwm2m.400", "common name", "log"},
		"no update":        {"update", coap.MethodNotAllowed, me, "lwm2m.405", "update", "no LwM2M server"},
		"no farewell":      {"deregister", coap.ServerError, me, "lwm2m.500", "de-registration", "fault of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				s.code[c.op], s.text = c.code, "no"
				l := newLink(t, s.answer)
				r, _, err := Register(t.Context(), l, c.client)
				l.messages()
				f := cred.AsFault(err)
				if f == nil || f.Code != c.want || !strings.Contains(f.Text, c.text) || !strings.Contains(f.Hint, c.hint) {
					t.Fatalf("%+v", err)
				}
				if s.there && c.op != "deregister" {
					t.Error("the registration was left behind")
				}
				want := map[string]Registration{
					"register":   {Code: c.code.String(), Lifetime: 60},
					"update":     {Code: "2.01", Location: "/rd/a-b", Lifetime: 60, Deregistered: true},
					"deregister": {Code: "2.01", Location: "/rd/a-b", Lifetime: 60, Updated: true},
				}[c.op]
				if r != want {
					t.Errorf("%+v, not %+v", r, want)
				}
			})
		})
	}
}

// A farewell that is refused, or that nobody answers, leaves a registration behind; one that finds nothing does not. Whether an older
// one was replaced no server tells, so that it is not claimed.
func TestWhatIsLeftBehindIsSaid(t *testing.T) {
	for code, want := range map[coap.Code][]string{
		coap.ServerError: {"lwm2m.replaces", "lwm2m.left"},
		coap.Forbidden:   {"lwm2m.replaces", "lwm2m.left"},
		coap.NotFound:    {"lwm2m.replaces"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.code["deregister"] = code
			_, findings, err := Register(t.Context(), newLink(t, s.answer), me)
			if err == nil || !slices.Equal(codes(findings), want) {
				t.Errorf("%v: %v, %v", code, findings, err)
			}
			if text := findings[0].Text; !strings.Contains(text, "any that "+unit+" had") {
				t.Errorf("claims more than it knows: %s", text)
			}
		})
	}
}

// However answers travel, each operation is carried out once and what the server asks is answered once.
func TestAnswersTravelInManyWays(t *testing.T) {
	for name, set := range map[string]func(*server){
		"separately":                     func(s *server) { s.separate = true },
		"separately, without the first":  func(s *server) { s.separate, s.noAck = true, true },
		"twice":                          func(s *server) { s.twice = true },
		"separately and twice":           func(s *server) { s.separate, s.twice = true, true },
		"behind a question":              func(s *server) { s.asks = true },
		"behind a question, all at once": func(s *server) { s.asks, s.separate, s.twice = true, true, true },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				set(s)
				l := newLink(t, s.answer)
				r, _, err := Register(t.Context(), l, me)
				if err != nil || r != whole {
					t.Fatalf("%+v, %v", r, err)
				}
				heard := l.messages()
				if d := cmp.Diff(map[string]int{"register": 1, "update": 1, "deregister": 1}, s.count); d != "" {
					t.Error(d)
				}
				told := map[string]int{}
				for _, m := range heard {
					switch {
					case m.Type == coap.Acknowledgement && m.Code == coap.NotFound:
						told["there is none"]++
					case m.Type == coap.Acknowledgement && m.Code == coap.Empty:
						told["got it"]++
					case m.Type == coap.Reset:
						told["what?"]++
					}
				}
				if told["what?"] != 0 || s.asks && told["there is none"] < 5 || s.separate && told["got it"] < 3 {
					t.Errorf("the server was told %v", told)
				}
			})
		})
	}
}

// A line that loses a third of what it carries, late and out of order. Nothing is carried out twice, and nothing stays behind.
func TestALossyLine(t *testing.T) {
	through := 0
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.separate, s.asks = seed%2 == 0, seed%3 == 0
			l := newLink(t, s.answer)
			l.loss, l.dice = 0.3, rand.New(rand.NewPCG(seed, 7))
			l.delay = func() time.Duration { return time.Duration(l.dice.IntN(400)) * time.Millisecond }
			c := me
			c.Wait = time.Minute
			begun := time.Now()
			r, _, err := Register(t.Context(), l, c)
			if took := time.Since(begun); took > 3*time.Minute {
				t.Errorf("seed %d took %v", seed, took)
			}
			l.messages()
			if err == nil && r == whole {
				through++
			} else if f := cred.AsFault(err); f == nil || f.Code != "lwm2m.silent" {
				t.Errorf("seed %d: %+v, %v", seed, r, err)
			}
			for op, n := range s.count {
				if n > 1 {
					t.Errorf("seed %d: %s was carried out %d times", seed, op, n)
				}
			}
		})
	}
	if through < 30 {
		t.Errorf("only %d of 40 came through", through)
	}
}

func TestASilentServerIsWaitedForAndNoLonger(t *testing.T) {
	for name, server := range map[string]func(coap.Message) []coap.Message{
		"nothing at all": func(coap.Message) []coap.Message { return nil },
		"an acknowledgement alone": func(in coap.Message) []coap.Message {
			return []coap.Message{{Type: coap.Acknowledgement, ID: in.ID}}
		},
		"another's answer": func(in coap.Message) []coap.Message {
			return []coap.Message{{Type: coap.NonConfirmable, Code: coap.Created, ID: 1, Token: []byte{1}}, {Type: coap.Acknowledgement, Code: coap.Created, ID: in.ID, Token: []byte{1}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLink(t, server)
				begun := time.Now()
				r, findings, err := Register(t.Context(), l, me)
				if f := cred.AsFault(err); f == nil || f.Code != "lwm2m.silent" || !slices.Equal(codes(findings), []string{"lwm2m.left"}) {
					t.Errorf("%v, %v", findings, err)
				}
				took := time.Since(begun)
				if took != DefaultWait || r != (Registration{Lifetime: 60}) {
					t.Errorf("%+v after %v", r, took)
				}
				if n := len(l.messages()); n > 5 {
					t.Errorf("sent %d times", n)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, func(in coap.Message) []coap.Message { return []coap.Message{{Type: coap.Reset, ID: in.ID}} })
		if _, _, err := Register(t.Context(), l, me); cred.AsFault(err).Code != "lwm2m.silent" {
			t.Error(err)
		}
	})
}

// Whenever the job is cancelled, what was registered is taken back, and soon.
func TestCancelledIsDeregistered(t *testing.T) {
	for name, c := range map[string]struct {
		at   time.Duration // each way takes a second: register 0-2 s, update 2-4 s, de-register 4-6 s
		want Registration
	}{
		"before the registration arrives": {500 * time.Millisecond, Registration{Code: "2.01", Location: "/rd/a-b", Lifetime: 60, Deregistered: true}},
		"while its answer is under way":   {1500 * time.Millisecond, Registration{Code: "2.01", Location: "/rd/a-b", Lifetime: 60, Deregistered: true}},
		"during the update":               {2500 * time.Millisecond, Registration{Code: "2.01", Location: "/rd/a-b", Lifetime: 60, Deregistered: true}},
		"during the farewell":             {4500 * time.Millisecond, whole},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				l := newLink(t, s.answer)
				l.delay = func() time.Duration { return time.Second }
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Hour, nil)
				time.AfterFunc(c.at, cancel)
				m := me
				m.First = 10 * time.Second
				begun := time.Now()
				r, _, err := Register(ctx, l, m)
				took := time.Since(begun)
				l.messages()
				if r != c.want || s.there || (err == nil) != (c.want == whole) || err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("%+v, %v, still there %t", r, err, s.there)
				}
				if took > c.at+2*DefaultGrace {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// A server that dies between the answers: the error is the connection's own, for the session to explain.
func TestAConnectionThatEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		l := newLink(t, nil)
		l.server = func(in coap.Message) []coap.Message {
			if len(l.heard) == 2 {
				close(l.closed)
				return nil
			}
			return s.answer(in)
		}
		r, findings, err := Register(t.Context(), l, me)
		if !errors.Is(err, net.ErrClosed) || r.Deregistered || r.Code != "2.01" || !slices.Contains(codes(findings), "lwm2m.left") {
			t.Errorf("%+v, %v, %v", r, findings, err)
		}
	})
}

func TestNoPlaceAndOddPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.place = nil
		if _, _, err := Register(t.Context(), newLink(t, s.answer), me); cred.AsFault(err).Code != "lwm2m.location" {
			t.Error(err)
		}
		s = newServer()
		s.place = []string{"rd", "a/b\x1b", ""}
		l := newLink(t, s.answer)
		r, _, _ := Register(t.Context(), l, me)
		if r.Location != "/rd/a%2Fb%1B/" || !slices.Equal(l.messages()[1].Values(coap.URIPath), s.place) {
			t.Errorf("%q, and %q was asked for", r.Location, l.messages()[1].Values(coap.URIPath))
		}
	})
}

func TestNamesThatCannotBe(t *testing.T) {
	for _, name := range []string{"", strings.Repeat("x", 253), "a\nb", "a\xff"} {
		if _, _, err := Register(t.Context(), nil, Client{Name: name}); err == nil || cred.AsFault(err).Code != "config.value" {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := Bootstrap(t.Context(), nil, Client{Name: name}); err == nil || cred.AsFault(err).Code != "config.value" {
			t.Errorf("%q: %v", name, err)
		}
	}
	if f := CheckName(strings.Repeat("x", 252)); f != nil {
		t.Error(f)
	}
}
