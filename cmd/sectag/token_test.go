//go:build pkcs11

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTokenScripts runs testdata/token with keys in SoftHSM2: what a person does at a shell, from an empty token to proven units.
func TestTokenScripts(t *testing.T) {
	found, err := filepath.Glob("/usr/lib/*/softhsm/libsofthsm2.so")
	if err != nil || len(found) == 0 {
		t.Fatalf("this test needs SoftHSM2 (apt-get install softhsm2 opensc): %v", err)
	}
	spy, err := filepath.Glob("/usr/lib/*/pkcs11-spy.so")
	if err != nil || len(spy) == 0 {
		t.Fatalf("this test needs the spy of OpenSC (apt-get install opensc-pkcs11): %v", err)
	}
	t.Setenv("SOFTHSM2_MODULE", found[0])
	t.Setenv("PKCS11_SPY", spy[0])
	scripts(t, "testdata/token")
}

// TestTokenProgramIsLinkedToLibcAlone: the module is loaded when it is wanted, so the program needs none to start.
func TestTokenProgramIsLinkedToLibcAlone(t *testing.T) {
	out := filepath.Join(t.TempDir(), "sectag")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-tags", "pkcs11", "-o", out, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	libs, err := exec.CommandContext(t.Context(), "ldd", out).Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(libs) {
		name := strings.Fields(string(line))[0]
		if name != "linux-vdso.so.1" && !strings.HasPrefix(name, "libc.so") && !strings.HasPrefix(filepath.Base(name), "ld-linux") {
			t.Errorf("it is linked to %s", name)
		}
	}
}
