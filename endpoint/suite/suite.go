// Package suite says which cipher suites this computer offers in the modem's place, and makes the one that the DTLS library
// lacks: TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 (0xC023), which LwM2M obliges servers to have and which the modem has.
//
// The modem's own list is in its header nrf_socket.h. Of the ten suites with certificates in it, six can be made here. The other
// four (C024, C009, C027, C013) are old CBC suites: a server that has nothing but those cannot be tested from this computer.
//
// Read suite.go for the lists, cbc.go for 0xC023.
package suite

import (
	"slices"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/protocol/handshake"
)

// CBC is TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 (RFC 5289).
const CBC dtls.CipherSuiteID = 0xc023

// Client is what a connection offers in the modem's place, the best first: authenticated encryption before CBC, elliptic curve
// certificates before RSA. Nothing is in it that the modem lacks, so no ECDHE_ECDSA_WITH_AES_128_CCM_8.
func Client() []dtls.CipherSuiteID {
	return []dtls.CipherSuiteID{
		dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, // C02B
		CBC, // C023
		dtls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,  // C00A
		dtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, // C02F
		dtls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, // C030
		dtls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,    // C014
	}
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
	var built []dtls.CipherSuiteID
	for _, id := range ids {
		if id != CBC {
			built = append(built, id)
		}
	}
	if len(built) == 0 {
		// Without any, the library offers its own choice; a suite with a pre-shared key it drops where there is none.
		built = append(built, dtls.TLS_PSK_WITH_AES_128_CCM)
	}
	out := []dtls.Option{dtls.WithCipherSuites(built...)}
	if slices.Contains(ids, CBC) {
		out = append(out, dtls.WithCustomCipherSuites(func() []dtls.CipherSuite { return []dtls.CipherSuite{&cbc{}} }))
	}
	return append(out, dtls.WithClientHelloMessageHook(inOrder(ids)))
}

// inOrder undoes the library's habit of naming custom suites before all others, which would make servers that follow the
// client's order choose CBC.
func inOrder(ids []dtls.CipherSuiteID) func(handshake.MessageClientHello) handshake.Message {
	return func(m handshake.MessageClientHello) handshake.Message {
		rank := func(id uint16) int { return slices.Index(ids, dtls.CipherSuiteID(id)) }
		m.CipherSuiteIDs = slices.Clone(m.CipherSuiteIDs)
		slices.SortStableFunc(m.CipherSuiteIDs, func(a, b uint16) int { return rank(a) - rank(b) })
		return &m
	}
}
