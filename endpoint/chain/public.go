package chain

import (
	"crypto/x509"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// Root is a public root. Constraint, if there is one, refuses chains that the root programme no longer trusts.
type Root struct {
	X509       *x509.Certificate
	Constraint func(chain []*x509.Certificate) error
}

// Mozilla is the list of roots for servers that Mozilla's programme trusts, as golang.org/x/crypto carries it: it is the same
// on every machine, and its date is that of the module in go.mod.
func Mozilla() []Root {
	var out []Root
	for r := range bundle.Roots() {
		if c, err := x509.ParseCertificate(r.Certificate); err == nil {
			out = append(out, Root{X509: c, Constraint: r.Constraint})
		}
	}
	return out
}
