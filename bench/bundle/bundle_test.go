package bundle

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/device/sim"
	"example.org/sectag/internal/peers"
)

// parts are a root, a unit's certificate and its key.
func parts(t *testing.T) []Part {
	t.Helper()
	root := peers.Root(t, "Acme Server Root")
	leaf := root.Unit(t, "urn:imei:352656100367872")
	return []Part{{cred.RootCA, root.PEM}, {cred.ClientCert, leaf.PEM}, {cred.ClientKey, leaf.KeyPEM}}
}

// unit is a virtual modem whose slots hold something else already.
func unit(t *testing.T, host string) (*sim.Modem, io.ReadWriteCloser) {
	t.Helper()
	u, err := sim.New(sim.Config{Host: host})
	if err != nil {
		t.Fatal(err)
	}
	line := u.Pipe(context.Background())
	t.Cleanup(func() { line.Close() })
	return u, line
}

// result is the last line of an answer; a shell puts a second CR before the LF, and colours errors.
var result = regexp.MustCompile(`(?:^|\n)(?:\x1b\[[0-9;]*m)?(?:OK|ERROR|\+CME ERROR: \d+)\r+\n$`)

// ask types a line and reads on until the modem has said what came of it. A shell echoes while it is typed to.
func ask(t *testing.T, line io.ReadWriter, text string) string {
	t.Helper()
	sent := make(chan error, 1)
	go func() {
		_, err := line.Write([]byte(text + "\r"))
		sent <- err
	}()
	var got []byte
	one := make([]byte, 1)
	for !result.Match(got) {
		if _, err := line.Read(one); err != nil {
			t.Fatalf("%.20s…: %v after %q", text, err, got)
		}
		got = append(got, one[0])
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	return string(got)
}

// typed cuts the file into what somebody types: a line, or several while a quote is open.
func typed(file []byte) (out []string) {
	open := ""
	for line := range strings.Lines(string(file)) {
		open += line
		if strings.Count(open, `"`)%2 == 0 {
			out, open = append(out, strings.TrimSuffix(open, "\n")), ""
		}
	}
	return append(out, open)[:len(out)]
}

// Fed line by line to a modem, whatever stood there before, the file leaves the very digests that were foretold, and the modem offline.
func TestTheModemHoldsWhatTheFileSays(t *testing.T) {
	for format, host := range map[Format]string{AT: "at-host", Shell: "modem-shell"} {
		t.Run(string(format), func(t *testing.T) {
			f, err := format.Write(42, parts(t))
			if err != nil {
				t.Fatal(err)
			}
			u, line := unit(t, host)
			for range 2 { // the second time each slot is full
				for i, cmd := range typed(f.Bytes) {
					answer := ask(t, line, cmd)
					if i == 0 && !strings.Contains(cmd, "AT+CFUN=4") {
						t.Errorf("the modem is not sent offline first: %q", cmd)
					}
					if strings.Contains(answer, "ERROR") && !strings.Contains(cmd, "%CMNG=3") {
						t.Fatalf("%.24s…: %q", cmd, answer)
					}
				}
			}
			answer := ask(t, line, map[Format]string{AT: "AT%CMNG=1,42", Shell: "at AT%CMNG=1,42"}[format])
			if len(f.Slots) != 3 {
				t.Fatalf("%+v", f.Slots)
			}
			for _, s := range f.Slots {
				if want := fmt.Sprintf(`%%CMNG: 42,%d,"%s"`, s.Type, strings.ToUpper(s.SHA256.String())); !strings.Contains(answer, want) {
					t.Errorf("the modem does not list %s:\n%s", want, answer)
				}
			}
			if s := u.State(); len(s.Slots) < 3 {
				t.Errorf("%d slots", len(s.Slots))
			}
		})
	}
}

// A compiler takes the header, and its three buffers are the PEM, byte for byte, with a zero byte behind.
func TestTheCompilerReadsTheBuffers(t *testing.T) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Fatalf("this test needs a C compiler (apt-get install gcc libc6-dev): %v", err)
	}
	dir, in := t.TempDir(), parts(t)
	f, err := Header.Write(42, in)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"unit.h": string(f.Bytes), "main.c": `
#include <stdio.h>
#include "unit.h"
#include "unit.h"
int main(int argc, char **argv) {
	(void)argv;
	switch (argc) {
	case 1: printf("%d", SECTAG_SEC_TAG); return 0;
	case 2: return fwrite(sectag_root_ca, 1, sizeof sectag_root_ca, stdout) != sizeof sectag_root_ca;
	case 3: return fwrite(sectag_client_cert, 1, sizeof sectag_client_cert, stdout) != sizeof sectag_client_cert;
	}
	return fwrite(sectag_client_key, 1, sizeof sectag_client_key, stdout) != sizeof sectag_client_key;
}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(name string, args ...string) []byte {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return out
	}
	run(cc, "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-o", "show", "main.c")
	show := filepath.Join(dir, "show")
	if tag := run(show); string(tag) != "42" {
		t.Errorf("sec_tag %s", tag)
	}
	for i, args := range [][]string{{"1"}, {"1", "2"}, {"1", "2", "3"}} {
		if got := run(show, args...); !bytes.Equal(got, append(bytes.Clone(in[i].Content), 0)) {
			t.Errorf("%s: %d bytes, not the %d of the PEM and a zero byte", in[i].Kind, len(got), len(in[i].Content))
		}
		if f.Slots[i].SHA256 != cred.Sum(in[i].Content) || f.Slots[i].Bytes != len(in[i].Content) {
			t.Errorf("%+v", f.Slots[i])
		}
	}
}

// What no host takes in one command is refused before there is a file.
func TestWhatNoHostTakes(t *testing.T) {
	long := bytes.Repeat(parts(t)[0].Content, 8)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	odd := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Headers: map[string]string{"Note": `it's \ odd`}, Bytes: der})
	for name, c := range map[string]struct {
		f    Format
		p    Part
		code string
	}{
		"too long for a line":    {AT, Part{cred.RootCA, long}, "line.too-long"},
		"too long for firmware":  {Header, Part{cred.RootCA, long}, "line.too-long"},
		"too long for a shell":   {Shell, Part{cred.RootCA, long}, "line.too-long"},
		"quotes that it obeys":   {Shell, Part{cred.ClientKey, odd}, "line.bad-command"},
		"as long as a host goes": {AT, Part{cred.RootCA, bytes.Repeat([]byte{'x'}, 4095-len(`AT%CMNG=0,42,0,""`))}, ""},
		"and one byte longer":    {AT, Part{cred.RootCA, bytes.Repeat([]byte{'x'}, 4096-len(`AT%CMNG=0,42,0,""`))}, "line.too-long"},
	} {
		f, err := c.f.Write(42, []Part{c.p})
		got := ""
		if err != nil {
			got = cred.AsFault(err).Code
		}
		if got != c.code || got != "" && f.Bytes != nil {
			t.Errorf("%s: %q, wanted %q", name, got, c.code)
		}
	}
	if _, err := Parse("hex"); cred.AsFault(err).Code != "usage.flag" {
		t.Error(err)
	}
}
