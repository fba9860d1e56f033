package peers

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// ready is the longest that a server may take to say that it listens. They take milliseconds; Leshan's demo server was seen to take fifteen
// seconds on a busy machine.
const ready = time.Minute

// Server is a running server.
type Server struct {
	URL  string // coaps://127.0.0.1:PORT
	Addr string // 127.0.0.1:PORT
	Port int

	out    output
	exited chan struct{}
}

// Output is what the server has printed until now, both streams in one.
func (s *Server) Output() string { return s.out.String() }

// WaitFor returns when the server has printed the text; after the limit it fails the test.
func (s *Server) WaitFor(t testing.TB, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), ready)
	defer cancel()
	if err := s.out.wait(ctx, text, s.exited); err != nil {
		t.Fatalf("waiting for %q: %v; the server said:\n%s", text, err, s.Output())
	}
}

// OpenSSL starts `openssl s_server` for DTLS 1.2 on a free port of 127.0.0.1 with further arguments, such as
// "-cert", c.CertFile, "-key", c.KeyFile, "-cert_chain", c.IssuersFile, "-mtu", "400". It serves one client at a time.
func OpenSSL(t testing.TB, args ...string) *Server {
	t.Helper()
	return start(t, "ACCEPT", func(port int) []string {
		return append([]string{"openssl", "s_server", "-dtls1_2", "-accept", addr(port)}, args...)
	})
}

// GnuTLS starts `gnutls-serv --udp` on a free port with further arguments; it binds every address.
func GnuTLS(t testing.TB, args ...string) *Server {
	t.Helper()
	return start(t, "...done", func(port int) []string {
		return append([]string{"gnutls-serv", "--udp", "--echo", "-p", strconv.Itoa(port)}, args...)
	})
}

// Coap starts libcoap's example server, flavour "openssl" or "gnutls", whose DTLS port is one above its plain one.
func Coap(t testing.TB, flavour string, args ...string) *Server {
	t.Helper()
	return start(t, "created DTLS endpoint", func(port int) []string {
		return append([]string{"coap-server-" + flavour, "-A", "127.0.0.1", "-p", strconv.Itoa(port - 1), "-v", "7"}, args...)
	})
}

// Directory starts libcoap's example of a resource directory, flavour "openssl" or "gnutls", which takes registrations and nothing else of
// LwM2M. Its DTLS port is one above its plain one.
func Directory(t testing.TB, flavour string, args ...string) *Server {
	t.Helper()
	return start(t, "created DTLS endpoint", func(port int) []string {
		return append([]string{"coap-rd-" + flavour, "-A", "127.0.0.1", "-p", strconv.Itoa(port - 1), "-v", "7"}, args...)
	})
}

// Java starts a class whose first argument is its port, and waits until it has printed sign.
func Java(t testing.TB, sign, classpath, class string, args ...string) *Server {
	t.Helper()
	return start(t, sign, func(port int) []string {
		return append([]string{"java", "-cp", classpath, class, strconv.Itoa(port)}, args...)
	})
}

// LeshanDemo starts Eclipse Leshan's demo server, whose DTLS (UDP) and web pages (TCP) are on the same free port. It leaves files in dir.
// Arguments are its own, such as "-cert", F, "-prik", F, "-truststore", F.
func LeshanDemo(t testing.TB, dir, classpath string, args ...string) *Server {
	t.Helper()
	return start(t, "Web server started at", func(port int) []string {
		const host = "127.0.0.1"
		at, below := strconv.Itoa(port), strconv.Itoa(port-1)
		return append([]string{
			"sh", "-c", `cd "$1" && shift && exec java "$@"`, "sh", dir, "-cp", classpath, "org.eclipse.leshan.server.demo.LeshanServerDemo",
			"-lh", host, "-lp", below, "-slh", host, "-slp", at, "-wh", host, "-wp", at,
		}, args...)
	})
}

func addr(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// start tries a few free ports: another process may take one between our asking and the server's binding.
func start(t testing.TB, sign string, command func(port int) []string) *Server {
	t.Helper()
	var why error
	for range 5 {
		port := FreePort(t)
		s, err := run(t, port, sign, command(port))
		if err == nil {
			return s
		}
		why = err
	}
	t.Fatalf("no server: %v", why)
	return nil
}

func run(t testing.TB, port int, sign string, argv []string) (*Server, error) {
	t.Helper()
	path, err := exec.LookPath(argv[0])
	if err != nil {
		t.Fatalf("%s is needed by this test and is not installed: %v", argv[0], err)
	}
	s := &Server{Port: port, Addr: addr(port), URL: "coaps://" + addr(port), exited: make(chan struct{})}
	cmd := exec.Command(path, argv[1:]...)
	cmd.Stdout, cmd.Stderr = &s.out, &s.out
	cmd.WaitDelay = time.Second
	noOrphan(cmd)
	if _, err = cmd.StdinPipe(); err != nil { // s_server ends when its input does: cmd holds it open
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = cmd.Wait() // the exit code of a killed server says nothing
		close(s.exited)
	}()
	stop := func() {
		_ = cmd.Process.Kill()
		<-s.exited
	}
	ctx, cancel := context.WithTimeout(context.Background(), ready)
	defer cancel()
	if err := s.out.wait(ctx, sign, s.exited); err != nil {
		stop()
		return nil, fmt.Errorf("%s: %w; it said: %s", argv[0], err, s.Output())
	}
	t.Cleanup(stop)
	return s, nil
}

// FreePort finds a port that is free on UDP and TCP, with the one below it free as well.
func FreePort(t testing.TB) int {
	t.Helper()
	for range 50 {
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatalf("no free port: %v", err)
		}
		port := c.LocalAddr().(*net.UDPAddr).Port
		c.Close()
		if free(port) && free(port-1) {
			return port
		}
	}
	t.Fatal("no free pair of ports")
	return 0
}

func free(port int) bool {
	u, err := net.ListenPacket("udp4", addr(port))
	if err != nil {
		return false
	}
	defer u.Close()
	l, err := net.Listen("tcp4", addr(port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// output collects what a process prints and wakes those who wait for a word of it.
type output struct {
	mu     sync.Mutex
	buf    bytes.Buffer
	change chan struct{} // closed and replaced at each write
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.change != nil {
		close(o.change)
		o.change = nil
	}
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func (o *output) look(text string) (bool, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.change == nil {
		o.change = make(chan struct{})
	}
	return strings.Contains(o.buf.String(), text), o.change
}

func (o *output) wait(ctx context.Context, text string, exited <-chan struct{}) error {
	for {
		found, change := o.look(text)
		if found {
			return nil
		}
		select {
		case <-change:
		case <-exited:
			if found, _ := o.look(text); found {
				return nil
			}
			return fmt.Errorf("the process ended")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
