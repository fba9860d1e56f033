//go:build unix

package keyuri

import (
	"crypto"
	"io"
	"os"
	"path/filepath"
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
