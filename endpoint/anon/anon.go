// Package anon tries a server's door without a certificate. A CertificateRequest alone does not say whether the server insists:
// that is only known when a handshake with an empty answer has gone to its end.
package anon

import (
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	pionnet "github.com/pion/dtls/v3/pkg/net"
	"github.com/pion/logging"

	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/hail"
	"example.org/sectag/endpoint/suite"
)

// silence is the least that a server has to answer our Finished; servers that refuse without a word (GnuTLS) cost this time.
const silence = 700 * time.Millisecond

// LetIn makes one handshake without a certificate of ours, with those of the suites that this computer can make, and hangs up.
// It is true when the server let us in. False is no proof: the server may insist, be slow (it has 700 ms after our last word,
// or ten times what its first flight took), or share no suite with this computer.
func LetIn(ctx context.Context, server *hail.Server, takes []flight.Suite) bool {
	ours := append(suite.Client(), dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM, dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8)
	ours = slices.DeleteFunc(ours, func(id dtls.CipherSuiteID) bool { return !slices.Contains(takes, flight.Suite(id)) })
	if len(ours) == 0 {
		return false
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	socket, err := server.Dial(ctx, "udp", server.Addr.String())
	if err != nil {
		return false
	}
	defer socket.Close()
	conn := &patience{Conn: socket, limit: max(silence, 10*server.Slowest), end: cancel}
	options := []dtls.ClientOption{
		dtls.WithInsecureSkipVerify(true), // nothing is believed here, and nothing sent
		dtls.WithServerName(server.Name),
		dtls.WithFlightInterval(silence / 3),
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

// patience ends the handshake some time after our last flight went out, so that this computer's own work is not counted
// against the server.
type patience struct {
	net.Conn
	limit time.Duration
	end   func()
	seen  flight.Seen
	begun sync.Once
}

// Write notes when the first record under the new keys goes out.
func (p *patience) Write(b []byte) (int, error) {
	p.seen.Outgoing(b)
	if p.seen.View().Finished {
		p.begun.Do(func() { time.AfterFunc(p.limit, p.end) })
	}
	return p.Conn.Write(b)
}
