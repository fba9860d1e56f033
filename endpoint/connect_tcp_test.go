package endpoint

import (
	"io"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/internal/peers"
)

// Units are let in and refused over TCP as they are over UDP. The servers were written by others.
func TestConnectOverTCP(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit := b.units.Unit(t, unitName)
	stranger := b.others.Unit(t, unitName)
	old := b.units.Issue(t, peers.Spec{CN: unitName, Client: true, Begin: time.Now().Add(-48 * time.Hour), End: time.Now().Add(-time.Hour)})
	good := b.servers.Intermediate(t, "Servers' Intermediate").Server(t)
	direct := b.servers.Server(t)
	spec := func(s peers.Spec) *peers.Cert { return b.servers.Issue(t, s) }
	openssl := func(c *peers.Cert, more ...string) func(*testing.T) *peers.Server {
		return func(t *testing.T) *peers.Server {
			args := []string{"-cert", c.CertFile, "-key", c.KeyFile, "-CAfile", b.units.CertFile}
			if len(c.Issuers) > 1 {
				args = append(args, "-cert_chain", c.IssuersFile)
			}
			return peers.OpenSSLTCP(t, append(args, more...)...)
		}
	}
	mutual := func(c *peers.Cert, more ...string) func(*testing.T) *peers.Server {
		return openssl(c, slices.Concat([]string{"-Verify", "2", "-verify_return_error"}, more)...)
	}
	gnutls := func(t *testing.T) *peers.Server {
		return peers.GnuTLSTCP(t, "--x509certfile", good.ChainFile, "--x509keyfile", good.KeyFile, "--x509cafile", b.units.CertFile,
			"--require-client-cert", "--verify-client-cert")
	}
	pass := wish{verdict: cred.Pass, suite: gcm, alert: -1}
	for _, c := range []struct {
		name   string
		server func(*testing.T) *peers.Server
		host   string
		change func(*ConnectOptions)
		wish   wish
	}{
		{name: "OpenSSL lets the unit in", server: mutual(good), wish: pass},
		{name: "by name", server: mutual(direct, "-servername", "localhost", "-servername_fatal", "-cert2", direct.CertFile, "-key2", direct.KeyFile), host: "localhost", wish: pass},
		{name: "GnuTLS lets the unit in", server: gnutls, wish: pass},
		{
			name: "0xC023", server: mutual(good, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"),
			wish: wish{verdict: cred.Pass, suite: cbc256, alert: -1},
		},
		{
			name: "an RSA server", server: mutual(spec(peers.Spec{RSA: 2048})),
			wish: wish{verdict: cred.Pass, suite: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", alert: -1},
		},
		{
			name: "a server that never asks", server: openssl(good),
			wish: wish{verdict: cred.Warn, suite: gcm, alert: -1, findings: []string{"dtls.no-client-auth"}},
		},
		{
			name: "OpenSSL refuses another authority's unit", server: mutual(good),
			change: func(o *ConnectOptions) { o.Cert, o.Key = stranger.PEM, stranger.KeyPEM },
			wish:   wish{verdict: cred.Fail, code: "dtls.48", alert: 48, findings: []string{"dtls.ca-not-listed"}, in: []string{"root.crt"}},
		},
		{
			name: "GnuTLS refuses another authority's unit", server: gnutls,
			change: func(o *ConnectOptions) { o.Cert, o.Key = stranger.PEM, stranger.KeyPEM },
			wish:   wish{verdict: cred.Fail, code: "dtls.49", alert: 49, findings: []string{"dtls.ca-not-listed"}},
		},
		{
			name: "OpenSSL refuses an expired unit", server: mutual(good), change: func(o *ConnectOptions) { o.Cert, o.Key = old.PEM, old.KeyPEM },
			wish: wish{verdict: cred.Fail, code: "dtls.45", alert: 45},
		},
		{
			name: "only 0xC024", server: mutual(good, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384"),
			wish: wish{verdict: cred.Warn, alert: -1, findings: []string{"dtls.suite-untested"}},
		},
		{
			name: "only CCM_8", server: mutual(good, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0"),
			wish: wish{verdict: cred.Fail, code: "dtls.no-common-suite", alert: 40, in: []string{"AES_128_CCM_8"}},
		},
		{name: "only TLS 1.3", server: mutual(good, "-tls1_3"), wish: wish{verdict: cred.Fail, code: "dtls.70", alert: 70}},
		{
			name: "an unknown anchor", server: mutual(good), change: func(o *ConnectOptions) { o.Anchor = b.others.PEM },
			wish: wish{verdict: cred.Fail, code: "chain.untrusted", alert: -1, findings: []string{"chain.untrusted"}},
		},
		{
			name: "another name", server: mutual(spec(peers.Spec{CN: "other.example", DNS: []string{"other.example"}})),
			wish: wish{verdict: cred.Fail, code: "chain.name", alert: -1, findings: []string{"chain.name"}},
		},
		{
			name: "no intermediate", server: func(t *testing.T) *peers.Server {
				return peers.OpenSSLTCP(t, "-cert", good.CertFile, "-key", good.KeyFile, "-CAfile", b.units.CertFile, "-Verify", "2")
			},
			wish: wish{verdict: cred.Fail, code: "chain.incomplete", alert: -1, findings: []string{"chain.incomplete"}},
		},
		{
			name: "a pre-shared key", server: mutual(good),
			change: func(o *ConnectOptions) {
				*o = ConnectOptions{PSKID: "unit", PSK: []byte("00112233445566778899aabbccddeeff")}
			},
			wish: wish{verdict: cred.Fail, code: "config.value", alert: -1},
		},
		{
			name: "another port", server: mutual(good), change: func(o *ConnectOptions) { o.Rebind = true },
			wish: wish{verdict: cred.Fail, code: "config.value", alert: -1},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := c.server(t)
			e := cred.Endpoint{Scheme: "tls", Host: "127.0.0.1", Port: uint16(s.Port)}
			if c.host != "" {
				e.Host = c.host
			}
			o := ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM, Timeout: 10 * time.Second}
			if c.change != nil {
				c.change(&o)
			}
			r, err := Connect(t.Context(), e, o)
			c.wish.check(t, r, err, s.Output)
			if r.CID.Offered || r.CID.Negotiated || r.Datagrams != nil || r.HandshakeMS > 0 && (r.Version != "TLS 1.2" || len(r.Peer) == 0) {
				t.Errorf("version %q, %d certificates, CID %+v, datagrams %+v", r.Version, len(r.Peer), r.CID, r.Datagrams)
			}
		})
	}
}

// Each of these gets a unit that is in order; nothing is waited for longer than patience lasts.
func TestConnectOverTCPToPeersThatMisbehave(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit := b.units.Unit(t, unitName)
	for _, c := range []struct {
		name   string
		answer []byte
		hangs  bool // and keeps the connection open
		code   string
	}{
		{"silent", nil, true, "dtls.silent"},
		{"hangs up", nil, false, "dtls.not-dtls"},
		{"resets", nil, false, "dtls.not-dtls"},
		{"text", []byte("HTTP/1.1 400 Bad Request\r\n\r\n"), false, "dtls.not-dtls"},
		{"an alert", []byte{21, 3, 3, 0, 2, 2, 80}, false, "dtls.80"},
		{"half a record", []byte{22, 3, 3, 0, 90, 2, 0}, false, "dtls.began-silent"},
		{"an unreadable hello", []byte{22, 3, 3, 0, 7, 2, 0, 0, 3, 9, 9, 9}, false, "dtls.garbled"},
		{"a huge certificate", []byte{22, 3, 3, 0, 5, 11, 0, 0x20, 0, 7}, false, "chain.too-long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			t.Cleanup(func() {
				_ = l.Close()
				<-done
			})
			go func() {
				defer close(done)
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					buf := make([]byte, 1<<12)
					_, _ = conn.Read(buf)
					_, _ = conn.Write(c.answer)
					if c.hangs {
						_, _ = io.Copy(io.Discard, conn) // until the client goes
					}
					if c.name == "resets" {
						_ = conn.(*net.TCPConn).SetLinger(0)
					}
					_ = conn.Close()
				}
			}()
			e := cred.Endpoint{Scheme: "tls", Host: "127.0.0.1", Port: netip.MustParseAddrPort(l.Addr().String()).Port()}
			o := ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM, Timeout: 10 * time.Second}
			if c.hangs {
				o.Timeout = time.Second
			}
			r, err := Connect(t.Context(), e, o)
			if f := cred.AsFault(err); err == nil || f.Code != c.code {
				t.Errorf("connect: %v, want %s; %+v", err, c.code, r)
			}
			p, err := Probe(t.Context(), e, ProbeOptions{Timeout: o.Timeout})
			if f := cred.AsFault(err); err == nil || f.Code != c.code {
				t.Errorf("probe: %v, want %s; %+v", err, c.code, p.Failure)
			}
		})
	}
}

// An address literal of IPv6 stands in brackets.
func TestConnectOverIPv6(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit := b.units.Unit(t, unitName)
	srv := b.servers.Server(t)
	s := peers.OpenSSL6(t, "-cert", srv.CertFile, "-key", srv.KeyFile, "-Verify", "2", "-verify_return_error", "-CAfile", b.units.CertFile)
	e, err := cred.ParseEndpoint(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Connect(t.Context(), e, ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM})
	wish{verdict: cred.Pass, suite: gcm, alert: -1, findings: []string{"coap.no-ping"}}.check(t, r, err, s.Output)
	if r.Address != s.Addr {
		t.Errorf("address %q, not %q", r.Address, s.Addr)
	}
}
