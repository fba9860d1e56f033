package port

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"example.org/sectag/cred"
)

// openLimit bounds the opening of a port: some drivers block for as long as a minute.
const openLimit = 2500 * time.Millisecond

// Dialer opens lines by the names that profiles and people use. The zero value opens serial ports and TCP.
type Dialer struct {
	// Sim opens a virtual modem for a name that begins with "sim:"; nil knows none.
	Sim func(ctx context.Context, name string) (io.ReadWriteCloser, error)
	// LockDir is where the lock files of ports in use lie; empty is a folder that all users of the machine share.
	LockDir string
	// Memory finds a port again that came back under another name; nil forgets. Root is that of the Lister.
	Memory *Memory
	Root   string
	// Baud is the speed of serial ports; 0 is 115200, the speed of every AT host as it is shipped.
	Baud int
}

// Open opens "/dev/ttyACM0", "COM3", "tcp://host:port" or "sim:nrf9151". At most one process of this program has a serial
// or TCP line; others get port.busy, which names the holder. Faults: port.missing, port.not-a-port, port.denied, port.busy.
func (d Dialer) Open(ctx context.Context, name string) (Line, error) {
	switch scheme, rest, ok := strings.Cut(name, ":"); {
	case name == "":
		return nil, cred.Failed("port.missing", "no port was named", "choose one: sectag ports lists those of this computer")
	case ok && scheme == "sim":
		return d.sim(ctx, name)
	case ok && scheme == "tcp":
		return d.tcp(ctx, name, strings.TrimPrefix(rest, "//"))
	case ok && strings.HasPrefix(rest, "//"):
		return nil, cred.Failed("port.not-a-port", fmt.Sprintf("%q is no way to a unit", name),
			"write a serial port, tcp://host:port, or sim:nrf9151")
	}
	return d.serial(ctx, name)
}

func (d Dialer) sim(ctx context.Context, name string) (Line, error) {
	if d.Sim == nil {
		return nil, cred.Failed("port.missing", fmt.Sprintf("there is no virtual modem %q here", name), "choose a serial port: sectag ports")
	}
	l, err := d.Sim(ctx, name)
	if err != nil {
		var f *cred.Fault
		if errors.As(err, &f) {
			return nil, f
		}
		return nil, cred.Because(err, "port.missing", fmt.Sprintf("the virtual modem %q cannot be had: %v", name, err),
			"write sim:nrf9151, sim:nrf9161 or sim:nrf9160")
	}
	return simLine(l, name), nil
}

// called is a virtual modem's line, which has no name of its own.
type called struct {
	Line
	name string
}

// Name is what it was opened by.
func (c called) Name() string { return c.name }

// speedy is a virtual modem's line that was given a speed: both ends must be told when it changes.
type speedy struct {
	called
	set  func(baud int) error
	baud atomic.Int64
}

// simLine gives a virtual modem's line its name, and its speed if the name says one ("baud=115200").
func simLine(l Line, name string) Line {
	c := called{l, name}
	end, ok := l.(interface{ SetSpeed(int) error })
	_, settings, _ := strings.Cut(name, "?")
	q, err := url.ParseQuery(settings)
	if !ok || err != nil {
		return c
	}
	baud, err := strconv.Atoi(q.Get("baud"))
	if err != nil || baud <= 0 {
		return c
	}
	s := &speedy{called: c, set: end.SetSpeed}
	if s.SetBaud(baud) != nil { // as the opening of a serial port does
		return c
	}
	return s
}

// Baud is the speed of the line.
func (s *speedy) Baud() int { return int(s.baud.Load()) }

// SetBaud changes it at this end.
func (s *speedy) SetBaud(baud int) error {
	if err := s.set(baud); err != nil {
		return err
	}
	s.baud.Store(int64(baud))
	return nil
}

func (d Dialer) tcp(ctx context.Context, name, addr string) (Line, error) {
	if host, p, err := net.SplitHostPort(addr); err != nil || host == "" || p == "" {
		return nil, cred.Failed("port.not-a-port", fmt.Sprintf("%q names no host and port", name), "write tcp://host:port, as ser2net has it")
	}
	release, err := hold(d.lockDir(), name)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	var nd net.Dialer
	c, err := nd.DialContext(ctx, "tcp", addr)
	if err != nil {
		release()
		return nil, cred.Because(err, "port.missing", fmt.Sprintf("nothing answers at %s", name),
			"start ser2net or the RTT server there, or correct host and port")
	}
	return &netLine{Conn: c, name: name, release: release}, nil
}

// netLine is a TCP connection to a port elsewhere. The net package keeps Close and Write apart by itself.
type netLine struct {
	net.Conn
	name    string
	release func()
}

// Name is what the line was opened as.
func (l *netLine) Name() string { return l.name }

// Close ends the connection and gives the lock back.
func (l *netLine) Close() error {
	err := l.Conn.Close()
	l.release()
	return err
}
