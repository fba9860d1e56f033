package advice

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/chain"
)

// The codes of this room.
const (
	NotRoot = "chain.not-a-root"     // warning: the anchor in the file is an intermediate; as Candidate.Refused: an intermediate
	Policy  = "chain.anchor-dropped" // warning: the root's programme drops it before the product ends
	Fork    = "chain.fork"           // warning: what the server sends leads elsewhere first
)

// maxShown is how many candidates are told of: a stranger's chain may have any number.
const maxShown = 8

// Advice is which root to hold.
type Advice struct {
	Anchors []Candidate // the anchor that was judged first, then the others from the best to the refused
	Backup  *Candidate  // nil if there is none
	Lines   []string    // why this anchor; which backup, or why none
}

// Judge judges a chain by the best root that can be found for it. Where the chain leads to several roots, chain.Judge would take the
// nearest; this takes the best one that verifies what the server sends, and asks the issuers' addresses once more if the best does
// not live as long as the product. Roots in a file and a digest narrow the choice to themselves. room is what the slot holds, in
// bytes of PEM; zero is any.
func Judge(ctx context.Context, in chain.Input, room int) (chain.Judgement, Advice) {
	w := wish{now: in.Now, life: in.Life, room: room}
	var fetched []*x509.Certificate
	if fetch := in.Fetch; fetch != nil {
		in.Fetch = func(ctx context.Context, child *x509.Certificate) []*x509.Certificate {
			found := fetch(ctx, child)
			fetched = append(fetched, found...)
			return found
		}
	}
	j := chain.Judge(ctx, in)
	s, all := w.look(in, fetched)
	if n := len(fetched); w.more(in, j, all) {
		for _, c := range j.Path[1 : len(j.Path)-2] {
			in.Fetch(ctx, c)
		}
		if len(fetched) > n {
			s, all = w.look(in, fetched)
		}
	}
	if len(all) > 0 && all[0].choice() && (j.Anchor == nil || !all[0].cert.Equal(j.Anchor.X509)) {
		in.Chosen = all[0].path
		j = chain.Judge(ctx, in)
	}
	return w.advise(s, j, all)
}

func (w wish) look(in chain.Input, fetched []*x509.Certificate) (*search, []Candidate) {
	s := find(in, fetched)
	all := s.candidates()
	w.rank(all)
	return s, all
}

// more tells whether it is worth asking what else is known of the CAs on the path: the root is too short, and a CA below it might have
// a root of its own. Files and a digest name what is wanted.
func (w wish) more(in chain.Input, j chain.Judgement, all []Candidate) bool {
	return in.Fetch != nil && len(in.Files) == 0 && in.Given.IsZero() && j.Anchor != nil && len(j.Path) > 3 &&
		len(all) > 0 && all[0].choice() && !w.covers(all[0].until)
}

// choice tells whether a candidate may be the anchor without a question.
func (c *Candidate) choice() bool { return c.Refused == "" && c.Complete && !c.barred }

// advise puts the anchor that was judged before the other candidates and says it all.
func (w wish) advise(s *search, j chain.Judgement, all []Candidate) (chain.Judgement, Advice) {
	for i := range all {
		s.explain(w, &all[i])
	}
	var chosen *Candidate
	if j.Anchor != nil {
		at := slices.IndexFunc(all, func(c Candidate) bool { return c.cert.Equal(j.Anchor.X509) })
		if at < 0 { // the server's own certificate, or the walk found what the bounded search did not
			c := s.candidate(j.Path)
			s.explain(w, &c)
			all, at = append(all, c), len(all)
		}
		c := all[at]
		c.Source, c.Trust = j.Anchor.Source, j.Anchor.Trust
		all = slices.Insert(slices.Delete(all, at, at+1), 0, c)
		chosen = &all[0]
		w.warn(&j, *chosen)
	}
	a := Advice{Anchors: []Candidate{}}
	a.Lines, a.Backup = s.lines(w, chosen, all)
	a.Anchors = append(a.Anchors, all[:min(len(all), maxShown)]...)
	return j, a
}

// warn adds what only the adviser knows of the anchor.
func (w wish) warn(j *chain.Judgement, c Candidate) {
	add := func(code, text, hint string) {
		j.Findings = append(j.Findings, cred.Finding{Code: code, Severity: cred.Warning, Text: text, Hint: hint})
	}
	wrong := slices.ContainsFunc(j.Findings, func(f cred.Finding) bool { return f.Severity == cred.Error })
	if c.forked && c.Refused == "" && !wrong {
		add(Fork, "what the server sends leads to "+c.Subject+" only for a verifier that tries more than one way",
			"have the server send one certificate of each authority, the one that leads to this root first: a modem may take the first and get lost")
	}
	switch {
	case c.Refused == NotRoot:
		add(NotRoot, fmt.Sprintf("the anchor %s is no root: %s", c.Subject, c.Reasons[0]), "hold the root that it leads to")
	case !c.PolicyEnd.IsZero() && w.covers(c.NotAfter) && !w.covers(c.PolicyEnd):
		add(Policy, fmt.Sprintf("Mozilla's programme drops the anchor %s about %s, before the product ends: the server will move to another root by then",
			c.Subject, date(c.PolicyEnd)),
			"hold a second root beside it (--with-backup) and keep a way to replace them in the field, or give the server a root of your own")
	}
}
