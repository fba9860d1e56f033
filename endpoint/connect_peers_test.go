package endpoint

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/dtls/v3"
	pionnet "github.com/pion/dtls/v3/pkg/net"
	"github.com/pion/logging"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/session"
	"example.org/sectag/endpoint/suite"
	"example.org/sectag/internal/peers"
)

// rogue answers each datagram of a client with what answer makes of it; n counts them. It is a server that misbehaves.
func rogue(t *testing.T, answer func(n int, in []byte) [][]byte) cred.Endpoint {
	t.Helper()
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = socket.Close()
		<-done
	})
	go func() {
		defer close(done)
		buf := make([]byte, 1<<16)
		for n := 0; ; n++ {
			size, from, err := socket.ReadFromUDP(buf)
			if err != nil {
				return
			}
			for _, out := range answer(n, buf[:size]) {
				if _, err := socket.WriteToUDP(out, from); err != nil {
					return
				}
			}
		}
	}()
	return at(socket)
}

func at(socket *net.UDPConn) cred.Endpoint {
	return cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: uint16(socket.LocalAddr().(*net.UDPAddr).Port)}
}

// record writes a DTLS record in clear.
func record(typ byte, seq byte, payload ...byte) []byte {
	return append([]byte{typ, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, seq, byte(len(payload) >> 8), byte(len(payload))}, payload...)
}

// message writes a handshake message, whole.
func message(typ, seq byte, body ...byte) []byte {
	n := []byte{0, byte(len(body) >> 8), byte(len(body))}
	return slices.Concat([]byte{typ}, n, []byte{0, seq, 0, 0, 0}, n, body)
}

func cookie(n int) []byte {
	return record(22, byte(n), message(3, byte(n), 0xfe, 0xff, 4, 1, 2, 3, 4)...)
}

func say(out ...[]byte) [][]byte { return out }

func withCookie(in []byte) bool { return len(in) > 60 && in[13] == 1 && in[13+12+2+32+1] > 0 }

// Each of these gets a unit that is in order; the code tells what is wrong with the peer, and the time is bounded.
func TestConnectToPeersThatMisbehave(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit := b.units.Unit(t, unitName)
	for _, c := range []struct {
		name   string
		answer func(n int, in []byte) [][]byte
		code   string
		alert  int
		now    bool // known at once, not only when patience ends
	}{
		{"silent", func(int, []byte) [][]byte { return nil }, "dtls.silent", -1, false},
		{"an echo", func(_ int, in []byte) [][]byte { return say(in) }, "dtls.not-dtls", -1, false},
		{"CoAP in clear", func(int, []byte) [][]byte { return say([]byte{0x70, 0, 0, 1}) }, "dtls.not-dtls", -1, false},
		{"text", func(int, []byte) [][]byte { return say([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) }, "dtls.not-dtls", -1, false},
		{"noise", func(n int, _ []byte) [][]byte {
			return say([]byte{byte(n), 7, 99, 3, 200, 1, 4, 88, 0, 0, 0, 0, 0, 0, 0, 3})
		}, "dtls.not-dtls", -1, false},
		{"a cookie, then silence", func(n int, in []byte) [][]byte {
			if n == 0 {
				return say(cookie(0))
			}
			return nil
		}, "dtls.cookie-silent", -1, false},
		{"cookies for ever", func(n int, _ []byte) [][]byte { return say(cookie(n)) }, "dtls.cookie-silent", -1, false},
		{"a hello that cannot be read", func(int, []byte) [][]byte { return say(record(22, 0, message(2, 0, 9, 9, 9)...)) }, "dtls.garbled", -1, false},
		{"a fragment beyond its message", func(int, []byte) [][]byte {
			return say(record(22, 0, 2, 0, 0, 4, 0, 0, 0, 0, 3, 0, 0, 4, 1, 2, 3, 4))
		}, "dtls.garbled", -1, false},
		{"a fatal alert to the hello", func(int, []byte) [][]byte { return say(record(21, 0, 2, 80)) }, "dtls.80", 80, true},
		{"a fatal alert after the cookie", func(_ int, in []byte) [][]byte {
			if withCookie(in) {
				return say(record(21, 1, 2, 47))
			}
			return say(cookie(0))
		}, "dtls.47", 47, true},
		{"handshake_failure to every hello", func(int, []byte) [][]byte { return say(record(21, 0, 2, 40)) }, "dtls.40", 40, true},
		{"a refusal told as a warning", func(int, []byte) [][]byte { return say(record(21, 0, 1, 40)) }, "dtls.40", 40, false},
		{"a long certificate that never ends", func(int, []byte) [][]byte {
			return say(record(22, 0, 11, 0, 0x20, 0, 0, 2, 0, 0, 0, 0, 0, 1, 7))
		}, "chain.too-long", -1, false},
		{"an unknown alert", func(int, []byte) [][]byte { return say(record(21, 0, 2, 200)) }, "dtls.200", 200, true},
		{"close_notify to the hello", func(int, []byte) [][]byte { return say(record(21, 0, 1, 0)) }, "dtls.0", 0, true},
		{"only DTLS 1.3", func(int, []byte) [][]byte { return say(record(21, 0, 2, 70)) }, "dtls.70", 70, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM, Timeout: 2 * time.Second}
			if c.now {
				o.Timeout = 10 * time.Second
			}
			began := time.Now()
			r, err := Connect(t.Context(), rogue(t, c.answer), o)
			took := time.Since(began)
			wish{verdict: cred.Fail, code: c.code, alert: c.alert}.check(t, r, err, func() string { return "" })
			if limit := o.Timeout + 2*time.Second; c.now && took > limit/2 || took > limit {
				t.Errorf("it took %s of %s", took, o.Timeout)
			}
		})
	}
}

// brake is the socket of a server that is in order, with a hand on what it sends.
type brake struct {
	*net.UDPConn
	first []byte
	from  net.Addr
	send  func(*brake, []byte) [][]byte
	once  sync.Once
}

func (b *brake) ReadFrom(p []byte) (n int, from net.Addr, err error) {
	b.once.Do(func() { n = copy(p, b.first) })
	if n > 0 {
		return n, b.from, nil
	}
	return b.UDPConn.ReadFrom(p)
}

func (b *brake) WriteTo(p []byte, to net.Addr) (int, error) {
	for _, out := range b.send(b, p) {
		if _, err := b.UDPConn.WriteTo(out, to); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// handicapped starts a pion server whose datagrams go through send; then is told how its handshake ended.
func handicapped(t *testing.T, cert *peers.Cert, send func(*brake, []byte) [][]byte, then func(*brake, *dtls.Conn, error)) cred.Endpoint {
	t.Helper()
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	t.Cleanup(func() {
		cancel()
		_ = socket.Close()
		<-done
	})
	options := []dtls.ServerOption{
		dtls.WithCertificates(tls.Certificate{Certificate: cert.Chain(), PrivateKey: cert.Key}),
		dtls.WithClientAuth(dtls.RequireAnyClientCert), dtls.WithLoggerFactory(mute),
		dtls.WithConnectionIDGenerator(dtls.RandomCIDGenerator(8)), dtls.WithInsecureSkipVerifyHello(true),
	}
	for _, o := range suite.Options(suite.Server()...) {
		options = append(options, o)
	}
	go func() {
		defer close(done)
		buf := make([]byte, 1<<16)
		n, from, err := socket.ReadFrom(buf)
		if err != nil {
			return
		}
		b := &brake{UDPConn: socket, first: buf[:n], from: from, send: send}
		conn, err := dtls.ServerWithOptions(b, from, options...)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		err = conn.HandshakeContext(ctx)
		if then != nil {
			then(b, conn, err)
		}
	}()
	return at(socket)
}

// mute keeps the library from printing.
var mute = &logging.DefaultLoggerFactory{Writer: io.Discard}

// first tells the kind of the first record of a datagram: content type, epoch, and the handshake type in clear.
func first(p []byte) (typ, epoch, handshake byte) {
	if len(p) < 14 {
		return 0, 0, 0
	}
	return p[0], p[4], p[13]
}

// The server is in order up to a point; the table goes through the points in the order of a handshake.
func TestConnectToServersThatBreakOff(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit, server := b.units.Unit(t, unitName), b.servers.Server(t)
	pass := func(_ *brake, p []byte) [][]byte { return say(p) }
	hello := func(p []byte) bool { typ, _, h := first(p); return typ == 22 && h == 2 }
	keyed := func(p []byte) bool { typ, epoch, _ := first(p); return typ == 20 || epoch > 0 }
	for _, c := range []struct {
		name string
		send func(*brake, []byte) [][]byte
		then func(*brake, *dtls.Conn, error)
		wish wish
		now  bool
	}{
		{name: "not at all", send: pass, then: func(_ *brake, c *dtls.Conn, _ error) {
			buf := make([]byte, 100)
			n, err := c.Read(buf)
			if err == nil && n == 4 {
				_, _ = c.Write([]byte{0x70, 0, buf[2], buf[3]})
				_, _ = c.Read(buf) // the client's goodbye
			}
		}, wish: wish{verdict: cred.Pass, alert: -1, pinged: true, suite: gcm}, now: true},
		{name: "silence after half a flight", send: func(_ *brake, p []byte) [][]byte {
			if !hello(p) {
				return nil
			}
			return say(p[:13+int(p[11])<<8+int(p[12])]) // the ServerHello's record alone
		}, wish: wish{verdict: cred.Fail, code: "dtls.began-silent", alert: -1, in: []string{"began its answer and never finished it", "MTU"}}},
		{name: "an alert after half a flight", send: func(_ *brake, p []byte) [][]byte {
			return say(p[:13+int(p[11])<<8+int(p[12])], record(21, 9, 2, 80))
		}, wish: wish{verdict: cred.Fail, code: "dtls.80", alert: 80, in: []string{"before the unit showed its certificate"}}, now: true},
		{name: "silence after our certificate", send: func(_ *brake, p []byte) [][]byte {
			if keyed(p) {
				return nil
			}
			return say(p)
		}, wish: wish{verdict: cred.Fail, code: "dtls.began-silent", alert: -1, in: []string{"after the unit showed its certificate", "trusts"}}},
		{name: "an alert after our certificate", send: func(_ *brake, p []byte) [][]byte {
			if keyed(p) {
				return say(record(21, 9, 2, 46))
			}
			return say(p)
		}, wish: wish{verdict: cred.Fail, code: "dtls.46", alert: 46, in: []string{"when it was shown the unit's certificate"}}, now: true},
		{name: "a closed port after our certificate", send: func(b *brake, p []byte) [][]byte {
			if keyed(p) {
				_ = b.UDPConn.Close()
				return nil
			}
			return say(p)
		}, wish: wish{verdict: cred.Fail, code: "dtls.began-silent", alert: -1, in: []string{"closed its port"}}, now: true},
		{
			name: "an alert under the keys in the place of a Finished", send: func(_ *brake, p []byte) [][]byte {
				if p[0] == 20 {
					p = p[:13+1] // ChangeCipherSpec alone
				}
				return say(p)
			}, then: func(_ *brake, c *dtls.Conn, _ error) { _ = c.Close() },
			wish: wish{verdict: cred.Fail, code: "dtls.0", alert: 0, in: []string{"when it was shown the unit's certificate"}}, now: true,
		},
		{name: "a Finished that was changed", send: func(_ *brake, p []byte) [][]byte {
			if keyed(p) {
				p = slices.Clone(p)
				p[len(p)-1] ^= 1
			}
			return say(p)
		}, wish: wish{verdict: cred.Fail, code: "dtls.garbled", alert: -1, in: []string{"Finished does not verify"}}},
		{
			name: "a signature that was changed", send: func(_ *brake, p []byte) [][]byte { return say(spoil(p, 12)) },
			wish: wish{verdict: cred.Fail, code: "dtls.garbled", alert: -1, in: []string{"signature"}}, now: true,
		},
		{
			name: "a goodbye in the open session", send: pass, then: func(_ *brake, c *dtls.Conn, _ error) {
				_, _ = c.Read(make([]byte, 100)) // the ping: the client has seen that the session is open
				_ = c.Close()
			},
			wish: wish{verdict: cred.Fail, code: "dtls.0", alert: 0, in: []string{"in the open session"}}, now: true,
		},
		{name: "a closed port in the open session", send: pass, then: func(b *brake, c *dtls.Conn, _ error) {
			_, _ = c.Read(make([]byte, 100)) // the ping
			_ = b.UDPConn.Close()
		}, wish: wish{verdict: cred.Fail, code: "dtls.closed", alert: -1, in: []string{"closed its port"}}, now: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM, Timeout: 3 * time.Second}
			if c.now {
				o.Timeout = 10 * time.Second
			}
			began := time.Now()
			r, err := Connect(t.Context(), handicapped(t, server, c.send, c.then), o)
			took := time.Since(began)
			c.wish.check(t, r, err, func() string { return "" })
			if limit := o.Timeout + 2*time.Second; c.now && took > limit/2 || took > limit {
				t.Errorf("it took %s of %s", took, o.Timeout)
			}
			if !r.CID.Offered || !r.CID.Negotiated {
				t.Errorf("CID %+v", r.CID)
			}
		})
	}
}

// spoil changes the last byte of the first handshake message of that type in a datagram.
func spoil(p []byte, typ byte) []byte {
	p = slices.Clone(p)
	for at := 0; at+13 < len(p); {
		size := int(p[at+11])<<8 + int(p[at+12])
		if p[at] == 22 && p[at+4] == 0 && p[at+13] == typ {
			p[at+13+size-1] ^= 1
		}
		at += 13 + size
	}
	return p
}

func TestAServerThatIsRefusedIsTold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit, told := b.units.Unit(t, unitName), make(chan error, 1)
	e := handicapped(t, b.servers.Intermediate(t, "Servers' Intermediate").Server(t), func(_ *brake, p []byte) [][]byte { return say(p) },
		func(_ *brake, _ *dtls.Conn, err error) { told <- err })
	r, err := Connect(t.Context(), e, ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.others.PEM})
	wish{verdict: cred.Fail, code: "chain.untrusted", alert: -1, findings: []string{"chain.untrusted"}}.
		check(t, r, err, func() string { return "" })
	if err := <-told; err == nil || !strings.Contains(err.Error(), "BadCertificate") {
		t.Errorf("the server was told %v", err)
	}
	want := []session.Alert{{Number: 42, Name: "bad_certificate", Fatal: true, From: "unit", When: "before the unit showed its certificate"}}
	if !slices.Equal(r.Alerts, want) {
		t.Errorf("told of the alerts %+v", r.Alerts)
	}
}

func TestConnectSaysAtOnceThatNothingListens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit := b.units.Unit(t, unitName)
	e := cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: uint16(peers.FreePort(t))}
	o := ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM}
	began := time.Now()
	r, err := Connect(t.Context(), e, o)
	wish{verdict: cred.Fail, code: "dtls.closed", alert: -1}.check(t, r, err, func() string { return "" })
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestConnectTriesEveryAddress(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit, server := b.units.Unit(t, unitName), b.servers.Server(t)
	good := peers.Coap(t, "openssl", "-c", server.ChainFile, "-j", server.KeyFile, "-C", b.units.CertFile)
	lookup := func(_ context.Context, host string) ([]net.IPAddr, error) {
		if host != "localhost" {
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		}
		return []net.IPAddr{{IP: net.IPv6loopback}, {IP: net.IPv4(127, 0, 0, 9)}, {IP: net.IPv4(127, 0, 0, 1)}}, nil
	}
	var dialled []string
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled = append(dialled, address[:strings.LastIndex(address, ":")])
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	o := ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM, Lookup: lookup, Dial: dial}
	e := cred.Endpoint{Scheme: "coaps", Host: "localhost", Port: uint16(good.Port)}
	r, err := Connect(t.Context(), e, o)
	wish{verdict: cred.Pass, alert: -1, pinged: true}.check(t, r, err, good.Output)
	if want := []string{"127.0.0.9", "127.0.0.1"}; !slices.Equal(dialled, want) {
		t.Errorf("dialled %q, not %q", dialled, want)
	}
	e.Host = "elsewhere.example"
	r, err = Connect(t.Context(), e, o)
	wish{verdict: cred.Fail, code: "dtls.unresolved", alert: -1}.check(t, r, err, good.Output)
	o.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no such network") }
	e.Host = "localhost"
	r, err = Connect(t.Context(), e, o)
	wish{verdict: cred.Fail, code: "dtls.no-route", alert: -1}.check(t, r, err, good.Output)
}

// lossy loses the first datagram that goes out.
type lossy struct {
	net.Conn
	lost bool
}

func (l *lossy) Write(b []byte) (int, error) {
	if !l.lost {
		l.lost = true
		return len(b), nil
	}
	return l.Conn.Write(b)
}

// The handshake has the whole limit, and the ping a second of its own: the second hello, a second after the first, is early enough.
// Time is virtual, so that a busy machine takes none of it.
func TestAServerMayAnswerShortBeforeTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t) // of the year 2000, as the clock here
		unit, server := b.units.Unit(t, unitName), b.servers.Server(t)
		near, far := net.Pipe()
		served := make(chan error, 1)
		go func() { served <- serveOne(t.Context(), far, server) }()
		r, err := Connect(t.Context(), cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: 5684}, ConnectOptions{
			Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM, Timeout: 1100 * time.Millisecond,
			Dial: func(context.Context, string, string) (net.Conn, error) { return &lossy{Conn: near}, nil },
		})
		wish{verdict: cred.Pass, alert: -1, findings: []string{"coap.no-ping"}}.check(t, r, err, func() string { return "" })
		_ = far.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// delayed carries datagrams between two lines in memory, each of which takes its time.
func delayed(t *testing.T, one, other net.Conn, takes time.Duration) {
	t.Helper()
	for _, way := range [][2]net.Conn{{one, other}, {other, one}} {
		go func() {
			for buf := make([]byte, 1<<14); ; {
				n, err := way[0].Read(buf)
				if err != nil {
					return
				}
				b := slices.Clone(buf[:n])
				time.AfterFunc(takes, func() { _, _ = way[1].Write(b) })
			}
		}()
	}
}

// On NB-IoT an answer may take nineteen seconds. With a minute of patience the unit gets in and an answer to its ping would be waited for, and the person
// is told how often things were said.
func TestConnectOnASlowLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t) // of the year 2000, as the clock here
		unit, server := b.units.Unit(t, unitName), b.servers.Server(t)
		near, nearEnd := net.Pipe()
		far, farEnd := net.Pipe()
		delayed(t, nearEnd, farEnd, 9500*time.Millisecond)
		served := make(chan error, 1)
		go func() { served <- serveOne(t.Context(), far, server) }()
		began := time.Now()
		r, err := Connect(t.Context(), cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: 5684}, ConnectOptions{
			Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM, Timeout: time.Minute,
			Dial: func(context.Context, string, string) (net.Conn, error) { return near, nil },
		})
		wish{verdict: cred.Pass, alert: -1, findings: []string{"coap.no-ping"}}.check(t, r, err, func() string { return "" })
		if r.HandshakeMS != 57_000 || r.Flights != 6 || r.Datagrams.Sent > 16 || time.Since(began) > 90*time.Second {
			t.Errorf("%d ms, %d flights, %+v, again %+v, %s in all", r.HandshakeMS, r.Flights, *r.Datagrams, *r.Retransmissions, time.Since(began))
		}
		for _, c := range []net.Conn{nearEnd, far, farEnd} {
			_ = c.Close()
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// serveOne is a server for one client that must show a certificate, on a line in memory, until that ends.
func serveOne(ctx context.Context, line net.Conn, cert *peers.Cert) error {
	conn, err := dtls.ServerWithOptions(pionnet.PacketConnFromConn(line), line.RemoteAddr(),
		dtls.WithCertificates(tls.Certificate{Certificate: cert.Chain(), PrivateKey: cert.Key}),
		dtls.WithClientAuth(dtls.RequireAnyClientCert), dtls.WithLoggerFactory(mute))
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.HandshakeContext(ctx); err != nil {
		return err
	}
	for buf := make([]byte, 1<<12); err == nil; {
		_, err = conn.Read(buf)
	}
	return nil
}

func TestConnectEndsWhenItIsCancelled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit := b.units.Unit(t, unitName)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	silent := rogue(t, func(int, []byte) [][]byte { cancel(); return nil })
	r, err := Connect(ctx, silent, ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM, Timeout: time.Minute})
	wish{verdict: cred.Fail, code: "dtls.canceled", alert: -1}.check(t, r, err, func() string { return "" })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the cause is lost: %v", err)
	}
}
