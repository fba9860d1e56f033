package socket

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// longestHandshake ends one that option 18 sets no limit for: the longest limit that it knows.
const longestHandshake = 123 * time.Second

// connect is #XCONNECT=<handle>,"<host>",<port>. It ends with the handshake (nrf91.md, 4.3); whatever fails is ERROR.
func (s *Set) connect(ctx context.Context, p []word, u Unit) ([]string, error) {
	s.mu.Lock()
	k, p, err := s.target(p)
	s.mu.Unlock()
	if err != nil || len(p) != 2 || len(p[0].text) == 0 || len(p[0].text) > longestHost {
		return nil, errRefused
	}
	port, fits := p[1].number(1, 65535)
	if !fits || k.session != nil || !u.Registered || s.cfg.Dialer == nil {
		return nil, errRefused
	}
	limit := longestHandshake
	if n := k.options[optHandshake]; n > 0 {
		limit = time.Duration(n) * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	addresses, err := s.addresses(ctx, p[0].text, k.family, u)
	if err != nil {
		return nil, err
	}
	c, judge, err := k.conf(u, s.now())
	if err != nil {
		return nil, err
	}
	c.Address = netip.AddrPortFrom(addresses[0], uint16(port))
	session, err := s.cfg.Dialer.Dial(ctx, c)
	switch {
	case judge.tooLong && u.ChainCrash:
		return nil, errCrashed
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errRefused, err)
	case !s.adopt(k, session):
		_ = session.Close()
		return nil, errRefused
	}
	return []string{s.addressed(k, "#XCONNECT", "1")}, nil
}

// adopt gives a socket its session, unless it was closed meanwhile.
func (s *Set) adopt(k *sock, session Session) bool {
	s.mu.Lock()
	if s.find(k.handle) != k {
		s.mu.Unlock()
		return false
	}
	k.session = session
	told := k.news(pollOut)
	s.mu.Unlock()
	s.say(told)
	go s.read(k, session)
	return true
}

// addresses resolves a name to the family of the socket; a literal address is itself.
func (s *Set) addresses(ctx context.Context, host string, family int, u Unit) ([]netip.Addr, error) {
	found := []netip.Addr{}
	if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		found = append(found, ip)
	} else if u.NoNames {
		return nil, errRefused
	} else if found, err = s.cfg.Lookup(ctx, host); err != nil {
		return nil, fmt.Errorf("%w: %w", errRefused, err)
	}
	var fit []netip.Addr
	for _, ip := range found {
		ip = ip.Unmap()
		if family == 0 || ip.Is4() == (family == ipv4) {
			fit = append(fit, ip)
		}
	}
	if len(fit) == 0 {
		return nil, errRefused
	}
	return fit, nil
}

// resolve is #XGETADDRINFO="<host>"[,<0 any, 1 IPv4, 2 IPv6>].
func (s *Set) resolve(ctx context.Context, p []word, u Unit) ([]string, error) {
	if len(p) == 0 || len(p) > 2 || len(p[0].text) == 0 || len(p[0].text) > longestHost || !u.Registered {
		return nil, errRefused
	}
	family, fits := numbered(p, 1, 0, ipv6, 0)
	if !fits {
		return nil, errRefused
	}
	ctx, cancel := context.WithTimeout(ctx, longestHandshake)
	defer cancel()
	found, err := s.addresses(ctx, p[0].text, family, u)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, ip := range found {
		texts = append(texts, ip.String())
	}
	return []string{fmt.Sprintf("#XGETADDRINFO: %q", strings.Join(texts, " "))}, nil
}
