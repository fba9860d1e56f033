package session

import (
	"context"
	"strings"
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

// What a server makes of a Finished under another key is seldom told in words; two answer in what the unit cannot read.
func TestWhatIsSaidOfAPreSharedKey(t *testing.T) {
	t.Parallel()
	hello := &flight.ServerHello{Version: 0xFEFD, Suite: 0xC0A8}
	whole := flight.View{Received: 2, Hello: hello, Done: true, Finished: true}
	keyed, alerted, closed := whole, whole, whole
	keyed.Encrypted, closed.Refused = true, true
	alerted.Alert = &flight.Alert{Fatal: true, Number: 20}
	for name, c := range map[string]struct {
		view       flight.View
		code, text string
	}{
		"silence":                 {whole, "dtls.began-silent", "fell silent after the unit showed its pre-shared key"},
		"a closed port":           {closed, "dtls.began-silent", "closed its port after the unit showed its pre-shared key"},
		"what cannot be read":     {keyed, "dtls.garbled", "another pre-shared key"},
		"bad_record_mac in clear": {alerted, "dtls.20", "another pre-shared key for this identity (alert 20, bad_record_mac, when it was shown the unit's pre-shared key)"},
	} {
		f := refusal(c.view, context.DeadlineExceeded, cred.Endpoint{Scheme: "coaps", Host: "a", Port: 1}, true)
		if f.Code != c.code || !strings.Contains(f.Text, c.text) || f.Hint == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
}
