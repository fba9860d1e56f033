package evidence

import (
	"crypto/x509"
	"slices"
	"testing"

	"example.org/sectag/ca"
	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
)

// A record names the rules that a certificate was issued by, its whole subject, and what the rules say of it that is no error.
func TestTheRulesOfACertificateAreRecorded(t *testing.T) {
	t.Parallel()
	root := ca.Root{Cert: &x509.Certificate{}}
	c := ca.Certificate{Name: "a", Subject: "SERIALNUMBER=1,CN=a", Profile: lint.AWS.Record(), Lint: []cred.Finding{{Code: "ca.lint-signature"}}}
	r := Certificate(c, root)
	if r.Subject != c.Subject || r.Profile != "sectag aws 1" || !slices.Equal(r.Lint, []string{"ca.lint-signature"}) {
		t.Errorf("%+v", r)
	}
	if r = Certificate(ca.Certificate{}, root); r.Lint == nil || len(r.Lint) != 0 {
		t.Errorf("%+v", r.Lint)
	}
}
