// Package modemdial makes one connection as the nRF91 modem would, for the sockets of the virtual modem: DTLS 1.2 over UDP or TLS
// 1.2 over TCP, with those of the modem's cipher suites that can be made here, and with the judgement of whoever calls it. It
// has none of its own, and shares none with Connect: the two are meant to be compared. modemdial.go dials, wire.go sees which
// records carry a Connection ID.
package modemdial

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/pion/dtls/v3"

	"example.org/sectag/endpoint/suite"
)

// Conf is a connection to be made.
type Conf struct {
	Stream   bool           // TLS over TCP instead of DTLS
	Address  netip.AddrPort // where to
	Name     string         // for the server name extension; empty: none is sent
	Chain    [][]byte       // the unit's certificates, the leaf first; empty: it has none
	Key      crypto.Signer  // of the leaf
	PSK      []byte         // with Identity, instead of certificates
	Identity []byte
	CID      int                        // Connection ID: 0 none, 1 the server's is taken, 2 one of our own is asked for as well
	Verify   func(chain [][]byte) error // judges the server's certificates; not called with a PSK
}

// The values of Conf.CID that ask for one (nrf91.md, 2).
const (
	cidSupported = 1
	cidEnabled   = 2
)

// sizeOfCID is the length of the Connection ID that is asked for.
const sizeOfCID = 8

// retransmit is when a lost flight is first sent again (RFC 6347, section 4.2.4.1).
const retransmit = time.Second

var errNoStreamPSK = errors.New("there is no TLS with a pre-shared key on this computer")

// Session is an open connection.
type Session struct {
	net.Conn
	suite uint16
	wire  *wire // nil over TCP
}

// Suite is the cipher suite by its IANA number.
func (s *Session) Suite() uint16 { return s.suite }

// ConnectionID tells which way records carry one (RFC 9146).
func (s *Session) ConnectionID() (downlink, uplink bool) {
	if s.wire == nil {
		return false, false
	}
	return s.wire.down.Load(), s.wire.up.Load()
}

// Dial returns when the handshake is over. An error means that nothing is left open.
func Dial(ctx context.Context, c Conf) (*Session, error) {
	if c.Stream {
		return dialStream(ctx, c)
	}
	socket, err := (&net.Dialer{}).DialContext(ctx, "udp", c.Address.String())
	if err != nil {
		return nil, fmt.Errorf("opening a socket: %w", err)
	}
	w := &wire{Conn: socket}
	conn, err := dtls.ClientWithOptions(w, net.UDPAddrFromAddrPort(c.Address), c.options()...)
	if err != nil {
		_ = socket.Close()
		return nil, fmt.Errorf("setting up DTLS: %w", err)
	}
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		_ = socket.Close()
		return nil, fmt.Errorf("making the handshake: %w", err)
	}
	s := &Session{Conn: conn, wire: w}
	if state, has := conn.ConnectionState(); has {
		s.suite = uint16(state.CipherSuiteID)
	}
	return s, nil
}

// options are the library's words for it. What the modem does not offer is not in them.
func (c Conf) options() []dtls.ClientOption {
	out := []dtls.ClientOption{dtls.WithInsecureSkipVerify(true), dtls.WithFlightInterval(retransmit)}
	if c.PSK != nil {
		out = append(out, dtls.WithPSK(func([]byte) ([]byte, error) { return c.PSK, nil }), dtls.WithPSKIdentityHint(c.Identity))
	} else {
		out = append(out, dtls.WithVerifyPeerCertificate(c.judge), dtls.WithGetClientCertificate(c.present))
	}
	if c.Name != "" {
		out = append(out, dtls.WithServerName(c.Name))
	}
	switch c.CID {
	case cidSupported:
		out = append(out, dtls.WithConnectionIDGenerator(dtls.OnlySendCIDGenerator()))
	case cidEnabled:
		out = append(out, dtls.WithConnectionIDGenerator(drawCID))
	}
	for _, o := range suite.Options(c.offer()...) {
		out = append(out, o)
	}
	return out
}

// offer is the modem's suites for what the unit has.
func (c Conf) offer() []dtls.CipherSuiteID {
	if c.PSK != nil {
		return suite.PSK()
	}
	return suite.Client()
}

func drawCID() []byte {
	cid := make([]byte, sizeOfCID)
	_, _ = rand.Read(cid) // never fails (crypto/rand)
	return cid
}

func (c Conf) judge(raw [][]byte, _ [][]*x509.Certificate) error {
	if c.Verify == nil {
		return nil
	}
	return c.Verify(raw)
}

// certificate is the unit's, or an empty one that says that it has none.
func (c Conf) certificate() *tls.Certificate {
	return &tls.Certificate{Certificate: c.Chain, PrivateKey: c.Key}
}

// present shows the unit's certificate whatever authorities the server names.
func (c Conf) present(*dtls.CertificateRequestInfo) (*tls.Certificate, error) {
	return c.certificate(), nil
}

func dialStream(ctx context.Context, c Conf) (*Session, error) {
	if c.PSK != nil {
		return nil, errNoStreamPSK
	}
	socket, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.Address.String())
	if err != nil {
		return nil, fmt.Errorf("opening a connection: %w", err)
	}
	conn := tls.Client(socket, &tls.Config{
		MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, CipherSuites: suite.Stream(), ServerName: c.Name,
		InsecureSkipVerify: true, VerifyPeerCertificate: c.judge, // the modem's own rules: a name only if it was told to, a verification that can be off
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c.certificate(), nil },
	})
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = socket.Close()
		return nil, fmt.Errorf("making the handshake: %w", err)
	}
	return &Session{Conn: conn, suite: conn.ConnectionState().CipherSuite}, nil
}
