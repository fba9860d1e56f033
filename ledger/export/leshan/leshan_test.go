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

// store is Leshan's security store as its servlet behaves: PUT adds or replaces one entry, a PSK identity of another endpoint and an entry
// in another form are 400 with a text, GET lists all in the server's own form.
type store struct {
	mu     sync.Mutex
	older  bool // it is a 2.0.0-M4
	puts   int
	has    map[string]export.Security
	spoil  func(export.Security) (export.Security, bool)
	answer string // instead of the list
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Method == http.MethodPut && r.URL.Path == "/api/security/clients/":
		s.puts++
		e, ok := s.read(r.Body)
		if !ok || r.Header.Get("Content-Type") != "application/json" {
			http.Error(w, "Invalid request body", http.StatusBadRequest)
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
		all := []any{}
		for _, e := range s.has {
			if s.older {
				all = append(all, e.Older())
			} else {
				all = append(all, e)
			}
		}
		_ = json.NewEncoder(w).Encode(all)
	default:
		http.NotFound(w, r)
	}
}

// read takes an entry in the form that the server knows. Fields that it does not know are nothing to it.
func (s *store) read(r io.Reader) (e export.Security, ok bool) {
	if !s.older {
		err := json.NewDecoder(r).Decode(&e)
		return e, err == nil && e.TLS.Mode != ""
	}
	var o export.OlderSecurity
	err := json.NewDecoder(r).Decode(&o)
	e = export.Security{Endpoint: o.Endpoint, TLS: export.TLS{Mode: export.X509}}
	if o.PSK != nil {
		e.TLS = export.TLS{Mode: export.PSK, Details: o.PSK}
	}
	return e, err == nil && (o.X509 || o.PSK != nil)
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

// An older server is asked in the newer form once, and then no more.
func TestUnitsArePutAndReadBack(t *testing.T) {
	for older, puts := range map[bool]int{false: 3, true: 4} {
		s, c := serve(t)
		s.older = older
		for _, e := range []export.Security{x509("urn:imei:1"), psk("urn:imei:2", "urn:imei:2"), x509("urn:imei:1")} {
			if err := c.Put(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		err := c.Check(t.Context())
		if err != nil || len(s.has) != 3 || s.has["urn:imei:1"].TLS.Mode != export.X509 || s.has["urn:imei:2"].TLS.Details.Key != "ab01" || s.puts != puts {
			t.Errorf("older %v: %v, %+v after %d calls", older, err, s.has, s.puts)
		}
	}
}

func TestWhatLeshanRefusesIsSaid(t *testing.T) {
	for _, older := range []bool{false, true} {
		s, c := serve(t)
		s.older = older
		wantCode(t, c.Put(t.Context(), psk("urn:imei:1", "taken")), "export.refused", ", told of urn:imei:1, answered 400 ", "PSK Identity [taken] is already used",
			"; and to the form of older servers 400 ", "Invalid request body")
		if err := c.Put(t.Context(), x509("urn:imei:1")); err != nil {
			t.Fatal(err)
		}
		err := c.Put(t.Context(), psk("urn:imei:1", "taken"))
		wantCode(t, err, "export.refused", "answered 400 PSK Identity [taken] is already used")
		if strings.Contains(err.Error(), "Invalid") {
			t.Errorf("a server whose form is known was asked in another: %v", err)
		}
	}
}

// What is answered with anything but 400 is not asked again, and a key that an answer repeats is not.
func TestWhatIsNoQuestionOfTheForm(t *testing.T) {
	var calls, status int
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		body, _ := io.ReadAll(r.Body)
		http.Error(w, string(body), status)
	}))
	defer h.Close()
	for answer, want := range map[int]int{http.StatusForbidden: 1, http.StatusBadRequest: 2} {
		calls, status = 0, answer
		c, err := At(h.URL, h.Client())
		if err != nil {
			t.Fatal(err)
		}
		err = c.Put(t.Context(), psk("urn:imei:2", "urn:imei:2"))
		wantCode(t, err, "export.refused", "***")
		if calls != want || strings.Contains(err.Error(), "ab01") {
			t.Errorf("%d: %d calls, %v", status, calls, err)
		}
	}
}

func TestWhatLeshanDoesNotKnowIsFound(t *testing.T) {
	for name, spoil := range map[string]func(export.Security) (export.Security, bool){
		"does not know it": func(e export.Security) (export.Security, bool) { return e, false },
		"has it with the mode rpk": func(e export.Security) (export.Security, bool) {
			e.TLS.Mode = "rpk"
			return e, true
		},
		"without a certificate and without a PSK": func(e export.Security) (export.Security, bool) {
			e.TLS.Mode = ""
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
	wantCode(t, c.Check(t.Context()), "export.refused", "asked for its list, answered 307")
	if len(s.has) != 1 {
		t.Error("it followed")
	}
}
