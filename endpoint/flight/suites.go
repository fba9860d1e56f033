package flight

import (
	"fmt"
	"slices"
	"strings"
)

// Suite is a (D)TLS 1.2 cipher suite, by its IANA number.
type Suite uint16

// String is the IANA name, or the number in hex for a suite that has none here.
func (s Suite) String() string {
	for _, n := range []string{pskName(s), ecdsaName(s), rsaName(s)} {
		if n != "" {
			return n
		}
	}
	return fmt.Sprintf("0x%04X", uint16(s))
}

// PSK tells whether the suite is keyed by a pre-shared key: then the server shows no certificate.
func (s Suite) PSK() bool { return pskName(s) != "" }

// Curved tells whether the suite agrees on its keys over a curve.
func (s Suite) Curved() bool { return strings.Contains(s.String(), "_ECDHE_") }

// CBC tells whether the suite's cipher is of the kind that RFC 9325 wants encrypt-then-MAC with.
func (s Suite) CBC() bool { return strings.Contains(s.String(), "_CBC_") }

// Modem is the whole list of the nRF91 modem (nrf_socket.h), strongest first. It has no AES-CCM with certificates: an
// LwM2M server that offers only ECDHE_ECDSA_WITH_AES_128_CCM_8 is out of its reach.
func Modem() []Suite {
	return []Suite{
		0xC02B, 0xC024, 0xC023, 0xC00A, 0xC009, // ECDHE_ECDSA
		0xC030, 0xC02F, 0xC027, 0xC014, 0xC013, // ECDHE_RSA
		0xC0A8, 0x00AE, 0x008D, 0x008C, // PSK
	}
}

// LwM2M is what LwM2M and its servers speak beside the modem's list (OMA LwM2M Transport 1.2; RFC 7925; RFC 9325).
func LwM2M() []Suite { return []Suite{0xC0AE, 0xC0AC, 0xC037} }

// Wider is what other DTLS servers speak: offered only to a server that refused all the others, to name what it does speak.
func Wider() []Suite {
	return []Suite{
		0xC02C, 0xC0AD, 0xC0AF, 0xCCA9, 0xC028, 0xCCA8,
		0x009C, 0x009D, 0x003C, 0x003D, 0x002F, 0x0035, 0x009E, 0x009F, 0xC09C, 0xC0A0,
		0x00A8, 0x00A9, 0xC0A4, 0xC0A5, 0xC0A9, 0x00AF, 0xCCAB, 0xCCAC,
	}
}

// InModem tells whether the modem has the suite.
func InModem(s Suite) bool { return slices.Contains(Modem(), s) }

func pskName(s Suite) string {
	switch s {
	case 0x008C:
		return "TLS_PSK_WITH_AES_128_CBC_SHA"
	case 0x008D:
		return "TLS_PSK_WITH_AES_256_CBC_SHA"
	case 0x00A8:
		return "TLS_PSK_WITH_AES_128_GCM_SHA256"
	case 0x00A9:
		return "TLS_PSK_WITH_AES_256_GCM_SHA384"
	case 0x00AE:
		return "TLS_PSK_WITH_AES_128_CBC_SHA256"
	case 0x00AF:
		return "TLS_PSK_WITH_AES_256_CBC_SHA384"
	case 0xC037:
		return "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256"
	case 0xC0A4:
		return "TLS_PSK_WITH_AES_128_CCM"
	case 0xC0A5:
		return "TLS_PSK_WITH_AES_256_CCM"
	case 0xC0A8:
		return "TLS_PSK_WITH_AES_128_CCM_8"
	case 0xC0A9:
		return "TLS_PSK_WITH_AES_256_CCM_8"
	case 0xCCAB:
		return "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256"
	case 0xCCAC:
		return "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256"
	}
	return ""
}

func ecdsaName(s Suite) string {
	switch s {
	case 0xC009:
		return "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"
	case 0xC00A:
		return "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"
	case 0xC023:
		return "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"
	case 0xC024:
		return "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"
	case 0xC02B:
		return "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
	case 0xC02C:
		return "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
	case 0xC0AC:
		return "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"
	case 0xC0AD:
		return "TLS_ECDHE_ECDSA_WITH_AES_256_CCM"
	case 0xC0AE:
		return "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"
	case 0xC0AF:
		return "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8"
	case 0xCCA9:
		return "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
	}
	return ""
}

func rsaName(s Suite) string {
	switch s {
	case 0xC013:
		return "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
	case 0xC014:
		return "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"
	case 0xC027:
		return "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"
	case 0xC028:
		return "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"
	case 0xC02F:
		return "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
	case 0xC030:
		return "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
	case 0xCCA8:
		return "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
	case 0x002F:
		return "TLS_RSA_WITH_AES_128_CBC_SHA"
	case 0x0035:
		return "TLS_RSA_WITH_AES_256_CBC_SHA"
	case 0x003C:
		return "TLS_RSA_WITH_AES_128_CBC_SHA256"
	case 0x003D:
		return "TLS_RSA_WITH_AES_256_CBC_SHA256"
	case 0x009C:
		return "TLS_RSA_WITH_AES_128_GCM_SHA256"
	case 0x009D:
		return "TLS_RSA_WITH_AES_256_GCM_SHA384"
	case 0x009E:
		return "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
	case 0x009F:
		return "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"
	case 0xC09C:
		return "TLS_RSA_WITH_AES_128_CCM"
	case 0xC0A0:
		return "TLS_RSA_WITH_AES_128_CCM_8"
	}
	return ""
}
