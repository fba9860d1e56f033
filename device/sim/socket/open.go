package socket

import (
	"context"
	"fmt"
	"math"

	"example.org/sectag/cred"
)

// What a socket can be (nrf91.md, 2 and 4.2).
const (
	stream        = 1
	datagram      = 2
	protocolTLS   = 258
	protocolDTLS  = 273
	ipv4          = 1
	ipv6          = 2
	verifyDefault = 2 // the firmware sets it unless told otherwise
)

// openSecure is #XSSOCKET=<family>,<type>,<role>,<sec_tag>[,<verify>[,<cid>]]. A sec_tag that is empty is found out when the
// socket connects.
func (s *Set) openSecure(_ context.Context, p []word, _ Unit) ([]string, error) {
	if s.cfg.Form == Selected && len(p) == 1 && p[0].text == "0" {
		return s.closeNow("#XSSOCKET")
	}
	if len(p) < 4 || len(p) > 6 {
		return nil, errRefused
	}
	family, a := p[0].number(ipv4, ipv6)
	kind, b := p[1].number(stream, datagram)
	_, c := p[2].number(0, 0) // the modem is no server
	tag, d := p[3].number(0, math.MaxUint32)
	verify, e := numbered(p, 4, 0, 2, verifyDefault)
	_, f := numbered(p, 5, 0, 0, 0) // there is one packet data context
	if !(a && b && c && d && e && f) {
		return nil, errRefused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	handle := s.free()
	if handle < 0 {
		return nil, errRefused
	}
	s.open = append(s.open, &sock{
		handle: handle, kind: kind, family: family, tag: cred.SecTag(tag), changed: make(chan struct{}), polled: -1,
		options: map[int]int{optVerify: verify},
	})
	s.selected = handle
	protocol := protocolDTLS
	if kind == stream {
		protocol = protocolTLS
	}
	return []string{fmt.Sprintf("#XSSOCKET: %d,%d,%d", handle, kind, protocol)}, nil
}

// free is the lowest handle that nobody has, -1 when all are taken.
func (s *Set) free() int {
	for h := range mostSockets {
		if s.find(h) == nil {
			return h
		}
	}
	return -1
}

// close is #XCLOSE[=<handle>]; without a handle all are closed.
func (s *Set) close(_ context.Context, p []word, _ Unit) (info []string, err error) {
	s.mu.Lock()
	gone := s.open
	if len(p) > 0 {
		k, rest, err := s.target(p)
		if err != nil || len(rest) > 0 {
			s.mu.Unlock()
			return nil, errRefused
		}
		gone = []*sock{k}
	}
	s.mu.Unlock()
	for _, k := range gone {
		s.remove(k)
		info = append(info, fmt.Sprintf("#XCLOSE: %d,0", k.handle))
	}
	return info, nil
}

// remove takes a socket out of the list and ends it. The one that was opened last is selected then.
func (s *Set) remove(k *sock) {
	s.mu.Lock()
	var rest []*sock
	for _, o := range s.open {
		if o != k {
			rest = append(rest, o)
		}
	}
	s.open = rest
	if s.selected == k.handle {
		s.selected = -1
		if n := len(rest); n > 0 {
			s.selected = rest[n-1].handle
		}
	}
	s.mu.Unlock()
	s.shut(k)
}

// closeSelected is #XSOCKET=0. Plain sockets cannot be opened.
func (s *Set) closeSelected(_ context.Context, p []word, _ Unit) ([]string, error) {
	if len(p) != 1 || p[0].text != "0" {
		return nil, errRefused
	}
	return s.closeNow("#XSOCKET")
}

func (s *Set) closeNow(name string) ([]string, error) {
	s.mu.Lock()
	k := s.find(s.selected)
	s.mu.Unlock()
	if k == nil {
		return nil, errRefused
	}
	s.remove(k)
	return []string{name + `: 0,"closed"`}, nil
}

// choose is #XSOCKETSELECT=<handle>.
func (s *Set) choose(_ context.Context, p []word, _ Unit) ([]string, error) {
	if len(p) != 1 {
		return nil, errRefused
	}
	handle, fits := p[0].number(0, mostSockets-1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !fits || s.find(handle) == nil {
		return nil, errRefused
	}
	s.selected = handle
	return []string{fmt.Sprintf("#XSOCKETSELECT: %d", handle)}, nil
}
