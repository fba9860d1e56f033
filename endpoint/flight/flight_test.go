package flight

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/dtls/v3/pkg/protocol/extension"
	"github.com/pion/dtls/v3/pkg/protocol/handshake"
	"github.com/pion/dtls/v3/pkg/protocol/recordlayer"
	"pgregory.net/rapid"
)

// What we write is read back by a library that is not ours.
func TestHelloIsReadByPion(t *testing.T) {
	h := Hello{Cookie: []byte{9, 8, 7}, Suites: Modem(), ServerName: "lwm2m.example.eu", CID: true}
	h.Random[0], h.Random[31] = 1, 2
	datagram, err := h.Datagram(5, 1)
	if err != nil {
		t.Fatal(err)
	}
	var header recordlayer.Header
	if err := header.Unmarshal(datagram); err != nil {
		t.Fatal(err)
	}
	if header.SequenceNumber != 5 || header.Epoch != 0 {
		t.Fatalf("record header %+v", header)
	}
	var m handshake.Handshake
	if err := m.Unmarshal(datagram[recordHeader:]); err != nil {
		t.Fatal(err)
	}
	hello, ok := m.Message.(*handshake.MessageClientHello)
	if !ok || m.Header.MessageSequence != 1 {
		t.Fatalf("%T, message %d", m.Message, m.Header.MessageSequence)
	}
	if !bytes.Equal(hello.Cookie, h.Cookie) || len(hello.CipherSuiteIDs) != len(h.Suites) || hello.CipherSuiteIDs[0] != 0xC02B {
		t.Fatalf("cookie %x, suites %x", hello.Cookie, hello.CipherSuiteIDs)
	}
	seen := map[string]bool{}
	for _, e := range hello.Extensions {
		switch e := e.(type) {
		case *extension.ServerName:
			seen["sni "+e.ServerName] = true
		case *extension.ConnectionID:
			seen["cid"] = len(e.CID) == 0
		case *extension.UseExtendedMasterSecret:
			seen["ems"] = e.Supported
		case *extension.RenegotiationInfo:
			seen["reneg"] = e.RenegotiatedConnection == 0
		}
	}
	want := map[string]bool{"sni lwm2m.example.eu": true, "cid": true, "ems": true, "reneg": true}
	if d := cmp.Diff(want, seen); d != "" {
		t.Error(d)
	}
}

// message writes a handshake message in pieces of at most size bytes, one record each.
func message(typ uint8, seq uint16, body []byte, size int) (records [][]byte) {
	for at := 0; at == 0 || at < len(body); at += size {
		records = append(records, piece(typ, seq, body, at, min(at+size, len(body))))
	}
	return records
}

// piece writes one piece of a handshake message.
func piece(typ uint8, seq uint16, body []byte, from, to int) []byte {
	n := to - from
	p := []byte{
		typ, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body)), byte(seq >> 8), byte(seq),
		byte(from >> 16), byte(from >> 8), byte(from), byte(n >> 16), byte(n >> 8), byte(n),
	}
	return writeRecord(recordHandshake, uint64(from), append(p, body[from:to]...))
}

func serverHello(extensions ...byte) []byte {
	b := append([]byte{0xFE, 0xFD}, make([]byte, 32)...)
	b = append(b, 0, 0xC0, 0x23, 0, byte(len(extensions)>>8), byte(len(extensions)))
	return append(b, extensions...)
}

func certificate(certs ...[]byte) []byte {
	var list []byte
	for _, c := range certs {
		list = append(list, byte(len(c)>>16), byte(len(c)>>8), byte(len(c)))
		list = append(list, c...)
	}
	return append([]byte{byte(len(list) >> 16), byte(len(list) >> 8), byte(len(list))}, list...)
}

// Pieces in any order, doubled, several in a datagram: the messages come out the same.
func TestPiecesComeInAnyOrder(t *testing.T) {
	chain := [][]byte{bytes.Repeat([]byte{1}, 700), bytes.Repeat([]byte{2}, 900)}
	var s Seen
	pieces := message(typeCertificate, 2, certificate(chain...), 150)
	for i := len(pieces) - 1; i >= 0; i-- {
		s.Incoming(append(bytes.Clone(pieces[i]), pieces[i]...))
	}
	if v := s.View(); v.State() != Began || v.Hello != nil {
		t.Fatalf("state %s", v.State())
	}
	s.Incoming(bytes.Join([][]byte{
		message(typeServerHello, 1, serverHello(0, 54, 0, 3, 2, 7, 7, 0, 23, 0, 0), 1000)[0],
		message(typeCertificateRequest, 3, []byte{1, 64, 0, 2, 4, 3, 0, 5, 0, 3, 'a', 'b', 'c'}, 1000)[0],
		message(typeServerHelloDone, 4, nil, 1)[0],
	}, nil))
	v := s.View()
	if v.State() != Whole || v.Garbled != nil {
		t.Fatalf("state %s, %v", v.State(), v.Garbled)
	}
	if d := cmp.Diff(chain, v.Chain); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(&ServerHello{
		Version: version12, Suite: 0xC023, ConnectionID: true, ConnectionIDLength: 2, ExtendedMasterSecret: true,
	}, v.Hello); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(&CertificateRequest{
		Types: []byte{64}, Algorithms: []uint16{0x0403}, Authorities: [][]byte{[]byte("abc")},
	}, v.Request); d != "" {
		t.Error(d)
	}
}

// Pieces of any length overlap, repeat, say nothing, and come in any order: the chain is there with the last that it needs, not before.
func TestPiecesMayOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chain := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 1, 60), 1, 4).Draw(t, "chain")
		body := certificate(chain...)
		cuts := []int{0, len(body)}
		for range rapid.IntRange(0, 6).Draw(t, "cuts") {
			cuts = append(cuts, rapid.IntRange(0, len(body)).Draw(t, "cut"))
		}
		slices.Sort(cuts)
		type span struct{ from, to int }
		var spans []span
		for i := range cuts[1:] {
			spans = append(spans, span{cuts[i], cuts[i+1]})
		}
		for range rapid.IntRange(0, 6).Draw(t, "more") {
			from := rapid.IntRange(0, len(body)).Draw(t, "from")
			spans = append(spans, span{from, rapid.IntRange(from, len(body)).Draw(t, "to")})
		}
		var s Seen
		have := make([]bool, len(body))
		for _, x := range rapid.Permutation(spans).Draw(t, "order") {
			s.Incoming(piece(typeCertificate, 2, body, x.from, x.to))
			for i := x.from; i < x.to; i++ {
				have[i] = true
			}
			v := s.View()
			if whole := !slices.Contains(have, false); v.Garbled != nil || whole != (v.Chain != nil) {
				t.Fatalf("whole %v, chain %v, %v", whole, v.Chain, v.Garbled)
			}
		}
		if d := cmp.Diff(chain, s.View().Chain); d != "" {
			t.Fatal(d)
		}
	})
}

func TestStates(t *testing.T) {
	cookie := message(typeHelloVerifyRequest, 0, []byte{0xFE, 0xFF, 2, 5, 6}, 100)[0]
	hello := message(typeServerHello, 1, serverHello(), 100)[0]
	done := message(typeServerHelloDone, 2, nil, 100)[0]
	alert := func(level, n byte) []byte { return writeRecord(recordAlert, 0, []byte{level, n}) }
	keyed := writeRecord(recordHandshake, 0, []byte("secret"))
	keyed[4] = 1 // epoch
	cid := append([]byte{recordCID, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 1, 9, 9, 9}, "secret"...)
	short := message(typeServerHello, 1, serverHello(), 100)[0]
	short = short[:len(short)-1]
	for _, c := range []struct {
		name string
		in   [][]byte
		want State
	}{
		{"silence", nil, Nothing},
		{"coap", [][]byte{{0x70, 0, 1, 2}}, NotDTLS},
		{"text", [][]byte{[]byte("HTTP/1.1 400 Bad Request\r\n\r\n")}, NotDTLS},
		{"cookies without end", [][]byte{cookie, cookie, cookie}, Cookie},
		{"cookie, then noise", [][]byte{cookie, []byte("noise")}, Cookie},
		{"began", [][]byte{cookie, hello}, Began},
		{"whole", [][]byte{cookie, hello, done}, Whole},
		{"refused after a cookie", [][]byte{cookie, alert(2, 40)}, Alerted},
		{"a warning is no refusal", [][]byte{alert(1, 112), hello}, Began},
		{"a warning is no silence", [][]byte{alert(1, 112)}, Began},
		{"a piece is no silence", [][]byte{message(typeCertificate, 1, make([]byte, 100), 10)[0]}, Began},
		{"half an alert", [][]byte{writeRecord(recordAlert, 0, []byte{2})}, Garbled},
		{"close_notify is one", [][]byte{hello, alert(1, 0)}, Alerted},
		{"under the new keys", [][]byte{hello, done, keyed}, Keyed},
		{"with a connection id", [][]byte{hello, done, cid}, Keyed},
		{"cut short", [][]byte{short}, Garbled},
		{"a bad record behind a good one", [][]byte{append(bytes.Clone(hello), 22, 1)}, Garbled},
		{"a flight is whole in spite of noise", [][]byte{short, hello, done}, Whole},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s Seen
			for _, d := range c.in {
				s.Incoming(d)
			}
			if got := s.View().State(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestOwnSide(t *testing.T) {
	var s Seen
	s.PortUnreachable()
	if got := s.View().State(); got != Refused {
		t.Errorf("%s, want refused", got)
	}
	hello, err := Hello{Suites: Modem()}.Datagram(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.Outgoing(hello)
	s.Incoming(hello)
	if v := s.View(); v.State() != NotDTLS || v.Finished || v.Sent != 1 {
		t.Errorf("an echo is %s", v.State())
	}
	again, err := Hello{Suites: Modem()}.Datagram(1, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.Outgoing(again)
	s.Incoming(hello) // the echo of what was said before
	if v := s.View(); v.State() != NotDTLS {
		t.Errorf("a late echo is %s", v.State())
	}
	if s.View().Shown {
		t.Error("a hello is taken for our certificate")
	}
	s.Outgoing(message(typeCertificate, 2, certificate(make([]byte, 900)), 400)[0])
	if v := s.View(); !v.Shown || v.Finished {
		t.Error("the first piece of our certificate is not noticed, or taken for our Finished")
	}
	hello[4] = 1
	s.Outgoing(hello)
	if !s.View().Finished {
		t.Error("a record of epoch 1 is not noticed")
	}
}

// What a stranger announces must not be believed before it is checked.
func TestBounds(t *testing.T) {
	for name, d := range map[string][]byte{
		"a message of 16 MB": {22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 11, 0xFF, 0xFF, 0xFF, 0, 1, 0, 0, 0, 0, 0, 0},
		"beyond its end":     {22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 13, 11, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 7},
		"version":            {22, 0xFE, 0xFC, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	} {
		var s Seen
		s.Incoming(d)
		if v := s.View(); v.State() != Garbled || v.Garbled == nil {
			t.Errorf("%s: %s", name, v.State())
		}
	}
	var s Seen
	for seq := range uint16(100) {
		s.Incoming(message(typeCertificate, seq, make([]byte, 100), 10)[0])
	}
	if len(s.parts.parts) > maxMessages || s.View().Garbled == nil {
		t.Errorf("%d messages in the making", len(s.parts.parts))
	}
	s = Seen{}
	s.Incoming(message(typeCertificate, 1, make([]byte, 100), 10)[0])
	s.Incoming(message(typeCertificate, 1, make([]byte, 90), 10)[1])
	if s.View().Garbled == nil {
		t.Error("two lengths for one message are taken")
	}
}

func TestNames(t *testing.T) {
	for s, want := range map[Suite]string{
		0xC023: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", 0xC0A8: "TLS_PSK_WITH_AES_128_CCM_8", 0x1234: "0x1234",
	} {
		if got := s.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for _, s := range append(append(Modem(), LwM2M()...), Wider()...) {
		if n := s.String(); !strings.HasPrefix(n, "TLS_") || s.PSK() != strings.Contains(n, "_PSK_") {
			t.Errorf("%04x is %s, PSK %v", uint16(s), n, s.PSK())
		}
	}
	if InModem(0xC0AE) || !InModem(0xC024) {
		t.Error("the modem's list is wrong")
	}
	if got := (Alert{Number: 48}).String(); got != "unknown_ca (48)" {
		t.Error(got)
	}
	if AlertName(200) != "alert 200" {
		t.Error(AlertName(200))
	}
}

func FuzzIncoming(f *testing.F) {
	f.Add([]byte{}, []byte("noise"))
	f.Add(message(typeHelloVerifyRequest, 0, []byte{0xFE, 0xFF, 2, 5, 6}, 100)[0], message(typeServerHello, 1, serverHello(0, 54, 0, 1, 0), 100)[0])
	f.Add(message(typeCertificate, 2, certificate([]byte{1}, []byte{2, 3}), 4)[0], writeRecord(recordAlert, 0, []byte{2, 40}))
	f.Add(message(typeCertificateRequest, 3, []byte{1, 64, 0, 2, 4, 3, 0, 0}, 100)[0], message(typeServerHelloDone, 3, nil, 9)[0])
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var s Seen
		for range 3 {
			s.Incoming(a)
			s.Incoming(b)
			s.Outgoing(b)
		}
		v := s.View()
		if v.Received != 6 || v.State() > Garbled || v.State().String() == "" || errors.Is(v.Garbled, errors.ErrUnsupported) {
			t.Errorf("%+v", v)
		}
		if len(s.parts.parts) > maxMessages {
			t.Errorf("%d messages held", len(s.parts.parts))
		}
	})
}

// The readers of whole messages meet every length that a stranger can think of.
func FuzzMessages(f *testing.F) {
	f.Add(serverHello(0, 54, 0, 3, 2, 7, 7))
	f.Add(certificate([]byte{1}, []byte{2, 3}))
	f.Add([]byte{1, 64, 0, 2, 4, 3, 0, 5, 0, 3, 'a', 'b', 'c'})
	f.Add([]byte{0xFE, 0xFF, 2, 5, 6})
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := readServerHello(b); err == nil && h.ConnectionIDLength > 255 {
			t.Error(h)
		}
		if chain, err := readCertificate(b); err == nil {
			n := 3
			for _, c := range chain {
				n += 3 + len(c)
			}
			if n != len(b) {
				t.Errorf("%d of %d bytes", n, len(b))
			}
		}
		_, _ = readCertificateRequest(b)
		_, _ = readHelloVerifyRequest(b)
	})
}
