// Package endpoint is the far end: what a modem will meet when it connects to its LwM2M server over DTLS 1.2 (or TLS 1.2), looked at
// from this computer before the unit leaves the bench. It has two halves that share one view of the wire.
//
// [Probe] needs no credentials. It says hello as the modem would, reads the server's first flight, hangs up, and judges what
// it saw: which cipher suites the modem could use, the chain as the modem gets it (it follows no addresses in certificates),
// the chain as completed through "CA Issuers", the name, and which root a unit should carry. Nothing that it reads is
// secret and it makes no keys.
//
// [Connect] has credentials. It makes the mutual handshake with the unit's own certificate and key, or its pre-shared key, offers only
// suites that the modem has, and proves that the session carries data.
//
// # How to read it
//
//	flight/   the first flight of a server, DTLS 1.2 or TLS 1.2, read and asked for without any cryptography; the cipher suites' names;
//	          Seen, which tells refusals apart for both halves. Start here.
//	hail/     talking to a server up to the end of that flight: sessions one at a time, the sweep over the suites,
//	          and why a session failed, in words: Why
//	anon/     one handshake without a certificate: does the server insist on ours?
//	traits/   what else a server can do: versions, curves, signatures, extensions, whom it says it lets in
//	tcp/      the same over TCP, for tls:// addresses: the first flight, and a unit's handshake
//	aia/      climbing from a certificate to its issuers over plain HTTP, and which addresses are never asked
//	chain/    judging a chain as the modem will, up to the nearest root. No network.
//	advice/   which root a unit should hold, of all that the chain leads to, and which one beside it. No network either.
//	suite/    the cipher suites that this computer can make in the modem's place
//	probe*    the probe: whom to ask what, and the report
//	session/  one session of a unit with a server: identity, handshake, what each alert means, and why it failed
//	connect*  the document of a connection, and the order of things in it
//	coap/     the little CoAP that is needed
//	lwm2m/    registration, update, farewell and bootstrap over whatever carries datagrams
//	sim/      a local LwM2M/DTLS server for the demo and the tests
//	modemdial/  one connection without any judgement, for the virtual modem's sockets; shares none with session/ on purpose
//
// A PC handshake proves the server and the chain. Only a handshake through the modem proves the modem.
package endpoint
