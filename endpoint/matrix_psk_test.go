package endpoint

import (
	"testing"
	"time"

	"example.org/sectag/internal/peers"
)

// Every make of server that has a pre-shared key and no certificate. That a wrong key and an unknown identity are told by silence, or not
// at all, is the servers' manner: what the person is told names both.
func TestTheMatrixOfServersWithPreSharedKeys(t *testing.T) {
	t.Parallel()
	const onlyKeys = "warn dtls.no-certificate"
	wrong := func(o *ConnectOptions) { o.PSK = []byte("00112233445566778899aabbccddeeff") }
	unknown := func(o *ConnectOptions) { o.PSKID = "urn:imei:000000000000000" }
	certified := func(o *ConnectOptions) {
		unit := peers.Root(t, "Units").Unit(t, unitName)
		*o = ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: peers.Root(t, "Servers").PEM, Timeout: o.Timeout}
	}
	for _, s := range []struct {
		make    string
		args    []string
		unknown string // GnuTLS alone looks at the identity
	}{
		{make: "OpenSSL", unknown: "pass"},
		{make: "GnuTLS", args: []string{"--priority", "NORMAL:-KX-ALL:+PSK:-VERS-ALL:+VERS-DTLS1.2:+AES-128-CCM-8"}, unknown: "fail dtls.began-silent"},
		{make: "libcoap/OpenSSL", unknown: "pass"},
		{make: "libcoap/GnuTLS", unknown: "pass"},
	} {
		for _, c := range []struct {
			name string
			ask  func(*ConnectOptions)
			want string
		}{
			{"good", func(*ConnectOptions) {}, "pass"},
			{"wrong PSK", wrong, "fail dtls.began-silent"},
			{"unknown identity", unknown, s.unknown},
			{"a unit with a certificate", certified, "fail dtls.no-common-suite"},
		} {
			t.Run(c.name+"/"+s.make, func(t *testing.T) {
				t.Parallel()
				o := ConnectOptions{PSKID: unitName, PSK: []byte(pskHex()), Timeout: 3 * time.Second}
				c.ask(&o)
				look(t, pskServer(s.make, s.args...)(t), o, ProbeOptions{Timeout: 6 * time.Second}, [2]string{onlyKeys, c.want})
			})
		}
	}
}
