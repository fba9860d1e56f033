package endpoint

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/pion/dtls/v3"
	pionnet "github.com/pion/dtls/v3/pkg/net"
	"github.com/pion/logging"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/suite"
)

// The values of ProbeReport.ClientAuth.
const (
	authNone     = "none"
	authOptional = "optional"
	authRequired = "required"
)

// tryWithoutCertificate finds out whether a server that asks for a certificate insists on one. The question alone does not
// say: so one handshake is made to its end with an empty answer. Only a handshake that succeeds is proof, of "optional"; all
// else, such as a suite that this computer cannot make, is told as "required".
func (p *probe) tryWithoutCertificate(ctx context.Context) {
	switch {
	case p.psk:
		return
	case p.first.Request == nil:
		p.report.ClientAuth = authNone
	case p.letsAnyoneIn(ctx):
		p.report.ClientAuth = authOptional
	default:
		p.report.ClientAuth = authRequired
		return
	}
	text := "the server never asks for a client certificate: it lets anyone in, and a connection will say nothing about a unit"
	if p.report.ClientAuth == authOptional {
		text = "the server asks for a client certificate and lets in a client that has none"
	}
	p.finding(cred.Warning, "dtls.no-client-auth", text, "have the server demand and verify client certificates")
}

func (p *probe) letsAnyoneIn(ctx context.Context) bool {
	ours := append(suite.Client(), dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM, dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8)
	ours = slices.DeleteFunc(ours, func(id dtls.CipherSuiteID) bool { return !slices.Contains(p.found, flight.Suite(id)) })
	if len(ours) == 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, max(500*time.Millisecond, 10*p.far.Slowest))
	defer cancel()
	conn, err := p.far.Dial(ctx, "udp", p.far.Addr.String())
	if err != nil {
		return false
	}
	defer conn.Close()
	options := []dtls.ClientOption{
		dtls.WithInsecureSkipVerify(true), // nothing is believed here, and nothing sent
		dtls.WithServerName(p.far.Name),
		dtls.WithLoggerFactory(&logging.DefaultLoggerFactory{Writer: io.Discard}),
	}
	for _, o := range suite.Options(ours...) {
		options = append(options, o)
	}
	client, err := dtls.ClientWithOptions(pionnet.PacketConnFromConn(conn), conn.RemoteAddr(), options...)
	if err != nil {
		return false
	}
	err = client.HandshakeContext(ctx)
	_ = client.Close() // its close_notify frees a server that serves one client at a time
	return err == nil
}
