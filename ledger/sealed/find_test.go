package sealed

import (
	"testing"

	"filippo.io/age"

	"example.org/sectag/cred"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

const (
	imei cred.IMEI = 352656100367872
	at             = "2026-11-22T12:00:00Z"
)

// bench is a ledger with a run, and somebody who may read.
type bench struct {
	t    *testing.T
	l    *ledger.Store
	run  string
	firm *age.X25519Identity
}

func newBench(t *testing.T) bench {
	l, err := ledger.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	run, err := l.Begin(t.Context(), at, nil)
	if err != nil {
		t.Fatal(err)
	}
	return bench{t, l, run, identity(t)}
}

// key seals a PSK and gives what a record says of it.
func (b bench) key(psk string) *record.Key {
	b.t.Helper()
	text, err := Seal([]byte(psk), []string{b.firm.Recipient().String()})
	if err != nil {
		b.t.Fatal(err)
	}
	k := &record.Key{Origin: "host-csprng", PSK: cred.Sum([]byte(psk)), PSKIdentity: cred.DefaultTemplate.Name(imei), Sealed: cred.Sum([]byte(text))}
	line := seal.PSKLine{IMEI: imei, PSK: k.PSK, Identity: k.PSKIdentity, Sealed: text, Recipients: []string{b.firm.Recipient().String()}}
	if err := b.l.KeepPSK(b.t.Context(), b.run, at, line); err != nil {
		b.t.Fatal(err)
	}
	return k
}

// wrote is a record of the unit; its slot is what was done to the PSK.
func (b bench) wrote(k *record.Key, kind record.Kind, s record.Slot) string {
	b.t.Helper()
	r := record.Record{Kind: kind, Time: at, Verdict: cred.Pass, IMEI: imei, Run: b.run, Key: k}
	if s.Type != 0 {
		r.Slots = []record.Slot{s}
	}
	if s.Holds != "" {
		r.Verdict, r.Failure = cred.Fail, cred.Failed("dtls.began-silent", "the server fell silent", "")
	}
	if kind == record.Check {
		r.Checks = "0"
	}
	w, err := b.l.Record(b.t.Context(), r)
	if err != nil {
		b.t.Fatal(err)
	}
	return w.ID
}

func slot(action, holds string, now *record.Key) record.Slot {
	s := record.Slot{SecTag: 42, Type: cred.PSK, Action: action, Holds: holds}
	if now != nil {
		s.SHA256 = now.PSK
	}
	return s
}

// TestWhichPSKTheUnitHolds: the newest that was found in it, whatever came of the run and whatever said nothing of it since.
func TestWhichPSKTheUnitHolds(t *testing.T) {
	t.Parallel()
	other := record.Slot{SecTag: 7, Type: cred.RootCA, Action: "written", Sent: cred.Sum([]byte("r")), SHA256: cred.Sum([]byte("r"))}
	for name, c := range map[string]struct {
		then func(b bench, first, second *record.Key)
		want int // 1 or 2; 0: none
		code string
	}{
		"the first":              {func(bench, *record.Key, *record.Key) {}, 1, ""},
		"a newer":                {func(b bench, _, k *record.Key) { b.wrote(k, record.Provision, slot("written", "", k)) }, 2, ""},
		"a newer, not connected": {func(b bench, _, k *record.Key) { b.wrote(k, record.Provision, slot("", "new", k)) }, 2, ""},
		"kept":                   {func(b bench, k, _ *record.Key) { b.wrote(nil, record.Check, slot("kept", "", k)) }, 1, ""},
		"another slot":           {func(b bench, _, _ *record.Key) { b.wrote(nil, record.Slots, other) }, 1, ""},
		"nothing was begun":      {func(b bench, k, lost *record.Key) { b.wrote(lost, record.Provision, slot("", "old", k)) }, 1, ""},
		"it broke off":           {func(b bench, _, k *record.Key) { b.wrote(nil, record.Interrupted, slot("", "unknown", k)) }, 0, "psk.in-doubt"},
		"it was deleted": {func(b bench, _, _ *record.Key) {
			s := slot("", "missing", nil)
			s.Delete = "ok"
			b.wrote(nil, record.Interrupted, s)
		}, 0, "psk.in-doubt"},
		"deleted by hand": {func(b bench, _, _ *record.Key) { b.wrote(nil, record.Slots, slot("deleted", "", nil)) }, 0, "psk.in-doubt"},
		"written by hand": {func(b bench, _, _ *record.Key) {
			mine := &record.Key{Origin: "imported", PSK: cred.Sum([]byte("mine"))}
			b.wrote(mine, record.Slots, slot("written", "", mine))
		}, 0, "psk.in-doubt"},
		"it differs": {func(b bench, _, k *record.Key) {
			s := slot("", "unknown", nil)
			s.SHA256 = cred.Sum([]byte("something else"))
			b.wrote(k, record.Provision, s)
		}, 0, "psk.in-doubt"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			keys := []*record.Key{b.key("00" + psk[2:]), b.key("ff" + psk[2:])}
			b.wrote(keys[0], record.Provision, slot("written", "", keys[0]))
			c.then(b, keys[0], keys[1])
			found, err := Find(t.Context(), b.l.Reader, record.Unit{IMEI: imei})
			if c.want == 0 {
				if f := cred.AsFault(err); f == nil || f.Code != c.code {
					t.Errorf("%+v, %v", found, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			open, err := found.Open(b.firm)
			if err != nil || cred.Sum(open) != keys[c.want-1].PSK || found.Identity != keys[0].PSKIdentity || found.IMEI != imei {
				t.Errorf("%+v opens to another, %v", found, err)
			}
			if rep, err := b.l.Verify(t.Context(), nil); err != nil || rep.Verdict != cred.Pass {
				t.Errorf("%+v, %v", rep.Findings, err)
			}
		})
	}
	b := newBench(t)
	b.wrote(nil, record.Slots, other)
	if _, err := Find(t.Context(), b.l.Reader, record.Unit{IMEI: imei}); cred.AsFault(err).Code != "psk.none" {
		t.Errorf("a unit without one: %v", err)
	}
	if _, err := Find(t.Context(), b.l.Reader, record.Unit{IMEI: 490154203237518}); cred.AsFault(err).Code != "psk.none" {
		t.Errorf("a unit that nobody knows: %v", err)
	}
}

// A sealed copy that is not the one of the record is not opened: somebody put another in its place.
func TestAnotherSealedCopyIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	k := b.key("00" + psk[2:])
	k.Sealed = cred.Sum([]byte("another copy"))
	b.wrote(k, record.Provision, slot("written", "", k))
	if found, err := Find(t.Context(), b.l.Reader, record.Unit{IMEI: imei}); err == nil || cred.AsFault(err).Code != "ledger.broken" {
		t.Errorf("%+v, %v", found, err)
	}
}
