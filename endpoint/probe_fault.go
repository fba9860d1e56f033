package endpoint

import (
	"fmt"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/hail"
)

// whyNot puts a session that led to no ServerHello into words.
func (p *probe) whyNot(v flight.View) *cred.Fault {
	at := p.endpoint.Addr()
	switch v.State() {
	case flight.Alerted:
		return p.alerted(*v.Alert)
	case flight.Refused:
		return cred.Failed("dtls.closed", "nothing listens on UDP port "+at, "check the address and the port, and that the server runs")
	case flight.NotDTLS:
		return cred.Failed("dtls.not-dtls", "what listens on "+at+" does not speak DTLS",
			"check the port: LwM2M over DTLS is 5684, 5683 is in clear")
	case flight.Cookie:
		if v.Cookies >= hail.MaxCookies {
			return cred.Failed("dtls.cookie-silent", fmt.Sprintf("%s asks for a cookie again and again (%d times) and goes no further", at, v.Cookies),
				"the server does not recognise its own cookie: are there several behind one address?")
		}
		return cred.Failed("dtls.cookie-silent", at+" asked for a cookie, got it, and fell silent",
			"it is reachable: it may refuse by silence (no common cipher suite, no certificate of its own): see the server's log")
	case flight.Garbled:
		return cred.Because(v.Garbled, "dtls.garbled", at+" answers in DTLS that cannot be read: "+v.Garbled.Error(),
			"another program may listen there, or the packets are changed on the way")
	case flight.Began, flight.Whole, flight.Keyed:
		return p.began()
	}
	return cred.Failed("dtls.silent", fmt.Sprintf("no answer from %s within %s", at, p.o.Timeout),
		"check the address and the firewalls on the way: it is UDP; a slow server needs --timeout")
}

func (p *probe) alerted(a flight.Alert) *cred.Fault {
	hint := "see the server's log for the reason"
	switch a.Number {
	case flight.ProtocolVersion:
		hint = "the modem speaks DTLS 1.2 and nothing else: have the server allow it"
	case flight.UnrecognizedName:
		hint = "the server does not know the name " + p.endpoint.Host + ": connect by the name that it is set up for"
	}
	return cred.Failed(fmt.Sprintf("dtls.%d", a.Number), p.endpoint.Addr()+" refuses the hello with alert "+a.String(), hint)
}

// badFlight tells what is wrong with a first flight that has a ServerHello; nil if nothing is.
func (p *probe) badFlight(v flight.View) *cred.Fault {
	switch {
	case !v.Hello.DTLS12():
		return cred.Failed("dtls.version", fmt.Sprintf("%s chose version %04x, the modem speaks only DTLS 1.2", p.endpoint.Addr(), v.Hello.Version),
			"have the server allow DTLS 1.2")
	case v.Alert != nil:
		return p.alerted(*v.Alert)
	case !v.Done:
		return p.began()
	case !v.Hello.Suite.PSK() && len(v.Chain) == 0:
		return cred.Failed("dtls.garbled", p.endpoint.Addr()+" chose a suite with certificates and shows none", "see the server's log: its certificate is not set up")
	}
	return nil
}

func (p *probe) began() *cred.Fault {
	return cred.Failed("dtls.began-silent", p.endpoint.Addr()+" began its answer and never finished it",
		"packets are lost on the way, mostly the long ones: have the server send smaller ones (a lower MTU)")
}
