package endpoint

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/internal/peers"
)

// A unit of an intermediate, at servers that others wrote and that know the root only: with its certificate alone each refuses it in its own
// way, with the intermediate behind it each lets it in. A server that has the intermediate needs nothing of the unit but its own.
func TestAUnitThatSendsItsIntermediate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	between := b.units.Issue(t, peers.Spec{CN: "Units 2026", CA: true, NoSubCA: true, End: time.Now().AddDate(5, 0, 0)})
	unit, srv := between.Unit(t, unitName), b.servers.Server(t)
	both := filepath.Join(t.TempDir(), "both.pem")
	if err := os.WriteFile(both, slices.Concat(between.PEM, b.units.PEM), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		server func(t *testing.T, trusted string) *peers.Server
		alone  string // how it refuses who sends its own certificate alone
	}{
		"OpenSSL": {func(t *testing.T, trusted string) *peers.Server {
			return peers.OpenSSL(t, "-cert", srv.CertFile, "-key", srv.KeyFile, "-CAfile", trusted, "-Verify", "2", "-verify_return_error")
		}, "dtls.48"},
		"GnuTLS": {func(t *testing.T, trusted string) *peers.Server {
			return peers.GnuTLS(t, "--x509certfile", srv.ChainFile, "--x509keyfile", srv.KeyFile, "--x509cafile", trusted, "--require-client-cert", "--verify-client-cert")
		}, "dtls.49"},
		"libcoap with OpenSSL": {func(t *testing.T, trusted string) *peers.Server { // its -C takes one certificate out of a file (4.3.1)
			return peers.Coap(t, "openssl", "-c", srv.ChainFile, "-j", srv.KeyFile, "-R", trusted)
		}, "dtls.48"},
		"libcoap with GnuTLS": {func(t *testing.T, trusted string) *peers.Server {
			return peers.Coap(t, "gnutls", "-c", srv.ChainFile, "-j", srv.KeyFile, "-C", trusted)
		}, "dtls.48"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := func(trusted string) *peers.Server { return c.server(t, trusted) }
			for _, x := range []struct {
				what   string
				server *peers.Server
				cert   []byte
				code   string
			}{
				{"alone to the root", server(b.units.CertFile), unit.PEM, c.alone},
				{"with the intermediate to the root", server(b.units.CertFile), slices.Concat(unit.PEM, between.PEM), ""},
				{"alone to who knows both", server(both), unit.PEM, ""},
				{"with the intermediate to who knows both", server(both), slices.Concat(unit.PEM, between.PEM), ""},
			} {
				r, err := Connect(t.Context(), cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: uint16(x.server.Port)}, ConnectOptions{
					Cert: x.cert, Key: unit.KeyPEM, Anchor: b.servers.PEM, Timeout: 10 * time.Second, Now: time.Now,
				})
				code := ""
				if err != nil {
					code = cred.AsFault(err).Code
				}
				if code != x.code || (r.Verdict == cred.Fail) != (x.code != "") {
					t.Errorf("%s: %q, want %q; the server said:\n%s", x.what, code, x.code, x.server.Output())
				}
			}
		})
	}
	gap := slices.Concat(unit.PEM, b.units.PEM)
	if _, err := Connect(t.Context(), cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: 1}, ConnectOptions{Cert: gap, Key: unit.KeyPEM, Anchor: b.servers.PEM, Now: time.Now}); err == nil || cred.AsFault(err).Code != "config.file" {
		t.Errorf("a chain with a gap: %v", err)
	}
}
