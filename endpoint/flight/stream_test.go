package flight

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// watched lets a Stream see what goes over a connection.
type watched struct {
	net.Conn
	seen *Stream
	in   *[]byte
}

func (w watched) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.seen.Incoming(b[:n])
	*w.in = append(*w.in, b[:n]...)
	return n, err
}

func (w watched) Write(b []byte) (int, error) {
	w.seen.Outgoing(b)
	return w.Conn.Write(b)
}

// met is a handshake of TLS 1.2 between two ends of Go's, seen by a Stream; it returns the server's certificate and all that it sent.
func met(t testing.TB) (s *Stream, der, sent []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	if der, err = x509.CreateCertificate(rand.Reader, template, template, key.Public(), key); err != nil {
		t.Fatal(err)
	}
	cert := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	near, far := net.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- tls.Server(far, &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}).Handshake()
	}()
	s = &Stream{}
	client := tls.Client(watched{near, s, &sent}, &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{cert}})
	if err := client.Handshake(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return s, der, sent
}

func TestAHandshakeOfGosIsSeen(t *testing.T) {
	s, der, sent := met(t)
	v := s.View()
	if v.State() != Keyed || !v.Finished || !v.Stream || v.Hello == nil || v.Hello.Version != TLS12 || v.Garbled != nil || v.Request == nil {
		t.Fatalf("%s, %+v", v.State(), v)
	}
	if d := cmp.Diff([][]byte{der}, v.Chain); d != "" {
		t.Error(d)
	}
	k, ok := v.Key()
	if !ok || k.Group == 0 || k.Signature == 0 || k.Hint != "" {
		t.Errorf("%+v, %v", k, ok)
	}
	// However the bytes are cut, the same is seen.
	rapid.Check(t, func(t *rapid.T) {
		var again Stream
		rest := sent
		for len(rest) > 0 {
			n := rapid.IntRange(1, len(rest)).Draw(t, "bytes")
			again.Incoming(rest[:n])
			rest = rest[n:]
		}
		got := again.View()
		got.Received, got.Sent, got.Finished = v.Received, v.Sent, v.Finished
		if d := cmp.Diff(v, got); d != "" {
			t.Error(d)
		}
	})
}

// A server of Go's reads the hello, and answers what it says.
func TestTheHelloOverTCPIsReadByGo(t *testing.T) {
	for version, want := range map[Version]Version{0: TLS12, TLS12: TLS12, TLS13: TLS13, TLS10: TLS10} {
		near, far := net.Pipe()
		var heard *tls.ClientHelloInfo
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = tls.Server(far, &tls.Config{GetConfigForClient: func(i *tls.ClientHelloInfo) (*tls.Config, error) {
				heard = i
				return nil, net.ErrClosed
			}}).Handshake()
			_ = far.Close()
		}()
		h := Hello{Version: version, Suites: Modem(), ServerName: "lwm2m.example.eu", Groups: []Group{P384}, Signatures: []Signature{ECDSASHA256}}
		record, err := h.Record()
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = near.Write(record) }()
		buf := make([]byte, 100)
		n, _ := near.Read(buf)
		_ = near.Close()
		<-ended
		if heard == nil || heard.ServerName != "lwm2m.example.eu" || len(heard.SupportedCurves) != 1 || heard.SupportedCurves[0] != tls.CurveP384 ||
			len(heard.CipherSuites) != len(Modem()) || heard.SupportedVersions[0] != uint16(want) {
			t.Errorf("%s: %+v, answered %x", want, heard, buf[:n])
		}
	}
}

func TestWhatIsNoTLS(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want State
	}{
		"text":                {"HTTP/1.1 400 Bad Request\r\n", NotDTLS},
		"nothing":             {"", Nothing},
		"an alert":            {"\x15\x03\x03\x00\x02\x02\x28", Alerted},
		"a long alert":        {"\x15\x03\x03\x00\x03\x02\x28\x28", Garbled},
		"DTLS":                {"\x16\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", NotDTLS},
		"a record too long":   {"\x16\x03\x03\xff\xff", Garbled},
		"a message too long":  {"\x16\x03\x03\x00\x04\x0b\xff\xff\xff", Garbled},
		"a bad hello":         {"\x16\x03\x03\x00\x06\x02\x00\x00\x02\x03\x03", Garbled},
		"half a record":       {"\x16\x03\x03\x00\x40\x02", Began},
		"a record, then text": {"\x16\x03\x03\x00\x04\x0e\x00\x00\x00HTTP/1.1", Garbled},
	} {
		var s Stream
		s.Incoming([]byte(c.in))
		if got := s.View().State(); got != c.want {
			t.Errorf("%s is %s, not %s", name, got, c.want)
		}
	}
}

func TestExchange(t *testing.T) {
	point := []byte{3, 0, 23, 2, 9, 9}
	signed := append(bytes.Clone(point), 4, 3, 0, 1, 7)
	for name, c := range map[string]struct {
		suite   Suite
		version Version
		body    []byte
		want    Exchange
		ok      bool
	}{
		"ECDHE":              {0xC02B, DTLS12, signed, Exchange{Group: P256, Signature: ECDSASHA256}, true},
		"ECDHE of DTLS 1.0":  {0xC009, DTLS10, append(bytes.Clone(point), 0, 1, 7), Exchange{Group: P256}, true},
		"a hint":             {0x00AE, DTLS12, []byte{0, 2, 'h', 'i'}, Exchange{Hint: "hi"}, true},
		"a hint and a curve": {0xC037, DTLS12, append([]byte{0, 2, 'h', 'i'}, point...), Exchange{Hint: "hi", Group: P256}, true},
		"cut short":          {0xC02B, DTLS12, signed[:8], Exchange{}, false},
		"with a tail":        {0xC02B, DTLS12, append(bytes.Clone(signed), 1), Exchange{}, false},
		"a curve of its own": {0xC02B, DTLS12, []byte{1, 0, 23}, Exchange{}, false},
		"Diffie-Hellman":     {0x009E, DTLS12, signed, Exchange{}, false},
		"a long hint":        {0x00AE, DTLS12, []byte{0, 9, 'h', 'i'}, Exchange{}, false},
	} {
		v := View{Hello: &ServerHello{Suite: c.suite, Version: c.version}, Exchange: c.body}
		got, ok := v.Key()
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
	}
}

// What a server answers to extensions is noted, and one that cannot be read is said to be so.
func TestExtensionsOfAServerHello(t *testing.T) {
	for name, c := range map[string]struct {
		extensions []byte
		want       func(ServerHello) bool
	}{
		"all": {
			[]byte{0, 1, 0, 1, 1, 0, 22, 0, 0, 0, 23, 0, 0, 0, 54, 0, 1, 0, 0, 61, 0, 0, 255, 1, 0, 1, 0},
			func(h ServerHello) bool {
				return h.MaxFragment && h.EncryptThenMAC && h.ExtendedMasterSecret && h.ConnectionID && h.RRC && h.Renegotiation && h.Version == DTLS12
			},
		},
		"DTLS 1.3":                   {[]byte{0, 43, 0, 2, 0xFE, 0xFC}, func(h ServerHello) bool { return h.Version == DTLS13 && !h.DTLS12() }},
		"a version that is too long": {[]byte{0, 43, 0, 3, 0xFE, 0xFC, 0}, nil},
		"an identifier cut short":    {[]byte{0, 54, 0, 1, 9}, nil},
	} {
		h, err := readServerHello(serverHello(c.extensions...))
		if (err != nil) != (c.want == nil) || err == nil && !c.want(h) {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
}

func FuzzStream(f *testing.F) {
	_, _, sent := met(f)
	f.Add(sent, 7)
	f.Add([]byte("\x15\x03\x03\x00\x02\x02\x28"), 1)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		var s Stream
		cut = max(0, min(cut, len(b)))
		s.Incoming(b[:cut])
		s.Incoming(b[cut:])
		v := s.View()
		_, _ = v.State(), v.Refusal()
		_, _ = v.Key()
		if len(s.in.rest) > streamHeader+maxRecord+len(b) || len(s.message) > 4+maxMessage+maxRecord {
			t.Errorf("it holds %d and %d bytes", len(s.in.rest), len(s.message))
		}
	})
}

func FuzzExchange(f *testing.F) {
	f.Add(uint16(0xC02B), uint16(DTLS12), []byte{3, 0, 23, 2, 9, 9, 4, 3, 0, 1, 7})
	f.Add(uint16(0xC037), uint16(DTLS12), []byte{0, 2, 'h', 'i', 3, 0, 23, 2, 9, 9})
	f.Fuzz(func(t *testing.T, suite, version uint16, b []byte) {
		k, ok := readExchange(Suite(suite), Version(version), b)
		if ok && len(k.Hint) > len(b) {
			t.Errorf("a hint of %d bytes in %d", len(k.Hint), len(b))
		}
	})
}
