package endpoint

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/chain"
	"example.org/sectag/internal/peers"
)

// library is a web server of certificates on this machine that each test knows as http://ca.example, a public address.
type library struct {
	mux  *http.ServeMux
	http *httptest.Server
	end  chan struct{} // closed when slow answers are to give up

	mu    sync.Mutex
	dials []string
}

func newLibrary(t *testing.T) *library {
	l := &library{mux: http.NewServeMux(), end: make(chan struct{})}
	l.http = httptest.NewServer(l.mux)
	t.Cleanup(func() {
		close(l.end)
		l.http.CloseClientConnections()
		l.http.Close()
	})
	return l
}

// lookup is the name service of these tests: the server and the library are public, inside.example is not, both.example is both.
func lookup(_ context.Context, host string) ([]net.IPAddr, error) {
	ip := func(a ...string) (out []net.IPAddr) {
		for _, s := range a {
			out = append(out, net.IPAddr{IP: net.ParseIP(s)})
		}
		return out
	}
	switch host {
	case "localhost":
		return ip("192.0.2.1"), nil
	case "ca.example":
		return ip("192.0.2.7"), nil
	case "inside.example":
		return ip("10.1.2.3", "fd00::1", "127.0.0.1"), nil
	case "both.example":
		return ip("10.1.2.3", "192.0.2.8"), nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// shelve has the library answer a path, with a body or by a handler, and returns the address.
func (l *library) shelve(path string, answer any) string {
	l.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		switch a := answer.(type) {
		case []byte:
			_, _ = w.Write(a)
		case string:
			http.Redirect(w, r, a, http.StatusFound)
		case func(http.ResponseWriter):
			a(w)
		}
	})
	return "http://ca.example" + path
}

// drip gives a byte at a time and never ends.
func (l *library) drip(w http.ResponseWriter) {
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		select {
		case <-tick.C:
		case <-l.end:
			tick.Stop()
			return
		}
		if _, err := w.Write([]byte{'-'}); err != nil {
			tick.Stop()
			return
		}
		w.(http.Flusher).Flush()
	}
}

func flood(w http.ResponseWriter) {
	for {
		if _, err := w.Write(make([]byte, 8192)); err != nil {
			return
		}
	}
}

// options dials the far end of a scripted DTLS server, and for anything else the library; what it was asked to dial is kept.
func (l *library) options(t *testing.T, leaf *peers.Cert) ProbeOptions {
	return ProbeOptions{
		AIA: true, AIATime: 3 * time.Second, Lookup: lookup, Public: []chain.Root{},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if network == "udp" {
				near, far := net.Pipe()
				go scripted(leaf, false, 0xC02B)(far)
				return near, nil
			}
			l.mu.Lock()
			l.dials = append(l.dials, address)
			l.mu.Unlock()
			return (&net.Dialer{}).DialContext(ctx, network, l.http.Listener.Addr().String())
		},
	}
}

// bundle has OpenSSL put a certificate into a p7c.
func bundle(t *testing.T, c *peers.Cert) []byte {
	t.Helper()
	out, err := exec.Command("openssl", "crl2pkcs7", "-nocrl", "-outform", "DER", "-certfile", c.CertFile).Output()
	if err != nil {
		t.Fatalf("openssl crl2pkcs7: %v", err)
	}
	return out
}

// What a web server of certificates does, and what a probe makes of it. The DTLS server is in order, sends its intermediate, and names
// that web server as the place of its root.
func TestTheWebServersOfAuthorities(t *testing.T) {
	t.Parallel()
	root, namesake := peers.Root(t, "Root"), peers.Root(t, "Root")
	const (
		found   = "warn chain.anchor-unproven dtls.no-client-auth"
		missing = "fail chain.incomplete"
		failed  = "chain.aia-failed"
		private = "chain.aia-private"
	)
	long := func(l *library) string {
		for i := range 6 {
			l.shelve(fmt.Sprintf("/hop/%d", i), fmt.Sprintf("http://ca.example/hop/%d", i+1))
		}
		l.shelve("/hop/6", root.X509.Raw)
		return "http://ca.example/hop/0"
	}
	shelf := func(answer any) func(*library) string {
		return func(l *library) string { return l.shelve("/it", answer) }
	}
	named := func(address string) func(*library) string { return func(*library) string { return address } }
	for _, c := range []struct {
		name    string
		address func(*library) string
		want    string
		why     string // the finding on the address
		dials   int
	}{
		{"DER", shelf(root.X509.Raw), found, "", 1},
		{"PEM", shelf(root.PEM), found, "", 1},
		{"p7c", shelf(bundle(t, root)), found, "", 1},
		{"seven hops", long, found, "", 7},
		{"a name with a public and a private address", named("http://both.example/it"), missing, failed, 1},
		{"a redirect loop", shelf("http://ca.example/it"), missing, failed, 8},
		{"an endless body", shelf(flood), missing, failed, 1},
		{"a body that drips", func(l *library) string { return l.shelve("/it", l.drip) }, missing, failed, 1},
		{"no answer", func(l *library) string { return l.shelve("/it", func(http.ResponseWriter) { <-l.end }) }, missing, failed, 1},
		{"less than announced", shelf(func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "4000")
			_, _ = w.Write(root.X509.Raw)
		}), missing, failed, 1},
		{"endless headers", shelf(func(w http.ResponseWriter) { w.Header().Set("X-Long", strings.Repeat("x", 1<<16)) }), missing, failed, 1},
		{"nothing", shelf([]byte{}), missing, failed, 1},
		{"a page", shelf([]byte("<html>Not here any more</html>")), missing, failed, 1},
		{"404", named("http://ca.example/nowhere"), missing, failed, 1},
		{"a certificate that did not sign the child", shelf(namesake.X509.Raw), missing, failed, 1},
		{"file:", named("file:///etc/ssl/certs/ca-certificates.crt"), missing, failed, 0},
		{"ldap:", named("ldap://ca.example/CN=Root?cACertificate"), missing, failed, 0},
		{"a redirect to file:", shelf("file:///etc/ssl/certs/ca-certificates.crt"), missing, failed, 1},
		{"a redirect to ldap:", shelf("ldap://ca.example/CN=Root"), missing, failed, 1},
		{"a private name", named("http://inside.example/it"), missing, private, 0},
		{"a private literal", named("http://127.0.0.1/it"), missing, private, 0},
		{"a redirect to a private name", shelf("http://inside.example/it"), missing, private, 1},
		{"a redirect to a private literal", shelf("http://[::ffff:10.0.0.1]/it"), missing, private, 1},
		{"a name without address", named("http://nowhere.example/it"), missing, failed, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLibrary(t)
			o := l.options(t, root.Intermediate(t, "Intermediate", c.address(l)).Server(t))
			if c.name == "a body that drips" || c.name == "no answer" {
				o.AIATime = 300 * time.Millisecond
			}
			began := time.Now()
			r, _ := Probe(t.Context(), cred.Endpoint{Scheme: "coaps", Host: "localhost", Port: 5684}, o)
			took := time.Since(began)
			if got := outcome(r.Verdict, r.Failure, r.Findings); got != c.want {
				t.Errorf("%q, not %q: %+v", got, c.want, r.Findings)
			}
			var why []string
			for _, f := range r.Findings {
				if strings.HasPrefix(f.Code, "chain.aia") {
					why = append(why, f.Code)
				}
			}
			if !slices.Equal(why, strings.Fields(c.why)) {
				t.Errorf("findings %q, not %q", why, c.why)
			}
			l.mu.Lock()
			defer l.mu.Unlock()
			public := func(address string) bool { return strings.HasPrefix(address, "192.0.2.") }
			if len(l.dials) != c.dials || !slices.Equal(l.dials, slices.DeleteFunc(slices.Clone(l.dials), func(a string) bool { return !public(a) })) {
				t.Errorf("dialled %q", l.dials)
			}
			if took > ProbeTimeout+o.AIATime+time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// A chain that names a crowd of addresses asks little of anybody and tells little: the first of each certificate by name, the rest by
// their number.
func TestAChainWithACrowdOfAddresses(t *testing.T) {
	t.Parallel()
	root := peers.Root(t, "Root")
	l := newLibrary(t)
	crowd := func(of string) (out []string) {
		for i := range 50 {
			out = append(out, fmt.Sprintf("http://ca.example/%s/%d", of, i))
		}
		return out
	}
	leaf := root.Intermediate(t, "Intermediate", crowd("inter")...).Issue(t, peers.Spec{AIA: crowd("leaf")})
	r, _ := Probe(t.Context(), cred.Endpoint{Scheme: "coaps", Host: "localhost", Port: 5684}, l.options(t, leaf))
	var told []string
	for _, f := range r.Findings {
		if strings.HasPrefix(f.Code, "chain.aia") {
			told = append(told, f.Code+" "+f.Text)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.dials) != 4 || len(told) != 5 || !strings.Contains(told[0], "http://ca.example/inter/0 ") || !strings.Contains(told[3], "http://ca.example/inter/3 ") ||
		told[4] != "chain.aia-untried more issuers' addresses were not tried: 46" {
		t.Errorf("dialled %q, told %q", l.dials, told)
	}
}
