package session

import (
	"fmt"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/flight"
)

// Phase is where in a handshake an alert came: the same number means different things.
type Phase uint8

// The phases, in their order.
const (
	AtHello       Phase = iota // in answer to our hello
	InFlight                   // between the server's hello and our certificate
	AtCertificate              // in answer to our certificate and Finished
	AfterFinished              // in the open session
)

// PhaseOf is the phase that a handshake has come to.
func PhaseOf(v flight.View) Phase {
	switch {
	case v.Finished || v.Shown:
		return AtCertificate
	case v.Hello != nil:
		return InFlight
	}
	return AtHello
}

// words say when. A unit with a pre-shared key shows no certificate.
func (p Phase) words(psk bool) string {
	shown := "the unit's certificate"
	if psk {
		shown = "the unit's pre-shared key"
	}
	return [...]string{
		"in answer to the hello", "before the unit showed its " + strings.TrimPrefix(shown, "the unit's "), "when it was shown " + shown, "in the open session",
	}[p]
}

// Alert is one alert of a session, whoever sent it (RFC 5246, section 7.2).
type Alert struct {
	Number uint8  `json:"number"`
	Name   string `json:"name"` // as the RFCs have it
	Fatal  bool   `json:"fatal"`
	From   string `json:"from"` // "server" or "unit": this computer in the unit's place
	When   string `json:"when"` // where in the handshake, in words
}

// AlertOf is an alert as a document shows it.
func AlertOf(a flight.Alert, from string, p Phase, psk bool) Alert {
	return Alert{Number: a.Number, Name: flight.AlertName(a.Number), Fatal: a.Fatal, From: from, When: p.words(psk)}
}

// meaning is what an alert says in words, and what to do next.
type meaning struct{ text, hint string }

const lookAtLog = "look at the server's log: it knows the reason"

// AlertFault explains an alert of the server's. No cause is given as certain where servers differ: measured on seven of them,
// a certificate of an unknown authority gets 48, 49 or 42, one that has ended 45, 49, 42 or none (docs: the list of codes).
func AlertFault(a flight.Alert, p Phase, psk bool, err error) *cred.Fault {
	m, ok := meanings[a.Number]
	if !ok {
		m = meaning{"the server ended the handshake", lookAtLog}
	}
	if k, special := withKey[a.Number]; special && psk && p == AtCertificate {
		m = k
	}
	switch {
	case a.Number == flight.HandshakeFailure && p == AtHello:
		m = meaning{
			"the server cannot agree on how to speak",
			"it has no suite, curve or signature in common with the modem: see sectag probe for what it takes",
		}
	case a.Number == flight.CloseNotify && p == AfterFinished:
		m = meaning{
			"the server let the unit in and then ended the session",
			"it may not know the unit's name yet, or be shutting down: register the unit there, and look at its log",
		}
	}
	return cred.Because(err, fmt.Sprintf("dtls.%d", a.Number), fmt.Sprintf("%s (alert %d, %s, %s)", m.text, a.Number, flight.AlertName(a.Number), p.words(psk)), m.hint)
}

// meanings is a table and never written.
var meanings = map[uint8]meaning{
	0:  {"the server ended the handshake", "it may be shutting down or busy: try again, then look at its log"},
	10: {"the server got a message that it did not expect", "something on the way reorders or repeats datagrams, or the server is at fault: " + lookAtLog},
	20: {"the server cannot check what it was sent", "something on the way changes datagrams, or client and server made different keys: " + lookAtLog},
	21: {"the server cannot decrypt what it was sent", lookAtLog},
	22: {"the server was sent a record that is too long for it", "give the unit a shorter certificate"},
	30: {"the server cannot unpack what it was sent", "nothing is compressed here, so the record was changed on the way, or the server is at fault: " + lookAtLog},
	40: {
		"the server gave up the handshake",
		"it wants a certificate and got none that it takes, or refuses the unit's for its kind: make sure that it trusts the unit's authority",
	},
	41: {"the server got no certificate that it takes", "make sure that it trusts the unit's authority and takes EC keys"},
	42: {
		"the server refuses the unit's certificate",
		"some servers say this of an authority they do not trust: give it the authority's root.crt; else check dates, key usage and sectag ca verify",
	},
	43: {"the server refuses the unit's kind of certificate", "it wants another key type or key usage: issue one with clientAuth and an EC P-256 key"},
	44: {"the server says that the unit's certificate is revoked", "the unit was retired: give it a new identity"},
	45: {"the server says that the unit's certificate has ended", "check the certificate's dates and the clocks of both computers, then issue a new one; a server that reads revocation lists says so too when its list is past its day: give it a new one (sectag ca crl)"},
	46: {"the server cannot accept the unit's certificate", "check its dates (some servers say this of one that is not yet valid) and its issuer; " + lookAtLog},
	47: {"the server objects to a value in the handshake", lookAtLog},
	48: {
		"the server does not know the authority that signed the unit's certificate",
		"give the server the authority's root.crt as a trusted CA, or where an intermediate signs what sectag ca chain writes; if it has them, compare sectag ca show with them: it may be another root of the same name; a server that reads revocation lists says so too when it lacks one",
	},
	49: {
		"the server denies the unit access",
		"some servers say this of any certificate that they refuse: make sure that it trusts the unit's authority (root.crt), that the dates are right, and that it knows the unit",
	},
	50:  {"the server cannot read what it was sent", lookAtLog},
	51:  {"the server cannot verify the unit's signature", "the key may not be the certificate's, or the server lacks its curve: use EC P-256"},
	60:  {"the server objects to the strength of the keys", "it is very old: have it take ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 (0xC02B)"},
	70:  {"the server does not speak (D)TLS 1.2", "the modem has no other version: have the server speak it"},
	71:  {"the server wants stronger security than the modem has", "have the server take TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 (0xC02B)"},
	80:  {"the server failed inside", "some servers say this of a unit that they do not know: register the unit there, then look at its log"},
	86:  {"the server sees a fallback to an older version", lookAtLog},
	90:  {"the server cancelled the handshake", "it may be shutting down: try again"},
	100: {"the server refuses to renegotiate", lookAtLog},
	109: {"the server misses an extension", lookAtLog},
	110: {"the server does not take an extension that it was sent", "Connection ID is the newest that is offered: " + lookAtLog},
	111: {"the server could not fetch a certificate", lookAtLog},
	112: {"the server does not know the host name that it was asked for", "connect by a name that the server is set up for"},
	113: {"the server objects to a certificate status", lookAtLog},
	114: {"the server objects to a certificate hash", lookAtLog},
	115: {"the server does not know the identity of the pre-shared key", "register the unit's identity and key at the server"},
	116: {"the server wants a certificate and got none", "make sure that the unit has one in its slot"},
	120: {"the server knows none of the protocols that it was offered", lookAtLog},
}

// withKey is what an alert most likely means behind the Finished of a unit with a pre-shared key: made with another key, a Finished
// is a record that does not verify (RFC 4279, section 2). A table that is never written.
var withKey = map[uint8]meaning{
	20: wrongKey,
	21: wrongKey,
	40: {"the server refuses the unit's pre-shared key or identity", compareKeys},
	49: {"the server denies access to the unit's identity", "register the identity there, with its key"},
	51: wrongKey,
}

const compareKeys = "compare identity and key with those that the server has (a key is hex text: the same bytes, not the same characters)"

// wrongKey is read only.
var wrongKey = meaning{"the server has another pre-shared key for this identity", compareKeys}
