//go:build unix

package e2e

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"example.org/sectag/internal/peers"
)

// far is a server that nobody here wrote, and how it says that it let a client in.
type far struct {
	name   string
	start  func(t testing.TB, server *peers.Cert, clients string) *peers.Server
	coap   bool   // it answers a CoAP ping and GET
	client string // what it prints of the client's certificate, before the IMEI; "" if it prints nothing
	alert  int    // how it refuses a unit of another authority
}

func fars() []far {
	return []far{
		{name: "OpenSSL", alert: 48, client: "CN = urn:imei:", start: func(t testing.TB, c *peers.Cert, clients string) *peers.Server {
			return peers.OpenSSL(t, "-cert", c.CertFile, "-key", c.KeyFile, "-CAfile", clients, "-Verify", "2", "-verify_return_error")
		}},
		{name: "GnuTLS", alert: 49, start: func(t testing.TB, c *peers.Cert, clients string) *peers.Server {
			return peers.GnuTLS(t, "--x509certfile", c.ChainFile, "--x509keyfile", c.KeyFile, "--x509cafile", clients,
				"--require-client-cert", "--verify-client-cert")
		}},
		{name: "libcoap with OpenSSL", coap: true, alert: 48, client: "urn:imei:", start: func(t testing.TB, c *peers.Cert, clients string) *peers.Server {
			return peers.Coap(t, "openssl", "-c", c.ChainFile, "-j", c.KeyFile, "-C", clients)
		}},
		{name: "libcoap with GnuTLS", coap: true, alert: 48, client: "urn:imei:", start: func(t testing.TB, c *peers.Cert, clients string) *peers.Server {
			return peers.Coap(t, "gnutls", "-c", c.ChainFile, "-j", c.KeyFile, "-C", clients)
		}},
	}
}

// shown is what was read out of a modem's state file, as files for other programs.
type shown struct{ cert, key, anchor string }

// show reads the unit out of the modem and writes it into files.
func (s *stage) show() shown {
	s.t.Helper()
	u := s.unit()
	u.proven(s.t)
	s.write("modem.crt", []byte(u.content(clientCert)))
	s.write("modem.key", []byte(u.content(clientKey)))
	s.write("modem-anchor.pem", []byte(u.content(rootCA)))
	return shown{cert: s.file("modem.crt"), key: s.file("modem.key"), anchor: s.file("modem-anchor.pem")}
}

// opensslClient, gnutlsClient and coapClient make a connection with the unit's credentials; exit 0 says that the server, whose
// Finished comes after it has judged the client, let it in.
func (s *stage) opensslClient(u shown, srv *peers.Server) outcome {
	s.t.Helper()
	return s.fed("Q\n", "openssl", "s_client", "-dtls1_2", "-connect", srv.Addr, "-CAfile", u.anchor, "-verify_return_error",
		"-cert", u.cert, "-key", u.key)
}

func (s *stage) gnutlsClient(u shown, srv *peers.Server) outcome {
	s.t.Helper()
	return s.fed("", "gnutls-cli", "--udp", "--port", strconv.Itoa(srv.Port), "--x509cafile", u.anchor, "--x509certfile", u.cert,
		"--x509keyfile", u.key, "127.0.0.1")
}

func (s *stage) coapClient(flavour string, u shown, srv *peers.Server) outcome {
	s.t.Helper()
	return s.tool("coap-client-"+flavour, "-c", u.cert, "-j", u.key, "-R", u.anchor, "-B", "10", "-m", "get", srv.URL+"/.well-known/core")
}

func (s *stage) connect(u shown, srv *peers.Server) outcome {
	s.t.Helper()
	return s.sectag("connect", srv.URL, "--cert", u.cert, "--key", u.key, "--anchor", u.anchor, "--timeout", "30s", "--json")
}

// A unit goes from blank to proven against each server, and what the modem then holds, read out of its state file, is let in by
// that server when other programs show it.
func TestTheUnitIsWhatIsInTheModem(t *testing.T) {
	t.Parallel()
	root := peers.Root(t, "Servers' Root")
	server := root.Server(t)
	for _, f := range fars() {
		for _, key := range []string{"host", "modem"} {
			t.Run(f.name+", key of the "+key, func(t *testing.T) {
				t.Parallel()
				s := newStage(t, "Acme Devices", false)
				s.key = key
				srv := f.start(t, server, s.file("root.crt"))
				s.modem()
				s.profile(root.CertFile, srv.URL)
				d := s.sectag("provision", "--port", "modem", "--passphrase-file", "pass.txt", "--timeout", "30s", "--json").must(t, 0).doc(t)
				s.judgePass(d, f)
				u := s.show()
				if string(read(t, u.anchor)) != string(root.PEM) {
					t.Error("the anchor in the modem is not the server's root")
				}
				s.judgedByOpenSSL(u)
				s.shownTo(f, u, srv)
			})
		}
	}
}

// judgePass looks at the document of a unit that the server let in.
func (s *stage) judgePass(d document, f far) {
	t := s.t
	t.Helper()
	if d.Verdict != "pass" || d.Failure != nil || d.Connect == nil || d.Connect.Verdict != "pass" || d.Connect.ClientAuth != "used" {
		t.Errorf("the unit did not pass: %+v %+v", d, d.Connect)
		return
	}
	if f.coap != (d.Connect.PingMS > 0) {
		t.Errorf("ping_ms is %d", d.Connect.PingMS)
	}
	if d.KeyOrigin != s.key || d.Connect.Twin != (s.key == "modem") {
		t.Errorf("the key of the %s's is told of as %q, with a twin: %v", s.key, d.KeyOrigin, d.Connect.Twin)
	}
	u := s.unit()
	u.agrees(t, d.Slots)
	r := s.record(d.Record)
	u.agrees(t, r.Slots)
	if d.IMEI != u.IMEI || r.IMEI != u.IMEI || r.Verdict != "pass" || r.Kind != "provision" || r.Connect == nil || r.Connect.Verdict != "pass" {
		t.Errorf("the record does not say what happened: %+v", r)
	}
	if d.Certificate.PEM != u.content(clientCert) || r.Certificate.PEM != u.content(clientCert) {
		t.Error("document, record and modem hold different certificates")
	}
	s.audited()
}

// judgedByOpenSSL lets openssl verify the certificate in the modem, today and on its last day, as strictly as it can.
func (s *stage) judgedByOpenSSL(u shown) {
	s.t.Helper()
	end := strconv.FormatInt(s.unit().cert(s.t).NotAfter.Unix()-1, 10)
	for _, at := range [][]string{nil, {"-attime", end}} {
		s.tool("openssl", append(append([]string{"verify", "-purpose", "sslclient", "-x509_strict", "-CAfile", "root.crt"}, at...), u.cert)...).must(s.t, 0)
	}
	if o := s.tool("openssl", "verify", "-purpose", "sslserver", "-CAfile", "root.crt", u.cert); o.code == 0 {
		s.t.Errorf("the unit could pose as a server: %v", o)
	}
	if o := s.tool("openssl", "x509", "-in", u.cert, "-noout", "-ext", "basicConstraints").must(s.t, 0); !strings.Contains(o.out, "CA:FALSE") {
		s.t.Errorf("the unit could pose as an authority: %v", o)
	}
}

// shownTo shows what the modem holds to the server with the clients of others, and with our own verb.
func (s *stage) shownTo(f far, u shown, srv *peers.Server) {
	t := s.t
	t.Helper()
	if o := s.opensslClient(u, srv).must(t, 0); !strings.Contains(o.out, "Verify return code: 0 (ok)") {
		t.Errorf("openssl s_client: %v", o)
	}
	if o := s.gnutlsClient(u, srv).must(t, 0); !strings.Contains(o.out, "Handshake was completed") {
		t.Errorf("gnutls-cli: %v", o)
	}
	if f.coap {
		for _, flavour := range []string{"openssl", "gnutls"} {
			if o := s.coapClient(flavour, u, srv).must(t, 0); !strings.Contains(o.out, "</") {
				t.Errorf("coap-client-%s got no answer: %v\nserver:\n%s", flavour, o, srv.Output())
			}
		}
	}
	d := s.connect(u, srv).must(t, 0).doc(t)
	if d.Verdict != "pass" || d.ClientAuth != "used" || f.coap != (d.PingMS > 0) {
		t.Errorf("sectag connect: %+v", d)
	}
	if f.client != "" {
		srv.WaitFor(t, f.client+s.unit().IMEI)
	}
}

// A unit of another authority is refused by each server, also when others show it; the program says so with the alert's code, the
// slots hold what was planned all the same, and the record says fail.
func TestAUnitOfAnotherAuthorityIsRefused(t *testing.T) {
	t.Parallel()
	root := peers.Root(t, "Servers' Root")
	server := root.Server(t)
	trusted := filepath.Join(authority(t, "Acme Devices", false), "root.crt")
	for _, f := range fars() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, "Other Devices", true)
			srv := f.start(t, server, trusted)
			s.modem()
			s.profile(root.CertFile, srv.URL)
			o := s.sectag("provision", "--port", "modem", "--timeout", "30s", "--json").must(t, 1)
			d, code := o.doc(t), "dtls."+strconv.Itoa(f.alert)
			if d.Failure == nil || d.Failure.Code != code || d.Failure.Hint == "" || d.Verdict != "fail" {
				t.Fatalf("%v", o)
			}
			if !strings.Contains(o.err, "("+code+")") || !strings.Contains(o.err, "hint: "+d.Failure.Hint) {
				t.Errorf("what a person reads is %q", o.err)
			}
			if d.Connect == nil || d.Connect.Alert == nil || *d.Connect.Alert != f.alert {
				t.Errorf("the connection is told of as %+v", d.Connect)
			}
			d.holds(t, "new", "new", "new")
			s.unit().agrees(t, d.Slots)
			r := s.record(d.Record)
			s.unit().agrees(t, r.Slots)
			if r.Verdict != "fail" || r.Failure == nil || r.Failure.Code != code || r.Connect == nil || r.Connect.Verdict != "fail" {
				t.Errorf("the record says %+v", r)
			}
			s.audited()
			s.refusedToOthers(f, server, trusted)
		})
	}
}

// refusedToOthers shows the unit with openssl and with our verb to a fresh server of the kind: gnutls-serv may not survive a refusal.
func (s *stage) refusedToOthers(f far, server *peers.Cert, trusted string) {
	s.t.Helper()
	u := s.show()
	if o := s.opensslClient(u, f.start(s.t, server, trusted)); o.code == 0 {
		s.t.Errorf("the server let it in: %v", o)
	}
	o := s.connect(u, f.start(s.t, server, trusted)).must(s.t, 1)
	if d := o.doc(s.t); d.Failure == nil || d.Failure.Code != "dtls."+strconv.Itoa(f.alert) || d.Failure.Hint == "" {
		s.t.Errorf("sectag connect: %v", o)
	}
}

// The authority's key at rest: OpenSSL opens it with the passphrase, and with nothing else.
func TestOpenSSLOpensTheAuthoritysKeyWithThePassphraseOnly(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Acme Devices", false)
	s.write("wrong.txt", []byte("not this one\n"))
	open := func(pass string) outcome {
		return s.tool("openssl", "pkey", "-in", "root.key", "-passin", pass, "-noout", "-check")
	}
	open("file:pass.txt").must(t, 0)
	for _, pass := range []string{"pass:", "file:wrong.txt"} {
		if o := open(pass); o.code == 0 {
			t.Errorf("the key opens with %s: %v", pass, o)
		}
	}
	key := s.tool("openssl", "pkey", "-in", "root.key", "-passin", "file:pass.txt", "-pubout").must(t, 0).out
	if cert := s.tool("openssl", "x509", "-in", "root.crt", "-noout", "-pubkey").must(t, 0).out; cert != key {
		t.Error("root.key is not root.crt's")
	}
}
