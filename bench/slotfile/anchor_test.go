package slotfile

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

var today = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// root makes an authority and gives its file and what is in it.
func root(t *testing.T, name string, at time.Time, days int) (string, []byte) {
	t.Helper()
	made, err := ca.Init(ca.InitOptions{Dir: t.TempDir(), Subject: "CN=" + name, Plaintext: true, Days: days, Clock: ca.Clock{Now: at}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(made.Cert)
	if err != nil {
		t.Fatal(err)
	}
	return made.Cert, b
}

func file(t *testing.T, parts ...[]byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(name, bytes.Join(parts, []byte("some text between\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestRootsStandInTheSlotAsTheyWereNamed: two files, or one with both, are the same bytes, and the other order is another content.
func TestRootsStandInTheSlotAsTheyWereNamed(t *testing.T) {
	a, first := root(t, "Primary", today, 0)
	b, second := root(t, "Backup", today, 0)
	want := append(append([]byte{}, first...), second...)
	for _, names := range [][]string{{a, b}, {file(t, first, second)}} {
		got, err := Anchors(names, today)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v: %d bytes, %v", names, len(got), err)
		}
	}
	other, err := Anchors([]string{b, a}, today)
	if err != nil || bytes.Equal(other, want) || len(other) != len(want) {
		t.Errorf("%v", err)
	}
	var trust Trust
	trust.Add(7, want, today, 0, flows.AnchorFacts{SHA256: cred.Sum(second), Source: "aia", Trust: "first-use"})
	trust.Add(8, first, today, 0, flows.AnchorFacts{})
	if f := trust.Facts; len(f) != 2 || f[0].Subject != "CN=Primary" || f[0].SHA256 != cred.Sum(first) || f[0].PEMBytes != len(first) ||
		f[0].Trust != "file" || f[1].Subject != "CN=Backup" || f[1].Trust != "first-use" || len(trust.Doubts) != 0 {
		t.Errorf("%+v", trust)
	}
}

// TestEveryRootIsJudged: what is wrong with the second is said as if it stood alone.
func TestEveryRootIsJudged(t *testing.T) {
	good, first := root(t, "Primary", today, 0)
	old, _ := root(t, "Old", today.AddDate(-2, 0, 0), 365)
	leaf := file(t, leafOf(t, good))
	for name, c := range map[string]struct {
		names []string
		code  string
		say   string
	}{
		"ended":             {[]string{good, old}, "chain.expired", "Old"},
		"a leaf":            {[]string{good, leaf}, "chain.leaf-anchor", "urn:imei"},
		"twice in two":      {[]string{good, file(t, first)}, "config.anchor", "twice"},
		"twice in one":      {[]string{file(t, first, first)}, "config.anchor", "twice"},
		"not there":         {[]string{good, filepath.Join(t.TempDir(), "none.pem")}, "config.anchor", "none.pem"},
		"no certificate":    {[]string{good, file(t, []byte("text"))}, "config.anchor", "no PEM certificate"},
		"the first of both": {[]string{old, good}, "chain.expired", "Old"},
	} {
		_, err := Anchors(c.names, today)
		if f := cred.AsFault(err); f == nil || f.Code != c.code || !strings.Contains(f.Text, c.say) || f.Hint == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// leafOf is a unit's certificate under a root.
func leafOf(t *testing.T, cert string) []byte {
	t.Helper()
	r, err := ca.Load(cert, today)
	if err != nil {
		t.Fatal(err)
	}
	auth, err := r.Unlock(strings.TrimSuffix(cert, ".crt")+".key", nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ca.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	made, err := auth.Issue(ca.Request{Name: "urn:imei:352656100367872", Public: key.Public(), Days: 10, Clock: ca.Clock{Now: today}})
	if err != nil {
		t.Fatal(err)
	}
	return []byte(made.PEM)
}

// TestRoomAndLifeAreDoubted: from the stated size on, and where a root ends before the product.
func TestRoomAndLifeAreDoubted(t *testing.T) {
	_, long := root(t, "Long", today, 7300)
	_, short := root(t, "Short", today, 3000)
	many := bytes.Repeat(long, Large/len(long)+1)
	codes := func(content []byte, life time.Duration) (out []string) {
		var trust Trust
		trust.Add(7, content, today, life, flows.AnchorFacts{})
		for _, f := range trust.Doubts {
			out = append(out, f.Code)
			if f.Severity != cred.Warning || f.Hint == "" {
				t.Errorf("%+v", f)
			}
		}
		return out
	}
	const years = 3652 * 24 * time.Hour
	for _, c := range []struct {
		content []byte
		life    time.Duration
		want    []string
	}{
		{long, years, nil},
		{append(append([]byte{}, long...), short...), years, []string{"chain.anchor-short"}},
		{append(append([]byte{}, long...), short...), 0, nil},
		{many[:len(many)-len(long)], years, nil},
		{many, years, []string{"store.anchor-large"}},
	} {
		if got := codes(c.content, c.life); !slices.Equal(got, c.want) {
			t.Errorf("%d bytes for %v: %v, want %v", len(c.content), c.life, got, c.want)
		}
	}
}
