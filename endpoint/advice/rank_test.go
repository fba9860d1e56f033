package advice

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/chain"
)

var today = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const years = 365 * 24 * time.Hour

func ec() *x509.Certificate {
	return &x509.Certificate{PublicKey: &ecdsa.PublicKey{Curve: elliptic.P256()}}
}

func rsaKey(bits uint) *x509.Certificate {
	return &x509.Certificate{PublicKey: &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), bits-1), E: 65537}}
}

// good is a candidate that nothing speaks against, with a change.
func good(name string, change func(*Candidate)) Candidate {
	c := Candidate{
		Subject: name, SHA256: cred.Sum([]byte(name)), PEMBytes: 700, Trust: chain.TrustBundle, Complete: true, found: true,
		cert: ec(), until: today.Add(20 * years),
	}
	if change != nil {
		change(&c)
	}
	return c
}

// TestTheOrderOfCandidates has in each row what is wanted, the best first; it comes in every order.
func TestTheOrderOfCandidates(t *testing.T) {
	t.Parallel()
	until := func(n time.Duration) func(*Candidate) {
		return func(c *Candidate) { c.until = today.Add(n * years) }
	}
	size := func(n int) func(*Candidate) { return func(c *Candidate) { c.PEMBytes = n } }
	key := func(x *x509.Certificate, n int) func(*Candidate) {
		return func(c *Candidate) { c.cert, c.PEMBytes = x, n }
	}
	leans := func(c *Candidate) { c.leans = []*x509.Certificate{{}} }
	trust := func(to chain.Trust) func(*Candidate) { return func(c *Candidate) { c.Trust = to } }
	both := func(fs ...func(*Candidate)) func(*Candidate) {
		return func(c *Candidate) {
			for _, f := range fs {
				f(c)
			}
		}
	}
	for name, row := range map[string]struct {
		w    wish
		want []Candidate
	}{
		"a refused one is last, whatever it has": {want: []Candidate{
			good("root", both(trust(chain.TrustFirstUse), until(1))),
			good("middle", func(c *Candidate) { c.Refused = NotRoot }),
		}},
		"what was not named is behind what was": {want: []Candidate{
			good("named", until(1)), good("other", func(c *Candidate) { c.barred = true }),
		}},
		"the modem can follow": {want: []Candidate{
			good("sent", trust(chain.TrustFirstUse)),
			good("does not verify", func(c *Candidate) { c.Complete = false }),
			good("fetched", func(c *Candidate) { c.Complete, c.found = false, false }),
		}},
		"somebody vouches": {want: []Candidate{
			good("public", until(1)), good("next", trust(chain.TrustCrossSign)), good("stranger", trust(chain.TrustFirstUse)),
		}},
		"a file and a digest are as good as the list": {want: []Candidate{
			good("file", both(trust(chain.TrustFile), size(600))), good("given", both(trust(chain.TrustGiven), size(650))), good("list", nil),
		}},
		"room before time": {w: wish{room: 1000}, want: []Candidate{
			good("small", both(until(2), size(1000))), good("large", size(1001)),
		}},
		"the product's life before the key": {want: []Candidate{
			good("long", both(until(11), key(rsaKey(4096), 1900))), good("short", until(9)),
		}},
		"of two that are long enough the kinder": {want: []Candidate{
			good("ec", until(11)), good("rsa 2048", both(until(30), key(rsaKey(2048), 1200))), good("rsa 4096", both(until(30), key(rsaKey(4096), 1900))),
		}},
		"an EC key before a smaller RSA one": {want: []Candidate{
			good("ec", size(1300)), good("rsa", key(rsaKey(2048), 1200)),
		}},
		"of two that are too short the longer by years": {want: []Candidate{
			good("8", both(until(8), key(rsaKey(4096), 1900))), good("4", until(4)),
		}},
		"in the same year the kinder": {want: []Candidate{
			good("ec", func(c *Candidate) { c.until = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC) }),
			good("rsa", both(key(rsaKey(2048), 1200), func(c *Candidate) { c.until = time.Date(2030, 12, 31, 0, 0, 0, 0, time.UTC) })),
		}},
		"the one that needs no cross-sign": {want: []Candidate{
			good("near", key(rsaKey(2048), 1200)), good("far", leans),
		}},
		"a long far one before a short near one": {want: []Candidate{
			good("far", leans), good("near", until(9)),
		}},
		"the smaller": {want: []Candidate{good("small", size(656)), good("large", size(737))}},
		"the later":   {want: []Candidate{good("a", until(20)), good("b", until(19))}},
	} {
		t.Run(name, func(t *testing.T) {
			w := row.w
			w.now, w.life = today, 10*years
			random := rand.New(rand.NewPCG(1, 2))
			for range 20 {
				got := slices.Clone(row.want)
				random.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
				w.rank(got)
				if subjects(got) != subjects(row.want) {
					t.Fatalf("%s, want %s", subjects(got), subjects(row.want))
				}
			}
		})
	}
}

func subjects(cs []Candidate) string {
	var out []string
	for _, c := range cs {
		out = append(out, c.Subject)
	}
	return strings.Join(out, " > ")
}

// TestTwoOfOneOrder: nothing but the digest tells them apart, and it does.
func TestTwoOfOneOrder(t *testing.T) {
	t.Parallel()
	a, b := good("a", nil), good("b", nil)
	one, two := []Candidate{a, b}, []Candidate{b, a}
	w := wish{now: today}
	w.rank(one)
	w.rank(two)
	if subjects(one) != subjects(two) {
		t.Errorf("%s and %s", subjects(one), subjects(two))
	}
}

// TestWhenMozillaDropsARoot has the table of endpoint.md, section 5, and the edges of the schedule.
func TestWhenMozillaDropsARoot(t *testing.T) {
	t.Parallel()
	for made, want := range map[string]string{
		"2005-12-31": "2025-04-15", "2006-01-01": "2026-04-15", "2007-12-31": "2026-04-15", "2008-01-01": "2027-04-15",
		"2009-09-01": "2027-04-15", // Starfield Services Root G2
		"2010-01-01": "2028-04-15", "2011-12-31": "2028-04-15", "2012-01-01": "2029-04-15",
		"2013-08-01": "2029-04-15", // DigiCert Global Root G2
		"2014-04-14": "2029-04-15", "2014-04-15": "2029-04-15", "2014-04-16": "2029-04-16",
		"2015-06-04": "2030-06-04", // ISRG Root X1
		"2016-06-22": "2031-06-22", // GTS Root R1
		"2020-09-04": "2035-09-04", // ISRG Root X2
	} {
		at, err := time.Parse(time.DateOnly, made)
		if err != nil {
			t.Fatal(err)
		}
		if got := date(policyEnd(at)); got != want {
			t.Errorf("made on %s, dropped on %s, want %s", made, got, want)
		}
	}
}

// TestTheListOfToday asks the program's own list for the roots of endpoint.md, section 5.
func TestTheListOfToday(t *testing.T) {
	t.Parallel()
	list := chain.Mozilla()
	s := find(chain.Input{Sent: []*x509.Certificate{list[0].X509}, Public: list, Now: today}, nil)
	got := map[string]string{}
	for _, r := range list {
		c := s.plain(r.X509)
		if c.PolicyEnd.IsZero() || c.until.After(c.NotAfter) || c.until.After(c.PolicyEnd) {
			t.Errorf("%s ends %s, is dropped %s, and is of use until %s", c.Subject, c.NotAfter, c.PolicyEnd, c.until)
		}
		got[r.X509.Subject.CommonName] = fmt.Sprintf("%s %s %d", date(c.NotAfter), date(c.PolicyEnd), c.PEMBytes)
	}
	for name, want := range map[string]string{
		"ISRG Root X1": "2035-06-04 2030-06-04 1939", "ISRG Root X2": "2040-09-17 2035-09-04 790",
		"Amazon Root CA 1": "2038-01-17 2030-05-26 1188", "Amazon Root CA 3": "2040-05-26 2030-05-26 656",
		"Starfield Services Root Certificate Authority - G2": "2037-12-31 2027-04-15 1424",
		"DigiCert Global Root G2":                            "2038-01-15 2029-04-15 1294", "DigiCert Global Root G3": "2038-01-15 2029-04-15 839",
		"GTS Root R1": "2036-06-22 2031-06-22 1911", "GTS Root R4": "2036-06-22 2031-06-22 765",
	} {
		if got[name] != want {
			t.Errorf("%s: %s, want %s", name, got[name], want)
		}
	}
	lives, stays := 0, 0
	for _, r := range list {
		c := s.plain(r.X509)
		w := wish{now: today, life: time.Date(2036, 11, 22, 0, 0, 0, 0, time.UTC).Sub(today)}
		if w.covers(c.NotAfter) {
			lives++
			if w.covers(c.PolicyEnd) {
				stays++
			}
		}
	}
	t.Logf("of %d roots %d live to 2036-11-22 and %d are on the list then", len(list), lives, stays)
	if lives < 3*stays {
		t.Errorf("%d roots live and %d stay", lives, stays)
	}
}
