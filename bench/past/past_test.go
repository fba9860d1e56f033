package past

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

var (
	now    = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	issuer = cred.Sum([]byte("root"))
	anchor = cred.Sum([]byte("anchor"))
	cert   = cred.Sum([]byte("cert"))
	key    = cred.Sum([]byte("key"))
)

const (
	imei  cred.IMEI = 352656100367872
	other cred.IMEI = 352656100367880
	uuid            = "25c95751-efa4-40d4-8b4a-1dcaab81fac9"
)

// passed is the record of a unit that was given a whole set under sec_tag 42.
func passed() record.Record {
	r := record.Record{
		Kind: record.Provision, Time: record.Stamp(now), Verdict: cred.Pass, IMEI: imei, Unit: record.Identity{UUID: uuid}, KeyOrigin: "host",
		Bench: record.Bench{Tool: "test", OS: "test", Clock: record.Clock{Source: "system"}},
		Cert: &record.Certificate{
			Serial: "7f", Subject: "CN=urn:imei:" + imei.String(), Name: "urn:imei:" + imei.String(), Issuer: "CN=Acme", IssuerSHA: issuer,
			NotBefore: record.Stamp(now), NotAfter: record.Stamp(now.Add(renewAt + time.Second)), SHA256: cert, SPKI: cred.Sum([]byte("spki")), Key: "EC P-256",
		},
		Authority: &record.Authority{Subject: "CN=Acme", SHA256: issuer, SPKI: cred.Sum([]byte("issuer")), Key: "EC P-256", NotAfter: record.Stamp(now.Add(2 * renewAt))},
	}
	for i, d := range []cred.Digest{anchor, cert, key} {
		r.Slots = append(r.Slots, record.Slot{SecTag: 42, Type: cred.Kind(i), Bytes: 1, Sent: d, SHA256: d, Action: "written"})
	}
	return r
}

// Every part of the rule, changed alone, makes the slots be written anew.
func TestWhatIsCurrent(t *testing.T) {
	wish := Wish{SecTag: 42, Issuer: issuer, Name: "urn:imei:" + imei.String(), Anchor: anchor, Origin: "host", Now: now}
	for name, c := range map[string]struct {
		change func(*record.Record, *Wish)
		want   bool
	}{
		"as it is":                        {func(*record.Record, *Wish) {}, true},
		"thirty days left":                {func(_ *record.Record, w *Wish) { w.Now = now.Add(time.Second) }, false},
		"an end that cannot be read":      {func(r *record.Record, _ *Wish) { r.Cert.NotAfter = "soon" }, false},
		"another issuer":                  {func(_ *record.Record, w *Wish) { w.Issuer = anchor }, false},
		"another id":                      {func(_ *record.Record, w *Wish) { w.Name = "urn:imei:" + other.String() }, false},
		"another anchor":                  {func(_ *record.Record, w *Wish) { w.Anchor = issuer }, false},
		"no anchor":                       {func(r *record.Record, w *Wish) { w.Anchor, r.Slots[0].SHA256 = cred.Digest{}, cred.Digest{} }, false},
		"another sec_tag":                 {func(_ *record.Record, w *Wish) { w.SecTag = 43 }, false},
		"an imported key":                 {func(r *record.Record, _ *Wish) { r.KeyOrigin = "imported" }, false},
		"a key of the modem's":            {func(r *record.Record, _ *Wish) { r.KeyOrigin = "modem" }, false},
		"a key of the modem's, as may be": {func(r *record.Record, w *Wish) { r.KeyOrigin, w.Origin = "modem", "" }, true},
		"a host's key, as may be":         {func(_ *record.Record, w *Wish) { w.Origin = "" }, true},
		"a host's key, not the modem's":   {func(_ *record.Record, w *Wish) { w.Origin = "modem" }, false},
		"a key of the modem's, as wanted": {func(r *record.Record, w *Wish) { r.KeyOrigin, w.Origin = "modem", "modem" }, true},
		"by the rules that are wanted":    {func(r *record.Record, w *Wish) { r.Cert.Profile, w.Profile = "a", "a" }, true},
		"by other rules":                  {func(r *record.Record, w *Wish) { r.Cert.Profile, w.Profile = "a", "b" }, false},
		"an intermediate wanted behind":   {func(_ *record.Record, w *Wish) { w.Behind = []cred.Digest{issuer} }, false},
		"one stands behind it, unwanted":  {func(r *record.Record, _ *Wish) { r.Cert.Behind = []cred.Digest{issuer} }, false},
		"another one behind it": {func(r *record.Record, w *Wish) {
			r.Cert.Behind, w.Behind = []cred.Digest{issuer}, []cred.Digest{anchor}
		}, false},
		"the wanted one behind it": {func(r *record.Record, w *Wish) {
			r.Cert.Behind, w.Behind = []cred.Digest{issuer}, []cred.Digest{issuer}
		}, true},
		"a record without a certificate": {func(r *record.Record, _ *Wish) { r.Cert = nil }, false},
		"a record without an authority":  {func(r *record.Record, _ *Wish) { r.Authority = nil }, false},
	} {
		r, w := passed(), wish
		c.change(&r, &w)
		if got := (Past{Pass: &r}).Agrees(w); got != c.want {
			t.Errorf("%s: current is %v", name, got)
		}
	}
	good := passed()
	good.Cert.IssuerSHA = issuer
	for name, c := range map[string]struct {
		of   record.Revoked
		want bool
	}{
		"that was revoked":                       {record.Revoked{Serial: good.Cert.Serial, Issuer: issuer}, false},
		"whose serial another authority revoked": {record.Revoked{Serial: good.Cert.Serial, Issuer: anchor}, true},
		"beside which another of the unit's was": {record.Revoked{Serial: "0102", Issuer: issuer}, true},
	} {
		p := Past{Pass: &good}
		p.add(record.Record{Kind: record.Revocation, Revoked: &c.of})
		if got := p.Agrees(wish); got != c.want {
			t.Errorf("a certificate %s: current is %v", name, got)
		}
	}
	if (Past{}).Agrees(wish) {
		t.Error("what nobody knows is current")
	}
}

// A repair of the anchor alone has nothing to say of a certificate of its own: its record takes that over which the unit kept, so that
// the next run finds it current; and nothing if the unit kept something else, or not all of it.
func TestWhatARepairKeptIsCurrent(t *testing.T) {
	wish := Wish{SecTag: 42, Issuer: issuer, Name: "urn:imei:" + imei.String(), Anchor: anchor, Origin: "host", Now: now}
	given, repair := passed(), passed()
	given.Key = &record.Key{Origin: "host-csprng", SPKI: given.Cert.SPKI}
	repair.Cert, repair.Authority, repair.KeyOrigin = nil, nil, ""
	for i := range repair.Slots[1:] {
		s := &repair.Slots[i+1]
		s.Action, s.Sent, s.Bytes = "kept", cred.Digest{}, 0
	}
	swept := repair
	swept.Slots = append(slices.Clone(repair.Slots), record.Slot{SecTag: 46, Type: cred.ClientCert, Action: "deleted"})
	before := Past{Pass: &given}
	if got := before.Complete(swept); got.Cert != given.Cert {
		t.Error("after a repair that deletes what went astray nothing is current")
	}
	if (Past{Pass: &repair}).Agrees(wish) {
		t.Error("a certificate that no record gave is current")
	}
	whole := before.Complete(repair)
	if whole.Cert != given.Cert || whole.Key != given.Key || whole.Authority != given.Authority || whole.KeyOrigin != "host" {
		t.Errorf("%+v", whole)
	}
	if !(Past{Pass: &whole}).Agrees(wish) {
		t.Error("after a repair nothing is current")
	}
	for name, change := range map[string]func(*record.Record){
		"a failure":               func(r *record.Record) { r.Verdict = cred.Fail },
		"a check":                 func(r *record.Record) { r.Kind = record.Check },
		"another certificate":     func(r *record.Record) { r.Slots[1].SHA256 = issuer },
		"another key":             func(r *record.Record) { r.Slots[2].SHA256 = issuer },
		"a written key":           func(r *record.Record) { r.Slots[2].Action = "written" },
		"a certificate elsewhere": func(r *record.Record) { r.Slots[1].SecTag = 43 },
		"no key":                  func(r *record.Record) { r.Slots[2].SHA256 = cred.Digest{} },
	} {
		odd := repair
		odd.Slots = slices.Clone(repair.Slots)
		change(&odd)
		if got := before.Complete(odd); got.Cert != nil || got.Key != nil || got.Authority != nil || got.KeyOrigin != "" {
			t.Errorf("%s: the record takes over %+v", name, got)
		}
	}
	if got := (Past{}).Complete(repair); got.Cert != nil {
		t.Errorf("%+v", got)
	}
}

// The same unit is the one with the same identity key, else with the same UUID, else with the same IMEI; and what it was given is
// known, whatever its IMEI is by now.
func TestTheSameUnit(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		was  record.Identity
		now  record.Unit
		same bool
	}{
		"the same key":                        {record.Identity{Key: issuer, UUID: uuid}, record.Unit{Key: issuer, UUID: uuid, IMEI: imei}, true},
		"the same key under another IMEI":     {record.Identity{Key: issuer, UUID: uuid}, record.Unit{Key: issuer, UUID: uuid, IMEI: other}, true},
		"another key":                         {record.Identity{Key: issuer, UUID: uuid}, record.Unit{Key: anchor, UUID: uuid, IMEI: imei}, false},
		"no key, the same UUID":               {record.Identity{UUID: uuid}, record.Unit{UUID: uuid, IMEI: imei}, true},
		"no key, the same UUID, another IMEI": {record.Identity{UUID: uuid}, record.Unit{UUID: uuid, IMEI: other}, true},
		"no key, another UUID":                {record.Identity{UUID: uuid}, record.Unit{UUID: "a" + uuid[1:], IMEI: imei}, false},
		"neither, the same IMEI":              {record.Identity{}, record.Unit{IMEI: imei}, true},
		"neither, another IMEI":               {record.Identity{}, record.Unit{IMEI: other}, false},
	} {
		l, err := ledger.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "ledger.db"))
		if err != nil {
			t.Fatal(err)
		}
		r := passed()
		r.Unit = c.was
		if _, err := l.Record(ctx, r); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		p, err := Of(ctx, l.Reader, c.now)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, d := range []cred.Digest{anchor, cert, key} {
			at := cred.Slot{SecTag: 42, Kind: cred.Kind(i)}
			if (p.Named(at) == d) != c.same || p.Ours(at, d) != c.same {
				t.Errorf("%s: slot %s is named %v, ours %v", name, at, p.Named(at) == d, p.Ours(at, d))
			}
		}
		if (p.Newest != "") != c.same {
			t.Errorf("%s: the newest record is %q", name, p.Newest)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// However often a unit was looked at since, what it was given is still ours.
func TestALongHistory(t *testing.T) {
	ctx := context.Background()
	l, err := ledger.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	seen := Seen(device.Identity{UUID: uuid, IMEI: imei}, nil)
	const often = 120
	for i := range often {
		r := passed()
		if i > 0 { // by hand, in another slot
			r.Kind, r.KeyOrigin, r.Cert, r.Authority = record.Slots, "", nil, nil
			d := cred.Sum(fmt.Append(nil, i))
			r.Slots = []record.Slot{{SecTag: 7, Type: cred.RootCA, Bytes: 1, Sent: d, SHA256: d, Action: "written"}}
		}
		if _, err := l.Record(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Of(ctx, l.Reader, seen)
	if err != nil || !p.Ours(cred.Slot{SecTag: 42, Kind: cred.ClientCert}, cert) {
		t.Errorf("after %d records the unit's certificate is not ours any more, %v", often, err)
	}
}

// A key that the modem was asked to make in an empty slot is ours, whatever the modem lists for it: what was read back, or what was found
// there first, or where nobody has looked, what is there now. Nothing else is.
func TestAKeyThatNobodyKnewBeforehand(t *testing.T) {
	ctx := context.Background()
	at := cred.Slot{SecTag: 42, Kind: cred.ClientKey}
	made, first, later := cred.Sum([]byte("made")), cred.Sum([]byte("first")), cred.Sum([]byte("later"))
	unknown := record.Slot{SecTag: 42, Type: cred.ClientKey, Keygen: "port.lost", Holds: "unknown"}
	read := func(d cred.Digest) record.Slot {
		return record.Slot{SecTag: 42, Type: cred.ClientKey, SHA256: d, Holds: "old"}
	}
	for name, c := range map[string]struct {
		slots []record.Slot // one failed record each, the oldest first
		ours  []cred.Digest
		not   []cred.Digest
	}{
		"read back":              {[]record.Slot{{SecTag: 42, Type: cred.ClientKey, Keygen: "keygen.csr-lost", Holds: "new", SHA256: made, Action: "written"}}, []cred.Digest{made}, []cred.Digest{later}},
		"not made":               {[]record.Slot{{SecTag: 42, Type: cred.ClientKey, Keygen: "cmng.523", Holds: "missing"}}, nil, []cred.Digest{made, later}},
		"nobody has looked":      {[]record.Slot{unknown}, []cred.Digest{made, later}, nil},
		"found":                  {[]record.Slot{unknown, read(first)}, []cred.Digest{first}, []cred.Digest{made, later}},
		"found, and then others": {[]record.Slot{unknown, read(first), read(later)}, []cred.Digest{first}, []cred.Digest{later}},
		"found empty":            {[]record.Slot{unknown, {SecTag: 42, Type: cred.ClientKey, Holds: "missing"}}, nil, []cred.Digest{made, later}},
		"asked for twice":        {[]record.Slot{unknown, unknown}, []cred.Digest{made}, nil},
		"deleted, perhaps":       {[]record.Slot{{SecTag: 42, Type: cred.ClientKey, Delete: "port.lost", Holds: "unknown"}}, nil, []cred.Digest{made, later}},
	} {
		l, err := ledger.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "ledger.db"))
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range c.slots {
			r := passed()
			r.Time, r.Verdict, r.KeyOrigin, r.Cert, r.Authority = record.Stamp(now.Add(time.Duration(i)*time.Minute)), cred.Fail, "modem", nil, nil
			r.Failure, r.Slots = cred.Failed("port.lost", "the port is gone", "plug it in"), []record.Slot{s}
			if _, err := l.Record(ctx, r); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		p, err := Of(ctx, l.Reader, Seen(device.Identity{UUID: uuid, IMEI: imei}, nil))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, d := range c.ours {
			if !p.Ours(at, d) {
				t.Errorf("%s: %s is not ours", name, d.Short())
			}
		}
		for _, d := range c.not {
			if p.Ours(at, d) {
				t.Errorf("%s: %s is ours", name, d.Short())
			}
		}
		if p.Ours(at, cred.Digest{}) || p.Ours(certAt, made) {
			t.Errorf("%s: nothing, or another slot, is ours", name)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

var certAt = cred.Slot{SecTag: 42, Kind: cred.ClientCert}

// What a slot held before a record says what was put there is not ours any more: somebody who finds it there again put it there. Nor is
// what was found as asked by hand and kept.
func TestWhatWasReplacedIsNotOurs(t *testing.T) {
	ctx := context.Background()
	l, err := ledger.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	old, byHand := cred.Sum([]byte("old")), cred.Sum([]byte("by hand"))
	first, second := passed(), passed()
	first.Slots[1].Sent, first.Slots[1].SHA256 = old, old
	first.Cert.SHA256, first.Cert.Serial, first.Cert.SPKI = old, "7e", old
	second.Time = record.Stamp(now.Add(time.Minute))
	kept := record.Record{
		Kind: record.Slots, Time: record.Stamp(now.Add(time.Hour)), Verdict: cred.Pass, IMEI: imei, Unit: first.Unit, Bench: first.Bench,
		Slots: []record.Slot{{SecTag: 43, Type: cred.RootCA, SHA256: byHand, Action: "kept"}},
	}
	for _, r := range []record.Record{first, second, kept} {
		if _, err := l.Record(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Of(ctx, l.Reader, Seen(device.Identity{UUID: uuid, IMEI: imei}, nil))
	if err != nil {
		t.Fatal(err)
	}
	if !p.Ours(certAt, cert) || p.Ours(certAt, old) || p.Ours(cred.Slot{SecTag: 43, Kind: cred.RootCA}, byHand) {
		t.Errorf("%+v", p.ours)
	}
}

// What was found as asked by hand says nothing new of whose it is: the older records are asked, whatever they say.
func TestWhatWasFoundByHandIsWhoseItWas(t *testing.T) {
	at, written, foreign := cred.Slot{SecTag: 43}, cred.Sum([]byte("written")), cred.Sum([]byte("foreign"))
	hand := func(action string, d cred.Digest) record.Record {
		s := record.Slot{SecTag: at.SecTag, Type: at.Kind, SHA256: d, Action: action}
		if action == "written" {
			s.Bytes, s.Sent = 1, d
		}
		return record.Record{Kind: record.Slots, Slots: []record.Slot{s}}
	}
	asked := record.Record{Kind: record.Provision, Slots: []record.Slot{{SecTag: at.SecTag, Type: at.Kind, Keygen: "port.lost", Holds: "unknown"}}}
	for name, c := range map[string]struct {
		records []record.Record // the newest first, as a history is
		written bool            // ours
		foreign bool
	}{
		"written, then found":            {[]record.Record{hand("kept", written), hand("written", written)}, true, false},
		"written, then found, twice":     {[]record.Record{hand("kept", written), hand("kept", written), hand("written", written)}, true, false},
		"found":                          {[]record.Record{hand("kept", foreign)}, false, false},
		"another was found than written": {[]record.Record{hand("kept", foreign), hand("written", written)}, true, false},
		"deleted, and found":             {[]record.Record{hand("kept", written), hand("deleted", cred.Digest{}), hand("written", written)}, false, false},
		"a key that the modem may have made, and another was found": {[]record.Record{hand("kept", foreign), asked}, false, false},
		"kept by a provision": {[]record.Record{hand("kept", written), {Kind: record.Provision, Slots: hand("kept", written).Slots}}, true, false},
	} {
		p := unknown()
		for _, r := range c.records {
			p.add(r)
		}
		if p.Ours(at, written) != c.written || p.Ours(at, foreign) != c.foreign {
			t.Errorf("%s: what was written is ours %v, what is foreign %v", name, p.Ours(at, written), p.Ours(at, foreign))
		}
	}
}
