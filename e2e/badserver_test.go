//go:build unix

package e2e

import (
	"net"
	"testing"
	"time"

	"example.org/sectag/internal/peers"
)

// udp is a server that answers each datagram with the same bytes; none: it says nothing.
func udp(t testing.TB, answer []byte) string {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	t.Cleanup(func() { c.Close(); <-gone })
	go func() {
		defer close(gone)
		for b := make([]byte, 2048); ; {
			_, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if answer != nil {
				_, _ = c.WriteTo(answer, from) // who does not hear it asks again
			}
		}
	}()
	return "coaps://" + c.LocalAddr().String()
}

// A server that does not answer, answers nonsense, or cannot be trusted: the code, the exit code, a record that says fail, and the unit
// left as written. What is probed gets the same word.
func TestServersThatWillNotDo(t *testing.T) {
	t.Parallel()
	root, other := peers.Root(t, "Servers' Root"), peers.Root(t, "Servers' Root")
	openssl := func(c *peers.Cert, more ...string) func(*testing.T, string) string {
		return func(t *testing.T, clients string) string {
			args := []string{"-cert", c.CertFile, "-key", c.KeyFile, "-CAfile", clients, "-Verify", "2", "-verify_return_error"}
			return peers.OpenSSL(t, append(args, more...)...).URL
		}
	}
	answers := func(b []byte) func(*testing.T, string) string {
		return func(t *testing.T, _ string) string { return udp(t, b) }
	}
	for _, c := range []struct {
		name   string
		server func(t *testing.T, clients string) string
		exit   int
		code   string
	}{
		{name: "nothing listens", exit: 3, code: "dtls.closed", server: func(t *testing.T, _ string) string {
			return "coaps://" + net.JoinHostPort("127.0.0.1", "1")
		}},
		{name: "no such host", exit: 3, code: "dtls.unresolved", server: func(*testing.T, string) string { return "coaps://nowhere.invalid:5684" }},
		{name: "silent", exit: 3, code: "dtls.silent", server: answers(nil)},
		{name: "no DTLS", exit: 3, code: "dtls.not-dtls", server: answers([]byte("\x60\x45\x12\x34\xffhello"))},
		{name: "garbage", exit: 3, code: "dtls.not-dtls", server: answers([]byte("\xde\xad\xbe\xef\x00\x01\x02\x03 who goes there?"))},
		{name: "a chain over 4 kB", exit: 1, code: "chain.too-long", server: openssl(root.Issue(t, peers.Spec{Pad: 4096}))},
		{name: "only suites that the modem lacks", exit: 1, code: "dtls.no-common-suite", server: openssl(root.Server(t), "-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0")},
		{name: "another name", exit: 1, code: "chain.name", server: openssl(root.Issue(t, peers.Spec{DNS: []string{"elsewhere.example"}}))},
		{name: "its certificate has ended", exit: 1, code: "chain.expired", server: openssl(root.Issue(t, peers.Spec{End: time.Now().Add(-time.Minute)}))},
		{name: "another root of the same name", exit: 1, code: "chain.untrusted", server: openssl(other.Server(t))},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, "Other Devices", true)
			url := c.server(t, s.file("root.crt"))
			s.profile(root.CertFile, url)
			s.modem("--imei", sceneIMEI)
			patience := "30s" // an answer comes when it comes
			if c.exit == 3 {
				patience = "2s" // none will
			}
			d := s.sectag("provision", "--port", "modem", "--json", "--timeout", patience).refused(t, c.exit, c.code)
			d.holds(t, "new", "new", "new")
			s.unit().proven(t)
			s.unit().agrees(t, d.Slots)
			s.tellsTheTruth(d)
			s.audited()
			s.sectag("probe", url, "--roots", root.CertFile, "--json", "--timeout", patience).refused(t, c.exit, c.code)
		})
	}
}

// A server that lets anybody in proves nothing about the unit: that is said, as a warning.
func TestAServerThatNeverAsks(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Other Devices", true)
	root := peers.Root(t, "Servers' Root")
	c := root.Server(t)
	s.profile(root.CertFile, peers.OpenSSL(t, "-cert", c.CertFile, "-key", c.KeyFile).URL)
	s.modem("--imei", sceneIMEI)
	d := s.sectag("provision", "--port", "modem", "--json").must(t, 0).doc(t)
	if d.Verdict != "warn" || d.Connect == nil || d.Connect.Verdict != "warn" || d.Connect.ClientAuth != "not-asked" || !finds(d.Connect.Findings, "dtls.no-client-auth") {
		t.Errorf("%+v %+v", d, d.Connect)
	}
	if r := s.record(d.Record); r.Verdict != "warn" {
		t.Errorf("the record says %+v", r)
	}
}

func finds(fs []finding, code string) bool {
	for _, f := range fs {
		if f.Code == code && f.Hint != "" {
			return true
		}
	}
	return false
}
