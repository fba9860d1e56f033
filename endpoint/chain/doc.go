// Package chain judges a server's certificate chain as the nRF91 modem will, and chooses the trust anchor that a unit should
// carry for years. It opens no socket: what is fetched is fetched by a function that the caller hands in.
//
// The modem sees only what the server sends: it follows no "CA Issuers" address, and a chain over 4 kB breaks it. So the path
// is walked twice: as sent, and completed by what could be found. Where only the second walk arrives, the server is at fault
// ([Incomplete]), although a browser would be content.
//
//   - [Judge] walks, chooses, and returns a [Judgement] with findings under the codes of the contract.
//   - [MatchHost] compares names by the rule of LwM2M and RFC 7925.
//   - [Describe] is a certificate as documents show it; [Issues] tells whether one certificate signed another.
//   - [Mozilla] is the offline list of public roots.
//
// A chain proves only that it hangs together. Why the anchor is believed stands in [Anchor.Trust]; "first-use" means that
// nobody has vouched for it yet.
package chain
