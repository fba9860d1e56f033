package session

import (
	"context"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/flight"
)

// TestWhatASilenceAfterTheFirstFlightMeans: only a server that could have seen the unit's certificate is said to refuse it.
func TestWhatASilenceAfterTheFirstFlightMeans(t *testing.T) {
	t.Parallel()
	hello := &flight.ServerHello{Version: 0xFEFD, Suite: 0xC02B}
	for name, c := range map[string]struct {
		view flight.View
		code string
	}{
		"with a chain":               {flight.View{Received: 2, Hello: hello, Done: true, Chain: [][]byte{{1}}, Request: &flight.CertificateRequest{}}, "dtls.began-silent"},
		"with an empty chain":        {flight.View{Received: 2, Hello: hello, Done: true, Chain: [][]byte{}}, "dtls.garbled"},
		"with a warning and no more": {flight.View{Received: 1, Warnings: []flight.Alert{{Number: 112}}}, "dtls.began-silent"},
		"with nothing":               {flight.View{}, "dtls.silent"},
	} {
		if f := refusal(c.view, context.DeadlineExceeded, cred.Endpoint{Scheme: "coaps", Host: "a", Port: 1}, false); f.Code != c.code {
			t.Errorf("%s: %v, want %s", name, f, c.code)
		}
	}
}
