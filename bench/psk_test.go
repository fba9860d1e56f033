package bench_test

import (
	"context"
	"encoding/hex"
	"net"
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

// TestNoPSKWithoutALedger: neither in a run nor in a plan, and the unit is as it was.
func TestNoPSKWithoutALedger(t *testing.T) {
	r := newRig(t, "nrf9151")
	share(&r.profile, firm(t))
	for _, look := range []bool{true, false} {
		u := shareOne(t, r.config(nil), station.Orders{Look: look})
		if u.Failure == nil || u.Failure.Code != "psk.no-ledger" || u.Failure.Hint == "" || len(u.Slots) != 2 || u.Slots[0].Holds != "missing" {
			t.Errorf("%+v", u)
		}
	}
	if _, there := r.unit.State().Content(pskSlot); there {
		t.Error("the unit has a PSK that nobody knows")
	}
	r.profile.Ledger = "sqlite:to-come.db" // a plan may be made before there is one
	if u := shareOne(t, r.config(nil), station.Orders{Look: true}); u.Failure != nil || u.Slots[0].Action != "written" {
		t.Errorf("%+v", u)
	}
}

// TestWhenAUnitGetsANewPSK: where the profile asks for another, or a part of it is gone; key and identity come together, and what is
// somebody else's is asked about.
func TestWhenAUnitGetsANewPSK(t *testing.T) {
	r, id := newRig(t, "nrf9151"), firm(t)
	share(&r.profile, id)
	l := r.open(t, "ledger.db")
	defer l.Close()
	seen := map[cred.Digest]string{}
	for _, c := range []struct {
		name    string
		before  func()
		written bool
	}{
		{"a blank unit", func() {}, true},
		{"the same again", func() {}, false},
		{"more bytes", func() { r.profile.PSK.Bytes = 48 }, true},
		{"another name", func() { r.profile.ID = "urn:meter:{imei}" }, true},
		{"another who may open it", func() { r.profile.PSK.Recipients = []string{firm(t).Recipient().String()} }, false},
		{"the identity is gone", func() { tell(t, r.unit, "AT%CMNG=3,42,4") }, true},
		{"the key is gone", func() { tell(t, r.unit, "AT%CMNG=3,42,3") }, true},
		{"another sec_tag", func() { r.profile.Slots[0].SecTag = 43 }, true},
		{"back again", func() { r.profile.Slots[0].SecTag = 42 }, true},
	} {
		c.before()
		u := shareOne(t, r.config(l), station.Orders{})
		want := map[bool]string{true: "written", false: "kept"}[c.written]
		if u.Verdict != cred.Pass || u.Slots[0].Action != want || u.Slots[1].Action != want {
			t.Errorf("%s: %+v %v", c.name, u.Slots, u.Failure)
		}
		if first := seen[u.Slots[0].SHA256]; c.written && first != "" {
			t.Errorf("%s: the PSK is that of %s", c.name, first)
		}
		seen[u.Slots[0].SHA256] = c.name
	}
	tell(t, r.unit, `AT%CMNG=0,42,3,"00112233445566778899aabbccddeeff"`)
	if u := shareOne(t, r.config(l), station.Orders{}); u.Failure == nil || u.Failure.Code != "store.unconfirmed" {
		t.Errorf("somebody else's: %+v", u)
	}
	if u := shareOne(t, r.config(l), station.Orders{Yes: true, IMEIs: []cred.IMEI{r.unit.State().IMEI}}); u.Verdict != cred.Pass {
		t.Errorf("and named: %v", u.Failure)
	}
	if rep, err := l.Verify(context.Background(), nil); err != nil || rep.Verdict != cred.Pass {
		t.Errorf("%+v, %v", rep, err)
	}
}

// TestAUnitChangesFromACertificateToAPSKAndBack: each profile's slots are its own, and a record names one kind of key.
func TestAUnitChangesFromACertificateToAPSKAndBack(t *testing.T) {
	r, id := newRig(t, "nrf9151"), firm(t)
	l := r.open(t, "ledger.db")
	defer l.Close()
	signed := r.profile
	if u := drive(t, r.config(l), station.Orders{}); u.Verdict != cred.Pass {
		t.Fatal(u.Failure)
	}
	share(&r.profile, id)
	u := shareOne(t, r.config(l), station.Orders{})
	rec, _, err := l.Show(context.Background(), u.Record)
	if err != nil || u.Verdict != cred.Pass || rec.Cert != nil || rec.Authority != nil || rec.Key.PSK.IsZero() || rec.Supersedes != "0" {
		t.Errorf("%+v, %v", rec, err)
	}
	r.profile = signed
	u = drive(t, r.config(l), station.Orders{})
	rec, _, err = l.Show(context.Background(), u.Record)
	if err != nil || u.Verdict != cred.Pass || u.Slots[2].Action != "written" || rec.Cert == nil || !rec.Key.PSK.IsZero() {
		t.Errorf("%+v, %v", rec, err)
	}
	if rep, err := l.Verify(context.Background(), nil); err != nil || rep.Verdict != cred.Pass {
		t.Errorf("%+v, %v", rep, err)
	}
}

// TestAPSKOfAUnitThatMetNoServer: the run fails, the record names the key that the unit holds all the same, and the firm can open it.
func TestAPSKOfAUnitThatMetNoServer(t *testing.T) {
	r, id := newRig(t, "nrf9151"), firm(t)
	share(&r.profile, id)
	r.profile.Endpoint = cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: closedPort(t)}
	l := r.open(t, "ledger.db")
	defer l.Close()
	b := bench.New(r.config(l))
	to := sharing
	to.Endpoint = true
	fault, err := b.Drive(context.Background(), context.Background(), to, station.Orders{}, nil, nil)
	if err != nil || fault == nil || fault.Code != "dtls.closed" {
		t.Fatalf("%v, %v", fault, err)
	}
	u := b.Document(fault, false)
	psk, _ := r.unit.State().Content(pskSlot)
	rec, _, err := l.Show(context.Background(), u.Record)
	if err != nil || rec.Verdict != cred.Fail || rec.Key == nil || rec.Key.PSK != cred.Sum(psk) || rec.Key.HostCopy != "kept" || rec.Slots[0].Holds != "new" {
		t.Errorf("%+v, %v", rec, err)
	}
	found, err := sealed.Find(context.Background(), l.Reader, record.Unit{IMEI: u.IMEI})
	if err != nil {
		t.Fatal(err)
	}
	if open, err := found.Open(id); err != nil || string(open) != string(psk) {
		t.Errorf("the ledger gives another key than the unit has: %v", err)
	}
}

// closedPort is one at which nothing listens.
func closedPort(t *testing.T) uint16 {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return uint16(c.LocalAddr().(*net.UDPAddr).Port)
}
