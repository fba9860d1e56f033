package endpoint

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/internal/peers"
)

// secretKey is text as well, because libcoap's servers take their keys as text.
const secretKey = "a-key-of-16-byte"

func pskHex() string { return hex.EncodeToString([]byte(secretKey)) }

// pskFile writes the key file of gnutls-serv; names with colons are hex there.
func pskFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "psk.txt")
	line := "#" + hex.EncodeToString([]byte(unitName)) + ":" + pskHex() + "\n"
	if err := os.WriteFile(path, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func pskServer(kind string, more ...string) func(*testing.T) *peers.Server {
	return func(t *testing.T) *peers.Server {
		switch kind {
		case "OpenSSL":
			return peers.OpenSSL(t, slices.Concat([]string{"-nocert", "-psk", pskHex(), "-psk_identity", unitName}, more)...)
		case "GnuTLS":
			return peers.GnuTLS(t, slices.Concat([]string{"--pskpasswd", pskFile(t)}, more)...)
		}
		return peers.Coap(t, strings.ToLower(strings.TrimPrefix(kind, "libcoap/")), "-k", secretKey, "-h", "bench")
	}
}

// Whom a unit with a pre-shared key meets, and what it is told with the right key, a wrong key, and an identity that nobody knows.
func TestConnectWithAPreSharedKey(t *testing.T) {
	t.Parallel()
	const (
		ccm8   = "TLS_PSK_WITH_AES_128_CCM_8"
		cbc    = "TLS_PSK_WITH_AES_128_CBC_SHA256"
		sha128 = "TLS_PSK_WITH_AES_128_CBC_SHA"
		sha256 = "TLS_PSK_WITH_AES_256_CBC_SHA"
	)
	gnutls := func(more string) []string {
		return []string{"--priority", "NORMAL:-KX-ALL:+PSK:-VERS-ALL:+VERS-DTLS1.2" + more}
	}
	quietly := func(suite string) wish {
		return wish{verdict: cred.Pass, suite: suite, alert: -1, findings: []string{"coap.no-ping"}}
	}
	pass := wish{verdict: cred.Pass, suite: ccm8, alert: -1, pinged: true}
	silent := wish{verdict: cred.Fail, code: "dtls.began-silent", alert: -1, in: []string{"pre-shared key", "credential refused or unknown"}}
	type is func(*ConnectOptions)
	right := func(*ConnectOptions) {}
	wrong := func(o *ConnectOptions) { o.PSK = []byte("00112233445566778899aabbccddeeff\n") }
	unknown := func(o *ConnectOptions) { o.PSKID = "urn:imei:000000000000000" }
	certs := peers.Root(t, "Servers").Server(t)
	for _, c := range []struct {
		name   string
		server func(*testing.T) *peers.Server
		unit   is
		wish   wish
	}{
		{"OpenSSL", pskServer("OpenSSL"), right, quietly(cbc)},
		{"OpenSSL, CCM_8", pskServer("OpenSSL", "-cipher", "PSK-AES128-CCM8:@SECLEVEL=0"), right, quietly(ccm8)},
		{"OpenSSL, 008D", pskServer("OpenSSL", "-cipher", "PSK-AES256-CBC-SHA"), right, quietly(sha256)},
		{"OpenSSL, 008C", pskServer("OpenSSL", "-cipher", "PSK-AES128-CBC-SHA"), right, quietly(sha128)},
		{"OpenSSL, wrong key", pskServer("OpenSSL"), wrong, silent},
		{"OpenSSL takes any identity", pskServer("OpenSSL"), unknown, quietly(cbc)},
		{"GnuTLS", pskServer("GnuTLS", gnutls(":+AES-128-CCM-8")...), right, quietly(ccm8)},
		{"GnuTLS, 008D", pskServer("GnuTLS", gnutls(":-CIPHER-ALL:+AES-256-CBC:-MAC-ALL:+SHA1")...), right, quietly(sha256)},
		{"GnuTLS, 008C", pskServer("GnuTLS", gnutls(":-CIPHER-ALL:+AES-128-CBC:-MAC-ALL:+SHA1")...), right, quietly(sha128)},
		{"GnuTLS, wrong key", pskServer("GnuTLS", gnutls(":+AES-128-CCM-8")...), wrong, silent},
		{"GnuTLS, unknown identity", pskServer("GnuTLS", gnutls(":+AES-128-CCM-8")...), unknown, silent},
		{"libcoap/OpenSSL", pskServer("libcoap/OpenSSL"), right, pass},
		{"libcoap/OpenSSL, wrong key", pskServer("libcoap/OpenSSL"), wrong, silent},
		{"libcoap/OpenSSL takes any identity", pskServer("libcoap/OpenSSL"), unknown, pass},
		{"libcoap/GnuTLS", pskServer("libcoap/GnuTLS"), right, pass},
		{"libcoap/GnuTLS, wrong key", pskServer("libcoap/GnuTLS"), wrong, silent},
		{"libcoap/GnuTLS takes any identity", pskServer("libcoap/GnuTLS"), unknown, pass},
		{"a server with certificates only", func(t *testing.T) *peers.Server {
			return peers.OpenSSL(t, "-cert", certs.CertFile, "-key", certs.KeyFile)
		}, right, wish{verdict: cred.Fail, code: "dtls.no-common-suite", alert: 40, in: []string{"certificates only", "pre-shared key"}}},
		{"a server with certificates only, which says nothing", func(t *testing.T) *peers.Server {
			return peers.GnuTLS(t, "--x509certfile", certs.CertFile, "--x509keyfile", certs.KeyFile)
		}, right, wish{verdict: cred.Fail, code: "dtls.no-common-suite", alert: -1, in: []string{"certificates only"}}},
		{
			"a server with another suite", pskServer("OpenSSL", "-cipher", "PSK-AES128-GCM-SHA256"), right,
			wish{verdict: cred.Fail, code: "dtls.no-common-suite", alert: 40, in: []string{"TLS_PSK_WITH_AES_128_GCM_SHA256", "0xC0A8"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := c.server(t)
			e := cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: uint16(s.Port)}
			o := ConnectOptions{PSKID: unitName, PSK: []byte(pskHex() + "\n"), Timeout: 4 * time.Second}
			c.unit(&o)
			r, err := Connect(t.Context(), e, o)
			c.wish.check(t, r, err, s.Output)
			document, _ := json.Marshal(r)
			if strings.Contains(string(document), pskHex()) || strings.Contains(string(document), secretKey) {
				t.Error("the document shows the key")
			}
			if r.Verdict == cred.Pass && (r.Flights != 6 || r.Datagrams.Sent < 4 || r.Retransmissions.Sent != 0) {
				t.Errorf("%d flights, %+v, again %+v", r.Flights, *r.Datagrams, *r.Retransmissions)
			}
		})
	}
}

func TestWrongPreSharedKeysAreRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	touched := rogue(t, func(int, []byte) [][]byte { t.Error("a datagram was sent"); return nil })
	for name, c := range map[string]struct {
		o    ConnectOptions
		code string
	}{
		"no key":                {ConnectOptions{PSKID: "a"}, "config.file"},
		"no identity":           {ConnectOptions{PSK: []byte("0011")}, "config.value"},
		"half a byte":           {ConnectOptions{PSKID: "a", PSK: []byte("01234")}, "config.file"},
		"no hex":                {ConnectOptions{PSKID: "a", PSK: []byte("topsecret!")}, "config.file"},
		"a key and certificate": {ConnectOptions{PSKID: "a", PSK: []byte("0011"), Cert: []byte("x")}, "config.value"},
	} {
		r, err := Connect(t.Context(), touched, c.o)
		f := cred.AsFault(err)
		if f == nil || f.Code != c.code || f.Hint == "" || r.Failure != f {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for e := error(f); e != nil; e = unwrap(e) {
			if s := e.Error(); strings.Contains(s, "topsecret") || strings.Contains(s, "01234") {
				t.Errorf("%s: the error shows what it read: %q", name, s)
			}
		}
	}
}
