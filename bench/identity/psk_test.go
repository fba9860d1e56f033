package identity

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

const unit cred.IMEI = 352656100367872

func maker(t *testing.T) (Maker, *ledger.Store) {
	t.Helper()
	l, err := ledger.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	run, err := l.Begin(t.Context(), "2026-11-22T12:00:00Z", nil)
	if err != nil {
		t.Fatal(err)
	}
	return Maker{Clock: ca.Clock{Now: time.Now()}, Ledger: l, Run: run, Unit: record.Unit{IMEI: unit}, Name: cred.DefaultTemplate.Name(unit)}, l
}

func pskPlan() flows.Plan {
	p := flows.Plan{N: 3}
	for i, k := range []cred.Kind{cred.PSK, cred.PSKID, cred.PSK} {
		p.Slots[i] = flows.SlotPlan{Slot: cred.Slot{SecTag: 42, Kind: k}, Op: flows.WriteSlot}
	}
	p.Slots[2] = flows.SlotPlan{Slot: cred.Slot{SecTag: 7, Kind: cred.PSK}, Op: flows.DeleteSlot, Has: flows.Ours}
	return p
}

// A PSK is laid out, kept once it is asked for, and overwritten wherever it stood; what is public of it stays.
func TestAPSKFromItsDrawToItsEnd(t *testing.T) {
	t.Parallel()
	m, l := maker(t)
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	psk, err := m.Draw(t.Context(), 64, []string{id.Recipient().String()})
	if err != nil {
		t.Fatal(err)
	}
	var s Set
	s.Share(psk, pskPlan())
	if raw, err := hex.DecodeString(string(s.Contents[0])); err != nil || len(raw) != 64 || string(s.Contents[1]) != m.Name || s.Contents[2] != nil {
		t.Errorf("laid out are %d bytes, %q, %q: %v", len(raw), s.Contents[1], s.Contents[2], err)
	}
	if all, err := l.SealedPSKs(t.Context(), m.Run); err != nil || len(all) != 0 {
		t.Errorf("something is kept before it was asked for: %v, %v", all, err)
	}
	if err := s.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := l.SealedPSKs(t.Context(), m.Run)
	if err != nil || len(all) != 1 || all[0].PSK != cred.Sum(s.Contents[0]) || all[0].IMEI != unit || cred.Sum([]byte(all[0].Sealed)) != psk.Sealed {
		t.Fatalf("%+v, %v", all, err)
	}
	facts := s.Facts(pskPlan(), "")
	if facts.PSK == nil || facts.PSK.SHA256 != psk.SHA256 || facts.PSK.Sealed != psk.Sealed || facts.Certificate != nil || facts.Why != "" {
		t.Errorf("%+v", facts)
	}
	var r record.Record
	s.Record(&r, nil, ca.Root{})
	if r.Key == nil || r.Key.HostCopy != "kept" || r.KeyOrigin != "host" || r.Key.PSKIdentity != m.Name {
		t.Errorf("with the key in memory: %+v", r.Key)
	}
	content, key := s.Contents[0], psk.Key()
	s.ForgetKey()
	for _, left := range [][]byte{content, key} {
		if strings.Trim(string(left), "\x00") != "" {
			t.Error("a copy of the PSK is still in memory")
		}
	}
	if psk.Key() != nil || s.Contents[0] != nil || string(s.Contents[1]) != m.Name {
		t.Error("the set still gives the PSK out, or has forgotten more than that")
	}
	if s.Record(&r, nil, ca.Root{}); r.Key.HostCopy != "destroyed" || r.Key.PSK.IsZero() {
		t.Errorf("forgotten: %+v", r.Key)
	}
	s.Clear()
	if s.PSK != nil || s.Keep(t.Context()) != nil {
		t.Error("a set that was cleared still has a PSK")
	}
}

// Each draw is another one; a name that is another unit's, and a ledger that is not there, are refused, and nothing is kept.
func TestDrawsAreRefused(t *testing.T) {
	t.Parallel()
	m, l := maker(t)
	seen := map[cred.Digest]bool{}
	for range 100 {
		psk, err := m.Draw(t.Context(), 16, nil)
		if err != nil || seen[psk.SHA256] {
			t.Fatalf("%v, drawn before: %v", err, seen[psk.SHA256])
		}
		seen[psk.SHA256] = true
	}
	var s Set
	psk, err := m.Draw(t.Context(), 32, []string{"age1nobody"})
	if err != nil {
		t.Fatal(err)
	}
	s.Share(psk, pskPlan())
	if s.Keep(t.Context()) == nil {
		t.Error("a PSK was sealed to nobody")
	}
	other := record.Record{
		Kind: record.Provision, Time: "2026-11-22T12:00:00Z", Verdict: cred.Pass, IMEI: 490154203237518,
		Key: &record.Key{Origin: "host-csprng", PSK: cred.Sum([]byte("x")), PSKIdentity: m.Name},
	}
	if _, err := l.Record(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Draw(t.Context(), 32, nil); cred.AsFault(err).Code != "ledger.bound" {
		t.Errorf("another unit's name: %v", err)
	}
	m.Ledger = nil
	if _, err := m.Draw(t.Context(), 32, nil); cred.AsFault(err).Code != "psk.no-ledger" {
		t.Errorf("without a ledger: %v", err)
	}
	if all, err := l.SealedPSKs(t.Context(), m.Run); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
}

// Only where a server may mean that it does not know the key, its owner is told to give it the key; elsewhere that would mislead.
func TestWhoMayNotKnowTheKey(t *testing.T) {
	t.Parallel()
	p := &PSK{}
	for code, told := range map[string]bool{"dtls.began-silent": true, "dtls.115": true, "dtls.closed": false, "dtls.silent": false, "lwm2m.403": false} {
		f := p.Stranger(cred.Failed(code, "it failed", "look"), unit)
		if strings.Contains(f.Hint, "sectag ledger psk --imei "+unit.String()) != told || !strings.HasSuffix(f.Hint, "look") || f.Code != code || f.Text != "it failed" {
			t.Errorf("%s: %+v", code, f)
		}
	}
	if f := (*PSK)(nil).Stranger(cred.Failed("dtls.began-silent", "x", "look"), unit); f.Hint != "look" {
		t.Errorf("a unit with a certificate: %+v", f)
	}
	if p.Stranger(nil, unit) != nil {
		t.Error("a failure where there is none")
	}
}
