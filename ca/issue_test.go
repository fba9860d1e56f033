package ca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.org/sectag/ca/keyfile"
	"example.org/sectag/cred"
)

func TestDaysAgainstTheIssuersLife(t *testing.T) {
	t.Parallel()
	a := unlocked(t, InitOptions{Days: 3650})
	later := Clock{Now: today().Add(30*oneDay + time.Hour)}
	for name, c := range map[string]struct {
		q    Request
		want string
		hint string
	}{
		"5500 of 3650":       {Request{Days: 5500}, "ca.outlives-issuer", "3650 days are left"},
		"one more":           {Request{Days: 3651}, "ca.outlives-issuer", "--until-issuer"},
		"a month later":      {Request{Days: 3650, Clock: later}, "ca.outlives-issuer", "3619 days are left"},
		"what is left":       {Request{Days: 3619, Clock: later}, "", ""},
		"to the last":        {Request{Days: 3650}, "", ""},
		"until the issuer":   {Request{UntilIssuer: true}, "", ""},
		"until, with days":   {Request{UntilIssuer: true, Days: 5500}, "", ""},
		"none":               {Request{}, "config.value", "--until-issuer"},
		"negative":           {Request{Days: -1}, "config.value", "--until-issuer"},
		"beyond all time":    {Request{Days: 1 << 40}, "config.value", ""},
		"the root has ended": {Request{Days: 1, Clock: Clock{Now: today().Add(3651 * oneDay)}}, "ca.expired", "ca init"},
	} {
		if c.q.Clock.Now.IsZero() {
			c.q.Clock.Now = today()
		}
		c.q.Name, c.q.Public = "urn:imei:352656100367872", newKey(t).Public()
		cert, err := a.Issue(c.q)
		if code(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
			continue
		}
		if err != nil {
			if !strings.Contains(hint(err), c.hint) {
				t.Errorf("%s: the hint %q does not say %q", name, hint(err), c.hint)
			}
			if cert.DER != nil || cert.PEM != "" {
				t.Errorf("%s: something was signed", name)
			}
			continue
		}
		if cert.NotAfter.After(a.Cert.NotAfter) || c.q.UntilIssuer && !cert.NotAfter.Equal(a.Cert.NotAfter) {
			t.Errorf("%s: ends %s, the root %s", name, cert.NotAfter, a.Cert.NotAfter)
		}
	}
}

func TestItBeginsTenMinutesAgoButNotBeforeItsIssuer(t *testing.T) {
	t.Parallel()
	a := unlocked(t, InitOptions{})
	now := today().UTC().Truncate(time.Second)
	if c := issue(t, a, Request{Days: 1}); !c.NotBefore.Equal(a.Cert.NotBefore) {
		t.Errorf("begins %s, the root %s", c.NotBefore, a.Cert.NotBefore)
	}
	if c := issue(t, a, Request{Days: 1, Clock: Clock{Now: today().Add(oneDay)}}); !c.NotBefore.Equal(now.Add(oneDay - 10*time.Minute)) {
		t.Errorf("begins %s", c.NotBefore)
	}
	young := caTemplate("Young")
	young.NotBefore, young.NotAfter = today().Add(-3*time.Minute).Truncate(time.Second), today().Add(oneDay)
	root, key := foreign(t, young, nil, nil)
	b, err := Root{Cert: root}.With(key, "test")
	if err != nil {
		t.Fatal(err)
	}
	if c := issue(t, b, Request{UntilIssuer: true}); !c.NotBefore.Equal(root.NotBefore) {
		t.Errorf("begins %s, its issuer %s", c.NotBefore, root.NotBefore)
	}
}

func TestIssueRefuses(t *testing.T) {
	t.Parallel()
	a := unlocked(t, InitOptions{})
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := newKey(t).Public()
	now := Clock{Now: today()}
	for name, c := range map[string]struct {
		q    Request
		want string
	}{
		"no name":              {Request{Public: good}, "config.value"},
		"a comma in the name":  {Request{Name: "urn:imei:1,2", Public: good}, "config.value"},
		"a space in the name":  {Request{Name: "unit 1", Public: good}, "config.value"},
		"an umlaut":            {Request{Name: "gerät", Public: good}, "config.value"},
		"65 characters":        {Request{Name: strings.Repeat("a", 65), Public: good}, "config.value"},
		"no key":               {Request{Name: "u"}, "config.value"},
		"another curve":        {Request{Name: "u", Public: p384.Public()}, "config.value"},
		"no hex serial":        {Request{Name: "u", Public: good, Serial: "xyz"}, "config.value"},
		"a short serial":       {Request{Name: "u", Public: good, Serial: "01"}, "config.value"},
		"a long serial":        {Request{Name: "u", Public: good, Serial: strings.Repeat("ab", 17)}, "config.value"},
		"clock before records": {Request{Name: "u", Public: good, Clock: Clock{Now: today(), NewestRecord: today().Add(1)}}, "ca.clock"},
		"clock before root":    {Request{Name: "u", Public: good, Clock: Clock{Now: today().Add(-oneDay)}}, "ca.clock"},
		"no clock":             {Request{Name: "u", Public: good, Clock: Clock{Build: today()}}, "ca.clock"},
	} {
		if c.q.Clock == (Clock{}) {
			c.q.Clock = now
		}
		c.q.Days = 10
		cert, err := a.Issue(c.q)
		if code(err) != c.want || cert.DER != nil {
			t.Errorf("%s: %v, want %s; signed: %v", name, err, c.want, cert.DER != nil)
		}
	}
}

func TestReservedSerialsAndTheContractsJSON(t *testing.T) {
	t.Parallel()
	a, serial := unlocked(t, InitOptions{}), NewSerial()
	key := newKey(t)
	c := issue(t, a, Request{Days: 100, Serial: serial, Public: key.Public(), Clock: Clock{Now: today(), ServerDate: today().Add(-time.Minute)}})
	if c.Serial != serial || c.Clock != "system+http-date" || c.Name != "urn:imei:352656100367872" {
		t.Errorf("%+v", c)
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil || c.SPKI != cred.Sum(spki) {
		t.Errorf("the key's digest is another (%v)", err)
	}
	slot, err := cred.Content(cred.ClientCert, []byte(c.PEM))
	if err != nil || string(slot) != c.PEM || cred.Sum(slot) != c.SHA256 {
		t.Errorf("PEM is not the bytes of a slot (%v)", err)
	}
	doc, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(doc, &fields); err != nil {
		t.Fatal(err)
	}
	if len(fields) != 4 || fields["serial"] != serial || fields["not_after"] != "2027-03-02T09:30:15Z" || fields["pem"] != c.PEM ||
		fields["sha256"] != c.SHA256.String() {
		t.Errorf("%s", doc)
	}
	seen := map[string]bool{}
	for range 1000 {
		s := NewSerial()
		if len(s) != 32 || seen[s] || s[:2] == "00" {
			t.Fatalf("serial %q", s)
		}
		seen[s] = true
	}
}

func TestLockForgets(t *testing.T) {
	t.Parallel()
	a := unlocked(t, InitOptions{})
	k := a.signer.(*ecdsa.PrivateKey)
	scalar, err := k.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
		said := fmt.Sprintf(verb, a)
		if strings.Contains(said, fmt.Sprintf("%x", scalar[:6])) || strings.Contains(said, fmt.Sprint(scalar[0], scalar[1], scalar[2])) {
			t.Errorf("%s prints the key", verb)
		}
	}
	//lint:ignore SA1019 the test looks at what Lock must overwrite
	words := k.D.Bits()
	if a.Locked() {
		t.Error("locked from the beginning")
	}
	a.Lock()
	a.Lock()
	for _, w := range words {
		if w != 0 {
			t.Fatal("the scalar is still there")
		}
	}
	_, err = a.Issue(Request{Name: "u", Public: newKey(t).Public(), Days: 1, Clock: Clock{Now: today()}})
	if code(err) != "ca.locked" || !a.Locked() {
		t.Errorf("after Lock: %v", err)
	}
	(*Authority)(nil).Lock()
}

func TestAKeyIsForgottenAndNeverPrinted(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	text := k.PEM()
	blocks := keyfile.Scan(text)
	slot, err := cred.Content(cred.ClientKey, text)
	if len(blocks) != 1 || err != nil || string(slot) != string(text) {
		t.Fatalf("not the bytes of a slot: %v", err)
	}
	if said := fmt.Sprintf("%v %+v %#v %x", k, k, k, k); said != strings.TrimSpace(strings.Repeat("private key (hidden) ", 4)) {
		t.Errorf("it prints %q", said)
	}
	pub := k.Public().(*ecdsa.PublicKey)
	k.Clear()
	k.Clear()
	for _, b := range text {
		if b != 0 {
			t.Fatal("a byte of the key is still there")
		}
	}
	if k.PEM() != nil || !pub.Equal(k.Public()) {
		t.Error("Clear leaves a key, or takes its public half")
	}
}

func TestAKeyIsProvenAgainstItsCertificateOnly(t *testing.T) {
	a := unlocked(t, InitOptions{})
	key, other := newKey(t), newKey(t)
	c, err := a.Issue(Request{Name: "urn:imei:352656100367872", Public: key.Public(), Days: 10, Clock: Clock{Now: today()}})
	if err != nil {
		t.Fatal(err)
	}
	if err := key.Prove(c); err != nil {
		t.Errorf("its own certificate: %v", err)
	}
	if err := other.Prove(c); code(err) != "ca.profile" {
		t.Errorf("another key: %v", err)
	}
	key.Clear()
	if err := key.Prove(c); code(err) != "ca.profile" {
		t.Errorf("a key that was forgotten: %v", err)
	}
}

func TestASignerMustBeTheRoots(t *testing.T) {
	t.Parallel()
	root, _ := foreign(t, caTemplate("Root"), nil, nil)
	_, other := foreign(t, caTemplate("Other"), nil, nil)
	if _, err := (Root{Cert: root}).With(other, "test"); code(err) != "ca.key-mismatch" {
		t.Errorf("got %v", err)
	}
}

// TestEveryCertificateKeepsTheProfile tries names, lives and moments at random and looks with its own eyes, not Judge's.
func TestEveryCertificateKeepsTheProfile(t *testing.T) {
	t.Parallel()
	a := unlocked(t, InitOptions{Days: 3650})
	key := newKey(t)
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.StringMatching(`[A-Za-z0-9:._~@/()!$&*-]{1,64}`).Draw(rt, "name")
		now := today().Add(time.Duration(rapid.Int64Range(0, int64(3640*oneDay)).Draw(rt, "age")))
		q := Request{Name: name, Public: key.Public(), Clock: Clock{Now: now}, UntilIssuer: rapid.Bool().Draw(rt, "until")}
		if !q.UntilIssuer {
			q.Days = rapid.IntRange(1, a.DaysLeft(now)).Draw(rt, "days")
		}
		cert, err := a.Issue(q)
		if err != nil {
			rt.Fatal(err)
		}
		profile(rt, cert, a, name, now)
	})
}

func profile(t *rapid.T, cert Certificate, a *Authority, name string, now time.Time) {
	c, err := x509.ParseCertificate(cert.DER)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.CheckSignatureFrom(a.Cert); err != nil {
		t.Fatal(err)
	}
	ext := map[string]bool{}
	for _, x := range c.Extensions {
		ext[x.Id.String()] = x.Critical
	}
	want := map[string]bool{"2.5.29.15": true, "2.5.29.19": true, "2.5.29.35": false, "2.5.29.37": false}
	if fmt.Sprint(ext) != fmt.Sprint(want) {
		t.Fatalf("extensions %v", ext)
	}
	if c.Subject.CommonName != name || len(c.Subject.Names) != 1 || c.IsCA || c.KeyUsage != x509.KeyUsageDigitalSignature ||
		len(c.ExtKeyUsage) != 1 || c.ExtKeyUsage[0] != x509.ExtKeyUsageClientAuth || len(c.SubjectKeyId) != 0 ||
		string(c.AuthorityKeyId) != string(a.Cert.SubjectKeyId) {
		t.Fatalf("%s", cert.PEM)
	}
	if c.NotAfter.After(a.Cert.NotAfter) || c.NotBefore.Before(a.Cert.NotBefore) || c.NotBefore.After(now) || !c.NotAfter.After(now) ||
		now.Sub(c.NotBefore) > 10*time.Minute+time.Second {
		t.Fatalf("from %s to %s at %s", c.NotBefore, c.NotAfter, now)
	}
	if c.SerialNumber.Sign() <= 0 || c.SerialNumber.BitLen() > 128 || cert.Serial != fmt.Sprintf("%032x", c.SerialNumber) {
		t.Fatalf("serial %s, %s", c.SerialNumber, cert.Serial)
	}
	if found := Judge(cert.DER, a.Root, ""); len(found) != 0 {
		t.Fatal(found)
	}
}

// TestJudgeFindsEachDeparture makes certificates that are wrong in one way each, and wants that way named and no other.
func TestJudgeFindsEachDeparture(t *testing.T) {
	t.Parallel()
	root, key := foreign(t, caTemplate("Root"), nil, nil)
	stranger, strangerKey := foreign(t, caTemplate("Root"), nil, nil)
	stranger.SubjectKeyId = root.SubjectKeyId
	other, _ := foreign(t, caTemplate("Other"), nil, nil)
	other.SubjectKeyId, other.PublicKey, other.RawSubjectPublicKeyInfo = root.SubjectKeyId, root.PublicKey, root.RawSubjectPublicKeyInfo
	r := Root{Cert: root}
	good := func() *x509.Certificate {
		return &x509.Certificate{
			Subject: pkix.Name{CommonName: "urn:imei:352656100367872"}, BasicConstraintsValid: true,
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
			SerialNumber: newSerial(),
		}
	}
	for want, change := range map[string]func(c *x509.Certificate){
		"":                     func(*x509.Certificate) {},
		"ca.lint-serial-short": func(c *x509.Certificate) { c.SerialNumber.SetInt64(7) },
		"ca.lint-subject":      func(c *x509.Certificate) { c.Subject.Organization = []string{"Acme"} },
		"ca.lint-early":        func(c *x509.Certificate) { c.NotBefore, c.NotAfter = root.NotBefore.Add(-time.Second), root.NotAfter },
		"ca.lint-outlives":     func(c *x509.Certificate) { c.NotBefore, c.NotAfter = root.NotBefore, root.NotAfter.Add(time.Second) },
		"ca.lint-life":         func(c *x509.Certificate) { c.NotBefore, c.NotAfter = root.NotAfter, root.NotBefore },
	} {
		tmpl := good()
		change(tmpl)
		c, _ := foreign(t, tmpl, root, key)
		found := Judge(c.Raw, r, "")
		if want == "" && len(found) != 0 || want != "" && (len(found) != 1 || found[0].Code != want || found[0].Severity != cred.Error || found[0].Hint == "") {
			t.Errorf("%s: %v", want, found)
		}
	}
	byStranger, _ := foreign(t, good(), stranger, strangerKey)
	if found := Judge(byStranger.Raw, r, ""); len(found) != 1 || !strings.Contains(found[0].Text, "was not signed") {
		t.Errorf("another's signature: %v", found)
	}
	byName, _ := foreign(t, good(), other, key)
	if found := Judge(byName.Raw, r, ""); len(found) != 1 || !strings.Contains(found[0].Text, "name") {
		t.Errorf("another's name: %v", found)
	}
	if found := Judge([]byte("x"), r, ""); len(found) != 1 || found[0].Code != "ca.profile" || found[0].Severity != cred.Error {
		t.Errorf("garbage: %v", found)
	}
}
