//go:build linux || darwin

package tui

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/creack/pty"
)

// child tells the test binary to be a headless verb: a program that links Bubble Tea, prints one line and ends.
const child = "SECTAG_TUI_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(child) {
	case "quiet":
		os.Stdout.WriteString("done\n")
		os.Exit(0)
	case "asks":
		lipgloss.NewRenderer(os.Stdout).HasDarkBackground()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// onDeafTerminal runs the test binary on a terminal that answers nothing and gives what it printed, up to the first escape byte.
func onDeafTerminal(t *testing.T, what string) []byte {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	// Nothing of this process's surroundings: with CI in it, or a TERM of tmux's, the library asks nothing in any case, and
	// this test would see nothing.
	cmd.Env = []string{child + "=" + what, "TERM=xterm-256color", "GORACE=atexit_sleep_ms=0", "GOCOVERDIR=" + t.TempDir()}
	term, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer term.Close()
	if err := term.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil && !errors.Is(err, os.ErrNoDeadline) {
		t.Fatal(err)
	}
	var out []byte
	for buf := make([]byte, 256); bytes.IndexByte(out, 0x1b) < 0; {
		n, err := term.Read(buf)
		out = append(out, buf[:n]...)
		var gone *fs.PathError // Linux says EIO when the other end is closed
		if errors.Is(err, io.EOF) || errors.As(err, &gone) && errors.Is(gone.Err, syscall.EIO) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if bytes.IndexByte(out, 0x1b) >= 0 {
		if err := cmd.Process.Kill(); err != nil {
			t.Log(err)
		}
		_ = cmd.Wait() // it was killed
		return out
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestNoTerminalIsQuestioned runs a program that links the screens where nobody answers: it must print no escape byte, and not
// wait for an answer. The time is a guard only: a question costs five seconds.
func TestNoTerminalIsQuestioned(t *testing.T) {
	began := time.Now()
	if out := onDeafTerminal(t, "quiet"); string(out) != "done\r\n" {
		t.Errorf("the terminal got %q", out)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
	if out := onDeafTerminal(t, "asks"); bytes.IndexByte(out, 0x1b) < 0 {
		t.Errorf("this test sees no question where one is asked: %q", out)
	}
}
