//go:build leshan

package endpoint

import (
	"os"
	"strings"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/lwm2m"
	"example.org/sectag/internal/peers"
)

// Eclipse Leshan, with Californium's DTLS under it: X.509 and a pre-shared key, and 4.03 where the name is not the certificate's, or
// has no record. `make interop-leshan` fetches it and runs this.
func TestRegisterWithLeshan(t *testing.T) {
	class, classpath := os.Getenv("LESHAN_CLASSES"), os.Getenv("LESHAN_CLASSPATH")
	if class == "" || classpath == "" {
		t.Fatal("make interop-leshan says where Leshan is")
	}
	const foreign, keyed, norecord = "urn:imei:350457790000020", "urn:imei:350457790000038", "urn:imei:350457790000046"
	b := newBench(t)
	far := b.servers.Server(t)
	server := peers.Java(t, "leshan serves", class+":"+classpath, "Bench",
		far.ChainFile, far.KeyFile, b.units.CertFile, unitName, foreign, "psk", keyed, keyed, pskHex())
	e, err := cred.ParseEndpoint(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	unit := b.units.Unit(t, unitName)
	x509 := ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM, Register: true, Timeout: 20 * time.Second}
	named := func(name string) ConnectOptions { o := x509; o.Endpoint = name; return o }
	unknown := b.units.Unit(t, norecord)
	other := x509
	other.Cert, other.Key = unknown.PEM, unknown.KeyPEM
	psk := ConnectOptions{PSKID: keyed, PSK: []byte(pskHex()), Register: true, Timeout: 20 * time.Second}
	wrong := psk
	wrong.PSK, wrong.Timeout = []byte("00112233445566778899aabbccddeeff"), 3*time.Second
	for _, c := range []struct {
		name string
		o    ConnectOptions
		code string
		text []string
	}{
		{"X.509", x509, "", nil},
		{"a wrong name", named(foreign), "lwm2m.403", []string{`"` + unitName + `"`, `"` + foreign + `"`}},
		{"no record", other, "lwm2m.403", []string{norecord, "security record"}},
		{"PSK", psk, "", nil},
		{"PSK, a wrong name", func() ConnectOptions { o := psk; o.Endpoint = unitName; return o }(), "lwm2m.403", []string{keyed, unitName}},
		{"a wrong PSK", wrong, "dtls.began-silent", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Connect(t.Context(), e, c.o)
			if c.code == "" {
				if err != nil || r.Register == nil || r.Register.Code != "2.01" || !r.Register.Updated || !r.Register.Deregistered || r.ClientAuth != "used" {
					t.Fatalf("%+v, %v; the server said:\n%s", r.Register, err, server.Output())
				}
				t.Logf("%s, %+v", r.Suite, *r.Register)
				return
			}
			f := cred.AsFault(err)
			if f == nil || f.Code != c.code || r.Register != nil && *r.Register != (lwm2m.Registration{Code: "4.03", Lifetime: 60}) {
				t.Fatalf("%+v, %v; the server said:\n%s", r.Register, err, server.Output())
			}
			for _, w := range c.text {
				if !strings.Contains(f.Text+f.Hint, w) {
					t.Errorf("%q is not in %q, %q", w, f.Text, f.Hint)
				}
			}
		})
	}
	said := server.Output()
	if n := strings.Count(said, "unregistered "); n != 2 || n != strings.Count(said, "updated ") || strings.Contains(said, "expired=true") {
		t.Errorf("the server said:\n%s", said)
	}
}
