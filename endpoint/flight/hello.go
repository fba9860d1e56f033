package flight

import "golang.org/x/crypto/cryptobyte"

// Hello is a ClientHello of DTLS 1.2. The random must stay the same when the hello is repeated with a cookie.
type Hello struct {
	Random     [32]byte
	Cookie     []byte // from the HelloVerifyRequest, at most 255 bytes; empty at first
	Suites     []Suite
	ServerName string // SNI; empty for an address literal (RFC 6066, section 3)
	CID        bool   // offer Connection ID with an empty identifier: "I can send one, I need none" (RFC 9146)
}

// Datagram writes the hello as one record. Both numbers go on after the cookie: record 0 and message 0 without one, then 1
// and 1; a retransmission takes the next record and the same message (RFC 6347, sections 4.2.1 and 4.2.2).
func (h Hello) Datagram(record uint64, message uint16) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddUint16(version12)
	b.AddBytes(h.Random[:])
	b.AddUint8(0) // no session to resume
	b.AddUint8LengthPrefixed(func(c *cryptobyte.Builder) { c.AddBytes(h.Cookie) })
	b.AddUint16LengthPrefixed(func(c *cryptobyte.Builder) {
		for _, s := range h.Suites {
			c.AddUint16(uint16(s))
		}
	})
	b.AddUint8LengthPrefixed(func(c *cryptobyte.Builder) { c.AddUint8(0) }) // no compression
	b.AddUint16LengthPrefixed(h.extensions)
	body, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	var m cryptobyte.Builder
	m.AddUint8(typeClientHello)
	m.AddUint24(uint32(len(body)))
	m.AddUint16(message)
	m.AddUint24(0)
	m.AddUint24(uint32(len(body)))
	m.AddBytes(body)
	whole, err := m.Bytes()
	if err != nil {
		return nil, err
	}
	return writeRecord(recordHandshake, record, whole), nil
}

func (h Hello) extensions(b *cryptobyte.Builder) {
	add := func(number uint16, data func(*cryptobyte.Builder)) {
		b.AddUint16(number)
		b.AddUint16LengthPrefixed(data)
	}
	list16 := func(values ...uint16) func(*cryptobyte.Builder) {
		return func(d *cryptobyte.Builder) {
			d.AddUint16LengthPrefixed(func(l *cryptobyte.Builder) {
				for _, v := range values {
					l.AddUint16(v)
				}
			})
		}
	}
	empty := func(*cryptobyte.Builder) {}
	if h.ServerName != "" {
		add(extServerName, func(d *cryptobyte.Builder) {
			d.AddUint16LengthPrefixed(func(l *cryptobyte.Builder) {
				l.AddUint8(0) // host_name
				l.AddUint16LengthPrefixed(func(n *cryptobyte.Builder) { n.AddBytes([]byte(h.ServerName)) })
			})
		})
	}
	add(extSupportedGroups, list16(23, 24, 25, 29)) // secp256r1, secp384r1, secp521r1, x25519
	add(extPointFormats, func(d *cryptobyte.Builder) {
		d.AddUint8LengthPrefixed(func(l *cryptobyte.Builder) { l.AddUint8(0) }) // uncompressed
	})
	// ECDSA and RSA PKCS#1 v1.5 with SHA-256, 384, 512, RSA-PSS with the same: what a chain of today is signed with.
	add(extSignatureAlgorithms, list16(0x0403, 0x0503, 0x0603, 0x0401, 0x0501, 0x0601, 0x0804, 0x0805, 0x0806))
	add(extEncryptThenMAC, empty)
	add(extExtendedMaster, empty)
	add(extRenegotiation, func(d *cryptobyte.Builder) { d.AddUint8(0) })
	if h.CID {
		add(extConnectionID, func(d *cryptobyte.Builder) { d.AddUint8(0) })
	}
}

// Bye is one datagram that ends a handshake as RFC 5246, section 7.2.1 asks: user_canceled (a warning), then close_notify.
// It takes two record numbers.
func Bye(record uint64) []byte {
	canceled := writeRecord(recordAlert, record, []byte{levelWarning, 90})
	return append(canceled, writeRecord(recordAlert, record+1, []byte{levelWarning, 0})...)
}
