package negative

import (
	"fmt"
	"strings"

	"example.org/sectag/ca/decoy"
	"example.org/sectag/cred"
	"example.org/sectag/endpoint/flight"
)

// The attempts beside those of package decoy, which need nothing that is signed.
const (
	otherKey      decoy.Kind = "other-key"      // the unit's own certificate, and another key
	noCertificate decoy.Kind = "no-certificate" // an empty list: the last, for some servers do not live through it
)

// How an attempt ended.
const (
	byAlert   = "alert"
	bySilence = "silence"
	byClosing = "closed"
	byCode    = "code" // CoAP's, in an open session
	letIn     = "let-in"
	otherwise = "other"
	notTried  = "not-tried"
)

// Attempt is one handshake that had to fail.
type Attempt struct {
	Attempt string `json:"attempt"`           // no-certificate, other-authority, other-key, expired, device-signed, device-ca, other-unit
	Refused *bool  `json:"refused,omitempty"` // absent: that is not known
	How     string `json:"how"`               // alert, silence, closed, code, let-in, other, not-tried
	Alert   *uint8 `json:"alert,omitempty"`   // the server's
	Code    string `json:"code,omitempty"`    // what connect would call it, such as dtls.48; of a registration what CoAP calls it, such as 4.03
	Text    string `json:"text"`              // that, in words
}

// seen is what came of an attempt.
type seen struct {
	tried  bool
	left   string // why it was not tried
	asked  bool   // the server asked for a certificate, and what was shown went out to its end
	in     bool   // the session was open, and nothing was said against it
	closed bool   // the host said that nothing listens
	alert  *uint8
	fault  *cred.Fault
	coap   string  // the answer to a registration; "" without one
	after  control // whether the server took the unit right behind it
}

// control is what came of the unit itself right behind an attempt: of its handshake, or where a registration was tried of its own.
type control int

const (
	notMade control = iota
	worked
	broke
)

// judge decides what an attempt was. What looks like a refusal, an alert or silence behind what was shown or a code of CoAP's, is one
// only where the server takes the unit right behind it: else it may have fallen over, or have shut this computer out whatever it is
// shown. A port that closes is none: a server that falls over what it was shown proves nothing by it.
func judge(kind decoy.Kind, s seen) Attempt {
	a := Attempt{Attempt: string(kind), Alert: s.alert, Code: s.coap}
	if s.fault != nil && a.Code == "" {
		a.Code = s.fault.Code
	}
	is := func(refused bool, how, text string) Attempt {
		a.Refused, a.How, a.Text = &refused, how, text
		return a
	}
	unknown := func(how, text string) Attempt {
		a.How, a.Text = how, text
		return a
	}
	refusal := func(how, text string) Attempt {
		if s.after == worked {
			return is(true, how, text)
		}
		return unknown(how, text+"; "+behind[s.after])
	}
	switch {
	case !s.tried:
		return unknown(notTried, strings.TrimSuffix("not tried: "+s.left, ": "))
	case s.coap == "4.00" || s.coap == "4.03":
		return refusal(byCode, "the server answered "+s.coap+" to the registration")
	case s.coap != "" && s.letIn(kind):
		return is(false, letIn, "the server registered it ("+s.coap+")")
	case s.coap != "":
		return unknown(byCode, "the server answered "+s.coap+" to the registration, which says nothing of the name")
	case s.letIn(kind):
		return is(false, letIn, "the server let it in")
	case s.in:
		return unknown(otherwise, "the server did not answer the registration")
	case s.fault == nil:
		return unknown(otherwise, "no session came of it, and nothing was said")
	case s.alert != nil && s.asked:
		return refusal(byAlert, fmt.Sprintf("the server refused it with alert %d (%s)", *s.alert, flight.AlertName(*s.alert)))
	case s.closed:
		return unknown(byClosing, "the server closed its port: it may have crashed, which is no refusal")
	case s.fault.Code == "dtls.began-silent" && s.asked:
		return refusal(bySilence, "the server fell silent when it was shown")
	}
	return unknown(otherwise, s.fault.Text)
}

// behind says why a refusal is not believed; a table that is never written.
var behind = map[control]string{
	broke:   "it did not take the unit right behind it either: it may have crashed, or have shut this computer out",
	notMade: "whether it took the unit right behind it was not tried",
}

// letIn tells whether the server took what it had to refuse. Another unit may have its session, and must not register.
func (s seen) letIn(kind decoy.Kind) bool {
	if kind == decoy.OtherUnit {
		return strings.HasPrefix(s.coap, "2.")
	}
	return s.in
}

// grounds is what the weight of a finding hangs on.
type grounds struct {
	unitIsCA bool // the unit's own certificate says CA:TRUE
	noPath   bool // the authority's certificate says that there are no authorities below it (path length zero)
}

// offence is what it means that the server let something in.
type offence struct{ code, text, hint string }

// offences is a table and never written.
var offences = map[decoy.Kind]offence{
	noCertificate: {
		"dtls.accepts-anyone", "the server lets in a client without a certificate: its connections prove nothing about any unit",
		"have the server demand client certificates and verify them",
	},
	decoy.OtherAuthority: {
		"dtls.accepts-other-authority", "the server lets in a certificate of an authority that was made up for this test",
		"have the server verify client certificates against the authority's root.crt and nothing else",
	},
	otherKey: {
		"dtls.accepts-other-key", "the server lets in whoever shows the unit's certificate, without its key",
		"the server does not verify the client's signature: have its maker mend that, certificates are public",
	},
	decoy.Expired: {
		"dtls.accepts-expired", "the server lets in a certificate that has ended",
		"it does not look at dates (libcoap's servers do not): withdraw units at the server by name, not by waiting for the end of their certificates",
	},
	decoy.DeviceSigned: {
		"dtls.accepts-device-signed", "the server lets in a certificate that a device signed, though the device's says CA:FALSE: any unit can pose as any other",
		"the server does not look at basicConstraints: have its maker mend that",
	},
	decoy.DeviceCASigned: {
		"dtls.accepts-device-ca", "the server lets in a certificate that a device signed whose own says CA:TRUE",
		"that is by the rules (RFC 5280): make sure with sectag ca audit that no unit's certificate says CA:TRUE; below a root with path length zero a server must refuse it",
	},
	decoy.OtherUnit: {
		"lwm2m.accepts-other-unit", "the server registers this unit's name for a client with another unit's certificate: any unit can pose as any other",
		"have the server compare the endpoint name with the certificate's common name",
	},
}

// severity is how bad it is. Of servers with eyes for dates two in seven have none, which is a finding. What a device with CA:TRUE signs
// is the authority's fault and no server's, unless the root forbids it or the units are of that kind.
func severity(kind decoy.Kind, g grounds) cred.Severity {
	switch {
	case kind == decoy.Expired, kind == decoy.DeviceCASigned && !g.unitIsCA && !g.noPath:
		return cred.Warning
	}
	return cred.Error
}

// findings says what is wrong with a server after these attempts. left tells that it took the unit before them and not behind one.
func findings(attempts []Attempt, g grounds, left bool) []cred.Finding {
	out := []cred.Finding{}
	var open []string
	for _, a := range attempts {
		kind := decoy.Kind(a.Attempt)
		switch {
		case a.Refused == nil:
			open = append(open, a.Attempt)
		case !*a.Refused:
			o := offences[kind]
			out = append(out, cred.Finding{Code: o.code, Severity: severity(kind, g), Text: o.text, Hint: o.hint})
		}
	}
	if left {
		out = append(out, cred.Finding{
			Code: "dtls.negative-left", Severity: cred.Warning, Text: "the server takes the unit no more behind a handshake that must fail",
			Hint: "it may have crashed (gnutls-serv does) or shut this computer out: look at its log, and start it again",
		})
	}
	if len(open) > 0 {
		out = append(out, cred.Finding{
			Code: "dtls.negative-unproven", Severity: cred.Warning,
			Text: fmt.Sprintf("of %d handshakes that must fail %d say nothing: %s", len(attempts), len(open), list(open)),
			Hint: "each of them says why; put that right and try again",
		})
	}
	return out
}

func list(words []string) string {
	out := words[0]
	for _, w := range words[1:] {
		out += ", " + w
	}
	return out
}
