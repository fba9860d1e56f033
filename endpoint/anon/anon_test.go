package anon

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/hail"
	"example.org/sectag/internal/peers"
)

// What servers do with a client that has no certificate, of each kind that refuses: by alert, by silence, not at all.
func TestLetIn(t *testing.T) {
	root := peers.Root(t, "Root")
	srv := root.Server(t)
	openssl := func(args ...string) func(*testing.T) *peers.Server {
		return func(t *testing.T) *peers.Server {
			return peers.OpenSSL(t, append([]string{"-cert", srv.CertFile, "-key", srv.KeyFile, "-CAfile", root.CertFile}, args...)...)
		}
	}
	gnutls := func(args ...string) func(*testing.T) *peers.Server {
		return func(t *testing.T) *peers.Server {
			return peers.GnuTLS(t, append([]string{"--x509certfile", srv.CertFile, "--x509keyfile", srv.KeyFile, "--x509cafile", root.CertFile}, args...)...)
		}
	}
	for _, c := range []struct {
		name  string
		start func(*testing.T) *peers.Server
		takes []flight.Suite
		want  bool
	}{
		{"openssl asks", openssl("-verify", "1"), []flight.Suite{0xC02B}, true},
		{"openssl asks, C023", openssl("-verify", "1"), []flight.Suite{0xC023}, true},
		{"openssl insists", openssl("-Verify", "1"), []flight.Suite{0xC02B}, false},
		{"no suite of ours", openssl("-verify", "1"), []flight.Suite{0xC02C}, false},
		{"gnutls asks", gnutls(), []flight.Suite{0xC02B}, true},
		{"gnutls insists, and says nothing", gnutls("--require-client-cert"), []flight.Suite{0xC02B}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := c.start(t)
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			s := &hail.Server{Addr: netip.MustParseAddrPort(p.Addr), Dial: (&net.Dialer{}).DialContext}
			if got := LetIn(ctx, s, c.takes); got != c.want {
				t.Errorf("%v, want %v\n%s", got, c.want, p.Output())
			}
			if ctx.Err() != nil {
				t.Error("it waited for the end of time")
			}
			// Who was tried goes on serving others.
			if v, err := s.Ask(ctx, flight.Modem()); err != nil || v.State() != flight.Whole {
				t.Errorf("afterwards it is %s, %v\n%s", v.State(), err, p.Output())
			}
		})
	}
}
