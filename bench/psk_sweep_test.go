package bench_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"testing"

	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/device/sim"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
	"example.org/sectag/ledger/sealed"
)

// shared is the bench with units that get a pre-shared key.
func (v virtual) shared(t testing.TB) virtual {
	t.Helper()
	v.firm, v.pass = firm(t), ""
	share(&v.profile, v.firm)
	return v
}

// huntPSK looks for a PSK as a slot holds it, and as it is behind its hex.
func huntPSK(content []byte) []hunted {
	out := []hunted{hunt("a PSK's text", content)}
	if raw, err := hex.DecodeString(string(content)); err == nil {
		out = append(out, hunt("a PSK", raw))
	}
	return out
}

// wholeShared fails the test unless the unit has a PSK of the right length and its own name.
func (x *trial) wholeShared(t testing.TB, state sim.State) {
	t.Helper()
	psk, _ := state.Content(pskSlot)
	name, _ := state.Content(pskIDSlot)
	raw, err := hex.DecodeString(string(psk))
	if err != nil || len(raw) != profile.DefaultPSK || string(name) != x.v.profile.ID.Name(x.who) {
		t.Errorf("the unit holds a PSK of %d bytes, %v, for %q", len(raw), err, name)
	}
}

// kept are the PSKs that the runs of this trial sealed, by digest, opened.
func (x *trial) kept(t testing.TB) map[cred.Digest][]byte {
	t.Helper()
	out := map[cred.Digest][]byte{}
	for _, run := range x.ran {
		events, err := x.l.Events(context.Background(), run)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Type != seal.LinePSK {
				continue
			}
			var l seal.PSKLine
			if err := json.Unmarshal(e.Body, &l); err != nil {
				t.Fatal(err)
			}
			if l.Identity != x.v.profile.ID.Name(x.who) || l.IMEI != x.who || out[l.PSK] != nil {
				t.Errorf("a PSK was sealed for %s, or twice", l.Identity)
			}
			psk, err := (sealed.PSK{SHA256: l.PSK, Sealed: l.Sealed}).Open(x.v.firm)
			if err != nil {
				t.Fatal(err)
			}
			out[l.PSK] = psk
		}
	}
	return out
}

// readable fails the test if a unit ever held a PSK, where ours stand, that the firm cannot read.
func (x *trial) readable(t testing.TB, states ...sim.State) {
	t.Helper()
	kept := x.kept(t)
	for _, s := range states {
		if psk, there := s.Content(pskSlot); there && string(kept[cred.Sum(psk)]) != string(psk) {
			t.Errorf("the unit held a PSK that was not sealed: %s", cred.Sum(psk).Short())
		}
	}
}

// finalShared is final for a unit with a pre-shared key: what it holds is the PSK of its newest record, the ledger gives that one, and
// every other that was drawn is a superseded record's or told as lost.
func (x *trial) finalShared(t testing.TB, state sim.State, rs []record.Record) {
	t.Helper()
	psk, _ := state.Content(pskSlot)
	found, err := sealed.Find(context.Background(), x.l.Reader, record.Unit{IMEI: x.who, UUID: state.UUID, Key: state.DeviceKey})
	if err != nil {
		t.Error(err)
		return
	}
	if open, err := found.Open(x.v.firm); err != nil || string(open) != string(psk) {
		t.Errorf("the ledger gives another PSK than the unit has, from record %s: %v", found.Record, err)
	}
	told, newest := map[cred.Digest]string{}, record.Record{}
	for _, r := range rs {
		if k := r.Key; k != nil && r.Kind == record.Provision {
			told[k.PSK], newest = r.ID, r
		}
		for _, l := range r.LostPSKs {
			if told[l.PSK] != "" {
				t.Errorf("the PSK %s of record %s is lost in %s", l.PSK.Short(), told[l.PSK], r.ID)
			}
			told[l.PSK] = r.ID
		}
	}
	if k := newest.Key; k == nil || newest.Verdict != cred.Pass || k.PSK != cred.Sum(psk) || k.HostCopy != "destroyed" || newest.Cert != nil {
		t.Errorf("the newest record of a key is %s, %s: %+v", newest.ID, newest.Verdict, newest.Key)
	}
	for sum := range x.kept(t) {
		if told[sum] == "" {
			t.Errorf("the PSK %s was drawn, and no record tells of it", sum.Short())
		}
	}
}
