package chain

import (
	"crypto/x509"
	"fmt"
	"net"
	"slices"
	"time"

	"example.org/sectag/cred"
)

// The codes of this room, beside those of kinds.go. All but the last four stand in the contract.
const (
	TooLong        = "chain.too-long"
	Long           = "chain.long"
	BadName        = "chain.name"
	Expired        = "chain.expired"
	NotYet         = "chain.not-yet"
	Incomplete     = "chain.incomplete"
	LeafAnchor     = "chain.leaf-anchor"
	Untrusted      = "chain.untrusted"
	AnchorShort    = "chain.anchor-short"
	AnchorUnproven = "chain.anchor-unproven"
	WildcardName   = "chain.wildcard"

	CNName  = "chain.name-cn" // warning: the name stands only in the common name
	Order   = "chain.order"   // warning: not sent in the order of RFC 5246
	Extra   = "chain.extra"   // info: the server sends more than a unit needs
	Purpose = "chain.purpose" // warning: the certificate says that it is not for servers
)

type findings []cred.Finding

func (f *findings) add(severity cred.Severity, code, text, hint string) {
	*f = append(*f, cred.Finding{Code: code, Severity: severity, Text: text, Hint: hint})
}

// sorted puts errors first and keeps the order of telling otherwise.
func (f findings) sorted() []cred.Finding {
	rank := map[cred.Severity]int{cred.Error: 0, cred.Warning: 1, cred.Info: 2}
	slices.SortStableFunc(f, func(a, b cred.Finding) int { return rank[a.Severity] - rank[b.Severity] })
	return f
}

func (f *findings) size(n int) {
	switch {
	case n > LimitBytes:
		f.add(cred.Error, TooLong, fmt.Sprintf("the server sends its chain in a message of %d bytes, the modem takes %d", n, LimitBytes),
			"have the server send fewer or smaller certificates (EC keys, no root)")
	case n > LongBytes:
		f.add(cred.Warning, Long, fmt.Sprintf("the server sends its chain in a message of %d bytes, the modem's limit is %d", n, LimitBytes),
			"leave room for the next renewal: EC keys, no root in what the server sends")
	}
}

func (f *findings) anchor(in Input, w walk, j Judgement) {
	leaf, a := in.Sent[0], j.Anchor
	last := w.path[len(w.path)-1]
	switch {
	case a == nil:
		f.noAnchor(in, w, last)
		return
	case a.X509.Equal(leaf):
		f.add(cred.Error, LeafAnchor, "the only anchor is the server's own certificate, "+Name(leaf.Subject.String()),
			"a unit that trusts it is cut off when the server renews it: use a certificate signed by a root, and give units the root")
	case !in.Given.IsZero() && !w.given(a.X509):
		f.elsewhere(a.X509)
	case !j.Complete:
		f.add(cred.Error, Incomplete, "the server does not send "+missing(in, w)+": the modem cannot look for it",
			"have the server send its intermediate certificates (the whole chain without the root)")
	default:
		if err := w.verify(); err != nil {
			f.add(cred.Error, Untrusted, "the chain breaks a rule: "+Name(err.Error()), "have the server's certificates issued anew")
		}
	}
	f.judgeAnchor(in, *a)
}

// elsewhere tells that the chain leads to another root than the one whose digest was given.
func (f *findings) elsewhere(root *x509.Certificate) {
	f.add(cred.Error, Untrusted,
		fmt.Sprintf("the chain leads to %s, whose SHA-256 is %s and not the one given", Name(root.Subject.String()), cred.Sum(cred.CertPEM(root.Raw))),
		"someone stands between, or the server has changed its authority: ask the server's owner")
}

func (f *findings) noAnchor(in Input, w walk, last *x509.Certificate) {
	switch {
	case len(in.Files) > 0 && (SelfSigned(last) || (len(w.path) > 1 && slices.ContainsFunc(in.Sent, last.Equal))):
		// Servers seldom forget only the upper of two intermediates: a chain that goes up and ends below no root of ours leads
		// to another root.
		f.add(cred.Error, Untrusted, fmt.Sprintf("the chain leads to %s, which is not among the roots given", Name(last.Issuer.String())),
			"compare the roots with the server's owner: this server is another, or the root is the wrong one; it is the server's root that is asked for, not the one that signs units")
	case !in.Given.IsZero() && w.public(last) != nil:
		f.elsewhere(w.public(last))
	case w.broken != nil:
		f.add(cred.Error, Untrusted, "the chain does not hang together: "+Name(w.broken.Error()),
			"someone stands between, or the server sends the wrong intermediate: ask the server's owner")
	default:
		f.add(cred.Error, Incomplete,
			fmt.Sprintf("the chain ends at %s: its issuer %s was not sent and could not be found",
				Name(last.Subject.String()), Name(last.Issuer.String())),
			"have the server send its intermediates, or give the root that you have from the server's owner with --roots")
	}
}

// missing names the first certificate of the path that was not sent.
func missing(in Input, w walk) string {
	for _, c := range w.path {
		if !slices.ContainsFunc(in.Sent, c.Equal) {
			return Name(c.Subject.String())
		}
	}
	return "all of its chain"
}

func (f *findings) judgeAnchor(in Input, a Anchor) {
	subject, end := Name(a.X509.Subject.String()), a.X509.NotAfter
	if in.Life > 0 && end.Before(in.Now.Add(in.Life)) {
		f.add(cred.Warning, AnchorShort,
			fmt.Sprintf("the anchor %s ends on %s, before the product's life of %s does", subject, end.UTC().Format(time.DateOnly), years(in.Life)),
			"use a root that lives longer, or keep a way to replace the anchor in the field")
	}
	if a.Trust == TrustFirstUse {
		f.add(cred.Warning, AnchorUnproven,
			fmt.Sprintf("nobody has vouched for the anchor %s, SHA-256 %s", subject, cred.Sum(cred.CertPEM(a.X509.Raw))),
			"compare the SHA-256 with the server's owner, not over this network, and give it with --anchor-sha256")
	}
}

func years(d time.Duration) string {
	const year = 365 * 24 * time.Hour
	if d%year == 0 || d > 10*year {
		return fmt.Sprintf("%d years", int(d.Hours()/24/365))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

func (f *findings) name(in Input, how How) {
	leaf := in.Sent[0]
	switch how {
	case NoMatch:
		as := "this name as dNSName"
		if net.ParseIP(in.Host) != nil {
			as = "this address as iPAddress"
		}
		f.add(cred.Error, BadName, fmt.Sprintf("the certificate is for %s, units connect to %s", names(leaf), in.Host),
			"connect by a name that is in the certificate, or have the certificate issued with "+as)
	case ByCN:
		f.add(cred.Warning, CNName, "the name "+in.Host+" stands only in the certificate's common name",
			"LwM2M allows it, RFC 7925 and many clients want a dNSName: have the certificate issued with one")
	case Wildcard:
		f.add(cred.Warning, WildcardName, fmt.Sprintf("the certificate is for %s and covers %s only by a wildcard", names(leaf), in.Host),
			"RFC 7925 forbids wildcards: have the certificate issued with this name")
	}
}

func (f *findings) times(in Input, path []*x509.Certificate) {
	for _, c := range path {
		subject := Name(c.Subject.String())
		switch {
		case in.Now.After(c.NotAfter):
			f.add(cred.Error, Expired, fmt.Sprintf("the certificate of %s ended on %s", subject, c.NotAfter.UTC().Format(time.RFC3339)),
				"have it renewed; if it should be valid, check this computer's clock")
		case in.Now.Before(c.NotBefore):
			f.add(cred.Error, NotYet, fmt.Sprintf("the certificate of %s begins on %s", subject, c.NotBefore.UTC().Format(time.RFC3339)),
				"check this computer's clock and the server's")
		}
	}
}

// order looks at the order of RFC 5246, section 7.4.2: each certificate certifies the one before it.
func (f *findings) order(sent, path []*x509.Certificate) {
	at, straight := -1, true
	var extra []string
	for i, c := range sent {
		p := slices.IndexFunc(path, c.Equal)
		if p < 0 || slices.ContainsFunc(sent[:i], c.Equal) {
			extra = append(extra, Name(c.Subject.String()))
			continue
		}
		if p != at+1 {
			straight = false
		}
		at = p
	}
	if !straight {
		f.add(cred.Warning, Order, "the server sends its certificates in the wrong order",
			"each certificate must stand before the one that signed it: put the server's chain file in order")
	}
	if n := len(sent); n > 1 && SelfSigned(sent[n-1]) {
		f.add(cred.Info, Extra, "the server sends its root along: "+Name(sent[n-1].Subject.String()),
			"a unit holds the root itself: leave it out of the server's chain file and save bytes")
	}
	if len(extra) > 0 {
		f.add(cred.Info, Extra, fmt.Sprintf("the server sends %d certificates that are not part of the chain, first %s", len(extra), extra[0]),
			"leave them out of the server's chain file, unless units in the field hold an older root that they lead to")
	}
}
