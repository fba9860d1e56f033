package record

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
)

var update = flag.Bool("update", false, "write testdata anew")

func sum(s string) cred.Digest { return cred.Sum([]byte(s)) }

func ptr[T any](v T) *T { return &v }

func certPEM(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "unit.crt"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// full is a record with every field set.
func full(t testing.TB) Record {
	t.Helper()
	const name = "urn:imei:352656100367872"
	peer := []Peer{{"CN=lwm2m.example", "CN=Issuing", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "EC P-256", "ECDSA-SHA256", sum("peer"), 600}}
	measured := []Measured{{"T2", []string{"SSM-2"}, "pass", "all slots read back", "none"}}
	return Record{
		ID: "12", Kind: Provision, Time: "2026-11-22T10:00:00Z", Verdict: cred.Fail, IMEI: 352656100367872,
		Unit:       Identity{"key:" + sum("k").String(), sum("k"), "25c95751-efa4-40d4-8b4a-1dcaab81fac9", sum("token"), "tracker-2", "A-17", "2026-47", true},
		Supersedes: "3", Checks: "3", Corrects: "3", Note: "the label said 47", Run: "4", Attempt: 1, Model: "nRF9151-LACA", Hardware: "nRF9151 LACA ADA", Firmware: "mfw_nrf91x1_2.0.3",
		Host: "at-host", KeyOrigin: "host", Means: OtherMeans,
		Bench: Bench{
			"v1.0.0", "b7c036c", sum("bin"), "linux/amd64", "3", "ak", "/dev/ttyACM0", sum("profile"),
			Clock{"system", "2026-11-22T09:59:58Z"},
			"2026-11-22T09:59:50Z", "2026-11-22T10:00:00Z",
		},
		Slots: []Slot{{42, cred.ClientCert, "client-cert", 594, sum("c"), sum("c"), ptr(true), "written", "new", "ok", "ok", "ok", 1, "not-run"}},
		Key:   &Key{"host-csprng", "Go crypto/rand", "EC P-256", 128, "SP 800-57 part 1", sum("spki"), sum("psk"), name, sum("sealed"), "destroyed", sum("csr"), sum("cose"), "digest", "subject", "sign-verify"},
		Cert: &Certificate{
			"5f3c", "CN=" + name, name, "CN=Acme Devices 2026", sum("ca"), "2026-11-22T09:50:00Z", "2041-12-13T09:50:00Z", sum("der"), sum("spki"),
			"EC P-256", "ECDSA-SHA256",
			[]string{"digitalSignature"},
			[]string{"clientAuth"},
			false, "1",
			[]string{"ca.clear-key"},
			certPEM(t),
			[]cred.Digest{sum("between")},
		},
		Revoked:   &Revoked{"5f3c", sum("ca"), "keyCompromise", "2026-11-22T10:00:00Z"},
		Authority: &Authority{"CN=Acme Devices 2026", sum("ca"), sum("caspki"), "EC P-256", "2046-11-17T00:00:00Z", "encrypted-file", []cred.Digest{sum("root")}},
		Anchor:    &Anchor{"CN=Acme Root", sum("a"), sum("b"), "2046-11-17T00:00:00Z", 648, "aia", "http://pki.example/root.cer", sum("f"), "first-use", "ak"},
		Anchors:   []Anchor{{"CN=Acme Root", sum("c"), sum("b"), "2046-11-17T00:00:00Z", 324, "aia", "http://pki.example/root.cer", sum("f"), "first-use", "ak"}},
		Connect: &Connect{
			cred.Fail, "coaps://lwm2m.example:5684", "192.0.2.7:5684", "host", true, "77ab", "DTLS 1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "P-256",
			"ECDSA-SHA256",
			CID{true, true},
			"used", ptr(true), "survived", 171, ptr(int64(40)), ptr(48), peer,
			&Register{"2.01", "/rd/x7", 3600, true, true}, measured,
		},
		Connection: "tested", Uniqueness: &Uniqueness{"all history", 12, 0}, Tests: measured,
		Findings:  []cred.Finding{{Code: "dtls.48", Severity: cred.Error, Text: "it trusts another authority", Hint: "give it the root", File: "root.crt", Port: "COM3"}},
		Abandoned: []string{"77aa"}, LostPSKs: []LostPSK{{sum("lost"), sum("lost copy")}}, Failure: cred.Failed("dtls.48", "the server refused this unit", "give the server the root"),
		ElapsedMS: 9800, Line: &Line{1843, 402, 2100}, Seal: Seal{"example.org/sectag/ledger/00", sum("root"), sum("journal"), 17, sum("at")},
	}
}

// A record of an older schema is read as it was written, and is right only without what came later.
func TestOlderSchemasAreRead(t *testing.T) {
	body, err := os.ReadFile(filepath.Join("testdata", "full-1.json"))
	if err != nil {
		t.Fatal(err)
	}
	body = bytes.TrimSpace(body)
	r, err := Decode(body)
	if err != nil || r.Version != 1 || r.Key.Attestation.IsZero() || !r.Key.CSR.IsZero() {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, c := range [][2]string{
		{`"readback":`, `"keygen":"ok","readback":`},
		{`"readback":`, `"repeats":1,"readback":`},
		{`"twin":true,`, `"twin":true,"twin_serial":"77ab",`},
		{`"product":`, `"attest_token_sha256":"` + sum("t").String() + `","product":`},
	} {
		later := bytes.Replace(body, []byte(c[0]), []byte(c[1]), 1)
		if _, err := Decode(later); err == nil || bytes.Equal(later, body) {
			t.Errorf("the schema 1 is read with %s: %v", c[1], err)
		}
	}
}

// A correction says of which record, and what is right; it gives a unit nothing.
func TestCorrection(t *testing.T) {
	good := Record{ID: "3", Kind: Correction, Time: "2026-11-22T10:00:00Z", Verdict: cred.Pass, IMEI: 352656100367872, Corrects: "1", Note: "the batch is 47"}
	if _, _, err := Encode(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Record){
		"of none": func(r *Record) { r.Corrects = "" }, "without a word": func(r *Record) { r.Note = "" },
		"of no record": func(r *Record) { r.Corrects = "x" }, "with an identity": func(r *Record) { r.Key = &Key{Origin: "hsm", SPKI: sum("k")} },
	} {
		bad := good
		spoil(&bad)
		if _, _, err := Encode(bad); err == nil {
			t.Errorf("a correction %s was written", name)
		}
	}
}

// A retirement says what became of slots; it gives a unit nothing.
func TestRetirement(t *testing.T) {
	r := Record{
		ID: "3", Kind: Retirement, Time: "2026-11-22T10:00:00Z", Verdict: cred.Pass, IMEI: 352656100367872,
		Slots: []Slot{{SecTag: 42, Type: cred.ClientKey, Action: "deleted", Delete: "ok"}},
	}
	body, _, err := Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := Decode(body); err != nil || back.Kind != Retirement || len(back.Bindings()) != 0 {
		t.Errorf("%+v, %v", back, err)
	}
	r.Cert = &Certificate{Serial: "5f3c", Name: "urn:imei:352656100367872"}
	if _, _, err := Encode(r); err == nil {
		t.Error("a retirement with a certificate was written")
	}
}

// A revocation names one certificate, its issuer, a reason of RFC 5280 and a time; it gives a unit nothing.
func TestRevocation(t *testing.T) {
	good := func() Record {
		return Record{
			ID: "3", Kind: Revocation, Time: "2026-11-22T10:00:00Z", Verdict: cred.Pass, IMEI: 352656100367872,
			Revoked: &Revoked{"5f3c", sum("ca"), "keyCompromise", "2026-11-22T10:00:00Z"},
		}
	}
	if _, _, err := Encode(good()); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Record){
		"of nothing": func(r *Record) { r.Revoked = nil }, "without a serial": func(r *Record) { r.Revoked.Serial = "" },
		"by nobody": func(r *Record) { r.Revoked.Issuer = cred.Digest{} }, "for no reason": func(r *Record) { r.Revoked.Reason = "" },
		"at no time": func(r *Record) { r.Revoked.Time = "" }, "that is a hold": func(r *Record) { r.Revoked.Reason = "certificateHold" },
		"with an identity": func(r *Record) { r.Key = &Key{Origin: "hsm", SPKI: sum("k")} },
	} {
		bad := good()
		spoil(&bad)
		if _, _, err := Encode(bad); err == nil {
			t.Errorf("a revocation %s was written", name)
		}
	}
}

// What was written by other means is what somebody knows who made the file: nothing was read back.
func TestOtherMeans(t *testing.T) {
	good := func() Record {
		return Record{
			ID: "3", Kind: Issue, Time: "2026-11-22T10:00:00Z", Verdict: cred.Pass, IMEI: 352656100367872, Means: OtherMeans,
			Slots: []Slot{{SecTag: 42, Type: cred.ClientCert, Bytes: 594, Sent: sum("c"), Holds: "unknown"}},
		}
	}
	if _, _, err := Encode(good()); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Record){
		"with a digest that was read": func(r *Record) { r.Slots[0].SHA256 = sum("c") }, "as done": func(r *Record) { r.Slots[0].Action = "written" },
		"with an answer": func(r *Record) { r.Slots[0].Write = "ok" }, "in no slot": func(r *Record) { r.Slots = nil },
		"by magic": func(r *Record) { r.Means = "written by magic" },
	} {
		bad := good()
		spoil(&bad)
		if _, _, err := Encode(bad); err == nil {
			t.Errorf("what was written by other means %s was recorded", name)
		}
	}
}

// What was written under schema 2 is read as it is, whatever came later.
func TestSchema2IsRead(t *testing.T) {
	body, err := os.ReadFile(filepath.Join("testdata", "full-2.json"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Decode(bytes.TrimSpace(body))
	if err != nil || r.Version != 2 || r.Key.CSR.IsZero() || len(r.Anchors) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
}

func TestEncodeMatchesGolden(t *testing.T) {
	body, own, err := Encode(full(t))
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "full.json")
	if *update {
		if err := os.WriteFile(golden, append(body, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.TrimSpace(string(want)), string(body)); d != "" {
		t.Errorf("a record is written otherwise than before; a new field needs a new schema version, unless it is absent where it says nothing: %s", d)
	}
	back, err := Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(own, back); d != "" {
		t.Error(d)
	}
	// The fixture must be full, or the golden file guards nothing.
	for _, path := range zeros(reflect.ValueOf(full(t)), "record") {
		switch path {
		case "record.Version", "record.Failure.Err", "record.Cert.IsCA", "record.Uniqueness.Collisions":
		default:
			t.Errorf("%s is not set in the full record", path)
		}
	}
}

func zeros(v reflect.Value, path string) []string {
	switch {
	case v.IsZero():
		return []string{path}
	case v.Kind() == reflect.Pointer:
		return zeros(v.Elem(), path)
	case v.Kind() == reflect.Slice:
		return zeros(v.Index(0), path+"[0]")
	case v.Kind() == reflect.Struct:
		var out []string
		for i := range v.NumField() {
			out = append(out, zeros(v.Field(i), path+"."+v.Type().Field(i).Name)...)
		}
		return out
	}
	return nil
}

func TestNoFieldCanHoldAKey(t *testing.T) {
	if bad := holders(reflect.TypeFor[Record](), "record", ""); len(bad) > 0 {
		t.Errorf("fields without a guard: %v", bad)
	}
	type leaky struct {
		A []byte
		B string
		C any
		D map[string]string `is:"text"`
		E json.RawMessage
		F [32]byte
		G string `is:"poem"`
		H []string
		I *struct{ J string }
		K string `is:"text"`
	}
	want := []string{"A", "B", "C", "D", "E", "F", "G", "H", "I.J"}
	if d := cmp.Diff(want, holders(reflect.TypeFor[leaky](), "", "")); d != "" {
		t.Errorf("the guard is blind: %s", d)
	}
}

// holders lists the fields that something secret could be put in: everything but numbers, truth values, digests, the
// vocabulary's types, and strings whose tag names a grammar.
func holders(t reflect.Type, path, is string) []string {
	if t == reflect.TypeFor[cred.Digest]() {
		return nil
	}
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int64, reflect.Uint8, reflect.Uint32, reflect.Uint64:
		return nil
	case reflect.String:
		if _, err := grammar(is, ""); err == nil {
			if _, err := grammar(is, "\x00not a word of any grammar but the free ones"); err == nil || !strings.Contains(err.Error(), "is not known") {
				return nil
			}
		}
	case reflect.Pointer:
		return holders(t.Elem(), path, is)
	case reflect.Slice:
		if t.Elem() == reflect.TypeFor[cred.Digest]() || t.Elem().Kind() == reflect.Struct || t.Elem().Kind() == reflect.String {
			return holders(t.Elem(), path, is)
		}
	case reflect.Struct:
		var out []string
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Tag.Get("json") == "-" {
				continue
			}
			out = append(out, holders(f.Type, strings.TrimPrefix(path+"."+f.Name, "."), tagOf(t, f))...)
		}
		return out
	}
	return []string{path}
}

// TestSecretsDoNotPass puts a private key and a PSK, in every spelling, into every text of a record and looks for twelve
// consecutive bytes of them in what is written.
func TestSecretsDoNotPass(t *testing.T) {
	for _, digit := range []bool{true, false} { // in the PSK's base64
		secretsDoNotPass(t, digit)
	}
}

// keyWith is a private key, the same in each run, whose first sixteen bytes have a digit in base64 or none.
func keyWith(t *testing.T, digit bool) (scalar []byte, key *ecdsa.PrivateKey) {
	t.Helper()
	for n := range 10_000 {
		sum := sha256.Sum256([]byte{byte(n), byte(n >> 8)})
		if strings.ContainsAny(base64.StdEncoding.EncodeToString(sum[:16]), "0123456789") != digit {
			continue
		}
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return sum[:], key
	}
	t.Fatal("no such key")
	return nil, nil
}

func secretsDoNotPass(t *testing.T, digit bool) {
	t.Helper()
	scalar, key := keyWith(t, digit)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	psk := scalar[:16]
	spellings := map[string]string{
		"pem": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "hex": hex.EncodeToString(scalar),
		"HEX": strings.ToUpper(hex.EncodeToString(scalar)), "base64": base64.StdEncoding.EncodeToString(scalar), "der64": base64.StdEncoding.EncodeToString(der),
		"psk hex": hex.EncodeToString(psk), "psk base64": base64.StdEncoding.EncodeToString(psk), "raw": string(scalar),
		"command": `AT%CMNG=0,42,3,"` + hex.EncodeToString(psk) + `"`,
	}
	for name, secret := range spellings {
		for _, path := range texts(reflect.TypeFor[Record](), nil) {
			r := full(t)
			set(reflect.ValueOf(&r).Elem(), path, "it said "+secret+" and more")
			body, _, err := Encode(r)
			if err != nil {
				continue // refused is as good
			}
			if hit := leaks(body, scalar); hit != "" {
				t.Errorf("%s in %v: %s of the key is in the record", name, path, hit)
			}
		}
	}
}

func leaks(body, secret []byte) string {
	low := bytes.ToLower(body)
	for i := 0; i+12 <= len(secret); i++ {
		w := secret[i : i+12]
		if bytes.Contains(body, w) {
			return "raw"
		}
		if bytes.Contains(low, []byte(hex.EncodeToString(w))) {
			return "hex"
		}
		if bytes.Contains(body, []byte(base64.RawStdEncoding.EncodeToString(w))) {
			return "base64"
		}
	}
	return ""
}

// texts lists the paths of all strings.
func texts(t reflect.Type, path []int) [][]int {
	switch t.Kind() {
	case reflect.String:
		return [][]int{slices.Clone(path)}
	case reflect.Pointer, reflect.Slice:
		return texts(t.Elem(), path)
	case reflect.Struct:
		var out [][]int
		for i := range t.NumField() {
			if t.Field(i).Tag.Get("json") != "-" {
				out = append(out, texts(t.Field(i).Type, append(path, i))...)
			}
		}
		return out
	}
	return nil
}

func set(v reflect.Value, path []int, s string) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice {
		if v.Kind() == reflect.Slice {
			v = v.Index(0)
		} else {
			v = v.Elem()
		}
	}
	if v.Kind() == reflect.String {
		v.SetString(s)
		return
	}
	set(v.Field(path[0]), path[1:], s)
}

func TestEncodeRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Record){
		"no kind":            func(r *Record) { r.Kind = "" },
		"a kind of its own":  func(r *Record) { r.Kind = "party" },
		"no verdict":         func(r *Record) { r.Verdict = "" },
		"local time":         func(r *Record) { r.Time = "2026-11-22T10:00:00+01:00" },
		"half a second":      func(r *Record) { r.Time = "2026-11-22T10:00:00.5Z" },
		"no unit":            func(r *Record) { r.IMEI, r.Unit = 0, Identity{} },
		"failed, yet passes": func(r *Record) { r.Verdict = cred.Pass },
		"error, yet warns":   func(r *Record) { r.Verdict, r.Failure = cred.Warn, nil },
		"check of nothing":   func(r *Record) { *r = Record{Kind: Check, Time: r.Time, Verdict: cred.Pass, IMEI: r.IMEI} },
		"collision":          func(r *Record) { r.Uniqueness.Collisions = 1 },
		"serial in capitals": func(r *Record) { r.Cert.Serial = "5F" },
		"long serial":        func(r *Record) { r.Cert.Serial = strings.Repeat("a", 41) },
		"spaced name":        func(r *Record) { r.Cert.Name = "two\nlines" },
		"key as certificate": func(r *Record) { r.Cert.PEM = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" },
		"text after it":      func(r *Record) { r.Cert.PEM += "psk 0011" },
		"text before it":     func(r *Record) { r.Cert.PEM = "psk 0011\n" + r.Cert.PEM },
		"header in it":       func(r *Record) { r.Cert.PEM = strings.Replace(r.Cert.PEM, "-----\n", "-----\nPsk: 00\n\n", 1) },
		"uuid in capitals":   func(r *Record) { r.Unit.UUID = strings.ToUpper(r.Unit.UUID) },
		"unknown trust":      func(r *Record) { r.Anchor.Trust = "hope" },
	} {
		r := full(t)
		spoil(&r)
		if _, _, err := Encode(r); err == nil {
			t.Errorf("%s: written", name)
		}
	}
}

func TestDecodeIsStrict(t *testing.T) {
	body, _, err := Encode(full(t))
	if err != nil {
		t.Fatal(err)
	}
	swap := func(old, with string) string {
		if !strings.Contains(string(body), old) {
			t.Fatalf("the record has no %s", old)
		}
		return strings.Replace(string(body), old, with, 1)
	}
	for name, s := range map[string]string{
		"unknown field":  swap(`"kind":`, `"note":"x","kind":`),
		"unknown inside": swap(`"sec_tag":42`, `"sec_tag":42,"note":1`),
		"doubled field":  swap(`"kind":`, `"kind":"test","kind":`),
		"other case":     swap(`"kind":`, `"KIND":`),
		"null":           swap(`"attempt":1`, `"attempt":null`),
		"missing list":   swap(`"abandoned_serials":["77aa"],`, ``),
		"space":          swap(`"kind":`, `"kind": `),
		"line end":       string(body) + "\n",
		"second value":   string(body) + "{}",
		"upper digest":   swap(sum("spki").String(), strings.ToUpper(sum("spki").String())),
		"schema 0":       swap(`"schema_version":3`, `"schema_version":0`),
		"cut":            string(body[:len(body)-1]),
		"escaped":        swap(`"system"`, `"s\u0079stem"`),
		"no object":      `[]`,
		"nothing":        ``,
	} {
		if _, err := Decode([]byte(s)); err == nil {
			t.Errorf("%s: accepted", name)
		} else if errors.Is(err, ErrNewer) {
			t.Errorf("%s: taken for a newer schema", name)
		}
	}
	if _, err := Decode([]byte(swap(`"schema_version":3`, `"schema_version":4`))); !errors.Is(err, ErrNewer) {
		t.Errorf("a newer schema: %v", err)
	}
}

func TestEncodeLeavesTheCallersRecordAlone(t *testing.T) {
	r := full(t)
	r.Tests[0].Evidence = "digest " + sum("x").String()
	r.Slots[0].Kind = ""
	before := r.Tests[0].Evidence
	if _, _, err := Encode(r); err != nil {
		t.Fatal(err)
	}
	if r.Tests[0].Evidence != before || r.Slots[0].Kind != "" {
		t.Error("Encode wrote into the caller's slices")
	}
}

func TestMask(t *testing.T) {
	d := sum("x").String()
	for in, want := range map[string]string{
		"the server refused this unit":                          "the server refused this unit",
		"listed " + d + ", sent " + d:                           "listed " + d[:8] + "…" + d[60:] + ", sent " + d[:8] + "…" + d[60:],
		"mfw_nrf91x1_2.0.3":                                     "mfw_nrf91x1_2.0.3",
		"352656100367872":                                       "352656100367872",
		"urn:imei:352656100367872":                              "urn:imei:352656100367872",
		"/dev/serial/by-id/usb-SEGGER_J-Link_001050255502-if00": "/dev/serial/by-id/usb-SEGGER_J-Link_001050255502-if00",
		"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256":               "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
		"BEGIN private key----- AA==":                           "(withheld: it held key material)",
	} {
		if got := Mask(in); got != want {
			t.Errorf("Mask(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSame(t *testing.T) {
	k1, k2 := sum("1"), sum("2")
	for _, c := range []struct {
		a, b Unit
		same bool
	}{
		{Unit{Key: k1, IMEI: 1}, Unit{Key: k1, IMEI: 2}, true},
		{Unit{Key: k1, IMEI: 1}, Unit{Key: k2, IMEI: 1}, false},
		{Unit{Key: k1, UUID: "a", IMEI: 1}, Unit{UUID: "a"}, true},
		{Unit{Key: k1, UUID: "a", IMEI: 1}, Unit{UUID: "b", IMEI: 1}, false},
		{Unit{Key: k1, IMEI: 1}, Unit{UUID: "b", IMEI: 1}, true},
		{Unit{IMEI: 1}, Unit{Key: k1, IMEI: 1}, true},
		{Unit{IMEI: 1}, Unit{IMEI: 2}, false},
		{Unit{}, Unit{}, false},
		{Unit{Key: k1}, Unit{IMEI: 1}, false},
	} {
		if c.a.Same(c.b) != c.same || c.b.Same(c.a) != c.same {
			t.Errorf("%+v and %+v: same is %v", c.a, c.b, !c.same)
		}
	}
}

func TestBindings(t *testing.T) {
	r := full(t)
	want := []Binding{
		{BindIMEI, "352656100367872"},
		{BindName, "urn:imei:352656100367872"},
		{BindSPKI, sum("spki").String()},
		{BindSerial, "5f3c"},
		{BindPSK, sum("psk").String()},
	}
	if d := cmp.Diff(want, r.Bindings()); d != "" {
		t.Error(d)
	}
	r.Cert, r.Key = nil, nil
	if got := r.Bindings(); got != nil {
		t.Errorf("a record without an identity claims %v", got)
	}
	for _, b := range []Binding{{BindIMEI, "1"}, {BindName, ""}, {BindSPKI, "AB"}, {"shoe", "44"}, {BindSerial, "0x1"}, {BindPSK, ""}} {
		if b.Valid() == nil {
			t.Errorf("%+v is taken", b)
		}
		_ = b.String()
	}
}

func FuzzDecode(f *testing.F) {
	body, _, err := Encode(full(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add([]byte(`{"schema_version":1}`))
	f.Add([]byte(`{"schema_version":2,"x":null}`))
	small, _, err := Encode(Record{Kind: Test, Time: "2026-11-22T10:00:00Z", Verdict: cred.Pass, IMEI: 352656100367872})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small)
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := Decode(in)
		if err != nil {
			return
		}
		again, _, err := Encode(r)
		if err != nil || !bytes.Equal(again, in) {
			t.Fatalf("decoded, but written otherwise: %v\n%s\n%s", err, in, again)
		}
		if KeyMaterial(string(in)) {
			t.Fatalf("key material in %s", in)
		}
	})
}

// Texts for people that speak of keys are no keys: what they say must reach the journal and the record.
func TestKeyMaterialIsTheKeyAndNotTheWord(t *testing.T) {
	for s, want := range map[string]bool{
		"the private key in root.key is not that of CN=Acme":                             false,
		"the private key root.key is encrypted and no passphrase was given":              false,
		`the modem did not answer AT%CMNG=0,42,2,"<241 bytes>"`:                          false,
		`{"text":"the modem did not answer AT%CMNG=0,42,2,\"<241 bytes>\" within 5 s"}`:  false,
		`{"text":"AT%CMNG=0,42,0,\"\u003c4304 bytes\u003e\" is longer than the buffer"}`: false,
		`{"text":"AT%CMNG=0,42,0,\"\u003cC0FFEE"}`:                                       true,
		"the modem answers AT%CMNG=0 with ERROR":                                         false,
		`{"text":"-----BEGIN PRIVATE KEY-----\nMIGH"}`:                                   true,
		"-----begin encrypted private key-----":                                          true,
		"-----BEGIN EC PRIVATE KEY----- MHcC":                                            true,
		`AT%CMNG=0,42,3,"C0FFEE"`:                                                        true,
		`{"text":"at%cmng=0,42,3,\"c0ffee\""}`:                                           true,
		`AT%CMNG=0,42,3,C0FFEE`:                                                          true,
		`after AT%CMNG=0,42,1,"<600 bytes>" came AT%CMNG=0,42,2,"-----`:                  true,
		`AT%KEYINJECT="c0ffee"`:                                                          true,
	} {
		if got := KeyMaterial(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func FuzzMask(f *testing.F) {
	f.Add("listed " + sum("x").String())
	f.Add("AAAABBBBccccdddd0000111122223333==")
	f.Fuzz(func(t *testing.T, s string) {
		once := Mask(printable(s))
		if twice := Mask(once); twice != once {
			t.Fatalf("masked twice differs: %q, %q", once, twice)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	body, _, err := Encode(full(b))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}
