package endpoint

import (
	"maps"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/internal/peers"
)

// restless is a NAT that forgets: when move says so, the next datagram from inside leaves by another port, and what still comes to the
// port before is dropped.
type restless struct {
	inside *net.UDPConn
	to     *net.UDPAddr
	move   func(out int, opened bool) bool // out datagrams went out since the last address inside came up; opened: the far end speaks under keys

	mu     sync.Mutex
	from   string
	out    int
	opened bool
	port   *net.UDPConn
	group  sync.WaitGroup
}

func newRestless(t *testing.T, to cred.Endpoint, move func(out int, opened bool) bool) cred.Endpoint {
	t.Helper()
	local := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	inside, err := net.ListenUDP("udp4", local)
	if err != nil {
		t.Fatal(err)
	}
	n := &restless{inside: inside, to: &net.UDPAddr{IP: local.IP, Port: int(to.Port)}, move: move}
	n.group.Go(n.run)
	t.Cleanup(func() {
		_ = inside.Close()
		n.group.Wait()
	})
	return at(inside)
}

func (n *restless) run() {
	defer func() {
		if n.port != nil {
			_ = n.port.Close()
		}
	}()
	for buf := make([]byte, 1<<14); ; {
		size, from, err := n.inside.ReadFromUDP(buf)
		if err != nil {
			return
		}
		if n.through(from) {
			_, _ = n.port.Write(buf[:size])
		}
	}
}

// through finds the port for the next datagram of an address inside.
func (n *restless) through(from *net.UDPAddr) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.from != from.String() {
		n.from, n.out, n.opened = from.String(), 0, false
		return n.open(from)
	}
	if n.out++; n.move(n.out, n.opened) {
		return n.open(from)
	}
	return true
}

func (n *restless) open(from *net.UDPAddr) bool {
	n.opened = false
	if n.port != nil {
		_ = n.port.Close()
	}
	port, err := net.DialUDP("udp4", nil, n.to)
	if n.port = port; err != nil {
		return false
	}
	n.group.Go(func() {
		for buf := make([]byte, 1<<14); ; {
			size, err := port.Read(buf)
			if err != nil {
				return
			}
			if size > 13 && (buf[0] == 20 || buf[4] > 0) {
				n.mu.Lock()
				n.opened = n.port == port
				n.mu.Unlock()
			}
			_, _ = n.inside.WriteToUDP(buf[:size], from)
		}
	})
	return true
}

// Where a NAT may forget a unit: with its cookie under way, in the middle of the handshake, at every datagram, and in the open session.
func TestANATThatForgets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit, server := b.units.Unit(t, unitName), b.servers.Server(t)
	shipped, root := ours(t, b.units)
	const cookie, began, none = "fail dtls.cookie-silent", "fail dtls.began-silent", "fail dtls.no-common-suite"
	const shippedHere = "the shipped server"
	for _, m := range []struct {
		name           string
		move           func(out int, opened bool) bool
		probe, connect string
		but            map[string][2]string // by make
	}{
		{
			// The cookie is bound to the address. OpenSSL says 40 to one that it did not give, as to suites that it does not have: on the
			// wire they are alike. Probe takes a second cookie, which GnuTLS gives; the library of connect does not.
			name: "with the cookie", move: func(out int, _ bool) bool { return out == 1 }, probe: cookie, connect: cookie,
			but: map[string][2]string{"OpenSSL": {none, "fail dtls.40"}, "GnuTLS": {"pass", cookie}, "libcoap/GnuTLS": {"pass", cookie}},
		},
		{
			// The example server of OpenSSL takes whoever comes.
			name: "in the handshake", move: func(out int, opened bool) bool { return out == 2 && !opened }, probe: "pass", connect: began,
			but: map[string][2]string{"OpenSSL": {"pass", "pass"}},
		},
		{
			name: "always", move: func(int, bool) bool { return true }, probe: cookie, connect: cookie,
			but: map[string][2]string{"OpenSSL": {none, "fail dtls.40"}},
		},
		{name: "in the open session", move: func(_ int, opened bool) bool { return opened }, probe: "pass", connect: "pass"},
	} {
		for _, name := range append(slices.Sorted(maps.Keys(makers)), shippedHere) {
			want := [2]string{m.probe, m.connect}
			if other, ok := m.but[name]; ok {
				want = other
			}
			t.Run(m.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				inside := func() cred.Endpoint {
					e := shipped
					if name != shippedHere {
						s := makers[name](t, cell{cert: server, chain: []*peers.Cert{server}}, b.units)
						e = cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: uint16(s.Port)}
					}
					return newRestless(t, e, m.move)
				}
				anchors := slices.Concat(b.servers.PEM, root)
				began := time.Now()
				seen, _ := Probe(t.Context(), inside(), ProbeOptions{Anchor: anchors})
				probed := time.Now()
				got, _ := Connect(t.Context(), inside(), ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: anchors, Timeout: 3 * time.Second})
				connected := time.Now()
				first, second := outcome(seen.Verdict, seen.Failure, seen.Findings), outcome(got.Verdict, got.Failure, got.Findings)
				if first != want[0] || second != want[1] {
					t.Errorf("probe %q, not %q; connect %q, not %q: %v; %v", first, want[0], second, want[1], seen.Failure, got.Failure)
				}
				if answered := got.PingMS > 0; m.name == "in the open session" && answered != (name == shippedHere) { // the one with a Connection ID
					t.Errorf("answered: %v", answered)
				}
				if probed.Sub(began) > ProbeTimeout+2*time.Second || connected.Sub(probed) > 5*time.Second {
					t.Errorf("probe took %s, connect %s", probed.Sub(began), connected.Sub(probed))
				}
			})
		}
	}
}
