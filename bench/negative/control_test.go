package negative

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"

	"example.org/sectag/ca/decoy"
	"example.org/sectag/cred"
)

// turn reaches another server from a given connection on, as one that has changed its mind does. Each connection is put into the log.
type turn struct {
	from int // the first connection that goes to the other; 0 for none
	to   cred.Endpoint
	log  []string
}

func (g *turn) dial(ctx context.Context, network, address string) (net.Conn, error) {
	g.log = append(g.log, "dial")
	if n := len(g.dials()); g.from > 0 && n >= g.from {
		address = g.to.Addr()
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

func (g *turn) dials() []string {
	return slices.DeleteFunc(slices.Clone(g.log), func(s string) bool { return s != "dial" })
}

// TestTheUnitFollowsEachRefusal: one connection for an attempt, one of the unit behind what was refused, none behind what was let in.
func TestTheUnitFollowsEachRefusal(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	o, g := s.at(of(s.strict(t)), nil), &turn{}
	o.Unit.Dial, o.Tell = g.dial, func(attempt string) { g.log = append(g.log, attempt) }
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	want := "dial other-authority dial dial other-key dial dial expired dial dial device-signed dial dial device-ca dial no-certificate dial dial"
	if got := strings.Join(g.log, " "); got != want {
		t.Errorf("%s\nand not\n%s\n%+v", got, want, r.Attempts)
	}
}

// TestAServerThatShutsUsOutProvesNothing: from some refusal on it refuses whatever it is shown, the unit too. Only what it refused
// before is believed, and the rest is not tried.
func TestAServerThatShutsUsOutProvesNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e, anchor := s.local(t)
	closed, other := newShop(t).local(t) // to this one everybody is a stranger
	for name, c := range map[string]struct {
		from int
		want string // of each: refused, let in, unknown, not tried
	}{
		"from the first": {3, "?-----"},
		"from the third": {7, "rr?---"},
		"from one that is refused behind one that was let in": {12, "rrrri?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, g := s.at(e, nil), &turn{from: c.from, to: closed}
			o.Unit.Anchor, o.Unit.Dial = slices.Concat(anchor, other), g.dial
			r, err := Run(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if got := marks(r.Attempts); got != c.want || len(g.dials()) != c.from {
				t.Errorf("%s, want %s, by %d connections: %+v", got, c.want, len(g.dials()), r.Attempts)
			}
			if got := codes(r); !slices.Contains(got, "dtls.negative-left") || !slices.Contains(got, "dtls.negative-unproven") || r.Unit.Verdict != cred.Warn {
				t.Errorf("%q, %s", got, r.Unit.Verdict)
			}
			if got := t10(r.Attempts).Result; (got == "fail") != strings.Contains(c.want, "i") || got == "pass" {
				t.Error(got)
			}
		})
	}
}

// TestAnotherUnitUnderThisName: 4.03 or 4.00 to it, and the unit itself is registered behind it. Who registers it is found out, and who
// registers nobody any more proves nothing.
func TestAnotherUnitUnderThisName(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	nobody, other := s.local(t, "register=4.03")
	for name, c := range map[string]struct {
		manner  []string
		from    int
		want    string
		code    string
		verdict cred.Verdict
		found   string
	}{
		"as Leshan has it":       {nil, 0, "r", "4.03", cred.Pass, ""},
		"as the standard has it": {[]string{"mismatch=4.00"}, 0, "r", "4.00", cred.Pass, ""},
		"not compared":           {[]string{"any-name"}, 0, "i", "2.01", cred.Fail, "lwm2m.accepts-other-unit"},
		"another answer":         {[]string{"mismatch=5.00"}, 0, "?", "5.00", cred.Warn, "dtls.negative-unproven"},
		"to everybody":           {nil, 3, "?", "4.03", cred.Warn, "dtls.negative-left"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, anchor := s.local(t, c.manner...)
			g := &turn{from: c.from, to: nobody}
			p := &proof{Options: s.at(e, nil), only: []decoy.Kind{decoy.OtherUnit}}
			p.Unit.Register, p.Unit.Anchor, p.Unit.Dial = true, slices.Concat(anchor, other), g.dial
			r, err := p.all(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := marks(r.Attempts); got != c.want || r.Attempts[0].Code != c.code || r.Unit.Verdict != c.verdict {
				t.Errorf("%s, want %s: %+v, %s", got, c.want, r.Attempts, r.Unit.Verdict)
			}
			if got := codes(r); c.found != "" && !slices.Contains(got, c.found) {
				t.Errorf("%q", got)
			}
		})
	}
}

// marks writes what became of attempts, a letter for each.
func marks(attempts []Attempt) (out string) {
	for _, a := range attempts {
		switch {
		case a.How == notTried:
			out += "-"
		case a.Refused == nil:
			out += "?"
		case *a.Refused:
			out += "r"
		default:
			out += "i"
		}
	}
	return out
}

func codes(r Result) (out []string) {
	for _, f := range r.Unit.Findings {
		out = append(out, f.Code)
	}
	return out
}
