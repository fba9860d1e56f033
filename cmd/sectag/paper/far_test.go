package paper

import (
	"strings"
	"testing"

	"example.org/sectag/bench/ask"
	"example.org/sectag/bench/negative"
	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
)

// A connection that came about says what it does not show, in one line, and claims it nowhere else.
func TestAConnectionSaysWhatItDoesNotShow(t *testing.T) {
	const (
		takes = "note         a handshake proves that the server lets this unit in, not that it refuses others"
		more  = takes + "; --negative shows that"
		ecdhe = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
	)
	for name, c := range map[string]struct {
		change func(*Connect)
		want   string
	}{
		"it passes":                {func(*Connect) {}, more},
		"it passes with a warning": {func(d *Connect) { d.Verdict = cred.Warn }, more},
		"over TCP":                 {func(d *Connect) { d.URL = "tls://far:8883" }, takes},
		"the modem's own":          {func(d *Connect) { d.Modem, d.ClientAuth = &ask.ThroughModem{}, "" }, more},
		"it fails":                 {func(d *Connect) { d.Verdict = cred.Fail }, ""},
		"nothing came about":       {func(d *Connect) { d.HandshakeMS, d.ClientAuth, d.Suite = 0, "", "" }, ""},
		"the server never asked":   {func(d *Connect) { d.ClientAuth = "not-asked" }, ""},
		"a pre-shared key":         {func(d *Connect) { d.Suite = "TLS_PSK_WITH_AES_128_CBC_SHA256" }, ""},
		"the modem's pre-shared key": {func(d *Connect) {
			d.Modem, d.ClientAuth, d.Suite = &ask.ThroughModem{}, "", "TLS_PSK_WITH_AES_128_CCM_8"
		}, ""},
		"the modem names no suite": {func(d *Connect) { d.Modem, d.ClientAuth, d.Suite = &ask.ThroughModem{}, "", "" }, ""},
		"behind those that fail":   {func(d *Connect) { d.Negative = []negative.Attempt{{Attempt: "other-key"}} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := Connect{ConnectReport: endpoint.NewConnectReport(), URL: "coaps://far:5684"}
			d.Verdict, d.ClientAuth, d.HandshakeMS, d.Suite = cred.Pass, "used", 7, ecdhe
			c.change(&d)
			var out strings.Builder
			d.People(&out)
			got := ""
			for l := range strings.Lines(out.String()) {
				if strings.HasPrefix(l, "note") {
					got += strings.TrimSuffix(l, "\n")
				}
			}
			if got != c.want {
				t.Errorf("%q, not %q", got, c.want)
			}
		})
	}
}
