package suite

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
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

	"example.org/sectag/endpoint/flight"
)

var errNoKeys = errors.New("the cipher suite has no keys yet")

// ivSize is that of AES in bytes, in every suite with CBC.
const ivSize = 16

// kind is what tells one CBC suite from another.
type kind struct {
	id   dtls.CipherSuiteID
	key  int              // bytes of the AES key
	mac  func() hash.Hash // of the records
	hash func() hash.Hash // of the handshake and of the key derivation: SHA-256 where the suite names none (RFC 5246, section 5)
	cert clientcertificate.Type
	psk  bool
}

// kinds are the CBC suites of the modem that the library lacks (RFC 4279, 5246, 5289, 8422).
func kinds() []kind {
	const ecdsa, rsa = clientcertificate.ECDSASign, clientcertificate.RSASign
	return []kind{
		{id: CBC, key: 16, mac: sha256.New, hash: sha256.New, cert: ecdsa},
		{id: 0xc024, key: 32, mac: sha512.New384, hash: sha512.New384, cert: ecdsa},
		{id: 0xc009, key: 16, mac: sha1.New, hash: sha256.New, cert: ecdsa},
		{id: 0xc027, key: 16, mac: sha256.New, hash: sha256.New, cert: rsa},
		{id: 0xc013, key: 16, mac: sha1.New, hash: sha256.New, cert: rsa},
		{id: 0x008c, key: 16, mac: sha1.New, hash: sha256.New, psk: true},
		{id: 0x008d, key: 32, mac: sha1.New, hash: sha256.New, psk: true},
	}
}

// made makes the suite for one session; nil if it is none of ours.
func made(id dtls.CipherSuiteID) *cbc {
	for _, k := range kinds() {
		if k.id == id {
			return &cbc{kind: k}
		}
	}
	return nil
}

// cbc is a suite for one session. Plain records go through the library's CBC; records with a Connection ID do not, see cid.go.
type cbc struct {
	kind
	keys atomic.Pointer[keys]
}

type keys struct {
	plain *ciphersuite.CBC
	cid   cidCBC
}

// Init makes the session's keys from the master secret; part of dtls.CipherSuite, as all that follows.
func (c *cbc) Init(masterSecret, clientRandom, serverRandom []byte, isClient bool) error {
	k, err := prf.GenerateEncryptionKeys(masterSecret, clientRandom, serverRandom, c.mac().Size(), c.key, ivSize, c.hash)
	if err != nil {
		return fmt.Errorf("making the keys of %s: %w", c, err)
	}
	near := [3][]byte{k.ClientWriteKey, k.ClientWriteIV, k.ClientMACKey}
	far := [3][]byte{k.ServerWriteKey, k.ServerWriteIV, k.ServerMACKey}
	if !isClient {
		near, far = far, near
	}
	plain, err := ciphersuite.NewCBC(near[0], near[1], near[2], far[0], far[1], far[2], c.mac)
	if err != nil {
		return fmt.Errorf("making the keys of %s: %w", c, err)
	}
	cid, err := newCIDCBC(c.mac, near[0], near[2], far[0], far[2])
	if err != nil {
		return fmt.Errorf("making the keys of %s: %w", c, err)
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
func (c *cbc) String() string { return flight.Suite(c.id).String() }

// ID is the IANA number.
func (c *cbc) ID() dtls.CipherSuiteID { return c.id }

// CertificateType is the kind of the server's key; that of a suite with a pre-shared key is none.
func (c *cbc) CertificateType() clientcertificate.Type { return c.cert }

// HashFunc is the hash of the handshake and of the key derivation.
func (c *cbc) HashFunc() func() hash.Hash { return c.hash }

// AuthenticationType is by certificate or by pre-shared key.
func (c *cbc) AuthenticationType() dtls.CipherSuiteAuthenticationType {
	if c.psk {
		return dtls.CipherSuiteAuthenticationTypePreSharedKey
	}
	return dtls.CipherSuiteAuthenticationTypeCertificate
}

// KeyExchangeAlgorithm is ephemeral elliptic curve Diffie-Hellman, or the pre-shared key alone.
func (c *cbc) KeyExchangeAlgorithm() dtls.CipherSuiteKeyExchangeAlgorithm {
	if c.psk {
		return dtls.CipherSuiteKeyExchangeAlgorithmPsk
	}
	return dtls.CipherSuiteKeyExchangeAlgorithmEcdhe
}

// ECC asks for the elliptic curve extensions in the hello.
func (c *cbc) ECC() bool { return !c.psk }
