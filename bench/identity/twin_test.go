package identity

import (
	"context"
	"crypto/x509"
	"testing"
	"time"

	"example.org/sectag/ca"
	"example.org/sectag/ca/chain"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// TestATwinsSerialIsAbandoned: whether or not the server took it, no unit will ever have it.
func TestATwinsSerialIsAbandoned(t *testing.T) {
	ctx := t.Context()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	pass := []byte("correct horse")
	made, err := ca.Init(ca.InitOptions{Dir: t.TempDir(), Subject: "CN=Acme", Passphrase: pass, Clock: ca.Clock{Now: now}})
	if err != nil {
		t.Fatal(err)
	}
	root, err := ca.Load(made.Cert, now)
	if err != nil {
		t.Fatal(err)
	}
	auth, err := root.Unlock(made.Key, pass)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.OpenMemory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	run, err := l.Begin(ctx, "2026-11-22T12:00:00Z", nil)
	if err != nil {
		t.Fatal(err)
	}
	m := Maker{Auth: auth, Clock: ca.Clock{Now: now}, Ledger: l, Run: run, Unit: record.Unit{IMEI: 352656100367872}, Name: "urn:imei:352656100367872", Days: 30}
	_, own, err := m.ByHost(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(ctx)
	serial, err := m.Twin(ctx, own, func(cert ca.Certificate, key []byte) {
		if len(cert.DER) == 0 || len(key) == 0 {
			t.Error("there is nothing to show")
		}
		stop() // somebody stops the program at the handshake
	})
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]string{}
	all, err := l.Serials(context.Background(), run)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		states[s.Serial] = s.State
	}
	if states[serial] != ledger.SerialAbandoned || states[own.Serial] != ledger.SerialReserved || len(states) != 2 {
		t.Errorf("%v", states)
	}
}

// some is a certificate.
func some(t *testing.T) *x509.Certificate {
	t.Helper()
	root, err := ca.Init(ca.InitOptions{Dir: t.TempDir(), Plaintext: true, Clock: ca.Clock{Now: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := ca.Load(root.Cert, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Cert
}

// TestACertificateThatIsToComeMustFit: the longest that it can be is asked for before the modem makes its key.
func TestACertificateThatIsToComeMustFit(t *testing.T) {
	at := cred.Slot{SecTag: 42, Kind: cred.ClientCert}
	plan := flows.Plan{N: 1}
	plan.Slots[0].Slot, plan.Slots[0].Op = at, flows.WriteSlot
	s := Set{Ready: Ready{Longest: make([]byte, 900)}}
	behind := some(t)
	long := s
	long.Behind = chain.Chain{behind}
	both := 900 + len(cred.CertPEM(behind.Raw))
	for _, x := range []struct {
		set  Set
		room int
		fits bool
	}{{s, 899, false}, {s, 900, true}, {long, both - 1, false}, {long, both, true}} {
		room, fits := x.room, x.fits
		err := x.set.Fits(plan, func(asked cred.Slot, c []byte) error {
			if asked != at || len(c) > room {
				return cred.Failed("line.too-long", "it does not fit", "take another host")
			}
			return nil
		})
		if (err == nil) != fits {
			t.Errorf("room for %d: %v", room, err)
		}
	}
}
