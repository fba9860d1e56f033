package endpoint

import (
	"context"
	"net"
	"time"

	"github.com/pion/dtls/v3"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/chain"
	"example.org/sectag/endpoint/lwm2m"
	"example.org/sectag/endpoint/session"
)

// ConnectTimeout is the limit of the handshake of [Connect] if its options name none.
const ConnectTimeout = 5 * time.Second

// quiet is how long a server may take to answer the ping, or to send an alert after all, once the handshake is through; on a slow
// line it is half of what the handshake took.
const quiet = time.Second

// ConnectOptions says who connects and with what patience.
type ConnectOptions struct {
	Cert   []byte // PEM: the unit's certificate, as it is in the modem
	Key    []byte // PEM: its private key in clear, PKCS#8 or SEC1. It stays in memory and in no error.
	Anchor []byte // PEM: what the unit trusts, one certificate or more

	Bare bool // show Cert and Key as they are: none, a chain, or what does not belong together. For handshakes that must fail

	PSKID string // instead of all three: the identity of a pre-shared key
	PSK   []byte // and the key as hex text, as the modem takes it. It stays in memory and in no error.

	Register  bool   // register with LwM2M, update, and take it back
	Bootstrap bool   // instead: ask a bootstrap server for its steps, and store nothing
	Endpoint  string // the endpoint name for either; who the session says that the unit is, if empty

	Rebind bool // go on from another port once the session is open, and see whether it survives

	Timeout time.Duration     // limit of the handshake, behind which the ping has a second of its own, or half of what the handshake took, and each LwM2M request this time again; ConnectTimeout if zero
	Now     func() time.Time  // judges validity; time.Now if nil
	Flight  func(line string) // told each step of the handshake, one call at a time, not from the caller's goroutine; may be nil

	// Dial opens the connected UDP socket to an address literal, and Lookup finds the addresses of a host. Nil is the real thing.
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	Lookup func(ctx context.Context, host string) ([]net.IPAddr, error)

	offer []dtls.CipherSuiteID // instead of all suites of the modem that can be made here; tests only
}

// ConnectReport is the document of `sectag connect`. Fields that are unknown are absent; lists are always there.
type ConnectReport struct {
	Verdict         cred.Verdict        `json:"verdict"`
	Path            string              `json:"path"`              // "host": this computer made the handshake
	Twin            bool                `json:"twin"`              // the certificate was a stand-in for a key made in the modem
	Address         string              `json:"address,omitempty"` // that was tried last, as the name resolved
	Version         string              `json:"version,omitempty"` // "DTLS 1.2" or "TLS 1.2"
	Suite           string              `json:"suite,omitempty"`   // IANA name
	CID             ConnectionID        `json:"cid"`
	ClientAuth      string              `json:"client_auth,omitempty"`     // "used" or "not-asked", absent if the server did not get so far
	Rebind          string              `json:"rebind"`                    // "survived", "lost" or "not-tried"
	HandshakeMS     int64               `json:"handshake_ms,omitempty"`    // first hello to the server's Finished, rounded up
	Peer            []chain.Cert        `json:"peer"`                      // the server's chain as sent
	Alert           *uint8              `json:"alert,omitempty"`           // the server's, in clear or not
	PingMS          int64               `json:"ping_ms,omitempty"`         // CoAP ping to its answer, rounded up; absent if it was not answered
	Alerts          []session.Alert     `json:"alerts"`                    // of both sides, in their order
	Flights         int                 `json:"flights,omitempty"`         // of the handshake, of both sides
	Datagrams       *session.TwoWays    `json:"datagrams,omitempty"`       // in all
	Retransmissions *session.TwoWays    `json:"retransmissions,omitempty"` // datagrams of the handshake that were said again
	Register        *lwm2m.Registration `json:"register,omitempty"`        // absent if it was not asked for, or did not come to it
	Bootstrap       *lwm2m.Bootstrapped `json:"bootstrap,omitempty"`       // the same
	Findings        []cred.Finding      `json:"findings"`
	Failure         *cred.Fault         `json:"failure,omitempty"`

	Closed bool `json:"-"` // the server's host said that nothing listens there (any more)
}

// ConnectionID tells about RFC 9146 in a session: whether the client offered it, and whether the server wants an identifier in
// the records that it gets, without which a unit behind a NAT is lost when its address changes.
type ConnectionID struct {
	Offered    bool `json:"offered"`
	Negotiated bool `json:"negotiated"`
}

// NewConnectReport is a report of which nothing is known yet: the lists are there, the verdict is no.
func NewConnectReport() ConnectReport {
	return ConnectReport{Verdict: cred.Fail, Path: "host", Rebind: notTried, Peer: []chain.Cert{}, Alerts: []session.Alert{}, Findings: []cred.Finding{}}
}

// Connect makes the handshake of a unit: DTLS 1.2 with only such suites as the modem has, the server judged as the modem
// would, the unit's certificate shown whatever authorities the server names (the modem does not look), then a CoAP ping, and an
// LwM2M registration if asked for. It passes
// when the server asked for the certificate, its Finished verifies, and the ping is answered or one second goes by without an
// alert. The error, if any, is the report's Failure: a *cred.Fault. The report holds what is known by then.
//
// With a pre-shared key there is no chain to judge: that both sides have the same key is shown by their Finished.
//
// At a tls:// address the same is done with TLS 1.2 over TCP, without pre-shared keys and without the ping.
//
// It proves the server and the chain. It does not prove the modem.
func Connect(ctx context.Context, e cred.Endpoint, o ConnectOptions) (ConnectReport, error) {
	r := NewConnectReport()
	c := connection{endpoint: e, options: o.withDefaults(), report: &r}
	if f := c.run(ctx); f != nil {
		r.Failure = f
		return r, f
	}
	r.Verdict = cred.Judge(r.Findings)
	return r, nil
}

func (o ConnectOptions) withDefaults() ConnectOptions {
	if o.Timeout <= 0 {
		o.Timeout = ConnectTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Lookup == nil {
		o.Lookup = net.DefaultResolver.LookupIPAddr
	}
	return o
}

// finding adds to the report.
func (r *ConnectReport) finding(severity cred.Severity, code, text, hint string) {
	r.Findings = append(r.Findings, cred.Finding{Code: code, Severity: severity, Text: text, Hint: hint})
}

// millis rounds up, so that what happened is never 0.
func millis(d time.Duration) int64 { return max(1, int64((d+time.Millisecond-1)/time.Millisecond)) }
