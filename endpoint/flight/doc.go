// Package flight reads the first flight of a DTLS 1.2 server, and asks for it, without any cryptography (RFC 6347, RFC 5246).
// Everything that a server says before the keys are agreed is in clear: which suite it took, its certificates, whether it
// wants one of ours, or the alert with which it refuses.
//
//   - [Hello] writes the ClientHello, [Bye] ends a session politely.
//   - [Seen] is fed with datagrams, as they come and go, and says what happened: [View.State] tells eleven faults apart for
//     which a DTLS library has only the words "deadline exceeded".
//   - [Suite] names cipher suites; [Modem] is the list of the nRF91 modem.
//
// Every byte read here comes from a stranger: lengths are bounded before anything is allocated, nothing is followed, and what
// cannot be read is told in [View.Garbled].
package flight
