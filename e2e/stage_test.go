//go:build unix

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stage is a technician's computer in small: a working folder, and beside it the home, cache and temporary folders, so that
// everything that a run leaves lies below root.
type stage struct {
	t     testing.TB
	root  string
	dir   string
	quick bool   // the environment names the file with the passphrase
	key   string // who makes keys, for the profile; empty: it is left open, and the modem does
}

// newStage makes a stage with the authority of that name in its working folder: root.crt, root.key, pass.txt. Where quick,
// the key is opened by the environment and in no time; else the test names the passphrase's file itself, or types.
func newStage(t testing.TB, name string, quick bool) *stage {
	t.Helper()
	if err := sources(); err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, root: t.TempDir(), quick: quick}
	s.dir = filepath.Join(s.root, "work")
	for _, d := range []string{s.dir, filepath.Join(s.root, "home"), filepath.Join(s.root, "tmp")} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	from := authority(t, name, quick)
	for _, f := range []string{"root.crt", "root.key", "pass.txt"} {
		s.write(f, read(t, filepath.Join(from, f)))
	}
	return s
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (s *stage) file(name string) string { return filepath.Join(s.dir, name) }

func (s *stage) write(name string, content []byte) {
	s.t.Helper()
	if err := os.WriteFile(s.file(name), content, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// profile writes sectag.toml for one sec_tag 42 with this anchor file, and this server unless url is empty.
func (s *stage) profile(anchor, url string) {
	s.t.Helper()
	text := "[product]\nname = \"tracker-2\"\n\n[station]\nid = \"3\"\n\n[authority]\ncert = \"root.crt\"\nkey = \"root.key\"\n\n" +
		s.device() + "[[slot]]\nsec_tag = 42\nmode = \"x509\"\nanchor = \"" + anchor + "\"\n\n[ledger]\nurl = \"sqlite:ledger.db\"\n"
	if url != "" {
		text += "\n[endpoint]\nurl = \"" + url + "\"\n"
	}
	s.write("sectag.toml", []byte(text))
}

func (s *stage) device() string {
	if s.key == "" {
		return ""
	}
	return "[device]\nkey = \"" + s.key + "\"\n\n"
}

// env is the environment of every process: nothing of the person's who runs the tests but the path.
func (s *stage) env() []string {
	home := filepath.Join(s.root, "home")
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_CACHE_HOME=" + filepath.Join(home, "cache"), "TMPDIR=" + filepath.Join(s.root, "tmp"),
		"GORACE=atexit_sleep_ms=0", "LC_ALL=C.UTF-8",
	}
	if s.quick {
		env = append(env, "SECTAG_PASSPHRASE_FILE="+s.file("pass.txt"))
	}
	return env
}

func (s *stage) command(ctx context.Context, binary string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = s.dir, s.env(), time.Second
	return cmd
}

// outcome is how a process ended.
type outcome struct {
	args     []string
	code     int // -1: a signal killed it
	out, err string
}

func (o outcome) String() string {
	return fmt.Sprintf("%s: exit %d\nstdout:\n%s\nstderr:\n%s", strings.Join(o.args, " "), o.code, tail(o.out), tail(o.err))
}

// tail is the end of a text, where failures stand.
func tail(s string) string {
	const enough = 1500
	if len(s) > enough {
		return "…" + s[len(s)-enough:]
	}
	return s
}

// sectag runs the binary to its end.
func (s *stage) sectag(args ...string) outcome {
	s.t.Helper()
	return s.tool(plain, args...)
}

// tool runs any program to its end, with an empty standard input.
func (s *stage) tool(name string, args ...string) outcome {
	s.t.Helper()
	return s.fed("", name, args...)
}

// fed runs a program that is given a text on its standard input.
func (s *stage) fed(text, name string, args ...string) outcome {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	path, err := exec.LookPath(name)
	if err != nil {
		s.t.Fatalf("%s is needed by this test and is not installed: %v", name, err)
	}
	cmd := s.command(ctx, path, args...)
	cmd.Stdin = strings.NewReader(text)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	return ended(s.t, cmd, cmd.Run(), &out, &errs)
}

func ended(t testing.TB, cmd *exec.Cmd, err error, out, errs fmt.Stringer) outcome {
	t.Helper()
	o := outcome{args: append([]string{filepath.Base(cmd.Path)}, cmd.Args[1:]...), out: out.String(), err: errs.String()}
	var bad *exec.ExitError
	if err != nil && !errors.As(err, &bad) {
		t.Fatalf("%v\n%v", err, o)
	}
	o.code = cmd.ProcessState.ExitCode()
	return o
}

// must fails the test unless the process ended with this code.
func (o outcome) must(t testing.TB, code int) outcome {
	t.Helper()
	if o.code != code {
		t.Fatalf("exit %d, expected %d: %v", o.code, code, o)
	}
	return o
}

// document is what the verbs print with --json, as far as these tests look.
type document struct {
	Verdict        string      `json:"verdict"`
	IMEI           string      `json:"imei"`
	KeyOrigin      string      `json:"key_origin"`
	Record         string      `json:"record"`
	FunctionalMode int         `json:"functional_mode"`
	Certificate    certificate `json:"certificate"`
	Slots          []slot      `json:"slots"`
	Connect        *connect    `json:"connect"`
	ClientAuth     string      `json:"client_auth"` // of connect and probe
	PingMS         int         `json:"ping_ms"`
	Suite          string      `json:"suite"`
	Findings       []finding   `json:"findings"`
	Failure        *failure    `json:"failure"`
	Line           struct {
		BytesOut int `json:"bytes_out"`
	} `json:"line"`
}

type certificate struct {
	Serial string `json:"serial"`
	SHA256 string `json:"sha256"`
	PEM    string `json:"pem"`
}

type slot struct {
	SecTag uint32 `json:"sec_tag"`
	Type   int    `json:"type"`
	SHA256 string `json:"sha256"`
	Action string `json:"action"`
	Holds  string `json:"holds"`
	Match  bool   `json:"match"` // of records
	Sent   string `json:"sent_sha256"`
	Delete string `json:"delete"`
	Keygen string `json:"keygen"`
	Known  bool   `json:"known"` // of inspect
}

type connect struct {
	Verdict    string    `json:"verdict"`
	Twin       bool      `json:"twin"`
	Suite      string    `json:"suite"`
	Version    string    `json:"version"`
	ClientAuth string    `json:"client_auth"`
	PingMS     int       `json:"ping_ms"`
	Alert      *int      `json:"alert"`
	Findings   []finding `json:"findings"`
}

type finding struct{ Code, Severity, Text, Hint string }

type failure struct{ Code, Text, Hint string }

// record is a line of the ledger, and with "ledger show" all of it.
type record struct {
	ID          string      `json:"record"`
	Run         string      `json:"run"`
	Kind        string      `json:"kind"`
	Verdict     string      `json:"verdict"`
	IMEI        string      `json:"imei"`
	Checks      string      `json:"checks"`
	Slots       []slot      `json:"slots"`
	Certificate certificate `json:"certificate"`
	Connect     *connect    `json:"connect"`
	Abandoned   []string    `json:"abandoned_serials"`
	LostPSKs    []struct {
		SHA256 string `json:"psk_sha256"`
	} `json:"abandoned_psks"`
	Findings []finding `json:"findings"`
	Failure  *failure  `json:"failure"`
	Anchor   *struct {
		SHA256, Source, Trust string
	} `json:"anchor"`
}

// doc reads the one object on standard output.
func (o outcome) doc(t testing.TB) document {
	t.Helper()
	return decode[document](t, o)
}

func decode[T any](t testing.TB, o outcome) (v T) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(o.out))
	if err := d.Decode(&v); err != nil {
		t.Fatalf("no document: %v\n%v", err, o)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		t.Fatalf("more than one document: %v", o)
	}
	return v
}

// records reads the ledger, oldest first.
func (s *stage) records() []record {
	s.t.Helper()
	list := decode[struct {
		Records []record `json:"records"`
	}](s.t, s.sectag("ledger", "list", "--json").must(s.t, 0))
	for i, r := range list.Records {
		list.Records[i] = s.record(r.ID)
	}
	return list.Records
}

func (s *stage) record(id string) record {
	s.t.Helper()
	return decode[record](s.t, s.sectag("ledger", "show", id, "--json").must(s.t, 0))
}

// audited fails the test unless the ledger verifies.
func (s *stage) audited() {
	s.t.Helper()
	if o := s.sectag("ledger", "verify", "--json").must(s.t, 0); o.doc(s.t).Verdict != "pass" {
		s.t.Errorf("the ledger does not verify: %v", o)
	}
}

// process is something that serves beside the test until it is stopped.
type process struct {
	t     testing.TB
	cmd   *exec.Cmd
	first string // its first line
	errs  bytes.Buffer
	gone  chan struct{}
}

// serve starts the binary and waits for its first line.
func (s *stage) serve(args ...string) *process {
	s.t.Helper()
	p := &process{t: s.t, cmd: s.command(context.Background(), plain, args...), gone: make(chan struct{})}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	p.cmd.Stderr = &p.errs
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(p.stop)
	line, err := bufio.NewReader(out).ReadString('\n')
	p.first = strings.TrimSpace(line)
	go func() {
		_ = p.cmd.Wait() // its exit code is looked at by those who stop it
		close(p.gone)
	}()
	if err != nil {
		p.stop()
		s.t.Fatalf("%v said nothing: %v\n%s", args, err, &p.errs)
	}
	return p
}

// stop ends the process as Ctrl-C does; one that does not go is killed, and that fails the test.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGINT) // it may be gone already
	select {
	case <-p.gone:
	case <-time.After(guard):
		_ = p.cmd.Process.Kill()
		<-p.gone
		p.t.Errorf("%v did not end after SIGINT", p.cmd.Args)
	}
}

// ends waits until the process has ended by itself.
func (p *process) ends() {
	p.t.Helper()
	select {
	case <-p.gone:
	case <-time.After(guard):
		p.t.Fatalf("%v does not end", p.cmd.Args)
	}
}

// modem starts a virtual modem on the port "modem" that keeps itself in unit.json.
func (s *stage) modem(args ...string) *process {
	s.t.Helper()
	return s.serve(append([]string{"sim", "modem", "--link", "modem", "--state", "unit.json"}, args...)...)
}

// endpoint starts our own server, which trusts root.crt; anchor is its root's file.
func (s *stage) endpoint(args ...string) (url, anchor string) {
	s.t.Helper()
	p := s.serve(append([]string{"sim", "endpoint", "--dir", "server", "--client-ca", "root.crt"}, args...)...)
	return p.first, s.file("server/server-root.pem")
}
