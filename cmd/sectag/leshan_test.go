//go:build leshan

package main

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/sectag/internal/peers"
)

// TestExportToLeshan runs testdata/leshan beside Eclipse Leshan's demo server, which believes the authority in $AUTHORITY: its DTLS is at
// $LESHAN, its web pages are at $LESHAN_URL, and $ANCHOR is the root of its certificate. `make interop-leshan` fetches it and runs this.
func TestExportToLeshan(t *testing.T) {
	classpath := os.Getenv("LESHAN_CLASSPATH")
	if classpath == "" {
		t.Fatal("make interop-leshan says where Leshan is")
	}
	dir := t.TempDir()
	keep := func(name string, content []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	der := func(file string) []byte { // the demo server reads no PEM where it wants a key or whom to trust
		block, _ := pem.Decode([]byte(read(t, file)))
		if block == nil {
			t.Fatalf("%s is no PEM", file)
		}
		return block.Bytes
	}
	authority := filepath.Join(dir, "authority")
	init := []string{"ca", "init", "--dir", authority, "--subject", "CN=Acme", "--passphrase-file", keep("pass.txt", []byte("correct horse\n"))}
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out strings.Builder
	if code := run(init, in, &out, &out); code != 0 {
		t.Fatalf("ca init: exit %d, %s", code, out.String())
	}
	servers := peers.Root(t, "servers")
	far := servers.Issue(t, peers.Spec{EKU: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}) // without the second it does not start
	server := peers.LeshanDemo(t, dir, os.Getenv("LESHAN_CLASSES")+":"+classpath, "-cert", far.ChainFile, "-prik", keep("key.der", der(far.KeyFile)),
		"-truststore", keep("root.der", der(filepath.Join(authority, "root.crt"))))
	for name, value := range map[string]string{
		"LESHAN": server.URL, "LESHAN_URL": "http://" + server.Addr, "AUTHORITY": authority, "ANCHOR": servers.CertFile,
	} {
		t.Setenv(name, value)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server said:\n%s", server.Output())
		}
	})
	scripts(t, "testdata/leshan")
}
