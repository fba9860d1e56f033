// Package anon tries a server's door without a certificate. A CertificateRequest alone does not say whether the server insists:
// that is only known when a handshake with an empty answer has gone to its end.
package anon

import (
	"context"
	"io"
	"net"
	"slices"
	"time"

	"github.com/pion/dtls/v3"
	pionnet "github.com/pion/dtls/v3/pkg/net"
	"github.com/pion/logging"

	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/hail"
	"example.org/sectag/endpoint/suite"
)

// silence is the least that a server has to answer our Finished; servers that refuse without a word (GnuTLS) cost this time.
const silence = 350 * time.Millisecond

// LetIn makes a handshake without a certificate of ours, with those of the suites that this computer can make, and hangs up.
// It is true when the server let us in. False is no proof: the server may insist, be slow (it has 350 ms after our last word,
// or five times what its first flight took), or share no suite with this computer.
//
// Our last word is said once: a server that refuses without a word has forgotten the session by then, and gnutls-serv 3.7.9,
// told it again, spins and answers nobody any more. As the word or its answer may have been lost, silence is tried a second
// time, from the hello on, but for a server that is near.
func LetIn(ctx context.Context, server *hail.Server, takes []flight.Suite) bool {
	ours := append(suite.Client(), dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM, dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8)
	ours = slices.DeleteFunc(ours, func(id dtls.CipherSuiteID) bool { return !slices.Contains(takes, flight.Suite(id)) })
	if len(ours) == 0 {
		return false
	}
	tries := 2
	if server.Near() {
		tries = 1
	}
	for range tries {
		in, heard := try(ctx, server, ours)
		if in || heard || ctx.Err() != nil {
			return in
		}
	}
	return false
}

// try makes one handshake. If it fails, heard tells whether there is anything but silence behind our last word.
func try(ctx context.Context, server *hail.Server, suites []dtls.CipherSuiteID) (in, heard bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	socket, err := server.Dial(ctx, "udp", server.Addr.String())
	if err != nil {
		return false, true
	}
	defer socket.Close()
	if !server.Begin(ctx) {
		return false, true
	}
	conn := &patience{Conn: socket, known: &server.Known, limit: max(silence, 5*server.Slowest), end: cancel}
	options := []dtls.ClientOption{
		dtls.WithInsecureSkipVerify(true), // nothing is believed here, and nothing sent
		dtls.WithServerName(server.Name),
		dtls.WithFlightInterval(silence / 3),
		dtls.WithLoggerFactory(&logging.DefaultLoggerFactory{Writer: io.Discard}),
	}
	for _, o := range suite.Options(suites...) {
		options = append(options, o)
	}
	client, err := dtls.ClientWithOptions(pionnet.PacketConnFromConn(conn), conn.RemoteAddr(), options...)
	if err != nil {
		return false, true
	}
	err = client.HandshakeContext(ctx)
	_ = client.Close() // its close_notify frees a server that serves one client at a time
	return err == nil, conn.seen.View().State() != flight.Whole
}

// patience ends the handshake some time after our last flight went out, so that this computer's own work is not counted
// against the server, and keeps that flight from being repeated.
type patience struct {
	net.Conn
	limit time.Duration
	end   func()
	known *hail.Known
	seen  flight.Seen
}

// Read notes what the server says.
func (p *patience) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	if err == nil {
		p.seen.Incoming(b[:n])
	}
	return n, err
}

// Write notes when the first record under the new keys goes out; behind it nothing goes out until the server answers under them.
func (p *patience) Write(b []byte) (int, error) {
	v := p.seen.View()
	if v.Finished && !v.Encrypted {
		return len(b), nil
	}
	p.seen.Outgoing(b)
	p.known.Packets++
	if !v.Finished && p.seen.View().Finished {
		time.AfterFunc(p.limit, p.end)
	}
	return p.Conn.Write(b)
}
