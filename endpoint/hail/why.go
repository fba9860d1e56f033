package hail

import (
	"fmt"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/chain"
	"example.org/sectag/endpoint/flight"
)

// Why says in words why a session at an address (host:port) did not come to a whole first flight that can be judged; nil if it
// did. The codes are the contract's, and dtls.version for a server that chose an older DTLS than 1.2.
func Why(v flight.View, at string) *cred.Fault {
	if f := promised(v, at); f != nil {
		return f
	}
	speaks, port := "DTLS", "UDP port "
	hint := "check the port: LwM2M over DTLS is 5684, 5683 is in clear"
	if v.Stream {
		speaks, port, hint = "TLS", "TCP port ", "check the port: many protocols have one for TLS and one that is in clear"
	}
	switch v.State() {
	case flight.Alerted:
		return alerted(*v.Alert, at)
	case flight.Refused:
		return cred.Failed("dtls.closed", "nothing listens on "+port+at, "check the address and the port, and that the server runs")
	case flight.NotDTLS:
		return cred.Failed("dtls.not-dtls", "what listens on "+at+" does not speak "+speaks, hint)
	case flight.Cookie:
		return cookieOnly(v, at)
	case flight.Garbled:
		return cred.Because(v.Garbled, "dtls.garbled", at+" answers in "+speaks+" that cannot be read: "+v.Garbled.Error(),
			"another program may listen there, or the packets are changed on the way")
	case flight.Began, flight.Whole, flight.Keyed:
		return badFlight(v, at)
	}
	if v.Ended {
		return cred.Failed("dtls.not-dtls", at+" hangs up at the hello: it may not speak TLS", hint+"; if it is right, see the server's log")
	}
	if v.Stream {
		return cred.Failed("dtls.silent", "no answer from "+at, "check the address and the firewalls on the way; a slow server needs --timeout")
	}
	return cred.Failed("dtls.silent", "no answer from "+at,
		"check the address and the firewalls on the way: it is UDP; a slow server needs --timeout")
}

// promised judges a flight that did not come to its end by what its first pieces say of the whole: the longer the chain, the
// less likely it arrives, and then its length is what is wrong.
func promised(v flight.View, at string) *cred.Fault {
	if s := v.State(); s != flight.Began && s != flight.Garbled {
		return nil
	}
	switch a := v.Refusal(); {
	case v.Announced > chain.LimitBytes:
		return cred.Failed(chain.TooLong,
			fmt.Sprintf("%s announces a chain of some %d bytes, which did not arrive whole; the modem takes %d", at, v.Announced, chain.LimitBytes),
			"have the server send fewer or smaller certificates (EC keys, no root)")
	case a != nil:
		return alerted(*a, at)
	}
	return nil
}

func cookieOnly(v flight.View, at string) *cred.Fault {
	if v.Cookies >= MaxCookies {
		return cred.Failed("dtls.cookie-silent", fmt.Sprintf("%s asks for a cookie again and again (%d times) and goes no further", at, v.Cookies),
			"the server does not recognise its own cookie: are there several behind one address?")
	}
	return cred.Failed("dtls.cookie-silent", at+" asked for a cookie, got it, and fell silent",
		"it is reachable: it may refuse by silence (no common cipher suite, no certificate of its own): see the server's log")
}

func alerted(a flight.Alert, at string) *cred.Fault {
	hint := "see the server's log for the reason"
	switch a.Number {
	case flight.ProtocolVersion:
		hint = "the modem speaks (D)TLS 1.2 and nothing else: have the server allow it"
	case flight.UnrecognizedName:
		hint = "the server does not know this name: connect by the name that it is set up for"
	}
	return cred.Failed(fmt.Sprintf("dtls.%d", a.Number), at+" refuses the hello with alert "+a.String(), hint)
}

func badFlight(v flight.View, at string) *cred.Fault {
	switch {
	case v.Hello != nil && v.Stream && v.Hello.Version != flight.TLS12:
		return cred.Failed("dtls.version", fmt.Sprintf("%s chose version %s, the modem speaks only TLS 1.2", at, v.Hello.Version),
			"have the server allow TLS 1.2")
	case v.Hello != nil && !v.Stream && !v.Hello.DTLS12():
		return cred.Failed("dtls.version", fmt.Sprintf("%s chose version %s, the modem speaks only DTLS 1.2", at, v.Hello.Version),
			"have the server allow DTLS 1.2")
	case v.Ended && (v.Hello == nil || !v.Done):
		return cred.Failed("dtls.began-silent", at+" began its answer and hung up", "see the server's log")
	case v.Stream && (v.Hello == nil || !v.Done):
		return cred.Failed("dtls.began-silent", at+" began its answer and never finished it",
			"the line to it may be cut or very slow: try again with a longer --timeout, then see the server's log")
	case v.Hello == nil || !v.Done:
		return cred.Failed("dtls.began-silent", at+" began its answer and never finished it",
			"packets are lost on the way, mostly the long ones: have the server send smaller ones (a lower MTU)")
	case !v.Hello.Suite.PSK() && len(v.Chain) == 0:
		return cred.Failed("dtls.garbled", at+" chose a suite with certificates and shows none",
			"see the server's log: its certificate is not set up")
	}
	return nil
}
