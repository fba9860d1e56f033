package suite

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/prf"
	"github.com/pion/dtls/v3/pkg/protocol"
	"github.com/pion/dtls/v3/pkg/protocol/handshake"
	"github.com/pion/dtls/v3/pkg/protocol/recordlayer"

	"example.org/sectag/endpoint/flight"
)

func TestNothingIsOfferedThatTheModemLacks(t *testing.T) {
	for _, id := range Client() {
		if !flight.InModem(flight.Suite(id)) || flight.Suite(id).PSK() {
			t.Errorf("%s is offered", flight.Suite(id))
		}
	}
	for _, id := range PSK() {
		if !flight.InModem(flight.Suite(id)) || !flight.Suite(id).PSK() {
			t.Errorf("%s is offered with a pre-shared key", flight.Suite(id))
		}
	}
	for _, s := range flight.Modem() {
		if !slices.Contains(slices.Concat(Client(), PSK()), dtls.CipherSuiteID(s)) {
			t.Errorf("%s is not offered", s)
		}
		built := slices.ContainsFunc(dtls.CipherSuites(), func(c *tls.CipherSuite) bool { return c.ID == uint16(s) })
		if own := made(dtls.CipherSuiteID(s)); built && own != nil || own != nil && own.psk != s.PSK() {
			t.Errorf("%s: the library has it %v, and it is made here", s, built)
		}
	}
}

func TestTheOfferKeepsItsOrder(t *testing.T) {
	// The library puts custom suites first.
	m := handshake.MessageClientHello{CipherSuiteIDs: []uint16{0xc023, 0xc0ac, 0xc02b, 0xc00a, 0xc02f, 0xc030, 0xc014}}
	got := inOrder(Client())(m).(*handshake.MessageClientHello).CipherSuiteIDs
	if want := []uint16{0xc02b, 0xc023, 0xc00a, 0xc02f, 0xc030, 0xc014}; !slices.Equal(got, want) {
		t.Errorf("offered as %04x, not %04x", got, want)
	}
	if m.CipherSuiteIDs[0] != 0xc023 {
		t.Error("the library's own list was changed")
	}
}

var (
	master = bytes.Repeat([]byte{1}, 48)
	near   = bytes.Repeat([]byte{2}, 32)
	far    = bytes.Repeat([]byte{3}, 32)
)

func pair(t testing.TB) (client, server *cbc) {
	t.Helper()
	client, server = made(CBC), made(CBC)
	if client.IsInitialized() {
		t.Error("a new suite says that it has keys")
	}
	for c, isClient := range map[*cbc]bool{client: true, server: false} {
		if err := c.Init(master, near, far, isClient); err != nil || !c.IsInitialized() {
			t.Fatal(err)
		}
	}
	return client, server
}

func record(t testing.TB, h recordlayer.Header, body []byte) ([]byte, *recordlayer.RecordLayer) {
	t.Helper()
	h.ContentLen = uint16(len(body))
	raw, err := h.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return append(raw, body...), &recordlayer.RecordLayer{Header: h}
}

func cidHeader() recordlayer.Header {
	return recordlayer.Header{
		ContentType: protocol.ContentTypeConnectionID, Version: protocol.Version1_2, Epoch: 1,
		SequenceNumber: 0x010203040506, ConnectionID: []byte("cidcidci"),
	}
}

// The MAC is computed here a second time, byte by byte as RFC 9146 section 5.1 lists its input.
func TestRecordsWithAConnectionIDFollowTheRFC(t *testing.T) {
	client, _ := pair(t)
	inner := []byte("hello\x17\x00\x00") // content, real type 23, zeros
	raw, pkt := record(t, cidHeader(), inner)
	out, err := client.Encrypt(pkt, raw)
	if err != nil {
		t.Fatal(err)
	}
	head, err := hex.DecodeString("19fefd0001010203040506" + hex.EncodeToString([]byte("cidcidci")) + "0040")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(out, head) || len(out) != len(head)+64 {
		t.Fatalf("header %x of %d bytes in all, not %x", out[:len(head)], len(out), head)
	}
	keys, err := prf.GenerateEncryptionKeys(master, near, far, 32, 16, 16, sha256.New)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(keys.ClientWriteKey)
	if err != nil {
		t.Fatal(err)
	}
	body := out[len(head):]
	plain := make([]byte, len(body)-16)
	cipher.NewCBCDecrypter(block, body[:16]).CryptBlocks(plain, body[16:])
	input, err := hex.DecodeString("ffffffffffffffff" + "19" + "08" + "19" + "fefd" + "0001" + "010203040506" +
		hex.EncodeToString([]byte("cidcidci")) + "0008" + hex.EncodeToString(inner))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, keys.ClientMACKey)
	mac.Write(input)
	want := append(append(inner, mac.Sum(nil)...), bytes.Repeat([]byte{7}, 8)...)
	if !bytes.Equal(plain, want) {
		t.Errorf("protected %x, the RFC has %x", plain, want)
	}
}

func TestRecordsOpenOnlyUnchanged(t *testing.T) {
	client, server := pair(t)
	plainHeader := recordlayer.Header{ContentType: protocol.ContentTypeApplicationData, Version: protocol.Version1_2, Epoch: 1}
	for size := range 40 { // every length of padding
		for _, h := range []recordlayer.Header{cidHeader(), plainHeader} {
			inner := append(bytes.Repeat([]byte{'x'}, size), 23)
			raw, pkt := record(t, h, inner)
			sealed, err := client.Encrypt(pkt, raw)
			if err != nil {
				t.Fatal(err)
			}
			template := recordlayer.Header{ConnectionID: make([]byte, len(h.ConnectionID))}
			opened, err := server.Decrypt(template, bytes.Clone(sealed))
			if err != nil || !bytes.Equal(opened[h.Size():], inner) {
				t.Fatalf("%d bytes: %x, %v", size, opened, err)
			}
			for i := range sealed {
				if size > 2 || h.ContentType != protocol.ContentTypeConnectionID || i >= h.Size()-2 && i < h.Size() {
					continue // one length is enough; the length field is the record layer's to check
				}
				bad := bytes.Clone(sealed)
				bad[i] ^= 1
				if out, err := server.Decrypt(template, bad); err == nil {
					t.Fatalf("byte %d changed, and it opened: %x", i, out)
				}
			}
		}
	}
}

func TestNoKeysNoRecords(t *testing.T) {
	raw, pkt := record(t, cidHeader(), []byte{23})
	if _, err := made(CBC).Encrypt(pkt, raw); !errors.Is(err, errNoKeys) {
		t.Error(err)
	}
	if _, err := made(CBC).Decrypt(pkt.Header, raw); !errors.Is(err, errNoKeys) {
		t.Error(err)
	}
}

func FuzzOpen(f *testing.F) {
	client, server := pair(f)
	raw, pkt := record(f, cidHeader(), []byte("hello\x17"))
	sealed, err := client.Encrypt(pkt, raw)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add(sealed[:37])
	f.Add([]byte{25})
	f.Fuzz(func(t *testing.T, in []byte) {
		open := func(b []byte) error {
			var h recordlayer.Header
			if b[0] == byte(protocol.ContentTypeConnectionID) { // as the library does
				h.ConnectionID = make([]byte, 8)
			}
			_, err := server.Decrypt(h, bytes.Clone(b))
			return err
		}
		if len(in) < recordlayer.FixedHeaderSize || in[0] == byte(protocol.ContentTypeChangeCipherSpec) || open(in) != nil {
			return // the library has read the header before, and a ChangeCipherSpec is never protected
		}
		in[len(in)-1] ^= 1
		if open(in) == nil {
			t.Fatalf("%x opens with its last bit either way", in)
		}
	})
}
