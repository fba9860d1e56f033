//go:build unix

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.org/sectag/internal/peers"
)

// probed is what probe says of the root.
type probed struct {
	Verdict string   `json:"verdict"`
	Failure *failure `json:"failure"`
	Anchor  *struct {
		SHA256 string `json:"sha256"`
		Source string `json:"source"`
		Trust  string `json:"trust"`
	} `json:"anchor"`
}

// The root of a server that sends it along: why it is believed, and what is then in the file that was named.
func TestByWhatARootIsBelieved(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Other Devices", true)
	root, other := peers.Root(t, "Servers' Root"), peers.Root(t, "Servers' Root")
	c := root.Server(t)
	srv := peers.OpenSSL(t, "-cert", c.CertFile, "-key", c.KeyFile, "-cert_chain", root.CertFile)
	digest := func(b []byte) string {
		d := sha256.Sum256(b)
		return hex.EncodeToString(d[:])
	}
	s.write("root.pem", root.PEM)
	print := s.tool("openssl", "x509", "-in", "root.pem", "-noout", "-fingerprint", "-sha256").must(t, 0).out
	_, print, _ = strings.Cut(strings.TrimSpace(print), "=")
	if len(print) != 95 {
		t.Fatalf("openssl says %q", print)
	}
	const old = "what was there"
	for _, x := range []struct {
		name, trust string // no trust: there is no anchor to tell of
		code        string // "": it is written
		args        []string
		profile     string // its anchor; "": there is no profile
	}{
		{name: "nobody vouches", trust: "first-use"},
		{name: "the digest of the DER", trust: "given", args: []string{"--anchor-sha256", digest(root.X509.Raw)}},
		{name: "the digest of the PEM", trust: "given", args: []string{"--anchor-sha256", digest(root.PEM)}},
		{name: "in capitals", trust: "given", args: []string{"--anchor-sha256", strings.ToUpper(digest(root.PEM))}},
		{name: "as OpenSSL prints it", trust: "given", args: []string{"--anchor-sha256", print}},
		{name: "a file", trust: "file", args: []string{"--roots", "root.pem"}},
		{name: "a file and the digest", trust: "file", args: []string{"--roots", "root.pem", "--anchor-sha256", print}},
		{name: "the profile's anchor", trust: "file", profile: "root.pem"},
		{name: "another digest", trust: "first-use", code: "chain.untrusted", args: []string{"--anchor-sha256", digest(other.PEM)}},
		{name: "another root in a file", code: "chain.untrusted", args: []string{"--roots", other.CertFile}},
		{name: "another root in the profile", code: "chain.untrusted", profile: other.CertFile},
		{name: "another root in the profile, and the digest", trust: "given", profile: other.CertFile, args: []string{"--anchor-sha256", print}},
		{name: "a profile whose anchor is still to be written", trust: "first-use", profile: "server-root.pem"},
		{name: "no digest behind the flag", code: "usage.flag", args: []string{"--anchor-sha256", ""}},
		{name: "no file behind the flag", code: "usage.flag", args: []string{"--roots", ""}},
		{name: "the digest of nothing", code: "usage.flag", args: []string{"--anchor-sha256", strings.Repeat("0", 64)}},
	} {
		t.Run(x.name, func(t *testing.T) {
			s.write("out.pem", []byte(old))
			if err := os.RemoveAll(s.file("sectag.toml")); err != nil {
				t.Fatal(err)
			}
			args := append([]string{"probe", srv.URL, "--anchor-out", "out.pem", "--json"}, x.args...)
			if x.profile != "" {
				s.profile(x.profile, srv.URL)
			}
			o := s.sectag(args...)
			d := decode[probed](t, o)
			switch {
			case d.Failure == nil && x.code != "" || d.Failure != nil && d.Failure.Code != x.code:
				t.Errorf("expected %q: %v", x.code, o)
			case x.trust == "" && d.Anchor != nil || x.trust != "" && (d.Anchor == nil || d.Anchor.Trust != x.trust):
				t.Errorf("expected trust %q: %v", x.trust, o)
			}
			want := root.PEM
			if x.code != "" {
				want = []byte(old)
			}
			if got := read(t, s.file("out.pem")); !bytes.Equal(got, want) {
				t.Errorf("the file holds %q", got)
			}
		})
	}
}

// Who asked for a root goes on with the file: where there will be none, that is a failure, and at once if the name cannot be.
func TestARootThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Other Devices", true)
	srv := peers.OpenSSL(t, "-nocert", "-psk", "00112233445566778899aabbccddeeff", "-cipher", "PSK-AES128-CCM8:@SECLEVEL=0")
	o := s.sectag("probe", srv.URL, "--anchor-out", "out.pem", "--json").refused(t, 1, "dtls.no-certificate")
	if _, err := os.Stat(s.file("out.pem")); err == nil || o.Verdict != "fail" {
		t.Errorf("%+v, %v", o, err)
	}
	s.sectag("probe", srv.URL, "--json").must(t, 0)
	for _, name := range []string{".", "nowhere/out.pem", "root.crt/out.pem", "/dev/null"} {
		s.sectag("probe", "coaps://nowhere.invalid", "--anchor-out", name, "--json").refused(t, 2, "config.file")
	}
}

// hush is a server that says nothing and tells when it was first spoken to.
func hush(t testing.TB) (url string, heard <-chan struct{}) {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	first, gone := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { c.Close(); <-gone })
	go func() {
		defer close(gone)
		var once sync.Once
		for b := make([]byte, 2048); ; {
			if _, _, err := c.ReadFrom(b); err != nil {
				return
			}
			once.Do(func() { close(first) })
		}
	}()
	return "coaps://" + c.LocalAddr().String(), first
}

// Ctrl-C ends both verbs at once with 130, and the document says that it was that.
func TestASignalEndsAProbeAndAConnection(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Other Devices", true)
	s.sectag("ca", "issue", "--cert", "root.crt", "--key", "root.key", "--imei", sceneIMEI, "--out", ".").must(t, 0)
	for _, args := range [][]string{
		{"probe"}, {"connect", "--cert", sceneIMEI + ".crt", "--key", sceneIMEI + ".key", "--anchor", "root.crt"},
	} {
		url, heard := hush(t)
		cmd := s.command(t.Context(), plain, append(args, url, "--timeout", "50s", "--json")...)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		<-heard
		began := time.Now()
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Error(err)
		}
		ended(t, cmd, cmd.Wait(), &out, &errs).refused(t, 130, "dtls.canceled")
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s took %s to end", args[0], took)
		}
	}
}
