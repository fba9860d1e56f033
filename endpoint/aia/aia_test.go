package aia

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/sectag/internal/peers"
)

// p7c has OpenSSL wrap certificates, root first, as authorities publish them.
func p7c(t *testing.T, certs ...*peers.Cert) []byte {
	t.Helper()
	args := []string{"crl2pkcs7", "-nocrl", "-outform", "DER"}
	for _, c := range certs {
		args = append(args, "-certfile", c.CertFile)
	}
	out, err := exec.Command("openssl", args...).Output()
	if err != nil {
		t.Fatalf("openssl crl2pkcs7: %v", err)
	}
	return out
}

// authority is a web server that publishes certificates; every test names itself as http://ca.example/… and is dialled here.
type authority struct {
	*httptest.Server
	mux *http.ServeMux
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	mux := http.NewServeMux()
	a := &authority{httptest.NewServer(mux), mux}
	t.Cleanup(a.Close)
	return a
}

func (a *authority) give(path string, body []byte) string {
	a.mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
	return "http://ca.example" + path
}

// world is the internet of a test: every name has the addresses that it says, and every public one leads to the authority.
type world struct {
	mu    sync.Mutex
	names map[string][]string
	to    string // host:port that all dialling goes to
	dials []string
	asks  map[string]int
}

func (w *world) options() Options {
	return Options{
		Resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.asks == nil {
				w.asks = map[string]int{}
			}
			w.asks[host]++
			var out []netip.Addr
			for _, a := range w.names[host] {
				out = append(out, netip.MustParseAddr(a))
			}
			if len(out) == 0 {
				return nil, fmt.Errorf("no such host")
			}
			return out, nil
		},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			w.mu.Lock()
			w.dials = append(w.dials, address)
			w.mu.Unlock()
			return (&net.Dialer{}).DialContext(ctx, network, w.to)
		},
	}
}

func newWorld(a *authority) *world {
	u, _ := url.Parse(a.URL)
	return &world{names: map[string][]string{"ca.example": {"192.0.2.7"}}, to: u.Host}
}

func TestForms(t *testing.T) {
	root, other := peers.Root(t, "Root"), peers.Root(t, "Other")
	a := newAuthority(t)
	p7 := p7c(t, other, root)
	for name, body := range map[string][]byte{
		"der": root.X509.Raw, "pem": root.PEM, "p7c": p7,
		"p7pem": pem.EncodeToMemory(&pem.Block{Type: "PKCS7", Bytes: p7}),
		"text":  append([]byte("Certificate:\r\n  Data: …\r\n"), root.PEM...),
	} {
		t.Run(name, func(t *testing.T) {
			leaf := root.Issue(t, peers.Spec{AIA: []string{a.give("/"+name, body)}})
			w := newWorld(a)
			c := New(w.options())
			got := c.Issuers(context.Background(), leaf.X509)
			if len(got) != 1 || !got[0].Equal(root.X509) {
				t.Fatalf("%d issuers, skips %v", len(got), c.Skips())
			}
			server, ours, ok := c.Date()
			if !ok || ours.Sub(server).Abs() > 5*time.Second {
				t.Errorf("date %v at %v, %v", server, ours, ok)
			}
			if len(w.dials) != 1 || w.dials[0] != "192.0.2.7:80" || w.asks["ca.example"] != 1 {
				t.Errorf("dialled %v, asked %v: the judged address must be the dialled one", w.dials, w.asks)
			}
		})
	}
}

// An authority publishes all that it has in one message: only what signed the child comes of it, up to the cap.
func TestManyInOneMessage(t *testing.T) {
	root := peers.Root(t, "Root")
	var crowd []*peers.Cert
	for range maxCerts - 1 {
		crowd = append(crowd, peers.Root(t, "Root")) // the same name, another key
	}
	a := newAuthority(t)
	for path, c := range map[string]struct {
		certs []*peers.Cert
		found int
	}{"/last": {append(slices.Clone(crowd), root), 1}, "/beyond": {append(slices.Clone(crowd), crowd[0], root), 0}} {
		leaf := root.Issue(t, peers.Spec{AIA: []string{a.give(path, p7c(t, c.certs...))}})
		climber := New(newWorld(a).options())
		if got := climber.Issuers(context.Background(), leaf.X509); len(got) != c.found {
			t.Errorf("%s: %d issuers, skips %v", path, len(got), climber.Skips())
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	root, other := peers.Root(t, "Root"), peers.Root(t, "Root")
	unit := root.Unit(t, "urn:imei:000000000000001")
	a := newAuthority(t)
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	a.mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 8192)); err != nil {
				return
			}
		}
	})
	a.mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-stop:
		}
	})
	redirect := func(path, to string) string {
		a.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) })
		return "http://ca.example" + path
	}
	for _, c := range []struct {
		name, address, want string
		private             bool
		dials               int // -1: any
	}{
		{"a certificate that did not sign", a.give("/other", other.X509.Raw), "signature", false, 1},
		{"a device certificate", a.give("/unit", unit.X509.Raw), "not the issuer", false, 1},
		{"noise", a.give("/noise", []byte("<html>not found</html>")), "no certificate", false, 1},
		{"nothing", a.give("/nothing", nil), "no certificate", false, 1},
		{"404", "http://ca.example/nowhere", "404", false, 1},
		{"endless", "http://ca.example/endless", "longer than 65536", false, 1},
		{"slow", "http://ca.example/slow", "no whole answer", false, 1},
		{"file", "file:///etc/passwd", "no http", false, 0},
		{"ldap", "ldap://ca.example/CN=Root?cACertificate", "no http", false, 0},
		{"ftp", "ftp://ca.example/root.crt", "no http", false, 0},
		{"user", "http://a:b@ca.example/other", "no plain http", false, 0},
		{"unreadable", "http://ca.example/%zz", "no address", false, 0},
		{"no such name", "http://nowhere.example/", "no such host", false, 0},
		{"loopback literal", "http://127.0.0.1/root.crt", "private range", true, 0},
		{"mapped loopback", "http://[::ffff:127.0.0.1]/root.crt", "private range", true, 0},
		{"metadata service", "http://169.254.169.254/latest/", "private range", true, 0},
		{"name in a private range", "http://inside.example/root.crt", "private range", true, 0},
		{"redirect to a private name", redirect("/in", "http://inside.example/root.crt"), "private range", true, 1},
		{"redirect to a private literal", redirect("/in4", "http://10.0.0.1/root.crt"), "private range", true, 1},
		{"redirect to a file", redirect("/file", "file:///etc/passwd"), "no http", false, 1},
		{"redirect loop", redirect("/loop", "http://ca.example/loop"), "more than 8 requests", false, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			leaf := root.Issue(t, peers.Spec{AIA: []string{c.address}})
			w := newWorld(a)
			w.names["inside.example"] = []string{"10.1.2.3", "fd00::1"}
			o := w.options()
			o.Time = 5 * time.Second
			if c.name == "slow" {
				o.Time = 100 * time.Millisecond
			}
			climber := New(o)
			began := time.Now()
			got := climber.Issuers(context.Background(), leaf.X509)
			skips := climber.Skips()
			if len(got) != 0 || len(skips) != 1 {
				t.Fatalf("%d issuers, skips %v", len(got), skips)
			}
			if err := skips[0].Err; !strings.Contains(err.Error(), c.want) || errors.Is(err, ErrPrivate) != c.private {
				t.Errorf("%v, want %q", err, c.want)
			}
			if len(w.dials) != c.dials {
				t.Errorf("dialled %v", w.dials)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// A name that has public and private addresses leads to the public one; a name server that changes its mind changes nothing.
func TestOnlyTheJudgedAddressIsDialled(t *testing.T) {
	root := peers.Root(t, "Root")
	a := newAuthority(t)
	leaf := root.Issue(t, peers.Spec{AIA: []string{a.give("/root", root.X509.Raw)}})
	w := newWorld(a)
	w.names["ca.example"] = []string{"127.0.0.1", "10.0.0.1", "192.0.2.9"}
	if got := New(w.options()).Issuers(context.Background(), leaf.X509); len(got) != 1 {
		t.Fatal("not found")
	}
	if len(w.dials) != 1 || w.dials[0] != "192.0.2.9:80" || w.asks["ca.example"] != 1 {
		t.Errorf("dialled %v, asked %v", w.dials, w.asks)
	}
	w.dials = nil
	o := w.options()
	o.Private = true
	if got := New(o).Issuers(context.Background(), leaf.X509); len(got) != 1 || w.dials[0] != "127.0.0.1:80" {
		t.Errorf("with private addresses allowed: %d issuers, dialled %v", len(got), w.dials)
	}
}

// The second address is asked when the first leads nowhere, no address twice, and there is an end to all asking.
func TestSeveralAddressesAndTheEnd(t *testing.T) {
	root := peers.Root(t, "Root")
	a := newAuthority(t)
	good := a.give("/root", root.X509.Raw)
	leaf := root.Issue(t, peers.Spec{AIA: []string{"ldap://ca.example/", "http://ca.example/gone", good}})
	w := newWorld(a)
	c := New(w.options())
	if got := c.Issuers(context.Background(), leaf.X509); len(got) != 1 || len(c.Skips()) != 2 {
		t.Fatalf("%d issuers, skips %v", len(got), c.Skips())
	}
	if got := c.Issuers(context.Background(), leaf.X509); len(got) != 0 || len(w.dials) != 2 {
		t.Errorf("asked again: %d issuers, dialled %v", len(got), w.dials)
	}
}

// A certificate may name as many addresses as its maker likes: few are tried, few are told, the rest is counted, and the other
// certificates of the chain still have theirs.
func TestACrowdOfAddresses(t *testing.T) {
	root := peers.Root(t, "Root")
	a := newAuthority(t)
	good := a.give("/root", root.X509.Raw)
	w := newWorld(a)
	gone := func(scheme, of string, n int, more ...string) *peers.Cert {
		var out []string
		for i := range n {
			out = append(out, fmt.Sprintf("%s://ca.example/%s/%d", scheme, of, i))
		}
		return root.Issue(t, peers.Spec{AIA: append(out, more...)})
	}
	for _, c := range []struct {
		name                          string
		certs                         []*peers.Cert
		found, dials, skips, untrieds int
	}{
		{"fifty", []*peers.Cert{gone("http", "a", 50)}, 0, 4, 4, 46},
		{"fifty that are refused", []*peers.Cert{gone("ldap", "a", 50)}, 0, 0, 4, 46},
		{"fifty, looked at twice", []*peers.Cert{gone("http", "a", 50), gone("http", "a", 50)}, 0, 4, 4, 46},
		{"the same fifty times", []*peers.Cert{root.Issue(t, peers.Spec{AIA: slices.Repeat([]string{"http://ca.example/a"}, 50)})}, 0, 1, 1, 0},
		{"three certificates with fifty", []*peers.Cert{gone("http", "a", 50), gone("http", "b", 50), gone("http", "c", 50)}, 0, 8, 8, 142},
		{"three certificates with fifty that are refused", []*peers.Cert{gone("ldap", "a", 50), gone("file", "b", 50), gone("ftp", "c", 50)}, 0, 0, 8, 142},
		{"the second certificate's first is good", []*peers.Cert{gone("http", "a", 50), gone("http", "b", 0, append([]string{good}, gone("http", "b", 49).X509.IssuingCertificateURL...)...)}, 1, 5, 4, 46},
		{"the fourth is good", []*peers.Cert{gone("http", "a", 3, good, "http://ca.example/more")}, 1, 4, 3, 0},
		{"the fifth would be", []*peers.Cert{gone("http", "a", 4, good)}, 0, 4, 4, 1},
		{"one's fifth is the other's first", []*peers.Cert{gone("http", "a", 4, good), gone("http", "a", 0, good)}, 1, 5, 4, 0},
	} {
		w.dials = nil
		climber := New(w.options())
		found := 0
		for _, cert := range c.certs {
			found += len(climber.Issuers(context.Background(), cert.X509))
		}
		if found != c.found || len(w.dials) != c.dials || len(climber.Skips()) != c.skips || climber.Untried() != c.untrieds {
			t.Errorf("%s: %d issuers, %d dials, %d skips, %d not tried", c.name, found, len(w.dials), len(climber.Skips()), climber.Untried())
		}
	}
	// Redirects use up the requests of those that come behind.
	a.mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	w.dials = nil
	climber := New(w.options())
	if got := climber.Issuers(context.Background(), root.Issue(t, peers.Spec{AIA: []string{"http://ca.example/loop", good}}).X509); len(got) != 0 ||
		len(w.dials) != MaxRequests || len(climber.Skips()) != 1 || climber.Untried() != 1 {
		t.Errorf("behind a loop: %d issuers, %d dials, skips %v, %d not tried", len(got), len(w.dials), climber.Skips(), climber.Untried())
	}
}

func TestAge(t *testing.T) {
	c := New(Options{})
	day := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	c.note(http.Header{"Date": {day.Format(http.TimeFormat)}, "Age": {"86400"}})
	if got, _, ok := c.Date(); !ok || !got.Equal(day.AddDate(0, 0, 1)) {
		t.Errorf("%v", got)
	}
	c.note(http.Header{"Date": {day.AddDate(5, 0, 0).Format(http.TimeFormat)}, "Age": {"much"}})
	c.note(http.Header{"Date": {"yesterday"}})
	if got, _, _ := c.Date(); got.Year() != 2026 {
		t.Errorf("%v", got)
	}
}

func TestPrivate(t *testing.T) {
	for a, want := range map[string]bool{
		"127.0.0.1": true, "10.0.0.1": true, "172.16.0.1": true, "192.168.1.1": true, "169.254.1.1": true, "100.64.0.1": true,
		"0.0.0.0": true, "255.255.255.255": true, "224.0.0.1": true, "::1": true, "::": true, "fe80::1": true, "fe80::1%eth0": true,
		"fd00::1": true, "::ffff:10.0.0.1": true, "64:ff9b::7f00:1": true, "2002:7f00:1::": true, "::127.0.0.1": true, "ff02::1": true,
		"8.8.8.8": false, "2600::1": false, "172.32.0.1": false, "64:ff9b::808:808": false, "2002:808:808::": false,
	} {
		if got := Private(netip.MustParseAddr(a)); got != want {
			t.Errorf("%s: %v", a, got)
		}
	}
	if !Private(netip.Addr{}) {
		t.Error("no address is taken for a public one")
	}
}

func FuzzParse(f *testing.F) {
	root := peers.Root(f, "Root")
	out, err := exec.Command("openssl", "crl2pkcs7", "-nocrl", "-outform", "DER", "-certfile", root.CertFile).Output()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(out)
	f.Add(root.X509.Raw)
	f.Add(root.PEM)
	f.Fuzz(func(t *testing.T, b []byte) {
		certs, err := Parse(b)
		if (len(certs) == 0) != (err != nil) || len(certs) > 2*maxCerts {
			t.Errorf("%d certificates, %v", len(certs), err)
		}
		for _, c := range certs {
			if _, err := x509.ParseCertificate(c.Raw); err != nil {
				t.Error(err)
			}
		}
	})
}
