package profile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
)

const whole = `[product]
name = "tracker-2"
life = "10y"
batch = "2026-47"
[station]
id       = "3"
operator = "ak"

[authority]
cert = "root.crt"
key  = "root.key"
lock_after = "45m"

[device]
id       = "urn:imei:{imei}"
key      = "host"
validity = "5500d"

[[slot]]
sec_tag = 0
mode    = "x509"
anchor  = "server-root.pem"

[[slot]]
sec_tag = 42
mode    = "x509"

[endpoint]
url      = "coaps://lwm2m.example.eu:5684"
register = true

[ledger]
url = "sqlite:ledger.db"

[firmware]
key_size = 1024

[inventory]
also = [16842753, 101]

[evidence]
readback = "each"
`

// folder makes a folder with the files that the profile names.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range []string{"root.crt", "root.key"} {
		if err := os.WriteFile(filepath.Join(dir, f), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestWholeProfile(t *testing.T) {
	dir := folder(t)
	p, err := Parse(filepath.Join(dir, "sectag.toml"), []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	want := &Profile{
		File: filepath.Join(dir, "sectag.toml"), SHA256: cred.Sum([]byte(whole)),
		Product: "tracker-2", Batch: "2026-47", Life: 3652 * 24 * time.Hour, Station: "3", Operator: "ak",
		Cert: filepath.Join(dir, "root.crt"), Key: filepath.Join(dir, "root.key"), Lock: 45 * time.Minute,
		ID: "urn:imei:{imei}", Certificate: lint.LwM2M, Origin: Host, Days: 5500,
		Slots:    []Slot{{SecTag: 0, Anchor: filepath.Join(dir, "server-root.pem")}, {SecTag: 42}},
		Endpoint: cred.Endpoint{Scheme: "coaps", Host: "lwm2m.example.eu", Port: 5684},
		Register: true,
		Ledger:   "sqlite:" + filepath.Join(dir, "ledger.db"), KeySize: 1024,
		Also: []cred.SecTag{16842753, 101}, Readback: Each,
	}
	if d := cmp.Diff(want, p); d != "" {
		t.Error(d)
	}
}

// TestRefusals takes one bad line into the whole profile and wants the line, the key and a fix.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct{ old, new, code, text, hint string }{
		"unknown key":      {`operator = "ak"`, `opertor = "ak"`, "config.unknown-key", "sectag.toml:7: nobody knows the key station.opertor", "did you mean operator?"},
		"in capitals":      {`operator = "ak"`, `Operator = "ak"`, "config.unknown-key", "sectag.toml:7: nobody knows the key station.Operator", "operator"},
		"twice, once so":   {`operator = "ak"`, "operator = \"ak\"\nOPERATOR = \"xy\"", "config.unknown-key", "sectag.toml:8: nobody knows the key station.OPERATOR", "operator"},
		"slot's capitals":  {"sec_tag = 42", "Sec_Tag = 42", "config.unknown-key", "sectag.toml:25: nobody knows the key slot.Sec_Tag", "sec_tag"},
		"table's":          {"[endpoint]", "[Endpoint]", "config.unknown-key", "sectag.toml:28: nobody knows the key Endpoint", "endpoint"},
		"unknown table":    {"[endpoint]", "[endpiont]", "config.unknown-key", "endpiont", "did you mean endpoint?"},
		"unknown in slot":  {`anchor  =`, `achor  =`, "config.unknown-key", "sectag.toml:22: nobody knows the key slot.achor", "did you mean anchor?"},
		"wrong type":       {"sec_tag = 42", `sec_tag = "42"`, "config.value", "sectag.toml:25: slot.sec_tag: a whole number is wanted, this is of the kind string", "docs/profile.md"},
		"number as text":   {`operator = "ak"`, `operator = 7`, "config.value", "sectag.toml:7: station.operator: text in double quotes is wanted", "docs/profile.md"},
		"text as bool":     {"register = true", `register = "no"`, "config.value", "sectag.toml:30: endpoint.register: true or false is wanted", "docs/profile.md"},
		"table in list":    {"[station]", "[[station]]", "config.value", "station: a table, headed by its name in single brackets", "docs/profile.md"},
		"reserved tag":     {"sec_tag = 42", "sec_tag = 4294967294", "config.value", "sectag.toml:25: slot.sec_tag: sec_tag 4294967294 is reserved", "0 to 2147483647"},
		"too large tag":    {"sec_tag = 42", "sec_tag = 4294967296", "config.value", "sectag.toml:25: slot.sec_tag", "0 to 2147483647"},
		"negative tag":     {"sec_tag = 42", "sec_tag = -1", "config.value", "sectag.toml:25: slot.sec_tag", "0 to 2147483647"},
		"tag twice":        {"sec_tag = 42", "sec_tag = 0", "config.value", "sectag.toml:25: slot.sec_tag: 0 was asked for already", "one [[slot]]"},
		"tag missing":      {"sec_tag = 42\n", "", "config.value", "sectag.toml:24: slot.sec_tag: it is missing", "write sec_tag"},
		"bad mode":         {"mode    = \"x509\"\nanchor", "mode    = \"x.509\"\nanchor", "config.value", `sectag.toml:21: slot.mode: "x.509" is no mode`, `mode = "x509"`},
		"psk with a root":  {"mode    = \"x509\"\nanchor", "mode    = \"psk\"\nanchor", "config.value", "sectag.toml:22: slot.anchor: a pre-shared key needs no root", "take the line out"},
		"anchor a number":  {`anchor  = "server-root.pem"`, `anchor  = 7`, "config.value", "sectag.toml:22: slot.anchor: text in double quotes is wanted, or a list of such", "backup.pem"},
		"one of a list":    {`anchor  = "server-root.pem"`, `anchor  = ["server-root.pem", 7]`, "config.value", "sectag.toml:22: slot.anchor: text in double quotes", "backup.pem"},
		"nameless":         {`anchor  = "server-root.pem"`, `anchor  = ["server-root.pem", ""]`, "config.value", "sectag.toml:22: slot.anchor: a file of the list has no name", "backup.pem"},
		"anchor twice":     {`anchor  = "server-root.pem"`, `anchor  = ["server-root.pem", "./server-root.pem"]`, "config.value", "server-root.pem is in the list twice", "backup.pem"},
		"buffer of 8":      {`key_size = 1024`, `key_size = 8`, "config.value", "sectag.toml:36: firmware.key_size: 8 is no size of a buffer", "CONFIG_LWM2M_SECURITY_KEY_SIZE"},
		"buffer as text":   {`key_size = 1024`, `key_size = "1 kB"`, "config.value", "sectag.toml:36: firmware.key_size: a whole number is wanted", "docs/profile.md"},
		"bad life":         {`life = "10y"`, `life = "ten"`, "config.value", "sectag.toml:3: product.life", `"10y"`},
		"bad validity":     {`"5500d"`, `"0d"`, "config.value", "sectag.toml:17: device.validity", `"issuer"`},
		"bad id":           {`"urn:imei:{imei}"`, `"unit"`, "config.value", "sectag.toml:15: device.id", "urn:imei:{imei}"},
		"bad key origin":   {`key      = "host"`, `key      = "tpm"`, "config.value", "sectag.toml:16: device.key", `"host"`},
		"modem key, two":   {`key      = "host"`, `key      = "modem"`, "config.value", "sectag.toml:16: device.key: a key that the modem makes serves one tag", `"host"`},
		"bad url":          {"coaps://lwm2m.example.eu:5684", "http://lwm2m.example.eu", "config.value", "sectag.toml:29: endpoint.url", "coaps://host:5684"},
		"a password":       {"sqlite:ledger.db", "postgres://u:hunter2@db/x", "config.value", "sectag.toml:33: ledger.url", "pgpass"},
		"bad ledger":       {"sqlite:ledger.db", "ledger.db", "config.value", "sectag.toml:33: ledger.url", "sqlite:"},
		"missing file":     {`"root.crt"`, `"rot.crt"`, "config.file", "sectag.toml:10: authority.cert: ", "ca init"},
		"PIN in the URI":   {`"root.key"`, `"pkcs11:token=a;object=b?module-path=m.so&pin-value=1234"`, "config.value", "sectag.toml:11: authority.key: the PIN stands in the key's URI", "pin-source=file:"},
		"no library":       {`"root.key"`, `"pkcs11:token=a;object=b"`, "config.value", "sectag.toml:11: authority.key: the key's PKCS#11 URI cannot be used: it does not say which", "module-path"},
		"no command":       {`"root.key"`, `"exec:"`, "config.value", "sectag.toml:11: authority.key: exec: names no command", "exec:/path/to/signer"},
		"folder as file":   {`"root.crt"`, `"."`, "config.value", "sectag.toml:10: authority.cert: ", "name the file"},
		"bad lock":         {`"45m"`, `"45s"`, "config.value", "sectag.toml:12: authority.lock_after", `"30m"`},
		"no TOML":          {"[product]", "[product", "config.value", "sectag.toml:1: ", "docs/profile.md"},
		"tag declared":     {`16842753`, `42`, "config.value", "sectag.toml:39: inventory.also: 42 was named already", "[[slot]]"},
		"also twice":       {`16842753`, `101`, "config.value", "sectag.toml:39: inventory.also: 101 was named already", "[[slot]]"},
		"also decrypted":   {`16842753`, `2147483650`, "config.value", "sectag.toml:39: inventory.also: 2147483650 is a developer tag", "shipped"},
		"also the modem's": {`16842753`, `4294967294`, "config.value", "sectag.toml:39: inventory.also: 4294967294 is no tag of a product", "no word"},
		"also negative":    {`16842753`, `-1`, "config.value", "sectag.toml:39: inventory.also: -1 is no tag", "0 to"},
		"also as text":     {`[16842753, 101]`, `"101"`, "config.value", "sectag.toml:39: inventory.also", "docs/profile.md"},
		"bad readback":     {`"each"`, `"some"`, "config.value", `sectag.toml:42: evidence.readback: "some" is no rule`, `"never"`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t)
			src := strings.Replace(whole, c.old, c.new, 1)
			if src == whole {
				t.Fatal("the case changes nothing")
			}
			_, err := Parse(filepath.Join(dir, "sectag.toml"), []byte(src))
			f := cred.AsFault(err)
			if f == nil {
				t.Fatal("it was accepted")
			}
			if f.Code != c.code || !strings.Contains(f.Text, c.text) || !strings.Contains(f.Hint, c.hint) || strings.Contains(f.Text, "\n") {
				t.Errorf("got  %s: %q, hint %q\nwant %s: %q, hint %q", f.Code, f.Text, f.Hint, c.code, c.text, c.hint)
			}
		})
	}
}

// TestProfilesOfWindowsEditorsAreRead: a byte order mark and CRLF change nothing but the digest, which is that of the file.
func TestProfilesOfWindowsEditorsAreRead(t *testing.T) {
	path := filepath.Join(folder(t), "sectag.toml")
	plain, err := Parse(path, []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	src := "\ufeff" + strings.ReplaceAll(whole, "\n", "\r\n")
	got, err := Parse(path, []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	if got.SHA256 != cred.Sum([]byte(src)) {
		t.Error("the digest is not that of the file")
	}
	if got.SHA256 = plain.SHA256; !cmp.Equal(got, plain) {
		t.Error(cmp.Diff(plain, got))
	}
	if _, err := Parse(path, []byte("\ufeff[product\n")); !strings.Contains(cred.AsFault(err).Text, ":1: ") {
		t.Error(err)
	}
}

func TestMissingFile(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "sectag.toml"))
	if f := cred.AsFault(err); f == nil || f.Code != "config.file" || f.Hint == "" {
		t.Errorf("got %v", err)
	}
}

func TestSavedReadsBackTheSame(t *testing.T) {
	dir := folder(t)
	p, err := Parse(filepath.Join(dir, "sectag.toml"), []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "saved.toml")
	if err := p.Save(path); err != nil {
		t.Fatal(err)
	}
	again, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	p.File, p.SHA256, again.File, again.SHA256 = "", cred.Digest{}, "", cred.Digest{}
	if d := cmp.Diff(p, again); d != "" {
		t.Error(d)
	}
	if err := p.Save(path); cred.AsFault(err) == nil {
		t.Error("a profile was replaced")
	}
}

// Keys behind a URI: nobody looks for a file, the paths in it are seen from the profile's folder, and wherever the profile is saved they
// stay the same.
func TestKeysThatAreNoFiles(t *testing.T) {
	dir := folder(t)
	for key, want := range map[string]string{
		"exec:signer --key root": "exec:signer --key root",
		"exec:./signer root.key": "exec:" + dir + "/signer root.key",
		"pkcs11:token=a;object=b?module-path=m.so&pin-source=file:pin": "pkcs11:token=a;object=b?module-path=" + dir + "/m.so&pin-source=file:" + dir + "/pin",
	} {
		src := strings.Replace(whole, `"root.key"`, `"`+key+`"`, 1)
		p, err := Parse(filepath.Join(dir, "sectag.toml"), []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		if p.Key != want {
			t.Errorf("%s is read as %s", key, p.Key)
		}
		again, err := Parse(filepath.Join(dir, "else", "sectag.toml"), []byte(p.Text(filepath.Join(dir, "else"))))
		if err != nil {
			t.Fatal(err)
		}
		if again.Key != want {
			t.Errorf("%s is saved as %s", want, again.Key)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(whole)
	f.Add("[[slot]]\nsec_tag=0")
	f.Fuzz(func(t *testing.T, src string) {
		_, err := Parse("sectag.toml", []byte(src))
		if fault := cred.AsFault(err); fault != nil && (fault.Code == "internal" || fault.Hint == "") {
			t.Errorf("%q: %+v", src, fault)
		}
	})
}

// Who makes the key, where the profile says so and where it leaves it open.
func TestWhoMakesTheKey(t *testing.T) {
	for _, c := range []struct {
		origin       Origin
		can, several bool
		inModem      bool
		why          bool
	}{
		{Host, true, false, false, false},
		{Modem, true, false, true, false},
		{Modem, false, false, true, false}, // and is refused by whoever asks the modem
		{Auto, true, false, true, false},
		{Auto, false, false, false, true},
		{Auto, true, true, false, true},
		{"", true, false, true, false}, // nobody has said anything
	} {
		yes, why := c.origin.InModem(c.can, c.several)
		if yes != c.inModem || (why != "") != c.why {
			t.Errorf("%+v: %v, %q", c, yes, why)
		}
	}
	if Auto.Recorded() != "" || Host.Recorded() != "host" || Modem.Recorded() != "modem" {
		t.Error("a record's origin is misread")
	}
	dir := folder(t)
	one := strings.Replace(whole, `key      = "host"`, `key      = "modem"`, 1)
	one = one[:strings.LastIndex(one, "[[slot]]")] + one[strings.Index(one, "[endpoint]"):]
	if p, err := Parse(filepath.Join(dir, "sectag.toml"), []byte(one)); err != nil || p.Origin != Modem {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestTheFirmwaresBuffer: what needs one byte more than the firmware has is refused, PEM's zero byte counted, and other tags are not ours.
func TestTheFirmwaresBuffer(t *testing.T) {
	p := Profile{KeySize: 1024, Slots: []Slot{{SecTag: 42}}}
	at := func(tag cred.SecTag, n int) string {
		err := p.Fits(cred.Slot{SecTag: tag, Kind: cred.RootCA}, make([]byte, n))
		if err == nil {
			return ""
		}
		return cred.AsFault(err).Code
	}
	if at(42, 1023) != "" || at(42, 1024) != "config.firmware-key-size" || at(7, 5000) != "" {
		t.Error("the edge of the firmware's buffer is wrong")
	}
	if got := p.Room(); got != 1023 {
		t.Errorf("room for %d", got)
	}
	p.KeySize = 0
	if at(42, 5000) != "" || p.Room() != hostRoom {
		t.Error("without a size nothing is refused")
	}
}
