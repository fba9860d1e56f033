package endpoint_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
	"example.org/sectag/internal/peers"
)

const (
	gcm    = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
	cbc256 = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"
	ccm8   = "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"
)

func address(t *testing.T, url string) cred.Endpoint {
	t.Helper()
	e, err := cred.ParseEndpoint(url)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func codes(r endpoint.ProbeReport) []string {
	out := []string{}
	for _, f := range r.Findings {
		if f.Severity != cred.Info {
			out = append(out, f.Code)
		}
	}
	return out
}

func failure(r endpoint.ProbeReport) string {
	if r.Failure == nil {
		return ""
	}
	return r.Failure.Code
}

// document checks that a report is what the contract asks of every document: nothing is null, lists are there, the error is
// the failure, and the verdict follows from the findings.
func document(t *testing.T, r endpoint.ProbeReport, err error) {
	t.Helper()
	b, e := json.Marshal(r)
	if e != nil {
		t.Fatal(e)
	}
	if bytes.Contains(b, []byte("null")) {
		t.Errorf("null in %s", b)
	}
	for _, list := range []string{`"chain":[`, `"findings":[`, `"server":[`, `"modem_usable":[`} {
		if !bytes.Contains(b, []byte(list)) {
			t.Errorf("%s missing in %s", list, b)
		}
	}
	var f *cred.Fault
	if (err == nil) != (r.Failure == nil) || (err != nil && (!errors.As(err, &f) || f != r.Failure || f.Hint == "")) {
		t.Errorf("error %v, failure %v", err, r.Failure)
	}
	if want := cred.Judge(r.Findings); err == nil && r.Verdict != want || err != nil && r.Verdict != cred.Fail {
		t.Errorf("verdict %s of %v", r.Verdict, r.Findings)
	}
}

type server struct {
	name    string
	start   func(t *testing.T) *peers.Server
	host    string // "127.0.0.1" if empty
	options endpoint.ProbeOptions

	failure string
	codes   []string // of warnings and errors
	auth    string
	chain   int
	usable  []string // must be among modem_usable
	lacks   []string // must not be among server
	more    func(t *testing.T, r endpoint.ProbeReport)
}

// The servers are OpenSSL's, GnuTLS's and libcoap's; what they are and what must be said of them stands in one table.
func TestProbeServersNobodyHereWrote(t *testing.T) {
	root, other := peers.Root(t, "Root"), peers.Root(t, "Other Root")
	inter := root.Intermediate(t, "Intermediate")
	good := inter.Server(t)
	rsa := root.Issue(t, peers.Spec{RSA: 2048})
	roots := endpoint.ProbeOptions{Roots: root.CertFile}
	now := time.Now()
	openssl := func(c *peers.Cert, args ...string) func(*testing.T) *peers.Server {
		return func(t *testing.T) *peers.Server {
			args := append([]string{"-cert", c.CertFile, "-key", c.KeyFile}, args...)
			if len(c.Chain()) > 1 {
				args = append(args, "-cert_chain", c.IssuersFile)
			}
			return peers.OpenSSL(t, args...)
		}
	}
	verify := []string{"-Verify", "2", "-verify_return_error", "-CAfile", root.CertFile}
	only := func(cipher string) []string { return append([]string{"-cipher", cipher + ":@SECLEVEL=0"}, verify...) }
	for _, s := range []server{
		{
			name: "openssl, small packets", start: openssl(good, append([]string{"-mtu", "400"}, verify...)...), options: roots,
			auth: "required", chain: 2, usable: []string{gcm, cbc256}, lacks: []string{ccm8},
			more: func(t *testing.T, r endpoint.ProbeReport) {
				if r.ChainBytes != len(good.X509.Raw)+len(inter.X509.Raw) || !*r.HostMatch || *r.CID {
					t.Errorf("%d bytes, host match %v, cid %v", r.ChainBytes, *r.HostMatch, *r.CID)
				}
				if r.Anchor == nil || r.Anchor.Source != "file" || r.Anchor.Trust != "file" || !bytes.Equal(r.AnchorPEM, root.PEM) ||
					r.Anchor.SHA256 != cred.Sum(root.PEM) || r.Anchor.DER != cred.Sum(root.X509.Raw) || r.Anchor.PEMBytes != len(root.PEM) {
					t.Errorf("anchor %+v", r.Anchor)
				}
			},
		},
		{
			name: "openssl, takes clients without", start: openssl(good, "-verify", "2", "-CAfile", root.CertFile), options: roots,
			auth: "optional", chain: 2, codes: []string{"dtls.no-client-auth"},
		},
		{
			name: "openssl, never asks", start: openssl(good), options: roots, host: "localhost",
			auth: "none", chain: 2, codes: []string{"dtls.no-client-auth"},
		},
		{
			name: "openssl, only CCM_8", start: openssl(good, only("ECDHE-ECDSA-AES128-CCM8")...), options: roots,
			auth: "required", chain: 2, failure: "dtls.no-common-suite", codes: []string{"dtls.no-common-suite"},
			more: func(t *testing.T, r endpoint.ProbeReport) {
				if d := cmp.Diff(endpoint.Suites{Server: []string{ccm8}, ModemUsable: []string{}}, r.Suites); d != "" {
					t.Error(d)
				}
			},
		},
		{
			name: "openssl, only an old suite", start: openssl(good, only("ECDHE-ECDSA-AES128-SHA")...), options: roots,
			auth: "required", chain: 2,
			more: func(t *testing.T, r endpoint.ProbeReport) {
				if d := cmp.Diff([]string{"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"}, r.Suites.ModemUsable); d != "" {
					t.Error(d)
				}
			},
		},
		{
			name: "openssl, nothing that we know", start: openssl(rsa, only("DHE-RSA-AES128-SHA")...), options: roots,
			failure: "dtls.no-common-suite", codes: []string{},
		},
		{
			name: "openssl, RSA", start: openssl(rsa, verify...), options: roots,
			auth: "required", chain: 2, usable: []string{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}, lacks: []string{gcm},
		},
		{
			name: "openssl, pre-shared key only", options: roots,
			start: func(t *testing.T) *peers.Server {
				return peers.OpenSSL(t, "-nocert", "-psk", "00112233445566778899aabbccddeeff", "-cipher", "PSK-AES128-CCM8:@SECLEVEL=0")
			},
			codes: []string{"dtls.no-certificate"}, usable: []string{"TLS_PSK_WITH_AES_128_CCM_8"},
		},
		{
			name: "openssl, over 4 kB", start: openssl(inter.Issue(t, peers.Spec{Pad: 4000}), verify...), options: roots,
			auth: "required", chain: 2, failure: "chain.too-long", codes: []string{"chain.too-long"},
		},
		{
			name: "openssl, expired", start: openssl(root.Issue(t, peers.Spec{Begin: now.AddDate(0, 0, -9), End: now.AddDate(0, 0, -1)}), verify...), options: roots,
			auth: "required", chain: 2, failure: "chain.expired", codes: []string{"chain.expired"},
		},
		{
			name: "openssl, not yet", start: openssl(root.Issue(t, peers.Spec{Begin: now.AddDate(0, 0, 2)}), verify...), options: roots,
			auth: "required", chain: 2, failure: "chain.not-yet", codes: []string{"chain.not-yet"},
		},
		{
			name: "openssl, other name", start: openssl(root.Issue(t, peers.Spec{DNS: []string{"other.example"}}), verify...), options: roots,
			auth: "required", chain: 2, failure: "chain.name", codes: []string{"chain.name"},
		},
		{
			name: "openssl, another root", start: openssl(good, verify...), options: endpoint.ProbeOptions{Anchor: other.PEM},
			auth: "required", chain: 2, failure: "chain.untrusted", codes: []string{"chain.untrusted"},
		},
		{
			name: "openssl, self-signed", start: openssl(peers.SelfSigned(t, peers.Spec{}), verify...),
			auth: "required", chain: 1, failure: "chain.leaf-anchor", codes: []string{"chain.leaf-anchor", "chain.anchor-short", "chain.anchor-unproven"},
			more: func(t *testing.T, r endpoint.ProbeReport) {
				if r.AnchorPEM != nil {
					t.Error("a leaf is offered as anchor")
				}
			},
		},
		{
			name: "gnutls", options: roots,
			start: func(t *testing.T) *peers.Server {
				return peers.GnuTLS(t, "--x509certfile", good.ChainFile, "--x509keyfile", good.KeyFile, "--x509cafile", root.CertFile,
					"--require-client-cert", "--verify-client-cert")
			},
			auth: "required", chain: 2, usable: []string{gcm}, lacks: []string{ccm8, cbc256}, codes: []string{"dtls.old-version"},
		},
		{
			name: "gnutls, only CCM_8", options: roots,
			start: func(t *testing.T) *peers.Server {
				return peers.GnuTLS(t, "--x509certfile", good.ChainFile, "--x509keyfile", good.KeyFile,
					"--priority", "NORMAL:-CIPHER-ALL:+AES-128-CCM-8")
			},
			auth: "optional", chain: 2, failure: "dtls.no-common-suite", codes: []string{"dtls.no-common-suite", "dtls.no-client-auth"},
		},
		{
			name: "libcoap/openssl", options: roots,
			start: func(t *testing.T) *peers.Server {
				return peers.Coap(t, "openssl", "-c", good.ChainFile, "-j", good.KeyFile, "-C", root.CertFile)
			},
			// It sends the leaf alone (facts of the trial): a server's fault that a browser would hide.
			auth: "required", chain: 1, failure: "chain.incomplete", codes: []string{"chain.incomplete"}, usable: []string{gcm, cbc256},
		},
		{
			name: "libcoap/gnutls", options: roots,
			start: func(t *testing.T) *peers.Server {
				return peers.Coap(t, "gnutls", "-c", good.ChainFile, "-j", good.KeyFile, "-C", root.CertFile)
			},
			auth: "required", chain: 2, usable: []string{gcm, cbc256}, codes: []string{"dtls.old-version"},
		},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.check(t)
		})
	}
}

func (s server) check(t *testing.T) {
	peer := s.start(t)
	url := peer.URL
	if s.host != "" {
		url = strings.Replace(url, "127.0.0.1", s.host, 1)
	}
	began := time.Now()
	r, err := endpoint.Probe(context.Background(), address(t, url), s.options)
	took := time.Since(began)
	document(t, r, err)
	if failure(r) != s.failure {
		t.Fatalf("%v, want %s\nserver: %s", err, s.failure, peer.Output())
	}
	if s.codes == nil {
		s.codes = []string{}
	}
	if d := cmp.Diff(s.codes, codes(r)); d != "" {
		t.Errorf("%s\n%+v", d, r.Findings)
	}
	if r.ClientAuth != s.auth || len(r.Chain) != s.chain {
		t.Errorf("client auth %q, %d certificates; want %q, %d", r.ClientAuth, len(r.Chain), s.auth, s.chain)
	}
	for _, u := range s.usable {
		if !slices.Contains(r.Suites.ModemUsable, u) || !slices.Contains(r.Suites.Server, u) {
			t.Errorf("%s is missing in %+v", u, r.Suites)
		}
	}
	for _, l := range s.lacks {
		if slices.Contains(r.Suites.Server, l) {
			t.Errorf("%s is in %+v", l, r.Suites)
		}
	}
	if took > endpoint.ProbeTimeout+time.Second {
		t.Errorf("took %s", took)
	}
	t.Logf("%s, %d packets, %+v", took, r.Packets, r.Traits)
	if s.more != nil {
		s.more(t, r)
	}
}

func TestProbeInput(t *testing.T) {
	key := peers.Root(t, "Root").KeyFile
	key2, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		url     string
		options endpoint.ProbeOptions
		code    string
	}{
		{"coaps://localhost:5684", endpoint.ProbeOptions{Roots: "no-such-file.pem"}, "config.file"},
		{"coaps://localhost:5684", endpoint.ProbeOptions{Roots: key}, "config.anchor"},
		{"coaps://localhost:5684", endpoint.ProbeOptions{Anchor: key2}, "config.anchor"},
	} {
		r, err := endpoint.Probe(context.Background(), address(t, c.url), c.options)
		document(t, r, err)
		if failure(r) != c.code || r.Packets != 0 {
			t.Errorf("%v, want %s", err, c.code)
		}
	}
}
