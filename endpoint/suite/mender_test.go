package suite

import (
	"bytes"
	"slices"
	"testing"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/ciphersuite"
	"github.com/pion/dtls/v3/pkg/crypto/prf"
	"github.com/pion/dtls/v3/pkg/protocol/recordlayer"

	"example.org/sectag/endpoint/flight"
)

// ends makes a suite as the library does, for both ends, and what opens a client's records as RFC 9146 has it.
func ends(t *testing.T, id dtls.CipherSuiteID) (client sealer, rfc func(recordlayer.Header, []byte) ([]byte, error)) {
	t.Helper()
	if own := made(id); own != nil {
		server := made(id)
		for c, isClient := range map[*cbc]bool{own: true, server: false} {
			if err := c.Init(master, near, far, isClient); err != nil {
				t.Fatal(err)
			}
		}
		return own, server.Decrypt
	}
	z, ok := sizesOf(id)
	if !ok {
		t.Fatalf("%s has no sizes", flight.Suite(id))
	}
	k, err := prf.GenerateEncryptionKeys(master, near, far, z.mac, z.key, z.iv, z.hash)
	if err != nil {
		t.Fatal(err)
	}
	ck, civ, sk, siv := k.ClientWriteKey, k.ClientWriteIV, k.ServerWriteKey, k.ServerWriteIV
	var c, s sealer
	switch {
	case z.macHash != nil:
		c, err = ciphersuite.NewCBC(ck, civ, k.ClientMACKey, sk, siv, k.ServerMACKey, z.macHash)
		server, e := newCIDCBC(z.macHash, sk, k.ServerMACKey, ck, k.ClientMACKey)
		if e != nil || err != nil {
			t.Fatal(e, err)
		}
		return c, server.open
	case z.tag != 0:
		c, err = ciphersuite.NewCCM(z.tag, ck, civ, sk, siv)
		if err == nil {
			s, err = ciphersuite.NewCCM(z.tag, sk, siv, ck, civ)
		}
	default:
		c, err = ciphersuite.NewGCM(ck, civ, sk, siv)
		if err == nil {
			s, err = ciphersuite.NewGCM(sk, siv, ck, civ)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return c, s.Decrypt
}

func TestMendedRecordsOpenAsTheRFCHasThem(t *testing.T) {
	wrong := []dtls.CipherSuiteID{
		dtls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, dtls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, dtls.TLS_PSK_WITH_AES_128_CBC_SHA256,
	}
	for _, id := range slices.Concat(Client(), PSK()) {
		m, err := NewMender(id, master, near, far)
		if err != nil || m == nil {
			t.Fatalf("%s: %v", flight.Suite(id), err)
		}
		client, rfc := ends(t, id)
		inner := []byte("twelve bytes\x16")
		raw, pkt := record(t, cidHeader(), inner)
		sealed, err := client.Encrypt(pkt, raw)
		if err != nil {
			t.Fatal(err)
		}
		before := bytes.Clone(sealed)
		h := recordlayer.Header{ConnectionID: make([]byte, 8)}
		if out, err := rfc(h, bytes.Clone(sealed)); (err != nil) != slices.Contains(wrong, id) || m.Always() != slices.Contains(wrong, id) {
			t.Errorf("%s as the library seals it: %x, %v, always mended %v", flight.Suite(id), out, err, m.Always())
		}
		mended, err := m.Mend(sealed, 8, 0x0a0b)
		if err != nil {
			t.Errorf("%s: %v", flight.Suite(id), err)
			continue
		}
		plain, err := rfc(h, bytes.Clone(mended))
		if err != nil || !bytes.Equal(plain[21:], inner) || !bytes.Equal(mended[5:11], []byte{0, 0, 0, 0, 0x0a, 0x0b}) || !bytes.Equal(mended[11:19], []byte("cidcidci")) {
			t.Errorf("%s: mended to %x, which opens as %x, %v", flight.Suite(id), mended, plain, err)
		}
		if !bytes.Equal(before, sealed) {
			t.Errorf("%s: the record itself was changed", flight.Suite(id))
		}
		sealed[len(sealed)-1] ^= 1
		if out, err := m.Mend(sealed, 8, 1); err == nil {
			t.Errorf("%s: a record that is not ours was mended to %x", flight.Suite(id), out)
		}
	}
	if m, err := NewMender(dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, master, near, far); m != nil || err != nil {
		t.Errorf("a mender for a suite that the modem has not: %v, %v", m, err)
	}
}
