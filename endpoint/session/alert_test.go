package session

import (
	"strings"
	"testing"

	"example.org/sectag/endpoint/flight"
)

func TestEveryAlertIsExplained(t *testing.T) {
	for n := range 256 {
		a := flight.Alert{Fatal: true, Number: uint8(n)}
		for i := range 8 {
			p, psk := Phase(i/2), i%2 == 1
			f := AlertFault(a, p, psk, nil)
			if f.Hint == "" || !strings.Contains(f.Text, flight.AlertName(uint8(n))) || !strings.HasSuffix(f.Code, a.String()[strings.LastIndex(a.String(), "(")+1:len(a.String())-1]) {
				t.Errorf("alert %d: %+v", n, f)
			}
		}
		_, named := meanings[uint8(n)]
		if !named && !strings.HasPrefix(flight.AlertName(uint8(n)), "alert ") {
			t.Errorf("alert %d has a name, %s, and no explanation", n, flight.AlertName(uint8(n)))
		}
	}
}

// Whose root or intermediate a server lacks, and which verb writes the file for it, is said where a server says unknown_ca.
func TestUnknownCANamesTheVerbThatWritesTheChain(t *testing.T) {
	hint := AlertFault(flight.Alert{Fatal: true, Number: 48}, AtCertificate, false, nil).Hint
	for _, want := range []string{"root.crt", "intermediate", "sectag ca chain"} {
		if !strings.Contains(hint, want) {
			t.Errorf("the hint of alert 48 does not name %s: %s", want, hint)
		}
	}
}

// A server that judges the first piece of a long certificate answers before our flight is out; it was shown the certificate all the same.
func TestAnAlertBeforeOurFlightIsOutIsAboutTheCertificate(t *testing.T) {
	hello := &flight.ServerHello{}
	for want, v := range map[Phase]flight.View{
		AtHello: {}, InFlight: {Hello: hello, Done: true}, AtCertificate: {Hello: hello, Done: true, Shown: true},
	} {
		if got := PhaseOf(v); got != want {
			t.Errorf("phase %d, not %d", got, want)
		}
	}
}
