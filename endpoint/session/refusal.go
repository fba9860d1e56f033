package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/pion/dtls/v3"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/chain"
	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/hail"
)

// NoRoute is the code of a host that the network says it cannot reach.
const NoRoute = "dtls.no-route"

// explain says why a handshake failed. The library has the same words for most reasons, so what was seen on the wire decides; if it
// was our own judgement of the server, or the server took no suite of ours, more is known.
func (s *Session) explain(ctx context.Context, err error) *cred.Fault {
	v := s.seen.View()
	if s.refused != nil {
		return s.refused
	}
	if len(v.Chain) > 0 && v.Done && v.Alert == nil {
		// The library gave up before it handed the chain out, over a certificate that cannot be read for instance.
		if f := s.judge(v.Chain); f != nil {
			return f
		}
	}
	if perhapsSuites(v) {
		if done, f := s.findSuite(ctx); done {
			return f
		}
	}
	if n := alertIn(err); n != nil && v.Alert == nil { // it came under the keys
		return s.under(*n, PhaseOf(v), err)
	}
	return refusal(v, err, s.options.Server, s.identity.HasKey())
}

// alertIn finds the number of the server's alert in the library's error, whose own type has no name outside; nil without one.
func alertIn(err error) *uint8 {
	var told interface{ Marshal() ([]byte, error) }
	if !errors.As(err, &told) {
		return nil
	}
	if raw, err := told.Marshal(); err == nil && len(raw) == 2 { // level, number
		return &raw[1]
	}
	return nil
}

// perhapsSuites tells whether a server may have refused because it has none of the suites that it was offered: OpenSSL sends
// alert 40, others 71, GnuTLS nothing at all.
func perhapsSuites(v flight.View) bool {
	if v.Hello != nil {
		return false
	}
	if v.Alert == nil {
		return v.State() == flight.Cookie && !v.Refused
	}
	return v.Alert.Number == flight.HandshakeFailure || v.Alert.Number == flight.InsufficientSecurity
}

// findSuite says hello in clear up to four times more: with the suites that the modem has and that were not offered, then with all
// others of the unit's kind of credential, then with those of the other kind. The kinds are apart because libcoap with GnuTLS and a
// pre-shared key alone takes a suite with certificates if it is offered one, and then says nothing.
// If the server takes one of the first, the unit may well get in: a warning. If it takes one of the others, the modem cannot.
// A server that said nothing may not have heard: it is asked for all that the modem has, before and behind, and if it takes what it was
// offered, the suites are not the reason.
func (s *Session) findSuite(ctx context.Context) (done bool, f *cred.Fault) {
	psk, wider := s.identity.HasKey(), slices.Concat(flight.LwM2M(), flight.Wider())
	ours, kin, others := certificates(flight.Modem()), certificates(wider), keys(slices.Concat(flight.Modem(), wider))
	if psk {
		ours, kin, others = keys(flight.Modem()), keys(wider), certificates(slices.Concat(flight.Modem(), wider))
	}
	offered := func(x flight.Suite) bool { return slices.Contains(s.options.Offer, dtls.CipherSuiteID(x)) }
	heard := s.seen.View().Alert != nil
	if heard { // and refuses those
		ours = slices.DeleteFunc(ours, offered)
	}
	server := hail.Server{Addr: s.addr, Dial: s.options.Dial}
	server.Met, server.Slowest = true, s.firstWord()
	if !s.options.Server.IsIP() {
		server.Name = s.options.Server.Host
	}
	for _, suites := range [][]flight.Suite{ours, kin, others} {
		if len(suites) == 0 {
			continue
		}
		v, err := server.Ask(ctx, suites)
		if err != nil || v.Hello == nil {
			continue
		}
		switch takes := v.Hello.Suite; {
		case offered(takes):
			return false, nil
		case flight.InModem(takes) && takes.PSK() == psk:
			return true, s.untested(v)
		case !heard && takesOurs(ctx, &server, ours):
			return false, nil
		default:
			return true, NoneInCommon(takes, psk)
		}
	}
	return false, nil
}

// takesOurs asks once more, before the suites are blamed.
func takesOurs(ctx context.Context, server *hail.Server, ours []flight.Suite) bool {
	v, err := server.Ask(ctx, ours)
	return err == nil && v.Hello != nil
}

// firstWord is how long the server took to say anything, so that one that is far away is waited for as long again.
func (s *Session) firstWord() time.Duration {
	if came := s.wire.cookieAt(); !came.IsZero() {
		return came.Sub(s.began)
	}
	return time.Since(s.began) // an alert, right now
}

// untested is a server that takes what the modem has and was not offered: nothing was proven, and nothing is wrong.
func (s *Session) untested(v flight.View) *cred.Fault {
	s.findings = append(s.findings, NotTested(v.Hello.Suite))
	s.alert = nil // the server's answer to this computer's hello, not to the unit's
	if len(v.Chain) > 0 {
		return s.judge(v.Chain)
	}
	return nil
}

// NotTested is the finding on a server of which only such a suite is known as the modem has and this computer has not.
func NotTested(takes flight.Suite) cred.Finding {
	return cred.Finding{
		Code: "dtls.suite-untested", Severity: cred.Warning,
		Text: fmt.Sprintf("the server takes %s: the modem has it, this computer has not, so nothing was proven", takes),
		Hint: "connect through the modem, or have the server take TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 as well",
	}
}

// NoneInCommon says what a server takes that a unit with a certificate, or with a pre-shared key, cannot speak.
func NoneInCommon(takes flight.Suite, psk bool) *cred.Fault {
	const code = "dtls.no-common-suite"
	switch {
	case psk && takes.PSK():
		return cred.Failed(code, fmt.Sprintf("the server takes %s and no suite with a pre-shared key that the modem has", takes),
			"have the server take TLS_PSK_WITH_AES_128_CCM_8 (0xC0A8) or TLS_PSK_WITH_AES_128_CBC_SHA256 (0x00AE) as well")
	case psk:
		return cred.Failed(code, fmt.Sprintf("the server works with certificates only (%s) and the unit has a pre-shared key", takes),
			"give the unit a certificate, or have the server take pre-shared keys (0xC0A8 or 0x00AE)")
	case takes.PSK():
		return cred.Failed(code, fmt.Sprintf("the server works with pre-shared keys only (%s) and the unit has a certificate", takes),
			"have the server take certificates, or give the unit a pre-shared key")
	}
	return cred.Failed(code, fmt.Sprintf("the server takes %s and no suite with certificates that the modem has", takes),
		"have the server take TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 (0xC02B) or _AES_128_CBC_SHA256 (0xC023) as well")
}

// under explains an alert that came under the keys.
func (s *Session) under(number uint8, p Phase, err error) *cred.Fault {
	psk := s.identity.HasKey()
	s.alert = &number
	a := AlertOf(flight.Alert{Fatal: number != flight.CloseNotify, Number: number}, FromServer, p, psk)
	s.hidden = &a
	return AlertFault(flight.Alert{Fatal: true, Number: number}, p, psk, err)
}

// refusal turns what was seen on the wire, and the library's error, into the reason to fail.
func refusal(v flight.View, err error, e cred.Endpoint, psk bool) *cred.Fault {
	ended := errors.Is(err, context.DeadlineExceeded)
	switch {
	case v.Alert != nil:
		return AlertFault(*v.Alert, PhaseOf(v), psk, err)
	case v.Hello != nil && !v.Hello.DTLS12():
		return told(v, e, err)
	case errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH):
		return cred.Because(err, NoRoute, "the network has no way to "+e.Host, "check this computer's network and the address")
	case v.State() == flight.Keyed && psk:
		return cred.Because(err, "dtls.garbled", "the server answered under keys that are not the unit's: it has another pre-shared key for this identity", compareKeys)
	case v.State() == flight.Keyed:
		return garbled(err, "the server answered under the new keys and its Finished does not verify")
	case v.State() != flight.Whole, !v.Hello.Suite.PSK() && len(v.Chain) == 0:
		return told(v, e, err)
	}
	if !ended && !v.Refused && !v.Finished {
		return garbled(err, "the server's flight breaks the protocol: "+chain.Name(libraryWords(err)))
	}
	lost := "fell silent"
	if v.Refused {
		lost = "closed its port"
	}
	if psk {
		return cred.Because(err, "dtls.began-silent", "the server "+lost+" after the unit showed its pre-shared key",
			"credential refused or unknown: most servers say nothing of a wrong key or an unknown identity; "+compareKeys)
	}
	return cred.Because(err, "dtls.began-silent", "the server "+lost+" after the unit showed its certificate",
		"credential refused or unknown: it most likely refuses the unit and does not say so (GnuTLS and others do): make sure that it trusts the unit's authority, and look at its log")
}

// told is what the probe would say of a server that went no further than its first flight.
func told(v flight.View, e cred.Endpoint, err error) *cred.Fault {
	f := hail.Why(v, e.Addr())
	if f == nil {
		return garbled(err, "the server's flight breaks the protocol: "+chain.Name(libraryWords(err)))
	}
	f.Err = err
	return f
}

func garbled(err error, text string) *cred.Fault {
	return cred.Because(err, "dtls.garbled", text, "something on the way changes what is sent, or the server is broken: try again, then look at its log")
}

func (s *Session) noRoute(err error) *cred.Fault {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return refusal(flight.View{}, err, s.options.Server, s.identity.HasKey())
	}
	return cred.Because(err, NoRoute, fmt.Sprintf("no socket to %s can be opened", s.addr), "check this computer's network and the address")
}

// libraryWords is the innermost error, whose text has no prefix of the library's types.
func libraryWords(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// Ended says why a session ended that the handshake had opened, given the error of Read or Write.
func (s *Session) Ended(err error) *cred.Fault {
	v := s.seen.View()
	n := alertIn(err)
	if n == nil {
		n = s.ear.alert()
	}
	if n != nil {
		return s.under(*n, AfterFinished, err)
	}
	if v.Alert != nil {
		s.alert = &v.Alert.Number
		return AlertFault(*v.Alert, AfterFinished, s.identity.HasKey(), err)
	}
	if v.Refused {
		return cred.Because(err, "dtls.closed", "the server let the unit in and then closed its port",
			"it may have crashed: look at its log")
	}
	return cred.Because(err, "dtls.began-silent", "the session broke off after the handshake: "+chain.Name(libraryWords(err)),
		"look at the server's log")
}

func certificates(suites []flight.Suite) []flight.Suite {
	return slices.DeleteFunc(slices.Clone(suites), flight.Suite.PSK)
}

func keys(suites []flight.Suite) []flight.Suite {
	return slices.DeleteFunc(slices.Clone(suites), func(s flight.Suite) bool { return !s.PSK() })
}
