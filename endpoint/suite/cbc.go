package suite

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"sync/atomic"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/ciphersuite"
	"github.com/pion/dtls/v3/pkg/crypto/clientcertificate"
	"github.com/pion/dtls/v3/pkg/crypto/prf"
	"github.com/pion/dtls/v3/pkg/protocol"
	"github.com/pion/dtls/v3/pkg/protocol/recordlayer"
)

// Sizes of AES_128_CBC_SHA256 in bytes (RFC 5246, appendix C).
const (
	macSize = 32
	keySize = 16
	ivSize  = 16
)

var errNoKeys = errors.New("the cipher suite has no keys yet")

// cbc is the suite for one session. Plain records go through the library's CBC; records with a Connection ID do not, see cid.go.
type cbc struct {
	keys atomic.Pointer[keys]
}

type keys struct {
	plain *ciphersuite.CBC
	cid   cidCBC
}

// Init makes the session's keys from the master secret; part of dtls.CipherSuite, as all that follows.
func (c *cbc) Init(masterSecret, clientRandom, serverRandom []byte, isClient bool) error {
	k, err := prf.GenerateEncryptionKeys(masterSecret, clientRandom, serverRandom, macSize, keySize, ivSize, sha256.New)
	if err != nil {
		return fmt.Errorf("making the keys of 0xC023: %w", err)
	}
	near := [3][]byte{k.ClientWriteKey, k.ClientWriteIV, k.ClientMACKey}
	far := [3][]byte{k.ServerWriteKey, k.ServerWriteIV, k.ServerMACKey}
	if !isClient {
		near, far = far, near
	}
	plain, err := ciphersuite.NewCBC(near[0], near[1], near[2], far[0], far[1], far[2], sha256.New)
	if err != nil {
		return fmt.Errorf("making the keys of 0xC023: %w", err)
	}
	cid, err := newCIDCBC(near[0], near[2], far[0], far[2])
	if err != nil {
		return fmt.Errorf("making the keys of 0xC023: %w", err)
	}
	c.keys.Store(&keys{plain: plain, cid: cid})
	return nil
}

// Encrypt protects one record, given with its header.
func (c *cbc) Encrypt(pkt *recordlayer.RecordLayer, raw []byte) ([]byte, error) {
	k := c.keys.Load()
	switch {
	case k == nil:
		return nil, errNoKeys
	case pkt.Header.ContentType == protocol.ContentTypeConnectionID:
		return k.cid.seal(pkt.Header, raw[pkt.Header.Size():])
	}
	return k.plain.Encrypt(pkt, raw)
}

// Decrypt checks and opens one record and returns it with its header.
func (c *cbc) Decrypt(h recordlayer.Header, raw []byte) ([]byte, error) {
	k := c.keys.Load()
	if k == nil {
		return nil, errNoKeys
	}
	if len(raw) > 0 && protocol.ContentType(raw[0]) == protocol.ContentTypeConnectionID {
		return k.cid.open(h, raw)
	}
	return k.plain.Decrypt(h, raw)
}

// IsInitialized tells whether Init succeeded.
func (c *cbc) IsInitialized() bool { return c.keys.Load() != nil }

// String is the IANA name.
func (*cbc) String() string { return "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" }

// ID is 0xC023.
func (*cbc) ID() dtls.CipherSuiteID { return CBC }

// CertificateType is ECDSA.
func (*cbc) CertificateType() clientcertificate.Type { return clientcertificate.ECDSASign }

// HashFunc is the hash of the handshake and of the key derivation.
func (*cbc) HashFunc() func() hash.Hash { return sha256.New }

// AuthenticationType is by certificate.
func (*cbc) AuthenticationType() dtls.CipherSuiteAuthenticationType {
	return dtls.CipherSuiteAuthenticationTypeCertificate
}

// KeyExchangeAlgorithm is ephemeral elliptic curve Diffie-Hellman.
func (*cbc) KeyExchangeAlgorithm() dtls.CipherSuiteKeyExchangeAlgorithm {
	return dtls.CipherSuiteKeyExchangeAlgorithmEcdhe
}

// ECC asks for the elliptic curve extensions in the hello.
func (*cbc) ECC() bool { return true }
