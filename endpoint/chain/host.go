package chain

import (
	"crypto/x509"
	"net"
	"strings"
)

// How says by which entry of a certificate a host name matched.
type How uint8

// The ways to match, from the best to none.
const (
	NoMatch  How = iota
	ByName       // a dNSName or iPAddress, equal
	ByCN         // the common name, and the certificate has no name elsewhere: old style, LwM2M servers have it, Go and browsers refuse it
	Wildcard     // a pattern such as *.example.eu: RFC 7925 and RFC 7252 forbid it, strict clients refuse it
)

// MatchHost compares the host that a unit connects to with a server's certificate: dNSName entries, equal without regard to
// case (RFC 7925, section 4.4.1), iPAddress entries for an address literal, and the common name only where there is neither.
// A wildcard stands for the whole leftmost label.
func MatchHost(c *x509.Certificate, host string) How {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if ip := net.ParseIP(host); ip != nil {
		for _, a := range c.IPAddresses {
			if a.Equal(ip) {
				return ByName
			}
		}
	}
	best := NoMatch
	for _, n := range c.DNSNames {
		switch matchName(n, host) {
		case ByName:
			return ByName
		case Wildcard:
			best = Wildcard
		}
	}
	if best != NoMatch || len(c.DNSNames) > 0 || len(c.IPAddresses) > 0 {
		return best
	}
	if how := matchName(c.Subject.CommonName, host); how == ByName {
		return ByCN
	} else {
		return how
	}
}

func matchName(pattern, host string) How {
	pattern = strings.ToLower(strings.TrimSuffix(pattern, "."))
	if pattern == "" || host == "" {
		return NoMatch
	}
	if pattern == host {
		return ByName
	}
	rest, isWild := strings.CutPrefix(pattern, "*.")
	_, domain, ok := strings.Cut(host, ".")
	if isWild && ok && domain == rest && strings.Contains(rest, ".") && net.ParseIP(host) == nil {
		return Wildcard
	}
	return NoMatch
}

// names lists what a certificate is for, to tell a person who asked for another name.
func names(c *x509.Certificate) string {
	out := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		out = append(out, ip.String())
	}
	if len(out) == 0 && c.Subject.CommonName != "" {
		out = append(out, c.Subject.CommonName)
	}
	if len(out) == 0 {
		return "no name at all"
	}
	if len(out) > 5 {
		out = append(out[:5], "…")
	}
	return Name(strings.Join(out, ", "))
}
