package endpoint_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
	"example.org/sectag/endpoint/chain"
	"example.org/sectag/internal/peers"
)

// crossed is a server of OpenSSL's that stands below a young root, which an old one signed; the server sends that cross-sign. Where the
// young root itself is to be had stands in the intermediate.
type crossed struct {
	old, young, cross, middle *peers.Cert
	server                    *peers.Server
	asked                     *atomic.Int32
}

func crossSigned(t *testing.T) crossed {
	t.Helper()
	c := crossed{asked: new(atomic.Int32)}
	mux := http.NewServeMux()
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	now := time.Now()
	root := func(name string, years int) peers.Spec {
		return peers.Spec{CN: name, Org: "Operator", CA: true, Begin: now.AddDate(-12, 0, 0), End: now.AddDate(years, 0, 0)}
	}
	c.old, c.young = peers.SelfSigned(t, root("Old", 12)), peers.SelfSigned(t, root("Young", 20))
	again := root("Young", 6)
	again.Key = c.young.Key
	c.cross = c.old.Issue(t, again)
	c.middle = c.cross.Intermediate(t, "Middle", web.URL+"/young.cer")
	leaf := c.middle.Server(t)
	mux.HandleFunc("/young.cer", func(w http.ResponseWriter, _ *http.Request) {
		c.asked.Add(1)
		_, _ = w.Write(c.young.X509.Raw)
	})
	clients := peers.Root(t, "Units")
	c.server = peers.OpenSSL(t, "-cert", leaf.CertFile, "-key", leaf.KeyFile, "-cert_chain", leaf.IssuersFile,
		"-Verify", "1", "-verify_return_error", "-CAfile", clients.CertFile)
	return c
}

func anchors(r endpoint.ProbeReport) (out []string) {
	for _, a := range r.Anchors {
		out = append(out, strings.TrimSpace(strings.Join([]string{strings.TrimSuffix(a.Subject, ",O=Operator"), string(a.Source), string(a.Trust), a.Refused}, " ")))
	}
	return out
}

// TestProbeAdvisesTheRootThatComesNext: only the old root is on the list and it will be dropped, so the young one, whose key it signed,
// is looked for and put beside it. OpenSSL takes the server by either.
func TestProbeAdvisesTheRootThatComesNext(t *testing.T) {
	t.Parallel()
	c := crossSigned(t)
	r, err := endpoint.Probe(context.Background(), address(t, c.server.URL), endpoint.ProbeOptions{AIA: true, Public: []chain.Root{{X509: c.old.X509}}})
	document(t, r, err)
	if err != nil || r.Verdict != cred.Warn {
		t.Fatalf("%s, %v", r.Verdict, err)
	}
	if d := cmp.Diff([]string{
		"CN=Old bundle bundle", "CN=Young aia cross-sign", "CN=Middle server cross-sign chain.not-a-root", "CN=Young server cross-sign chain.not-a-root",
	}, anchors(r)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"chain.anchor-dropped"}, codes(r)); d != "" {
		t.Error(d)
	}
	if n := c.asked.Load(); n != 1 {
		t.Errorf("the issuer's address was asked %d times", n)
	}
	if !bytes.Equal(r.AnchorPEM, c.old.PEM) || !bytes.Equal(r.BackupPEM, c.young.PEM) || r.Backup == nil || r.Backup.SHA256 != cred.Sum(c.young.PEM) {
		t.Errorf("the backup is %+v", r.Backup)
	}
	if len(r.Advice) != 2 || !strings.Contains(r.Advice[0], "hold Old") || !strings.Contains(r.Advice[1], "beside it Young") {
		t.Errorf("%q", r.Advice)
	}
	for _, pem := range [][]byte{r.AnchorPEM, r.BackupPEM, slices.Concat(r.AnchorPEM, r.BackupPEM)} {
		if said := openSSLSays(t, c.server, pem); !strings.Contains(said, "Verify return code: 0 (ok)") {
			t.Errorf("OpenSSL does not take the server by what is advised: %s", said)
		}
	}
	// Where the list has the young root too it is the nearer one and lives longer; nothing needs to be asked.
	r, err = endpoint.Probe(context.Background(), address(t, c.server.URL), endpoint.ProbeOptions{
		AIA: true, Public: []chain.Root{{X509: c.old.X509}, {X509: c.young.X509}}, Life: -1,
	})
	document(t, r, err)
	if r.Anchor == nil || r.Anchor.Source != "bundle" || !bytes.Equal(r.AnchorPEM, c.young.PEM) || !bytes.Equal(r.BackupPEM, c.old.PEM) || c.asked.Load() != 1 {
		t.Errorf("%+v, asked %d times", anchors(r), c.asked.Load())
	}
}

// openSSLSays is what OpenSSL's client says of a server by some roots. It shows no certificate, and the server may end it.
func openSSLSays(t *testing.T, s *peers.Server, roots []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(file, roots, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "openssl", "s_client", "-dtls1_2", "-connect", address(t, s.URL).Addr(), "-no-CApath", "-no-CAstore", "-CAfile", file)
	cmd.Stdin = strings.NewReader("")
	out, _ := cmd.CombinedOutput() // the server asks for a certificate and ends the session
	return string(out)
}
