// Package negative proves that a server refuses whom it must: it makes handshakes that have to fail, one attempt each and one at a
// time, between handshakes of the unit itself that have to succeed. A refusal is believed only where the unit gets in before and
// right behind it: else it may have been the network, a server that fell over, or one that shut this computer out. Only a server that
// the profile names is tried.
//
// Read judge.go first, which decides and touches nothing; then negative.go, which does it; decoys.go and record.go help it: what is
// shown, and what is written down. What is minted for it lives for minutes, its keys for one handshake; nothing goes to a modem.
package negative
