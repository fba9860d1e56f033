package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/transfer"
)

// moverVar makes the test binary move the first ledger that it names to the second, or make a backup of it where that is no address.
const moverVar = "SECTAG_TEST_LEDGER_MOVER"

func moverMain(order string) int {
	from, to, _ := strings.Cut(order, " ")
	var err error
	if strings.Contains(to, ":") {
		_, err = transfer.Move(context.Background(), from, to, "")
	} else {
		_, err = transfer.Backup(context.Background(), from, to)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// moves are what a mover asks its servers for that changes something, or that others wait for; reads are what a backup copies.
var (
	moves = regexp.MustCompile(`(?i)commit|insert into meta|delete from meta|lock table`)
	reads = regexp.MustCompile(`(?i) from (record|run) order by`)
)

// tap stands between a mover and its servers and stops at one of the mover's steps: the server has carried it out, and the mover has not
// heard of it.
type tap struct {
	net.Listener
	steps   *regexp.Regexp
	mu      sync.Mutex
	left    int // steps to the one to stop at; below 1: none
	stopped chan struct{}
}

func newTap(t *testing.T, steps *regexp.Regexp) *tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	w := &tap{Listener: l, steps: steps}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { w.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		open.Wait() // who is connected has closed by now: cleanups run backwards
	})
	return w
}

// stopAt has the tap stop at the n-th step from now on; it says so by closing what it returns.
func (w *tap) stopAt(n int) chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left, w.stopped = n, make(chan struct{})
	return w.stopped
}

// through is an address of the server as it is reached through the tap; a file's stays.
func (w *tap) through(address string) string {
	return strings.Replace(address, fmt.Sprintf("127.0.0.1:%d", server.Port), w.Addr().String(), 1)
}

// step is not nil where what a mover asks for is the step to stop at.
func (w *tap) step(asked []byte) chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.steps.Match(asked) {
		w.left--
	}
	if w.left != 0 || !w.steps.Match(asked) {
		return nil
	}
	return w.stopped
}

func (w *tap) serve(c net.Conn) {
	defer c.Close()
	s, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(server.Port)))
	if err != nil {
		return
	}
	defer s.Close()
	stop := make(chan chan struct{}, 1)
	go func() {
		defer c.Close()
		b := make([]byte, 64<<10)
		for {
			n, err := s.Read(b)
			select {
			case stopped := <-stop:
				close(stopped)
				_, _ = io.Copy(io.Discard, s) // until the mover is dead
				return
			default:
			}
			if _, werr := c.Write(b[:n]); err != nil || werr != nil {
				return
			}
		}
	}()
	b := make([]byte, 64<<10)
	for {
		n, err := c.Read(b)
		if stopped := w.step(b[:n]); stopped != nil {
			stop <- stopped
		}
		if _, werr := s.Write(b[:n]); err != nil || werr != nil {
			return
		}
	}
}

// mover starts a mover and returns when it has come to one of its steps, where it is held until kill ends it; or when it is over.
func mover(t *testing.T, w *tap, from, to string, step int) (kill func(), held bool) {
	t.Helper()
	stopped := w.stopAt(step)
	exe, err := os.Executable()
	must(t, err)
	var said bytes.Buffer
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), moverVar+"="+from+" "+to, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = &said
	must(t, cmd.Start())
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		<-over
	})
	select {
	case err := <-over:
		if err != nil {
			t.Fatalf("the mover ends by itself: %v: %s", err, said.String())
		}
		return nil, false
	case <-stopped:
		t.Cleanup(kill)
		return kill, true
	}
}

// killedMover starts a mover, kills it at one of its steps, and tells whether it came so far.
func killedMover(t *testing.T, w *tap, from, to string, step int) bool {
	t.Helper()
	kill, held := mover(t, w, from, to, step)
	if held {
		kill()
	}
	return held
}

// workshops are the hidden folders in a folder.
func workshops(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, ".*"))
	must(t, err)
	return all
}

// TestWhatAKilledBackupLeftGoesWithTheNext, and nothing else goes: not what another backup is making, nor what only looks like it.
func TestWhatAKilledBackupLeftGoesWithTheNext(t *testing.T) {
	w, dir := newTap(t, reads), t.TempDir()
	url := w.through(schema(t))
	s := open(t, url)
	fill(t, s)
	kill, held := mover(t, w, url, filepath.Join(dir, "alive.db"), 1)
	if !held || len(workshops(t, dir)) != 1 {
		t.Fatalf("held: %v, there are %q", held, workshops(t, dir))
	}
	alive := workshops(t, dir)[0]
	for n := 1; n <= 2; n++ {
		if !killedMover(t, w, url, filepath.Join(dir, "dead.db"), n) {
			t.Fatal("the backup was over before it was killed")
		}
	}
	theirs := filepath.Join(dir, ".sectag-backup-of-mine")
	must(t, os.Mkdir(theirs, 0o700))
	must(t, os.WriteFile(filepath.Join(theirs, "notes"), nil, 0o600))
	w.stopAt(0)
	_, err := transfer.Backup(t.Context(), url, filepath.Join(dir, "whole.db"))
	must(t, err)
	left := workshops(t, dir)
	slices.Sort(left)
	want := []string{alive, theirs}
	slices.Sort(want)
	if d := cmp.Diff(want, left); d != "" {
		t.Errorf("what is left: %s", d)
	}
	kill()
	_, err = transfer.Backup(t.Context(), url, filepath.Join(dir, "again.db"))
	must(t, err)
	if d := cmp.Diff([]string{theirs}, workshops(t, dir)); d != "" {
		t.Errorf("what is left at the end: %s", d)
	}
}

// TestAMoveThatIsKilled at each of its steps leaves one ledger that takes records, and the same move again ends it; or what it left of the
// copy is told as that.
func TestAMoveThatIsKilled(t *testing.T) {
	for _, way := range []struct{ from, to string }{{"database", "database"}, {"database", "file"}, {"file", "database"}} {
		t.Run(way.from+" to "+way.to, func(t *testing.T) {
			t.Parallel()
			w := newTap(t, moves)
			step, again, left := 1, 0, 0
			for ; step < 100; step++ {
				from, to := w.through(places[way.from](t)), w.through(places[way.to](t))
				s := open(t, from)
				_, err := s.Begin(t.Context(), at, nil) // nobody is at work on it, but it is open
				must(t, err)
				_, err = s.Record(t.Context(), unit(1))
				must(t, err)
				must(t, s.Close())
				want := content(t, from)
				if !killedMover(t, w, from, to, step) {
					if d := cmp.Diff(want, content(t, to)); d != "" {
						t.Error(d)
					}
					break
				}
				if !survived(t, from, to, want) {
					left++
				} else {
					again++
				}
				if t.Failed() {
					t.Fatalf("killed at step %d", step)
				}
			}
			t.Logf("%d steps; the same move again ended %d, a copy was left by %d", step-1, again, left)
			if again < 3 || left < 1 || step >= 100 {
				t.Error("the mover was not killed where it matters")
			}
		})
	}
}

// survived looks at what a killed move left, moves again, and tells whether it ended at the same place.
func survived(t *testing.T, from, to string, want []string) bool {
	t.Helper()
	closed := takes(t, from) == "ledger.moved"
	if !closed && same(t, from, to) && takes(t, to) == "" {
		t.Error("both ledgers take records")
	}
	_, err := transfer.Move(t.Context(), from, to, "")
	switch {
	case err == nil:
	case closed && takes(t, to) == "": // it was done, and nobody had heard of it
		wantCode(t, err, "ledger.moved")
	case closed:
		t.Errorf("the old one is closed, and the same move again says: %v", err)
	default: // a whole copy that is not the ledger stands in the way
		if f := wantCode(t, err, "ledger.moved"); !strings.Contains(f.Text, "was not finished") {
			t.Errorf("%q does not say what is there", f.Text)
		}
		fresh := places["file"](t)
		_, err := transfer.Move(t.Context(), from, fresh, "")
		must(t, err)
		if d := cmp.Diff(want, content(t, fresh)); d != "" {
			t.Errorf("moved elsewhere: %s", d)
		}
		if code := takes(t, to); code != "ledger.moved" {
			t.Errorf("the copy that was left: %q", code)
		}
		return false
	}
	if d := cmp.Diff(want, content(t, to)); d != "" {
		t.Errorf("moved again: %s", d)
	}
	if a, b := takes(t, from), takes(t, to); a != "ledger.moved" || b != "" {
		t.Errorf("after the second move the old one says %q and the new one %q", a, b)
	}
	return true
}

// same tells whether the ledger at a place is a copy of another.
func same(t *testing.T, from, to string) bool {
	t.Helper()
	r, err := ledger.OpenReader(t.Context(), to)
	if err != nil {
		return false // there is none yet
	}
	defer r.Close()
	old, err := ledger.OpenReader(t.Context(), from)
	must(t, err)
	defer old.Close()
	return r.Origin() == old.Origin()
}

// takes is the code of what a writer of a ledger is told; empty: it takes what comes.
func takes(t *testing.T, url string) string {
	t.Helper()
	s, err := ledger.Open(t.Context(), url)
	if err == nil {
		return errorCode(errors.Join(err, s.Close()))
	}
	return errorCode(err)
}

func errorCode(err error) string {
	if err == nil {
		return ""
	}
	return cred.AsFault(err).Code
}
