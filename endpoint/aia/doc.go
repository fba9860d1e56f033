// Package aia climbs from a certificate to its issuers by the "CA Issuers" addresses that certificates carry (RFC 5280,
// section 4.2.2.1). A modem never does this; the bench does, to find the long-lived root that a unit should hold.
//
// The addresses come from a stranger, so this is a machine that fetches what a stranger names. It is kept on a short lead:
//
//   - only http and https, no proxy, no credentials, no address of a private network unless the caller allows it; the name is
//     resolved once, its addresses are judged, and the judged address is dialled, so that a second answer of the name server
//     cannot lead elsewhere; every redirect is judged again;
//   - 64 KiB an answer, 4 addresses of one certificate; 8 addresses, 8 requests and 10 seconds in all;
//   - what came is used only if it signed the certificate that named it, and may do so. Plain http is no harm then.
//
// Use one [Climber] a probe; [Climber.Issuers] fits chain.Input.Fetch.
package aia
