package endpoint

import (
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/dtls/v3"

	"example.org/sectag/cred"
	"example.org/sectag/internal/peers"
)

// nat stands between a unit and a server: each address inside gets a port of its own outside. One that is tied knows the first address
// inside alone, as a balancer does that has never heard of Connection IDs.
type nat struct {
	inside *net.UDPConn
	to     *net.UDPAddr
	tied   bool

	mu      sync.Mutex
	outside map[string]*net.UDPConn
	group   sync.WaitGroup
}

func newNAT(t *testing.T, to cred.Endpoint, tied bool) (*nat, cred.Endpoint) {
	t.Helper()
	local := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	inside, err := net.ListenUDP("udp4", local)
	if err != nil {
		t.Fatal(err)
	}
	n := &nat{inside: inside, to: &net.UDPAddr{IP: local.IP, Port: int(to.Port)}, tied: tied, outside: map[string]*net.UDPConn{}}
	n.group.Go(n.run)
	t.Cleanup(func() {
		_ = inside.Close()
		n.mu.Lock()
		for _, c := range n.outside {
			_ = c.Close()
		}
		n.mu.Unlock()
		n.group.Wait()
	})
	return n, at(inside)
}

func (n *nat) run() {
	for buf := make([]byte, 1<<14); ; {
		size, from, err := n.inside.ReadFromUDP(buf)
		if err != nil {
			return
		}
		if out := n.port(from); out != nil {
			_, _ = out.Write(buf[:size])
		}
	}
}

// port is the one outside for an address inside; nil for none.
func (n *nat) port(from *net.UDPAddr) *net.UDPConn {
	n.mu.Lock()
	defer n.mu.Unlock()
	if out := n.outside[from.String()]; out != nil || n.tied && len(n.outside) > 0 {
		return out
	}
	out, err := net.DialUDP("udp4", nil, n.to)
	if err != nil {
		return nil
	}
	n.outside[from.String()] = out
	n.group.Go(func() {
		for buf := make([]byte, 1<<14); ; {
			size, err := out.Read(buf)
			if err != nil {
				return
			}
			_, _ = n.inside.WriteToUDP(buf[:size], from)
		}
	})
	return out
}

// ports is how many it gave out.
func (n *nat) ports() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.outside)
}

// Whether a session survives another port: with a server that follows the Connection ID, through a NAT and through a balancer that
// knows addresses only, and with servers that nobody here wrote, which have no Connection ID.
func TestConnectFromAnotherPort(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit := b.units.Unit(t, unitName)
	e, root := ours(t, b.units)
	mine := ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: root, Rebind: true}
	out := func() string { return "" }

	t.Run("the shipped server", func(t *testing.T) {
		r, err := Connect(t.Context(), e, mine)
		wish{verdict: cred.Pass, suite: gcm, alert: -1, pinged: true, rebind: survived}.check(t, r, err, out)
	})
	t.Run("behind a NAT", func(t *testing.T) {
		n, inside := newNAT(t, e, false)
		r, err := Connect(t.Context(), inside, mine)
		wish{verdict: cred.Pass, suite: gcm, alert: -1, pinged: true, rebind: survived}.check(t, r, err, out)
		if n.ports() < 2 {
			t.Error("the port stayed the same")
		}
	})
	t.Run("behind a balancer", func(t *testing.T) {
		_, inside := newNAT(t, e, true)
		r, err := Connect(t.Context(), inside, mine)
		wish{verdict: cred.Warn, suite: gcm, alert: -1, pinged: true, rebind: lost, findings: []string{"dtls.rebind-lost"}}.check(t, r, err, out)
		if !r.CID.Negotiated {
			t.Error("there was no Connection ID")
		}
	})
	for _, c := range []struct {
		name  string
		start func(*testing.T) *peers.Server
		wish  wish
	}{
		{"OpenSSL", pskServer("OpenSSL"), wish{findings: []string{"coap.no-ping", "dtls.rebind-unproven"}}},
		{"GnuTLS", pskServer("GnuTLS", "--priority", "NORMAL:-KX-ALL:+PSK:+AES-128-CCM-8"), wish{findings: []string{"coap.no-ping", "dtls.rebind-unproven"}}},
		{"libcoap/OpenSSL", pskServer("libcoap/OpenSSL"), wish{rebind: lost, pinged: true, findings: []string{"dtls.no-cid"}}},
		{"libcoap/GnuTLS", pskServer("libcoap/GnuTLS"), wish{rebind: lost, pinged: true, findings: []string{"dtls.no-cid"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := c.start(t)
			r, err := Connect(t.Context(), cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: uint16(s.Port)},
				ConnectOptions{PSKID: unitName, PSK: []byte(pskHex()), Timeout: 4 * time.Second, Rebind: true})
			c.wish.verdict, c.wish.alert = cred.Pass, -1
			c.wish.check(t, r, err, s.Output)
		})
	}
}

// A server without CoAP that answers all the same, here with what it was sent, has followed.
func TestAnyAnswerFromAnotherPortWillDo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit, server := b.units.Unit(t, unitName), b.servers.Server(t)
	e := handicapped(t, server, func(_ *brake, p []byte) [][]byte { return say(p) }, func(_ *brake, c *dtls.Conn, _ error) {
		for buf := make([]byte, 1<<10); ; {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			if _, err := c.Write(slices.Concat([]byte("you said "), buf[:n])); err != nil {
				return
			}
		}
	})
	r, err := Connect(t.Context(), e, ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM, Rebind: true})
	wish{verdict: cred.Pass, alert: -1, rebind: survived, findings: []string{"coap.no-ping"}}.check(t, r, err, func() string { return "" })
	if !strings.HasPrefix(r.Suite, "TLS_ECDHE") {
		t.Error(r.Suite)
	}
}
