package bench_test

import (
	"context"
	"encoding/hex"
	"testing"

	"filippo.io/age"

	"example.org/sectag/bench"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/sealed"
)

var (
	pskSlot   = cred.Slot{SecTag: 42, Kind: cred.PSK}
	pskIDSlot = cred.Slot{SecTag: 42, Kind: cred.PSKID}
)

// sharing are the terms of provision for units with a pre-shared key.
var sharing = flows.Terms{Port: true, Ledger: true, Profile: true, PSK: true}

// firm is who may open PSKs.
func firm(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// share makes a profile one of units with pre-shared keys.
func share(p *profile.Profile, to *age.X25519Identity) {
	p.Cert, p.Key, p.Slots = "", "", []profile.Slot{{SecTag: 42, PSK: true}}
	p.PSK = profile.PSK{Bytes: profile.DefaultPSK, Recipients: []string{to.Recipient().String()}}
}

// shareOne does one headless run of such a profile.
func shareOne(t testing.TB, c bench.Config, o station.Orders) bench.Unit {
	t.Helper()
	b := bench.New(c)
	fault, err := b.Drive(context.Background(), context.Background(), sharing, o, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.Document(fault, o.Look)
}

func TestAUnitGetsAPSKThatOnlyTheFirmCanRead(t *testing.T) {
	r, id := newRig(t, "nrf9151"), firm(t)
	share(&r.profile, id)
	l := r.open(t, "ledger.db")
	defer l.Close()
	u := shareOne(t, r.config(l), station.Orders{})
	if u.Verdict != cred.Pass || u.Failure != nil || len(u.Slots) != 2 || u.KeyOrigin != "host" || u.PSK == nil || u.Certificate != nil {
		t.Fatalf("%+v %v", u, u.Failure)
	}
	psk, _ := r.unit.State().Content(pskSlot)
	name, _ := r.unit.State().Content(pskIDSlot)
	raw, err := hex.DecodeString(string(psk))
	if err != nil || len(raw) != 32 || string(name) != "urn:imei:"+r.unit.State().IMEI.String() {
		t.Errorf("the unit holds a PSK of %d bytes, %v, for %s", len(raw), err, name)
	}
	found, err := sealed.Find(context.Background(), l.Reader, record.Unit{IMEI: u.IMEI})
	if err != nil {
		t.Fatal(err)
	}
	open, err := found.Open(id)
	if err != nil || string(open) != string(psk) || found.Identity != string(name) || found.Record != u.Record {
		t.Errorf("%+v opens to something else: %v", found, err)
	}
	if _, err := found.Open(firm(t)); cred.AsFault(err).Code != "psk.identity" {
		t.Errorf("another identity: %v", err)
	}
	rec, _, err := l.Show(context.Background(), u.Record)
	if k := rec.Key; err != nil || k == nil || k.PSK != cred.Sum(psk) || k.StrengthBits != 128 || k.HostCopy != "destroyed" || k.Algorithm != "PSK 256" || k.Generator == "" {
		t.Errorf("%+v, %v", rec.Key, err)
	}
	again := shareOne(t, r.config(l), station.Orders{})
	if again.Verdict != cred.Pass || again.PSK != nil || again.Slots[0].Action != "kept" || again.Slots[1].Action != "kept" {
		t.Errorf("%+v", again)
	}
	if rep, err := l.Verify(context.Background(), nil); err != nil || rep.Verdict != cred.Pass {
		t.Errorf("%+v, %v", rep, err)
	}
}
