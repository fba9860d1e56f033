// Package leshan tells a Leshan server of units over its REST (package export has the same as a script), and asks it back what it knows of
// them then.
package leshan

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/export"
)

// maxAnswer is how much of an answer is read: a list of a million entries has about a hundred million bytes.
const maxAnswer = 512 << 20

// Server is a Leshan at an address.
type Server struct {
	base string
	http *http.Client
	told []export.Security
}

// At is the Leshan at a URL such as http://localhost:8080. Redirects are not followed: what is sent may hold a PSK.
func At(base string, c *http.Client) (*Server, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.User != nil {
		// It is not repeated: there may be a password in it.
		return nil, cred.Failed("usage.flag", "--to: this is no address of a web server, or more than that", "write http://HOST:PORT or https://HOST:PORT, without a name, a password or a query")
	}
	own := *c
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Server{base: strings.TrimSuffix(base, "/"), http: &own}, nil
}

// Private tells whether what is sent can be read by nobody between: over TLS, or within this machine.
func (s *Server) Private() bool {
	u, err := url.Parse(s.base)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// Put tells the server of one unit. A unit with a PSK is refused where others could read it.
func (s *Server) Put(ctx context.Context, e export.Security) error {
	if e.TLS.Details != nil && !s.Private() {
		return cred.Failed("usage.flag", "a PSK would go to "+s.base+" in clear", "name the server by https, or write a script and run it on the server")
	}
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write an entry for Leshan: %w", err)
	}
	if _, err := s.call(ctx, http.MethodPut, body); err != nil {
		return fmt.Errorf("tell Leshan of %s: %w", e.Endpoint, err)
	}
	s.told = append(s.told, e)
	return nil
}

// Check asks for what the server knows, and holds it against all that it was told.
func (s *Server) Check(ctx context.Context) error {
	body, err := s.call(ctx, http.MethodGet, nil)
	if err != nil {
		return fmt.Errorf("ask Leshan what it knows: %w", err)
	}
	var all []export.Security
	if err := json.Unmarshal(body, &all); err != nil {
		return cred.Because(err, "export.differs", "what Leshan answers is not its list of clients", "is the address that of Leshan's web server?")
	}
	has := make(map[string]export.Security, len(all))
	for _, e := range all {
		has[e.Endpoint] = e
	}
	for _, want := range s.told {
		got, ok := has[want.Endpoint]
		switch {
		case !ok:
			return differs(want, "does not know it")
		case got.TLS.Mode != want.TLS.Mode:
			return differs(want, "has it with the mode "+string(got.TLS.Mode))
		case want.TLS.Details != nil && (got.TLS.Details == nil || got.TLS.Details.Identity != want.TLS.Details.Identity ||
			!strings.EqualFold(got.TLS.Details.Key, want.TLS.Details.Key)):
			return differs(want, "has it with another identity or key")
		}
	}
	return nil
}

func differs(e export.Security, how string) error {
	return cred.Failed("export.differs", fmt.Sprintf("Leshan was told of %s and %s", e.Endpoint, how),
		"look at its list of clients: somebody else may change it at the same time; then export again")
}

// call makes one call. The fault's text has no body that was sent.
func (s *Server) call(ctx context.Context, method string, body []byte) ([]byte, error) {
	at := s.base + export.LeshanPath
	if method == http.MethodGet {
		at = strings.TrimSuffix(at, "/")
	}
	req, err := http.NewRequestWithContext(ctx, method, at, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make the call: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, cred.Because(err, "export.unreachable", s.base+" cannot be reached: "+err.Error(), "is Leshan's web server there? Name it with --to")
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, cred.Because(err, "export.unreachable", s.base+" broke off: "+err.Error(), "try again")
	}
	if resp.StatusCode != http.StatusOK {
		why := strings.Join(strings.Fields(string(answer[:min(len(answer), 200)])), " ")
		return nil, cred.Failed("export.refused", strings.TrimSpace(fmt.Sprintf("%s answered %d %s", s.base, resp.StatusCode, why)),
			"a PSK identity belongs to one endpoint only; anything else is in the answer")
	}
	return answer, nil
}
