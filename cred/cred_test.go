package cred_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"example.org/sectag/cred"
)

// The samples are those of the fact sheet, section 6: from Nordic's documents and public logs.
func TestIMEI(t *testing.T) {
	for _, s := range []string{"352656100367872", "351358816993213", "350457791735879", "351516172719221", "490154203237518"} {
		i, err := cred.ParseIMEI(s)
		if err != nil || !i.Valid() || i.String() != s {
			t.Errorf("%s: %v, valid %v, written %s", s, err, i.Valid(), i)
		}
	}
	for _, s := range []string{"355025930000000", "123456789012345"} { // wrong check digits exist: a warning, never a refusal
		if i, err := cred.ParseIMEI(s); err != nil || i.Valid() || i.String() != s {
			t.Errorf("%s: %v, valid %v", s, err, i.Valid())
		}
	}
	for _, s := range []string{"", "35265610036787", "3526561003678720", "35265610036787x", "000000000000000", "+52656100367872", "35265610036787２"} {
		if i, err := cred.ParseIMEI(s); err == nil || i != 0 {
			t.Errorf("%q was taken as %v", s, i)
		}
	}
	if i, _ := cred.ParseIMEI("012345678901237"); i.String() != "012345678901237" || i.Last4() != "1237" {
		t.Errorf("leading zeros are lost: %s, %s", i, i.Last4())
	}
}

func TestIMEIInJSON(t *testing.T) {
	type doc struct {
		IMEI cred.IMEI `json:"imei"`
	}
	var d doc
	if err := json.Unmarshal([]byte(`{"imei":"352656100367872"}`), &d); err != nil || d.IMEI.String() != "352656100367872" {
		t.Errorf("%v, %v", d, err)
	}
	if b, err := json.Marshal(doc{}); err != nil || string(b) != `{"imei":""}` {
		t.Errorf("%s, %v", b, err)
	}
	if err := json.Unmarshal([]byte(`{"imei":"12"}`), &d); err == nil {
		t.Error("a short IMEI was taken")
	}
}

// TestLuhn holds Valid against the check digit worked out the long way.
func TestLuhn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringMatching(`[1-9][0-9]{13}`).Draw(t, "body")
		sum := 0
		for i, c := range body {
			d := int(c - '0')
			if i%2 == 1 { // the last of the fourteen is doubled, and every second before it
				if d *= 2; d > 9 {
					d -= 9
				}
			}
			sum += d
		}
		right := (10 - sum%10) % 10
		for d := range 10 {
			i, err := cred.ParseIMEI(fmt.Sprintf("%s%d", body, d))
			if err != nil || i.Valid() != (d == right) {
				t.Fatalf("%s%d: valid %v, %v; the digit is %d", body, d, i.Valid(), err, right)
			}
		}
	})
}

func TestSecTag(t *testing.T) {
	for s, want := range map[string]cred.SecTag{"0": 0, "42": 42, "16842753": 16842753, "2147483647": 2147483647} {
		if got, err := cred.ParseSecTag(s); err != nil || got != want || got.Reserved() || got.Range() != "user" {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "-1", "042", "0x2a", "2147483648", "4294967294", "4294967296", "1e3", " 1"} {
		if got, err := cred.ParseSecTag(s); err == nil {
			t.Errorf("%q was taken as %d", s, got)
		}
	}
	for n, want := range map[cred.SecTag]string{2147483648: "tls-decrypt", 2147483667: "tls-decrypt", 2147483668: "modem", 4294967294: "modem"} {
		if n.Range() != want || !n.Reserved() || n.Decrypt() != (want == "tls-decrypt") {
			t.Errorf("%d is %s", n, n.Range())
		}
	}
	if _, err := cred.ParseSecTag("2147483650"); err == nil || !strings.Contains(err.Error(), "tls-decrypt") {
		t.Errorf("the refusal does not say whose the tag is: %v", err)
	}
}

func TestKind(t *testing.T) {
	for n, name := range map[cred.Kind]string{0: "root-ca", 1: "client-cert", 2: "client-key", 3: "psk", 4: "psk-id", 5: "at-key", 6: "device-id-key", 7: "other", 11: "other"} {
		if n.String() != name {
			t.Errorf("%d is called %s", n, n)
		}
		if name != "other" {
			if got, err := cred.ParseKind(name); err != nil || got != n {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
		if got, err := cred.ParseKind(fmt.Sprint(uint8(n))); err != nil || got != n {
			t.Errorf("%d: %v, %v", n, got, err)
		}
		if n.Writable() != (n <= 4) || n.Secret() != (n == 2 || n == 3) {
			t.Errorf("%s: writable %v, secret %v", n, n.Writable(), n.Secret())
		}
	}
	for _, s := range []string{"", "256", "-1", "other", "Root-CA"} {
		if got, err := cred.ParseKind(s); err == nil {
			t.Errorf("%q was taken as %d", s, got)
		}
	}
}

func TestDigest(t *testing.T) {
	d := cred.Sum([]byte("abc")) // FIPS 180-4's example
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if d.String() != want || d.Short() != "ba7816bf…15ad" || d.Last8() != "f20015ad" {
		t.Errorf("%s, %s, %s", d, d.Short(), d.Last8())
	}
	for _, s := range []string{want, strings.ToUpper(want)} {
		if got, err := cred.ParseDigest(s); err != nil || got != d {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", want[:63], want + "0", "x" + want[1:]} {
		if _, err := cred.ParseDigest(s); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
	var none cred.Digest
	if none.String() != "" || none.Short() != "" || none.Last8() != "" || !none.IsZero() {
		t.Error("no digest is written as one")
	}
}

func TestEndpoint(t *testing.T) {
	for s, want := range map[string]string{
		"coaps://lwm2m.example.eu":       "coaps://lwm2m.example.eu:5684",
		"coaps://LWM2M.example.eu.:5685": "coaps://lwm2m.example.eu:5685",
		"coaps://192.0.2.1:5684/":        "coaps://192.0.2.1:5684",
		"coaps://[2001:db8::1]":          "coaps://[2001:db8::1]:5684",
		"tls://example.eu:8883":          "tls://example.eu:8883",
	} {
		if e, err := cred.ParseEndpoint(s); err != nil || e.String() != want {
			t.Errorf("%s: %s, %v", s, e, err)
		}
	}
	for _, s := range []string{
		"", "example.eu", "http://example.eu", "coap://example.eu", "coaps://", "coaps://a:0", "coaps://a:65536", "coaps://a:x", "coaps://u@a", "coaps://a/rd",
		"coaps://a?x=1", "coaps://a#b", "tls://example.eu", "coaps://-a", "coaps://a b", "coaps://a..b", "coaps://" + strings.Repeat("a", 64) + ".eu", "coaps:a", "coaps://a\n",
	} {
		if e, err := cred.ParseEndpoint(s); err == nil {
			t.Errorf("%q was taken as %s", s, e)
		}
	}
	for s, want := range map[string]string{
		"coaps://2001:db8::1:5684": "; write coaps://[2001:db8::7]:port", // of the address or the port: a guess would be the wrong server
		"coaps://::1":              "without brackets",
		"coaps://fe80::1%eth0:1":   "without brackets",
		"tls://::1:8883/":          "; write tls://[2001:db8::7]:port",
		"tls://example.eu":         "the port is missing; write tls://host:port",
		"coaps://u:p@a:1":          "more than a host and a port; write coaps://host:port",
	} {
		if e, err := cred.ParseEndpoint(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %s, %v", s, e, err)
		}
	}
	e, _ := cred.ParseEndpoint("coaps://[2001:db8::1]:1")
	if !e.IsIP() || e.Addr() != "[2001:db8::1]:1" {
		t.Errorf("%v, %s", e.IsIP(), e.Addr())
	}
}

func TestTemplate(t *testing.T) {
	i, _ := cred.ParseIMEI("352656100367872")
	for s, want := range map[string]string{"urn:imei:{imei}": "urn:imei:352656100367872", "nrf-{imei}": "nrf-352656100367872", "{imei}": "352656100367872"} {
		if got, err := cred.ParseTemplate(s); err != nil || got.Name(i) != want {
			t.Errorf("%s: %s, %v", s, got.Name(i), err)
		}
	}
	for _, s := range []string{"", "unit", "{imei}{imei}", "{IMEI}", "a,{imei}", "a b{imei}", "a={imei}", `"{imei}"`, "a|{imei}", "é{imei}", "{x}{imei}", strings.Repeat("a", 50) + "{imei}"} {
		if _, err := cred.ParseTemplate(s); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
}

func TestFault(t *testing.T) {
	cause := errors.New("cause")
	f := cred.Because(cause, "port.busy", "the port is in use", "close the other program")
	if f.Error() != "the port is in use (port.busy)" || !errors.Is(f, cause) {
		t.Errorf("%v", f)
	}
	if got := cred.AsFault(fmt.Errorf("opening: %w", f)); got != f {
		t.Errorf("%v", got)
	}
	if got := cred.AsFault(cause); got.Code != "internal" || !errors.Is(got, cause) {
		t.Errorf("%v", got)
	}
	if cred.AsFault(nil) != nil {
		t.Error("nothing is a fault")
	}
	b, err := json.Marshal(f)
	if err != nil || string(b) != `{"code":"port.busy","text":"the port is in use","hint":"close the other program"}` {
		t.Errorf("%s, %v", b, err)
	}
}

func TestJudge(t *testing.T) {
	w, e, i := cred.Finding{Severity: cred.Warning}, cred.Finding{Severity: cred.Error}, cred.Finding{Severity: cred.Info}
	for want, fs := range map[cred.Verdict][][]cred.Finding{cred.Pass: {nil, {i}}, cred.Warn: {{w}, {i, w, i}}, cred.Fail: {{e}, {w, e}, {e, w}}} {
		for _, f := range fs {
			if got := cred.Judge(f); got != want {
				t.Errorf("%v: %s", f, got)
			}
		}
	}
}

// TestForeignWordsAreOneLine: whatever stands in a name that a fault quotes, it is one line and no terminal obeys it.
func TestForeignWordsAreOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"a\nb\r\x1b[2J": "a?b??[2J", "\u009b31m": "?31m", "safe\u202Eexe": "safe?exe", "\xff": "?", "Zürich – 東京 ✓": "Zürich – 東京 ✓", "\x7f\x00\t": "???",
		"zero\u200bwidth\ufeff": "zero?width?",
	} {
		if got := cred.Line(in); strings.ReplaceAll(got, "\uFFFD", "?") != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	cause := errors.New("cause")
	for _, f := range []*cred.Fault{cred.Failed("c", "a\nb", "c\x1bd"), cred.Because(cause, "c", "a\nb", "c\x1bd"), cred.AsFault(errors.New("a\nb"))} {
		if f.Text != "a?b" || strings.ContainsAny(f.Hint, "\x1b\n") {
			t.Errorf("%+v", f)
		}
	}
}

// TestAnAddressIsToldWithoutItsPassword: what stands before the last @ is not repeated, whatever is wrong with the address.
func TestAnAddressIsToldWithoutItsPassword(t *testing.T) {
	for in, shown := range map[string]string{
		"coaps://user:hunter2@host": `"coaps://…@host"`, "coaps://hunter2@host:1/p": `"coaps://…@host:1/p"`, "user:hunter2@host": `"…@host"`,
		"tls://user:hunter2/@hunter2@host:1": `"tls://…@host:1"`, "coaps://user:hunter2@": `"coaps://…@"`, "http://u:hunter2@[::1": `"http://…@[::1"`,
		"coaps://u:hunter2%zz@host": `"coaps://…@host"`, "coaps:user:hunter2@host": `"…@host"`,
	} {
		_, err := cred.ParseEndpoint(in)
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.HasPrefix(err.Error(), shown) {
			t.Errorf("%s: %v", in, err)
		}
	}
}
