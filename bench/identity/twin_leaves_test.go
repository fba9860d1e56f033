package identity

import (
	"bytes"
	"crypto/x509"
	"path/filepath"
	"testing"
	"time"

	"example.org/sectag/ca"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// What a twin shows has the unit's name and ten minutes; when the handshake is over its key is overwritten and its serial is nobody's.
func TestATwinLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	made, err := ca.Init(ca.InitOptions{Dir: dir, Subject: "CN=Acme", Plaintext: true, Clock: ca.Clock{Now: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	root, err := ca.Load(made.Cert, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	auth, err := root.Unlock(made.Key, nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(t.Context(), "sqlite:"+filepath.Join(dir, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	run, err := l.Begin(t.Context(), record.Stamp(time.Now()), nil)
	if err != nil {
		t.Fatal(err)
	}
	m := Maker{Auth: auth, Clock: ca.Clock{Now: time.Now()}, Ledger: l, Run: run, Unit: record.Unit{IMEI: 350457790000012}, Name: "urn:imei:350457790000012", Days: 30}
	unitKey, unit, err := m.ByHost(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer unitKey.Clear()
	var twin *x509.Certificate
	var key []byte
	serial, err := m.Twin(t.Context(), unit, func(c ca.Certificate, k []byte) {
		if twin, err = x509.ParseCertificate(c.DER); err != nil {
			t.Error(err)
		}
		if key = k; !bytes.Contains(k, []byte("PRIVATE KEY")) {
			t.Error("no key was shown")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(twin.NotAfter); twin.Subject.CommonName != unit.Name || left > 10*time.Minute || left < 9*time.Minute {
		t.Errorf("%s has %s to live", twin.Subject.CommonName, left)
	}
	if len(key) == 0 || !bytes.Equal(key, make([]byte, len(key))) {
		t.Error("the twin's key is still there")
	}
	all, err := l.Serials(t.Context(), run)
	for _, s := range all {
		if want := map[bool]string{true: ledger.SerialAbandoned, false: ledger.SerialReserved}[s.Serial == serial]; s.State != want {
			t.Errorf("%+v", s)
		}
	}
	if err != nil || len(all) != 2 || serial == unit.Serial {
		t.Errorf("%+v, %v", all, err)
	}
}
