package ca

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/sectag/ca/internal/ossl"
	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
)

// modemCSRs reads testdata/modem-csr.txt.
func modemCSRs(t testing.TB) map[string][]byte {
	t.Helper()
	text, err := os.ReadFile("testdata/modem-csr.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); f[0] != "#" {
			if out[f[0]], err = base64.RawURLEncoding.DecodeString(f[1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out
}

// resigned puts other bytes in the place of a request's algorithm. Neither algorithm nor outer length is signed.
func resigned(t testing.TB, der, algorithm []byte) []byte {
	t.Helper()
	var r struct{ Info, Algorithm, Signature asn1.RawValue }
	if _, err := asn1.Unmarshal(der, &r); err != nil {
		t.Fatal(err)
	}
	r.Algorithm = asn1.RawValue{FullBytes: algorithm}
	out, err := asn1.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func makeCSR(t testing.TB, tmpl x509.CertificateRequest, key crypto.Signer) []byte {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &tmpl, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestRequestsOfRealModems(t *testing.T) {
	t.Parallel()
	const usual = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment | x509.KeyUsageKeyEncipherment | x509.KeyUsageKeyAgreement
	all := modemCSRs(t)
	for name, want := range map[string]struct {
		cn, sha256 string
		usage      x509.KeyUsage
	}{
		"csr-17":          {"50363154-3931-44f0-8022-121b6401627d", "702a3d56f05b2f72531d650825e20041e2e9d9318c34b6853ab9066e5c72e80c", usual},
		"normalised-1235": {"50343956-3037-4738-800d-1f29e0a0f7bf", "", usual},
		"imei-52":         {"nrf-355025930000000", "977ca093ffe5fa967d8ed96c7f4032b8526545a684a2e8736206aedb339c1f00", usual},
		"uuid-52":         {"50363953-3234-4723-80b9-1503d88271bf", "", usual},
		"csr-16842753":    {"50503642-3239-4f86-80c4-06122e299623", "", usual},
		"csr-42":          {"50363154-3932-4834-802b-0908718314dc", "", usual},
		"usage-42": {
			"352656106107108", "703573f18bd725a8601d6038da0b01bb71ae0404877fbceb5bff27fc082839e9",
			x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment | x509.KeyUsageKeyAgreement,
		},
	} {
		der := all[name]
		if bytes.Contains(der, derECDSANull) == (name == "normalised-1235") {
			t.Errorf("%s: the test data are not what they were", name)
		}
		r, err := ParseCSR(der)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if r.Name != want.cn || r.Usage != want.usage || !bytes.Equal(r.DER, der) || r.SHA256 != cred.Sum(der) {
			t.Errorf("%s: %+v", name, r)
		}
		if want.sha256 != "" && r.SHA256.String() != want.sha256 {
			t.Errorf("%s: the modem signed %s", name, want.sha256)
		}
		dir := t.TempDir()
		ossl.Write(t, dir, "modem.csr", der)
		out := ossl.Run(t, dir, "req", "-inform", "DER", "-in", "modem.csr", "-noout", "-verify", "-pubkey")
		b, _ := pem.Decode([]byte(out[strings.Index(out, "-----BEGIN"):]))
		if b == nil || cred.Sum(b.Bytes) != r.SPKI {
			t.Errorf("%s: openssl reads another key:\n%s", name, out)
		}
	}
}

// A name is the whole subject or it is not the request's name.
func TestWhatARequestIsNamed(t *testing.T) {
	t.Parallel()
	for name, der := range modemCSRs(t) {
		r, err := ParseCSR(der)
		if err != nil || !r.Named(r.Name) || r.Named(r.Name+" ") || r.Named(r.Name[1:]) || r.Named("") || r.Named(strings.ToUpper(r.Name)+"X") {
			t.Errorf("%s: %q, %v", name, r.Name, err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cn := func(v any) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: oidCommonName, Value: v}
	}
	for name, c := range map[string]struct {
		subject pkix.RDNSequence
		want    bool
	}{
		"alone":                 {pkix.RDNSequence{{cn("a")}}, true},
		"as UTF8String":         {pkix.RDNSequence{{cn(asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte("a")})}}, true},
		"nobody":                {pkix.RDNSequence{}, false},
		"twice":                 {pkix.RDNSequence{{cn("a")}, {cn("a")}}, false},
		"twice, in one":         {pkix.RDNSequence{{cn("a"), cn("a")}}, false},
		"beside another":        {pkix.RDNSequence{{cn("a")}, {{Type: asn1.ObjectIdentifier{2, 5, 4, 10}, Value: "a"}}}, false},
		"as another attribute":  {pkix.RDNSequence{{{Type: asn1.ObjectIdentifier{2, 5, 4, 10}, Value: "a"}}}, false},
		"with something behind": {pkix.RDNSequence{{cn(asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte("a\x00")})}}, false},
	} {
		raw, err := asn1.Marshal(c.subject)
		if err != nil {
			t.Fatal(err)
		}
		r, err := ParseCSR(makeCSR(t, x509.CertificateRequest{RawSubject: raw}, key))
		if err == nil && r.Named("a") != c.want || err != nil && c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A certificate for a modem's key: the same profile as any other, the key of the request and of nothing else.
func TestIssuingForAModemsKey(t *testing.T) {
	t.Parallel()
	made := quick(t, InitOptions{Days: 3650, Clock: Clock{Now: now()}})
	dir := filepath.Dir(made.Cert)
	r, err := Load(made.Cert, now())
	if err != nil {
		t.Fatal(err)
	}
	a, err := r.Unlock(made.Key, []byte(pass))
	if err != nil {
		t.Fatal(err)
	}
	other := issue(t, a, Request{Days: 30, Clock: Clock{Now: now()}})
	for name, der := range modemCSRs(t) {
		req, err := ParseCSR(der)
		if err != nil {
			t.Fatal(err)
		}
		serial := NewSerial()
		c := issue(t, a, Request{Days: 365, Public: req.Public, Serial: serial, Clock: Clock{Now: now()}})
		if c.SPKI != req.SPKI || c.Serial != serial || c.Name != "urn:imei:352656100367872" {
			t.Errorf("%s: %+v", name, c)
		}
		if err := req.Prove(c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		lied := other
		lied.SPKI = req.SPKI
		for what, wrong := range map[string]Certificate{"another certificate": other, "one that lies": lied, "none": {}} {
			if err := req.Prove(wrong); code(err) != "ca.key-mismatch" {
				t.Errorf("%s: %s: %v", name, what, err)
			}
		}
		cert, err := x509.ParseCertificate(c.DER)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(cert.AuthorityKeyId, r.Cert.SubjectKeyId) || len(cert.AuthorityKeyId) != 20 || len(cert.SubjectKeyId) != 0 ||
			cert.KeyUsage != x509.KeyUsageDigitalSignature || cert.IsCA || !cert.PublicKey.(*ecdsa.PublicKey).Equal(req.Public) {
			t.Errorf("%s: the request bent the profile: %+v", name, cert)
		}
		ossl.Write(t, dir, "modem.crt", []byte(c.PEM))
		ossl.Run(t, dir, "verify", "-purpose", "sslclient", "-x509_strict", "-CAfile", "root.crt", "modem.crt")
	}
}

// Requests as OpenSSL makes them, with the NULL patched in as a modem would.
func TestRequestsOfOpenSSL(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ossl.NewKey(t, dir, "unit.key")
	for name, c := range map[string]struct {
		args  []string
		want  string
		cn    string
		usage x509.KeyUsage
	}{
		"plain":            {[]string{"-subj", "/CN=urn:imei:352656100367872"}, "", "urn:imei:352656100367872", 0},
		"many attributes":  {[]string{"-subj", "/O=Acme/L=Utrecht/C=NL/CN=unit"}, "", "unit", 0},
		"no name":          {[]string{"-subj", "/O=Acme"}, "", "", 0},
		"a usage":          {[]string{"-subj", "/CN=u", "-addext", "keyUsage=critical,digitalSignature,keyAgreement"}, "", "u", x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement},
		"the last usage":   {[]string{"-subj", "/CN=u", "-addext", "keyUsage=decipherOnly"}, "", "u", x509.KeyUsageDecipherOnly},
		"other extensions": {[]string{"-subj", "/CN=u", "-addext", "subjectAltName=DNS:u", "-addext", "extendedKeyUsage=clientAuth", "-addext", "basicConstraints=critical,CA:FALSE"}, "", "u", 0},
		"an authority":     {[]string{"-subj", "/CN=u", "-addext", "basicConstraints=CA:TRUE"}, "ca.csr", "", 0},
		"with a path":      {[]string{"-subj", "/CN=u", "-addext", "basicConstraints=critical,CA:TRUE,pathlen:1"}, "ca.csr", "", 0},
		"certificate sign": {[]string{"-subj", "/CN=u", "-addext", "keyUsage=keyCertSign"}, "ca.csr", "", 0},
		"list sign":        {[]string{"-subj", "/CN=u", "-addext", "keyUsage=digitalSignature,cRLSign"}, "ca.csr", "", 0},
		"SHA-384":          {[]string{"-subj", "/CN=u", "-sha384"}, "ca.csr", "", 0},
		"SHA-1":            {[]string{"-subj", "/CN=u", "-sha1"}, "ca.csr", "", 0},
		"a moving name":    {[]string{"-utf8", "-subj", "/CN=u\x1b[2J"}, "", "u?[2J", 0},
	} {
		ossl.Run(t, dir, append([]string{"req", "-new", "-key", "unit.key", "-outform", "DER", "-out", "unit.csr"}, c.args...)...)
		der, err := os.ReadFile(filepath.Join(dir, "unit.csr"))
		if err != nil {
			t.Fatal(err)
		}
		forms := map[string][]byte{"as it is": der}
		if c.want == "" {
			forms["with the NULL"] = resigned(t, der, derECDSANull)
			if len(forms["with the NULL"]) != len(der)+2 {
				t.Fatal("nothing was patched in")
			}
		}
		for form, b := range forms {
			r, err := ParseCSR(b)
			if code(err) != c.want || err == nil && (r.Name != c.cn || r.Usage != c.usage) {
				t.Errorf("%s, %s: %+v, %v", name, form, r, err)
			}
		}
	}
}

func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	good := modemCSRs(t)["csr-17"]
	name := x509.CertificateRequest{Subject: pkix.Name{CommonName: "u"}}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	change := func(at int, to byte) []byte {
		b := bytes.Clone(good)
		b[at] = to
		return b
	}
	usage := func(value ...byte) []byte {
		n := name
		n.ExtraExtensions = []pkix.Extension{{Id: oidKeyUsage, Value: value}}
		return makeCSR(t, n, newKey(t).signer)
	}
	foreign := func(with ...byte) []byte {
		return resigned(t, good, append([]byte{0x30, byte(10 + len(with))}, append(derECDSA[2:], with...)...))
	}
	oid384 := bytes.Clone(derECDSA)
	oid384[len(oid384)-1] = 3
	fourth := append(bytes.Clone(good), derECDSA...)
	binary.BigEndian.PutUint16(fourth[2:], uint16(len(fourth)-4)) // 30 82 and the length
	for what, c := range map[string]struct {
		der  []byte
		says string
	}{
		"nothing":               {nil, "no certificate request"},
		"text":                  {[]byte("hello"), "no certificate request"},
		"PEM":                   {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: good}), "no certificate request"},
		"half":                  {good[:len(good)/2], "no certificate request"},
		"a byte more":           {append(bytes.Clone(good), 0), "no certificate request"},
		"a lot":                 {make([]byte, maxCSR+1), "8192"},
		"a certificate":         {issue(t, unlocked(t, InitOptions{}), Request{Days: 1}).DER, ""},
		"P-384":                 {resigned(t, makeCSR(t, name, p384), derECDSA), "EC P-384"},
		"RSA":                   {makeCSR(t, name, long), "its key is RSA 2048, not EC P-256"},
		"another hash":          {resigned(t, good, oid384), "ECDSA and SHA-256"},
		"an OID as parameter":   {foreign(0x06, 0x01, 0x2a), "parameters"},
		"a number as parameter": {foreign(0x02, 0x01, 0x00), "parameters"},
		"two NULLs":             {foreign(0x05, 0x00, 0x05, 0x00), "parameters"},
		"a long NULL":           {foreign(0x05, 0x01, 0x00), "parameters"},
		"four parts":            {fourth, "parts"},
		"a long length":         {append([]byte{0x30, 0x83, 0x00}, good[2:]...), ""},
		"version 2":             {change(9, 1), "version"},
		"another name":          {change(30, 'x'), "not signed with its own key"},
		"another point":         {change(100, good[100]^1), ""},
		"another signature":     {change(len(good)-1, good[len(good)-1]^1), "not signed with its own key"},
		"no usage":              {usage(), ""},
		"a usage as a number":   {usage(0x02, 0x01, 0x03), "key usage"},
		"a usage of 16 bits":    {usage(0x03, 0x03, 0x00, 0x80, 0x01), "key usage"},
		"a usage and more":      {usage(0x03, 0x02, 0x07, 0x80, 0x00), "key usage"},
	} {
		r, err := ParseCSR(c.der)
		if code(err) != "ca.csr" || !strings.Contains(err.Error(), c.says) || hint(err) == "" || r.Public != nil {
			t.Errorf("%s: %+v, %v", what, r, err)
		}
	}
}

// A request whose key is right and is written with a word too many. It is signed properly, so only the comparison finds it.
func TestAKeyThatIsWrittenOddly(t *testing.T) {
	t.Parallel()
	key := newKey(t).signer
	var r struct {
		Info struct {
			Version int
			Subject asn1.RawValue
			Key     struct {
				Algorithm asn1.RawValue
				Point     asn1.BitString
			}
			Attributes asn1.RawValue
		}
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	usual := []byte{ // ecPublicKey, prime256v1
		0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
	}
	odd := append(bytes.Clone(usual), 0x05, 0x00)
	odd[1] += 2
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	r.Info.Subject.FullBytes, r.Info.Attributes.FullBytes, r.Algorithm.FullBytes = []byte{0x30, 0x00}, []byte{0xa0, 0x00}, derECDSA
	r.Info.Key.Point = asn1.BitString{Bytes: point, BitLength: 8 * len(point)}
	for want, algorithm := range map[string][]byte{"": usual, "not written as others write it": odd} {
		r.Info.Key.Algorithm.FullBytes = algorithm
		info, err := asn1.Marshal(r.Info)
		if err != nil {
			t.Fatal(err)
		}
		hash := sha256.Sum256(info)
		sig, err := ecdsa.SignASN1(rand.Reader, key, hash[:])
		if err != nil {
			t.Fatal(err)
		}
		r.Signature = asn1.BitString{Bytes: sig, BitLength: 8 * len(sig)}
		der, err := asn1.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseCSR(der); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%x: %v", algorithm, err)
		}
	}
}

// Every byte of a request changed: nothing of it passes, because all of it is signed, or is the shape.
func TestChangedRequests(t *testing.T) {
	t.Parallel()
	good := modemCSRs(t)["imei-52"]
	for i := range good {
		for _, x := range []byte{0x01, 0x80, 0xff} {
			b := bytes.Clone(good)
			b[i] ^= x
			if r, err := ParseCSR(b); code(err) != "ca.csr" {
				t.Errorf("byte %d is %02x: %+v, %v", i, b[i], r, err)
			}
		}
		if _, err := ParseCSR(good[:i]); code(err) != "ca.csr" {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
}

func FuzzCSR(f *testing.F) {
	for _, der := range modemCSRs(f) {
		f.Add(der)
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, der []byte) {
		r, err := ParseCSR(der)
		if err != nil {
			if got := cred.AsFault(err); got.Code != "ca.csr" || got.Hint == "" || got.Text != cred.Line(got.Text) {
				t.Errorf("%+v", got)
			}
			return
		}
		if !lint.P256(r.Public) || r.Named("") || r.Named(r.Name+"x") || r.SPKI.IsZero() || r.SHA256 != cred.Sum(der) || r.Name != cred.Line(r.Name) ||
			r.Usage&(x509.KeyUsageCertSign|x509.KeyUsageCRLSign) != 0 {
			t.Errorf("%+v", r)
		}
	})
}
