package port

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// openPTY opens a pseudo-terminal as a port: the other side is the master.
func openPTY(t *testing.T, d Dialer) (line Line, master *os.File, name string) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close(); slave.Close() })
	line, err = d.Open(t.Context(), slave.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { line.Close() })
	return line, master, slave.Name()
}

func TestAPseudoTerminalIsAPort(t *testing.T) {
	d := Dialer{LockDir: t.TempDir()}
	line, master, name := openPTY(t, d)
	if _, err := line.Write([]byte("AT\r")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 16)
	if n, err := master.Read(buf); err != nil || string(buf[:n]) != "AT\r" {
		t.Fatalf("%q, %v: the line is not raw", buf[:n], err)
	}
	if _, err := master.Write([]byte("\r\nOK\r\n")); err != nil {
		t.Fatal(err)
	}
	if n, err := line.Read(buf); err != nil || string(buf[:n]) != "\r\nOK\r\n" {
		t.Fatalf("%q, %v", buf[:n], err)
	}
	_, err := d.Open(t.Context(), name)
	wantFault(t, err, "port.busy", "process")
	link := filepath.Join(t.TempDir(), "unit")
	if err := os.Symlink(name, link); err != nil {
		t.Fatal(err)
	}
	_, err = d.Open(t.Context(), link)
	wantFault(t, err, "port.busy", name)
	start := time.Now()
	if err := line.Close(); err != nil || time.Since(start) > time.Second {
		t.Errorf("Close: %v after %v", err, time.Since(start))
	}
}

func TestAReadEndsWithCloseAndWithTheUnplug(t *testing.T) {
	for name, end := range map[string]func(Line, *os.File){
		"close":  func(l Line, _ *os.File) { l.Close() },
		"unplug": func(_ Line, m *os.File) { m.Close() },
	} {
		line, master, _ := openPTY(t, Dialer{LockDir: t.TempDir()})
		ended := make(chan error, 1)
		go func() {
			_, err := line.Read(make([]byte, 1))
			ended <- err
		}()
		end(line, master)
		select {
		case err := <-ended:
			if err == nil || (name == "close") != errors.Is(err, os.ErrClosed) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%s: the Read goes on", name)
		}
	}
}

// A unit that reads nothing lets the buffers of the system fill up: the Write blocks, and Close still comes to an end with
// the descriptor closed.
func TestAStuckWriteEndsWithClose(t *testing.T) {
	line, _, _ := openPTY(t, Dialer{LockDir: t.TempDir()})
	ended := make(chan error, 1)
	wrote := make(chan struct{}, 1)
	go func() {
		for {
			if _, err := line.Write(make([]byte, 256)); err != nil {
				ended <- err
				return
			}
			select {
			case wrote <- struct{}{}:
			default:
			}
		}
	}()
	for full := false; !full; {
		select {
		case <-wrote:
		case <-time.After(300 * time.Millisecond):
			full = true
		}
	}
	if err := line.Close(); err != nil {
		t.Error(err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the Write goes on")
	}
}

func TestAPortWithoutPermissionNamesTheGroup(t *testing.T) {
	err := refused("/dev/ttyACM0", unix.EACCES)
	wantFault(t, err, "port.denied", "/dev/ttyACM0")
	wantFault(t, refused("/dev/ttyACM0", unix.ENODEV), "port.missing")
	wantFault(t, refused("/dev/ttyACM0", unix.EIO), "port.not-a-port")
	dev := filepath.Join(t.TempDir(), "ttyACM0")
	if err := os.WriteFile(dev, nil, 0o660); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dev, 0o660); err != nil {
		t.Fatal(err)
	}
	gid := foreignGroup(t)
	if err := os.Chown(dev, -1, gid); err != nil {
		t.Fatal(err)
	}
	group := strconv.Itoa(gid)
	if g, err := user.LookupGroupId(group); err == nil {
		group = g.Name
	}
	wantFault(t, denied(dev, unix.EACCES), "port.denied", "sudo usermod -aG "+group+" ")
}

// foreignGroup is a group other than root's that this user may give a file to.
func foreignGroup(t *testing.T) int {
	if os.Getuid() == 0 {
		return 20 // dialout on Debian
	}
	groups, err := os.Getgroups()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		if g != 0 {
			return g
		}
	}
	t.Fatal("this user is in no group")
	return 0
}
