package flight

import "golang.org/x/crypto/cryptobyte"

// Hello is a ClientHello, of DTLS 1.2 if nothing else is said. The random must stay the same when the hello is repeated with a cookie.
type Hello struct {
	Random      [32]byte
	Cookie      []byte // from the HelloVerifyRequest, at most 255 bytes; empty at first. DTLS only
	Version     Version
	Suites      []Suite
	ServerName  string      // SNI; empty for an address literal (RFC 6066, section 3)
	Groups      []Group     // the first is liked best; nil is [Groups]
	Signatures  []Signature // nil is [Signatures]
	CID         bool        // offer Connection ID with an empty identifier: "I can send one, I need none" (RFC 9146)
	RRC         bool        // offer the return routability check, which needs CID beside it (RFC 9853, section 3)
	MaxFragment uint8       // ask for records of 2^(8+n) bytes, n from 1 to 4 (RFC 6066, section 4); 0 asks for nothing
}

// Datagram writes the hello as one record. Both numbers go on after the cookie: record 0 and message 0 without one, then 1
// and 1; a retransmission takes the next record and the same message (RFC 6347, sections 4.2.1 and 4.2.2).
func (h Hello) Datagram(record uint64, message uint16) ([]byte, error) {
	if h.Version == 0 {
		h.Version = DTLS12
	}
	body, err := h.body()
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
	return writeAs(h.Version.legacy(), recordHandshake, record, whole), nil
}

// body is the message, the same but for the cookie over UDP and TCP.
func (h Hello) body() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddUint16(h.Version.legacy())
	b.AddBytes(h.Random[:])
	b.AddUint8(0) // no session to resume
	if !h.Version.Stream() {
		b.AddUint8LengthPrefixed(func(c *cryptobyte.Builder) { c.AddBytes(h.Cookie) })
	}
	b.AddUint16LengthPrefixed(func(c *cryptobyte.Builder) {
		for _, s := range h.Suites {
			c.AddUint16(uint16(s))
		}
	})
	b.AddUint8LengthPrefixed(func(c *cryptobyte.Builder) { c.AddUint8(0) }) // no compression
	b.AddUint16LengthPrefixed(h.extensions)
	return b.Bytes()
}

// list16 writes a list of numbers behind its length.
func list16[T ~uint16](values []T) func(*cryptobyte.Builder) {
	return func(d *cryptobyte.Builder) {
		d.AddUint16LengthPrefixed(func(l *cryptobyte.Builder) {
			for _, v := range values {
				l.AddUint16(uint16(v))
			}
		})
	}
}

func (h Hello) extensions(b *cryptobyte.Builder) {
	add := func(number uint16, data func(*cryptobyte.Builder)) {
		b.AddUint16(number)
		b.AddUint16LengthPrefixed(data)
	}
	empty := func(*cryptobyte.Builder) {}
	groups, signatures := h.Groups, h.Signatures
	if groups == nil {
		groups = Groups()
	}
	if signatures == nil {
		signatures = Signatures()
	}
	if h.ServerName != "" {
		add(extServerName, func(d *cryptobyte.Builder) {
			d.AddUint16LengthPrefixed(func(l *cryptobyte.Builder) {
				l.AddUint8(0) // host_name
				l.AddUint16LengthPrefixed(func(n *cryptobyte.Builder) { n.AddBytes([]byte(h.ServerName)) })
			})
		})
	}
	if h.MaxFragment > 0 {
		add(extMaxFragment, func(d *cryptobyte.Builder) { d.AddUint8(h.MaxFragment) })
	}
	add(extSupportedGroups, list16(groups))
	add(extPointFormats, func(d *cryptobyte.Builder) {
		d.AddUint8LengthPrefixed(func(l *cryptobyte.Builder) { l.AddUint8(0) }) // uncompressed
	})
	add(extSignatureAlgorithms, list16(signatures))
	add(extEncryptThenMAC, empty)
	add(extExtendedMaster, empty)
	add(extRenegotiation, func(d *cryptobyte.Builder) { d.AddUint8(0) })
	if h.CID {
		add(extConnectionID, func(d *cryptobyte.Builder) { d.AddUint8(0) })
	}
	if h.RRC {
		add(extRRC, empty)
	}
	if h.Version == DTLS13 || h.Version == TLS13 {
		add(extSupportedVersions, func(d *cryptobyte.Builder) {
			d.AddUint8LengthPrefixed(func(l *cryptobyte.Builder) { l.AddUint16(uint16(h.Version)) })
		})
		// No share of a key: a server of this version asks for one (HelloRetryRequest, RFC 8446, section 4.2.8), which is all that we want.
		add(extKeyShare, func(d *cryptobyte.Builder) { d.AddUint16LengthPrefixed(empty) })
	}
}

// Bye is one datagram that ends a handshake as RFC 5246, section 7.2.1 asks: user_canceled (a warning), then close_notify.
// It takes two record numbers.
func Bye(record uint64) []byte {
	canceled := writeRecord(recordAlert, record, []byte{levelWarning, 90})
	return append(canceled, writeRecord(recordAlert, record+1, []byte{levelWarning, 0})...)
}
