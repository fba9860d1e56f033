package sim_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/sim"
	"example.org/sectag/internal/peers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const unitName = "urn:imei:350457790000012"

// serve starts a server that ends with the test.
func serve(t *testing.T, c sim.Config) (address string) {
	t.Helper()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- sim.Serve(ctx, c, func(u string) { ready <- u }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	select {
	case u := <-ready:
		e, err := cred.ParseEndpoint(u)
		if err != nil {
			t.Fatal(err)
		}
		return e.Addr()
	case err := <-done:
		done <- nil
		t.Fatalf("the server did not start: %v", err)
	}
	return ""
}

// run runs a client that nobody here wrote and returns what it printed, both streams in one.
func run(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is needed by this test and is not installed: %v", name, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdin = strings.NewReader("Q\n")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func trust(t *testing.T, dir string, cas ...*peers.Cert) {
	t.Helper()
	var text []byte
	for _, c := range cas {
		text = append(text, c.PEM...)
	}
	if err := os.WriteFile(sim.ClientCAFile(dir), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOpenSSLGetsInAndStrangersDoNot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	address := serve(t, sim.Config{Dir: dir})
	ours, other := peers.Root(t, "Ours"), peers.Root(t, "Other")
	unit, stranger := ours.Unit(t, unitName), other.Unit(t, unitName)
	expired := ours.Issue(t, peers.Spec{CN: unitName, Client: true, Begin: time.Now().Add(-48 * time.Hour), End: time.Now().Add(-time.Hour)})
	future := ours.Issue(t, peers.Spec{CN: unitName, Client: true, Begin: time.Now().Add(time.Hour)})
	notClient := ours.Issue(t, peers.Spec{CN: unitName})
	connect := func(t *testing.T, args ...string) (string, error) {
		return run(t, "openssl", append([]string{
			"s_client", "-dtls1_2", "-connect", address,
			"-CAfile", sim.RootFile(dir), "-verify_return_error", "-verify_hostname", "localhost",
		}, args...)...)
	}
	pair := func(c *peers.Cert) []string { return []string{"-cert", c.CertFile, "-key", c.KeyFile} }

	// The authority does not exist yet: the demo makes it after the server.
	if out, err := connect(t, pair(unit)...); err == nil || !strings.Contains(out, "alert number 48") {
		t.Fatalf("a server that trusts nobody: %v\n%s", err, out)
	}
	trust(t, dir, ours)
	for _, c := range []struct {
		name, want string
		args       []string
	}{
		{"the unit", "ECDHE-ECDSA-AES128-GCM-SHA256", pair(unit)},
		{"the unit by CBC, 0xC023", "ECDHE-ECDSA-AES128-SHA256", append(pair(unit), "-cipher", "ECDHE-ECDSA-AES128-SHA256")},
		{"the unit by CCM_8", "ECDHE-ECDSA-AES128-CCM8", append(pair(unit), "-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0")},
		{"another authority's unit", "alert number 48", pair(stranger)},
		{"an expired unit", "alert number 45", pair(expired)},
		{"a unit of tomorrow", "alert number 42", pair(future)},
		{"a server's certificate", "alert number 43", pair(notClient)},
		{"nobody", "alert number 40", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, err := connect(t, c.args...)
			if refused := strings.HasPrefix(c.want, "alert"); (err != nil) != refused || !strings.Contains(out, c.want) {
				t.Errorf("wanted %q, got %v\n%s", c.want, err, out)
			}
		})
	}
}

func TestLibcoapRegisters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	address := serve(t, sim.Config{Dir: dir})
	ours := peers.Root(t, "Ours")
	trust(t, dir, ours)
	unit, other := ours.Unit(t, unitName), ours.Unit(t, "urn:imei:350457790000020")
	ask := func(who *peers.Cert, method, path string, more ...string) string {
		t.Helper()
		args := append([]string{"-v", "6", "-B", "10", "-C", sim.RootFile(dir), "-c", who.CertFile, "-j", who.KeyFile, "-m", method}, more...)
		out, err := run(t, "coap-client-openssl", append(args, "coaps://"+address+"/"+path)...)
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", method, path, err, out)
		}
		return out
	}
	objects := []string{"-t", "40", "-e", "</1/0>,</3/0>"}
	register := "rd?ep=" + url.QueryEscape(unitName) + "&lt=60&lwm2m=1.1&b=U"

	if out := ask(unit, "get", ".well-known/core"); !strings.Contains(out, `</rd>;rt="core.rd"`) {
		t.Errorf("discovery:\n%s", out)
	}
	out := ask(unit, "post", register, objects...)
	if !strings.Contains(out, "2.01") || !strings.Contains(out, "Location-Path:rd, Location-Path:1") {
		t.Errorf("registration:\n%s", out)
	}
	for _, c := range []struct {
		who                *peers.Cert
		method, path, want string
		body               []string
	}{
		{unit, "post", "rd/1?lt=120", "2.04", nil},
		{other, "post", "rd/1?lt=120", "4.00 forbidden", nil},
		{other, "delete", "rd/1", "4.00 forbidden", nil},
		{unit, "post", "rd/99", "4.04", nil},
		{unit, "delete", "rd/99", "4.04", nil},
		{other, "post", register, "4.03 ep is not the certificate's name", objects},
		{unit, "post", "rd?lwm2m=1.1", "4.00 ep is missing", objects},
		{unit, "post", register, "4.00 the object list is empty", nil},
		{unit, "post", register, "4.00 the list is not in link format", []string{"-t", "40", "-e", "1/0"}},
		{unit, "post", register, "4.00 object 0 must not be listed", []string{"-t", "40", "-e", "</1/0>,</0/0>"}},
		{unit, "post", register + "&x=1", "4.00 unknown parameter", objects},
		{unit, "post", "rd?ep=" + unitName + "&lwm2m=1.2", "4.12", objects},
		{unit, "post", "rd?ep=" + unitName + "&lt=never", "4.00 lt is no lifetime", objects},
		{unit, "put", "rd", "4.05", objects},
		{unit, "get", "nothing", "4.04", nil},
		{unit, "delete", "rd/1", "2.02", nil},
		{unit, "delete", "rd/1", "4.04", nil},
	} {
		if out := ask(c.who, c.method, c.path, c.body...); !strings.Contains(out, c.want) {
			t.Errorf("%s %s: wanted %s, got\n%s", c.method, c.path, c.want, out)
		}
	}
}

func TestItsOwnCertificatesAreKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	read := func() map[string]string {
		out := map[string]string{}
		for _, name := range []string{"server-root.pem", "server-root.key", "server-ca.pem", "server-ca.key", "server.pem", "server.key"} {
			file := filepath.Join(dir, name)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			out[name] = string(text)
			if info, err := os.Stat(file); err != nil || strings.HasSuffix(name, ".key") && info.Mode().Perm() != 0o600 {
				t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
			}
		}
		return out
	}
	start := func(c sim.Config) map[string]string {
		c.Dir = dir
		ctx, cancel := context.WithCancel(t.Context())
		if err := sim.Serve(ctx, c, func(string) { cancel() }); err != nil {
			t.Fatal(err)
		}
		return read()
	}
	same := func(what string, a, b map[string]string, names ...string) {
		t.Helper()
		for name := range a {
			kept := a[name] == b[name]
			want := false
			for _, n := range names {
				want = want || strings.HasPrefix(name, n+".")
			}
			if kept != want {
				t.Errorf("%s: %s kept: %v", what, name, kept)
			}
		}
	}
	first := start(sim.Config{})
	same("again", first, start(sim.Config{}), "server-root", "server-ca", "server")
	named := start(sim.Config{Names: []string{"lwm2m.example"}})
	same("another name", first, named, "server-root", "server-ca")
	linked := start(sim.Config{Names: []string{"lwm2m.example"}, AIA: "127.0.0.1:0"})
	same("issuers over HTTP", named, linked, "server-root")
	later := start(sim.Config{Names: []string{"lwm2m.example"}, Now: func() time.Time { return time.Now().AddDate(2, 0, 0) }})
	same("two years later", linked, later, "server-root")

	then := strconv.FormatInt(time.Now().AddDate(2, 0, 1).Unix(), 10)
	out, err := run(t, "openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "lwm2m.example", "-attime", then,
		"-CAfile", filepath.Join(dir, "server-root.pem"), "-untrusted", filepath.Join(dir, "server-ca.pem"), filepath.Join(dir, "server.pem"))
	if err != nil {
		t.Errorf("OpenSSL does not like the chain: %v\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(dir, "server-root.key"), []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	err = sim.Serve(t.Context(), sim.Config{Dir: dir}, nil)
	if f := cred.AsFault(err); f == nil || f.Code != "config.file" {
		t.Errorf("a broken folder: %v", err)
	}
	if now := read(); now["server-root.pem"] != first["server-root.pem"] {
		t.Error("a root that units may carry was replaced")
	}
}

func TestIssuersAreServed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	address := serve(t, sim.Config{Dir: dir, AIA: "127.0.0.1:0"})
	ours := peers.Root(t, "Ours")
	trust(t, dir, ours)
	unit := ours.Unit(t, unitName)
	out, err := run(t, "openssl", "s_client", "-dtls1_2", "-connect", address, "-showcerts", "-cert", unit.CertFile, "-key", unit.KeyFile)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	blocks := cred.Blocks([]byte(out))
	if len(blocks) != 2 {
		t.Fatalf("the server sent %d certificates, not its own and the intermediate:\n%s", len(blocks), out)
	}
	rest := blocks[1].Bytes
	at := bytes.Index(rest, []byte("http://127.0.0.1:"))
	if at < 0 {
		t.Fatal("the intermediate names no CA Issuers address")
	}
	link := string(rest[at : at+bytes.Index(rest[at:], []byte(".cer"))+4])
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var der bytes.Buffer
	if _, err := der.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	root, err := os.ReadFile(sim.RootFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(cred.CertPEM(der.Bytes()), root) {
		t.Errorf("%s is not the root", link)
	}
}

func TestWhatCannotBeStartedSaysWhy(t *testing.T) {
	t.Parallel()
	taken, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		config sim.Config
		code   string
	}{
		"no folder":        {sim.Config{}, "config.file"},
		"a file as folder": {sim.Config{Dir: file}, "config.file"},
		"no port":          {sim.Config{Dir: t.TempDir(), Listen: "127.0.0.1"}, "config.value"},
		"a taken port":     {sim.Config{Dir: t.TempDir(), Listen: taken.LocalAddr().String()}, "config.value"},
		"a bad AIA":        {sim.Config{Dir: t.TempDir(), AIA: "127.0.0.1:99999"}, "config.value"},
	} {
		err := sim.Serve(t.Context(), c.config, func(string) { t.Errorf("%s: ready", name) })
		if f := cred.AsFault(err); f == nil || f.Code != c.code || f.Hint == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
