package peers

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Postgres is a private PostgreSQL server on a free port of 127.0.0.1 and a socket in its own folder, with a password that nobody knows
// but its password file, and with fsync as it is in earnest. It is started once for a test binary, since that takes seconds; each test takes a
// schema of its own.
type Postgres struct {
	Dir      string // its folder, and that of its socket
	Port     int
	PassFile string // in the form of ~/.pgpass

	bin     string
	cmd     *exec.Cmd
	over    chan struct{}
	out     *output
	schemas atomic.Int64
}

// superuser owns the databases of the tests.
const superuser = "sectag"

// WithPostgres has a server for as long as work takes, and gives the exit code of work, or 1 when the server did not start or end well. It
// is for TestMain.
func WithPostgres(work func(*Postgres) int) int {
	p, err := StartPostgres()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := work(p)
	if err := p.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// StartPostgres starts a server. Who starts it closes it, in TestMain or with the test.
func StartPostgres() (*Postgres, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pg") // short: a socket's path has 107 bytes at most
	if err != nil {
		return nil, err
	}
	p := &Postgres{Dir: dir, bin: bin}
	if err := p.start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return p, nil
}

// postgresBin is the folder of the server's programs: Debian has them off the path, a folder a version.
func postgresBin() (string, error) {
	all, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err == nil && len(all) > 0 {
		return filepath.Dir(all[len(all)-1]), nil
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return "", fmt.Errorf("a PostgreSQL server is needed by this test and is not installed (apt-get install postgresql): %w", err)
	}
	return filepath.Dir(path), nil
}

func (p *Postgres) start() error {
	secret := make([]byte, 16)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.Port = l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return err
	}
	password, data := hex.EncodeToString(secret), filepath.Join(p.Dir, "data")
	first := filepath.Join(p.Dir, "password")
	p.PassFile = filepath.Join(p.Dir, "pgpass")
	if err := errors.Join(os.WriteFile(first, []byte(password+"\n"), 0o600), os.WriteFile(p.PassFile, []byte("*:*:*:"+superuser+":"+password+"\n"), 0o600), os.Mkdir(data, 0o700)); err != nil {
		return err
	}
	if err := forServer(p.Dir, first, data); err != nil {
		return err
	}
	init := exec.Command(filepath.Join(p.bin, "initdb"), "--no-sync", "-E", "UTF8", "--locale=C", "-U", superuser, "--auth=scram-sha-256", "--pwfile", first, "-D", data)
	init.Dir = p.Dir
	if err := asServer(init); err != nil {
		return err
	}
	if out, err := init.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return p.serve()
}

// serve starts the server and returns when it says that it is ready. The thread that starts it must live as long as it does, or the kernel
// takes the test for dead.
func (p *Postgres) serve() error {
	p.over, p.out = make(chan struct{}), &output{}
	p.cmd = exec.Command(filepath.Join(p.bin, "postgres"), "-D", filepath.Join(p.Dir, "data"), "-p", strconv.Itoa(p.Port), "-k", p.Dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200")
	noOrphan(p.cmd)
	if err := asServer(p.cmd); err != nil {
		return err
	}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = p.Dir, p.out, p.out
	began := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := p.cmd.Start()
		began <- err
		if err == nil {
			_ = p.cmd.Wait()
		}
		close(p.over)
	}()
	if err := <-began; err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), ready)
	defer cancel()
	if err := p.out.wait(ctx, "ready to accept connections", p.over); err != nil {
		return errors.Join(fmt.Errorf("the server does not start: %w\n%s", err, p.out.String()), p.end())
	}
	return nil
}

// Close ends the server, at once and without mercy to clients, and removes its folder.
func (p *Postgres) Close() error { return errors.Join(p.end(), os.RemoveAll(p.Dir)) }

// Crash ends the server as a power cut does, but for what the system still has of its writes, and starts it again.
func (p *Postgres) Crash() error { return errors.Join(p.end(), p.serve()) }

// end has the server drop everything: it neither tells its clients nor tidies up its files.
func (p *Postgres) end() error {
	_ = p.cmd.Process.Signal(syscall.SIGQUIT) // it may be over already
	select {
	case <-p.over:
		return nil
	case <-time.After(ready):
		return errors.Join(errors.New("the server does not end"), p.cmd.Process.Kill())
	}
}

// Schema makes a new, empty schema, which is quicker than a database, and returns its name.
func (p *Postgres) Schema() (string, error) {
	name := "t" + strconv.FormatInt(p.schemas.Add(1), 10)
	if out, err := p.Run("psql", "-X", "-q", "-d", "postgres", "-c", "CREATE SCHEMA "+name); err != nil {
		return "", fmt.Errorf("create a schema: %w\n%s", err, out)
	}
	return name, nil
}

// URL is the address of a schema for a role (empty: the owner), at the server's own port (0) or that of something in front of it.
func (p *Postgres) URL(schema, role string, port int) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/postgres?sslmode=disable&search_path=%s&passfile=%s",
		cmp.Or(role, superuser), cmp.Or(port, p.Port), schema, p.PassFile)
}

// SQL has psql carry out statements in a schema, as the owner, and returns what it prints.
func (p *Postgres) SQL(schema, statements string) (string, error) {
	return p.Run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-c", "SET search_path = "+schema, "-c", statements)
}

// Password lets a further role in: its line in the password file.
func (p *Postgres) Password(role, password string) error {
	f, err := os.OpenFile(p.PassFile, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString("*:*:*:" + role + ":" + password + "\n")
	return errors.Join(err, f.Close())
}

// TLS has the server take TLS too, with a certificate.
func (p *Postgres) TLS(c *Cert) error {
	cert, key := filepath.Join(p.Dir, "data", "server.crt"), filepath.Join(p.Dir, "data", "server.key")
	err := errors.Join(os.WriteFile(cert, c.PEM, 0o600), os.WriteFile(key, c.KeyPEM, 0o600))
	if err == nil {
		err = forServer(cert, key)
	}
	if err != nil {
		return err
	}
	if out, err := p.Run("psql", "-X", "-q", "-d", "postgres", "-c", "ALTER SYSTEM SET ssl = on", "-c", "SELECT pg_reload_conf()"); err != nil {
		return fmt.Errorf("switch TLS on: %w\n%s", err, out)
	}
	return nil
}

// Run runs one of PostgreSQL's own client programs, such as psql, against the server as its superuser.
func (p *Postgres) Run(program string, args ...string) (string, error) {
	cmd := exec.Command(filepath.Join(p.bin, program), args...)
	cmd.Env = append(os.Environ(), "PGHOST="+p.Dir, "PGPORT="+strconv.Itoa(p.Port), "PGUSER="+superuser, "PGPASSFILE="+p.PassFile)
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// Output is what the server has printed until now.
func (p *Postgres) Output() string { return p.out.String() }
