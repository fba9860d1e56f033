// Package leshan tells a Leshan server of units over its REST (package export has the same as a script), and asks it back what it knows of
// them then. Newer and older servers want an entry in other forms; which one a server wants is found out with the first unit.
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
	base  string
	http  *http.Client
	forms []form // that it may want; when it took a unit, that one alone
	told  []export.Security
}

// form is what a server wants to be told for an entry.
type form func(export.Security) any

func newer(e export.Security) any { return e }
func older(e export.Security) any { return e.Older() }

// listed is an entry of a server's list, in either form.
type listed struct {
	export.Security
	X509 bool            `json:"x509"`
	PSK  *export.Details `json:"psk"`
}

// entry is the same in the newer form. Its mode is empty when it is neither a certificate's nor a PSK's.
func (l listed) entry() export.Security {
	switch {
	case l.TLS.Mode != "":
	case l.PSK != nil:
		l.TLS = export.TLS{Mode: export.PSK, Details: l.PSK}
	case l.X509:
		l.TLS.Mode = export.X509
	}
	return l.Security
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
	return &Server{base: strings.TrimSuffix(base, "/"), http: &own, forms: []form{newer, older}}, nil
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
	var answers []string
	for i, f := range s.forms {
		body, err := json.Marshal(f(e))
		if err != nil {
			return fmt.Errorf("write an entry for Leshan: %w", err)
		}
		status, answer, err := s.call(ctx, http.MethodPut, body)
		if err != nil {
			return fmt.Errorf("tell Leshan of %s: %w", e.Endpoint, err)
		}
		if status == http.StatusOK {
			s.forms, s.told = s.forms[i:i+1], append(s.told, e)
			return nil
		}
		if e.TLS.Details != nil { // a server may repeat what it does not understand
			answer = bytes.ReplaceAll(answer, []byte(e.TLS.Details.Key), []byte("***"))
		}
		answers = append(answers, said(status, answer))
		if status != http.StatusBadRequest {
			break
		}
	}
	return fmt.Errorf("tell Leshan of %s: %w", e.Endpoint, s.refused("told of "+e.Endpoint, answers...))
}

// Check asks for what the server knows, and holds it against all that it was told.
func (s *Server) Check(ctx context.Context) error {
	status, body, err := s.call(ctx, http.MethodGet, nil)
	if err == nil && status != http.StatusOK {
		err = s.refused("asked for its list", said(status, body))
	}
	if err != nil {
		return fmt.Errorf("ask Leshan what it knows: %w", err)
	}
	var all []listed
	if err := json.Unmarshal(body, &all); err != nil {
		return cred.Because(err, "export.differs", "what Leshan answers is not its list of clients", "is the address that of Leshan's web server?")
	}
	has := make(map[string]export.Security, len(all))
	for _, e := range all {
		has[e.Endpoint] = e.entry()
	}
	for _, want := range s.told {
		got, ok := has[want.Endpoint]
		switch {
		case !ok:
			return differs(want, "does not know it")
		case got.TLS.Mode == "":
			return differs(want, "has it without a certificate and without a PSK")
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

// said is an answer in a few words.
func said(status int, answer []byte) string {
	why := strings.Join(strings.Fields(string(answer[:min(len(answer), 200)])), " ")
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, why))
}

// refused is what a server did that was asked something and answered so: to the newer form of an entry, and to the older one where it was
// asked that as well.
func (s *Server) refused(asked string, answers ...string) error {
	return cred.Failed("export.refused", s.base+", "+asked+", answered "+strings.Join(answers, "; and to the form of older servers "),
		"a PSK identity belongs to one endpoint only; anything else is in the answer")
}

// call makes one call. The fault's text has no body that was sent.
func (s *Server) call(ctx context.Context, method string, body []byte) (status int, answer []byte, err error) {
	at := s.base + export.LeshanPath
	if method == http.MethodGet {
		at = strings.TrimSuffix(at, "/")
	}
	req, err := http.NewRequestWithContext(ctx, method, at, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("make the call: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return 0, nil, ctx.Err()
		}
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return 0, nil, cred.Because(err, "export.unreachable", s.base+" cannot be reached: "+err.Error(), "is Leshan's web server there? Name it with --to")
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return 0, nil, cred.Because(err, "export.unreachable", s.base+" broke off: "+err.Error(), "try again")
	}
	return resp.StatusCode, answer, nil
}
