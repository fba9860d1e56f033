package socket

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// The options of secure sockets by the numbers that the AT command has (nrf91.md, 4.2).
const (
	optHost      = 2
	optCipher    = 4
	optVerify    = 5
	optCache     = 12
	optPurge     = 13
	optCID       = 14
	optCIDStatus = 15
	optHandshake = 18
	optFragment  = 22
)

// Of plain sockets, which secure ones have too.
const (
	optReceiveTimeout = 20
	optSendTimeout    = 21
)

// longestHost is the longest name of a server (nrf91.md, 4.2).
const longestHost = 128

// handshakeLimits are what option 18 takes, in seconds (nrf91.md, 2).
func handshakeLimits() []int { return []int{0, 1, 3, 7, 15, 31, 63, 123} }

// secureOption is #XSSOCKETOPT=<handle>,<0 get, 1 set>,<name>[,<value>], in SLM without the handle.
func (s *Set) secureOption(_ context.Context, p []word, u Unit) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, p, err := s.target(p)
	if err != nil || len(p) < 2 {
		return nil, errRefused
	}
	name, fits := p[1].number(0, math.MaxInt16)
	switch {
	case !fits || !known(name, u):
		return nil, errRefused
	case p[0].text == "0" && len(p) == 2:
		value, has := k.option(name)
		if !has {
			return nil, errRefused
		}
		return []string{s.addressed(k, "#XSSOCKETOPT", value)}, nil
	case p[0].text == "1" && len(p) == 3 && k.session == nil:
		return nil, k.setOption(name, p[2])
	case p[0].text == "1" && len(p) <= 3 && name == optPurge:
		return nil, nil // nothing is kept from one session for the next
	}
	return nil, errRefused
}

// known tells whether the modem has the option.
func known(name int, u Unit) bool {
	switch name {
	case optHost, optVerify, optCache, optPurge, optHandshake:
		return true
	case optCipher:
		return u.CipherUsed
	case optCID, optCIDStatus:
		return u.ConnectionID
	case optFragment:
		return u.Fragments
	}
	return false
}

// option reads one. The name of the server is not read back, and the cipher suite is known only when there is one.
func (k *sock) option(name int) (string, bool) {
	switch name {
	case optHost, optPurge:
		return "", false
	case optCipher:
		if k.session == nil {
			return "", false
		}
		return fmt.Sprintf("0x%04x", k.session.Suite()), true
	case optCIDStatus:
		return itoa(k.cidStatus()), true
	}
	return itoa(k.options[name]), true
}

// cidStatus is 0 none, 1 downlink, 2 uplink, 3 both; 0 before the handshake ends (nrf91.md, 2).
func (k *sock) cidStatus() (n int) {
	if k.session == nil {
		return 0
	}
	down, up := k.session.ConnectionID()
	if down {
		n++
	}
	if up {
		n += 2
	}
	return n
}

// setOption sets one of a socket that is not connected.
func (k *sock) setOption(name int, w word) error {
	most := 0
	switch name {
	case optHost:
		off := w.text == "NULL"
		if len(w.text) > longestHost || !w.quoted && !off {
			return errRefused
		}
		if k.host = w.text; off {
			k.host = ""
		}
		return nil
	case optPurge:
		return nil
	case optCache:
		most = 1
	case optVerify, optCID, optFragment:
		most = 2
	case optHandshake:
		most = math.MaxInt16
	}
	n, fits := w.number(0, most)
	if !fits || most == 0 || name == optHandshake && !slices.Contains(handshakeLimits(), n) {
		return errRefused
	}
	k.options[name] = n
	return nil
}

// plainOption is #XSOCKETOPT, of which a secure socket has the two time limits. They are kept and read back; what waits here
// has its limit in the command itself.
func (s *Set) plainOption(_ context.Context, p []word, _ Unit) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, p, err := s.target(p)
	if err != nil || len(p) < 2 {
		return nil, errRefused
	}
	name, fits := p[1].number(optReceiveTimeout, optSendTimeout)
	switch {
	case !fits:
		return nil, errRefused
	case p[0].text == "0" && len(p) == 2:
		return []string{s.addressed(k, "#XSOCKETOPT", itoa(k.limit(name)))}, nil
	case p[0].text == "1" && len(p) == 3:
		n, fits := p[2].number(0, math.MaxInt32)
		if !fits {
			return nil, errRefused
		}
		k.options[-name] = n
		return nil, nil
	}
	return nil, errRefused
}

// limit is a plain option, kept under its negative number because a secure option has the same. The firmware sets the one for
// sending to 30 s (nrf91.md, 4.2).
func (k *sock) limit(name int) int {
	n, has := k.options[-name]
	if !has && name == optSendTimeout {
		return 30
	}
	return n
}
