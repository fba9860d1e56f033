package lint_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
)

const imei = "352656100367872"

var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

type pair struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func ec(t testing.TB, c elliptic.Curve) crypto.Signer {
	t.Helper()
	k, err := ecdsa.GenerateKey(c, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// made signs a template: by itself where by is nil.
func made(t testing.TB, tmpl *x509.Certificate, key crypto.Signer, by *pair) *pair {
	t.Helper()
	if by == nil {
		by = &pair{tmpl, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, by.cert, key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	return &pair{read(t, der), key}
}

func read(t testing.TB, der []byte) *x509.Certificate {
	t.Helper()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func authority(cn string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: new(big.Int).Lsh(big.NewInt(1), 120), Subject: pkix.Name{CommonName: cn, Organization: []string{"Acme"}, Country: []string{"NL"}},
		NotBefore: begin, NotAfter: begin.AddDate(30, 0, 0), BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

func unit(p lint.Profile, name string, issuer *x509.Certificate) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: new(big.Int).Lsh(big.NewInt(1), 121), Subject: p.Subject(name, imei, issuer.Subject), NotBefore: begin, NotAfter: begin.AddDate(15, 0, 0),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
}

func codes(bs []lint.Breach) (out []string) {
	for _, b := range bs {
		out = append(out, b.Code)
	}
	return out
}

// rewritten changes the signed part of a certificate and signs it again: for what Go's writer would not write.
func rewritten(t testing.TB, c *x509.Certificate, by crypto.Signer, change func([]byte) []byte) *x509.Certificate {
	t.Helper()
	tbs := change(slices.Clone(c.RawTBSCertificate))
	sum := sha256.Sum256(tbs)
	sig, err := by.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	der, err := asn1.Marshal(struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}{asn1.RawValue{FullBytes: tbs}, pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}}, asn1.BitString{Bytes: sig, BitLength: 8 * len(sig)}})
	if err != nil {
		t.Fatal(err)
	}
	return read(t, der)
}

// swap puts bytes in the place of others of the same length.
func swap(t testing.TB, from, to string) func([]byte) []byte {
	return func(b []byte) []byte {
		out := strings.Replace(string(b), from, to, 1)
		if out == string(b) || len(from) != len(to) {
			t.Fatalf("%q does not stand in the certificate", from)
		}
		return []byte(out)
	}
}

func ext(oid asn1.ObjectIdentifier, critical bool, value ...byte) pkix.Extension {
	return pkix.Extension{Id: oid, Critical: critical, Value: value}
}

// TestEachRuleOfAUnit breaks one rule at a time and wants that one told, and no other.
func TestEachRuleOfAUnit(t *testing.T) {
	t.Parallel()
	root := made(t, authority("Root"), ec(t, elliptic.P256()), nil)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaRoot := made(t, authority("Root"), rsaKey, nil)
	type change = func(c *x509.Certificate)
	for want, b := range map[string]struct {
		change change
		key    crypto.Signer
		by     *pair
		raw    func([]byte) []byte
	}{
		"": {},
		"ca.lint-serial": {change: func(c *x509.Certificate) { c.SerialNumber.Lsh(big.NewInt(1), 150) }, raw: func(b []byte) []byte {
			// 19 octets of a serial become 21: the lengths of it and of the whole grow by two
			i := strings.Index(string(b), "\x02\x13\x40")
			b[i+1] += 2
			b = slices.Insert(b, i+2, 1, 1)
			n := int(b[2])<<8 + int(b[3]) + 2
			b[2], b[3] = byte(n>>8), byte(n)
			return b
		}},
		"ca.lint-serial-short": {change: func(c *x509.Certificate) { c.SerialNumber.SetInt64(1 << 54) }},
		"ca.lint-signature":    {by: rsaRoot},
		"ca.lint-times":        {change: func(c *x509.Certificate) { c.NotAfter = time.Date(2051, 1, 2, 3, 4, 5, 0, time.UTC) }, raw: swap(t, "20510102030405Z", "20410102030405Z")},
		"ca.lint-life":         {change: func(c *x509.Certificate) { c.NotAfter = c.NotBefore }},
		"ca.lint-strings": {raw: func(b []byte) []byte {
			i := strings.LastIndex(string(b), "urn:imei:") // its type stands two bytes before it
			b[i-2] = asn1.TagIA5String
			return b
		}},
		"ca.lint-critical": {change: func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{ext(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}, true, 5, 0)}
		}},
		"ca.lint-key": {key: ec(t, elliptic.P384())},
		"ca.lint-is-ca": {change: func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{ext(asn1.ObjectIdentifier{2, 5, 29, 19}, true, 0x30, 3, 1, 1, 0xff)}
		}},
		"ca.lint-constraints": {change: func(c *x509.Certificate) { c.BasicConstraintsValid = false }},
		"ca.lint-constraints ": {change: func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{ext(asn1.ObjectIdentifier{2, 5, 29, 19}, false, 0x30, 0)}
		}},
		"ca.lint-no-usage": {change: func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }},
		"ca.lint-usage":    {change: func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageKeyAgreement }},
		"ca.lint-usage ": {change: func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{ext(asn1.ObjectIdentifier{2, 5, 29, 15}, false, 3, 2, 7, 0x80)}
		}},
		"ca.lint-no-client": {change: func(c *x509.Certificate) { c.ExtKeyUsage = nil }},
		"ca.lint-purposes":  {change: func(c *x509.Certificate) { c.ExtKeyUsage = append(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) }},
		"ca.lint-no-aki":    {by: &pair{cert: func() *x509.Certificate { c := *root.cert; c.SubjectKeyId = nil; return &c }(), key: root.key}},
		"ca.lint-aki":       {by: &pair{cert: func() *x509.Certificate { c := *root.cert; c.SubjectKeyId = []byte{1, 2, 3}; return &c }(), key: root.key}},
		"ca.lint-ski":       {change: func(c *x509.Certificate) { c.SubjectKeyId = []byte{1, 2, 3} }},
		"ca.lint-extension": {change: func(c *x509.Certificate) { c.OCSPServer = []string{"http://ocsp.example/"} }},
		"ca.lint-name":      {change: func(c *x509.Certificate) { c.Subject.CommonName = "a,b" }},
		"ca.lint-subject":   {change: func(c *x509.Certificate) { c.Subject.SerialNumber = imei }},
		"ca.lint-issuer":    {by: &pair{cert: func() *x509.Certificate { c := *root.cert; c.RawSubject = rsaNamed(t, root); return &c }(), key: root.key}},
		"ca.lint-signed":    {by: made(t, func() *x509.Certificate { c := authority("Root"); c.SubjectKeyId = root.cert.SubjectKeyId; return c }(), ec(t, elliptic.P256()), nil)},
		"ca.lint-early":     {change: func(c *x509.Certificate) { c.NotBefore = begin.Add(-time.Second) }},
		"ca.lint-outlives":  {change: func(c *x509.Certificate) { c.NotAfter = begin.AddDate(30, 0, 0).Add(time.Second) }},
	} {
		by, key := root, ec(t, elliptic.P256())
		if b.by != nil {
			by = b.by
		}
		if b.key != nil {
			key = b.key
		}
		tmpl := unit(lint.LwM2M, "urn:imei:"+imei, root.cert)
		if b.change != nil {
			b.change(tmpl)
		}
		c := made(t, tmpl, key, by).cert
		if b.raw != nil {
			c = rewritten(t, c, by.key, b.raw)
		}
		issuer := root.cert
		if by == rsaRoot {
			issuer = rsaRoot.cert
		}
		got := codes(append(lint.Unit(c, lint.LwM2M, issuer), lint.Under(c, issuer, issuer.NotAfter)...))
		if strings.Join(got, " ") != strings.TrimSpace(want) {
			t.Errorf("%q: %v", want, got)
		}
	}
}

// rsaNamed is another name than the root's, as DER.
func rsaNamed(t testing.TB, _ *pair) []byte {
	t.Helper()
	der, err := asn1.Marshal(pkix.Name{CommonName: "Other", Organization: []string{"Acme"}, Country: []string{"NL"}}.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// A long certificate is told, a longer one refused, by what an AT host takes.
func TestSize(t *testing.T) {
	t.Parallel()
	root := made(t, authority("Root"), ec(t, elliptic.P256()), nil)
	for pad, want := range map[int]string{1500: "", 2000: "ca.lint-large", 3000: "ca.lint-size"} {
		tmpl := unit(lint.LwM2M, "urn:imei:"+imei, root.cert)
		tmpl.ExtraExtensions = []pkix.Extension{ext(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}, false, make([]byte, pad)...)}
		bs := lint.Unit(made(t, tmpl, ec(t, elliptic.P256()), root).cert, lint.LwM2M, root.cert)
		if got := strings.TrimSpace(strings.TrimPrefix(strings.Join(codes(bs), " "), "ca.lint-extension")); got != want {
			t.Errorf("%d bytes more: %v", pad, codes(bs))
		}
	}
}

func TestVersion1IsJudgedNoFurther(t *testing.T) {
	t.Parallel()
	root := made(t, authority("Root"), ec(t, elliptic.P256()), nil)
	c := *made(t, unit(lint.LwM2M, "x", root.cert), ec(t, elliptic.P384()), root).cert
	c.Version = 1 // what Go reads of such a certificate
	if got := codes(lint.Unit(&c, lint.LwM2M, root.cert)); !slices.Equal(got, []string{"ca.lint-version"}) {
		t.Error(got)
	}
}

func TestEachRuleOfAnAuthority(t *testing.T) {
	t.Parallel()
	root := made(t, authority("Root"), ec(t, elliptic.P256()), nil)
	mid := func(c *x509.Certificate) { c.Subject.CommonName, c.MaxPathLenZero = "Mid", true }
	nameless := &pair{cert: func() *x509.Certificate { c := *root.cert; c.SubjectKeyId = nil; return &c }(), key: root.key}
	for want, b := range map[string]struct {
		change func(c *x509.Certificate)
		by     *pair
	}{
		"": {}, " ": {change: mid, by: root},
		"ca.lint-ca-constraints": {change: func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{ext(asn1.ObjectIdentifier{2, 5, 29, 19}, false, 0x30, 3, 1, 1, 0xff)}
		}},
		"ca.lint-ca-no-usage": {change: func(c *x509.Certificate) { c.KeyUsage = 0 }},
		"ca.lint-ca-usage": {change: func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{ext(asn1.ObjectIdentifier{2, 5, 29, 15}, false, 3, 2, 1, 6)}
		}},
		"ca.lint-ca-purposes": {change: func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }},
		"ca.lint-ca-ski": {change: func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{ext(asn1.ObjectIdentifier{2, 5, 29, 14}, false, 4, 0)}
		}},
		"ca.lint-ca-aki":     {change: mid, by: nameless},
		"ca.lint-ca-pathlen": {change: func(c *x509.Certificate) { c.Subject.CommonName, c.MaxPathLen = "Mid", -1 }, by: root},
	} {
		tmpl := authority("Root")
		if b.change != nil {
			b.change(tmpl)
		}
		if got := strings.Join(codes(lint.Authority(made(t, tmpl, ec(t, elliptic.P256()), b.by).cert)), " "); got != strings.TrimSpace(want) {
			t.Errorf("%q: %v", want, got)
		}
	}
}

// TestProfiles: what each takes as a unit's name, and what its subject is; the names are those of the vendors' pages.
func TestProfiles(t *testing.T) {
	t.Parallel()
	root := made(t, authority("Root"), ec(t, elliptic.P256()), nil)
	const uuid = "50363154-3931-44f0-8022-121b6401627d"
	for p, c := range map[lint.Profile]struct {
		good, bad []string
		subject   string
	}{
		lint.LwM2M:    {[]string{"urn:imei:" + imei, imei, "a"}, []string{"", "a,b", "a b", strings.Repeat("a", 65), "é"}, "CN=urn:imei:" + imei},
		lint.RFC7925:  {[]string{"urn:imei:" + imei}, []string{"a+b"}, "SERIALNUMBER=" + imei + ",CN=urn:imei:" + imei},
		lint.NRFCloud: {[]string{"nrf-" + imei, uuid}, []string{"urn:imei:" + imei, "nrf-" + imei[1:], "nrf-" + imei + "0", strings.ToUpper(uuid), imei}, "CN=nrf-" + imei},
		lint.AWS:      {[]string{"urn:imei:" + imei, "imei_" + imei}, []string{"imei." + imei, "a/b", "a@b"}, "SERIALNUMBER=" + imei + ",CN=urn:imei:" + imei + ",O=Acme,C=NL"},
		lint.Azure:    {[]string{"urn:imei:" + imei, "a.b_c:d-", "A-"}, []string{"a:", "a.", "a_", "a/b", "a@b", "a!"}, "CN=urn:imei:" + imei},
	} {
		for _, n := range c.good {
			if why, fix := p.NameFault(n); why != "" || fix != "" {
				t.Errorf("%s: %s: %s", p, n, why)
			}
		}
		for _, n := range c.bad {
			if why, fix := p.NameFault(n); why == "" || fix == "" {
				t.Errorf("%s takes %q", p, n)
			}
		}
		tmpl := unit(p, c.good[0], root.cert)
		one := made(t, tmpl, ec(t, elliptic.P256()), root).cert
		if got := one.Subject.String(); got != c.subject {
			t.Errorf("%s: %s, want %s", p, got, c.subject)
		}
		if bs := lint.Unit(one, p, root.cert); len(bs) > 0 {
			t.Errorf("%s: %v", p, bs)
		}
		tmpl.Subject.Locality = []string{"Delft"}
		if got := codes(lint.Unit(made(t, tmpl, ec(t, elliptic.P256()), root).cert, p, nil)); !slices.Equal(got, []string{"ca.lint-subject"}) {
			t.Errorf("%s: a locality: %v", p, got)
		}
		if p.NeedsDevice() {
			tmpl.Subject.Locality, tmpl.Subject.SerialNumber = nil, ""
			if got := codes(lint.Unit(made(t, tmpl, ec(t, elliptic.P256()), root).cert, p, nil)); !slices.Equal(got, []string{"ca.lint-subject"}) {
				t.Errorf("%s: no serialNumber: %v", p, got)
			}
		}
	}
	if _, err := lint.ParseProfile("gcp"); err == nil {
		t.Error("a profile that nobody knows")
	}
	if p, err := lint.ParseProfile(""); err != nil || p != lint.LwM2M {
		t.Error(p, err)
	}
}

// RFC 7925 wants ECDSA in the whole device PKI; the others are told of another signature.
func TestAnRSARootIsRefusedByRFC7925Alone(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	root := made(t, authority("Root"), key, nil)
	for _, p := range lint.Profiles() {
		name := "urn:imei:" + imei
		if p == lint.NRFCloud {
			name = "nrf-" + imei
		}
		bs := lint.Unit(made(t, unit(p, name, root.cert), ec(t, elliptic.P256()), root).cert, p, root.cert)
		if len(bs) != 1 || bs[0].Code != "ca.lint-signature" || len(lint.Errors(bs)) == 1 != (p == lint.RFC7925) || len(lint.Notes(bs)) == 1 == (p == lint.RFC7925) {
			t.Errorf("%s: %v", p, bs)
		}
	}
}

// TestThePageHasEachRule: docs/authority.md tells of every rule, with its source, and of every profile.
func TestThePageHasEachRule(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/authority.md")
	if err != nil {
		t.Fatal(err)
	}
	weighs := func(s cred.Severity) string {
		if s == "" {
			return "–"
		}
		return string(s)
	}
	for _, r := range lint.Rules() {
		row := "| `" + r.Code + "` | " + r.Asks + " | " + r.Source + " | " + weighs(r.Own) + " | " + weighs(r.Others) + " |"
		if !strings.Contains(string(page), row) {
			t.Errorf("the page lacks %s", row)
		}
	}
	for _, p := range lint.Profiles() {
		if !strings.Contains(string(page), "| `"+string(p)+"` |") {
			t.Errorf("the page lacks the profile %s", p)
		}
	}
}
