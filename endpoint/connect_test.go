package endpoint

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/suite"
	"example.org/sectag/internal/peers"
)

const unitName = "urn:imei:350457790000012"

// bench is what a table of servers needs: an authority for units, another one, and one for servers.
type bench struct{ units, others, servers *peers.Cert }

func newBench(t *testing.T) bench {
	t.Helper()
	return bench{peers.Root(t, "Units"), peers.Root(t, "Others"), peers.Root(t, "Servers")}
}

// wish is what a connection is expected to come to.
type wish struct {
	verdict  cred.Verdict
	code     string   // of the failure
	findings []string // all of them, in any order
	suite    string
	alert    int // -1 for none
	pinged   bool
	rebind   string   // "not-tried" if empty
	in       []string // words of the failure's text and hint; where there is none, of the findings' hints
}

func (w wish) check(t *testing.T, r ConnectReport, err error, server func() string) {
	t.Helper()
	document, _ := json.MarshalIndent(r, "", " ")
	bad := func(format string, args ...any) {
		t.Helper()
		t.Errorf(format, args...)
	}
	if r.Verdict != w.verdict {
		bad("verdict %q, not %q", r.Verdict, w.verdict)
	}
	var code, text string
	if err != nil {
		f := cred.AsFault(err)
		code, text = f.Code, f.Text+" "+f.Hint
		if r.Failure != f || f.Hint == "" || strings.Contains(f.Text, "\n") {
			bad("the failure is %+v, the error %v", r.Failure, err)
		}
	}
	for i := 0; err == nil && i < len(r.Findings); i++ {
		text += r.Findings[i].Hint
	}
	if code != w.code {
		bad("code %q, not %q", code, w.code)
	}
	for _, s := range w.in {
		if !strings.Contains(text, s) {
			bad("%q is not in %q", s, text)
		}
	}
	var found []string
	for _, f := range r.Findings {
		found = append(found, f.Code)
	}
	slices.Sort(found)
	slices.Sort(w.findings)
	if !slices.Equal(found, w.findings) {
		bad("findings %q, not %q", found, w.findings)
	}
	if w.suite != "" && r.Suite != w.suite {
		bad("suite %q, not %q", r.Suite, w.suite)
	}
	if got := alertOf(r); got != w.alert {
		bad("alert %d, not %d", got, w.alert)
	}
	if r.Verdict == cred.Pass && (r.ClientAuth != "used" || r.HandshakeMS < 1) {
		bad("client_auth %q, handshake_ms %d", r.ClientAuth, r.HandshakeMS)
	}
	if r.Path != "host" || r.Twin || r.Rebind != cmp.Or(w.rebind, notTried) {
		bad("path %q, twin %v, rebind %q", r.Path, r.Twin, r.Rebind)
	}
	if (r.PingMS > 0) != w.pinged {
		bad("ping_ms %d", r.PingMS)
	}
	if t.Failed() {
		out := server()
		t.Logf("%s\nserver:\n%s", document, out[:min(len(out), 3000)])
	}
}

func alertOf(r ConnectReport) int {
	if r.Alert == nil {
		return -1
	}
	return int(*r.Alert)
}

const (
	gcm    = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
	cbc256 = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"
)

// The servers in this table were written by others. "Missing tool" is a failure: see package peers.
func TestConnectToServersOfOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit := b.units.Unit(t, unitName)
	good := b.servers.Intermediate(t, "Servers' Intermediate").Server(t)
	short := b.servers.Server(t)
	ecdsaCBC := "NORMAL:-CIPHER-ALL:+AES-128-CBC:-MAC-ALL:+SHA256:+SHA1"
	pass := wish{verdict: cred.Pass, suite: gcm, alert: -1, pinged: true}
	quietly := wish{verdict: cred.Pass, suite: gcm, alert: -1, findings: []string{"coap.no-ping"}}
	refused := func(code string, alert int, in ...string) wish {
		return wish{verdict: cred.Fail, code: code, alert: alert, in: in}
	}
	openssl := func(c *peers.Cert, more ...string) func(*testing.T) *peers.Server {
		return func(t *testing.T) *peers.Server {
			args := []string{"-cert", c.CertFile, "-key", c.KeyFile, "-CAfile", b.units.CertFile}
			if len(c.Issuers) > 1 {
				args = append(args, "-cert_chain", c.IssuersFile)
			}
			return peers.OpenSSL(t, append(args, more...)...)
		}
	}
	demand := []string{"-Verify", "2", "-verify_return_error"}
	mutual := func(c *peers.Cert, more ...string) func(*testing.T) *peers.Server {
		return openssl(c, slices.Concat(demand, more)...)
	}
	gnutls := func(c *peers.Cert, more ...string) func(*testing.T) *peers.Server {
		return func(t *testing.T) *peers.Server {
			return peers.GnuTLS(t, append([]string{
				"--x509certfile", c.ChainFile, "--x509keyfile", c.KeyFile,
				"--x509cafile", b.units.CertFile, "--require-client-cert", "--verify-client-cert",
			}, more...)...)
		}
	}
	libcoap := func(flavour string) func(*testing.T) *peers.Server {
		return func(t *testing.T) *peers.Server {
			return peers.Coap(t, flavour, "-c", short.ChainFile, "-j", short.KeyFile, "-C", b.units.CertFile)
		}
	}
	type change func(*ConnectOptions)
	as := func(c *peers.Cert) change { return func(o *ConnectOptions) { o.Cert, o.Key = c.PEM, c.KeyPEM } }
	offer := func(ids ...dtls.CipherSuiteID) change { return func(o *ConnectOptions) { o.offer = ids } }
	patience := func(d time.Duration) change { return func(o *ConnectOptions) { o.Timeout = d } }
	stranger := b.others.Unit(t, unitName)
	old := b.units.Issue(t, peers.Spec{CN: unitName, Client: true, Begin: time.Now().Add(-48 * time.Hour), End: time.Now().Add(-time.Hour)})
	spec := func(s peers.Spec) *peers.Cert { return b.servers.Issue(t, s) }
	for _, c := range []struct {
		name   string
		server func(*testing.T) *peers.Server
		change change
		host   string
		wish   wish
	}{
		{name: "OpenSSL lets the unit in", server: mutual(good), wish: quietly},
		{name: "OpenSSL in small pieces", server: mutual(good, "-mtu", "300"), wish: quietly},
		{name: "OpenSSL by name", server: mutual(good), host: "localhost", wish: quietly},
		{name: "GnuTLS lets the unit in", server: gnutls(good), wish: quietly},
		{name: "libcoap with OpenSSL answers the ping", server: libcoap("openssl"), wish: pass},
		{name: "libcoap with GnuTLS answers the ping", server: libcoap("gnutls"), wish: pass},

		{
			name: "0xC023 with OpenSSL", server: mutual(good, "-cipher", "ECDHE-ECDSA-AES128-SHA256"),
			wish: wish{verdict: cred.Pass, suite: cbc256, alert: -1, findings: []string{"coap.no-ping"}},
		},
		{
			name: "0xC023 with GnuTLS", server: gnutls(good, "--priority", ecdsaCBC), change: offer(suite.CBC),
			wish: wish{verdict: cred.Pass, suite: cbc256, alert: -1, findings: []string{"coap.no-ping"}},
		},
		{
			name: "0xC023 with libcoap and OpenSSL", server: libcoap("openssl"), change: offer(suite.CBC),
			wish: wish{verdict: cred.Pass, suite: cbc256, alert: -1, pinged: true},
		},
		{
			name: "0xC023 with libcoap and GnuTLS", server: libcoap("gnutls"), change: offer(suite.CBC),
			wish: wish{verdict: cred.Pass, suite: cbc256, alert: -1, pinged: true},
		},
		{
			name: "an RSA server", server: mutual(spec(peers.Spec{RSA: 2048})),
			wish: wish{verdict: cred.Pass, suite: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", alert: -1, findings: []string{"coap.no-ping"}},
		},

		{
			name: "OpenSSL refuses another authority's unit", server: mutual(good), change: as(stranger),
			wish: func() wish {
				w := refused("dtls.48", 48, "does not know the authority", "root.crt")
				w.findings = []string{"dtls.ca-not-listed"}
				return w
			}(),
		},
		{
			name: "OpenSSL asks, and takes another authority's unit", server: openssl(good, "-verify", "2"), change: as(stranger),
			wish: wish{verdict: cred.Pass, suite: gcm, alert: -1, findings: []string{"dtls.ca-not-listed", "coap.no-ping"}, in: []string{"--negative tells"}},
		},
		{
			name: "GnuTLS refuses another authority's unit", server: gnutls(good), change: as(stranger),
			wish: func() wish {
				w := refused("dtls.49", 49, "denies the unit access", "root.crt")
				w.findings = []string{"dtls.ca-not-listed"}
				return w
			}(),
		},
		{
			name: "libcoap refuses another authority's unit", server: libcoap("openssl"), change: as(stranger),
			wish: func() wish {
				w := refused("dtls.48", 48)
				w.findings = []string{"dtls.ca-not-listed"}
				return w
			}(),
		},
		{name: "OpenSSL refuses an expired unit", server: mutual(good), change: as(old), wish: refused("dtls.45", 45, "has ended")},
		{
			name: "a server that never asks", server: openssl(good),
			wish: wish{verdict: cred.Warn, suite: gcm, alert: -1, findings: []string{"coap.no-ping", "dtls.no-client-auth"}},
		},

		{
			name: "only 0xC024", server: mutual(good, "-cipher", "ECDHE-ECDSA-AES256-SHA384"),
			wish: wish{verdict: cred.Pass, suite: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", alert: -1, findings: []string{"coap.no-ping"}},
		},
		{
			name: "only 0xC009", server: mutual(good, "-cipher", "ECDHE-ECDSA-AES128-SHA"),
			wish: wish{verdict: cred.Pass, suite: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", alert: -1, findings: []string{"coap.no-ping"}},
		},
		{
			name: "only 0xC027", server: mutual(spec(peers.Spec{RSA: 2048}), "-cipher", "ECDHE-RSA-AES128-SHA256"),
			wish: wish{verdict: cred.Pass, suite: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", alert: -1, findings: []string{"coap.no-ping"}},
		},
		{
			name: "only 0xC013", server: mutual(spec(peers.Spec{RSA: 2048}), "-cipher", "ECDHE-RSA-AES128-SHA"),
			wish: wish{verdict: cred.Pass, suite: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", alert: -1, findings: []string{"coap.no-ping"}},
		},
		{
			name: "only what was not offered", server: mutual(good, "-cipher", "ECDHE-ECDSA-AES128-SHA"), change: offer(suite.CBC),
			wish: wish{verdict: cred.Warn, alert: -1, findings: []string{"dtls.suite-untested"}},
		},
		{
			name: "only CCM_8", server: mutual(good, "-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0"),
			wish: refused("dtls.no-common-suite", 40, "AES_128_CCM_8", "0xC02B"),
		},
		{
			name: "only CCM_8 and GnuTLS, which says nothing", server: gnutls(good, "--priority", "NORMAL:-CIPHER-ALL:+AES-128-CCM-8"), change: patience(4 * time.Second),
			wish: refused("dtls.no-common-suite", -1, "AES_128_CCM_8"),
		},
		{name: "only pre-shared keys", server: func(t *testing.T) *peers.Server {
			return peers.OpenSSL(t, "-nocert", "-psk", "00112233", "-cipher", "PSK-AES128-CBC-SHA256")
		}, wish: refused("dtls.no-common-suite", 40, "pre-shared keys only")},
		{name: "only DTLS 1.0", server: gnutls(good, "--priority", "LEGACY:-VERS-ALL:+VERS-DTLS1.0"), wish: refused("dtls.version", -1)},

		{
			name: "an unknown anchor", server: mutual(good), change: func(o *ConnectOptions) { o.Anchor = b.others.PEM },
			wish: wish{verdict: cred.Fail, code: "chain.untrusted", alert: -1, findings: []string{"chain.untrusted"}, in: []string{"CN=Servers"}},
		},
		{
			name: "the right one of two anchors", server: mutual(good),
			change: func(o *ConnectOptions) { o.Anchor = slices.Concat(b.others.PEM, b.servers.PEM) }, wish: quietly,
		},
		{
			name: "an expired server", server: mutual(spec(peers.Spec{Begin: time.Now().Add(-48 * time.Hour), End: time.Now().Add(-time.Hour)})),
			wish: wish{verdict: cred.Fail, code: "chain.expired", alert: -1, findings: []string{"chain.expired"}},
		},
		{
			name: "a server of tomorrow", server: mutual(spec(peers.Spec{Begin: time.Now().Add(time.Hour)})),
			wish: wish{verdict: cred.Fail, code: "chain.not-yet", alert: -1, findings: []string{"chain.not-yet"}},
		},
		{
			name: "another name", server: mutual(spec(peers.Spec{CN: "other.example", DNS: []string{"other.example"}})),
			wish: wish{verdict: cred.Fail, code: "chain.name", alert: -1, findings: []string{"chain.name"}, in: []string{"other.example"}},
		},
		{
			name: "a name in the common name alone", server: mutual(spec(peers.Spec{NoSAN: true})), host: "localhost",
			wish: wish{verdict: cred.Warn, suite: gcm, alert: -1, findings: []string{"chain.name-cn", "chain.name-go", "coap.no-ping"}},
		},
		{name: "no intermediate", server: func(t *testing.T) *peers.Server {
			return peers.OpenSSL(t, append([]string{"-cert", good.CertFile, "-key", good.KeyFile, "-CAfile", b.units.CertFile}, demand...)...)
		}, wish: wish{verdict: cred.Fail, code: "chain.incomplete", alert: -1, findings: []string{"chain.incomplete"}, in: []string{"CN=Servers"}}},
		{
			name: "over 4 kB", server: mutual(spec(peers.Spec{Pad: 4096})),
			wish: wish{verdict: cred.Fail, code: "chain.too-long", alert: -1, findings: []string{"chain.too-long"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := c.server(t)
			e := cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: uint16(s.Port)}
			if c.host != "" {
				e.Host = c.host
			}
			o := ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM, Timeout: 10 * time.Second}
			if c.change != nil {
				c.change(&o)
			}
			r, err := Connect(t.Context(), e, o)
			c.wish.check(t, r, err, s.Output)
			if r.Verdict != cred.Fail && r.HandshakeMS > 0 && (r.Version != "DTLS 1.2" || len(r.Peer) == 0 || !r.CID.Offered || r.CID.Negotiated) {
				t.Errorf("version %q, %d certificates, CID %+v", r.Version, len(r.Peer), r.CID)
			}
		})
	}
}
