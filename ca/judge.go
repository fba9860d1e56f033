package ca

import (
	"cmp"
	"crypto/x509"

	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
)

// Judge reads a unit's certificate that this authority signed and says in what it departs from its profile (empty: lint.LwM2M), each a
// finding with the code of the rule. An error among them: it may not be handed out. The same certificate and root give the same findings,
// in the same order.
func Judge(der []byte, r Root, p lint.Profile) []cred.Finding {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return []cred.Finding{departs("ca.profile", cred.Error, "cannot be read as a certificate")}
	}
	var out []cred.Finding
	for _, b := range append(lint.Unit(c, cmp.Or(p, lint.LwM2M), r.Cert), lint.Under(c, r.Cert, r.line().End())...) {
		out = append(out, departs(b.Code, b.Own, b.Text))
	}
	return out
}

func departs(code string, s cred.Severity, text string) cred.Finding {
	hint := "do not use this certificate; have it issued anew"
	if s != cred.Error {
		hint = "look whether your server minds; else nothing is to be done"
	}
	return cred.Finding{Code: code, Severity: s, Text: "it " + text, Hint: hint}
}

// refusal is the first thing found that forbids to hand a certificate out; empty: nothing does.
func refusal(found []cred.Finding) string {
	for _, f := range found {
		if f.Severity == cred.Error {
			return f.Text
		}
	}
	return ""
}

// fit refuses, as ca.profile, an authority's certificate that was just signed and breaks a rule; by is who signed it, nil where it did so
// itself. What it is called stands in the text.
func fit(c *x509.Certificate, by *Root, called string) error {
	broken := lint.Authority(c)
	if by != nil {
		broken = append(broken, lint.Under(c, by.Cert, by.line().End())...)
	}
	if bad := lint.Errors(broken); len(bad) > 0 {
		return withheld(called, "it "+bad[0].Text)
	}
	return nil
}

func withheld(called, why string) error {
	return cred.Failed("ca.profile", "the "+called+" that was signed is not handed out: "+why,
		"this is a defect of sectag or of its signer: please report it with this line")
}
