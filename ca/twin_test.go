package ca

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"example.org/sectag/ca/internal/ossl"
	"example.org/sectag/cred"
)

func TestATwinLivesForMinutes(t *testing.T) {
	t.Parallel()
	a := unlocked(t, InitOptions{Days: 3650})
	later := today().Add(100 * oneDay)
	unit := issue(t, a, Request{Days: 365, Clock: Clock{Now: later}})
	serial := NewSerial()
	twin, key, err := a.Twin(TwinRequest{Of: unit.DER, Serial: serial, Clock: Clock{Now: later}})
	if err != nil {
		t.Fatal(err)
	}
	defer key.Clear()
	at := later.UTC().Truncate(time.Second)
	if !twin.NotAfter.Equal(at.Add(TwinLife)) || TwinLife > 10*time.Minute || !twin.NotBefore.Equal(at.Add(-grace)) {
		t.Errorf("it lives from %s to %s", twin.NotBefore, twin.NotAfter)
	}
	if twin.Name != unit.Name || twin.Serial != serial || twin.SPKI == unit.SPKI || twin.Clock != "system" || len(Judge(twin.DER, a.Root, "")) > 0 {
		t.Errorf("%+v", twin)
	}
	if err := key.Prove(twin); err != nil {
		t.Error(err)
	}
	again, second, err := a.Twin(TwinRequest{Of: unit.DER, Clock: Clock{Now: later}})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Clear()
	if again.SPKI == twin.SPKI || again.Serial == twin.Serial || len(again.Serial) != 32 {
		t.Errorf("two twins share something: %+v", again)
	}
	// Of a twin a twin can be made, too: it ends with the first.
	third, k, err := a.Twin(TwinRequest{Of: twin.DER, Clock: Clock{Now: later.Add(6 * time.Minute)}})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Clear()
	if !third.NotAfter.Equal(twin.NotAfter) {
		t.Errorf("it outlives its unit's certificate: %s", third.NotAfter)
	}
}

func TestATwinEndsWithItsAuthority(t *testing.T) {
	t.Parallel()
	a := unlocked(t, InitOptions{Days: 30})
	unit := issue(t, a, Request{UntilIssuer: true})
	twin, key, err := a.Twin(TwinRequest{Of: unit.DER, Clock: Clock{Now: a.Cert.NotAfter.Add(-time.Minute)}})
	if err != nil {
		t.Fatal(err)
	}
	key.Clear()
	if !twin.NotAfter.Equal(a.Cert.NotAfter) {
		t.Errorf("it ends %s, the root %s", twin.NotAfter, a.Cert.NotAfter)
	}
}

func TestRefusedTwins(t *testing.T) {
	t.Parallel()
	a, b := unlocked(t, InitOptions{}), unlocked(t, InitOptions{})
	unit := issue(t, a, Request{Days: 10})
	now := Clock{Now: today()}
	for name, c := range map[string]struct {
		q    TwinRequest
		want string
	}{
		"of nothing":               {TwinRequest{Clock: now}, "ca.not-issued-by"},
		"of another authority":     {TwinRequest{Of: issue(t, b, Request{Days: 10}).DER, Clock: now}, "ca.not-issued-by"},
		"of the root":              {TwinRequest{Of: a.Cert.Raw, Clock: now}, "ca.not-issued-by"},
		"of one that was changed":  {TwinRequest{Of: append(bytes.Clone(unit.DER[:len(unit.DER)-1]), unit.DER[len(unit.DER)-1]^1), Clock: now}, "ca.not-issued-by"},
		"of one that has ended":    {TwinRequest{Of: unit.DER, Clock: Clock{Now: today().Add(11 * oneDay)}}, "ca.expired"},
		"without a clock":          {TwinRequest{Of: unit.DER}, "ca.clock"},
		"with a doubtful clock":    {TwinRequest{Of: unit.DER, Clock: Clock{Now: today(), NewestRecord: today().Add(1)}}, "ca.clock"},
		"with a serial of nothing": {TwinRequest{Of: unit.DER, Serial: "01", Clock: now}, "config.value"},
	} {
		twin, key, err := a.Twin(c.q)
		if code(err) != c.want || key != nil || twin.DER != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	a.Lock()
	if _, key, err := a.Twin(TwinRequest{Of: unit.DER, Clock: now}); code(err) != "ca.locked" || key != nil {
		t.Errorf("locked: %v", err)
	}
}

// OpenSSL takes a twin for the unit, today, and not an hour later.
func TestOpenSSLTakesATwinForTheUnit(t *testing.T) {
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
	req, err := ParseCSR(modemCSRs(t)["csr-17"])
	if err != nil {
		t.Fatal(err)
	}
	unit := issue(t, a, Request{Days: 365, Public: req.Public, Clock: Clock{Now: now()}})
	twin, key, err := a.Twin(TwinRequest{Of: unit.DER, Clock: Clock{Now: now()}})
	if err != nil {
		t.Fatal(err)
	}
	defer key.Clear()
	if err := req.Prove(twin); code(err) != "ca.key-mismatch" {
		t.Errorf("the twin has the unit's key: %v", err)
	}
	ossl.Write(t, dir, "twin.crt", []byte(twin.PEM))
	ossl.Write(t, dir, "unit.crt", []byte(unit.PEM))
	verify := []string{"verify", "-purpose", "sslclient", "-x509_strict", "-CAfile", "root.crt"}
	ossl.Run(t, dir, append(verify, "twin.crt", "unit.crt")...)
	hour := []string{"-attime", fmt.Sprint(now().Add(time.Hour).Unix())}
	ossl.Run(t, dir, append(append(verify, hour...), "unit.crt")...)
	if out, ok := ossl.Try(t, dir, append(append(verify, hour...), "twin.crt")...); ok {
		t.Errorf("accepted an hour later: %s", out)
	}
	subject := func(file string) string {
		return ossl.Run(t, dir, "x509", "-in", file, "-noout", "-subject", "-issuer")
	}
	if subject("twin.crt") != subject("unit.crt") {
		t.Errorf("%s and %s", subject("twin.crt"), subject("unit.crt"))
	}
	c, err := x509.ParseCertificate(twin.DER)
	if err != nil || cred.Sum(c.RawSubjectPublicKeyInfo) != twin.SPKI {
		t.Errorf("%v", err)
	}
}
