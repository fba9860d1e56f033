//go:build linux || darwin

package wire

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// PTY is the modem's end of a pseudo-terminal. It is an io.ReadWriteCloser; Close is the unplug: whoever has Path open
// reads an end and can write no more.
type PTY struct {
	master *os.File
	slave  int    // held open, so that the host's leaving does not end the line; nothing is read from it
	path   string // what the host opens, such as /dev/pts/7
	link   string
	once   sync.Once
}

// OpenPTY makes a pseudo-terminal in raw mode, before a byte can be said on it: a fresh one echoes and changes line ends.
// With a link, a symbolic link of that name leads to it until Close; another symbolic link in its place is replaced, anything
// else there is an error that is fs.ErrExist.
func OpenPTY(link string) (*PTY, error) {
	// Non-blocking from the start: only a descriptor in Go's poller can be closed while a Read waits, and only a
	// master that is really closed lets the other side see the unplug.
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("opening a pseudo-terminal: %w", err)
	}
	p := &PTY{slave: -1, master: os.NewFile(uintptr(fd), "pty")}
	if err := p.setUp(fd, link); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

func (p *PTY) setUp(fd int, link string) (err error) {
	if p.path, err = unlockSlave(fd); err != nil {
		return fmt.Errorf("unlocking the pseudo-terminal: %w", err)
	}
	if p.slave, err = unix.Open(p.path, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0); err != nil {
		return fmt.Errorf("opening %s: %w", p.path, err)
	}
	if err := makeRaw(p.slave); err != nil {
		return fmt.Errorf("setting %s to raw mode: %w", p.path, err)
	}
	if link == "" {
		return nil
	}
	if err := placeLink(p.path, link); err != nil {
		return err
	}
	p.link = link
	return nil
}

// placeLink puts a symbolic link where none or an older one is: a station may have been killed before it could tidy up.
func placeLink(target, link string) error {
	if fi, err := os.Lstat(link); err == nil {
		if fi.Mode()&fs.ModeSymlink == 0 {
			return fmt.Errorf("%s is there already and is no symbolic link: %w", link, fs.ErrExist)
		}
		if err := os.Remove(link); err != nil {
			return fmt.Errorf("replacing the link %s: %w", link, err)
		}
	}
	if err := os.Symlink(target, link); err != nil {
		return fmt.Errorf("linking %s: %w", link, err)
	}
	return nil
}

func makeRaw(fd int) error {
	t, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return err
	}
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag &^= unix.CSIZE | unix.PARENB
	t.Cflag |= unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, setTermios, t)
}

// Speed is the speed in bits a second that whoever opened the port set it to, 0 if that cannot be read.
func (p *PTY) Speed() int { return speed(p.slave) }

// SetSpeed is what the port is set to before anybody else sets it.
func (p *PTY) SetSpeed(baud int) error {
	if err := setSpeed(p.slave, baud); err != nil {
		return fmt.Errorf("setting the speed of %s: %w", p.path, err)
	}
	return nil
}

// Path is what the host opens: the link if there is one, else the terminal's own name.
func (p *PTY) Path() string {
	if p.link != "" {
		return p.link
	}
	return p.path
}

// Read reads what the host wrote.
func (p *PTY) Read(b []byte) (int, error) { return p.master.Read(b) }

// Write writes to the host. It waits while the host does not read and the system's buffer is full.
func (p *PTY) Write(b []byte) (int, error) { return p.master.Write(b) }

// Close unplugs the line and takes the link away, if it still leads here. Further calls do nothing.
func (p *PTY) Close() error {
	var err error
	p.once.Do(func() {
		if to, e := os.Readlink(p.link); e == nil && to == p.path {
			os.Remove(p.link)
		}
		err = p.master.Close()
		if p.slave >= 0 {
			unix.Close(p.slave)
		}
	})
	return err
}

// Gone tells whether an error of Read or Write only says that the other side of a line has left.
func Gone(err error) bool { return gone(err) || errors.Is(err, syscall.EIO) }
