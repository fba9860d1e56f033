// Package suite says which cipher suites this computer offers in the modem's place, and makes those that the DTLS library
// lacks. All fourteen of the modem's own list (its header nrf_socket.h) can be made here, ten with certificates and four with a
// pre-shared key. Among those that are brought along is TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 (0xC023), which LwM2M obliges
// servers to have.
//
// Read suite.go for the lists, cbc.go for what is brought along, reseal.go for what the library does wrong with a Connection ID.
package suite

import (
	"slices"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/protocol/handshake"
)

// CBC is TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 (RFC 5289).
const CBC dtls.CipherSuiteID = 0xc023

// Client is what a connection with certificates offers in the modem's place, the best first: authenticated encryption before CBC,
// elliptic curve certificates before RSA. Nothing is in it that the modem lacks, so no ECDHE_ECDSA_WITH_AES_128_CCM_8.
func Client() []dtls.CipherSuiteID {
	return []dtls.CipherSuiteID{
		dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, // C02B
		CBC,    // C023
		0xc024, // TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384
		dtls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, // C00A
		0xc009, // TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA
		dtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, // C02F
		dtls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, // C030
		0xc027,                                  // TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256
		dtls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, // C014
		0xc013,                                  // TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA
	}
}

// PSK is what a connection with a pre-shared key offers, in the order of RFC 7925 and LwM2M: CCM_8 and AES_128_CBC_SHA256 are
// those that an LwM2M server has to have (OMA LwM2M transport 1.2, section 5.2.8.4).
func PSK() []dtls.CipherSuiteID {
	return []dtls.CipherSuiteID{
		dtls.TLS_PSK_WITH_AES_128_CCM_8,      // C0A8
		dtls.TLS_PSK_WITH_AES_128_CBC_SHA256, // 00AE
		0x008d,                               // TLS_PSK_WITH_AES_256_CBC_SHA
		0x008c,                               // TLS_PSK_WITH_AES_128_CBC_SHA
	}
}

// Stream is what of Client can be made over TCP: all but TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, which crypto/tls lacks.
func Stream() (out []uint16) {
	for _, id := range Client() {
		if id != 0xc024 {
			out = append(out, uint16(id))
		}
	}
	return out
}

// Server is what an LwM2M server has to have, and GCM for the modem's sake (OMA LwM2M transport 1.2, section 5.2.8.7).
func Server() []dtls.CipherSuiteID {
	return []dtls.CipherSuiteID{
		dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		CBC,
		dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8,
	}
}

// Options makes a connection use exactly these suites, in this order when it is a client's.
func Options(ids ...dtls.CipherSuiteID) []dtls.Option {
	var built, custom []dtls.CipherSuiteID
	for _, id := range ids {
		if made(id) != nil {
			custom = append(custom, id)
		} else {
			built = append(built, id)
		}
	}
	if len(built) == 0 {
		// Without any, the library takes its own choice. Of these two it drops the one that fits not to the credentials, and the
		// other is not said in a hello.
		built = append(built, dtls.TLS_PSK_WITH_AES_128_CCM, dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM)
	}
	out := []dtls.Option{dtls.WithCipherSuites(built...)}
	if len(custom) > 0 {
		out = append(out, dtls.WithCustomCipherSuites(func() []dtls.CipherSuite {
			var all []dtls.CipherSuite
			for _, id := range custom {
				all = append(all, made(id))
			}
			return all
		}))
	}
	return append(out, dtls.WithClientHelloMessageHook(inOrder(ids)))
}

// inOrder undoes the library's habit of naming custom suites before all others, which would make servers that follow the
// client's order choose CBC, and leaves out what was not asked for.
func inOrder(ids []dtls.CipherSuiteID) func(handshake.MessageClientHello) handshake.Message {
	return func(m handshake.MessageClientHello) handshake.Message {
		rank := func(id uint16) int { return slices.Index(ids, dtls.CipherSuiteID(id)) }
		m.CipherSuiteIDs = slices.DeleteFunc(slices.Clone(m.CipherSuiteIDs), func(id uint16) bool { return rank(id) < 0 })
		slices.SortStableFunc(m.CipherSuiteIDs, func(a, b uint16) int { return rank(a) - rank(b) })
		return &m
	}
}
