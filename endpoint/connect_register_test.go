package endpoint

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/lwm2m"
	"example.org/sectag/endpoint/sim"
	"example.org/sectag/internal/peers"
)

// ill is the local server with faults.
func ill(t *testing.T, units *peers.Cert, faults ...string) (cred.Endpoint, []byte) {
	t.Helper()
	m, err := sim.ParseManner(faults)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(sim.ClientCAFile(dir), units.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- sim.Serve(ctx, sim.Config{Dir: dir, Manner: m}, func(u string) { ready <- u }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	e, err := cred.ParseEndpoint(<-ready)
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.ReadFile(sim.RootFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	return e, root
}

// What becomes of a registration over a real session, at a server that is told how to answer.
func TestRegisterWithTheLocalServer(t *testing.T) {
	t.Parallel()
	const foreign = "urn:imei:350457790000020"
	b := newBench(t)
	unit := b.units.Unit(t, unitName)
	for _, c := range []struct {
		faults   string
		name     string
		code     string
		register lwm2m.Registration
		in       []string
	}{
		{"", "", "", lwm2m.Registration{Code: "2.01", Location: "/rd/1", Lifetime: 60, Updated: true, Deregistered: true}, nil},
		{"separate twice asks", unitName, "", lwm2m.Registration{Code: "2.01", Location: "/rd/1", Lifetime: 60, Updated: true, Deregistered: true}, nil},
		{"lose=2", "", "", lwm2m.Registration{Code: "2.01", Location: "/rd/1", Lifetime: 60, Updated: true, Deregistered: true}, nil},
		{"", foreign, "lwm2m.403", lwm2m.Registration{Code: "4.03", Lifetime: 60}, []string{`common name "` + unitName + `", endpoint name "` + foreign + `"`}},
		{"mismatch=4.00", foreign, "lwm2m.400", lwm2m.Registration{Code: "4.00", Lifetime: 60}, []string{unitName, foreign}},
		{"register=4.12", "", "lwm2m.412", lwm2m.Registration{Code: "4.12", Lifetime: 60}, []string{"LwM2M 1.1"}},
		{"register=5.03", "", "lwm2m.503", lwm2m.Registration{Code: "5.03", Lifetime: 60}, []string{"later"}},
		{"update=4.04", "", "lwm2m.404", lwm2m.Registration{Code: "2.01", Location: "/rd/1", Lifetime: 60, Deregistered: true}, []string{"forgotten"}},
		{"deregister=5.00", "", "lwm2m.500", lwm2m.Registration{Code: "2.01", Location: "/rd/1", Lifetime: 60, Updated: true}, []string{"de-registration"}},
		{"bootstrap", "", "lwm2m.bootstrap", lwm2m.Registration{Code: "4.04", Lifetime: 60}, []string{"--bootstrap"}},
	} {
		t.Run(c.faults+" "+c.code, func(t *testing.T) {
			t.Parallel()
			e, root := ill(t, b.units, strings.Fields(c.faults)...)
			r, err := Connect(t.Context(), e, ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: root, Register: true, Endpoint: c.name, Timeout: 10 * time.Second})
			var code, text string
			if err != nil {
				f := cred.AsFault(err)
				code, text = f.Code, f.Text+" "+f.Hint
			}
			if code != c.code || r.Register == nil || *r.Register != c.register || (r.Verdict == cred.Pass) != (c.code == "") {
				t.Fatalf("%q, %+v, %v", r.Verdict, r.Register, err)
			}
			for _, w := range c.in {
				if !strings.Contains(text, w) {
					t.Errorf("%q is not in %q", w, text)
				}
			}
		})
	}
}

func TestBootstrapWithTheLocalServer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit := b.units.Unit(t, unitName)
	e, root := ill(t, b.units, "bootstrap")
	o := ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: root, Bootstrap: true, Timeout: 10 * time.Second}
	r, err := Connect(t.Context(), e, o)
	if want := (lwm2m.Bootstrapped{Code: "2.04", Deleted: 2, Written: 2, Finished: true}); err != nil || r.Bootstrap == nil || *r.Bootstrap != want || r.Register != nil {
		t.Fatalf("%+v, %v", r.Bootstrap, err)
	}
	o.Register = true
	if _, err := Connect(t.Context(), e, o); cred.AsFault(err).Code != "config.value" {
		t.Error(err)
	}
	e, root = ill(t, b.units)
	o.Register, o.Anchor = false, root
	if _, err := Connect(t.Context(), e, o); cred.AsFault(err).Code != "lwm2m.404" {
		t.Error(err)
	}
}

// A signal in the middle of a registration: it is taken back all the same.
func TestACancelledConnectionIsDeregistered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit := b.units.Unit(t, unitName)
	e, root := ill(t, b.units)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := Connect(ctx, e, ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: root, Register: true, Timeout: 10 * time.Second, Flight: func(line string) {
		if strings.HasPrefix(line, "-> LwM2M register") {
			cancel()
		}
	}})
	if f := cred.AsFault(err); f == nil || f.Code != "dtls.canceled" || r.Register == nil || !r.Register.Deregistered || r.Register.Updated {
		t.Fatalf("%+v, %v", r.Register, err)
	}
}

// libcoap's resource directory takes a registration as LwM2M has it, and knows no update. It is not let go of there: a DELETE of what it
// holds makes it abort, which is a server that dies on us.
func TestRegisterWithLibcoap(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	far, unit := b.servers.Server(t), b.units.Unit(t, unitName)
	both := filepath.Join(t.TempDir(), "both.pem")
	if err := os.WriteFile(both, slices.Concat(far.PEM, far.KeyPEM), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		server *peers.Server
		o      ConnectOptions
	}{
		"X.509": {peers.Directory(t, "openssl", "-c", both, "-C", b.units.CertFile), ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM}},
		"PSK":   {peers.Directory(t, "openssl", "-k", secretKey, "-h", "bench"), ConnectOptions{PSKID: unitName, PSK: []byte(pskHex())}},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := cred.ParseEndpoint(c.server.URL)
			if err != nil {
				t.Fatal(err)
			}
			c.o.Register, c.o.Timeout = true, 2*time.Second
			r, err := Connect(t.Context(), e, c.o)
			f := cred.AsFault(err)
			if f == nil || f.Code != "lwm2m.405" || r.Register == nil || r.Register.Code != "2.01" || !strings.HasPrefix(r.Register.Location, "/rd/") || r.Register.Updated {
				t.Fatalf("%+v, %v; the server said:\n%s", r.Register, err, c.server.Output())
			}
			if !slices.ContainsFunc(r.Findings, func(f cred.Finding) bool { return f.Code == "lwm2m.left" }) && !r.Register.Deregistered {
				t.Errorf("it is not said that something was left: %+v", r.Findings)
			}
		})
	}
}
