package profile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
)

func recipient(t testing.TB) string {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id.Recipient().String()
}

// TestAProfileOfUnitsWithAPSK: read, settled with what is not said, and written back to the same.
func TestAProfileOfUnitsWithAPSK(t *testing.T) {
	t.Parallel()
	us, them, third := recipient(t), recipient(t), recipient(t)
	dir := t.TempDir()
	file := "# the office\n" + them + "\n\n" + third + "\n"
	if err := os.WriteFile(filepath.Join(dir, "office.txt"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		psk  string
		want PSK
	}{
		"one":           {`recipients = "` + us + `"`, PSK{32, []string{us}}},
		"a list":        {`recipients = ["` + us + `", "` + them + `"]`, PSK{32, []string{us, them}}},
		"a file":        {`recipients = "office.txt"`, PSK{32, []string{them, third}}},
		"both, twice":   {`recipients = ["` + them + `", "office.txt", "` + us + `"]`, PSK{32, []string{them, third, us}}},
		"sixteen bytes": {"bytes = 16\nrecipients = \"" + us + "\"", PSK{16, []string{us}}},
		"the longest":   {"bytes = 64\nrecipients = \"" + us + "\"", PSK{64, []string{us}}},
	} {
		p, err := Parse(filepath.Join(dir, DefaultName), []byte("[[slot]]\nsec_tag = 42\nmode = \"psk\"\n[psk]\n"+c.psk+"\n"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(c.want, p.PSK); d != "" || !p.Shares() || p.Signs() || !slices.Equal(p.Slots[0].Kinds(), []cred.Kind{cred.PSK, cred.PSKID}) {
			t.Errorf("%s: %+v %s", name, p, d)
		}
		again, err := Parse(filepath.Join(dir, DefaultName), []byte(p.Text(dir)))
		if err != nil {
			t.Fatalf("%s is written as\n%s%v", name, p.Text(dir), err)
		}
		p.SHA256, again.SHA256 = cred.Digest{}, cred.Digest{}
		if d := cmp.Diff(p, again); d != "" {
			t.Errorf("%s comes back changed: %s", name, d)
		}
	}
}

// TestAnAuthorityIsNotNeededForAPSK, also where the profile still names one.
func TestAnAuthorityIsNotNeededForAPSK(t *testing.T) {
	t.Parallel()
	p := Profile{Key: "root.key", Slots: []Slot{{SecTag: 42}}}
	if !p.Signs() || p.Shares() {
		t.Error("a unit with a certificate needs no authority")
	}
	if p.Slots[0].PSK = true; p.Signs() || !p.Shares() {
		t.Error("a unit with a pre-shared key needs an authority")
	}
	if s := Chosen(p.Slots, 7); !s.PSK || s.SecTag != 7 {
		t.Errorf("another tag is chosen as %+v", s)
	}
}

// TestRefusalsOfPSKs: each with the line, the key and a fix, and none that quotes a secret half.
func TestRefusalsOfPSKs(t *testing.T) {
	t.Parallel()
	us := recipient(t)
	typo := "x"
	if us[61:] == typo {
		typo = "z"
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bad.txt"), []byte(us+"\nage1no\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const slot = "[[slot]]\nsec_tag = 42\nmode = \"psk\"\n"
	good := "[psk]\nrecipients = \"" + us + "\"\n"
	many := "[psk]\nrecipients = ["
	for range 21 {
		many += "\"" + recipient(t) + "\","
	}
	for name, c := range map[string]struct{ text, want, hint string }{
		"nobody":            {slot, "psk.recipients: nobody is named", "age-keygen"},
		"an empty list":     {slot + "[psk]\nrecipients = []\n", "sectag.toml:5: psk.recipients: nobody is named", "age-keygen"},
		"an empty name":     {slot + "[psk]\nrecipients = [\"\"]\n", "sectag.toml:5: psk.recipients: the name is empty", "age-keygen"},
		"a number":          {slot + "[psk]\nrecipients = 7\n", "sectag.toml:5: psk.recipients: text in double quotes", "age-keygen"},
		"a typo":            {slot + "[psk]\nrecipients = \"" + us[:61] + typo + "\"\n", "is no age recipient", "age-keygen"},
		"no such file":      {slot + "[psk]\nrecipients = \"us.txt\"\n", "us.txt: it is not there", "age-keygen"},
		"a bad file":        {slot + "[psk]\nrecipients = \"bad.txt\"\n", "bad.txt: line 2: ", "age-keygen"},
		"a secret half":     {slot + "[psk]\nrecipients = \"" + id.String() + "\"\n", "this is the secret half", "away from the bench"},
		"too many":          {slot + many + "]\n", "21 recipients are named, at most 20 fit", "each group"},
		"fifteen bytes":     {slot + good + "bytes = 15\n", "sectag.toml:6: psk.bytes: a pre-shared key has 16 to 64 bytes, this 15", "bytes = 32"},
		"sixty-five":        {slot + good + "bytes = 65\n", "sectag.toml:6: psk.bytes: a pre-shared key has 16 to 64 bytes, this 65", "bytes = 32"},
		"unknown":           {slot + good + "byte = 32\n", "nobody knows the key psk.byte", "bytes"},
		"a root":            {slot + "anchor = \"a.pem\"\n" + good, "sectag.toml:4: slot.anchor: a pre-shared key needs no root", "take the line out"},
		"two tags":          {slot + "[[slot]]\nsec_tag = 43\nmode = \"psk\"\n" + good, "sectag.toml:3: slot.mode: a unit with a pre-shared key has one sec_tag", "second profile"},
		"mixed":             {"[[slot]]\nsec_tag = 43\nmode = \"x509\"\n" + slot + good, "sectag.toml:6: slot.mode: a unit with a pre-shared key has one sec_tag", "second profile"},
		"made in the modem": {"[device]\nkey = \"modem\"\n" + slot + good, "sectag.toml:2: device.key: no modem makes a pre-shared key", "auto"},
		"not asked for":     {"[[slot]]\nsec_tag = 42\nmode = \"x509\"\n" + good, "sectag.toml:5: psk.recipients: no slot asks for a pre-shared key", "take [psk] out"},
	} {
		_, err := Parse(filepath.Join(dir, DefaultName), []byte(c.text))
		f := cred.AsFault(err)
		if f == nil {
			t.Errorf("%s: nothing is refused", name)
			continue
		}
		if !strings.Contains(f.Text, c.want) || !strings.Contains(f.Hint, c.hint) || strings.Contains(f.Text+f.Hint, id.String()[20:40]) {
			t.Errorf("%s: %v, hint %q", name, err, f.Hint)
		}
	}
}
