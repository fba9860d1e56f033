package flight

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
)

// Extension numbers (IANA, TLS ExtensionType Values).
const (
	extServerName          = 0
	extMaxFragment         = 1
	extSupportedGroups     = 10
	extPointFormats        = 11
	extSignatureAlgorithms = 13
	extEncryptThenMAC      = 22
	extExtendedMaster      = 23
	extSupportedVersions   = 43 // RFC 8446
	extKeyShare            = 51 // RFC 8446
	extConnectionID        = 54 // RFC 9146; 53 was a draft's
	extRRC                 = 61 // RFC 9853
	extRenegotiation       = 65281
)

// ServerHello is the server's choice.
type ServerHello struct {
	Version              Version // what was chosen, be it in the old field or in the extension of the versions from 1.3 on
	Random               [32]byte
	Suite                Suite
	ConnectionID         bool // the server answered extension 54 at all
	ConnectionIDLength   int  // bytes of the identifier that it wants in records sent to it; above 0 it can follow a new address
	ExtendedMasterSecret bool // RFC 7627
	Renegotiation        bool // RFC 5746; RFC 9325 tells clients to refuse a server without it
	EncryptThenMAC       bool // RFC 7366
	RRC                  bool // return routability check, RFC 9853
	MaxFragment          bool // it agreed to shorter records, RFC 6066
}

// DTLS12 tells whether the server chose DTLS 1.2, the only version that the modem has.
func (h ServerHello) DTLS12() bool { return h.Version == DTLS12 }

// CertificateRequest is the server's wish for a certificate of ours.
type CertificateRequest struct {
	Types       []byte   // ClientCertificateType numbers; 64 is ecdsa_sign
	Algorithms  []uint16 // SignatureAndHashAlgorithm numbers
	Authorities [][]byte // DER names of acceptable issuers; empty: any
}

func readHelloVerifyRequest(b []byte) (cookie []byte, err error) {
	s := cryptobyte.String(b)
	var version uint16
	var c cryptobyte.String
	if !s.ReadUint16(&version) || !s.ReadUint8LengthPrefixed(&c) || !s.Empty() {
		return nil, fmt.Errorf("the HelloVerifyRequest cannot be read")
	}
	return c, nil
}

func readServerHello(b []byte) (h ServerHello, err error) {
	bad := fmt.Errorf("the ServerHello cannot be read")
	s := cryptobyte.String(b)
	var random []byte
	var session cryptobyte.String
	var suite uint16
	var compression uint8
	var version uint16
	if !s.ReadUint16(&version) || !s.ReadBytes(&random, 32) || !s.ReadUint8LengthPrefixed(&session) ||
		!s.ReadUint16(&suite) || !s.ReadUint8(&compression) || len(session) > 32 {
		return h, bad
	}
	h.Version, h.Suite = Version(version), Suite(suite)
	copy(h.Random[:], random)
	if s.Empty() {
		return h, nil
	}
	var extensions cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&extensions) || !s.Empty() {
		return h, bad
	}
	for !extensions.Empty() {
		var number uint16
		var data cryptobyte.String
		if !extensions.ReadUint16(&number) || !extensions.ReadUint16LengthPrefixed(&data) {
			return h, bad
		}
		if !h.extension(number, data) {
			return h, bad
		}
	}
	return h, nil
}

// extension notes one; false means that it cannot be read.
func (h *ServerHello) extension(number uint16, data cryptobyte.String) bool {
	switch number {
	case extConnectionID:
		var id cryptobyte.String
		if !data.ReadUint8LengthPrefixed(&id) || !data.Empty() {
			return false
		}
		h.ConnectionID, h.ConnectionIDLength = true, len(id)
	case extSupportedVersions:
		var v uint16
		if !data.ReadUint16(&v) || !data.Empty() {
			return false
		}
		h.Version = Version(v)
	case extExtendedMaster:
		h.ExtendedMasterSecret = true
	case extRenegotiation:
		h.Renegotiation = true
	case extEncryptThenMAC:
		h.EncryptThenMAC = true
	case extRRC:
		h.RRC = true
	case extMaxFragment:
		h.MaxFragment = true
	}
	return true
}

// readCertificate gives the certificates as sent, DER, unread.
func readCertificate(b []byte) (chain [][]byte, err error) {
	s := cryptobyte.String(b)
	var list cryptobyte.String
	if !s.ReadUint24LengthPrefixed(&list) || !s.Empty() {
		return nil, fmt.Errorf("the Certificate message cannot be read")
	}
	chain = [][]byte{}
	for !list.Empty() {
		var der cryptobyte.String
		if !list.ReadUint24LengthPrefixed(&der) || len(der) == 0 {
			return nil, fmt.Errorf("the Certificate message cannot be read")
		}
		chain = append(chain, der)
	}
	return chain, nil
}

func readCertificateRequest(b []byte) (r CertificateRequest, err error) {
	bad := fmt.Errorf("the CertificateRequest cannot be read")
	s := cryptobyte.String(b)
	var types, algorithms, names cryptobyte.String
	if !s.ReadUint8LengthPrefixed(&types) || !s.ReadUint16LengthPrefixed(&algorithms) ||
		!s.ReadUint16LengthPrefixed(&names) || !s.Empty() {
		return r, bad
	}
	r.Types = types
	for !algorithms.Empty() {
		var a uint16
		if !algorithms.ReadUint16(&a) {
			return r, bad
		}
		r.Algorithms = append(r.Algorithms, a)
	}
	for !names.Empty() {
		var n cryptobyte.String
		if !names.ReadUint16LengthPrefixed(&n) {
			return r, bad
		}
		r.Authorities = append(r.Authorities, n)
	}
	return r, nil
}
