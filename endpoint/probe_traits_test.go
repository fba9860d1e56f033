package endpoint_test

import (
	"context"
	"crypto/elliptic"
	"encoding/json"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
	"example.org/sectag/endpoint/hail"
	"example.org/sectag/internal/peers"
)

// able writes the traits in a few words, so that a table can name them.
func able(t *testing.T, r endpoint.ProbeReport) map[string]string {
	t.Helper()
	raw, err := json.Marshal(r.Traits)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for name, v := range fields {
		switch v := v.(type) {
		case bool:
			out[name] = map[bool]string{true: "yes", false: "no"}[v]
		case string:
			out[name] = v
		case []any:
			var all []string
			for _, s := range v {
				all = append(all, s.(string))
			}
			out[name] = strings.Join(all, " ")
		}
	}
	delete(out, "client_signatures")
	return out
}

const (
	allCurves = "secp256r1 secp384r1 secp521r1 x25519"
	ecdsa     = "ECDSA-SHA256 ECDSA-SHA384 ECDSA-SHA512"
)

// What else a server can do, of servers that nobody here wrote, over UDP and TCP. Each field is what the server's own configuration says.
func TestProbeTellsWhatElseAServerCanDo(t *testing.T) {
	root := peers.Root(t, "Root")
	srv := root.Server(t)
	p384 := root.Issue(t, peers.Spec{Curve: elliptic.P384()})
	rsa := root.Issue(t, peers.Spec{RSA: 2048})
	files := func(c *peers.Cert, more ...string) []string {
		return append([]string{"-cert", c.CertFile, "-key", c.KeyFile}, more...)
	}
	ask := []string{"-Verify", "2", "-verify_return_error", "-CAfile", root.CertFile}
	type want = map[string]string
	openssl := want{
		"cookie": "yes", "versions": "DTLS 1.2", "groups": allCurves, "signatures": ecdsa, "ems": "yes", "renegotiation": "yes",
		"encrypt_then_mac": "yes", "max_fragment": "yes", "rrc": "no", "authorities": "CN=Root",
	}
	overTCP := want{
		"versions": "TLS 1.2 TLS 1.3", "groups": allCurves, "signatures": ecdsa, "ems": "yes", "renegotiation": "yes",
		"encrypt_then_mac": "yes", "max_fragment": "yes", "authorities": "CN=Root",
	}
	but := func(w want, pairs ...string) want {
		out := want{}
		for k, v := range w {
			out[k] = v
		}
		for i := 0; i < len(pairs); i += 2 {
			if out[pairs[i]] = pairs[i+1]; pairs[i+1] == "absent" {
				delete(out, pairs[i])
			}
		}
		return out
	}
	for _, c := range []struct {
		name  string
		start func(t *testing.T) *peers.Server
		want  want
		codes []string // of all findings about it, information too
	}{
		{"openssl", func(t *testing.T) *peers.Server { return peers.OpenSSL(t, files(srv, ask...)...) }, openssl, nil},
		{
			"gnutls without its safeguards", func(t *testing.T) *peers.Server {
				return peers.GnuTLS(t, "--x509certfile", srv.ChainFile, "--x509keyfile", srv.KeyFile, "--x509cafile", root.CertFile,
					"--priority", "NORMAL:-VERS-DTLS1.0:%NO_SESSION_HASH:%DISABLE_SAFE_RENEGOTIATION:%NO_ETM")
			}, but(openssl, "ems", "no", "renegotiation", "no", "encrypt_then_mac", "no"), []string{"dtls.no-ems", "dtls.no-renegotiation-info"},
		},
		{
			"openssl with two curves", func(t *testing.T) *peers.Server {
				return peers.OpenSSL(t, files(srv, append(ask, "-groups", "P-384:P-256", "-serverpref")...)...)
			}, but(openssl, "groups", "secp256r1 secp384r1"), nil,
		},
		{
			"openssl with x25519 alone", func(t *testing.T) *peers.Server {
				return peers.OpenSSL(t, files(rsa, append(ask, "-groups", "X25519")...)...)
			},
			but(openssl, "groups", "x25519", "signatures", "SHA256-RSA SHA384-RSA SHA512-RSA SHA256-RSAPSS SHA384-RSAPSS SHA512-RSAPSS"),
			[]string{"dtls.curve"},
		},
		{
			"openssl with RSA-PSS alone, which wants nothing else from units", func(t *testing.T) *peers.Server {
				return peers.OpenSSL(t, files(rsa, append(ask, "-sigalgs", "rsa_pss_rsae_sha256")...)...)
			},
			but(openssl, "signatures", "SHA256-RSAPSS"),
			[]string{"dtls.no-unit-signature", "dtls.signature"},
		},
		{
			"openssl with a key on P-384", func(t *testing.T) *peers.Server { return peers.OpenSSL(t, files(p384, ask...)...) }, openssl, nil,
		},
		{
			"openssl never asks", func(t *testing.T) *peers.Server { return peers.OpenSSL(t, files(srv)...) }, but(openssl, "authorities", ""), nil,
		},
		{
			"openssl with a hint", func(t *testing.T) *peers.Server {
				return peers.OpenSSL(t, "-nocert", "-psk", "00112233445566778899aabbccddeeff", "-psk_hint", "bench", "-cipher", "PSK-AES128-CBC-SHA256")
			}, but(openssl, "groups", "", "signatures", "", "authorities", "", "psk_hint", "bench"), nil,
		},
		{
			"gnutls", func(t *testing.T) *peers.Server {
				return peers.GnuTLS(t, "--x509certfile", srv.ChainFile, "--x509keyfile", srv.KeyFile, "--x509cafile", root.CertFile, "--require-client-cert")
			}, but(openssl, "versions", "DTLS 1.0 DTLS 1.2"), []string{"dtls.old-version"},
		},
		{
			"libcoap/openssl", func(t *testing.T) *peers.Server {
				return peers.Coap(t, "openssl", "-c", srv.ChainFile, "-j", srv.KeyFile, "-C", root.CertFile)
			}, openssl, nil,
		},
		{
			"TLS, openssl", func(t *testing.T) *peers.Server { return peers.OpenSSLTCP(t, files(srv, ask...)...) }, overTCP, nil,
		},
		{
			"TLS, openssl, 1.2 alone", func(t *testing.T) *peers.Server {
				return peers.OpenSSLTCP(t, files(srv, append(ask, "-tls1_2")...)...)
			}, but(overTCP, "versions", "TLS 1.2"), nil,
		},
		{
			"TLS, openssl, old versions", func(t *testing.T) *peers.Server {
				return peers.OpenSSLTCP(t, files(srv, append(ask, "-cipher", "ALL:@SECLEVEL=0")...)...)
			}, but(overTCP, "versions", "TLS 1.0 TLS 1.1 TLS 1.2 TLS 1.3"), []string{"dtls.old-version"},
		},
		{
			"TLS, gnutls", func(t *testing.T) *peers.Server {
				return peers.GnuTLSTCP(t, "--x509certfile", srv.ChainFile, "--x509keyfile", srv.KeyFile, "--x509cafile", root.CertFile, "--require-client-cert", "--priority", "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1")
			}, overTCP, nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			peer := c.start(t)
			r, err := endpoint.Probe(context.Background(), address(t, peer.URL), endpoint.ProbeOptions{Roots: root.CertFile})
			document(t, r, err)
			if d := cmp.Diff(c.want, able(t, r)); d != "" {
				t.Errorf("%s\n%v\nserver: %s", d, err, peer.Output())
			}
			about := []string{"dtls.old-version", "dtls.no-ems", "dtls.no-renegotiation-info", "dtls.curve", "dtls.signature", "dtls.no-unit-signature", "dtls.probe-partial"}
			var found []string
			for _, f := range r.Findings {
				if slices.Contains(about, f.Code) {
					found = append(found, f.Code)
				}
			}
			slices.Sort(found)
			if !slices.Equal(found, c.codes) {
				t.Errorf("findings %q, want %q", found, c.codes)
			}
			if r.Traits.RTTMS < 1 || r.Packets < 10 || r.Packets > hail.MaxPackets {
				t.Errorf("round trip %d ms, %d packets", r.Traits.RTTMS, r.Packets)
			}
		})
	}
}

// Servers over TCP are judged as those over UDP are.
func TestProbeOverTCP(t *testing.T) {
	root := peers.Root(t, "Root")
	inter := root.Intermediate(t, "Intermediate")
	good, direct := inter.Server(t), root.Server(t)
	openssl := func(c *peers.Cert, more ...string) func(*testing.T) *peers.Server {
		return func(t *testing.T) *peers.Server {
			args := append([]string{"-cert", c.CertFile, "-key", c.KeyFile}, more...)
			if len(c.Chain()) > 1 {
				args = append(args, "-cert_chain", c.IssuersFile)
			}
			return peers.OpenSSLTCP(t, args...)
		}
	}
	ask := []string{"-Verify", "2", "-verify_return_error", "-CAfile", root.CertFile}
	roots := endpoint.ProbeOptions{Roots: root.CertFile}
	for _, s := range []server{
		{name: "good", start: openssl(good, ask...), options: roots, auth: "required", chain: 2, usable: []string{gcm, cbc256}, lacks: []string{ccm8}},
		{
			name: "by name", start: openssl(direct, append(ask, "-servername", "localhost", "-servername_fatal", "-cert2", direct.CertFile, "-key2", direct.KeyFile)...),
			host: "localhost", options: roots, auth: "required", chain: 2, usable: []string{gcm},
		},
		{
			name: "asks and lets in", start: openssl(good, "-verify", "2", "-CAfile", root.CertFile), options: roots,
			auth: "optional", chain: 2, codes: []string{"dtls.no-client-auth"},
		},
		{name: "never asks", start: openssl(good), options: roots, auth: "none", chain: 2, codes: []string{"dtls.no-client-auth"}},
		{
			name: "only CCM_8", start: openssl(good, append(ask, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0")...), options: roots,
			auth: "required", chain: 2, failure: "dtls.no-common-suite", codes: []string{"dtls.no-common-suite"},
		},
		{
			name: "only what this computer cannot make", start: openssl(good, append(ask, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384")...), options: roots,
			auth: "required", chain: 2, codes: []string{"dtls.suite-untested"},
		},
		{name: "only TLS 1.3", start: openssl(good, append(ask, "-tls1_3")...), options: roots, failure: "dtls.70", codes: nil},
		{
			name: "over 4 kB", start: openssl(inter.Issue(t, peers.Spec{Pad: 4000}), ask...), options: roots,
			auth: "required", chain: 2, failure: "chain.too-long", codes: []string{"chain.too-long"},
		},
		{
			name: "pre-shared key", options: roots, start: func(t *testing.T) *peers.Server {
				return peers.OpenSSLTCP(t, "-nocert", "-tls1_2", "-psk", "00112233445566778899aabbccddeeff", "-cipher", "PSK-AES128-CBC-SHA256")
			}, codes: []string{"dtls.no-certificate"}, usable: []string{"TLS_PSK_WITH_AES_128_CBC_SHA256"},
		},
		{
			name: "gnutls", options: roots, start: func(t *testing.T) *peers.Server {
				return peers.GnuTLSTCP(t, "--x509certfile", good.ChainFile, "--x509keyfile", good.KeyFile, "--x509cafile", root.CertFile,
					"--require-client-cert", "--verify-client-cert", "--priority", "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1")
			}, auth: "required", chain: 2, usable: []string{gcm},
		},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.more = func(t *testing.T, r endpoint.ProbeReport) {
				if r.CID != nil || r.Traits.Cookie != nil || r.Traits.RRC != nil {
					t.Errorf("over TCP: CID %v, cookie %v, RRC %v", r.CID, r.Traits.Cookie, r.Traits.RRC)
				}
			}
			s.check(t)
		})
	}
}

// An address literal of IPv6 stands in brackets.
func TestProbeOverIPv6(t *testing.T) {
	root := peers.Root(t, "Root")
	srv := root.Server(t)
	s := peers.OpenSSL6(t, "-cert", srv.CertFile, "-key", srv.KeyFile, "-Verify", "2", "-verify_return_error", "-CAfile", root.CertFile)
	r, err := endpoint.Probe(context.Background(), address(t, s.URL), endpoint.ProbeOptions{Roots: root.CertFile})
	document(t, r, err)
	if err != nil || r.Verdict != cred.Pass || !*r.HostMatch || len(r.Chain) != 2 || r.ClientAuth != "required" {
		t.Errorf("%v, %+v\n%s", err, r, s.Output())
	}
}

// counted is a dialer that knows how many of its connections are open, and what was written to them.
type counted struct{ open, most, writes atomic.Int64 }

func (c *counted) dial(ctx context.Context, network, to string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, to)
	if err != nil {
		return nil, err
	}
	if n := c.open.Add(1); n > c.most.Load() {
		c.most.Store(n)
	}
	return &countedConn{Conn: conn, c: c}, nil
}

type countedConn struct {
	net.Conn
	c    *counted
	once sync.Once
}

func (c *countedConn) Write(b []byte) (int, error) {
	c.c.writes.Add(1)
	return c.Conn.Write(b)
}

func (c *countedConn) Close() error {
	c.once.Do(func() { c.c.open.Add(-1) })
	return c.Conn.Close()
}

// A probe is a polite guest: one session at a time, all of them ended, and as many packets as it says.
func TestProbeIsAPoliteGuest(t *testing.T) {
	root := peers.Root(t, "Root")
	srv := root.Server(t)
	args := []string{"-cert", srv.CertFile, "-key", srv.KeyFile, "-Verify", "2", "-verify_return_error", "-CAfile", root.CertFile}
	for name, start := range map[string]func(testing.TB, ...string) *peers.Server{"UDP": peers.OpenSSL, "TCP": peers.OpenSSLTCP} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c counted
			r, err := endpoint.Probe(context.Background(), address(t, start(t, args...).URL), endpoint.ProbeOptions{Roots: root.CertFile, Dial: c.dial})
			document(t, r, err)
			if err != nil || c.most.Load() != 1 || c.open.Load() != 0 || int64(r.Packets) != c.writes.Load() {
				t.Errorf("%v; %d open at once, %d left open; %d packets said, %d sent", err, c.most.Load(), c.open.Load(), r.Packets, c.writes.Load())
			}
		})
	}
}
