//go:build unix

package keyuri

import (
	"context"
	"crypto"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// watched is a pipe with a name. What the script and all that it starts hold open for writing ends with the last of them.
func watched(t *testing.T) (name string, end func() string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	return name, func() string {
		defer f.Close()
		text, err := io.ReadAll(f)
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
}

// TestNothingIsLeftBehind: a command that hangs goes with what it started, and so does what a command left behind that holds its output.
func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	const soon, late = 2 * time.Second, 10 * commandGrace
	for name, c := range map[string]struct {
		script, words string
		limit         time.Duration
	}{
		"it hangs":                    {"sleep 1000", "did not answer within 2s and was stopped", soon},
		"it waits for what comes not": {"tail -f /dev/null", "did not answer within", soon},
		"its child hangs":             {"sleep 1000 & wait", "did not answer within", soon},
		"it does not hear signals":    {"trap '' TERM INT HUP; sleep 1000", "did not answer within", soon},
		"it writes without an end":    {"yes | cat", "printed more than", late},
		"it ends, and its child not":  {"sleep 1000 &", "left something behind", late},
		"its child keeps the answer":  {`echo '{"signature":"AAAA"}'; sleep 1000 & exit 0`, "left something behind", late},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fifo, end := watched(t)
			s := signerOf(t, "exec 3>"+fifo+"; echo up >&3; "+c.script)
			s.limit = c.limit
			_, err := s.sign(make([]byte, 32), crypto.SHA256)
			refused(t, err, "ca.signer", c.words)
			if said := end(); said != "up\n" { // waits for the last process that has the pipe
				t.Errorf("the script said %q", said)
			}
		})
	}
}

// TestItEndsWithTheWork: who opened the key ends, and with it a command that would sign for ever, and what it started. No other is started
// then. Only a child in a session of its own lives on, as the documentation says.
func TestItEndsWithTheWork(t *testing.T) {
	t.Parallel()
	release := filepath.Join(t.TempDir(), "release")
	if err := syscall.Mkfifo(release, 0o600); err != nil {
		t.Fatal(err)
	}
	free, err := os.OpenFile(release, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer free.Close()
	for name, c := range map[string]struct{ script, also string }{
		"it hangs":           {"trap '' TERM INT HUP; echo up >&3; sleep 1000", ""},
		"its child hangs":    {"(echo up >&3; sleep 1000) & wait", ""},
		"its child is apart": {"setsid sh -c 'echo up >&3; read x <" + release + "; echo alive >&3' >/dev/null 2>&1 & wait; sleep 1000", "alive\n"},
	} {
		t.Run(name, func(t *testing.T) {
			name, end := watched(t)
			s := signerOf(t, "exec 3>"+name+"; "+c.script)
			work, stop := context.WithCancel(t.Context())
			s.life, s.limit = work, time.Hour
			up := make(chan struct{})
			go func() { // the last who could have the pipe open is the test, up to the first word
				defer close(up)
				f, err := os.OpenFile(name, os.O_RDWR, 0)
				if err != nil {
					t.Error(err)
					return
				}
				defer f.Close()
				word := make([]byte, 3)
				if _, err := io.ReadFull(f, word); err != nil || string(word) != "up\n" {
					t.Errorf("it says %q, %v", word, err)
				}
				stop()
			}()
			_, err := s.sign(make([]byte, 32), crypto.SHA256)
			<-up
			refused(t, err, "ca.stopped", "before the signer /bin/sh had answered")
			if _, err := free.WriteString(strings.Repeat("go on\n", len(c.also)/6)); err != nil {
				t.Fatal(err)
			}
			if said := end(); said != c.also {
				t.Errorf("then it says %q", said)
			}
			s.argv[0] = filepath.Join(t.TempDir(), "none")
			_, err = s.sign(make([]byte, 32), crypto.SHA256)
			refused(t, err, "ca.stopped", "none had answered")
		})
	}
}
