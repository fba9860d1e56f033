//go:build unix

package e2e

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// announced is a run of the binary that stops before and after every effect until it is told to go on.
type announced struct {
	t     testing.TB
	cmd   *exec.Cmd
	lines *bufio.Reader
	leave *os.File
	said  []string
	out   bytes.Buffer
	errs  bytes.Buffer
	over  *outcome
}

// announced starts the announcing binary. It is killed with the test if nobody ended it.
func (s *stage) announced(args ...string) *announced {
	s.t.Helper()
	said, says := s.pipe()
	listens, leave := s.pipe()
	a := &announced{t: s.t, lines: bufio.NewReader(said), leave: leave}
	a.cmd = exec.Command(announce, args...)
	a.cmd.Dir, a.cmd.Env, a.cmd.WaitDelay = s.dir, s.env(), time.Second
	a.cmd.Stdout, a.cmd.Stderr = &a.out, &a.errs
	a.cmd.ExtraFiles = []*os.File{says, listens} // descriptors 3 and 4
	if err := said.SetReadDeadline(time.Now().Add(guard)); err != nil {
		s.t.Fatal(err)
	}
	if err := a.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	says.Close()
	listens.Close()
	s.t.Cleanup(func() {
		if a.over == nil {
			a.signal(syscall.SIGKILL)
			a.end()
		}
		said.Close()
		leave.Close()
	})
	return a
}

func (s *stage) pipe() (r, w *os.File) {
	s.t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	return r, w
}

// next is the next announcement, such as "before write-slot"; "" when the process has none any more.
func (a *announced) next() string {
	line, err := a.lines.ReadString('\n')
	if err != nil && os.IsTimeout(err) {
		a.signal(syscall.SIGQUIT)
		_ = a.cmd.Wait()
		a.t.Fatalf("no announcement and no end; said %q; stderr:\n%s", a.said, a.errs.String())
	}
	a.said = append(a.said, strings.TrimSpace(line))
	return strings.TrimSpace(line)
}

// goOn lets it do, or answer, what it announced.
func (a *announced) goOn() {
	_, _ = a.leave.WriteString("\n") // a process that is gone needs no leave
}

// upTo lets it go on until its nth announcement, from 0, and gives that. It stands there.
func (a *announced) upTo(n int) string {
	a.t.Helper()
	for range n {
		if a.next() == "" {
			a.t.Fatalf("it ended before announcement %d: %v", n, a.end())
		}
		a.goOn()
	}
	return a.next()
}

// upToThe lets it go on until the nth time, from 1, that it announces this. It stands there.
func (a *announced) upToThe(n int, what string) {
	a.t.Helper()
	for {
		switch a.next() {
		case "":
			a.t.Fatalf("it never came to %q: %v", what, a.end())
		case what:
			if n--; n == 0 {
				return
			}
		}
		a.goOn()
	}
}

// rest lets it go on to its end and gives the announcements of the way.
func (a *announced) rest() (said []string) {
	for {
		line := a.next()
		if line == "" {
			return said
		}
		said = append(said, line)
		a.goOn()
	}
}

func (a *announced) signal(sig syscall.Signal) {
	_ = a.cmd.Process.Signal(sig) // it may be gone
}

// asked asks it to end with a signal, where it stands at an announcement, and waits until it has heard it.
func (a *announced) asked(sig syscall.Signal) {
	a.t.Helper()
	a.signal(sig)
	if line := a.next(); line != "signal" {
		a.t.Fatalf("after %v it says %q", sig, line)
	}
}

// end waits for the process, which must be on its way out.
func (a *announced) end() outcome {
	a.t.Helper()
	if a.over == nil {
		err := a.cmd.Wait()
		o := ended(a.t, a.cmd, err, &a.out, &a.errs)
		a.over = &o
	}
	return *a.over
}
