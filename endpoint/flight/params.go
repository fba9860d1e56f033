package flight

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
)

// Version is a version of DTLS or TLS, by its number on the wire.
type Version uint16

// The versions, DTLS's of RFC 6347 and 9147, TLS's of RFC 5246 and 8446.
const (
	DTLS10 Version = 0xFEFF
	DTLS12 Version = 0xFEFD
	DTLS13 Version = 0xFEFC
	TLS10  Version = 0x0301
	TLS11  Version = 0x0302
	TLS12  Version = 0x0303
	TLS13  Version = 0x0304
)

// String is what people call it, or the number in hex.
func (v Version) String() string {
	switch v {
	case DTLS10:
		return "DTLS 1.0"
	case DTLS12:
		return "DTLS 1.2"
	case DTLS13:
		return "DTLS 1.3"
	case TLS10:
		return "TLS 1.0"
	case TLS11:
		return "TLS 1.1"
	case TLS12:
		return "TLS 1.2"
	case TLS13:
		return "TLS 1.3"
	}
	return fmt.Sprintf("%04x", uint16(v))
}

// Stream tells whether it is spoken over TCP.
func (v Version) Stream() bool { return v>>8 == 3 }

// legacy is what the old version field says: from 1.3 on it stays at 1.2 (RFC 8446, section 4.1.2).
func (v Version) legacy() uint16 {
	switch v {
	case DTLS13:
		return version12
	case TLS13:
		return uint16(TLS12)
	}
	return uint16(v)
}

// Group is a curve for the key exchange, by its IANA number (TLS Supported Groups).
type Group uint16

// The groups that servers are asked for.
const (
	P256   Group = 23
	P384   Group = 24
	P521   Group = 25
	X25519 Group = 29
)

// Groups are all that are offered: what a modem was seen to use first (P-256 and P-384), then what else is common.
func Groups() []Group { return []Group{P256, P384, P521, X25519} }

// String is the IANA name, or the number in hex.
func (g Group) String() string {
	switch g {
	case P256:
		return "secp256r1"
	case P384:
		return "secp384r1"
	case P521:
		return "secp521r1"
	case X25519:
		return "x25519"
	case 26:
		return "brainpoolP256r1"
	case 30:
		return "x448"
	}
	return fmt.Sprintf("0x%04x", uint16(g))
}

// Signature is an algorithm for signatures, by its number in the signature_algorithms extension (RFC 5246, 8446).
type Signature uint16

// The ECDSA algorithms of the units' kind of key.
const ECDSASHA256 Signature = 0x0403

// Signatures are all that are offered: ECDSA and RSA PKCS#1 v1.5 with SHA-256, 384, 512, RSA-PSS with the same: what a chain of
// today is signed with.
func Signatures() []Signature {
	return []Signature{ECDSASHA256, 0x0503, 0x0603, 0x0401, 0x0501, 0x0601, 0x0804, 0x0805, 0x0806}
}

// signatures is a table and never written.
var signatures = map[Signature]string{
	0x0203: "ECDSA-SHA1", 0x0403: "ECDSA-SHA256", 0x0503: "ECDSA-SHA384", 0x0603: "ECDSA-SHA512",
	0x0201: "SHA1-RSA", 0x0401: "SHA256-RSA", 0x0501: "SHA384-RSA", 0x0601: "SHA512-RSA",
	0x0804: "SHA256-RSAPSS", 0x0805: "SHA384-RSAPSS", 0x0806: "SHA512-RSAPSS",
	0x0809: "SHA256-RSAPSS", 0x080A: "SHA384-RSAPSS", 0x080B: "SHA512-RSAPSS", // with a key for nothing else
	0x0807: "Ed25519", 0x0808: "Ed448", 0x0303: "ECDSA-SHA224", 0x0301: "SHA224-RSA",
}

// String is the name as Go's certificates have it, or the number in hex.
func (s Signature) String() string {
	if n := signatures[s]; n != "" {
		return n
	}
	return fmt.Sprintf("0x%04x", uint16(s))
}

// Exchange is what a ServerKeyExchange says in clear (RFC 8422, section 5.4; RFC 4279, section 2).
type Exchange struct {
	Group     Group     // 0 without any, or with one that has no number
	Signature Signature // 0 without any
	Hint      string    // of a suite with a pre-shared key: which identity the server would like; "" without
}

// Key reads the ServerKeyExchange. False means that there is none, that its suite has none that is read here, or that it cannot be read.
func (v View) Key() (Exchange, bool) {
	if v.Hello == nil || v.Exchange == nil {
		return Exchange{}, false
	}
	return readExchange(v.Hello.Suite, v.Hello.Version, v.Exchange)
}

func readExchange(suite Suite, version Version, b []byte) (out Exchange, ok bool) {
	s := cryptobyte.String(b)
	curves := suite.Curved()
	if suite.PSK() {
		var hint cryptobyte.String
		if !s.ReadUint16LengthPrefixed(&hint) {
			return Exchange{}, false
		}
		out.Hint = string(hint)
		if !curves {
			return out, s.Empty()
		}
	}
	if !curves {
		return Exchange{}, false
	}
	var kind uint8
	var group, signature uint16
	var point, sig cryptobyte.String
	if !s.ReadUint8(&kind) || kind != 3 || !s.ReadUint16(&group) || !s.ReadUint8LengthPrefixed(&point) { // 3 is named_curve
		return Exchange{}, false
	}
	out.Group = Group(group)
	if suite.PSK() {
		return out, s.Empty()
	}
	if version == DTLS12 || version == TLS12 { // older ones do not name the algorithm
		if !s.ReadUint16(&signature) {
			return Exchange{}, false
		}
		out.Signature = Signature(signature)
	}
	return out, s.ReadUint16LengthPrefixed(&sig) && s.Empty()
}
