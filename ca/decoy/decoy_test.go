package decoy

import (
	"bytes"
	"crypto/x509"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/sectag/ca"
	"example.org/sectag/ca/internal/ossl"
	"example.org/sectag/cred"
)

const unit = "urn:imei:350457790000012"

func authority(t *testing.T, days int) (*ca.Authority, string) {
	t.Helper()
	dir := t.TempDir()
	made, err := ca.Init(ca.InitOptions{Dir: dir, Subject: "CN=Acme", Days: days, Plaintext: true, Clock: ca.Clock{Now: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	root, err := ca.Load(made.Cert, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	a, err := root.Unlock(made.Key, nil)
	if err != nil {
		t.Fatal(err)
	}
	return a, dir
}

// What OpenSSL says of each decoy is what is wrong with it, and nothing else: the one that is in order but for whose it is, is in order.
func TestOpenSSLSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	a, dir := authority(t, 3650)
	for _, c := range []struct {
		kind   Kind
		says   string // "" is OK
		strict string // with -x509_strict
		shown  int
	}{
		{OtherAuthority, "unable to get local issuer certificate", "unable to get local issuer certificate", 1},
		{Expired, "certificate has expired", "certificate has expired", 1},
		{DeviceSigned, "invalid CA certificate", "invalid CA certificate", 2},
		{DeviceCASigned, "", "CA cert does not include key usage extension", 2},
		{OtherUnit, "", "", 1},
	} {
		d, err := Make(a, Order{Kind: c.kind, Name: unit, Serial: ca.NewSerial(), Clock: ca.Clock{Now: time.Now()}})
		if err != nil {
			t.Fatal(err)
		}
		blocks := cred.Blocks(d.Chain)
		if len(blocks) != c.shown {
			t.Fatalf("%s shows %d certificates", c.kind, len(blocks))
		}
		leaf, rest := string(c.kind)+".crt", string(c.kind)+"-rest.crt"
		ossl.Write(t, dir, leaf, cred.CertPEM(blocks[0].Bytes))
		args := []string{"verify", "-purpose", "sslclient", "-CAfile", "root.crt"}
		if c.shown > 1 {
			ossl.Write(t, dir, rest, cred.CertPEM(blocks[1].Bytes))
			args = append(args, "-untrusted", rest)
		}
		for strict, want := range map[string]string{"": c.says, "-x509_strict": c.strict} {
			more := args
			if strict != "" {
				more = append(append([]string{}, args...), strict)
			}
			if out, ok := ossl.Try(t, dir, append(append([]string{}, more...), leaf)...); ok != (want == "") || !strings.Contains(out, want) {
				t.Errorf("%s %s: %s", c.kind, strict, out)
			}
		}
		for _, b := range blocks {
			x, err := x509.ParseCertificate(b.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			if x.NotAfter.Sub(x.NotBefore) > 20*time.Minute || time.Until(x.NotAfter) > 10*time.Minute {
				t.Errorf("%s: one lives from %s to %s", c.kind, x.NotBefore, x.NotAfter)
			}
		}
		if x, _ := x509.ParseCertificate(blocks[0].Bytes); x.Subject.CommonName != unit {
			t.Errorf("%s bears the name %s", c.kind, x.Subject.CommonName)
		}
		key := d.Key.PEM()
		d.Clear()
		if !bytes.Equal(key, make([]byte, len(key))) || d.Key.PEM() != nil {
			t.Errorf("%s: its key is still there", c.kind)
		}
	}
	if found, err := filepath.Glob(filepath.Join(dir, "*.key")); err != nil || len(found) != 1 { // the root's
		t.Errorf("%q, %v", found, err)
	}
}

// What is refused to a unit's certificate is refused to a decoy, and a life of more than minutes as well.
func TestRefusedDecoys(t *testing.T) {
	t.Parallel()
	a, _ := authority(t, 30)
	now := ca.Clock{Now: time.Now()}
	serial := ca.NewSerial()
	for name, c := range map[string]struct {
		o    Order
		want string
	}{
		"without a clock":       {Order{Kind: Expired, Name: unit, Serial: serial}, "ca.clock"},
		"with a doubtful clock": {Order{Kind: OtherUnit, Name: unit, Serial: serial, Clock: ca.Clock{Now: time.Now(), Build: time.Now().Add(time.Hour)}}, "ca.clock"},
		"without a serial":      {Order{Kind: DeviceSigned, Name: unit, Clock: now}, "config.value"},
		"of one that has ended": {Order{Kind: OtherUnit, Name: unit, Serial: serial, Clock: ca.Clock{Now: time.Now().AddDate(0, 2, 0)}}, "ca.expired"},
	} {
		d, err := Make(a, c.o)
		if f := cred.AsFault(err); f == nil || f.Code != c.want || d.Key != nil || d.Chain != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	key, err := ca.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	defer key.Clear()
	for name, end := range map[string]time.Time{"an hour": time.Now().Add(time.Hour), "eleven minutes": time.Now().Add(11 * time.Minute)} {
		like := client(unit, time.Now().Add(-time.Minute))
		like.NotAfter = end
		if _, err := a.SignTest(ca.TestRequest{Like: like, Public: key.Public(), Serial: serial, Clock: now}); err == nil || cred.AsFault(err).Code != "config.value" {
			t.Errorf("%s: %v", name, err)
		}
	}
	a.Lock()
	if _, err := Make(a, Order{Kind: Expired, Name: unit, Serial: serial, Clock: now}); err == nil || cred.AsFault(err).Code != "ca.locked" {
		t.Errorf("locked: %v", err)
	}
	if d, err := Make(a, Order{Kind: OtherAuthority, Name: unit, Clock: now}); err != nil || OtherAuthority.Signed() {
		t.Errorf("another authority needs nothing of this one: %v", err)
	} else {
		d.Clear()
	}
}
