package port

import (
	"errors"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// The speed of an open port is changed where the other end can see it, and not after the port was closed.
func TestTheSpeedOfAnOpenPortIsChanged(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer slave.Close()
	l, err := Dialer{LockDir: t.TempDir()}.Open(t.Context(), slave.Name())
	if err != nil {
		t.Fatal(err)
	}
	s, ok := l.(Speeder)
	if p, yes := l.(interface{ Immediate() bool }); !yes || !p.Immediate() {
		t.Error("a pseudo-terminal is taken for a wire")
	}
	if !ok || s.Baud() != 115200 {
		t.Fatalf("the port does not say its speed: %v", ok)
	}
	for baud, want := range map[int]uint32{1000000: unix.B1000000, 115200: unix.B115200} {
		if err := s.SetBaud(baud); err != nil || s.Baud() != baud {
			t.Fatalf("%d: %v", baud, err)
		}
		tio, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
		if err != nil || tio.Cflag&unix.CBAUD != want {
			t.Errorf("%d baud is %#x, %v", baud, tio.Cflag&unix.CBAUD, err)
		}
	}
	was := s.Baud()
	if err := s.SetBaud(-1); err == nil || s.Baud() != was {
		t.Errorf("a speed that cannot be: %v, at %d", err, s.Baud())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.SetBaud(9600); err == nil {
		t.Error("the speed of a closed port was changed")
	}
	g := newGuard(nil, "x", nil)
	if err := g.SetBaud(9600); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a port that cannot: %v", err)
	}
}
