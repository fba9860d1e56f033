package export

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

var update = flag.Bool("update", false, "write the golden files anew")

// hostile is a product's name as somebody with a grudge would write it.
const hostile = `pump"; '; rm -rf "$HOME" #, $(id) | \`

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantCode wants a fault of this code that says what to do.
func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	var f *cred.Fault
	if !errors.As(err, &f) || f.Code != code || f.Text == "" || f.Hint == "" {
		t.Errorf("got %v, want a fault %s", err, code)
	}
}

// opener opens PSKs: of unit n the bytes n, n, n…
type opener struct{ err error }

func (o opener) Open(_ context.Context, r record.Record) ([]byte, error) {
	n, _ := strconv.Atoi(r.ID)
	return psk(n), o.err
}

func psk(n int) []byte { return bytes.Repeat([]byte{byte(n)}, 16) }

// unit is a record of a unit with a certificate.
func unit(t testing.TB, n int, name string) record.Record {
	t.Helper()
	pem, err := os.ReadFile(filepath.Join("..", "record", "testdata", "unit.crt"))
	must(t, err)
	return record.Record{
		ID: strconv.Itoa(n), Kind: record.Provision, Time: "2026-11-22T10:00:00Z", Verdict: cred.Pass, IMEI: cred.IMEI(352656100367872 + n),
		Unit: record.Identity{Product: "tracker-2", Batch: "2026|47"}, Firmware: "mfw_nrf91x1_2.0.3", KeyOrigin: "host",
		Cert: &record.Certificate{
			Serial: "5f" + strconv.Itoa(n), Name: name, NotAfter: "2041-12-13T09:50:00Z", SHA256: cred.Sum([]byte("der")), SPKI: cred.Sum([]byte(name)), PEM: string(pem),
		},
		Authority: &record.Authority{Subject: "CN=Acme, Inc.", SHA256: cred.Sum([]byte("ca"))},
		Connect:   &record.Connect{Endpoint: "coaps://lwm2m.example:5684"}, Connection: "tested",
	}
}

// shared is a record of a unit with a PSK.
func shared(t testing.TB, n int, name string) record.Record {
	t.Helper()
	r := unit(t, n, name)
	r.Cert, r.Authority = nil, nil
	r.Key = &record.Key{Origin: "host-csprng", PSK: cred.Sum([]byte(hex.EncodeToString(psk(n)))), PSKIdentity: name}
	return r
}

// written is an export of records.
func written(t testing.TB, format string, o Options, all ...record.Record) (string, error) {
	t.Helper()
	f, err := Find(format)
	must(t, err)
	var out bytes.Buffer
	x, err := New(f, &out, o)
	if err != nil {
		return "", err
	}
	for _, r := range all {
		body, _, err := record.Encode(r)
		if err != nil { // an id that no record would have
			body = nil
		}
		if err := x.Add(t.Context(), r, body); err != nil {
			return out.String(), err
		}
	}
	must(t, x.Close())
	return out.String(), nil
}

var everything = Options{Secret: true, PSKs: opener{}, Domain: "/acme/"}

// fleet are units that a format can say: a plain one, one of a hostile product, one with a PSK if it takes those; and a failure, which it
// leaves out.
func fleet(t testing.TB, f Format) []record.Record {
	bad := unit(t, 4, "urn:imei:352656100367876")
	bad.Verdict, bad.Failure = cred.Fail, cred.Failed("line.no-answer", "it did not answer", "try again")
	odd := unit(t, 2, "urn:imei:352656100367874")
	odd.Unit.Product = hostile
	all := []record.Record{unit(t, 1, "urn:imei:352656100367873"), odd, bad}
	if f.PSK || f.Records {
		all = append(all, shared(t, 3, "urn:imei:352656100367875"))
	}
	return all
}

func TestGolden(t *testing.T) {
	for _, f := range formats {
		got, err := written(t, f.Name, everything, fleet(t, f)...)
		must(t, err)
		golden := filepath.Join("testdata", f.Name+".golden")
		if *update {
			must(t, os.WriteFile(golden, []byte(got), 0o644))
		}
		want, err := os.ReadFile(golden)
		must(t, err)
		if got != string(want) {
			t.Errorf("%s is written otherwise than %s:\n%s", f.Name, golden, got)
		}
		if f.PSK != strings.Contains(got, hex.EncodeToString(psk(3))) {
			t.Errorf("%s: that it holds the PSK is not %v", f.Name, f.PSK)
		}
		if f.Chain == "" && !f.Records {
			t.Errorf("%s does not say where the chain goes", f.Name)
		}
		if strings.Contains(got, "PRIVATE KEY") || strings.Contains(got, ":null") {
			t.Errorf("%s:\n%s", f.Name, got)
		}
	}
}

// TestSheetsAreReadBack has another program's reader take the tables apart again.
func TestSheetsAreReadBack(t *testing.T) {
	for name, c := range map[string]struct {
		comma        rune
		rows, fields int
		hostile      [2]int // where the product stands
	}{
		"csv": {',', 5, 27, [2]int{2, 7}}, "nrfcloud": {',', 2, 5, [2]int{1, 1}}, "thingsboard": {',', 4, 14, [2]int{2, 1}}, "cumulocity": {';', 4, 13, [2]int{}},
	} {
		f, err := Find(name)
		must(t, err)
		text, err := written(t, name, everything, fleet(t, f)...)
		must(t, err)
		r := csv.NewReader(strings.NewReader(text))
		r.Comma = c.comma
		rows, err := r.ReadAll()
		if err != nil || len(rows) != c.rows || len(rows[0]) != c.fields {
			t.Fatalf("%s: %d rows, %v", name, len(rows), err)
		}
		if c.hostile != [2]int{} && rows[c.hostile[0]][c.hostile[1]] != hostile {
			t.Errorf("%s: the product came back as %q", name, rows[c.hostile[0]][c.hostile[1]])
		}
		pem := unit(t, 1, "x").Cert.PEM
		if name == "nrfcloud" && (rows[0][4] != pem || rows[0][2] != "2026/47") || name == "cumulocity" && rows[1][9] != pem {
			t.Errorf("%s: %q", name, rows)
		}
	}
}

func TestJSONIsAnArrayWithARecordALine(t *testing.T) {
	text, err := written(t, "json", Options{}, unit(t, 1, "a"), unit(t, 2, "b"))
	must(t, err)
	var all []json.RawMessage
	must(t, json.Unmarshal([]byte(text), &all))
	lines := strings.Split(text, "\n")
	if len(all) != 2 || len(lines) != 5 || lines[1] != string(all[0])+"," || lines[2] != string(all[1]) {
		t.Errorf("%q", lines)
	}
	if text, err := written(t, "json", Options{}); err != nil || text != "[]\n" {
		t.Errorf("no record: %q, %v", text, err)
	}
}

func TestWhatAServerWouldNotTakeIsRefused(t *testing.T) {
	x509, secret := unit(t, 1, "urn:imei:352656100367873"), shared(t, 3, "urn:imei:352656100367875")
	other := shared(t, 3, "urn:imei:352656100367875")
	other.Key.PSK = cred.Sum([]byte("another"))
	bare := unit(t, 1, "urn:imei:352656100367873")
	bare.Cert.PEM = ""
	upper := unit(t, 2, "URN:imei:352656100367873")
	unreached := unit(t, 1, "urn:imei:352656100367873")
	unreached.Connect = nil
	many := make([]record.Record, 1001)
	for i := range many {
		many[i] = unit(t, i, "unit-"+strconv.Itoa(i))
	}
	all := func(r ...record.Record) []record.Record { return r }
	for _, c := range []struct {
		name, format string
		o            Options
		records      []record.Record
		code         string
	}{
		{"a PSK without a word", "leshan", Options{PSKs: opener{}}, all(secret), "export.secrets"},
		{"a PSK that nobody opens", "leshan", Options{Secret: true}, all(secret), "export.no-psk"},
		{"a PSK that cannot be opened", "leshan", Options{Secret: true, PSKs: opener{errors.New("no key")}}, all(secret), "export.no-psk"},
		{"a PSK that is another", "thingsboard", everything, all(other), "export.no-psk"},
		{"a PSK for AWS", "aws", everything, all(secret), "export.mode"},
		{"a PSK for Azure", "azure", everything, all(secret), "export.mode"},
		{"a PSK for nRF Cloud", "nrfcloud", everything, all(secret), "export.mode"},
		{"a record without its certificate", "nrfcloud", everything, all(bare), "export.mode"},
		{"that for AWS", "aws", everything, all(bare), "export.mode"},
		{"that for Azure", "azure", everything, all(bare), "export.mode"},
		{"that for ThingsBoard", "thingsboard", everything, all(bare), "export.mode"},
		{"an id that ends in a dot, for Azure", "azure", everything, all(unit(t, 1, "unit.")), "export.id"},
		{"an id of 65 characters, for Azure", "azure", everything, all(unit(t, 1, strings.Repeat("a", 65))), "export.id"},
		{"an id with a dot, for AWS", "aws", everything, all(unit(t, 1, "a.b")), "export.id"},
		{"an id with a space", "leshan", everything, all(unit(t, 1, "a b")), "export.id"},
		{"an id that is a command", "azure", everything, all(unit(t, 1, "a';reboot;'")), "export.id"},
		{"no id", "coiote", everything, all(unit(t, 1, "")), "export.id"},
		{"two ids that differ in case alone", "azure", everything, all(x509, upper), "export.id"},
		{"a thousand and one for nRF Cloud", "nrfcloud", everything, many, "export.too-many"},
		{"Coiote without a domain", "coiote", Options{}, nil, "usage.flag"},
		{"Coiote with half a domain", "coiote", Options{Domain: "/acme"}, nil, "usage.flag"},
		{"Cumulocity without a server", "cumulocity", everything, all(unreached), "usage.flag"},
	} {
		_, err := written(t, c.format, c.o, c.records...)
		wantCode(t, err, c.code)
		if t.Failed() {
			t.Fatal(c.name)
		}
	}
	if _, err := Find("excel"); err == nil {
		t.Error("a format that is none was found")
	}
	if text, err := written(t, "cumulocity", Options{Server: "coaps://here:5684"}, unreached); err != nil || !strings.Contains(text, ";coaps://here:5684;") {
		t.Errorf("%q, %v", text, err)
	}
	if text, err := written(t, "nrfcloud", everything, many[:1000]...); err != nil || strings.Count(text, "BEGIN CERT") != 1000 {
		t.Errorf("a thousand for nRF Cloud: %v", err)
	}
	// A modem that was given the hex in capitals lists the digest of those.
	capitals := shared(t, 250, "unit-250")
	capitals.Key.PSK = cred.Sum([]byte(strings.ToUpper(hex.EncodeToString(psk(250)))))
	if text, err := written(t, "leshan", everything, capitals); err != nil || !strings.Contains(text, strings.Repeat("fa", 16)) {
		t.Errorf("%q, %v", text, err)
	}
}

// TestNoCellIsAFormula: whoever opens the table in a spreadsheet runs nothing that a unit, a profile or a forged record says. A server's
// file has the text as it is.
func TestNoCellIsAFormula(t *testing.T) {
	for _, name := range []string{"=cmd|'/C calc'!A0", "+1", "-2+3", "@SUM(1)", "\t=1"} {
		r := unit(t, 1, "urn:imei:352656100367872")
		r.Unit.Product = name
		for format, want := range map[string]string{"csv": "'" + name, "thingsboard": name} {
			f, err := Find(format)
			must(t, err)
			var out bytes.Buffer
			x, err := New(f, &out, Options{})
			must(t, err)
			must(t, x.Add(t.Context(), r, nil))
			must(t, x.Close())
			rows, err := csv.NewReader(&out).ReadAll()
			must(t, err)
			at := map[string]int{"csv": 7, "thingsboard": 1}[format]
			if got := rows[1][at]; got != want {
				t.Errorf("%s has %q, want %q", format, got, want)
			}
		}
	}
}
