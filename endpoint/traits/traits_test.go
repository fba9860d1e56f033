package traits

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/hail"
)

func name(t testing.TB, common string) []byte {
	t.Helper()
	der, err := asn1.Marshal(pkix.Name{CommonName: common}.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestLearn(t *testing.T) {
	tr := New()
	request := &flight.CertificateRequest{
		Types: []byte{64}, Algorithms: []uint16{0x0403, 0x0999},
		Authorities: [][]byte{name(t, "Units"), name(t, "Ev\x1bil"), []byte("junk")},
	}
	tr.Learn(flight.View{
		Cookies: 1, Hello: &flight.ServerHello{Version: flight.DTLS12, Suite: 0xC023, Renegotiation: true}, Request: request,
	}, 1500*time.Microsecond)
	if !*tr.Cookie || tr.RTTMS != 2 || *tr.EMS || !*tr.Renegotiation || *tr.EncryptThenMAC || tr.MaxFragment != nil || tr.RRC != nil {
		t.Errorf("%+v", tr)
	}
	if d := cmp.Diff([]string{"ECDSA-SHA256", "0x0999"}, tr.ClientSignatures); d != "" {
		t.Error(d)
	}
	if len(tr.Authorities) != 3 || tr.Authorities[0] != "CN=Units" || strings.Contains(tr.Authorities[1], "\x1b") || !strings.HasPrefix(tr.Authorities[2], "unreadable") {
		t.Errorf("%q", tr.Authorities)
	}
	request.Authorities = slices.Repeat([][]byte{name(t, "Units")}, 1000)
	many := New()
	many.Learn(flight.View{Request: request}, 0)
	if len(many.Authorities) != maxShown || many.RTTMS != 1 {
		t.Errorf("%d authorities, %d ms", len(many.Authorities), many.RTTMS)
	}
}

func TestFindings(t *testing.T) {
	yes, no := true, false
	units := &flight.CertificateRequest{Types: []byte{1, 64}, Algorithms: []uint16{0x0503, 0x0403}}
	for what, c := range map[string]struct {
		traits  Traits
		request *flight.CertificateRequest
		want    []string
	}{
		"nothing is known":      {New(), nil, nil},
		"all is well":           {Traits{Versions: []string{"DTLS 1.2"}, EMS: &yes, Renegotiation: &yes, Groups: []string{"secp384r1"}, Signatures: []string{"SHA256-RSA"}}, units, nil},
		"old":                   {Traits{Versions: []string{"DTLS 1.0", "DTLS 1.2"}}, nil, []string{"warning dtls.old-version"}},
		"old, over TCP":         {Traits{Versions: []string{"TLS 1.1", "TLS 1.2"}}, nil, []string{"warning dtls.old-version"}},
		"no safeguards":         {Traits{EMS: &no, Renegotiation: &no}, nil, []string{"info dtls.no-renegotiation-info", "info dtls.no-ems"}},
		"a curve of its own":    {Traits{Groups: []string{"x25519"}}, nil, []string{"warning dtls.curve"}},
		"PSS only":              {Traits{Signatures: []string{"SHA256-RSAPSS"}}, nil, []string{"warning dtls.signature"}},
		"RSA units only":        {New(), &flight.CertificateRequest{Types: []byte{1}, Algorithms: []uint16{0x0401, 0x0403}}, []string{"warning dtls.no-unit-signature"}},
		"only SHA-384 of units": {New(), &flight.CertificateRequest{Types: []byte{64}, Algorithms: []uint16{0x0503}}, []string{"warning dtls.no-unit-signature"}},
	} {
		var got []string
		for _, f := range c.traits.Findings(flight.View{Request: c.request}) {
			got = append(got, string(f.Severity)+" "+f.Code)
			if f.Text == "" || f.Hint == "" {
				t.Errorf("%s: %+v", what, f)
			}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
}

// script answers hellos by a rule, and counts them.
type script struct {
	hail.Known
	hellos []flight.Hello
	choose func(h flight.Hello) (flight.Group, flight.Signature)
}

// Say answers with an ECDHE_ECDSA key exchange, or refuses where the rule chooses no group.
func (s *script) Say(_ context.Context, h flight.Hello) (flight.View, error) {
	s.hellos = append(s.hellos, h)
	group, signature := s.choose(h)
	if group == 0 || h.Version != 0 {
		return flight.View{Alert: &flight.Alert{Fatal: true, Number: 40}}, nil
	}
	return view(group, signature), nil
}

func view(group flight.Group, signature flight.Signature) flight.View {
	return flight.View{
		Hello: &flight.ServerHello{Version: flight.DTLS12, Suite: 0xC02B}, Done: true,
		Exchange: []byte{3, byte(group >> 8), byte(group), 1, 9, byte(signature >> 8), byte(signature), 0, 1, 9},
	}
}

// Servers differ in whose order counts and in whether they look at their own certificate's curve: the same is found out of all.
func TestCurvesAreFoundWhateverTheServerPrefers(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	first := func(offered, order []flight.Group) flight.Group {
		for _, g := range order {
			if slices.Contains(offered, g) {
				return g
			}
		}
		return 0
	}
	takes := []flight.Group{flight.P256, flight.X25519}
	for what, choose := range map[string]func([]flight.Group) flight.Group{
		"the client's order": func(o []flight.Group) flight.Group { return first(takes, o) },
		"the client's order, with an eye on the certificate": func(o []flight.Group) flight.Group {
			if !slices.Contains(o, flight.P256) {
				return 0
			}
			return first(takes, o)
		},
		"its own order":                  func(o []flight.Group) flight.Group { return first(o, takes) },
		"its own order, from the bottom": func(o []flight.Group) flight.Group { return first(o, []flight.Group{flight.X25519, flight.P256}) },
	} {
		s := &script{choose: func(h flight.Hello) (flight.Group, flight.Signature) {
			if h.Groups == nil {
				h.Groups = flight.Groups()
			}
			if h.Signatures == nil {
				h.Signatures = flight.Signatures()
			}
			if !slices.Contains(h.Signatures, flight.ECDSASHA256) {
				return 0, 0
			}
			return choose(h.Groups), flight.ECDSASHA256
		}}
		tr := New()
		of := Subject{First: view(choose(flight.Groups()), flight.ECDSASHA256), Suites: []flight.Suite{0xC02B}, Key: key.Public()}
		if !Look(context.Background(), s, of, &tr) {
			t.Errorf("%s: not all was asked", what)
		}
		if d := cmp.Diff([]string{"secp256r1", "x25519"}, tr.Groups); d != "" {
			t.Errorf("%s: %s", what, d)
		}
		if d := cmp.Diff([]string{"ECDSA-SHA256"}, tr.Signatures); d != "" {
			t.Errorf("%s: %s", what, d)
		}
		if len(s.hellos) > 10 {
			t.Errorf("%s: %d hellos", what, len(s.hellos))
		}
	}
}

// Where no more may be sent, no more is, and it is said.
func TestLookStopsAtTheCap(t *testing.T) {
	s := &script{Known: hail.Known{Packets: hail.MaxPackets}}
	tr := New()
	if Look(context.Background(), s, Subject{}, &tr) || len(s.hellos) != 0 {
		t.Errorf("%d hellos", len(s.hellos))
	}
}

func FuzzAuthority(f *testing.F) {
	f.Add(name(f, "Units"))
	f.Add([]byte("junk"))
	f.Fuzz(func(t *testing.T, der []byte) {
		if s := authority(der); len([]rune(s)) > 200 || strings.ContainsAny(s, "\x1b\n\r") {
			t.Errorf("%q", s)
		}
	})
}
