package advice

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"example.org/sectag/endpoint/chain"
)

// short is a CA's name as people use it.
func short(c *x509.Certificate) string {
	return chain.Name(cmp.Or(c.Subject.CommonName, c.Subject.String()))
}

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// label is a candidate in a few words: name, key, size.
func label(c Candidate) string { return fmt.Sprintf("%s (%s, %d B)", short(c.cert), c.Key, c.PEMBytes) }

// explain fills in what speaks for and against a candidate.
func (s *search) explain(w wish, c *Candidate) {
	if c.Refused != "" {
		c.Reasons = []string{s.refusal(w, *c)}
		return
	}
	say := func(format string, a ...any) { c.Reasons = append(c.Reasons, fmt.Sprintf(format, a...)) }
	c.Reasons = []string{}
	switch {
	case c.path == nil:
	case c.Complete:
		say("what the server sends leads to it")
	case c.found && !c.forked:
		say("what the server sends names it, and does not verify by it")
	case c.found:
		say("what the server sends leads to it only for a verifier that tries more than one way")
	default:
		say("only certificates that the server does not send lead to it")
	}
	for _, x := range c.leans {
		say("the server must go on sending the cross-sign of %s by %s, which ends on %s", short(x), chain.Name(x.Issuer.CommonName), date(x.NotAfter))
	}
	s.ends(w, *c, say)
	switch c.Trust {
	case chain.TrustCrossSign:
		say("it is not on Mozilla's list, but a root that is believed signed its key")
	case chain.TrustFirstUse:
		say("nobody has vouched for it")
	}
	if !w.fits(c.PEMBytes) {
		say("its %d B have no room in the %d B of the slot", c.PEMBytes, w.room)
	}
	if cost(c.cert) == 2 {
		say("its RSA key is long: more bytes, and slow to verify")
	}
}

// ends tells of its time.
func (s *search) ends(w wish, c Candidate, say func(string, ...any)) {
	end := "it ends on " + date(c.NotAfter)
	if w.life > 0 && !w.covers(c.NotAfter) {
		end += ", before the product does (" + date(w.now.Add(w.life)) + ")"
	}
	say("%s", end)
	if !c.PolicyEnd.IsZero() && c.PolicyEnd.Before(c.NotAfter) {
		after := ""
		if !w.covers(c.PolicyEnd) && w.covers(c.NotAfter) {
			after = ", before the product ends (" + date(w.now.Add(w.life)) + "): the server will have moved by then"
		}
		say("Mozilla's programme drops it about %s, reckoned from its begin%s", date(c.PolicyEnd), after)
	}
}

// refusal says why a certificate must not be an anchor.
func (s *search) refusal(w wish, c Candidate) string {
	self := s.self[entityOf(c.cert)]
	switch {
	case c.Refused == chain.LeafAnchor:
		return "it is the server's own certificate: units that hold it are cut off when the server renews it"
	case c.Refused == chain.Expired:
		return "it ended on " + date(c.NotAfter)
	case c.Refused == chain.NotYet:
		return "it begins on " + date(c.cert.NotBefore)
	case self != nil:
		return "it is a cross-sign by " + chain.Name(c.cert.Issuer.CommonName) + ": the same CA has a root of its own, which lives to " + date(self.NotAfter)
	case !w.covers(c.NotAfter):
		return "it is an intermediate and ends on " + date(c.NotAfter) + ", before the product: the server is given another one long before"
	}
	return "it is an intermediate: its operator replaces it at will, and not every modem stops at one"
}

// evidence says what ties a backup to the server.
func (s *search) evidence(b, chosen Candidate) string {
	switch {
	case b.Complete:
		return "what the server sends leads to it as well"
	case b.Trust == chain.TrustCrossSign:
		return "a believed root signed its key, as operators do for the root that comes next"
	case b.path != nil:
		return "the chain leads to it as well, by certificates that the server does not send"
	case len(s.in.Files) > 0:
		return "it is in the file beside the other; the chain does not lead to it today"
	}
	return "another public root of " + chain.Name(operator(chosen.cert)) + "; the chain does not lead to it today"
}

// lines is the advice in two lines: what to hold and why, and what beside it.
func (s *search) lines(w wish, chosen *Candidate, all []Candidate) (lines []string, backup *Candidate) {
	if chosen == nil || chosen.Refused != "" {
		why := "no root was found that the chain leads to"
		switch {
		case chosen != nil:
			why = short(chosen.cert) + ": " + chosen.Reasons[0]
		case len(s.in.Files) > 0:
			why = "the chain leads to none of the roots given"
		}
		return []string{"no root can be advised: " + why, "no backup: that can be told only beside a root"}, nil
	}
	lines = []string{"hold " + label(*chosen) + ": " + strings.Join(chosen.Reasons, "; ")}
	best, evidence, why := s.backup(w, *chosen, all)
	if best == nil {
		return append(lines, "no backup: "+why), nil
	}
	s.explain(w, best)
	if best.path == nil {
		best.Reasons = append([]string{evidence}, best.Reasons...)
	}
	ends := "ends on " + date(best.NotAfter)
	if !best.PolicyEnd.IsZero() && best.PolicyEnd.Before(best.NotAfter) {
		ends += ", Mozilla's programme drops it about " + date(best.PolicyEnd)
	}
	return append(lines, "beside it "+label(*best)+": "+evidence+"; it "+ends), best
}
