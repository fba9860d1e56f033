package session

import (
	"fmt"
	"sync"

	"example.org/sectag/endpoint/flight"
)

// teller puts into words what changed on the wire, for the progress line of a screen.
type teller struct {
	mu   sync.Mutex
	last flight.View
	say  func(string)
	psk  bool
}

func (t *teller) look(v flight.View) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, line := range Steps(t.last, v, t.psk) {
		t.say(line)
	}
	t.last = v
}

// stop keeps what still runs in the library from talking after the connection is over.
func (t *teller) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.say = func(string) {}
}

func (t *teller) line(s string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.say(s)
}

// Steps names the steps between two views of the same session, in the order of a handshake.
func Steps(a, b flight.View, psk bool) []string {
	var out []string
	when := func(happened bool, line string) {
		if happened {
			out = append(out, line)
		}
	}
	when(a.Sent == 0 && b.Sent > 0, "-> hello")
	when(b.Sent > a.Sent && a.Sent > 0 && b.Received == 0, "-> hello again")
	when(b.Cookies > a.Cookies, "<- cookie")
	when(b.Cookies > 0 && b.Sent == a.Sent+1 && a.Hello == nil, "-> hello with the cookie")
	if a.Hello == nil && b.Hello != nil {
		out = append(out, "<- server hello, "+b.Hello.Suite.String())
	}
	if a.Chain == nil && b.Chain != nil {
		out = append(out, fmt.Sprintf("<- %d certificates", len(b.Chain)))
	}
	when(a.Request == nil && b.Request != nil, "<- asks for our certificate")
	when(!a.Done && b.Done, "<- hello done")
	when(!a.Finished && b.Finished && !psk, "-> our certificate and Finished")
	when(!a.Finished && b.Finished && psk, "-> our identity and Finished")
	when(!a.Encrypted && b.Encrypted, "<- Finished")
	if a.Alert == nil && b.Alert != nil {
		out = append(out, "<- alert "+b.Alert.String())
	}
	when(b.Foreign > a.Foreign, "<- something that is no DTLS")
	return out
}
