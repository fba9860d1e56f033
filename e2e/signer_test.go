//go:build unix

package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hanging is a signer whose nth signature never comes: it says so through a pipe with a name and hears no signal that can be ignored.
// The others come from the signer of the documentation.
const hanging = `#!/bin/sh
exec 3>signing
echo x >>signed
if [ $(wc -l <signed) -eq $(cat hangs) ]; then
	trap '' INT TERM HUP
	echo up >&3
	while :; do sleep 1000; done
fi
exec sh docs.sh root.key pass.txt
`

// waiting is the pipe of such a signer. heard waits for the one that hangs, gone for the end of it and of all that it started.
type waiting struct {
	t     testing.TB
	lines *bufio.Reader
}

// hangs puts the authority's key behind a signer that hangs at its nth signature.
func (s *stage) hangs(n int) waiting {
	s.t.Helper()
	docs, err := filepath.Abs("../docs/signer.sh")
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("docs.sh", read(s.t, docs))
	s.write("signer", []byte(hanging))
	s.write("hangs", fmt.Appendln(nil, n))
	name := s.file("signing")
	if err := os.Chmod(s.file("signer"), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		s.t.Fatal(err)
	}
	// The first two ends keep those between two signatures from reading the end.
	r, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	w, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { r.Close(); w.Close() })
	if err := r.SetReadDeadline(time.Now().Add(guard)); err != nil {
		s.t.Fatal(err)
	}
	return waiting{s.t, bufio.NewReader(ender{r, w})}
}

// ender is a pipe whose other end of ours is closed by the first thing that is read: from then on the signer alone has it open.
type ender struct{ r, w *os.File }

func (e ender) Read(b []byte) (int, error) {
	n, err := e.r.Read(b)
	e.w.Close()
	return n, err
}

func (w waiting) heard() {
	w.t.Helper()
	if line, err := w.lines.ReadString('\n'); err != nil || line != "up\n" {
		w.t.Fatalf("the signer says %q, %v", line, err)
	}
}

func (w waiting) gone() {
	w.t.Helper()
	if rest, err := io.ReadAll(w.lines); err != nil || len(rest) > 0 {
		w.t.Errorf("the signer lives on: %q, %v", rest, err)
	}
}

// TestStoppedWhileItSigns: Ctrl-C ends a signer that never answers, where the authority is opened and where a unit's certificate is to be
// signed. The unit is left in order, the ledger verifies, and the same command does the work as soon as the signer answers.
func TestStoppedWhileItSigns(t *testing.T) {
	t.Parallel()
	provision := []string{"provision", "--port", "modem", "--yes", "--imei", sceneIMEI, "--json"}
	for name, c := range map[string]struct {
		key    string
		nth    int // signature that never comes: the first is the trial of the authority
		args   []string
		begins bool // the unit's slots are worked on by then
	}{
		"opening the authority":         {"host", 1, provision, false},
		"a certificate for our key":     {"host", 2, provision, false},
		"a certificate for its own key": {"modem", 2, provision, true},
		"opening the authority for two": {"modem", 1, append(provision[:len(provision):len(provision)], "--port", "sim:nrf9151?imei=352656100367880", "--imei", "352656100367880"), false},
		"a unit's files, at the trial":  {"", 1, []string{"ca", "issue", "--cert", "root.crt", "--key", "exec:./signer", "--imei", sceneIMEI, "--out", "units", "--json"}, false},
		"a unit's files":                {"", 2, []string{"ca", "issue", "--cert", "root.crt", "--key", "exec:./signer", "--imei", sceneIMEI, "--out", "units", "--json"}, false},
		"a root of its own": {
			"", 2, []string{"ca", "init", "--dir", "new", "--subject", "CN=New", "--signer", "exec:./signer", "--public", "public.pem", "--json"}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSceneOf(t, "", "root.crt", c.key)
			s.edit(`key = "root.key"`, `key = "exec:./signer"`)
			s.write("public.pem", []byte(s.tool("openssl", "x509", "-in", "root.crt", "-noout", "-pubkey").must(t, 0).out))
			before := s.unit()
			w := s.hangs(c.nth)
			d := s.stopped(w, c.args...)
			if d.Failure == nil || d.Failure.Code != "ca.stopped" || !strings.Contains(d.Failure.Text, "signer") || d.Failure.Hint == "" {
				t.Errorf("the failure is %+v", d.Failure)
			}
			after := s.unit()
			if c.args[0] == "provision" && !c.begins && (after.content(clientCert) != before.content(clientCert) || after.content(clientKey) != before.content(clientKey)) {
				t.Error("slots were touched before the set was ready")
			}
			if d := s.sectag("inspect", "--port", "modem", "--json").must(t, 0).doc(t); d.FunctionalMode != 1 {
				t.Errorf("the modem was online and is now in +CFUN %d", d.FunctionalMode)
			}
			for _, half := range []string{"units", "new"} {
				if left, err := os.ReadDir(s.file(half)); err == nil && len(left) > 0 {
					t.Errorf("something half done is left: %v", left)
				}
			}
			s.write("hangs", []byte("0\n"))
			if d := s.sectag(c.args...).must(t, 0).doc(t); d.Failure != nil {
				t.Errorf("once the signer answers: %+v", d.Failure)
			}
			if c.key != "" || c.args[1] == "issue" {
				s.audited()
			}
			if c.key != "" && len(c.args) == len(provision) {
				s.whole()
			}
		})
	}
}

// stopped runs a command, interrupts it where the signer hangs, and gives its document.
func (s scene) stopped(w waiting, args ...string) document {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), guard)
	defer cancel()
	cmd := s.command(ctx, plain, args...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	w.heard()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		s.t.Fatal(err)
	}
	o := ended(s.t, cmd, cmd.Wait(), &out, &errs).must(s.t, 130)
	w.gone()
	if !strings.Contains(o.err, "(ca.stopped)") && !strings.Contains(o.out, "ca.stopped") {
		s.t.Errorf("it does not say why: %v", o)
	}
	return o.doc(s.t)
}
