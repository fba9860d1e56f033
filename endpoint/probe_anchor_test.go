package endpoint_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
	"example.org/sectag/endpoint/chain"
	"example.org/sectag/endpoint/sim"
	"example.org/sectag/internal/peers"
)

// published is a chain whose issuers can be had from a web server on this machine: the root once the server sends the
// intermediate, and the intermediate too.
type published struct {
	root, inter, leaf *peers.Cert
	openssl           *peers.Server
	http              *httptest.Server
}

func publish(t *testing.T, sendIntermediate bool) published {
	t.Helper()
	mux := http.NewServeMux()
	p := published{http: httptest.NewServer(mux)}
	t.Cleanup(p.http.Close)
	p.root = peers.Root(t, "Root")
	p.inter = p.root.Intermediate(t, "Intermediate", p.http.URL+"/root.cer")
	p.leaf = p.inter.Issue(t, peers.Spec{AIA: []string{"ldap://127.0.0.1/CN=Intermediate", p.http.URL + "/inter.cer"}})
	mux.HandleFunc("/root.cer", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(p.root.X509.Raw) })
	mux.HandleFunc("/inter.cer", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(p.inter.PEM) })
	clients := peers.Root(t, "Units")
	args := []string{"-cert", p.leaf.CertFile, "-key", p.leaf.KeyFile, "-Verify", "1", "-verify_return_error", "-CAfile", clients.CertFile}
	if sendIntermediate {
		args = append(args, "-cert_chain", p.leaf.IssuersFile)
	}
	p.openssl = peers.OpenSSL(t, args...)
	return p
}

func TestProbeClimbsToTheRoot(t *testing.T) {
	t.Parallel()
	p := publish(t, true)
	var waits []time.Duration
	told := func(limit time.Duration) { waits = append(waits, limit) }
	r, err := endpoint.Probe(context.Background(), address(t, p.openssl.URL), endpoint.ProbeOptions{AIA: true, AIAWait: told})
	document(t, r, err)
	if err != nil || r.Verdict != cred.Warn {
		t.Fatalf("%s, %v", r.Verdict, err)
	}
	if !slices.Equal(waits, []time.Duration{10 * time.Second}) {
		t.Errorf("the wait for issuers is told as %v", waits)
	}
	if d := cmp.Diff([]string{"chain.anchor-unproven"}, codes(r)); d != "" {
		t.Error(d)
	}
	want := &endpoint.Anchor{
		Subject: "CN=Root", NotAfter: p.root.X509.NotAfter.UTC(), SHA256: cred.Sum(p.root.PEM), DER: cred.Sum(p.root.X509.Raw), PEMBytes: len(p.root.PEM),
		Source: "aia", Trust: "first-use",
	}
	if d := cmp.Diff(want, r.Anchor); d != "" || !bytes.Equal(r.AnchorPEM, p.root.PEM) {
		t.Error(d)
	}
	if r.ServerDate.IsZero() || r.ServerDateAt.Sub(r.ServerDate).Abs() > 10*time.Second {
		t.Errorf("the server's date is %s at %s", r.ServerDate, r.ServerDateAt)
	}
	// Told what to expect, there is nothing left to warn of.
	r, err = endpoint.Probe(context.Background(), address(t, p.openssl.URL), endpoint.ProbeOptions{AIA: true, AnchorSHA256: want.SHA256})
	document(t, r, err)
	if r.Verdict != cred.Pass || r.Anchor.Trust != "given" {
		t.Errorf("%s, %+v, %+v", r.Verdict, r.Anchor, r.Findings)
	}
	r, err = endpoint.Probe(context.Background(), address(t, p.openssl.URL), endpoint.ProbeOptions{AIA: true, AnchorSHA256: cred.Sum([]byte("other"))})
	document(t, r, err)
	if failure(r) != "chain.untrusted" || r.AnchorPEM != nil {
		t.Errorf("%v", err)
	}
	r, err = endpoint.Probe(context.Background(), address(t, p.openssl.URL), endpoint.ProbeOptions{
		AIA: true, Public: []chain.Root{{X509: p.root.X509}}, Life: 40 * 365 * 24 * time.Hour,
	})
	document(t, r, err)
	if r.Anchor == nil || r.Anchor.Source != "bundle" || r.Anchor.Trust != "bundle" || !r.ServerDate.IsZero() {
		t.Errorf("%+v: the public list makes asking needless", r.Anchor)
	}
	if d := cmp.Diff([]string{"chain.anchor-short"}, codes(r)); d != "" {
		t.Error(d)
	}
}

// The bench can complete the chain, the modem cannot: the server is at fault, and the root is known all the same.
func TestProbeTellsAMissingIntermediate(t *testing.T) {
	t.Parallel()
	p := publish(t, false)
	r, err := endpoint.Probe(context.Background(), address(t, p.openssl.URL), endpoint.ProbeOptions{AIA: true})
	document(t, r, err)
	if failure(r) != "chain.incomplete" || len(r.Chain) != 1 || r.Anchor == nil || r.Anchor.Source != "aia" {
		t.Errorf("%v, %d certificates, anchor %+v", err, len(r.Chain), r.Anchor)
	}
	if !strings.Contains(r.Failure.Text, "CN=Intermediate") {
		t.Errorf("%q does not name what is missing", r.Failure.Text)
	}
	if !slices.ContainsFunc(r.Findings, func(f cred.Finding) bool {
		return f.Code == "chain.aia-failed" && strings.Contains(f.Text, "ldap://")
	}) {
		t.Errorf("%+v", r.Findings)
	}
	r, err = endpoint.Probe(context.Background(), address(t, p.openssl.URL), endpoint.ProbeOptions{Anchor: p.root.PEM})
	document(t, r, err)
	if failure(r) != "chain.incomplete" || r.Anchor != nil {
		t.Errorf("without fetching: %v, %+v", err, r.Anchor)
	}
}

// A server on the public internet names an issuer on this machine: no packet leaves for it unless a person allows it.
func TestProbeAsksNoPrivateAddressForAPublicServer(t *testing.T) {
	t.Parallel()
	p := publish(t, true)
	var mu sync.Mutex
	var dials []string
	o := endpoint.ProbeOptions{
		AIA: true,
		Lookup: func(_ context.Context, host string) ([]net.IPAddr, error) {
			return []net.IPAddr{{IP: net.IPv4(192, 0, 2, 1)}}, nil
		},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if network == "udp" {
				address = p.openssl.Addr
			} else {
				mu.Lock()
				dials = append(dials, address)
				mu.Unlock()
			}
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}
	e := cred.Endpoint{Scheme: "coaps", Host: "localhost", Port: 5684}
	r, err := endpoint.Probe(context.Background(), e, o)
	document(t, r, err)
	if failure(r) != "chain.incomplete" || !slices.Contains(codes(r), "chain.aia-private") || len(dials) != 0 || r.Anchor != nil {
		t.Errorf("%v, %v, dialled %v", err, codes(r), dials)
	}
	o.AIAPrivate = true
	r, err = endpoint.Probe(context.Background(), e, o)
	document(t, r, err)
	if err != nil || len(dials) != 1 || r.Anchor == nil || r.Anchor.Source != "aia" {
		t.Errorf("allowed: %v, dialled %v, anchor %+v", err, dials, r.Anchor)
	}
}

// The shipped server: it agrees to a Connection ID, insists on a certificate, and names its root by AIA.
func TestProbeTheShippedServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	url := make(chan string, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- sim.Serve(ctx, sim.Config{Dir: dir, AIA: "127.0.0.1:0"}, func(u string) { url <- u })
	}()
	t.Cleanup(func() { cancel(); <-ended })
	var e cred.Endpoint
	select {
	case u := <-url:
		e = address(t, u)
	case err := <-ended:
		t.Fatal(err)
	}
	r, err := endpoint.Probe(ctx, e, endpoint.ProbeOptions{AIA: true})
	document(t, r, err)
	if err != nil || r.Verdict != cred.Warn || r.CID == nil || !*r.CID || r.ClientAuth != "required" || !*r.HostMatch {
		t.Fatalf("%v, %+v", err, r)
	}
	if d := cmp.Diff([]string{"chain.anchor-unproven"}, codes(r)); d != "" {
		t.Errorf("%s\n%+v", d, r.Findings)
	}
	root, err := os.ReadFile(sim.RootFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(r.AnchorPEM, root) || r.Anchor.Source != "aia" {
		t.Errorf("anchor %+v\n%s\n%s", r.Anchor, r.AnchorPEM, root)
	}
}
