// Package peers gives tests a far end that nobody here wrote: OpenSSL, GnuTLS and libcoap servers on this machine, and a
// throw-away PKI to run them with. Only tests import it. A server is started with [OpenSSL], [GnuTLS], [Coap] and so on, is ready
// when the call returns (its own words say so, or a hello was answered; nothing sleeps), and dies with the test.
// A tool that is not installed fails the test: the README names the Debian packages.
package peers
