package advice

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"slices"

	"example.org/sectag/endpoint/chain"
)

// backup is the best second root beside the chosen one, with what speaks for it; or why there is none. It must have another key and
// be believed, and there must be evidence that the server could come to stand below it: its chain leads there already, a believed
// root signed its key (so does an operator announce the next root), it is another public root of the same operator, or a person
// named it beside the first.
func (s *search) backup(w wish, chosen Candidate, all []Candidate) (best *Candidate, evidence, why string) {
	var fit []Candidate
	tight := false
	for _, c := range slices.Concat(all, s.relatives(chosen, all)) {
		if c.Refused != "" || doubt(c.Trust) > 1 || c.barred && len(s.in.Files) > 0 ||
			bytes.Equal(c.cert.RawSubjectPublicKeyInfo, chosen.cert.RawSubjectPublicKeyInfo) {
			continue
		}
		if !w.fits(chosen.PEMBytes + c.PEMBytes) {
			tight = true
			continue
		}
		fit = append(fit, c)
	}
	switch {
	case len(fit) > 0:
		w.rankBackups(fit)
		return &fit[0], s.evidence(fit[0], chosen), ""
	case tight:
		return nil, "", "there is one, but both have no room in the slot"
	case len(s.in.Files) > 0:
		return nil, "", "no other root in the file is one that the server could come to"
	case !chosen.public:
		return nil, "", "this root is not a public one, and the chain leads to no other: ask the server's owner what comes after it"
	}
	return nil, "", "the chain leads to no other root, and Mozilla's list has no other of this operator"
}

// rankBackups orders second roots: a backup is there for the time, so this counts first, then the evidence.
func (w wish) rankBackups(cs []Candidate) {
	slices.SortFunc(cs, func(a, b Candidate) int {
		return cmp.Or(
			w.time(a, b),
			first(a.Complete, b.Complete),
			first(a.path != nil, b.path != nil),
			cmp.Compare(doubt(a.Trust), doubt(b.Trust)),
			cmp.Compare(len(a.leans), len(b.leans)),
			kindness(a, b),
			b.until.Compare(a.until),
			bytes.Compare(a.SHA256[:], b.SHA256[:]),
		)
	})
}

// relatives are roots without a path that have something to do with the chosen one: of the same file, or of the same operator on the
// public list. An operator is known by its name, letter by letter: who is on that list cannot use another's.
func (s *search) relatives(chosen Candidate, all []Candidate) (out []Candidate) {
	var known []*x509.Certificate
	switch {
	case len(s.in.Files) > 0:
		known = s.in.Files
	case chosen.public && operator(chosen.cert) != "":
		for _, r := range s.in.Public {
			if operator(r.X509) == operator(chosen.cert) && r.Constraint == nil {
				known = append(known, r.X509)
			}
		}
	}
	for _, x := range known {
		if slices.ContainsFunc(all, func(c Candidate) bool { return c.cert.Equal(x) }) {
			continue
		}
		c := s.plain(x)
		if c.Refused = s.refused(c); len(s.in.Files) > 0 {
			c.Source, c.Trust = chain.FromFile, chain.TrustFile
		}
		out = append(out, c)
	}
	return out
}

func operator(c *x509.Certificate) string {
	if len(c.Subject.Organization) != 1 {
		return ""
	}
	return c.Subject.Organization[0]
}
