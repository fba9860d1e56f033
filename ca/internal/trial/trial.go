// Package trial makes authorities and units for the tests of the rooms beside ca. Only tests import it. OpenSSL, which many of them ask,
// looks at its own clock: so all lives begin now.
package trial

import (
	"testing"
	"time"

	"example.org/sectag/ca"
)

// Authority makes one whose key lies in clear in a folder of its own, which is quick; of o the folder, the passphrase and the clock are set.
func Authority(t testing.TB, o ca.InitOptions) *ca.Authority {
	t.Helper()
	o.Dir, o.Plaintext, o.Clock = t.TempDir(), true, ca.Clock{Now: time.Now()}
	made, err := ca.Init(o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ca.Load(made.Cert, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	a, err := r.Unlock(made.Key, nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Unit issues the certificate of a unit, for 300 days; nobody has its key.
func Unit(t testing.TB, a *ca.Authority) ca.Certificate {
	t.Helper()
	key, err := ca.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	defer key.Clear()
	c, err := a.Issue(ca.Request{Name: "urn:imei:352656100367872", Public: key.Public(), Days: 300, Clock: ca.Clock{Now: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
