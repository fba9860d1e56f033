package peers_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"example.org/sectag/internal/peers"
)

// Each server is met with OpenSSL's own client, so that nothing of ours stands in the proof.
func TestServersAnswerOpenSSL(t *testing.T) {
	root := peers.Root(t, "Test Root")
	srv := root.Intermediate(t, "Test Intermediate").Server(t)
	for name, start := range map[string]func(t *testing.T) *peers.Server{
		"openssl": func(t *testing.T) *peers.Server {
			return peers.OpenSSL(t, "-cert", srv.CertFile, "-key", srv.KeyFile, "-cert_chain", srv.IssuersFile)
		},
		"gnutls": func(t *testing.T) *peers.Server {
			return peers.GnuTLS(t, "--x509certfile", srv.ChainFile, "--x509keyfile", srv.KeyFile)
		},
		"coap-openssl": func(t *testing.T) *peers.Server {
			return peers.Coap(t, "openssl", "-c", srv.ChainFile, "-j", srv.KeyFile)
		},
		"coap-gnutls": func(t *testing.T) *peers.Server {
			return peers.Coap(t, "gnutls", "-c", srv.ChainFile, "-j", srv.KeyFile)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, "openssl", "s_client", "-dtls1_2", "-connect", s.Addr, "-CAfile", root.CertFile)
			cmd.Stdin = strings.NewReader("Q\n")
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "subject=CN = localhost") {
				t.Fatalf("%v\n%s\nserver:\n%s", err, out, s.Output())
			}
		})
	}
}
