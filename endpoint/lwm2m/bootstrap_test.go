package lwm2m

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/coap"
)

// Who has no /rd and has /bs is a bootstrap server, whatever it says to GET there.
func TestABootstrapServerIsKnown(t *testing.T) {
	for _, look := range []coap.Code{coap.MethodNotAllowed, coap.BadRequest, coap.Content} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.code["register"], s.code["look"] = coap.NotFound, look
			r, _, err := Register(t.Context(), newLink(t, s.answer), me)
			if cred.AsFault(err).Code != "lwm2m.bootstrap" || r.Code != "4.04" {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

// steps is a bootstrap server that goes on when its last step was answered.
type steps struct {
	*server
	todo []coap.Message
	told []coap.Code
}

func (s *steps) hear(in coap.Message) []coap.Message {
	if in.Code.IsRequest() {
		return append(s.answer(in), s.step()...)
	}
	if in.Type == coap.Acknowledgement {
		s.told = append(s.told, in.Code)
		return s.step()
	}
	return nil
}

func (s *steps) step() []coap.Message {
	if len(s.todo) == 0 {
		return nil
	}
	m := s.todo[0]
	s.todo = s.todo[1:]
	s.next++
	m.Type, m.ID, m.Token = coap.Confirmable, s.next, []byte{byte(s.next)}
	return []coap.Message{m}
}

func ask(code coap.Code, path string, options ...uint16) coap.Message {
	m := coap.Message{Code: code}
	m.AddPath(coap.URIPath, path)
	for _, o := range options {
		m.AddUint(o, 1)
	}
	return m
}

func TestABootstrapIsPlayedThrough(t *testing.T) {
	const block1 = 27
	synctest.Test(t, func(t *testing.T) {
		s := &steps{server: newServer()}
		s.code["bootstrap"] = coap.Changed
		s.todo = []coap.Message{
			ask(coap.GET, ""), ask(coap.DELETE, "0"), ask(coap.PUT, "0/1"), ask(coap.PUT, "1/1"), ask(coap.PUT, "0/2", block1), ask(coap.GET, "3/0"), ask(coap.POST, "bs"),
		}
		l := newLink(t, s.hear)
		r, err := Bootstrap(t.Context(), l, me)
		if want := (Bootstrapped{Code: "2.04", Deleted: 1, Written: 2, Finished: true}); err != nil || r != want {
			t.Errorf("%+v, %v", r, err)
		}
		heard := l.messages()
		want := []coap.Code{coap.Content, coap.Deleted, coap.Changed, coap.Changed, coap.BadOption, coap.NotFound, coap.Changed}
		if len(s.told) != len(want) {
			t.Fatalf("it was told %v", s.told)
		}
		for i := range want {
			if s.told[i] != want[i] {
				t.Errorf("step %d was answered %s, not %s", i, s.told[i], want[i])
			}
		}
		if q := heard[0].Values(coap.URIQuery); len(q) != 1 || q[0] != "ep="+unit {
			t.Errorf("asked with %v", q)
		}
	})
}

func TestABootstrapThatFails(t *testing.T) {
	for want, set := range map[string]func(*server){
		"lwm2m.404":        func(*server) {},
		"lwm2m.400":        func(s *server) { s.code["bootstrap"] = coap.BadRequest },
		"lwm2m.unfinished": func(s *server) { s.code["bootstrap"] = coap.Changed },
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			set(s)
			begun := time.Now()
			_, err := Bootstrap(t.Context(), newLink(t, s.answer), me)
			if f := cred.AsFault(err); f == nil || f.Code != want || time.Since(begun) > 2*DefaultWait+time.Second {
				t.Errorf("%s: %v after %v", want, err, time.Since(begun))
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.code["bootstrap"] = coap.Changed
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := Bootstrap(ctx, newLink(t, s.answer), me); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}
