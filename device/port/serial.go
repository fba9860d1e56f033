package port

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"go.bug.st/serial"

	"example.org/sectag/cred"
)

func (d Dialer) serial(ctx context.Context, name string) (Line, error) {
	name = d.Memory.resolve(ctx, d.Root, name)
	if err := look(name); err != nil {
		return nil, err
	}
	release, err := hold(d.lockDir(), canonical(name))
	if err != nil {
		return nil, err
	}
	if err := occupied("", canonical(name)); err != nil {
		release()
		return nil, err
	}
	baud := d.Baud
	if baud == 0 {
		baud = 115200
	}
	type result struct {
		p   raw
		err error
	}
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	opened := make(chan result, 1)
	go func() {
		p, err := open(name, baud)
		opened <- result{p, err}
	}()
	select {
	case r := <-opened:
		if r.err != nil {
			release()
			return nil, refused(name, r.err)
		}
		g := newGuard(r.p, name, release)
		g.baud, g.pty = baud, pseudo(canonical(name))
		return g, nil
	case <-ctx.Done():
		go func() { // nobody wants it any more, but it must not stay open
			if r := <-opened; r.err == nil {
				_ = r.p.Close()
			}
			release()
		}()
		return nil, cred.Because(ctx.Err(), "port.busy", fmt.Sprintf("the port %s does not open", name),
			"its driver waits for something: unplug the unit and plug it in again")
	}
}

// open opens a port with the library and sets it up.
func open(name string, baud int) (raw, error) {
	f := openFile(name)
	p, err := serial.Open(name, &serial.Mode{BaudRate: baud, DataBits: 8})
	if err == nil {
		if err = ready(p); err == nil {
			return withFile(p, f), nil
		}
	}
	if f != nil {
		f.Close()
	}
	return nil, err
}

// plain is a port that the library reads and writes: its Read ends with a tick, its Write when there is room.
type plain struct{ serial.Port }

// Interrupt frees a Write where the driver can throw away what waits to be sent.
func (p plain) Interrupt() { _ = p.ResetOutputBuffer() }

// SetBaud changes the speed of a port that is open.
func (p plain) SetBaud(baud int) error { return setBaud(p.Port, baud) }

func setBaud(p serial.Port, baud int) error {
	return p.SetMode(&serial.Mode{BaudRate: baud, DataBits: 8})
}

// ready sets what Open leaves open. It is done before the first Read: the library's timeout is not guarded against it.
func ready(p serial.Port) error {
	if err := p.SetReadTimeout(tick); err != nil {
		_ = p.Close()
		return err
	}
	_ = p.SetDTR(true) // a Serial Modem's UART sleeps without it; a pty and some bridges have no such line
	_ = p.SetRTS(true)
	return nil
}

// look refuses what is plainly no port before it is opened. Windows has no files for ports.
func look(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	st, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return missing(name, err)
	case errors.Is(err, fs.ErrPermission):
		return denied(name, err)
	case err != nil:
		return cred.Because(err, "port.missing", fmt.Sprintf("the port %s cannot be looked at", name), "choose one that sectag ports lists")
	case st.IsDir():
		return cred.Failed("port.not-a-port", fmt.Sprintf("%s is a folder, not a port", name), "choose one that sectag ports lists")
	case st.Mode()&fs.ModeCharDevice == 0:
		return cred.Failed("port.not-a-port", fmt.Sprintf("%s is a file, not a port", name), "choose one that sectag ports lists")
	}
	return nil
}

// pseudo tells a pseudo-terminal by its name, as Linux and macOS give it.
func pseudo(name string) bool {
	return strings.HasPrefix(name, "/dev/pts/") || runtime.GOOS == "darwin" && strings.HasPrefix(name, "/dev/ttys")
}

// canonical follows links, so that two names of one port share one lock.
func canonical(name string) string {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		return real
	}
	return name
}

// refused turns what the library says when it cannot open into our codes.
func refused(name string, err error) error {
	var pe *serial.PortError
	if errors.As(err, &pe) {
		switch pe.Code() {
		case serial.PortBusy:
			return cred.Because(err, "port.busy", fmt.Sprintf("another program has the port %s", name), busyHint(name))
		case serial.PermissionDenied:
			return denied(name, err)
		case serial.PortNotFound:
			return missing(name, err)
		}
		return cred.Because(err, "port.not-a-port", fmt.Sprintf("%s is no serial port", name), "choose one that sectag ports lists")
	}
	switch {
	case errors.Is(err, fs.ErrNotExist), gone(err):
		return missing(name, err)
	case errors.Is(err, fs.ErrPermission):
		return denied(name, err)
	}
	return cred.Because(err, "port.not-a-port", fmt.Sprintf("%s cannot be opened as a serial port", name), "choose one that sectag ports lists")
}

func missing(name string, err error) error {
	return cred.Because(err, "port.missing", fmt.Sprintf("there is no port %s", name),
		"plug the unit in and switch it on; sectag ports lists the ports of this computer")
}
