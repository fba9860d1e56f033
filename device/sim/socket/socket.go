// Package socket is the sockets that Serial Modem and SLM offer on the AT line: the commands that begin with AT#X. A connection
// is real: name, datagrams, DTLS or TLS 1.2, with what the unit holds in its slots. Who makes it is a Dialer, for this room
// knows no DTLS; whether the server is trusted is judged here, as the modem would (trust.go), and by nobody else's rules.
//
// Read socket.go for what a Set is and how commands reach it, word.go for their grammar, open.go, option.go, connect.go and
// data.go for the commands, poll.go for what the sockets say by themselves, trust.go for credentials and the server's chain.
// It follows nrf91.md section 4; where the sheet is silent, docs/simulator.md says what was chosen.
package socket

import (
	"context"
	"crypto"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"example.org/sectag/cred"
)

// Form is how a firmware names the socket that a command is for.
type Form int

// The two forms (nrf91.md, 4.2).
const (
	Handles  Form = iota // Serial Modem: each command begins with the handle
	Selected             // SLM up to 3.1: commands are for the socket that is selected
)

// Conf is a connection to be made.
type Conf struct {
	Stream   bool           // TLS over TCP instead of DTLS
	Address  netip.AddrPort // where to
	Name     string         // for the server name extension; empty: none is sent
	Chain    [][]byte       // the unit's certificates, the leaf first; empty: it has none
	Key      crypto.Signer  // of the leaf
	PSK      []byte         // with Identity, instead of certificates
	Identity []byte
	CID      int                        // Connection ID: 0 none, 1 the server's is taken, 2 one of our own is asked for as well
	Verify   func(chain [][]byte) error // judges the server's certificates; not called with a PSK
}

// Session is an open connection. Read returns one datagram of DTLS, or some bytes of TLS.
type Session interface {
	io.ReadWriteCloser
	Suite() uint16                         // the cipher suite by its IANA number
	ConnectionID() (downlink, uplink bool) // which way records carry one
}

// Dialer makes connections with the modem's cipher suites and nothing else that it lacks.
type Dialer interface {
	// Dial returns when the handshake is over. An error means that nothing is left open.
	Dial(ctx context.Context, c Conf) (Session, error)
}

// Config describes the sockets of a unit.
type Config struct {
	Form   Form
	Dialer Dialer // nil: no connection can be made
	// Lookup finds the addresses of a name; nil: this computer's resolver does.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	Say    func(line string) // takes the lines that nobody asked for, each with its CR LF; called from several goroutines
}

// Unit is what the modem behind the sockets is at the time of a command.
type Unit struct {
	Registered, CipherUsed, ConnectionID, Fragments bool
	NoNames, ChainCrash                             bool // faults
	Content                                         func(cred.Slot) ([]byte, bool)
	HasRoot                                         bool // some slot of the store holds a root CA
}

// Answer is what a command comes to, as it stands on the line.
type Answer struct {
	Raw     []byte
	Data    bool // data mode begins: what comes now goes to Set.Data
	Length  int  // of the data; 0: until the escape
	Crashed bool // the modem did
}

// mostSockets is the modem's limit (nrf91.md, 4.2).
const mostSockets = 8

// Set is the sockets of one unit. Exec and Data must not be called at the same time; Close may be called at any time.
type Set struct {
	cfg      Config
	commands map[string]handler

	mu       sync.Mutex // guards all below and the sockets themselves
	open     []*sock    // in the order of opening
	selected int        // handle; -1: none
	filling  int        // handle that data mode sends to
	now      func() time.Time
}

// sock is one socket.
type sock struct {
	handle, kind, family int
	tag                  cred.SecTag
	options              map[int]int
	host                 string // name to be verified; empty: none

	session Session
	queue   [][]byte      // what has come and was not asked for
	changed chan struct{} // closed and replaced when something comes
	end     error         // the session is over
	polled  int           // events that are told, -1: none
}

// New makes an empty set.
func New(c Config) *Set {
	if c.Lookup == nil {
		c.Lookup = lookup
	}
	s := &Set{cfg: c, selected: -1, filling: -1, now: time.Now}
	s.commands = s.table()
	return s
}

func lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// Names lists the commands that a firmware of the form has, with their AT.
func Names(f Form) (names []string) {
	for name := range New(Config{Form: f}).commands {
		names = append(names, "AT"+name)
	}
	return names
}

// Takes tells whether the command is one for sockets.
func (s *Set) Takes(command []byte) bool {
	name, _, _ := parse(string(command))
	return s.commands[name] != nil
}

// Close closes all, as LTE that is turned off does, and a restart.
func (s *Set) Close() {
	s.mu.Lock()
	gone := s.open
	s.open, s.selected, s.filling = nil, -1, -1
	s.mu.Unlock()
	for _, k := range gone {
		s.shut(k)
	}
}

// shut ends a socket that is no longer in the list.
func (s *Set) shut(k *sock) {
	s.mu.Lock()
	session := k.session
	k.polled = -1
	if k.end == nil {
		k.end = net.ErrClosed
	}
	k.wake()
	s.mu.Unlock()
	if session != nil {
		_ = session.Close()
	}
}

// wake tells those who wait that something changed; the caller holds the lock.
func (k *sock) wake() {
	close(k.changed)
	k.changed = make(chan struct{})
}

// find is the socket of that handle, nil if there is none. The caller holds the lock.
func (s *Set) find(handle int) *sock {
	for _, k := range s.open {
		if k.handle == handle {
			return k
		}
	}
	return nil
}

// errRefused is any failure of a command: on the line it is a plain ERROR (nrf91.md, 3.3).
var errRefused = errors.New("refused")

// errCrashed is a command that took the modem down.
var errCrashed = errors.New("the modem crashed")

// handler carries out one command in its set form, or without parameters. It returns the information lines.
type handler func(ctx context.Context, p []word, u Unit) (info []string, err error)

// table is every command of the form.
func (s *Set) table() map[string]handler {
	t := map[string]handler{
		"#XSSOCKET": s.openSecure, "#XSSOCKETOPT": s.secureOption, "#XSOCKETOPT": s.plainOption, "#XCONNECT": s.connect,
		"#XSEND": s.send, "#XRECV": s.receive, "#XAPOLL": s.poll, "#XGETADDRINFO": s.resolve,
	}
	if s.cfg.Form == Handles {
		t["#XCLOSE"] = s.close
	} else {
		t["#XSOCKET"], t["#XSOCKETSELECT"] = s.closeSelected, s.choose
	}
	return t
}

// Exec carries out one command. It waits for handshakes and data, at most until ctx ends.
func (s *Set) Exec(ctx context.Context, command []byte, u Unit) Answer {
	name, asks, rest := parse(string(command))
	params, whole := words(rest)
	run := s.commands[name]
	if run == nil || !whole || asks {
		return Answer{Raw: result("ERROR")}
	}
	info, err := run(ctx, params, u)
	switch {
	case errors.Is(err, errCrashed):
		return Answer{Crashed: true}
	case errors.Is(err, errData):
		return Answer{Raw: result("OK"), Data: true, Length: s.length(params)}
	case err != nil:
		return Answer{Raw: result("ERROR")}
	}
	var b strings.Builder
	for _, line := range info {
		b.WriteString("\r\n" + line)
		if name != "#XRECV" { // between data and result stands one line end, not two
			b.WriteString("\r\n")
		}
	}
	return Answer{Raw: append([]byte(b.String()), result("OK")...)}
}

// result is a final result as both firmwares write it (nrf91.md, 3.3).
func result(text string) []byte { return []byte("\r\n" + text + "\r\n") }

// target is the socket that a command is for, and the parameters without its handle. The caller holds the lock.
func (s *Set) target(p []word) (k *sock, rest []word, err error) {
	if s.cfg.Form == Selected {
		if k = s.find(s.selected); k == nil {
			return nil, nil, errRefused
		}
		return k, p, nil
	}
	if len(p) == 0 {
		return nil, nil, errRefused
	}
	handle, fits := p[0].number(0, mostSockets-1)
	if k = s.find(handle); !fits || k == nil {
		return nil, nil, errRefused
	}
	return k, p[1:], nil
}

// addressed puts the handle in front of what a Serial Modem answers; SLM has no handles.
func (s *Set) addressed(k *sock, name, text string) string {
	if s.cfg.Form == Handles {
		return name + ": " + itoa(k.handle) + "," + text
	}
	return name + ": " + text
}
