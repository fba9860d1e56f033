package tcp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/session"
	"example.org/sectag/internal/peers"
)

// Most tests here wait for a server, not for a processor: more of them may run at a time than there are cores.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "12"); err != nil {
		os.Exit(2)
	}
	goleak.VerifyTestMain(m)
}

// patience is more than any handshake on this machine takes; a test that comes to its end has failed.
const patience = 30 * time.Second

const unitName = "urn:imei:350457790000012"

// bench is a PKI: a server and a unit of it, and a unit of somebody else.
type bench struct {
	servers, units, others *peers.Cert
	server, unit           *peers.Cert
}

func newBench(t *testing.T) bench {
	b := bench{servers: peers.Root(t, "Servers"), units: peers.Root(t, "Units"), others: peers.Root(t, "Others")}
	b.server, b.unit = b.servers.Server(t), b.units.Unit(t, unitName)
	return b
}

// identity is what a unit with this certificate has.
func (b bench) identity(t *testing.T, c *peers.Cert) session.Identity {
	t.Helper()
	id, fault := session.X509(c.PEM, c.KeyPEM, b.servers.PEM)
	if fault != nil {
		t.Fatal(fault)
	}
	return id
}

// openssl is the server, with all that s_server needs to ask for units' certificates.
func (b bench) openssl(t *testing.T, more ...string) *peers.Server {
	t.Helper()
	return peers.OpenSSLTCP(t, append([]string{"-cert", b.server.CertFile, "-key", b.server.KeyFile, "-CAfile", b.units.CertFile}, more...)...)
}

// mutual are the arguments of an s_server that demands a certificate.
func mutual(more ...string) []string {
	return append([]string{"-Verify", "2", "-verify_return_error"}, more...)
}

func (c bench) tls() tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{c.server.X509.Raw}, PrivateKey: c.server.Key}
}

func pool(c *peers.Cert) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(c.X509)
	return p
}

func at(t *testing.T, address string) netip.AddrPort {
	t.Helper()
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// endpointOf is a server as a person names it: by its address, or by the name.
func endpointOf(a netip.AddrPort, name string) cred.Endpoint {
	if name == "" {
		name = a.Addr().String()
	}
	return cred.Endpoint{Scheme: "tls", Host: name, Port: a.Port()}
}

// anyServer judges nothing.
func anyServer([][]byte) *cred.Fault { return nil }

// listen has serve speak with each client, one after the other, until the test is over.
func listen(t *testing.T, address string, serve func(net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var mu sync.Mutex
	var open net.Conn
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		if open != nil {
			_ = open.Close()
		}
		mu.Unlock()
		<-done
	})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = conn
			mu.Unlock()
			serve(conn)
			_ = conn.Close()
		}
	}()
	return at(t, l.Addr().String())
}

const loopback = "127.0.0.1:0"

// met is what a server of crypto/tls saw of a client.
type met struct {
	name       string   // server name that was sent
	extensions []uint16 // of its hello
	shown      []*x509.Certificate
	err        error // of the handshake
}

// goServer is a server of crypto/tls. It hands out what it saw of each client, and reads until that goes.
func goServer(t *testing.T, address string, c *tls.Config) (netip.AddrPort, <-chan met) {
	t.Helper()
	seen := make(chan met, 16)
	a := listen(t, address, func(conn net.Conn) {
		var m met
		config := c.Clone()
		config.GetConfigForClient = func(i *tls.ClientHelloInfo) (*tls.Config, error) {
			m.name, m.extensions = i.ServerName, i.Extensions
			return nil, nil
		}
		s := tls.Server(conn, config)
		m.err = s.Handshake()
		m.shown = s.ConnectionState().PeerCertificates
		seen <- m
		_, _ = io.Copy(io.Discard, s)
	})
	return a, seen
}

// next is the next client that a server met.
func next(t *testing.T, seen <-chan met) met {
	t.Helper()
	select {
	case m := <-seen:
		return m
	case <-time.After(patience):
		t.Fatal("no client came")
		return met{}
	}
}

// limited is a context of this length.
func limited(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// raw is a server that has heard a client's first bytes, writes its answer, and hangs up, or stays until the client goes.
func raw(t *testing.T, answer []byte, stays bool) netip.AddrPort {
	t.Helper()
	return listen(t, loopback, func(conn net.Conn) {
		if _, err := conn.Read(make([]byte, 1<<12)); err != nil {
			return
		}
		_, _ = conn.Write(answer)
		if stays {
			_, _ = io.Copy(io.Discard, conn)
		}
	})
}

// record is one record of TLS in clear.
func record(typ byte, payload ...byte) []byte {
	return append([]byte{typ, 3, 3, byte(len(payload) >> 8), byte(len(payload))}, payload...)
}

// code is that of a fault, or empty.
func code(f *cred.Fault) string {
	if f == nil {
		return ""
	}
	return f.Code
}

func suiteOf(v flight.View) flight.Suite {
	if v.Hello == nil {
		return 0
	}
	return v.Hello.Suite
}
