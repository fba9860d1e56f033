// Package ossl lets the tests of the authority ask OpenSSL, which nobody here wrote. A missing openssl fails the test: a
// skipped judge is no judge.
package ossl

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// limit ends an openssl that waits for something, such as a passphrase.
const limit = 20 * time.Second

// Try runs openssl in dir with a closed standard input and tells whether it said yes.
func Try(t testing.TB, dir string, args ...string) (out string, ok bool) {
	t.Helper()
	return Ask(t, dir, "", args...)
}

// Run is Try for what must succeed.
func Run(t testing.TB, dir string, args ...string) string {
	t.Helper()
	out, ok := Try(t, dir, args...)
	if !ok {
		t.Fatalf("openssl %s:\n%s", strings.Join(args, " "), out)
	}
	return out
}

// Ask is Try with answers on standard input, as a person would type them.
func Ask(t testing.TB, dir, answers string, args ...string) (out string, ok bool) {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Fatalf("this test needs openssl (apt-get install openssl): %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(answers)
	var both bytes.Buffer
	cmd.Stdout, cmd.Stderr = &both, &both
	err = cmd.Run()
	if ctx.Err() != nil {
		t.Fatalf("openssl %s did not end within %s", strings.Join(args, " "), limit)
	}
	return both.String(), err == nil
}

// NewKey makes an EC P-256 key with the recipe's command.
func NewKey(t testing.TB, dir, name string) {
	t.Helper()
	Run(t, dir, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", name)
}

// Recipe makes what the circulating how-to makes, with its own commands: myDevicesRootCA.key and .crt, and myDevice.key and
// .crt for the given IMEI, signed by that root.
func Recipe(t testing.TB, dir, imei string) {
	t.Helper()
	NewKey(t, dir, "myDevicesRootCA.key")
	out, ok := Ask(t, dir, "NL\n.\n.\nAcme\n.\nAcme Devices\n.\n",
		"req", "-x509", "-new", "-sha256", "-days", "3650", "-key", "myDevicesRootCA.key", "-out", "myDevicesRootCA.crt",
		"-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
	if !ok {
		t.Fatalf("the recipe's root: %s", out)
	}
	Device(t, dir, "myDevice", "urn:imei:"+imei, "5500", "myDevicesRootCA")
}

// Device makes a key and a certificate by the recipe's second half, signed by the certificate and key of that name.
func Device(t testing.TB, dir, name, cn, days, signer string, extra ...string) {
	t.Helper()
	NewKey(t, dir, name+".key")
	Run(t, dir, append([]string{
		"req", "-x509", "-new", "-sha256", "-days", days, "-key", name + ".key",
		"-CA", signer + ".crt", "-CAkey", signer + ".key", "-subj", "/CN=" + cn + "/", "-out", name + ".crt",
	}, extra...)...)
}

// Write puts text into a file of dir and gives its path.
func Write(t testing.TB, dir, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
