package endpoint

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/flight"
	"example.org/sectag/internal/peers"
)

// The floors of the issue: a whole probe of a local server takes less than two seconds, and a handshake at most 1.3 times what
// OpenSSL's own client takes with the same server.
const (
	probeFloor = 2 * time.Second
	ratioFloor = 1.3
)

// BenchmarkProbe makes whole probes of servers that nobody here wrote. GnuTLS is the slowest: it refuses by silence.
func BenchmarkProbe(b *testing.B) {
	root := peers.Root(b, "Root")
	srv := root.Server(b)
	for name, start := range map[string]func() *peers.Server{
		"openssl": func() *peers.Server {
			return peers.OpenSSL(b, "-cert", srv.CertFile, "-key", srv.KeyFile, "-CAfile", root.CertFile, "-Verify", "2", "-verify_return_error")
		},
		"gnutls": func() *peers.Server {
			return peers.GnuTLS(b, "--x509certfile", srv.ChainFile, "--x509keyfile", srv.KeyFile, "--x509cafile", root.CertFile,
				"--require-client-cert", "--verify-client-cert")
		},
		"openssl over TCP": func() *peers.Server {
			return peers.OpenSSLTCP(b, "-cert", srv.CertFile, "-key", srv.KeyFile, "-CAfile", root.CertFile, "-Verify", "2", "-verify_return_error")
		},
	} {
		b.Run(name, func(b *testing.B) {
			e, err := cred.ParseEndpoint(start().URL)
			if err != nil {
				b.Fatal(err)
			}
			best, packets := time.Hour, 0
			for b.Loop() {
				began := time.Now()
				r, err := Probe(context.Background(), e, ProbeOptions{Anchor: root.PEM})
				if err != nil {
					b.Fatal(err)
				}
				best, packets = min(best, time.Since(began)), r.Packets
			}
			b.ReportMetric(float64(packets), "packets/op")
			b.ReportMetric(float64(best.Milliseconds()), "best-ms")
			if best >= probeFloor {
				b.Errorf("a probe takes %s", best)
			}
		})
	}
}

// watch is a road to a server on which a handshake is timed: from the client's first datagram to the server's Finished.
type watch struct {
	near *net.UDPConn
	took chan time.Duration
	gone chan struct{} // the client has said goodbye, and the server been told: it serves one at a time
}

// road opens one for a single client.
func road(b *testing.B, to string) (w watch, port uint16) {
	b.Helper()
	near, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	far, err := net.Dial("udp4", to)
	if err != nil {
		b.Fatal(err)
	}
	w = watch{near, make(chan time.Duration, 1), make(chan struct{}, 8)}
	var client atomic.Pointer[net.UDPAddr]
	var began time.Time
	var seen flight.Seen
	go func() {
		defer far.Close()
		buf := make([]byte, 1<<16)
		for {
			n, from, err := near.ReadFromUDP(buf)
			if err != nil {
				return
			}
			if client.Load() == nil {
				began = time.Now()
				client.Store(from)
			}
			_, _ = far.Write(buf[:n])
			if buf[0] == 21 && buf[4] == 1 { // an alert under the keys
				select {
				case w.gone <- struct{}{}:
				default:
				}
			}
		}
	}()
	go func() {
		buf := make([]byte, 1<<16)
		for done := false; ; {
			n, err := far.Read(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue // a port that was closed for a moment
			}
			to := client.Load() // and with it what was written before
			if seen.Incoming(buf[:n]); seen.View().Encrypted && !done {
				done = true
				w.took <- time.Since(began)
			}
			_, _ = near.WriteToUDP(buf[:n], to)
		}
	}()
	return w, near.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}

// time is how long the handshake took; the road ends.
func (w watch) time(b *testing.B) time.Duration {
	b.Helper()
	defer w.near.Close()
	limit := time.After(10 * time.Second)
	var took time.Duration
	for range 2 {
		select {
		case took = <-w.took:
		case <-w.gone:
		case <-limit:
			b.Fatal("no Finished or no goodbye came")
		}
	}
	return took
}

// BenchmarkHandshake compares our handshake with that of `openssl s_client`, on the wire: what a process takes to start is in neither.
func BenchmarkHandshake(b *testing.B) {
	units, servers := peers.Root(b, "Units"), peers.Root(b, "Servers")
	unit, srv := units.Unit(b, "urn:imei:350457790000012"), servers.Server(b)
	s := peers.OpenSSL(b, "-cert", srv.CertFile, "-key", srv.KeyFile, "-CAfile", units.CertFile, "-Verify", "2", "-verify_return_error")
	ours, theirs := time.Hour, time.Hour
	for b.Loop() {
		w, port := road(b, s.Addr)
		if _, err := Connect(context.Background(), cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: port},
			ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: servers.PEM}); err != nil {
			b.Fatal(err)
		}
		ours = min(ours, w.time(b))
		w, port = road(b, s.Addr)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		cmd := exec.CommandContext(ctx, "openssl", "s_client", "-dtls1_2", "-connect", fmt.Sprintf("127.0.0.1:%d", port),
			"-cert", unit.CertFile, "-key", unit.KeyFile, "-CAfile", servers.CertFile)
		cmd.Stdin = strings.NewReader("Q\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("s_client: %v\n%s", err, out)
		}
		cancel()
		theirs = min(theirs, w.time(b))
	}
	ratio := float64(ours) / float64(theirs)
	b.ReportMetric(ratio, "ours/openssl")
	b.Logf("ours %s, s_client %s, ratio %.2f", ours, theirs, ratio)
	if ratio > ratioFloor {
		b.Errorf("a handshake takes %.2f times what s_client takes", ratio)
	}
}
