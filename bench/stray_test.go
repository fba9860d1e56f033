package bench_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"example.org/sectag/bench"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// hurt makes a command another one on its way to the unit, once, or after so many that pass.
func hurt(from, to string, after int) func(int, []byte) []byte {
	return func(_ int, b []byte) []byte {
		if !bytes.HasPrefix(b, []byte(from)) {
			return b
		}
		if after--; after != -1 {
			return b
		}
		return append([]byte(to), b[len(from):]...)
	}
}

// others are the slots of a unit beside those that a profile asks for and its own.
func others(unit *sim.Modem) (out []cred.Slot) {
	for _, c := range unit.State().Slots {
		if s := (cred.Slot{SecTag: c.SecTag, Kind: c.Type}); !s.SecTag.Reserved() && (s.SecTag != 42 || s.Kind > cred.ClientKey) {
			out = append(out, s)
		}
	}
	return out
}

// said are the findings and failures of this code in a document and in its record.
func said(t *testing.T, u bench.Unit, rec record.Record, code string) string {
	t.Helper()
	var doc, kept []string
	for _, f := range u.Findings {
		if f.Code == code {
			doc = append(doc, string(f.Severity)+": "+f.Text)
		}
	}
	for _, f := range rec.Findings {
		if f.Code == code {
			kept = append(kept, string(f.Severity)+": "+f.Text)
		}
	}
	if !slices.Equal(doc, kept) {
		t.Errorf("the document says %q, the record %q", doc, kept)
	}
	return strings.Join(doc, "\n")
}

var neighbour = cred.Slot{SecTag: 4, Kind: cred.ClientKey}

// One digit that the line changes makes a command of ours one for another slot, and the modem says OK. What came into an empty slot is
// deleted there again; what held something is left alone, and told. The next run makes the unit whole and asks nobody.
func TestACommandForAnotherSlot(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		after    int
		held     bool // something of somebody else stands in tag 4
		again    bool // in a second run, which makes the unit new
		origin   profile.Origin
		says     string // part of what is told of it; "": nothing
		fails    bool
	}{
		"a key into another tag":        {from: "AT%CMNG=0,42,2,", to: "AT%CMNG=0,4,2,", says: "info: what was meant for another slot came into 4 client-key"},
		"a key into a high tag":         {from: "AT%CMNG=0,42,2,", to: "AT%CMNG=0,442,2,", says: "info: what was meant for another slot came into 442 client-key"},
		"a root into another type":      {from: "AT%CMNG=0,42,0,", to: "AT%CMNG=0,42,4,", says: "info: what was meant for another slot came into 42 psk-id"},
		"a root into a later type":      {from: "AT%CMNG=0,42,0,", to: "AT%CMNG=0,42,2,", says: "info: what was meant for another slot came into 42 client-key"},
		"a certificate over the root":   {from: "AT%CMNG=0,42,1,", to: "AT%CMNG=0,42,0,", says: "error: 42 root-ca holds ", fails: true},
		"a key over somebody else's":    {from: "AT%CMNG=0,42,2,", to: "AT%CMNG=0,4,2,", held: true, says: "error: 4 client-key holds ", fails: true},
		"a deletion of somebody else's": {from: "AT%CMNG=3,42,2", to: "AT%CMNG=3,4,2", held: true, again: true, says: "error: 4 client-key is empty", fails: true},
		"a deletion of nothing":         {from: "AT%CMNG=3,42,2", to: "AT%CMNG=3,4,2", again: true},
		"a key made in another tag":     {from: "AT%KEYGEN=42,2,", to: "AT%KEYGEN=4,2,", origin: profile.Modem, says: "info: what was meant for another slot came into 4 client-key", fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVirtual(t, "")
			if c.origin != "" {
				v.profile.Origin = c.origin
			}
			synctest.Test(t, func(t *testing.T) {
				l := v.store(t)
				defer l.Close()
				x := v.trial(t, l, imeis(1)[0])
				if c.held {
					onModem(t, x.unit, func(m *device.Modem) error {
						return m.Write(t.Context(), neighbour, []byte("somebody else's"), nil)
					})
				}
				if c.again {
					x.v.profile.Origin = profile.Modem
					if u := x.good(); u.Verdict != cred.Pass {
						t.Fatalf("%+v", u)
					}
					x.v.profile.Origin = profile.Host
				}
				line := x.cable()
				line.out = hurt(c.from, c.to, c.after)
				u := x.run(t, line, false)
				rec := shown(t, l, u.Record)
				told := said(t, u, rec, "store.stray")
				if (u.Verdict == cred.Fail) != c.fails || !strings.HasPrefix(told, c.says) || (told == "") != (c.says == "") {
					t.Fatalf("%s %v, it says %q: %+v", u.Verdict, u.Failure, told, u)
				}
				left := others(x.unit)
				want := 0
				if c.held && c.from[:9] != "AT%CMNG=3" {
					want = 1
				}
				if len(left) != want {
					t.Errorf("the unit holds %v", left)
				}
				if !c.again {
					x.judgeDocument(t, x.unit.State(), u)
					x.judgeRecord(t, x.unit.State(), rec)
				}
				x.quiet(t, x.unit.State())
				if u = x.good(); u.Verdict != cred.Pass {
					t.Errorf("the next run: %v", u.Failure)
				}
				if left := others(x.unit); len(left) != 0 { // what our key is written over is gone, and our key is known by its digest
					t.Errorf("the unit holds %v", left)
				}
			})
		})
	}
}

// A cable that comes out after any byte of a run in which the line damages or misleads a write leaves a unit that the next run makes whole
// without a question, and what went astray is gone or told. Only what the line damaged and nobody read before it was cut nobody knows.
func TestTheCableComesOutWhileAWriteIsRepeated(t *testing.T) {
	eager(t)
	const step = 31 // no run is like another, and each byte of a write is like the next
	for name, c := range map[string]struct {
		fault, from, to string
		with            func(t testing.TB, v virtual) virtual
	}{
		"damaged":                {fault: "damage@2"},
		"a certificate astray":   {from: "AT%CMNG=0,42,1,", to: "AT%CMNG=0,46,1,"},
		"a key astray":           {from: "AT%CMNG=0,42,2,", to: "AT%CMNG=0,442,2,"},
		"a root for an identity": {from: "AT%CMNG=0,42,0,", to: "AT%CMNG=0,42,4,"},
		"a PSK astray":           {from: "AT%CMNG=0,42,3,", to: "AT%CMNG=0,46,3,", with: func(t testing.TB, v virtual) virtual { return v.byHand(t, cred.PSK, false) }},
	} {
		for _, fromUnit := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				v := newVirtual(t, "")
				if c.with != nil {
					v = c.with(t, v)
				}
				v.sweep(t, step, func(t testing.TB, x *trial, n int) bool {
					if c.fault != "" {
						broken(t, x.unit, c.fault)
					}
					line := x.cable()
					if line.cutOut = &n; fromUnit {
						line.cutIn, line.cutOut = &n, nil
					}
					if c.from != "" {
						line.out = hurt(c.from, c.to, 0)
					}
					x.late = c.from != ""
					u, then := x.first(t, line, n%2 == 1, noiseLimit)
					if !line.pulled.Load() && (u.Verdict != cred.Pass || len(x.untold) > 0) {
						t.Errorf("on a line that is not cut: %v, nobody is told of %v", u.Failure, x.untold)
					}
					broken(t, x.unit)
					x.unit.Reboot()
					if c.fault != "" && line.pulled.Load() && unread(t, x, then) {
						return true
					}
					x.next(t, then)
					return line.pulled.Load()
				})
			})
		}
	}
}

// unread tells whether the unit's certificate was damaged and the cable came out before anybody read it.
func unread(t testing.TB, x *trial, then sim.State) bool {
	t.Helper()
	for _, run := range x.runs(t) {
		events, err := x.l.Events(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(events, func(e ledger.Event) bool { return e.Type == "cred.noticed" }) {
			return false
		}
	}
	text, there := then.Content(certSlot)
	if !there {
		return false
	}
	b, _ := pem.Decode(text)
	if b == nil {
		return true
	}
	c, err := x509.ParseCertificate(b.Bytes)
	return err != nil || c.CheckSignatureFrom(rootOf(t, x)) != nil
}

func rootOf(t testing.TB, x *trial) *x509.Certificate {
	t.Helper()
	text, err := os.ReadFile(x.v.profile.Cert)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := pem.Decode(text)
	c, err := x509.ParseCertificate(b.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
