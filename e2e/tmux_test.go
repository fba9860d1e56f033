//go:build unix

package e2e

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// terminal is a real terminal of 80x24 with a program in it: tmux in control mode, which tells of every byte that the program
// prints, so nothing here has to wait for a time.
type terminal struct {
	t       testing.TB
	in      io.Writer
	change  chan struct{} // the program has printed something
	answers chan []string // to our commands, in order
	gone    chan struct{}
	ended   chan struct{} // the program is gone, and all that it started

	mu   sync.Mutex
	said strings.Builder // every byte that was printed, as tmux tells it: control bytes and backslashes in octal
}

const (
	width  = 80
	height = 24
)

// terminal opens a terminal and runs sectag in it. When that ends, the terminal shows "[exit N]" and stays.
func (s *stage) terminal(env []string, args ...string) *terminal {
	s.t.Helper()
	return s.terminalOf(quoted(plain, args...), env)
}

// terminalOf runs a shell's command in it, redirections and all.
func (s *stage) terminalOf(command string, env []string) *terminal {
	s.t.Helper()
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		s.t.Fatalf("tmux is needed by this test and is not installed: %v", err)
	}
	sockets, err := os.MkdirTemp("", "e2e-") // a socket's path must be short
	if err != nil {
		s.t.Fatal(err)
	}
	conf := filepath.Join(s.root, "tmux.conf")
	script := filepath.Join(s.root, "terminal.sh")
	fifo := filepath.Join(s.root, "alive") // only the program has it open for writing
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		s.t.Fatal(err)
	}
	for name, text := range map[string]string{
		conf:   "set -g status off\nset -g escape-time 0\nset -g default-terminal screen-256color\n",
		script: "sh -c 'echo $$ >pid; exec \"$0\" \"$@\"' " + command + " 9>" + quoted(fifo) + "\ncode=$?; echo; echo \"[exit $code]\"\nexec cat\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	t := &terminal{t: s.t, change: make(chan struct{}, 1), answers: make(chan []string, 1), gone: make(chan struct{}), ended: make(chan struct{})}
	go t.outlives(fifo)
	cmd := exec.Command(tmux, "-L", "e2e", "-f", conf, "-C", "new-session", "-x", "80", "-y", "24", "sh "+script)
	cmd.Dir, cmd.Env = s.dir, append(s.env(), append([]string{"TMUX_TMPDIR=" + sockets}, env...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	t.in = in
	go t.read(out)
	s.t.Cleanup(func() {
		if f, err := os.OpenFile(fifo, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
			f.Close() // lets a reader go whose writer never came
		}
		kill := exec.Command(tmux, "-L", "e2e", "kill-server")
		kill.Env = cmd.Env
		_ = kill.Run() // it may have gone with its program
		<-t.gone
		_ = cmd.Wait()
		_ = os.RemoveAll(sockets)
	})
	t.answer() // of new-session
	return t
}

func quoted(name string, args ...string) string {
	out := "'" + name + "'"
	for _, a := range args {
		out += " '" + strings.ReplaceAll(a, "'", `'\''`) + "'"
	}
	return out
}

// read takes the control client's lines apart: blocks are answers, %output is news.
func (t *terminal) read(out io.Reader) {
	defer close(t.gone)
	lines := bufio.NewReader(out)
	var block []string
	inside := false
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "%begin "):
			inside, block = true, nil
		case strings.HasPrefix(line, "%end "), strings.HasPrefix(line, "%error "):
			inside = false
			t.answers <- block
		case inside:
			block = append(block, line)
		case strings.HasPrefix(line, "%output "):
			t.hears(line)
			select {
			case t.change <- struct{}{}:
			default:
			}
		}
	}
}

func (t *terminal) hears(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f := strings.SplitN(line, " ", 3); len(f) == 3 { // %output, the pane, the bytes
		t.said.WriteString(f[2])
	}
}

// printed is all that the program ever printed.
func (t *terminal) printed() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.said.String()
}

func (t *terminal) answer() []string {
	t.t.Helper()
	select {
	case a := <-t.answers:
		return a
	case <-t.gone:
		t.t.Fatal("the terminal is gone")
	case <-time.After(guard):
		t.t.Fatal("the terminal does not answer")
	}
	return nil
}

func (t *terminal) do(command string) []string {
	t.t.Helper()
	if _, err := io.WriteString(t.in, command+"\n"); err != nil {
		t.t.Fatalf("the terminal is gone: %v", err)
	}
	return t.answer()
}

// outlives waits until nobody has the pipe open for writing any more.
func (t *terminal) outlives(fifo string) {
	defer close(t.ended)
	f, err := os.Open(fifo)
	if err == nil {
		_, _ = io.Copy(io.Discard, f) // nothing is written; it ends with its last writer
		f.Close()
	}
}

// screen is what a person sees now.
func (t *terminal) screen() string {
	t.t.Helper()
	return strings.Join(t.do("capture-pane -p"), "\n")
}

// sees waits until everything of this can be read on the screen at once, and gives the screen.
func (t *terminal) sees(texts ...string) string {
	t.t.Helper()
	return t.until(func(now string) bool { return containsAll(now, texts) }, texts)
}

// matches waits until a line of the screen matches.
func (t *terminal) matches(re *regexp.Regexp) string {
	t.t.Helper()
	return t.until(re.MatchString, re)
}

func (t *terminal) until(ok func(string) bool, what any) string {
	t.t.Helper()
	limit := time.After(guard)
	for {
		now := t.screen()
		if ok(now) {
			return now
		}
		select {
		case <-t.change:
		case <-t.gone:
			t.t.Fatal("the terminal is gone")
		case <-limit:
			t.t.Fatalf("waited for %q; the screen is\n%s", what, now)
		}
	}
}

func containsAll(s string, texts []string) bool {
	for _, x := range texts {
		if !strings.Contains(s, x) {
			return false
		}
	}
	return true
}

// types types characters as they are.
func (t *terminal) types(text string) {
	t.t.Helper()
	t.do("send-keys -l -- '" + text + "'")
}

// press presses keys by tmux's names, such as Enter, Escape, Down, C-u.
func (t *terminal) press(keys ...string) {
	t.t.Helper()
	t.do("send-keys " + strings.Join(keys, " "))
}
