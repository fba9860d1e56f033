package profile

import (
	"strings"
	"testing"

	"example.org/sectag/cred"
)

const commented = `# our tracker
[product]
name = "tracker-2" # since 2025
life = '10y'       # the "trust anchor" must outlive it

[station]
id       = "3"

# the slots
[[slot]]
sec_tag = 42
mode    = "x509"
anchor  = "a.pem"

[[slot]]
sec_tag = 43
mode    = "x509"

[endpoint]
url = "coaps://a.example:5684"
register = true

# records
[ledger]
url = "sqlite:ledger.db"
`

// Rewriting changes the lines that were meant and no other byte.
func TestRewriteKeepsWhatItIsNotTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ key, value, old, now string }{
		"the same":          {"product.name", "tracker-2", "", ""},
		"a name":            {"product.name", "tracker #3", `name = "tracker-2" # since`, `name = "tracker #3" # since`},
		"in single quotes":  {"product.life", "12y", `life = '10y'       #`, `life = "12y"       #`},
		"aligned":           {"station.id", "4", `id       = "3"`, `id       = "4"`},
		"a new key":         {"station.operator", "ak", "id       = \"3\"\n", "id       = \"3\"\noperator = \"ak\"\n"},
		"a key goes":        {"product.life", "", "life = '10y'       # the \"trust anchor\" must outlive it\n", ""},
		"a number":          {"slot.sec_tag", "7", "sec_tag = 42", "sec_tag = 7"},
		"a list":            {"slot.anchor", "a.pem, b.pem", `anchor  = "a.pem"`, `anchor  = ["a.pem", "b.pem"]`},
		"nothing to remove": {"device.key", "", "", ""},
		"a table goes":      {"endpoint.url", "", "[endpoint]\nurl = \"coaps://a.example:5684\"\nregister = true\n\n", ""},
		"a new table":       {"device.key", "host", "url = \"sqlite:ledger.db\"\n", "url = \"sqlite:ledger.db\"\n\n[device]\nkey = \"host\"\n"},
	} {
		got, lost, err := Rewrite(commented, []Wish{{c.key, c.value}})
		want := strings.Replace(commented, c.old, c.now, 1)
		if err != nil || lost || got != want {
			t.Errorf("%s: lost %t, %v, got\n%s", name, lost, err, got)
		}
		if v, err := Values([]byte(got)); err != nil || v[c.key] != c.value {
			t.Errorf("%s: reads back as %q, %v", name, v[c.key], err)
		}
	}
}

// A file whose layout no line can follow is written anew, with all its values, and that is told.
func TestRewriteTellsWhatIsLost(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"an inline table": "product = {name = \"x\", batch = \"7\"} # gone\n[[slot]]\nsec_tag = 1\nmode = \"x509\"\n",
		"a dotted key":    "product.name = \"x\" # gone\nproduct.batch = \"7\"\n[[slot]]\nsec_tag = 1\nmode = \"x509\"\n",
		"several lines":   "[product] # gone\nbatch = \"7\"\nname = \"\"\"\nx\"\"\"\n[[slot]]\nsec_tag = 1\nmode = \"x509\"\n",
	} {
		got, lost, err := Rewrite(src, []Wish{{"product.name", "y"}, {"slot.sec_tag", "2"}})
		if err != nil || !lost {
			t.Errorf("%s: lost %t, %v", name, lost, err)
		}
		p, err := Parse("sectag.toml", []byte(got))
		if err != nil || p.Product != "y" || p.Batch != "7" || p.Slots[0].SecTag != 2 || strings.Contains(got, "gone") {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
	if _, _, err := Rewrite("[product\n", nil); cred.AsFault(err) == nil || cred.AsFault(err).Code != "config.value" {
		t.Errorf("what is no profile: %v", err)
	}
}

// A blank file becomes a profile, and one for a pre-shared key one for certificates without what belonged to the other.
func TestRewriteFromNothingAndFromOneModeToTheOther(t *testing.T) {
	t.Parallel()
	us := recipient(t)
	got, lost, err := Rewrite(Blank, []Wish{{"product.name", "x"}, {"station.id", ""}, {"slot.sec_tag", "0"}, {"slot.mode", "psk"}, {"psk.recipients", us}})
	if err != nil || lost || !strings.HasPrefix(got, Blank) {
		t.Fatalf("lost %t, %v\n%s", lost, err, got)
	}
	if p, err := Parse("sectag.toml", []byte(got)); err != nil || !p.Shares() || p.Slots[0].SecTag != 0 || strings.Contains(got, "station") {
		t.Errorf("%v\n%s", err, got)
	}
	got, lost, err = Rewrite(got, []Wish{{"slot.mode", "x509"}, {"psk.recipients", ""}})
	if p, e := Parse("sectag.toml", []byte(got)); err != nil || lost || e != nil || p.Shares() || strings.Contains(got, "psk") {
		t.Errorf("%v, %v\n%s", err, e, got)
	}
}

// All that is refused is told, each at its key and without the file's name.
func TestJudgeTellsAll(t *testing.T) {
	t.Parallel()
	_, all, err := Judge("sectag.toml", []byte("[product]\nlife = \"1\"\n[[slot]]\nsec_tag = 4294967295\nmode = \"x\"\n"))
	var keys []string
	for _, r := range all {
		keys = append(keys, r.Key)
		if r.Why == "" || r.Fault.Hint == "" || strings.Contains(r.Why, "sectag.toml") || !strings.HasSuffix(r.Fault.Text, r.Why) {
			t.Errorf("%+v", r)
		}
	}
	if err != nil || strings.Join(keys, " ") != "product.life slot.sec_tag slot.mode" {
		t.Errorf("%v: %v", err, keys)
	}
}

func FuzzRewrite(f *testing.F) {
	f.Add(commented, "product.name", "x # \"y\"")
	f.Add("[slot]\n", "slot.anchor", "a,b")
	f.Fuzz(func(t *testing.T, src, key, value string) {
		if !strings.Contains("product.name product.life slot.anchor device.key endpoint.url ledger.url station.id", key) || strings.Count(key, ".") != 1 {
			key = "product.name"
		}
		got, _, err := Rewrite(src, []Wish{{key, value}})
		if err != nil {
			return
		}
		if _, err := Values([]byte(got)); err != nil {
			t.Errorf("not read back: %v\n%q", err, got)
		}
	})
}
