// Package tcp is the far end over TCP: a server at a tls:// address, TLS 1.2 with the modem's suites, looked at and connected to as
// the rooms beside it do over UDP. TLS has no cookie, no Connection ID and no CoAP ping here; all else is the same, and so are
// the codes: dtls.48 is alert 48, whatever carried it.
//
// Read server.go for sessions that end with the first flight, session.go for one with a unit's certificate. The handshake itself
// is that of crypto/tls; what is said in clear is seen by a flight.Stream beside it, because the library tells less than it hears.
package tcp
