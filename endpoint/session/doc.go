// Package session is one session of a unit with a server: the handshake that a unit with these credentials would make, DTLS 1.2
// with only such suites as the modem has, and then a pipe for CoAP and LwM2M. It looks at every datagram beside the library and
// so can say in words why a session did not come about or ended, which the library cannot.
//
// What it makes of the server's chain is its caller's to say (Options.Judge), so that there is one judgement and one document.
//
// # How to read it
//
//	identity.go  what a unit has in its slots, read and checked
//	session.go   Open, and the open session
//	refusal.go   why it failed, in words; alert.go what each alert means
//	wire.go      the socket that shows every datagram, and that can be exchanged; teller.go tells them as steps, tally.go counts them,
//	             ear.go hears what the library tells nowhere
//	mend.go      what the library does wrong with a Connection ID
package session
