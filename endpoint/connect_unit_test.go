package endpoint

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/session"
	"example.org/sectag/endpoint/sim"
	"example.org/sectag/internal/peers"
)

// ours starts the shipped server, which trusts the authorities given.
func ours(t *testing.T, trusted ...*peers.Cert) (cred.Endpoint, []byte) {
	t.Helper()
	dir := t.TempDir()
	var text []byte
	for _, c := range trusted {
		text = append(text, c.PEM...)
	}
	if err := os.WriteFile(sim.ClientCAFile(dir), text, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- sim.Serve(ctx, sim.Config{Dir: dir}, func(u string) { ready <- u }) }()
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

func TestConnectToTheShippedServer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit := b.units.Unit(t, unitName)
	e, root := ours(t, b.units)
	var mu sync.Mutex
	var steps []string
	o := ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: root, Flight: func(line string) {
		mu.Lock()
		defer mu.Unlock()
		steps = append(steps, line)
	}}
	r, err := Connect(t.Context(), e, o)
	wish{verdict: cred.Pass, suite: gcm, alert: -1, pinged: true}.check(t, r, err, func() string { return "" })
	if !r.CID.Offered || !r.CID.Negotiated || len(r.Peer) != 2 || r.Peer[1].Subject != "CN=sectag local intermediate" {
		t.Errorf("CID %+v, peer %+v", r.CID, r.Peer)
	}
	want := []string{
		"-> hello", "<- cookie", "-> hello with the cookie", "<- server hello, " + gcm, "<- 2 certificates",
		"<- asks for our certificate", "<- hello done", "-> our certificate and Finished", "<- Finished", "-> CoAP ping", "<- CoAP ping answered",
	}
	if !slices.Equal(steps, want) {
		t.Errorf("told %q", steps)
	}
	e, root = ours(t)
	o.Anchor, o.Flight = root, nil
	r, err = Connect(t.Context(), e, o)
	wish{verdict: cred.Fail, code: "dtls.48", alert: 48, in: []string{"root.crt"}}.check(t, r, err, func() string { return "" })
}

// Every document has the fields of the contract and no others, and never null.
func TestTheDocumentIsThatOfTheContract(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit := b.units.Unit(t, unitName)
	e, root := ours(t, b.units)
	o := ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: root}
	passed, _ := Connect(t.Context(), e, o)
	o.Anchor = b.others.PEM
	refused, _ := Connect(t.Context(), e, o)
	o.PSKID = "both"
	failed, _ := Connect(t.Context(), e, o)
	always := []string{"alerts", "cid", "findings", "path", "peer", "rebind", "twin", "verdict"}
	for _, c := range []struct {
		report ConnectReport
		more   []string
	}{
		{passed, []string{"address", "client_auth", "datagrams", "flights", "handshake_ms", "ping_ms", "retransmissions", "suite", "version"}},
		{refused, []string{"address", "datagrams", "failure", "flights", "retransmissions", "suite", "version"}},
		{failed, []string{"failure"}},
	} {
		raw, err := json.Marshal(c.report)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte("null")) {
			t.Errorf("null in %s", raw)
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(raw, &fields); err != nil {
			t.Fatal(err)
		}
		var names []string
		for n := range fields {
			names = append(names, n)
		}
		slices.Sort(names)
		want := slices.Concat(always, c.more)
		slices.Sort(want)
		if !slices.Equal(names, want) {
			t.Errorf("fields %q, not %q", names, want)
		}
	}
	if failed.Failure.Code != "config.value" {
		t.Errorf("two credentials gave %+v", failed.Failure)
	}
}

func TestWrongInputIsRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unit, other := b.units.Unit(t, unitName), b.units.Unit(t, "other")
	key := unit.Key.(*ecdsa.PrivateKey)
	sec1, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	touched := rogue(t, func(int, []byte) [][]byte { t.Error("a datagram was sent"); return nil })
	crlf := func(p []byte) []byte { return []byte("\ufeff junk\r\n" + strings.ReplaceAll(string(p), "\n", " \r\n")) }
	block := func(typ string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: typ, Bytes: der}) }
	for _, c := range []struct {
		name   string
		change func(*ConnectOptions)
		code   string
	}{
		{"no certificate", func(o *ConnectOptions) { o.Cert = nil }, "config.file"},
		{"two certificates", func(o *ConnectOptions) { o.Cert = slices.Concat(unit.PEM, other.PEM) }, "config.file"},
		{"a certificate that is none", func(o *ConnectOptions) { o.Cert = block("CERTIFICATE", []byte{1, 2, 3}) }, "config.file"},
		{"no key", func(o *ConnectOptions) { o.Key = nil }, "config.file"},
		{"a key in the certificate's place", func(o *ConnectOptions) { o.Cert = unit.KeyPEM }, "config.file"},
		{"half a key", func(o *ConnectOptions) { o.Key = block("PRIVATE KEY", sec1[:len(sec1)/2]) }, "config.file"},
		{"a public key as key", func(o *ConnectOptions) { o.Key = block("PUBLIC KEY", unit.X509.RawSubjectPublicKeyInfo) }, "config.file"},
		{"an encrypted key", func(o *ConnectOptions) { o.Key = block("ENCRYPTED PRIVATE KEY", sec1) }, "config.file"},
		{"another unit's key", func(o *ConnectOptions) { o.Key = other.KeyPEM }, "ca.key-mismatch"},
		{"no anchor", func(o *ConnectOptions) { o.Anchor = nil }, "config.anchor"},
		{"an anchor that is none", func(o *ConnectOptions) {
			o.Anchor = []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
		}, "config.anchor"},
	} {
		o := ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM, Timeout: time.Second}
		c.change(&o)
		r, err := Connect(t.Context(), touched, o)
		f := cred.AsFault(err)
		if f == nil || f.Code != c.code || f.Hint == "" || r.Verdict != cred.Fail {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for e := error(f); e != nil; e = unwrap(e) {
			if s := e.Error(); strings.Contains(s, string(secret)) || strings.Contains(s, "BEGIN") {
				t.Errorf("%s: the error shows what it read: %q", c.name, s)
			}
		}
	}
	for name, change := range map[string]func(*ConnectOptions){
		"SEC1":               func(o *ConnectOptions) { o.Key = block("EC PRIVATE KEY", sec1) },
		"CRLF and junk":      func(o *ConnectOptions) { o.Cert, o.Key, o.Anchor = crlf(o.Cert), crlf(o.Key), crlf(o.Anchor) },
		"a bundle of anchor": func(o *ConnectOptions) { o.Anchor = slices.Concat(b.others.PEM, o.Anchor) },
	} {
		o := ConnectOptions{Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM}
		change(&o)
		if _, f := session.X509(o.Cert, o.Key, o.Anchor); f != nil {
			t.Errorf("%s: %v", name, f)
		}
	}
}

func unwrap(err error) error {
	if u, ok := err.(interface{ Unwrap() error }); ok {
		return u.Unwrap()
	}
	return nil
}
