package sim

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/dtls/v3"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/coap"
	"example.org/sectag/endpoint/suite"
	"example.org/sectag/internal/peers"
)

// swap is a client's socket that can be exchanged for one with another port under a live session, as a NAT does.
type swap struct{ now atomic.Pointer[net.UDPConn] }

func dial(t *testing.T, address string) *net.UDPConn {
	t.Helper()
	c, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*net.UDPConn)
}

func (s *swap) move(c *net.UDPConn) { _ = s.now.Swap(c).Close() }

func (s *swap) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		c := s.now.Load()
		n, err := c.Read(b)
		if err == nil || s.now.Load() == c {
			return n, c.RemoteAddr(), err
		}
	}
}

func (s *swap) WriteTo(b []byte, _ net.Addr) (int, error) { return s.now.Load().Write(b) }
func (s *swap) Close() error                              { return s.now.Load().Close() }
func (s *swap) LocalAddr() net.Addr                       { return s.now.Load().LocalAddr() }
func (s *swap) SetDeadline(t time.Time) error             { return s.now.Load().SetDeadline(t) }
func (s *swap) SetReadDeadline(t time.Time) error         { return s.now.Load().SetReadDeadline(t) }
func (s *swap) SetWriteDeadline(t time.Time) error        { return s.now.Load().SetWriteDeadline(t) }

func start(t *testing.T) (address string, options []dtls.ClientOption) {
	t.Helper()
	dir := t.TempDir()
	ours := peers.Root(t, "Ours")
	unit := ours.Unit(t, "urn:imei:350457790000012")
	if err := os.WriteFile(ClientCAFile(dir), ours.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- Serve(ctx, Config{Dir: dir}, func(u string) { ready <- u }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	e, err := cred.ParseEndpoint(<-ready)
	if err != nil {
		t.Fatal(err)
	}
	return e.Addr(), []dtls.ClientOption{
		dtls.WithInsecureSkipVerify(true), dtls.WithConnectionIDGenerator(dtls.OnlySendCIDGenerator()),
		dtls.WithCertificates(tls.Certificate{Certificate: [][]byte{unit.X509.Raw}, PrivateKey: unit.Key}),
	}
}

func TestASessionSurvivesANewPort(t *testing.T) {
	t.Parallel()
	address, options := start(t)
	for _, id := range []dtls.CipherSuiteID{dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, suite.CBC} {
		with := options
		for _, o := range suite.Options(id) {
			with = append(with, o)
		}
		socket := &swap{}
		socket.now.Store(dial(t, address))
		conn, err := dtls.ClientWithOptions(socket, socket.now.Load().RemoteAddr(), with...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := conn.HandshakeContext(ctx); err != nil {
			t.Fatalf("%04x: %v", id, err)
		}
		for i := range 3 {
			if _, err := coap.Ping(ctx, conn, uint16(i), 0); err != nil {
				t.Fatalf("%04x: ping %d: %v", id, i, err)
			}
			socket.move(dial(t, address))
		}
	}
}

// A client that says hello and no more must not keep the server from ending: start's cleanup waits for that.
func TestSilentClientsDoNotHoldTheServer(t *testing.T) {
	t.Parallel()
	address, options := start(t)
	hello := []byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	for range 5 {
		if _, err := dial(t, address).Write(hello); err != nil {
			t.Fatal(err)
		}
	}
	// The server is a single reader: once a handshake is through, the hellos before it have been taken.
	c := dial(t, address)
	socket := &swap{}
	socket.now.Store(c)
	conn, err := dtls.ClientWithOptions(socket, c.RemoteAddr(), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestTheSameRequestIsCarriedOutOnce(t *testing.T) {
	b, now := newBook(Manner{}), time.Unix(1_800_000_000, 0)
	req := coap.Message{Code: coap.POST, ID: 7, Payload: []byte("</1/0>")}
	req.AddPath(coap.URIPath, "rd")
	req.Add(coap.URIQuery, "ep=a", "lt=60")
	raw := marshal(req)
	var last talk
	first := only(b.answer("a", &last, raw, now))
	if again := only(b.answer("a", &last, raw, now)); !bytes.Equal(first, again) || len(b.places) != 1 || b.next != 1 {
		t.Errorf("%x, then %x; %d registrations", first, again, b.next)
	}
	// The same endpoint again replaces its registration, and one that ran out is gone.
	req.ID = 8
	b.answer("a", &last, marshal(req), now)
	if len(b.places) != 1 || b.next != 2 {
		t.Errorf("%d registrations after a second one of the same endpoint", len(b.places))
	}
	update := coap.Message{Code: coap.POST, ID: 9}
	update.AddPath(coap.URIPath, "rd/2")
	out, err := coap.Parse(only(b.answer("a", &last, marshal(update), now.Add(61*time.Second))))
	if err != nil || out.Code != coap.NotFound {
		t.Errorf("an update after the end: %v, %v", out.Code, err)
	}
}

func TestUnknownCriticalOptionsAreRefused(t *testing.T) {
	b := newBook(Manner{})
	req := coap.Message{Code: coap.GET, ID: 7, Options: []coap.Option{{Number: 9, Value: nil}}}
	req.AddPath(coap.URIPath, ".well-known/core")
	out, err := coap.Parse(only(b.answer("a", &talk{}, marshal(req), time.Time{})))
	if err != nil || out.Code != coap.BadOption {
		t.Errorf("%v, %v", out.Code, err)
	}
}

func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		"40001234", "70001234", "4001123bbb2e77656c6c2d6b6e6f776e04636f7265",
		"4402000701020304b272644465703d61ff3c2f312f303e", "50020007", "400212340361",
	} {
		raw, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		b := newBook(Manner{})
		out := only(b.answer("a", &talk{}, raw, time.Unix(1_800_000_000, 0)))
		if out == nil {
			return
		}
		m, err := coap.Parse(out)
		if err != nil {
			t.Fatalf("%x was answered with %x: %v", raw, out, err)
		}
		if in, err := coap.Parse(raw); err != nil || in.ID != m.ID || !bytes.Equal(in.Token, m.Token) && m.Type != coap.Reset {
			t.Fatalf("%x was answered with %x", raw, out)
		}
	})
}

func FuzzDatagram(f *testing.F) {
	f.Add([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{25, 254, 253, 0, 1, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0})
	f.Add([]byte{21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 42})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if id, ok := cidOf(raw); ok && len(id) != cidSize {
			t.Fatalf("a Connection ID of %d bytes", len(id))
		}
		beginsSession(raw)
		l := &lane{}
		l.alert.Store(unknownCA)
		if out := l.reason(raw); len(out) != len(raw) || len(raw) > 0 && !bytes.Equal(out[:len(out)-1], raw[:len(raw)-1]) {
			t.Fatalf("%x became %x", raw, out)
		}
	})
}

// only is the one answer there is; nil for none.
func only(all [][]byte) []byte {
	if len(all) != 1 {
		return nil
	}
	return all[0]
}

// What a server can be told to do wrong, and what it cannot.
func TestManners(t *testing.T) {
	for word, ok := range map[string]bool{
		"register=5.03": true, "update=4.04": true, "deregister=4.00": true, "mismatch=4.00": true, "lose=1": true, "separate": true, "twice": true, "asks": true, "bootstrap": true, "any-name": true,
		"": false, "register": false, "register=2.01": false, "register=4.3": false, "register=4.99": false, "register=x.yz": false, "lose=0": false, "lose=101": false, "lose": false, "delete=4.00": false,
	} {
		if _, err := ParseManner([]string{word}); (err == nil) != ok || err != nil && cred.AsFault(err).Code != "usage.flag" {
			t.Errorf("%q: %v", word, err)
		}
	}
}

// However answers travel, the same request is carried out once; a lost answer comes when it is asked for again.
func TestAnswersTravelAsTheMannerIs(t *testing.T) {
	req := coap.Message{Type: coap.Confirmable, Code: coap.POST, ID: 9, Token: []byte{1}, Payload: []byte("</1/0>")}
	req.AddPath(coap.URIPath, "rd")
	req.Add(coap.URIQuery, "ep=a", "lwm2m=1.1")
	now := time.Unix(1_800_000_000, 0)
	for words, want := range map[string][]string{
		"":                    {"2 2.01"},
		"twice":               {"2 2.01", "2 2.01"},
		"separate":            {"2 0.00", "0 2.01"},
		"asks separate twice": {"0 0.01", "2 0.00", "0 2.01", "0 2.01"},
		"lose=1":              nil,
	} {
		m, err := ParseManner(strings.Fields(words))
		if err != nil {
			t.Fatal(err)
		}
		b, last := newBook(m), talk{}
		said := func() (out []string) {
			for _, raw := range b.answer("a", &last, marshal(req), now) {
				in, err := coap.Parse(raw)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, fmt.Sprintf("%d %s", in.Type, in.Code))
			}
			return out
		}
		if got := said(); !slices.Equal(got, want) {
			t.Errorf("%q: %q", words, got)
		}
		if want == nil {
			want = []string{"2 2.01"}
		}
		if got := said(); !slices.Equal(got, want) || b.next != 1 {
			t.Errorf("%q, again: %q, %d registrations", words, got, b.next)
		}
	}
}

// A server that compares no names registers under any, and the registration is whose session made it.
func TestAnyName(t *testing.T) {
	m, err := ParseManner([]string{"any-name"})
	if err != nil {
		t.Fatal(err)
	}
	b, now := newBook(m), time.Unix(1_800_000_000, 0)
	for i, c := range []struct {
		client string
		code   coap.Code
		path   string
		want   coap.Code
	}{
		{"a", coap.POST, "rd", coap.Created},
		{"b", coap.POST, "rd/1", coap.BadRequest}, // the name is b's, and the registration is not
		{"a", coap.POST, "rd/1", coap.Changed},
		{"b", coap.DELETE, "rd/1", coap.BadRequest},
		{"a", coap.DELETE, "rd/1", coap.Deleted},
	} {
		req := coap.Message{Type: coap.Confirmable, Code: c.code, ID: uint16(i)}
		req.AddPath(coap.URIPath, c.path)
		if c.path == "rd" {
			req.Add(coap.URIQuery, "ep=b", "lwm2m=1.1")
			req.Payload = []byte("</1/0>")
		}
		out, err := coap.Parse(only(b.answer(c.client, &talk{}, marshal(req), now)))
		if err != nil || out.Code != c.want {
			t.Errorf("%s, %s %s: %s, %v", c.client, c.code, c.path, out.Code, err)
		}
	}
}
