package suite

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/ciphersuite"
	"github.com/pion/dtls/v3/pkg/crypto/prf"
	"github.com/pion/dtls/v3/pkg/protocol/recordlayer"

	"example.org/sectag/endpoint/flight"
)

// Mender seals records of a client anew that the library (v3.1.15) sealed wrongly because they carry a Connection ID: a Finished that
// is said again has the sequence number 0 again, which every server takes for a replay, and the MAC of CBC suites is not that of
// RFC 9146. docs/pion-cid.md tells it all.
type Mender struct {
	library sealer  // with our keys on both sides, so that it opens what we sealed
	own     *cidCBC // for CBC suites
	made    bool    // the suite is one of ours: its MAC is right
}

// sealer is a suite of the library's public parts, with which records can be opened and sealed.
type sealer interface {
	Encrypt(pkt *recordlayer.RecordLayer, raw []byte) ([]byte, error)
	Decrypt(h recordlayer.Header, raw []byte) ([]byte, error)
}

// sizes are what a suite's keys are made with.
type sizes struct {
	mac, key, iv int
	hash         func() hash.Hash // of the key derivation
	macHash      func() hash.Hash // nil for authenticated encryption
	tag          ciphersuite.CCMTagLen
}

func sizesOf(id dtls.CipherSuiteID) (sizes, bool) {
	switch id {
	case dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, dtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:
		return sizes{key: 16, iv: 4, hash: sha256.New}, true
	case dtls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:
		return sizes{key: 32, iv: 4, hash: sha512.New384}, true
	case dtls.TLS_PSK_WITH_AES_128_CCM_8:
		return sizes{key: 16, iv: 4, hash: sha256.New, tag: ciphersuite.CCMTagLength8}, true
	case dtls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, dtls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA:
		return sizes{mac: sha1.Size, key: 32, iv: ivSize, hash: sha256.New, macHash: sha1.New}, true
	case dtls.TLS_PSK_WITH_AES_128_CBC_SHA256:
		return sizes{mac: sha256.Size, key: 16, iv: ivSize, hash: sha256.New, macHash: sha256.New}, true
	}
	if own := made(id); own != nil {
		return sizes{mac: own.mac().Size(), key: own.key, iv: ivSize, hash: own.hash, macHash: own.mac}, true
	}
	return sizes{}, false
}

// NewMender makes the mender of a client's session; nil for a suite that the modem has not.
func NewMender(id dtls.CipherSuiteID, masterSecret, clientRandom, serverRandom []byte) (*Mender, error) {
	z, ok := sizesOf(id)
	if !ok {
		return nil, nil
	}
	k, err := prf.GenerateEncryptionKeys(masterSecret, clientRandom, serverRandom, z.mac, z.key, z.iv, z.hash)
	if err != nil {
		return nil, fmt.Errorf("making the keys of %s: %w", flight.Suite(id), err)
	}
	m := &Mender{made: made(id) != nil}
	key, iv, mac := k.ClientWriteKey, k.ClientWriteIV, k.ClientMACKey
	switch {
	case z.macHash != nil:
		var own cidCBC
		if own, err = newCIDCBC(z.macHash, key, mac, key, mac); err == nil {
			m.own = &own
			m.library, err = ciphersuite.NewCBC(key, iv, mac, key, iv, mac, z.macHash)
		}
	case z.tag != 0:
		m.library, err = ciphersuite.NewCCM(z.tag, key, iv, key, iv)
	default:
		m.library, err = ciphersuite.NewGCM(key, iv, key, iv)
	}
	if err != nil {
		return nil, fmt.Errorf("making the keys of %s: %w", flight.Suite(id), err)
	}
	return m, nil
}

// Always tells whether every record with a Connection ID has to be mended, not only one that is said again.
func (m *Mender) Always() bool { return m.own != nil && !m.made }

// Mend opens a record that carries a Connection ID of so many bytes, and seals it with another sequence number.
func (m *Mender) Mend(record []byte, cid int, sequence uint64) ([]byte, error) {
	h := recordlayer.Header{ConnectionID: make([]byte, cid)}
	open := m.library.Decrypt
	if m.made {
		open = m.own.open
	}
	plain, err := open(h, bytes.Clone(record))
	if err != nil {
		return nil, fmt.Errorf("opening a record of ours: %w", err)
	}
	if err := h.Unmarshal(plain); err != nil {
		return nil, fmt.Errorf("reading a record of ours: %w", err)
	}
	h.SequenceNumber = sequence
	inner := plain[h.Size():]
	if m.own != nil {
		return m.own.seal(h, inner)
	}
	head, err := h.Marshal()
	if err != nil {
		return nil, fmt.Errorf("writing a record header: %w", err)
	}
	out, err := m.library.Encrypt(&recordlayer.RecordLayer{Header: h}, append(head, inner...))
	if err != nil {
		return nil, fmt.Errorf("sealing a record anew: %w", err)
	}
	return out, nil
}
