package air_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"example.org/sectag/cmd/sectag/air"
	"example.org/sectag/device/sim"
	farsim "example.org/sectag/endpoint/sim"
	"example.org/sectag/internal/peers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	sent    = "\r\nOK\r\n"
	refused = "\r\nERROR\r\n"
)

// unit is a virtual modem on a line, and what it has said.
type unit struct {
	line io.ReadWriteCloser
	end  string // of a command

	mu      sync.Mutex
	changed *sync.Cond
	got     []byte
	gone    bool
}

// plug puts a unit on a line until the test ends.
func plug(t *testing.T, host string, faults ...string) *unit {
	t.Helper()
	cfg := sim.Config{Host: host, Dialer: air.Dialer{}}
	for _, f := range faults {
		one, err := sim.ParseFault(f)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Faults = append(cfg.Faults, one)
	}
	m, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	u := &unit{line: m.Pipe(t.Context()), end: "\r"}
	if host == "slm" {
		u.end = "\r\n"
	}
	u.changed = sync.NewCond(&u.mu)
	t.Cleanup(func() {
		m.Reboot() // closes the sockets
		u.line.Close()
	})
	go u.listen()
	if host != "at-host" {
		u.until(t, "Ready\r\n")
	}
	return u
}

func (u *unit) listen() {
	buf := make([]byte, 4096)
	for {
		n, err := u.line.Read(buf)
		u.mu.Lock()
		u.got, u.gone = append(u.got, buf[:n]...), err != nil
		u.changed.Broadcast()
		u.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// until waits for one of the ends, and takes all up to it.
func (u *unit) until(t *testing.T, ends ...string) string {
	t.Helper()
	u.mu.Lock()
	defer u.mu.Unlock()
	for {
		for _, end := range ends {
			if i := bytes.Index(u.got, []byte(end)); i >= 0 {
				text := string(u.got[:i+len(end)])
				u.got = u.got[i+len(end):]
				return text
			}
		}
		if u.gone {
			t.Fatalf("the line ended after %q", u.got)
		}
		u.changed.Wait()
	}
}

func (u *unit) type1(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(u.line, text); err != nil {
		t.Fatal(err)
	}
}

// wants sends a command and compares the whole answer; \r\n around the lines of information may be left out.
func (u *unit) wants(t *testing.T, command, want string) {
	t.Helper()
	u.type1(t, command+u.end)
	if got := u.until(t, "OK\r\n", "ERROR\r\n", "+CME ERROR: 518\r\n"); got != want {
		t.Fatalf("%.60q\n got %q\nwant %q", command, got, want)
	}
}

func info(line string) string { return "\r\n" + line + "\r\n" + sent }

// write puts a credential under sec_tag 42.
func (u *unit) write(t *testing.T, kind int, content []byte) {
	t.Helper()
	u.wants(t, fmt.Sprintf("AT%%CMNG=0,42,%d,\"%s\"", kind, content), sent)
}

func (u *unit) identity(t *testing.T, root, unit *peers.Cert) {
	t.Helper()
	u.write(t, 0, root.PEM)
	u.write(t, 1, unit.PEM)
	u.write(t, 2, unit.KeyPEM)
}

func (u *unit) attach(t *testing.T) {
	t.Helper()
	u.wants(t, "AT+CMEE=1", sent)
	u.wants(t, "AT+CFUN=1", sent)
}

func connect(s *peers.Server) string { return fmt.Sprintf(`AT#XCONNECT=0,"127.0.0.1",%d`, s.Port) }

// ping asks again when nothing comes, as CoAP does (RFC 7252, section 4.2): libcoap 4.3.1 drops one in about ten that arrive
// right behind the handshake.
func (u *unit) ping(t *testing.T, send func(), receive, want string) {
	t.Helper()
	for range 5 {
		send()
		u.type1(t, receive+u.end)
		switch got := u.until(t, sent, refused); got {
		case want:
			return
		case refused:
		default:
			t.Fatalf("%q: %q", receive, got)
		}
	}
	t.Fatal("no answer to five pings")
}

// The whole of nrf91.md, 4.3, with a server that demands a certificate and is OpenSSL.
func TestMutualWithOpenSSL(t *testing.T) {
	root := peers.Root(t, "Test Root")
	srv, own := root.Intermediate(t, "Test Intermediate").Server(t), root.Unit(t, "urn:imei:352656100367872")
	s := peers.OpenSSL(t, "-cert", srv.CertFile, "-key", srv.KeyFile, "-cert_chain", srv.IssuersFile, "-CAfile", root.CertFile, "-Verify", "3", "-verify_return_error", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256")
	u := plug(t, "serial-modem")
	u.identity(t, root, own)
	u.attach(t)
	u.wants(t, "AT#XSSOCKET=1,2,0,42,2", info("#XSSOCKET: 0,2,273"))
	u.wants(t, `AT#XSSOCKETOPT=0,1,2,"localhost"`, sent)
	u.wants(t, "AT#XSSOCKETOPT=0,1,14,1", sent)
	u.wants(t, "AT#XSSOCKETOPT=0,1,18,31", sent)
	u.wants(t, "AT#XSSOCKETOPT=0,0,4", refused)
	u.wants(t, connect(s), info("#XCONNECT: 0,1"))
	u.wants(t, "AT#XSSOCKETOPT=0,0,15", info("#XSSOCKETOPT: 0,0"))
	u.wants(t, "AT#XSSOCKETOPT=0,0,4", info("#XSSOCKETOPT: 0,0xc02b"))
	u.wants(t, `AT#XSEND=0,0,0,"Wort vom Modem"`, info("#XSEND: 0,0,14"))
	s.WaitFor(t, "Wort vom Modem")
	u.wants(t, "AT%CMNG=3,42,0", "\r\n+CME ERROR: 518\r\n")
	u.wants(t, "AT#XCLOSE=0", info("#XCLOSE: 0,0"))
	if out := s.Output(); !strings.Contains(out, "urn:imei:352656100367872") {
		t.Errorf("the server has not seen the unit's certificate:\n%s", out)
	}
}

// What stands behind the unit's certificate in its slot is sent too: a server that knows the root alone lets the unit of an intermediate in,
// and refuses it when the slot holds its certificate alone.
func TestTheModemSendsWhatItsSlotHolds(t *testing.T) {
	root := peers.Root(t, "Test Root")
	between := root.Issue(t, peers.Spec{CN: "Units 2026", CA: true, NoSubCA: true, End: root.X509.NotAfter})
	srv, own := root.Server(t), between.Unit(t, "urn:imei:352656100367872")
	for _, c := range []struct {
		slot []byte
		want string
	}{{own.PEM, refused}, {append(bytes.Clone(own.PEM), between.PEM...), info("#XCONNECT: 0,1")}} {
		s := peers.OpenSSL(t, "-cert", srv.CertFile, "-key", srv.KeyFile, "-CAfile", root.CertFile, "-Verify", "3", "-verify_return_error")
		u := plug(t, "serial-modem")
		u.write(t, 0, root.PEM)
		u.write(t, 1, c.slot)
		u.write(t, 2, own.KeyPEM)
		u.attach(t)
		u.wants(t, "AT#XSSOCKET=1,2,0,42", info("#XSSOCKET: 0,2,273"))
		u.wants(t, connect(s), c.want)
		if c.want == refused {
			s.WaitFor(t, "unable to get local issuer certificate") // and for no other reason
		}
	}
}

// A key that the modem made itself never leaves it, and still proves the unit.
func TestKeyOfTheModem(t *testing.T) {
	root := peers.Root(t, "Test Root")
	srv := root.Server(t)
	s := peers.OpenSSL(t, "-cert", srv.CertFile, "-key", srv.KeyFile, "-CAfile", root.CertFile, "-Verify", "3", "-verify_return_error")
	u := plug(t, "serial-modem")
	u.type1(t, "AT%KEYGEN=42,2,0\r")
	_, answer, _ := strings.Cut(u.until(t, sent), `%KEYGEN: "`)
	text, _, _ := strings.Cut(answer, ".")
	der, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "made in the modem"}, NotBefore: root.X509.NotBefore, NotAfter: root.X509.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if der, err = x509.CreateCertificate(rand.Reader, cert, root.X509, csr.PublicKey, root.Key); err != nil {
		t.Fatal(err)
	}
	u.write(t, 0, root.PEM)
	u.write(t, 1, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	u.attach(t)
	u.wants(t, "AT#XSSOCKET=1,2,0,42", info("#XSSOCKET: 0,2,273"))
	u.wants(t, connect(s), info("#XCONNECT: 0,1"))
	u.wants(t, `AT#XSEND=0,0,0,"here I am"`, info("#XSEND: 0,0,9"))
	s.WaitFor(t, "here I am")
	if !strings.Contains(s.Output(), "made in the modem") {
		t.Errorf("the server has not seen the certificate:\n%s", s.Output())
	}
}

func TestPingOverPSK(t *testing.T) {
	s := peers.Coap(t, "openssl", "-k", "secretPSK", "-h", "hint")
	u := plug(t, "serial-modem")
	u.write(t, 3, []byte(hex.EncodeToString([]byte("secretPSK"))))
	u.write(t, 4, []byte("unit-1"))
	u.attach(t)
	u.wants(t, "AT#XSSOCKET=1,2,0,42", info("#XSSOCKET: 0,2,273"))
	u.wants(t, connect(s), info("#XCONNECT: 0,1"))
	u.type1(t, "AT#XSSOCKETOPT=0,0,4\r")
	if got := u.until(t, "OK\r\n"); got != info("#XSSOCKETOPT: 0,0x00ae") && got != info("#XSSOCKETOPT: 0,0xc0a8") {
		t.Errorf("the cipher suite is %q", got)
	}
	u.ping(t, func() { u.wants(t, `AT#XSEND=0,1,0,"40001234"`, info("#XSEND: 0,0,4")) }, "AT#XRECV=0,1,0,1", "\r\n#XRECV: 0,1,4\r\n70001234"+sent)
	u.wants(t, "AT+CFUN=4", sent)
	u.wants(t, `AT#XSEND=0,1,0,"40001235"`, refused)
	u.wants(t, "AT%CMNG=3,42,3", sent)
}

// What a Serial Modem writes as hex goes through data mode in SLM, bytes as they are.
func TestPingOverSLM(t *testing.T) {
	root := peers.Root(t, "Test Root")
	srv := root.Server(t)
	s := peers.Coap(t, "openssl", "-c", srv.ChainFile, "-j", srv.KeyFile, "-C", root.CertFile)
	u := plug(t, "slm")
	u.identity(t, root, root.Unit(t, "unit-1"))
	u.attach(t)
	u.wants(t, "AT#XSSOCKET=1,2,0,42,2", info("#XSSOCKET: 0,2,273"))
	u.wants(t, "AT#XSSOCKET=1,2,0,42,2", info("#XSSOCKET: 1,2,273"))
	u.wants(t, "AT#XSOCKETSELECT=0", info("#XSOCKETSELECT: 0"))
	u.wants(t, `AT#XSSOCKETOPT=1,2,"localhost"`, sent)
	u.wants(t, fmt.Sprintf(`AT#XCONNECT="127.0.0.1",%d`, s.Port), info("#XCONNECT: 1"))
	u.wants(t, "AT#XSSOCKETOPT=0,4", info("#XSSOCKETOPT: 0xc02b"))
	u.ping(t, func() {
		u.wants(t, "AT#XSEND", sent)
		u.type1(t, "\x40\x00\x12\x34+++")
		u.until(t, "\r\n#XDATAMODE: 0\r\n")
	}, "AT#XRECV=1", "\r\n#XRECV: 4\r\n\x70\x00\x12\x34"+sent)
	u.wants(t, "AT#XSOCKET=0", info(`#XSOCKET: 0,"closed"`))
	u.wants(t, "AT#XSOCKETSELECT=0", refused)
}

// The local server agrees on a Connection ID; which way it is used depends on what the modem asked for.
func TestConnectionID(t *testing.T) {
	for option, status := range map[int]int{0: 0, 1: 2, 2: 3} {
		t.Run(fmt.Sprint(option), func(t *testing.T) {
			dir, root := t.TempDir(), peers.Root(t, "Units")
			at, ended := make(chan string, 1), make(chan error, 1)
			ctx, cancel := context.WithCancel(t.Context())
			t.Cleanup(func() { cancel(); <-ended })
			go func() {
				ended <- farsim.Serve(ctx, farsim.Config{Dir: dir, ClientCA: root.CertFile}, func(url string) { at <- url })
			}()
			var url string
			select {
			case url = <-at:
			case err := <-ended:
				t.Fatal(err)
			}
			_, port, err := net.SplitHostPort(strings.TrimPrefix(url, "coaps://"))
			if err != nil {
				t.Fatal(err)
			}
			own := root.Unit(t, "unit-1")
			u := plug(t, "serial-modem")
			u.write(t, 0, serverRoot(t, dir))
			u.write(t, 1, own.PEM)
			u.write(t, 2, own.KeyPEM)
			u.attach(t)
			u.wants(t, "AT#XSSOCKET=1,2,0,42", info("#XSSOCKET: 0,2,273"))
			u.wants(t, fmt.Sprintf("AT#XSSOCKETOPT=0,1,14,%d", option), sent)
			u.wants(t, "AT#XCONNECT=0,\"127.0.0.1\","+port, info("#XCONNECT: 0,1"))
			u.wants(t, "AT#XSSOCKETOPT=0,0,15", info(fmt.Sprintf("#XSSOCKETOPT: 0,%d", status)))
			u.wants(t, "AT#XAPOLL=0,1,1", sent)
			u.wants(t, `AT#XSEND=0,1,0,"40001234"`, info("#XSEND: 0,0,4"))
			if got := u.until(t, "#XAPOLL: 0,1\r\n"); got != "\r\n#XAPOLL: 0,1\r\n" {
				t.Errorf("said %q", got)
			}
			u.wants(t, "AT#XRECV=0,1,0,10", "\r\n#XRECV: 0,1,4\r\n70001234\r\nOK\r\n")
		})
	}
}

// serverRoot is the root that the local server made for itself.
func serverRoot(t *testing.T, dir string) []byte {
	t.Helper()
	b, err := os.ReadFile(farsim.RootFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What the modem lets pass and what not, against servers that would all be content.
func TestTrust(t *testing.T) {
	root, other := peers.Root(t, "Test Root"), peers.Root(t, "Another Root")
	between := root.Intermediate(t, "Test Intermediate")
	good := between.Server(t)
	long := between.Issue(t, peers.Spec{Pad: 4000})
	named := root.Issue(t, peers.Spec{CN: "plain.example", NoSAN: true})
	self := peers.SelfSigned(t, peers.Spec{})
	unit := root.Unit(t, "unit-1")
	type of struct {
		server  *peers.Cert
		args    []string // of the server, besides
		root    *peers.Cert
		verify  int
		host    string
		refused bool
	}
	for name, c := range map[string]of{
		"good":                              {server: good, root: root, verify: 2, host: "localhost"},
		"RSA":                               {server: root.Issue(t, peers.Spec{RSA: 2048}), root: root, verify: 2, host: "localhost"},
		"another authority":                 {server: good, root: other, verify: 2, refused: true},
		"another authority, optional":       {server: good, root: other, verify: 1},
		"another authority, none":           {server: good, root: other, verify: 0},
		"wrong name":                        {server: good, root: root, verify: 2, host: "wrong.example", refused: true},
		"wrong name, not asked for":         {server: good, root: root, verify: 2},
		"wrong name, optional":              {server: good, root: root, verify: 1, host: "wrong.example"},
		"an address as the name":            {server: good, root: root, verify: 2, host: "127.0.0.1"},
		"a name in the CN alone":            {server: named, root: root, verify: 2, host: "plain.example"},
		"another name in the CN alone":      {server: named, root: root, verify: 2, host: "other.example", refused: true},
		"an intermediate as the anchor":     {server: good, root: between, verify: 2},
		"the server itself as the anchor":   {server: good, root: good, verify: 2, refused: true},
		"the self-signed server as anchor":  {server: self, root: self, verify: 2},
		"a chain over 4 kB":                 {server: long, root: root, verify: 2, refused: true},
		"a chain over 4 kB, none":           {server: long, root: root, verify: 0, refused: true},
		"only CCM_8":                        {server: good, args: []string{"-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0"}, root: root, verify: 2, refused: true},
		"a suite that only we make by hand": {server: good, args: []string{"-cipher", "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0"}, root: root, verify: 2},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"-cert", c.server.CertFile, "-key", c.server.KeyFile, "-mtu", "1400"}, c.args...)
			if len(c.server.Issuers) > 1 {
				args = append(args, "-cert_chain", c.server.IssuersFile)
			}
			s := peers.OpenSSL(t, args...)
			u := plug(t, "serial-modem")
			u.identity(t, c.root, unit)
			u.attach(t)
			u.wants(t, fmt.Sprintf("AT#XSSOCKET=1,2,0,42,%d", c.verify), info("#XSSOCKET: 0,2,273"))
			if c.host != "" {
				u.wants(t, fmt.Sprintf(`AT#XSSOCKETOPT=0,1,2,"%s"`, c.host), sent)
			}
			want := info("#XCONNECT: 0,1")
			if c.refused {
				want = refused
			}
			u.wants(t, connect(s), want)
		})
	}
}

func TestChainOver4kBCrashes(t *testing.T) {
	root := peers.Root(t, "Test Root")
	long := root.Issue(t, peers.Spec{Pad: 4200})
	s := peers.OpenSSL(t, "-cert", long.CertFile, "-key", long.KeyFile, "-mtu", "1400")
	u := plug(t, "serial-modem", "chain-crash")
	u.identity(t, root, root.Unit(t, "unit-1"))
	u.attach(t)
	u.wants(t, "AT#XSSOCKET=1,2,0,42", info("#XSSOCKET: 0,2,273"))
	u.wants(t, connect(s), "\r\n#XMODEM: FAULT,0x4,0x0\r\n"+refused)
	u.wants(t, "AT+CFUN?", refused)
}

// Where nobody listens the handshake fails at once: the system says so.
func TestNobodyListens(t *testing.T) {
	u := plug(t, "serial-modem")
	u.write(t, 3, []byte("00ff"))
	u.write(t, 4, []byte("unit-1"))
	u.attach(t)
	for h, kind := range []int{2, 1} {
		u.type1(t, fmt.Sprintf("AT#XSSOCKET=1,%d,0,42\r", kind))
		u.until(t, sent)
		u.wants(t, fmt.Sprintf(`AT#XCONNECT=%d,"127.0.0.1",%d`, h, peers.FreePort(t)), refused)
	}
}

// A root has to be somewhere in the store, even when nobody looks at the server; and half an identity is none.
func TestMissingCredentials(t *testing.T) {
	root := peers.Root(t, "Test Root")
	srv, own := root.Server(t), root.Unit(t, "unit-1")
	s := peers.OpenSSL(t, "-cert", srv.CertFile, "-key", srv.KeyFile)
	u := plug(t, "serial-modem")
	try := func(want string) {
		t.Helper()
		u.attach(t)
		u.wants(t, "AT#XSSOCKET=1,2,0,42,0", info("#XSSOCKET: 0,2,273"))
		u.wants(t, connect(s), want)
		u.wants(t, "AT#XCLOSE", info("#XCLOSE: 0,0"))
		u.wants(t, "AT+CFUN=4", sent)
	}
	try(refused) // nothing at all
	u.write(t, 1, own.PEM)
	try(refused) // no key
	u.write(t, 2, own.KeyPEM)
	try(refused) // no root in the store
	u.wants(t, fmt.Sprintf("AT%%CMNG=0,7,0,\"%s\"", root.PEM), sent)
	try(info("#XCONNECT: 0,1")) // one under another tag is enough for that
	u.write(t, 2, root.Unit(t, "unit-2").KeyPEM)
	try(refused) // another's key
	u.wants(t, "AT%CMNG=3,42,1", sent)
	u.wants(t, "AT%CMNG=3,42,2", sent)
	u.write(t, 0, root.PEM)
	try(info("#XCONNECT: 0,1")) // a root alone: the server does not ask who we are
}

// A tag with a pre-shared key offers nothing else; one with a certificate offers no key.
func TestOneKindOfIdentity(t *testing.T) {
	root := peers.Root(t, "Test Root")
	srv := root.Server(t)
	keyed := []string{"-nocert", "-psk", "736563726574", "-cipher", "PSK-AES128-CBC-SHA256:@SECLEVEL=0"}
	certified := []string{"-cert", srv.CertFile, "-key", srv.KeyFile}
	for name, c := range map[string]struct {
		server []string
		psk    bool
		want   string
	}{
		"key and key":                 {keyed, true, info("#XCONNECT: 0,1")},
		"certificate and certificate": {certified, false, info("#XCONNECT: 0,1")},
		"certificate and key":         {keyed, false, refused},
		"key and certificate":         {certified, true, refused},
	} {
		t.Run(name, func(t *testing.T) {
			s := peers.OpenSSL(t, c.server...)
			u := plug(t, "serial-modem")
			if c.psk {
				u.write(t, 3, []byte("736563726574"))
				u.write(t, 4, []byte("Client_identity"))
			} else {
				u.identity(t, root, root.Unit(t, "unit-1"))
			}
			u.attach(t)
			u.wants(t, "AT#XSSOCKET=1,2,0,42", info("#XSSOCKET: 0,2,273"))
			u.wants(t, connect(s), c.want)
		})
	}
}

func TestTLS(t *testing.T) {
	root := peers.Root(t, "Test Root")
	srv, own := root.Server(t), root.Unit(t, "unit-1")
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{{Certificate: srv.Chain(), PrivateKey: srv.Key}}, ClientAuth: tls.RequireAnyClientCert,
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if c, err := l.Accept(); err == nil {
			_, _ = io.Copy(c, c)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	u := plug(t, "serial-modem")
	u.identity(t, root, own)
	u.attach(t)
	u.wants(t, "AT#XSSOCKET=1,1,0,42,2", info("#XSSOCKET: 0,1,258"))
	u.wants(t, fmt.Sprintf(`AT#XCONNECT=0,"127.0.0.1",%d`, l.Addr().(*net.TCPAddr).Port), info("#XCONNECT: 0,1"))
	u.wants(t, "AT#XSSOCKETOPT=0,0,4", info("#XSSOCKETOPT: 0,0xc02b"))
	u.wants(t, "AT#XSEND=0,2,0,5", sent)
	u.type1(t, "a,\"b\r")
	u.until(t, "\r\n#XDATAMODE: 0\r\n")
	u.wants(t, "AT#XRECV=0,0,0,10,2", "\r\n#XRECV: 0,0,2\r\na,\r\nOK\r\n")
	u.wants(t, "AT#XRECV=0,1,0,10", "\r\n#XRECV: 0,1,3\r\n22620d\r\nOK\r\n")
	u.wants(t, "AT#XCLOSE=0", info("#XCLOSE: 0,0"))
}

func TestOthersHaveNoSockets(t *testing.T) {
	u := plug(t, "at-host")
	u.type1(t, "AT#XSSOCKET=1,2,0,42\r")
	u.until(t, "ERROR\r\n")
}
