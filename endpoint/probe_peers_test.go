package endpoint_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
	"example.org/sectag/internal/peers"
)

// record and message write what a server would send; the builder of the flight room is for its own tests only.
func record(typ byte, payload ...byte) []byte {
	n := len(payload)
	return append([]byte{typ, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, byte(n >> 8), byte(n)}, payload...)
}

func message(typ, seq byte, body ...byte) []byte {
	n := len(body)
	size := []byte{byte(n >> 16), byte(n >> 8), byte(n)}
	return record(22, slices.Concat([]byte{typ}, size, []byte{0, seq, 0, 0, 0}, size, body)...)
}

func serverHello(version byte) []byte {
	return message(2, 1, slices.Concat([]byte{0xFE, version}, make([]byte, 32), []byte{0, 0xC0, 0x2B, 0})...)
}

func certificate(der []byte) []byte {
	n := len(der)
	m := n + 3
	if n == 0 {
		return message(11, 2, 0, 0, 0)
	}
	return message(11, 2, append([]byte{0, byte(m >> 8), byte(m), 0, byte(n >> 8), byte(n)}, der...)...)
}

// badPeer answers datagrams as it likes.
func badPeer(t *testing.T, answer func(in []byte) [][]byte) string {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 1<<16)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			for _, d := range answer(bytes.Clone(buf[:n])) {
				_, _ = conn.WriteTo(d, from)
			}
		}
	}()
	return conn.LocalAddr().String()
}

// hasCookie tells whether a ClientHello brings a cookie back: record and message headers, version, random, no session.
func hasCookie(in []byte) bool { return len(in) > 60 && in[0] == 22 && in[13] == 1 && in[60] != 0 }

func TestProbeBadPeers(t *testing.T) {
	cookie := message(3, 0, 0xFE, 0xFF, 2, 5, 6)
	hello, done := serverHello(0xFD), message(14, 3)
	good := peers.Root(t, "Root").Server(t).X509.Raw
	afterCookie := func(answers ...[]byte) func([]byte) [][]byte {
		return func(in []byte) [][]byte {
			if hasCookie(in) {
				return answers
			}
			return [][]byte{cookie}
		}
	}
	always := func(answers ...[]byte) func([]byte) [][]byte { return func([]byte) [][]byte { return answers } }
	var flood [][]byte
	for i := range 3000 {
		flood = append(flood, record(22, 12, 0, 0x40, 0, 0, 2, 0, byte(i>>8), byte(i), 0, 0, 1, 7))
	}
	cases := []struct {
		name   string
		answer func([]byte) [][]byte
		code   string
		text   string
		chain  int
	}{
		{"silent", always(), "dtls.silent", "no answer", 0},
		{"noise", always([]byte("\x00\x01\x02noise")), "dtls.not-dtls", "", 0},
		{"echo", func(in []byte) [][]byte { return [][]byte{in} }, "dtls.not-dtls", "", 0},
		{"CoAP in clear", always([]byte{0x70, 0, 0x12, 0x34}), "dtls.not-dtls", "", 0},
		{"cookies without end", always(cookie), "dtls.cookie-silent", "again and again", 0},
		{"cookie, then silence", afterCookie(), "dtls.cookie-silent", "fell silent", 0},
		{"alert 40 to all", always(record(21, 2, 40)), "dtls.no-common-suite", "40", 0},
		{"alert 71 to all", afterCookie(record(21, 2, 71)), "dtls.no-common-suite", "71", 0},
		{"alert 80", afterCookie(record(21, 2, 80)), "dtls.80", "internal_error", 0},
		{"alert 70, another version", always(record(21, 2, 70)), "dtls.70", "protocol_version", 0},
		{"alert 112, another name", always(record(21, 2, 112)), "dtls.112", "unrecognized_name", 0},
		{"a refusal told as a warning", always(record(21, 1, 40)), "dtls.40", "handshake_failure", 0},
		{"hangs up", always(record(21, 1, 0)), "dtls.0", "close_notify", 0},
		{"alert in mid flight", afterCookie(hello, record(21, 2, 80)), "dtls.80", "", 0},
		{"half a flight", afterCookie(hello, certificate(good)), "dtls.began-silent", "", 0},
		{"half a certificate", afterCookie(hello, certificate(good)[:100]), "dtls.garbled", "", 0},
		{"unreadable", always(record(22, 2, 0, 0)), "dtls.garbled", "", 0},
		{"huge certificate", afterCookie(hello, record(22, 11, 0xFF, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 7)), "chain.too-long", "announces", 0},
		{"a long certificate that never ends", afterCookie(hello, record(22, 11, 0, 0x20, 0, 0, 2, 0, 0, 0, 0, 0, 1, 7)), "chain.too-long", "8192", 0},
		{"DTLS 1.0", afterCookie(serverHello(0xFF), certificate(good), done), "dtls.version", "DTLS 1.0", 0},
		{"no certificate", afterCookie(hello, certificate(nil), done), "dtls.garbled", "shows none", 0},
		{"junk certificate", afterCookie(hello, certificate([]byte("junk")), done), "dtls.garbled", "certificate 1", 0},
		{"flood", afterCookie(append([][]byte{hello}, flood...)...), "dtls.began-silent", "", 0},
	}
	// They wait, all at once, for what does not come.
	type outcome struct {
		report endpoint.ProbeReport
		err    error
		took   time.Duration
	}
	outcomes := make([]chan outcome, len(cases))
	limit := func(name string) time.Duration {
		if name == "silent" {
			return 600 * time.Millisecond
		}
		return 5 * time.Second
	}
	for i, c := range cases {
		outcomes[i] = make(chan outcome, 1)
		e := address(t, "coaps://"+badPeer(t, c.answer))
		go func() {
			began := time.Now()
			r, err := endpoint.Probe(context.Background(), e, endpoint.ProbeOptions{Timeout: limit(c.name)})
			outcomes[i] <- outcome{r, err, time.Since(began)}
		}()
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := <-outcomes[i]
			r := o.report
			document(t, r, o.err)
			if failure(r) != c.code || !strings.Contains(o.err.Error(), c.text) {
				t.Errorf("%v, want %s with %q", o.err, c.code, c.text)
			}
			if len(r.Chain) != c.chain || r.Packets > 20 {
				t.Errorf("%d certificates, %d datagrams sent", len(r.Chain), r.Packets)
			}
			if o.took > limit(c.name)+2*time.Second {
				t.Errorf("took %s", o.took)
			}
		})
	}
}

func TestProbeNobodyThere(t *testing.T) {
	began := time.Now()
	r, err := endpoint.Probe(context.Background(), address(t, fmt.Sprintf("coaps://127.0.0.1:%d", peers.FreePort(t))), endpoint.ProbeOptions{})
	document(t, r, err)
	if failure(r) != "dtls.closed" || time.Since(began) > 3*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
	r, err = endpoint.Probe(context.Background(), address(t, "coaps://nowhere.example"), endpoint.ProbeOptions{
		Lookup: func(context.Context, string) ([]net.IPAddr, error) { return nil, errors.New("no such host") },
	})
	document(t, r, err)
	if failure(r) != "dtls.unresolved" {
		t.Error(err)
	}
	r, err = endpoint.Probe(context.Background(), address(t, "coaps://127.0.0.1"), endpoint.ProbeOptions{
		Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("network is unreachable")
		},
	})
	document(t, r, err)
	if failure(r) != "dtls.no-route" {
		t.Error(err)
	}
}

// A caller who gives up is obeyed at once.
func TestProbeIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	url := "coaps://" + badPeer(t, func([]byte) [][]byte { cancel(); return nil })
	began := time.Now()
	r, err := endpoint.Probe(ctx, address(t, url), endpoint.ProbeOptions{Timeout: time.Minute})
	document(t, r, err)
	if failure(r) != "dtls.canceled" || !errors.Is(err, context.Canceled) || time.Since(began) > 10*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
}

// rebinding is a dialer to a server that is gone for a moment after each of its clients, as a server that takes one client and
// then binds its port anew: the host then says that nothing listens.
type rebinding struct {
	to   string
	mu   sync.Mutex
	last time.Time
	gone int
}

func (r *rebinding) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	to := r.to
	if time.Since(r.last) < 40*time.Millisecond {
		r.gone++
		to = "127.0.0.1:9" // discard: nothing listens
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, to)
	if err != nil || to != r.to {
		return conn, err
	}
	return &lastSeen{conn, r}, nil
}

type lastSeen struct {
	net.Conn
	r *rebinding
}

func (l *lastSeen) Close() error {
	l.r.mu.Lock()
	l.r.last = time.Now()
	l.r.mu.Unlock()
	return l.Conn.Close()
}

func TestProbeWaitsForAServerThatRebinds(t *testing.T) {
	root := peers.Root(t, "Root")
	srv := root.Server(t)
	s := peers.OpenSSL(t, "-cert", srv.CertFile, "-key", srv.KeyFile)
	r := rebinding{to: s.Addr}
	report, err := endpoint.Probe(context.Background(), address(t, s.URL), endpoint.ProbeOptions{Anchor: root.PEM, Dial: r.dial})
	document(t, report, err)
	if err != nil || len(report.Suites.Server) < 5 || r.gone == 0 {
		t.Errorf("%v, suites %v, gone %d times", err, report.Suites.Server, r.gone)
	}
}

// One name, two addresses: the one at which nothing listens is passed over.
func TestProbeTriesEachAddress(t *testing.T) {
	root := peers.Root(t, "Root")
	srv := root.Server(t)
	s := peers.OpenSSL(t, "-cert", srv.CertFile, "-key", srv.KeyFile)
	e := cred.Endpoint{Scheme: "coaps", Host: "localhost", Port: uint16(s.Port)}
	report, err := endpoint.Probe(context.Background(), e, endpoint.ProbeOptions{
		Anchor: root.PEM,
		Lookup: func(context.Context, string) ([]net.IPAddr, error) {
			return []net.IPAddr{{IP: net.IPv4(127, 0, 0, 99)}, {IP: net.IPv4(127, 0, 0, 1)}}, nil
		},
	})
	document(t, report, err)
	if err != nil || len(report.Chain) != 1 {
		t.Errorf("%v, %+v", err, report.Chain)
	}
}
