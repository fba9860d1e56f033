package office

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/sectag/bench/bundle"
	"example.org/sectag/bench/evidence"
	"example.org/sectag/ca"
	"example.org/sectag/ca/revoke"
	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

const imei cred.IMEI = 352656100367872

// firm is an authority and a ledger in a folder.
func firm(t *testing.T) (Office, Signer, string) {
	t.Helper()
	dir := t.TempDir()
	made, err := ca.Init(ca.InitOptions{Dir: filepath.Join(dir, "ca"), Plaintext: true, Clock: ca.Clock{Now: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(t.Context(), "sqlite:"+filepath.Join(dir, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return Office{Ledger: l, Tool: evidence.Tool{}, Now: time.Now}, Signer{Cert: made.Cert, Key: made.Key}, dir
}

func code(err error) string {
	if f := cred.AsFault(err); f != nil {
		return f.Code
	}
	return ""
}

// csr makes a request for a new key.
func csr(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// answers are what real modems answered, as others published it.
func answers(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile("../../device/keygen/testdata/published.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); f[0] == "KEYGEN" {
			out[f[1]] = f[2]
		}
	}
	return out
}

// A request is the same in each of its forms, and what holds none, or more than one, is refused.
func TestReadRequest(t *testing.T) {
	der := csr(t)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
	other := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("no key")})
	raw := base64.RawURLEncoding.EncodeToString(der)
	for name, file := range map[string][]byte{
		"DER": der, "PEM": text, "PEM behind a key": append(bytes.Clone(other), text...), "PEM of an old tool": bytes.ReplaceAll(text, []byte(" CERT"), []byte(" NEW CERT")),
		"raw": []byte(raw), "with quotes and a line end": []byte(`"` + raw + "\"\r\n"), "the line": []byte(`%KEYGEN: "` + raw + `"`),
		"a transcript": []byte("AT%KEYGEN=42,2,0\r\n%KEYGEN: \"" + raw + "\"\r\nOK\r\n"),
	} {
		r, err := ReadRequest(file)
		if err != nil || r.SHA256 != cred.Sum(der) || r.Statement != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		file []byte
		code string
	}{
		"nothing":           {nil, "ca.csr"},
		"a private key":     {other, "ca.csr"},
		"two requests":      {append(bytes.Clone(text), text...), "ca.csr"},
		"two answers":       {[]byte("%KEYGEN: \"" + raw + "\"\n%KEYGEN: \"" + raw + "\"\n"), "ca.csr"},
		"a damaged request": {der[:len(der)-1], "ca.csr"},
		"half of an answer": {[]byte(raw[:40]), "ca.csr"},
	} {
		if _, err := ReadRequest(c.file); code(err) != c.code {
			t.Errorf("%s: %v, wanted %s", name, err, c.code)
		}
	}
	whole, key := 0, 0
	for name, text := range answers(t) {
		r, err := ReadRequest([]byte(text))
		switch {
		case err == nil && r.Statement != nil:
			whole++
			if origin, k := r.origin(); origin != "modem" || k.Attestation.IsZero() || k.CSR != r.SHA256 {
				t.Errorf("%s: %s %+v", name, origin, k)
			}
		case code(err) == "ca.csr":
			key++
		}
	}
	if whole == 0 || key == 0 {
		t.Errorf("of the published answers %d hold a request and its statement, %d a public key", whole, key)
	}
}

// Numbers of lists grow over a restart, and over a list that came to nothing; a list with a greater one says no less.
func TestTheNumbersOfLists(t *testing.T) {
	o, by, dir := firm(t)
	var last int64
	revoked := 0
	for i, days := range []int{30, 0, 30, 30} {
		l, err := o.List(t.Context(), ListOrder{Signer: by, Out: filepath.Join(dir, fmt.Sprint(i)), Days: days})
		if days == 0 { // it took a number and came to nothing
			if code(err) != "config.value" {
				t.Fatal(err)
			}
			continue
		}
		if err != nil || l.List.Number.Int64() <= last || l.Revoked != revoked {
			t.Fatalf("list %d: number %v after %d, %d revoked, %v", i, l.List.Number, last, l.Revoked, err)
		}
		last = l.List.Number.Int64()
		for range 2 {
			revoked++
			serial := fmt.Sprintf("%032x", 1<<60+revoked)[16:]
			if _, err := o.Revoke(t.Context(), RevokeOrder{Signer: by, Serial: serial, IMEI: imei, Unknown: true, Reason: revoke.Unspecified}); err != nil {
				t.Fatal(err)
			}
		}
		if err := o.Ledger.Close(); err != nil {
			t.Fatal(err)
		}
		if o.Ledger, err = ledger.Open(t.Context(), "sqlite:"+filepath.Join(dir, "ledger.db")); err != nil {
			t.Fatal(err)
		}
	}
	defer o.Ledger.Close()
	if runs, err := o.Ledger.Runs(t.Context(), ledger.RunOpen); err != nil || len(runs) != 0 {
		t.Errorf("lists leave %d runs to be taken up, %v", len(runs), err)
	}
	if _, err := (Office{Now: time.Now}).List(t.Context(), ListOrder{Signer: by, Out: filepath.Join(dir, "none"), Days: 30}); code(err) != "config.value" {
		t.Errorf("without a ledger: %v", err)
	}
}

// A certificate that came to the ledger from a file, whose issuer the record does not name, is revoked by who signed it and by nobody else.
func TestRevokeWhatSlotsWriteRecorded(t *testing.T) {
	o, by, dir := firm(t)
	ledgerless := o
	ledgerless.Ledger = nil
	if err := os.WriteFile(filepath.Join(dir, "csr"), csr(t), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := ledgerless.Sign(t.Context(), SignOrder{Signer: by, Unit: Unit{IMEI: imei, ID: cred.DefaultTemplate, Days: 30}, CSR: filepath.Join(dir, "csr")})
	if err != nil || s.Record != "" || s.KeyOrigin != "imported" {
		t.Fatalf("%+v, %v", s, err)
	}
	c, err := x509.ParseCertificate(s.Certificate.DER)
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.Ledger.Record(t.Context(), record.Record{Kind: record.Slots, Time: record.Stamp(time.Now()), Verdict: cred.Pass, IMEI: imei, Cert: evidence.Imported(c)})
	if err != nil {
		t.Fatal(err)
	}
	_, stranger, _ := firm(t)
	for name, order := range map[string]RevokeOrder{"its serial": {Serial: s.Certificate.Serial}, "its unit": {IMEI: imei}} {
		order.Reason, order.Signer = revoke.Unspecified, stranger
		if _, err := o.Revoke(t.Context(), order); code(err) != "ca.unknown-serial" {
			t.Errorf("%s, by another authority: %v", name, err)
		}
		order.Signer = by
		if got, err := o.Revoke(t.Context(), order); err != nil || len(got) != 1 || got[0].Serial != s.Certificate.Serial || got[0].IMEI != imei {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if all, err := o.Ledger.Revocations(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("%d revocations of one certificate, %v", len(all), err)
	}
}

// A file that cannot be written takes the key along: the record says so, and that the certificate is nobody's.
func TestABundleThatIsLost(t *testing.T) {
	o, by, dir := firm(t)
	b := BundleOrder{
		Signer: by, Unit: Unit{IMEI: imei, ID: cred.DefaultTemplate, Days: 30}, SecTag: 42, Anchor: by.Cert, Format: bundle.AT, Out: filepath.Join(dir, "nowhere", "unit.at"),
	}
	if _, err := o.Bundle(t.Context(), b); code(err) != "config.file" {
		t.Fatal(err)
	}
	given, _, err := o.Ledger.Show(t.Context(), "0")
	if err != nil || given.Means != record.OtherMeans || len(given.Slots) != 3 {
		t.Fatalf("%+v, %v", given, err)
	}
	lost, _, err := o.Ledger.Show(t.Context(), "1")
	if err != nil || lost.Verdict != cred.Fail || len(lost.Abandoned) != 1 || lost.Abandoned[0] != given.Cert.Serial || lost.Means != "" {
		t.Errorf("%+v, %v", lost, err)
	}
	b.Out = filepath.Join(dir, "unit.at")
	got, err := o.Bundle(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(b.Out)
	if err != nil || !bytes.Contains(file, []byte("PRIVATE KEY")) || !bytes.Contains(file, []byte(got.Certificate.PEM)) {
		t.Errorf("%v", err)
	}
	if left, err := o.lease(context.WithoutCancel(t.Context()), imei); err != nil {
		t.Errorf("the unit is held still: %v", err)
	} else {
		left()
	}
}

// TestTheAuthoritysKeyIsNoUnits: signed for a unit it would be a second holder of the authority's key, and nobody would see it.
func TestTheAuthoritysKeyIsNoUnits(t *testing.T) {
	o, s, dir := firm(t)
	text, err := os.ReadFile(s.Key)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	file, out := filepath.Join(dir, "root.csr"), filepath.Join(dir, "unit.crt")
	if err := os.WriteFile(file, der, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = o.Sign(t.Context(), SignOrder{Signer: s, Unit: Unit{IMEI: imei, ID: "urn:imei:{imei}", Days: 30}, CSR: file, Out: out})
	if code(err) != "ca.csr" || !strings.Contains(err.Error(), "key is that of the authority") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("it was signed")
	}
}

// TestARequestOfTwoNames: which of them counts is read differently by different readers, so none does.
func TestARequestOfTwoNames(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	name := func(s string) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: s}
	}
	one, two := name("urn:imei:352656100367872"), name("urn:imei:352656100367880")
	for _, c := range []struct {
		names []pkix.AttributeTypeAndValue
		code  string
	}{{[]pkix.AttributeTypeAndValue{one}, ""}, {[]pkix.AttributeTypeAndValue{one, two}, "ca.csr"}, {[]pkix.AttributeTypeAndValue{two, one}, "ca.csr"}} {
		der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{ExtraNames: c.names}}, key)
		if err != nil {
			t.Fatal(err)
		}
		r, err := ReadRequest(der)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.whose(0, cred.DefaultTemplate); code(err) != c.code {
			t.Errorf("%v: %v", c.names, err)
		}
	}
}
