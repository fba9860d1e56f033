package leshan

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/export"
)

// store is Leshan's security store as its servlet behaves: PUT adds or replaces one entry, a PSK identity of another endpoint is 400 with a
// text, GET lists all.
type store struct {
	mu     sync.Mutex
	has    map[string]export.Security
	spoil  func(export.Security) (export.Security, bool)
	answer string // instead of the list
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Method == http.MethodPut && r.URL.Path == "/api/security/clients/":
		var e export.Security
		d := json.NewDecoder(r.Body)
		d.DisallowUnknownFields()
		if err := d.Decode(&e); err != nil || r.Header.Get("Content-Type") != "application/json" {
			http.Error(w, "bad JSON", http.StatusBadRequest)
			return
		}
		for _, o := range s.has {
			if e.TLS.Details != nil && o.TLS.Details != nil && o.Endpoint != e.Endpoint && o.TLS.Details.Identity == e.TLS.Details.Identity {
				http.Error(w, "PSK Identity ["+e.TLS.Details.Identity+"] is already used\n", http.StatusBadRequest)
				return
			}
		}
		if s.spoil != nil {
			var keep bool
			if e, keep = s.spoil(e); !keep {
				return
			}
		}
		s.has[e.Endpoint] = e
	case r.Method == http.MethodGet && r.URL.Path == "/api/security/clients" && s.answer != "":
		_, _ = io.WriteString(w, s.answer)
	case r.Method == http.MethodGet && r.URL.Path == "/api/security/clients":
		all := []export.Security{}
		for _, e := range s.has {
			all = append(all, e)
		}
		_ = json.NewEncoder(w).Encode(all)
	default:
		http.NotFound(w, r)
	}
}

func serve(t *testing.T) (*store, *Server) {
	t.Helper()
	s := &store{has: map[string]export.Security{"other": {Endpoint: "other", TLS: export.TLS{Mode: export.PSK, Details: &export.Details{Identity: "taken", Key: "00"}}}}}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	c, err := At(h.URL+"/", h.Client())
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func x509(name string) export.Security {
	return export.Security{Endpoint: name, TLS: export.TLS{Mode: export.X509}}
}

func psk(name, identity string) export.Security {
	return export.Security{Endpoint: name, TLS: export.TLS{Mode: export.PSK, Details: &export.Details{Identity: identity, Key: "ab01"}}}
}

func wantCode(t *testing.T, err error, code string, in ...string) {
	t.Helper()
	var f *cred.Fault
	if !errors.As(err, &f) || f.Code != code || f.Hint == "" {
		t.Fatalf("got %v, want %s", err, code)
	}
	for _, s := range in {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%v does not say %q", err, s)
		}
	}
}

func TestUnitsArePutAndReadBack(t *testing.T) {
	s, c := serve(t)
	for _, e := range []export.Security{x509("urn:imei:1"), psk("urn:imei:2", "urn:imei:2"), x509("urn:imei:1")} {
		if err := c.Put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Check(t.Context()); err != nil || len(s.has) != 3 || s.has["urn:imei:1"].TLS.Mode != export.X509 || s.has["urn:imei:2"].TLS.Details.Key != "ab01" {
		t.Errorf("%v, %+v", err, s.has)
	}
}

func TestWhatLeshanRefusesIsSaid(t *testing.T) {
	_, c := serve(t)
	wantCode(t, c.Put(t.Context(), psk("urn:imei:1", "taken")), "export.refused", "urn:imei:1", "400 PSK Identity [taken] is already used")
}

func TestWhatLeshanDoesNotKnowIsFound(t *testing.T) {
	for name, spoil := range map[string]func(export.Security) (export.Security, bool){
		"does not know it": func(e export.Security) (export.Security, bool) { return e, false },
		"has it with the mode rpk": func(e export.Security) (export.Security, bool) {
			e.TLS.Mode = "rpk"
			return e, true
		},
		"has it with another identity or key": func(e export.Security) (export.Security, bool) {
			e.TLS.Details = &export.Details{Identity: e.TLS.Details.Identity, Key: "ab02"}
			return e, true
		},
		"identity or key": func(e export.Security) (export.Security, bool) {
			e.TLS.Details = nil
			return e, true
		},
	} {
		s, c := serve(t)
		s.spoil = spoil
		if err := c.Put(t.Context(), psk("urn:imei:2", "urn:imei:2")); err != nil {
			t.Fatal(err)
		}
		wantCode(t, c.Check(t.Context()), "export.differs", "urn:imei:2", name)
	}
	s, c := serve(t)
	s.answer = "<html>welcome</html>"
	wantCode(t, c.Check(t.Context()), "export.differs")
}

func TestAddresses(t *testing.T) {
	for _, bad := range []string{"", "localhost:8080", "ftp://localhost", "http://", "http://user:hunter2@localhost", "http://localhost/?q=hunter2", "http://[::1"} {
		if _, err := At(bad, http.DefaultClient); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for base, private := range map[string]bool{
		"http://127.0.0.1:8080": true, "http://[::1]:8080": true, "http://localhost": true, "https://leshan.example": true, "http://leshan.example": false,
		"http://10.0.0.1:8080": false, "http://127.0.0.1.example": false,
	} {
		c, err := At(base, http.DefaultClient)
		if err != nil || c.Private() != private {
			t.Errorf("%s: %v", base, err)
		}
	}
	c, err := At("http://leshan.example", http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, c.Put(t.Context(), psk("a", "a")), "usage.flag")
}

// TestAServerThatIsGone: and one that sends the caller elsewhere gets nothing there.
func TestAServerThatIsGone(t *testing.T) {
	h := httptest.NewServer(http.NotFoundHandler())
	h.Close()
	c, err := At(h.URL, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, c.Put(t.Context(), x509("a")), "export.unreachable")
	s, _ := serve(t)
	to := httptest.NewServer(s)
	defer to.Close()
	from := httptest.NewServer(http.RedirectHandler(to.URL+"/api/security/clients/", http.StatusTemporaryRedirect))
	defer from.Close()
	if c, err = At(from.URL, from.Client()); err != nil {
		t.Fatal(err)
	}
	wantCode(t, c.Put(t.Context(), psk("a", "a")), "export.refused", "307")
	if len(s.has) != 1 {
		t.Error("it followed")
	}
}
