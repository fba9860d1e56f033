package negative

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/sectag/ca"
	"example.org/sectag/ca/decoy"
	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
	"example.org/sectag/internal/peers"
	"example.org/sectag/ledger"
)

const unitName = "urn:imei:350457790000012"

// shop is an authority of sectag's with one unit, and an authority for servers.
type shop struct {
	auth      *ca.Authority
	rootFile  string
	cert, key []byte
	servers   *peers.Cert
}

func newShop(t *testing.T) shop {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "authority")
	made, err := ca.Init(ca.InitOptions{Dir: dir, Subject: "CN=Units", Days: 3650, Plaintext: true, Clock: ca.Clock{Now: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	root, err := ca.Load(made.Cert, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	auth, err := root.Unlock(made.Key, nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ca.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	unit, err := auth.Issue(ca.Request{Name: unitName, Public: key.Public(), Days: 30, Clock: ca.Clock{Now: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	return shop{auth: auth, rootFile: made.Cert, cert: []byte(unit.PEM), key: key.PEM(), servers: peers.Root(t, "Servers")}
}

// below is the shop where an intermediate signs the units, which send it; its servers know the root alone.
func (s shop) below(t *testing.T) shop {
	t.Helper()
	made, err := ca.Init(ca.InitOptions{Under: s.auth, Dir: t.TempDir(), Subject: "CN=Units 2026", Plaintext: true, Clock: ca.Clock{Now: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	root, err := ca.Load(made.Cert, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if s.auth, err = root.Unlock(made.Key, nil); err != nil {
		t.Fatal(err)
	}
	key, err := ca.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	unit, err := s.auth.Issue(ca.Request{Name: unitName, Public: key.Public(), Days: 30, Clock: ca.Clock{Now: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	s.cert, s.key = append([]byte(unit.PEM), root.PEM...), key.PEM()
	return s
}

// TestServersOfOthersBelowAnIntermediate: what is signed by the intermediate is shown with it, so that there is one reason to refuse. Its
// pathlen 0 shuts the door that a device with CA:TRUE would open. OpenSSL's own s_server is left out: it answers the first pieces of three
// certificates, and often finds a wrong signature in the next client's handshake then.
func TestServersOfOthersBelowAnIntermediate(t *testing.T) {
	t.Parallel()
	s := newShop(t).below(t)
	c := s.servers.Server(t)
	in := sight{letIn, -1}
	for name, x := range map[string]struct {
		server func(*testing.T) *peers.Server
		want   []sight // in the order of attempts
	}{
		"libcoap with OpenSSL": {func(t *testing.T) *peers.Server {
			return peers.Coap(t, "openssl", "-c", c.ChainFile, "-j", c.KeyFile, "-C", s.rootFile)
		}, []sight{{byAlert, 48}, {byAlert, 51}, in, {byAlert, 48}, {byAlert, 48}, {byAlert, 40}}},
		"libcoap with GnuTLS": {func(t *testing.T) *peers.Server {
			return peers.Coap(t, "gnutls", "-c", c.ChainFile, "-j", c.KeyFile, "-C", s.rootFile)
		}, []sight{{byAlert, 48}, {byAlert, 40}, in, {byAlert, 42}, {byAlert, 42}, {byAlert, 42}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := x.server(t)
			r, err := Run(t.Context(), s.at(of(server), nil))
			if err != nil {
				t.Fatalf("%v; the server said:\n%s", err, server.Output())
			}
			for i, w := range x.want {
				w.check(t, r.Attempts[i])
			}
		})
	}
}

func (s shop) at(e cred.Endpoint, l *ledger.Store) Options {
	return Options{
		Server: e, Profile: e, Unit: endpoint.ConnectOptions{Cert: s.cert, Key: s.key, Anchor: s.servers.PEM, Timeout: 10 * time.Second},
		Auth: s.auth, ID: cred.DefaultTemplate, Ledger: l, Now: time.Now,
	}
}

func of(s *peers.Server) cred.Endpoint {
	return cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: uint16(s.Port)}
}

// sight is how an attempt is to end; alert -1 is none.
type sight struct {
	how   string
	alert int
}

func (w sight) check(t *testing.T, a Attempt) {
	t.Helper()
	alert := -1
	if a.Alert != nil {
		alert = int(*a.Alert)
	}
	if a.How != w.how || alert != w.alert {
		t.Errorf("%s ended by %s, alert %d, and not by %s, alert %d: %s", a.Attempt, a.How, alert, w.how, w.alert, a.Text)
	}
}

// TestServersOfOthers: which of them refuses what, and how, one attempt after the other on one server. That libcoap lets ended
// certificates in, and all of them what a device with CA:TRUE signed, was measured before this was written (the fact sheet on
// endpoints, sections 8 and 10).
func TestServersOfOthers(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	c := s.servers.Server(t)
	in := sight{letIn, -1}
	for name, x := range map[string]struct {
		server func(*testing.T) *peers.Server
		want   []sight // in the order of attempts
		found  []string
	}{
		"OpenSSL": {func(t *testing.T) *peers.Server {
			return peers.OpenSSL(t, "-cert", c.CertFile, "-key", c.KeyFile, "-CAfile", s.rootFile, "-Verify", "2", "-verify_return_error")
		}, []sight{{byAlert, 48}, {byAlert, 51}, {byAlert, 45}, {byAlert, 48}, in, {byAlert, 40}}, []string{"dtls.accepts-device-ca"}},
		"OpenSSL that does not insist": {func(t *testing.T) *peers.Server {
			return peers.OpenSSL(t, "-cert", c.CertFile, "-key", c.KeyFile, "-CAfile", s.rootFile, "-verify", "2")
		}, []sight{in, {byAlert, 51}, in, in, in, in}, []string{
			"dtls.accepts-other-authority", "dtls.accepts-expired", "dtls.accepts-device-signed", "dtls.accepts-device-ca", "dtls.accepts-anyone",
		}},
		"libcoap with OpenSSL": {func(t *testing.T) *peers.Server {
			return peers.Coap(t, "openssl", "-c", c.ChainFile, "-j", c.KeyFile, "-C", s.rootFile)
		}, []sight{{byAlert, 48}, {byAlert, 51}, in, {byAlert, 48}, in, {byAlert, 40}}, []string{"dtls.accepts-expired", "dtls.accepts-device-ca"}},
		"libcoap with GnuTLS": {func(t *testing.T) *peers.Server {
			return peers.Coap(t, "gnutls", "-c", c.ChainFile, "-j", c.KeyFile, "-C", s.rootFile)
		}, []sight{{byAlert, 48}, {byAlert, 40}, in, {byAlert, 42}, in, {byAlert, 42}}, []string{"dtls.accepts-expired", "dtls.accepts-device-ca"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := x.server(t)
			r, err := Run(t.Context(), s.at(of(server), nil))
			if err != nil {
				t.Fatalf("%v; the server said:\n%s", err, server.Output())
			}
			for i, w := range x.want {
				w.check(t, r.Attempts[i])
			}
			var found []string
			for _, f := range r.Unit.Findings {
				if strings.Contains(f.Code, ".accepts-") || strings.Contains(f.Code, ".negative-") {
					found = append(found, f.Code)
				}
			}
			if !slices.Equal(found, x.found) {
				t.Errorf("found %q, not %q", found, x.found)
			}
		})
	}
}

// TestAServerThatFallsOver: gnutls-serv ends, or answers nobody any more, after it has refused one. No refusal of it is believed,
// whether by an alert or by silence: nobody can tell it from falling over.
func TestAServerThatFallsOver(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	c := s.servers.Server(t)
	for kind, want := range map[decoy.Kind]sight{
		decoy.OtherAuthority: {byAlert, 49}, otherKey: {bySilence, -1}, decoy.Expired: {byAlert, 49},
		decoy.DeviceSigned: {byAlert, 49}, decoy.DeviceCASigned: {letIn, -1}, noCertificate: {bySilence, -1},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := &proof{Options: s.at(of(s.fragile(t, c)), nil), only: []decoy.Kind{kind}}
			p.Unit.Timeout = 6 * time.Second
			r, err := p.all(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			a := r.Attempts[0]
			want.check(t, a)
			known, left := want.how == letIn, slices.ContainsFunc(r.Unit.Findings, func(f cred.Finding) bool { return f.Code == "dtls.negative-left" })
			if (a.Refused != nil) != known || left == known || r.Unit.Verdict != cred.Warn {
				t.Errorf("%+v, verdict %s, findings %+v", a, r.Unit.Verdict, r.Unit.Findings)
			}
		})
	}
}

// fragile is a gnutls-serv.
func (s shop) fragile(t *testing.T, c *peers.Cert) *peers.Server {
	t.Helper()
	return peers.GnuTLS(t, "--x509certfile", c.ChainFile, "--x509keyfile", c.KeyFile, "--x509cafile", s.rootFile, "--require-client-cert", "--verify-client-cert")
}

// TestNothingIsTriedAtAServerThatFell: behind the first refusal the server is not there any more. That one is not believed, and the
// rest is not tried, is said not to be, and is no pass.
func TestNothingIsTriedAtAServerThatFell(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	o := s.at(of(s.fragile(t, s.servers.Server(t))), nil)
	o.Unit.Timeout = 6 * time.Second
	var told []string
	o.Tell = func(attempt string) { told = append(told, attempt) }
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	sight{byAlert, 49}.check(t, r.Attempts[0])
	for i, a := range r.Attempts {
		if a.Refused != nil || (a.How == notTried) != (i > 0) || i > 0 && a.Text != "not tried: the server takes the unit no more" {
			t.Errorf("%+v", a)
		}
	}
	if !slices.Equal(told, []string{"other-authority"}) || r.Unit.Verdict != cred.Warn || t10(r.Attempts).Result != "not-run" {
		t.Errorf("tried %q, %s, %+v", told, r.Unit.Verdict, t10(r.Attempts))
	}
}

// TestARootWithoutAuthoritiesBelow: where the root says so (path length zero), a device's certificate with CA:TRUE signs for nobody. What was
// not measured before: all of them look.
func TestARootWithoutAuthoritiesBelow(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	c := s.servers.Server(t)
	root := peers.SelfSigned(t, peers.Spec{CN: "Strict Units", CA: true, NoSubCA: true})
	unit := root.Unit(t, unitName)
	loaded, err := ca.Load(root.CertFile, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if s.auth, err = loaded.Unlock(root.KeyFile, nil); err != nil {
		t.Fatal(err)
	}
	s.rootFile, s.cert, s.key = root.CertFile, unit.PEM, unit.KeyPEM
	for name, x := range map[string]struct {
		server func(*testing.T) *peers.Server
		want   sight
	}{
		"OpenSSL": {s.strict, sight{byAlert, 48}},
		"libcoap with OpenSSL": {func(t *testing.T) *peers.Server {
			return peers.Coap(t, "openssl", "-c", c.ChainFile, "-j", c.KeyFile, "-C", s.rootFile)
		}, sight{byAlert, 48}},
		"libcoap with GnuTLS": {func(t *testing.T) *peers.Server {
			return peers.Coap(t, "gnutls", "-c", c.ChainFile, "-j", c.KeyFile, "-C", s.rootFile)
		}, sight{byAlert, 42}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &proof{Options: s.at(of(x.server(t)), nil), only: []decoy.Kind{decoy.DeviceCASigned}}
			r, err := p.all(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			x.want.check(t, r.Attempts[0])
			if !p.grounds.noPath {
				t.Error("the root's path length was overlooked")
			}
		})
	}
}
