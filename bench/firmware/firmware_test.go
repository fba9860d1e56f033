package firmware

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/bench/profile"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/internal/peers"
)

// product is a profile with an authority and two tags, and the roots that it names.
func product(t *testing.T, more string) profile.Profile {
	t.Helper()
	dir := t.TempDir()
	made, err := ca.Init(ca.InitOptions{Dir: dir, Subject: "CN=Acme", Days: 7300, Plaintext: true, Clock: ca.Clock{Now: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]peers.Spec{"root.pem": {CN: "Server", CA: true}, "old.pem": {CN: "Old", CA: true, RSA: 2048}} {
		if !strings.Contains(more, name) {
			continue // an RSA key takes its time
		}
		c := peers.SelfSigned(t, s)
		if err := os.WriteFile(filepath.Join(dir, name), c.PEM, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := "[authority]\ncert = \"" + filepath.Base(made.Cert) + "\"\n" + more
	p, err := profile.Parse(filepath.Join(dir, "sectag.toml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return *p
}

const oneSlot = "[[slot]]\nsec_tag = 42\nmode = \"x509\"\nanchor = \"root.pem\"\n"

func symbols(b Build) map[string]string {
	out := map[string]string{}
	for _, o := range b.Options {
		out[o.Symbol] = o.Value
	}
	return out
}

func TestTheLines(t *testing.T) {
	t.Parallel()
	p := product(t, oneSlot+"[endpoint]\nurl = \"coaps://lwm2m.example.eu:5684\"\n")
	b, err := For(p, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"CONFIG_LWM2M_CLIENT_UTILS": "y", "CONFIG_LWM2M_DTLS_SUPPORT": "y", "CONFIG_LWM2M_DTLS_CID": "y",
		"CONFIG_LWM2M_CLIENT_UTILS_SERVER":         `"coaps://lwm2m.example.eu:5684"`,
		"CONFIG_LWM2M_CLIENT_UTILS_SERVER_TLS_TAG": "42",
		"CONFIG_LWM2M_SECURITY_KEY_SIZE":           "768",
	}
	if d := cmp.Diff(want, symbols(b)); d != "" {
		t.Error(d)
	}
	for _, l := range b.Lines {
		name, value, ok := strings.Cut(l, "=")
		if !strings.HasPrefix(l, "# ") && (!ok || want[name] != value) {
			t.Errorf("%q is no line of a .conf file", l)
		}
	}
	if b.Mode != 2 || !strings.Contains(strings.Join(b.Lines, "\n"), "2, X.509") {
		t.Errorf("the security mode is not told: %q", b.Lines)
	}
}

// TestTheSizeIsThatOfTheLargest: a real certificate of the unit is no longer than what was reckoned, and all roots of a slot count.
func TestTheSizeIsThatOfTheLargest(t *testing.T) {
	t.Parallel()
	p := product(t, oneSlot)
	b, err := For(p, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	root, err := ca.Load(p.Cert, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	auth, err := root.Unlock(filepath.Join(filepath.Dir(p.Cert), "root.key"), nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ca.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	c, err := auth.Issue(ca.Request{Name: "urn:imei:350123451234560", Days: p.Days, Public: key.Public(), Clock: ca.Clock{Now: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	size := func(k cred.Kind) int {
		i := slices.IndexFunc(b.Credentials, func(c Credential) bool { return c.Kind == k.String() })
		if i < 0 {
			t.Fatalf("no %s in %+v", k, b.Credentials)
		}
		return b.Credentials[i].Bytes
	}
	if got := size(cred.ClientCert); got <= len(c.PEM) || got > len(c.PEM)+100 {
		t.Errorf("a certificate of %d B is reckoned as %d", len(c.PEM), got)
	}
	if got := size(cred.ClientKey); got != len(key.PEM())+1 {
		t.Errorf("a key of %d B is reckoned as %d", len(key.PEM()), got)
	}
	two := product(t, strings.Replace(oneSlot, `"root.pem"`, `["root.pem", "old.pem"]`, 1)+"[device]\nkey = \"modem\"\n")
	b, err = For(two, time.Now())
	if err != nil || b.KeySize%256 != 0 || b.KeySize < 1536 {
		t.Errorf("%+v, %v", b, err)
	}
	if slices.ContainsFunc(b.Credentials, func(c Credential) bool { return c.Kind == "client-key" }) {
		t.Error("the modem's own key is in the firmware's buffer")
	}
}

// With send_chain the intermediate behind the certificate is reckoned with it; where a root signs, nothing stands behind.
func TestTheSizeOfAChain(t *testing.T) {
	t.Parallel()
	p := product(t, oneSlot)
	root, err := ca.Load(p.Cert, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	auth, err := root.Unlock(filepath.Join(filepath.Dir(p.Cert), "root.key"), nil)
	if err != nil {
		t.Fatal(err)
	}
	made, err := ca.Init(ca.InitOptions{Under: auth, Dir: filepath.Join(t.TempDir(), "2026"), Subject: "CN=Acme 2026", Plaintext: true, Clock: ca.Clock{Now: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	below, err := ca.Load(made.Cert, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	size := func(cert string, chain bool) int {
		q := p
		q.Cert, q.Chain, q.Days = cert, chain, 100
		b, err := For(q, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(b.Credentials, func(c Credential) bool { return c.Kind == cred.ClientCert.String() })
		return b.Credentials[i].Bytes
	}
	if alone, both := size(made.Cert, false), size(made.Cert, true); both-alone != len(below.PEM) {
		t.Errorf("alone %d B, with the intermediate of %d B %d B", alone, len(below.PEM), both)
	}
	if alone, both := size(p.Cert, false), size(p.Cert, true); both != alone {
		t.Errorf("of a root: %d and %d B", alone, both)
	}
}

// The longest certificate is one length: a serial that was drawn for the rehearsal took a byte more in half of the runs. In PEM one
// byte of three shows, so names of three lengths are tried.
func TestTheSizeIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"", "x", "xx"} {
		p := product(t, "[device]\nid = \""+before+"urn:imei:{imei}\"\n"+oneSlot)
		first, err := For(p, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for range 16 {
			b, err := For(p, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(first.Credentials, b.Credentials); diff != "" {
				t.Fatal(diff)
			}
		}
	}
}

func TestTheFirmwaresBuffer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, more, size, code string }{
		{"large enough", oneSlot + "[firmware]\nkey_size = 3000\n", "3000", ""},
		{"too small", oneSlot + "[firmware]\nkey_size = 256\n", "768", "config.firmware-key-size"},
		{"no slot", "", "", "config.value"},
		{"a root that is not there", strings.Replace(oneSlot, "root.pem", "gone.pem", 1), "", "config.anchor"},
		{"two tags", oneSlot + "[[slot]]\nsec_tag = 7\nmode = \"x509\"\n", "768", ""},
	} {
		b, err := For(product(t, c.more), time.Now())
		code := ""
		if err != nil {
			code = cred.AsFault(err).Code
		}
		if code != c.code || symbols(b)["CONFIG_LWM2M_SECURITY_KEY_SIZE"] != c.size {
			t.Errorf("%s: %v, %+v", c.name, err, b)
		}
	}
}
