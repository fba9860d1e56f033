// Package lint holds the rules that a certificate is judged by, as tables: what each asks for, where it is from, and what a breach
// weighs. It takes a parsed certificate and gives breaches; it reads no file, asks no time and signs nothing.
//
// Read profile.go first: the profiles of units' certificates, and what differs between them. Then unit.go, under.go and
// authority.go: the rules themselves. What is signed here is judged by them before anybody gets it (ca.Judge), and what others signed
// is judged by the same rules in an audit (package audit), where most weigh less: a certificate of another recipe is not wrong because it
// is not ours.
package lint

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"time"

	"example.org/sectag/cred"
)

// Rule is one demand on a certificate.
type Rule struct {
	Code   string        // stable, as findings and records have it
	Source string        // the clause that asks for it
	Own    cred.Severity // what a breach weighs in what was signed here; an error: it is not handed out
	Others cred.Severity // what it weighs in an audit of what others signed; empty: the audit does not ask, or says it by a code of its own
	Asks   string        // in a few words, for the table of docs/authority.md
	breach func(*view) string
}

// Breach is a rule that a certificate breaks, and how: the text goes on after "it" or after the certificate's name.
type Breach struct {
	Rule
	Text string
}

// Errors are the breaches of what was signed here that forbid to hand it out, Notes the others.
func Errors(bs []Breach) (out []Breach) {
	return slices.DeleteFunc(slices.Clone(bs), func(b Breach) bool { return b.Own != cred.Error })
}

// Notes are the breaches that do not forbid to hand out what was signed here: they are recorded.
func Notes(bs []Breach) (out []Breach) {
	return slices.DeleteFunc(slices.Clone(bs), func(b Breach) bool { return b.Own == cred.Error })
}

// view is what the rules look at.
type view struct {
	c       *x509.Certificate
	raw     raw
	profile Profile           // of a unit; empty: none is asked for
	issuer  *x509.Certificate // nil where nobody knows it
	end     time.Time         // when the first ends of the issuer and of those above it
}

// raw is what Go's reader of certificates does not tell: how times and names are written.
type raw struct {
	Version  int `asn1:"optional,explicit,default:0,tag:0"`
	Serial   asn1.RawValue
	Algo     asn1.RawValue
	Issuer   asn1.RawValue
	Validity struct{ Begin, End asn1.RawValue }
	Subject  nameSEQ
}

type (
	nameSEQ     []relativeSET
	relativeSET []attribute
	attribute   struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
)

// Unit judges a unit's certificate by itself and by a profile; the empty profile asks for what all have in common, and not how the
// unit is named. The issuer is for profiles whose names repeat a part of its; nil where nobody knows it.
func Unit(c *x509.Certificate, p Profile, issuer *x509.Certificate) []Breach {
	return judge(slices.Concat(common, unit, p.rules()), &view{c: c, profile: p, issuer: issuer})
}

// Under judges any certificate against its issuer; end is when the first ends of the issuer and of what stands above it.
func Under(c, issuer *x509.Certificate, end time.Time) []Breach {
	return judge(under, &view{c: c, issuer: issuer, end: end})
}

// Authority judges the certificate of a root, an intermediate, or the bridge to another root, by itself.
func Authority(c *x509.Certificate) []Breach {
	return judge(slices.Concat(common, authority), &view{c: c})
}

// Rules are all of them, in the order in which they are asked: of any certificate, of a unit's, of one under its issuer, of an authority's.
func Rules() []Rule { return slices.Concat(common, unit, naming, under, authority) }

func judge(rules []Rule, v *view) (out []Breach) {
	if _, err := asn1.Unmarshal(v.c.RawTBSCertificate, &v.raw); err != nil {
		return []Breach{{version, fmt.Sprintf("is not written as RFC 5280, section 4.1 asks: %v", err)}}
	}
	for _, r := range rules {
		if text := r.breach(v); text != "" {
			out = append(out, Breach{v.profile.weigh(r), text})
		}
		if r.Code == version.Code && v.c.Version != 3 {
			return out // it has no extensions that could be judged
		}
	}
	return out
}

// when gives the text of a breach if it is one.
func when(broken bool, format string, a ...any) string {
	if !broken {
		return ""
	}
	return fmt.Sprintf(format, a...)
}

func extension(c *x509.Certificate, oid asn1.ObjectIdentifier) (x pkix.Extension, there bool) {
	i := slices.IndexFunc(c.Extensions, func(x pkix.Extension) bool { return x.Id.Equal(oid) })
	if i < 0 {
		return x, false
	}
	return c.Extensions[i], true
}

func critical(c *x509.Certificate, oid asn1.ObjectIdentifier) bool {
	x, _ := extension(c, oid)
	return x.Critical
}

// The extensions that have rules (RFC 5280, section 4.2.1).
var (
	oidSubjectKey  = asn1.ObjectIdentifier{2, 5, 29, 14}
	oidKeyUsage    = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
	oidAuthority   = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidPurposes    = asn1.ObjectIdentifier{2, 5, 29, 37}
)
