package ca

import (
	"errors"
	"strings"
	"testing"

	"example.org/sectag/cred"
)

// What is rehearsed is refused where Issue refuses, and no certificate is longer than it says, nor much shorter.
func TestRehearsedIsIssued(t *testing.T) {
	t.Parallel()
	a := unlocked(t, InitOptions{Days: 3650})
	for _, name := range []string{"x", "urn:imei:352656100367872", strings.Repeat("x", 64)} {
		q := Request{Name: name, Days: 1000, Clock: Clock{Now: today()}}
		r, err := a.Rehearse(q)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 { // the signature's length varies
			key, err := NewKey()
			if err != nil {
				t.Fatal(err)
			}
			q.Public, q.Serial = key.Public(), NewSerial()
			c, err := a.Issue(q)
			if err != nil {
				t.Fatal(err)
			}
			if most := len(r.Longest); len(c.PEM) > most || most-len(c.PEM) > 100 || c.Clock != r.Clock {
				t.Errorf("%s: %d bytes were said to be the most, it has %d", name, most, len(c.PEM))
			}
		}
	}
}

func TestRehearsalRefusesWhatIssueRefuses(t *testing.T) {
	t.Parallel()
	a := unlocked(t, InitOptions{Days: 3650})
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]Request{
		"outlives": {Name: "x", Days: 5500, Clock: Clock{Now: today()}},
		"clock":    {Name: "x", Days: 5, Clock: Clock{Now: a.Cert.NotBefore.Add(-oneDay)}},
		"ended":    {Name: "x", Days: 5, Clock: Clock{Now: a.Cert.NotAfter.Add(oneDay)}},
		"name":     {Name: "a,b", Days: 5, Clock: Clock{Now: today()}},
		"days":     {Name: "x", Clock: Clock{Now: today()}},
	} {
		_, err := a.Rehearse(q)
		q.Public = key.Public()
		_, want := a.Issue(q)
		if err == nil || want == nil || cred.AsFault(err).Code != cred.AsFault(want).Code {
			t.Errorf("%s: %v, Issue says %v", name, err, want)
		}
	}
	a.Lock()
	var f *cred.Fault
	if _, err := a.Rehearse(Request{Name: "x", Days: 5, Clock: Clock{Now: today()}}); !errors.As(err, &f) || f.Code != "ca.locked" {
		t.Errorf("locked: %v", err)
	}
}
