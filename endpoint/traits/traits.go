package traits

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/chain"
	"example.org/sectag/endpoint/flight"
)

// Traits is part of the document of a probe. What was not found out is absent; lists are always there.
type Traits struct {
	Cookie           *bool    `json:"cookie,omitempty"`           // it asks for a cookie (HelloVerifyRequest, RFC 6347): it was heard twice before it worked. DTLS only
	RTTMS            int64    `json:"rtt_ms,omitempty"`           // from the first hello to the first answer, rounded up
	Versions         []string `json:"versions"`                   // that it speaks: "DTLS 1.0", "DTLS 1.2", "DTLS 1.3", or TLS's
	Groups           []string `json:"groups"`                     // curves for the key exchange that it takes, of those that it was offered; IANA names
	Signatures       []string `json:"signatures"`                 // algorithms that it signs its key exchange with, of those that it was offered
	ClientSignatures []string `json:"client_signatures"`          // algorithms that it says it takes from units
	EMS              *bool    `json:"ems,omitempty"`              // extended master secret (RFC 7627)
	Renegotiation    *bool    `json:"renegotiation,omitempty"`    // renegotiation info (RFC 5746)
	EncryptThenMAC   *bool    `json:"encrypt_then_mac,omitempty"` // with a CBC suite (RFC 7366); absent if it was seen with none
	MaxFragment      *bool    `json:"max_fragment,omitempty"`     // it agrees to records of 512 bytes (RFC 6066, section 4)
	RRC              *bool    `json:"rrc,omitempty"`              // return routability check (RFC 9853). DTLS only
	PSKHint          string   `json:"psk_hint,omitempty"`         // which identity it would like (RFC 4279)
	Authorities      []string `json:"authorities"`                // subjects of the authorities whose units it says it takes; empty: any, or it does not ask
}

// New is traits of which nothing is known yet.
func New() Traits {
	return Traits{
		Versions: []string{}, Groups: []string{}, Signatures: []string{}, ClientSignatures: []string{}, Authorities: []string{},
	}
}

// maxShown bounds what a stranger may put into a list.
const maxShown = 64

// Learn takes what a session of the modem's kind showed: the first that was whole.
func (t *Traits) Learn(first flight.View, rtt time.Duration) {
	t.RTTMS = max(1, int64((rtt+time.Millisecond-1)/time.Millisecond))
	if !first.Stream {
		cookie := first.Cookies > 0
		t.Cookie = &cookie
	}
	if h := first.Hello; h != nil {
		t.EMS, t.Renegotiation = &h.ExtendedMasterSecret, &h.Renegotiation
		t.Versions = append(t.Versions, h.Version.String())
	}
	if r := first.Request; r != nil {
		for _, a := range r.Algorithms[:min(len(r.Algorithms), maxShown)] {
			t.ClientSignatures = append(t.ClientSignatures, flight.Signature(a).String())
		}
		for _, name := range r.Authorities[:min(len(r.Authorities), maxShown)] {
			t.Authorities = append(t.Authorities, authority(name))
		}
	}
	t.Heard(first)
}

// Heard takes what any session showed beside the first.
func (t *Traits) Heard(v flight.View) {
	if k, ok := v.Key(); ok && t.PSKHint == "" {
		t.PSKHint = chain.Name(k.Hint)
	}
	if v.Hello != nil && v.Hello.Suite.CBC() && t.EncryptThenMAC == nil {
		t.EncryptThenMAC = &v.Hello.EncryptThenMAC
	}
}

// authority reads a DER name.
func authority(der []byte) string {
	var name pkix.RDNSequence
	if rest, err := asn1.Unmarshal(der, &name); err != nil || len(rest) > 0 {
		return "unreadable, SHA-256 " + cred.Sum(der).String()
	}
	return chain.Name(name.String())
}
