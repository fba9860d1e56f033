package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"example.org/sectag/internal/peers"
)

// heads are how the lines of docs/servers.md begin that start a test server, up to what package peers says in its own way, and who starts it
// with the rest.
var heads = map[string]func(t testing.TB, args ...string) *peers.Server{
	"openssl s_server -dtls1_2 -accept 127.0.0.1:5684 ": peers.OpenSSL,
	"gnutls-serv --udp -p 5684 ":                        peers.GnuTLS,
	"coap-server-openssl -A 127.0.0.1 -p 5683 ": func(t testing.TB, args ...string) *peers.Server {
		return peers.Coap(t, "openssl", args...)
	},
}

// TestTheServersOfThePage starts each as the page does. It lets in a unit of the authority that it was given, and nobody else's.
func TestTheServersOfThePage(t *testing.T) {
	units, others, servers := peers.Root(t, "units"), peers.Root(t, "others"), peers.Root(t, "servers")
	far := servers.Server(t)
	files := strings.NewReplacer("server.pem", far.CertFile, "server.key", far.KeyFile, "client-ca.pem", units.CertFile)
	ours, foreign := units.Unit(t, "urn:imei:352656100367872"), others.Unit(t, "urn:imei:352656100367872")
	text := read(t, pages+"servers.md")
	for head, start := range heads {
		t.Run(strings.Fields(head)[0], func(t *testing.T) {
			line := regexp.MustCompile(`(?m)^    ` + regexp.QuoteMeta(head) + `(.*)$`).FindStringSubmatch(text)
			if line == nil {
				t.Fatalf("the page has no line that begins with %q", head)
			}
			var args []string
			for _, w := range word.FindAllString(line[1], -1) {
				args = append(args, files.Replace(strings.Trim(w, "'")))
			}
			url := start(t, args...).URL
			if code, said := connects(t, url, ours, servers); code != 0 || !strings.Contains(said, "\nclient auth  used\n") {
				t.Errorf("the unit of the authority: exit %d, %s", code, said)
			}
			if code, said := connects(t, url, foreign, servers); code != 1 {
				t.Errorf("the unit of another authority: exit %d, %s", code, said)
			}
		})
	}
}

// connects runs the verb, and tells how it ended and what it said.
func connects(t *testing.T, url string, unit, servers *peers.Cert) (code int, said string) {
	t.Helper()
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out strings.Builder
	code = run([]string{"connect", url, "--cert", unit.CertFile, "--key", unit.KeyFile, "--anchor", servers.CertFile}, in, &out, &out)
	return code, out.String()
}
