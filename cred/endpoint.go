package cred

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Endpoint is the far end that a modem will connect to: coaps://host:port (DTLS over UDP) or tls://host:port (TCP).
type Endpoint struct {
	Scheme string // "coaps" or "tls"
	Host   string // a name or an IP address, without brackets
	Port   uint16 // 1 to 65535; 5684 when a coaps address names none (RFC 7252, section 6.2)
}

// ParseEndpoint reads an address without path, query, fragment or user. Host names are put in lower case.
func ParseEndpoint(s string) (Endpoint, error) {
	form := "coaps://host:port"
	if strings.HasPrefix(strings.ToLower(s), "tls:") {
		form = "tls://host:port"
	}
	bad := func(why string) (Endpoint, error) {
		return Endpoint{}, fmt.Errorf("%q is no endpoint: %s; write %s", nameless(s), why, form)
	}
	if bareIPv6(s) {
		form = strings.Replace(form, "host", "[2001:db8::7]", 1)
		return bad("an IPv6 address without brackets does not tell where the port begins")
	}
	u, err := url.Parse(s)
	if err != nil {
		return bad("it is no URL")
	}
	if u.Scheme != "coaps" && u.Scheme != "tls" {
		return bad("the scheme is neither coaps nor tls")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" || u.Opaque != "" {
		return bad("it has more than a host and a port")
	}
	e := Endpoint{Scheme: u.Scheme, Host: strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), Port: 5684}
	if !hostOK(e.Host) {
		return bad("the host is missing or has characters that a host name cannot have")
	}
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return bad("the port is not from 1 to 65535")
		}
		e.Port = uint16(n)
	} else if e.Scheme == "tls" {
		return bad("the port is missing")
	}
	return e, nil
}

// nameless is an address as it may be shown: without a user and password, which somebody may have written before an @ though no endpoint
// has them. A password may have any character, an @ and a slash too, so all up to the last @ goes.
func nameless(s string) string {
	at := strings.LastIndex(s, "@")
	if at < 0 {
		return s
	}
	scheme, _, slashes := strings.Cut(s[:at], "://")
	if !slashes {
		return "…" + s[at:]
	}
	return scheme + "://…" + s[at:]
}

// bareIPv6 tells whether there are several colons between the slashes and no brackets. Nobody knows whether what follows the last
// colon is a port or the end of the address (RFC 3986, section 3.2.2).
func bareIPv6(s string) bool {
	_, host, _ := strings.Cut(s, "://")
	host, _, _ = strings.Cut(host, "/")
	return strings.Count(host, ":") > 1 && !strings.ContainsAny(host, "[]@")
}

// hostOK accepts an IP address or a host name of letters, digits, hyphens, underscores and dots.
func hostOK(h string) bool {
	if h == "" || len(h) > 253 {
		return false
	}
	if net.ParseIP(h) != nil {
		return true
	}
	for _, label := range strings.Split(h, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range label {
			if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
				return false
			}
		}
	}
	return true
}

// Addr writes host:port for a dialer, with brackets round an IPv6 address.
func (e Endpoint) Addr() string { return net.JoinHostPort(e.Host, strconv.Itoa(int(e.Port))) }

// String writes the address as ParseEndpoint reads it; empty for the zero value.
func (e Endpoint) String() string {
	if e.Host == "" {
		return ""
	}
	return e.Scheme + "://" + e.Addr()
}

// IsIP tells whether the host is an address literal, for which no server name is sent.
func (e Endpoint) IsIP() bool { return net.ParseIP(e.Host) != nil }
