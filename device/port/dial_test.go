package port

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.org/sectag/cred"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("PORT_TEST_HOLD"); dir != "" { // this is the other process of TestTheHolderIsNamed
		_, err := hold(dir, "/dev/ttyX")
		fmt.Println(err)
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	if unprivileged() { // this is the other process of TestAUserWithoutPermissionIsToldTheGroup
		return
	}
	goleak.VerifyTestMain(m)
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return cred.AsFault(err).Code
}

func wantFault(t *testing.T, err error, want string, say ...string) {
	t.Helper()
	if code(err) != want {
		t.Fatalf("got %v, want the code %q", err, want)
	}
	f := cred.AsFault(err)
	for _, s := range say {
		if !strings.Contains(f.Text+" "+f.Hint, s) {
			t.Errorf("%q is not said: %q, hint %q", s, f.Text, f.Hint)
		}
	}
	if f.Hint == "" || strings.HasSuffix(f.Text, ".") || strings.ContainsAny(f.Text+f.Hint, "\n") {
		t.Errorf("not fit for people: %q, hint %q", f.Text, f.Hint)
	}
}

func TestWhatIsNoPortIsRefusedAtOnce(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d := Dialer{LockDir: filepath.Join(dir, "locks")}
	start := time.Now()
	for name, want := range map[string]string{
		"":                              "port.missing",
		filepath.Join(dir, "ttyACM9"):   "port.missing",
		dir:                             "port.not-a-port",
		file:                            "port.not-a-port",
		"/dev/null":                     "port.not-a-port",
		"sim:nrf9151":                   "port.missing",
		"tcp://localhost":               "port.not-a-port",
		"http://localhost:80":           "port.not-a-port",
		filepath.Join(file, "ttyACM0"):  "port.missing",
		"tcp://" + closedPort(t):        "port.missing",
		"tcp://host.invalid:1":          "port.missing",
		filepath.Join(dir, "a", "b.lo"): "port.missing",
	} {
		l, err := d.Open(t.Context(), name)
		if err == nil {
			l.Close()
		}
		wantFault(t, err, want)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
}

// closedPort is an address where nothing listens.
func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestATCPLineCarriesBytesAndIsHeldOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); c.Close() }()
		}
	}()
	d := Dialer{LockDir: t.TempDir()}
	name := "tcp://" + l.Addr().String()
	line, err := d.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if line.(Named).Name() != name {
		t.Errorf("it is called %q", line.(Named).Name())
	}
	_, err = d.Open(t.Context(), name)
	wantFault(t, err, "port.busy", fmt.Sprint(os.Getpid()), name)
	if _, err := line.Write([]byte("AT\r")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 3)
	if _, err := io.ReadFull(line, buf); err != nil || string(buf) != "AT\r" {
		t.Fatalf("%q, %v", buf, err)
	}
	if err := line.Close(); err != nil {
		t.Error(err)
	}
	if _, err := line.Write([]byte("late")); err == nil {
		t.Error("a write after Close goes out")
	}
	again, err := d.Open(t.Context(), name)
	if err != nil {
		t.Fatalf("the lock stays after Close: %v", err)
	}
	again.Close()
}

func TestAVirtualModemIsOpenedByItsName(t *testing.T) {
	asked := ""
	a, b := net.Pipe()
	defer b.Close()
	d := Dialer{Sim: func(_ context.Context, name string) (io.ReadWriteCloser, error) {
		asked = name
		if name != "sim:nrf9151" {
			return nil, errors.New("no such unit")
		}
		return a, nil
	}}
	l, err := d.Open(t.Context(), "sim:nrf9151")
	if err != nil || asked != "sim:nrf9151" {
		t.Fatalf("asked for %q: %v", asked, err)
	}
	if n, ok := l.(Named); !ok || n.Name() != "sim:nrf9151" {
		t.Error("the line does not say what it was opened as")
	}
	_, err = d.Open(t.Context(), "sim:x")
	wantFault(t, err, "port.missing")
	a.Close()
}

// The lock is the process's: another one is named, and its end gives the port free.
func TestTheHolderIsNamed(t *testing.T) {
	dir := t.TempDir()
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), "PORT_TEST_HOLD="+dir)
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Process.Kill() })
	said := make([]byte, 6)
	if _, err := io.ReadFull(out, said); err != nil || string(said) != "<nil>\n" {
		t.Fatalf("the other process: %q, %v", said, err)
	}
	_, err = hold(dir, "/dev/ttyX")
	wantFault(t, err, "port.busy", fmt.Sprint(other.Process.Pid), "/dev/ttyX")
	if pid, held := heldBy(dir, "/dev/ttyX"); !held || pid != other.Process.Pid {
		t.Errorf("held %v by %d", held, pid)
	}
	if _, err := hold(dir, "/dev/ttyY"); err != nil {
		t.Errorf("another port is held too: %v", err)
	}
	in.Close()
	if err := other.Wait(); err != nil {
		t.Fatal(err)
	}
	release, err := hold(dir, "/dev/ttyX")
	if err != nil {
		t.Fatalf("the lock outlives its process: %v", err)
	}
	release()
	if _, held := heldBy(dir, "/dev/ttyX"); held {
		t.Error("the lock outlives its release")
	}
}
