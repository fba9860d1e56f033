// Package ca is the certification authority of a small firm: one root, on one computer, whose signature on a certificate
// lets a unit in at the server, or an intermediate that signs in the root's name for a year or a line. It makes and loads
// either, keeps its key encrypted, signs a unit's certificate after doubting the clock, judges its own work before handing it
// out, and finds what is wrong in an authority that others made.
//
// How to read it, in the order in which things happen:
//
//	init.go     Init makes root.crt and root.key, or an intermediate's, both or neither (package pairfile)
//	below.go    Authority.SignAuthority signs what stands below a root
//	root.go     Load reads a root, or an intermediate with its root, and says why a certificate is none
//	unlock.go   Root.Unlock opens the key; Root.With takes any crypto.Signer (a token, a signing service); Authority.Lock
//	clock.go    DoubtClock: a computer with a wrong clock must not sign
//	key.go      NewKey makes a unit's key, Key.Clear forgets it
//	csr.go      ParseCSR reads a unit's request, when the unit made its key itself
//	issue.go    Authority.Issue signs a unit's certificate
//	twin.go     Authority.Twin signs one for a test, of a unit whose key is not here; SignTest one that a server must refuse
//	judge.go    Judge holds what Issue made to the rules of its profile (package lint)
//	prove.go    Key.Prove: the key that a unit gets belongs to the certificate that it gets
//	unit.go     WriteUnit puts a unit's certificate and key into a folder, both or neither
//
// The sub-package audit reads files of an existing authority and says what is wrong with it, and whether units' certificates
// chain to a root (audit.go here hands on to it); decoy makes what servers must refuse; keyfile knows how private keys lie in
// files, certfile how certificates do, pairfile how both come into a folder, subject how people write its name, keyuri finds a
// key by what a person wrote (a file, a token, a command that signs), chain what stands
// between a unit and the root, revoke how an authority says what is to be believed no more, cross how a new root is reached from an old one, lint the rules that certificates are judged by. Nothing here asks the time, prints, or keeps a
// secret after it was told to forget it. Every failure is a *cred.Fault with a code of the contract.
package ca
