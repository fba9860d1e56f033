package identity

import (
	"example.org/sectag/ca"
	"example.org/sectag/ca/certfile"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/ledger/record"
)

// Signs says who signs, what stands above it, and how its key is kept. Encrypted: something must be typed to open it.
func Signs(root ca.Root, key string, encrypted bool, kept ca.Protection) flows.AuthorityFacts {
	f := flows.AuthorityFacts{
		Cert: root.File, Key: key, Subject: certfile.Subject(root.Cert), NotBefore: record.Stamp(root.Cert.NotBefore), NotAfter: record.Stamp(root.Cert.NotAfter),
		SHA256: cred.Sum(root.PEM), KeyEncrypted: encrypted, Protection: string(kept),
	}
	if root.Intermediate() {
		top := root.Chain.Root()
		f.Root, f.RootEnd = certfile.Subject(top), record.Stamp(top.NotAfter)
	}
	return f
}
