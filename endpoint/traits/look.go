package traits

import (
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"slices"
	"strings"

	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/hail"
)

// Subject is what is known already of the server that is looked at.
type Subject struct {
	First  flight.View    // its first whole flight
	Suites []flight.Suite // that it takes
	Key    any            // public key of its certificate; nil without one
}

// look is one Look under way.
type look struct {
	far hail.Asker
	of  Subject
	t   *Traits
}

// Look says the hellos that it takes to fill the traits. It is false if time ran out, or the number of packets, before all was asked.
func Look(ctx context.Context, far hail.Asker, of Subject, t *Traits) bool {
	l := look{far, of, t}
	for _, ask := range []func(context.Context){l.groups, l.signatures, l.extras, l.versions} {
		if ctx.Err() != nil || far.Knows().Spent() {
			return false
		}
		ask(ctx)
	}
	return ctx.Err() == nil && !far.Knows().Spent()
}

// curved are the suites that need a curve.
func (l *look) curved() []flight.Suite {
	return slices.DeleteFunc(slices.Clone(l.of.Suites), func(s flight.Suite) bool { return !s.Curved() })
}

// say opens a session with suites that the server is known to take.
func (l *look) say(ctx context.Context, h flight.Hello) (flight.View, flight.Exchange, bool) {
	h.CID = true
	if h.Suites == nil {
		h.Suites = l.of.Suites
	}
	v, err := l.far.Say(ctx, h)
	k, ok := v.Key()
	return v, k, err == nil && ok
}

// groups finds the curves by leaving out each one that was taken. The curve of the server's own key stays at the end of the list all
// the time: a server may not show a certificate whose curve was not offered (RFC 8422, section 5.1). When it is the server that prefers
// that curve, it is left out for once: some servers do not look at the certificate.
func (l *look) groups(ctx context.Context) {
	suites := l.curved()
	if len(suites) == 0 {
		return
	}
	rest, own := flight.Groups(), ownGroup(l.of.Key)
	rest = slices.DeleteFunc(rest, func(g flight.Group) bool { return g == own })
	found := []flight.Group{}
	if k, ok := l.of.First.Key(); ok && k.Group != 0 {
		found = append(found, k.Group)
		rest = slices.DeleteFunc(rest, func(g flight.Group) bool { return g == k.Group })
	}
	for len(rest) > 0 && ctx.Err() == nil {
		offer := slices.Clone(rest)
		if own != 0 {
			offer = append(offer, own)
		}
		_, k, ok := l.say(ctx, flight.Hello{Suites: suites, Groups: offer})
		if !ok || !slices.Contains(offer, k.Group) {
			break
		}
		if !slices.Contains(found, k.Group) {
			found = append(found, k.Group)
		}
		if k.Group == own {
			own = 0
		}
		rest = slices.DeleteFunc(rest, func(g flight.Group) bool { return g == k.Group })
	}
	if own != 0 && !slices.Contains(found, own) {
		if _, k, ok := l.say(ctx, flight.Hello{Suites: suites, Groups: []flight.Group{own}}); ok {
			found = append(found, k.Group)
		}
	}
	for _, g := range flight.Groups() {
		if slices.Contains(found, g) {
			l.t.Groups = append(l.t.Groups, g.String())
		}
	}
}

// ownGroup is the curve of a key; 0 for one without.
func ownGroup(key any) flight.Group {
	k, ok := key.(*ecdsa.PublicKey)
	if !ok {
		return 0
	}
	return map[string]flight.Group{"P-256": flight.P256, "P-384": flight.P384, "P-521": flight.P521}[k.Params().Name]
}

// signatures finds what the server signs with by leaving out each one that was used. Only such are offered as its key can make.
func (l *look) signatures(ctx context.Context) {
	prefix := "ECDSA"
	switch l.of.Key.(type) {
	case nil:
		return
	case *rsa.PublicKey:
		prefix = "SHA"
	}
	suites := slices.DeleteFunc(l.curved(), flight.Suite.PSK)
	rest := slices.DeleteFunc(flight.Signatures(), func(s flight.Signature) bool { return !strings.HasPrefix(s.String(), prefix) })
	var found []flight.Signature
	note := func(k flight.Exchange) bool {
		i := slices.Index(rest, k.Signature)
		if i < 0 {
			return false
		}
		found, rest = append(found, k.Signature), slices.Delete(rest, i, i+1)
		return true
	}
	if k, ok := l.of.First.Key(); ok {
		note(k)
	}
	for len(rest) > 0 && len(suites) > 0 && ctx.Err() == nil {
		_, k, ok := l.say(ctx, flight.Hello{Suites: suites, Signatures: rest})
		if !ok || !note(k) {
			break
		}
	}
	for _, s := range flight.Signatures() {
		if slices.Contains(found, s) {
			l.t.Signatures = append(l.t.Signatures, s.String())
		}
	}
}

// shortest asks for records of 512 bytes: a server that takes the shortest takes all (RFC 6066, section 4).
const shortest = 1

// extras offers what the modem does not and a server may have all the same, in one hello.
func (l *look) extras(ctx context.Context) {
	v, _, _ := l.say(ctx, flight.Hello{RRC: !l.of.First.Stream, MaxFragment: shortest})
	if v.Hello == nil {
		return
	}
	l.t.MaxFragment = &v.Hello.MaxFragment
	if !v.Stream {
		l.t.RRC = &v.Hello.RRC
	}
}

// Suites of versions that are not the modem's: those of TLS 1.0, made of what every server of that age has, and of TLS 1.3 (RFC 8446, appendix B.4).
var (
	suites10 = []flight.Suite{0xC00A, 0xC009, 0xC014, 0xC013, 0x0035, 0x002F, 0x008D, 0x008C}
	suites13 = []flight.Suite{0x1301, 0x1302, 0x1303, 0x1304, 0x1305}
)

// versions says one hello of each other version.
func (l *look) versions(ctx context.Context) {
	older, newer := []flight.Version{flight.DTLS10}, flight.DTLS13
	if l.of.First.Stream {
		older, newer = []flight.Version{flight.TLS10, flight.TLS11}, flight.TLS13
	}
	var found []string
	for _, o := range older {
		if v, _, _ := l.say(ctx, flight.Hello{Version: o, Suites: suites10}); v.Hello != nil && v.Hello.Version == o {
			found = append(found, o.String())
		}
	}
	l.t.Versions = append(found, l.t.Versions...)
	if v, _, _ := l.say(ctx, flight.Hello{Version: newer, Suites: suites13}); v.Hello != nil && v.Hello.Version == newer {
		l.t.Versions = append(l.t.Versions, newer.String())
	}
}
