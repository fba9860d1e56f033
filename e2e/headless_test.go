//go:build unix

package e2e

import (
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// A headless verb prints no escape byte on a terminal that answers nothing, and waits for no answer.
func TestHeadlessVerbsLeaveTheTerminalAlone(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Acme Devices", false)
	url, anchor := s.endpoint()
	s.profile(anchor, url)
	s.modem("--imei", sceneIMEI)
	for _, c := range []struct {
		args  []string
		typed string
		say   string
	}{
		{args: []string{"version"}, say: "sectag "},
		{args: []string{"ports"}},
		{args: []string{"inspect", "--port", "modem"}, say: sceneIMEI},
		{args: []string{"probe", url, "--roots", anchor}, say: "PASS"},
		{args: []string{"provision", "--port", "modem", "--verbose"}, typed: passphrase + "\n", say: "PASS"},
		{args: []string{"inspect", "--port", "nothing-here"}, say: "port.missing"},
	} {
		out := s.onDeafTerminal(c.typed, c.args...)
		if i := strings.IndexByte(out, 0x1b); i >= 0 {
			t.Errorf("%v prints an escape: %q", c.args, out[i:min(len(out), i+20)])
		}
		if !strings.Contains(out, c.say) || c.typed != "" && strings.Contains(out, c.typed[:8]) {
			t.Errorf("%v prints %q", c.args, out)
		}
	}
}

// onDeafTerminal runs a verb on a bare pseudo-terminal until it closes, and gives what it printed.
func (s *stage) onDeafTerminal(typed string, args ...string) string {
	s.t.Helper()
	cmd := s.command(s.t.Context(), plain, args...)
	cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	term, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: width, Rows: height})
	if err != nil {
		s.t.Fatal(err)
	}
	defer term.Close()
	if err := term.SetReadDeadline(time.Now().Add(guard)); err != nil && !errors.Is(err, os.ErrNoDeadline) {
		s.t.Fatal(err)
	}
	var asked []byte
	if typed != "" { // once it is asked for, and the terminal shows nothing of it
		for b := make([]byte, 1); !strings.HasSuffix(string(asked), ": "); asked = append(asked, b[0]) {
			if _, err := term.Read(b); err != nil {
				s.t.Fatalf("%v: %v after %q", args, err, asked)
			}
		}
		if _, err := io.WriteString(term, typed); err != nil {
			s.t.Fatal(err)
		}
	}
	out, err := io.ReadAll(term)
	if err != nil && !errors.Is(err, syscall.EIO) { // EIO is how Linux says that the other end is closed
		s.t.Errorf("%v: %v", args, err)
	}
	_ = cmd.Wait() // the exit code is not what this looks at
	return string(asked) + string(out)
}
