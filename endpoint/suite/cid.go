package suite

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"

	"github.com/pion/dtls/v3/pkg/protocol"
	"github.com/pion/dtls/v3/pkg/protocol/recordlayer"
)

var errBadRecord = errors.New("the record does not authenticate")

// cidCBC protects records that carry a Connection ID, as RFC 9146 section 5.1 has it for block ciphers. The library's own CBC
// (v3.1.15, hmacCID) feeds the plaintext to the MAC a second time: Eclipse Scandium 3.12 drops such records without a word, and
// takes those that are written here.
type cidCBC struct {
	mac             func() hash.Hash
	near, far       cipher.Block
	nearMAC, farMAC []byte
}

func newCIDCBC(mac func() hash.Hash, nearKey, nearMAC, farKey, farMAC []byte) (cidCBC, error) {
	near, err := aes.NewCipher(nearKey)
	if err != nil {
		return cidCBC{}, err
	}
	far, err := aes.NewCipher(farKey)
	if err != nil {
		return cidCBC{}, err
	}
	return cidCBC{mac: mac, near: near, far: far, nearMAC: nearMAC, farMAC: farMAC}, nil
}

// seal writes header, initialisation vector and ciphertext of one inner plaintext (content, real type, zeros).
func (c cidCBC) seal(h recordlayer.Header, inner []byte) ([]byte, error) {
	body := make([]byte, ivSize, ivSize+len(inner)+c.mac().Size()+aes.BlockSize)
	if _, err := rand.Read(body); err != nil {
		return nil, fmt.Errorf("drawing an initialisation vector: %w", err)
	}
	body = append(body, inner...)
	body = append(body, c.tag(c.nearMAC, h, inner)...)
	padding := aes.BlockSize - (len(body)-ivSize)%aes.BlockSize
	for range padding {
		body = append(body, byte(padding-1))
	}
	cipher.NewCBCEncrypter(c.near, body[:ivSize]).CryptBlocks(body[ivSize:], body[ivSize:])
	h.ContentLen = uint16(len(body))
	raw, err := h.Marshal()
	if err != nil {
		return nil, fmt.Errorf("writing a record header: %w", err)
	}
	return append(raw, body...), nil
}

// open reads one record; h holds a Connection ID of the length that was agreed. The MAC is always computed, over the whole
// when the padding is wrong, so that a wrong padding and a wrong MAC look alike.
func (c cidCBC) open(h recordlayer.Header, raw []byte) ([]byte, error) {
	if err := h.Unmarshal(raw); err != nil {
		return nil, fmt.Errorf("reading a record header: %w", err)
	}
	body, macSize := raw[h.Size():], c.mac().Size()
	if len(body)%aes.BlockSize != 0 || len(body) < ivSize+macSize+1 {
		return nil, errBadRecord
	}
	plain := make([]byte, len(body)-ivSize)
	cipher.NewCBCDecrypter(c.far, body[:ivSize]).CryptBlocks(plain, body[ivSize:])
	room := len(plain) - macSize
	padding, good := unpad(plain, room)
	inner := plain[:room-padding]
	want := c.tag(c.farMAC, h, inner)
	good &= subtle.ConstantTimeCompare(want, plain[len(inner):len(inner)+macSize])
	if good != 1 {
		return nil, errBadRecord
	}
	return append(append([]byte{}, raw[:h.Size()]...), inner...), nil
}

// unpad tells how many bytes of padding end b, at most room, and 1 if all of them are right. A wrong padding counts as none.
func unpad(b []byte, room int) (n, good int) {
	last := b[len(b)-1]
	n = int(last) + 1
	good = subtle.ConstantTimeLessOrEq(n, room)
	for i := range min(256, len(b)) {
		inside := subtle.ConstantTimeLessOrEq(i+1, n)
		same := subtle.ConstantTimeByteEq(b[len(b)-1-i], last)
		good &= subtle.ConstantTimeSelect(inside, same, 1)
	}
	return subtle.ConstantTimeSelect(good, n, 0), good
}

// tag is the MAC of RFC 9146, section 5.1; inner is content, real type and zeros.
func (c cidCBC) tag(key []byte, h recordlayer.Header, inner []byte) []byte {
	var seq [8]byte
	binary.BigEndian.PutUint64(seq[:], h.SequenceNumber)
	msg := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	msg = append(msg, byte(protocol.ContentTypeConnectionID), byte(len(h.ConnectionID)), byte(protocol.ContentTypeConnectionID))
	msg = append(msg, h.Version.Major, h.Version.Minor, byte(h.Epoch>>8), byte(h.Epoch))
	msg = append(msg, seq[2:]...)
	msg = append(msg, h.ConnectionID...)
	msg = append(msg, byte(len(inner)>>8), byte(len(inner)))
	mac := hmac.New(c.mac, key)
	mac.Write(msg)
	mac.Write(inner)
	return mac.Sum(nil)
}
