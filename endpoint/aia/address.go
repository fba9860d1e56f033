package aia

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// ErrPrivate is the refusal of an address in a loopback, link-local, private or otherwise special range.
var ErrPrivate = errors.New("the address is in a private range")

// Private tells whether an address is one that a stranger must not make us ask: every range that is not plain internet
// (IANA special-purpose registries, RFC 6890; the documentation ranges lead nowhere and are left out), also when an IPv4 address is wrapped in an IPv6 one.
func Private(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsValid() || a.Zone() != "" || a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() {
		return true
	}
	for _, p := range special() {
		if p.Contains(a) {
			return true
		}
	}
	if v4, ok := wrapped(a); ok {
		return Private(v4)
	}
	return false
}

// special lists what netip's own predicates leave out.
func special() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"),
		netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"),
		netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("fec0::/10"),
	}
}

// wrapped takes the IPv4 address out of a NAT64 (RFC 6052) or 6to4 (RFC 3056) one.
func wrapped(a netip.Addr) (netip.Addr, bool) {
	if !a.Is6() {
		return netip.Addr{}, false
	}
	b := a.As16()
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case netip.MustParsePrefix("2002::/16").Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	return netip.Addr{}, false
}

// connect resolves a host once and dials the first of its addresses that may be asked and answers.
func (c *Climber) connect(ctx context.Context, network, hostport string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", hostport, err)
	}
	addrs, err := c.resolve(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("resolve %s: %w", host, err)
	}
	last := fmt.Errorf("%s has no address", host)
	for _, a := range addrs {
		if !c.o.Private && Private(a) {
			last = fmt.Errorf("%s is %s: %w", host, a, ErrPrivate)
			continue
		}
		conn, err := c.o.Dial(ctx, network, net.JoinHostPort(a.Unmap().String(), port))
		if err == nil {
			return conn, nil
		}
		last = fmt.Errorf("dial %s: %w", a, err)
	}
	return nil, last
}

func (c *Climber) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	return c.o.Resolve(ctx, host)
}
