package rack

import (
	"strings"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/rack"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/way"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// bench is a rack without a rack: the real machine, and lanes that are as a test says.
type bench struct {
	t       *testing.T
	shot    rack.Shot
	count   rack.Counter
	put     []rack.Event
	passes  []string
	touched int
	changed chan struct{}
	told    [rack.MaxLanes]uint8
}

func newBench(t *testing.T, s rack.Start) *bench {
	return &bench{t: t, shot: rack.Shot{Rack: rack.New(s)}, changed: make(chan struct{}, 1)}
}

func (b *bench) Put(e rack.Event) { b.put = append(b.put, e) }

func (b *bench) Unlock(pass []byte) {
	b.passes = append(b.passes, string(pass))
	clear(pass)
}

func (b *bench) Touch()                   { b.touched++ }
func (b *bench) Changed() <-chan struct{} { return b.changed }
func (b *bench) Shot() rack.Shot          { return b.shot }

// steps lets things happen at the rack; what is not taken is a mistake of the test.
func (b *bench) steps(es ...rack.Event) *bench {
	b.t.Helper()
	for _, e := range es {
		if !b.step(e) {
			b.t.Fatalf("%T%+v is ignored", e, e)
		}
	}
	return b
}

// step lets one thing happen, and remembers what the lanes were told.
func (b *bench) step(e rack.Event) bool {
	next, do, ignored := b.shot.Rack.Step(e)
	b.shot.Rack = next
	for _, x := range do {
		switch x := x.(type) {
		case rack.Tell:
			b.told[x.Lane]++
		case rack.Unlock:
			b.told[x.Lane]++
		}
	}
	return !ignored
}

// plug puts a unit into a lane, which tells who it is.
func (b *bench) plug(lane uint8, port string, imei cred.IMEI) *bench {
	b.t.Helper()
	b.steps(rack.PortCame{Lane: lane})
	for len(b.shot.Lanes) <= int(lane) {
		b.shot.Lanes = append(b.shot.Lanes, rack.Sight{})
	}
	f := flows.Facts{Port: port, Terms: flows.Terms{Endpoint: true, Ledger: true}}
	f.Authority = flows.AuthorityFacts{Subject: "CN=Acme Devices 2026,O=Acme,C=EU", Key: "root.key", KeyEncrypted: true}
	f.Unit = flows.UnitFacts{IMEI: imei, Model: "nRF9151-LACA", Firmware: "mfw_nrf91x1_2.0.2"}
	b.shot.Lanes[lane] = rack.Sight{Port: port, Facts: f, Since: noon.Add(-9800 * time.Millisecond)}
	if imei != 0 {
		b.saw(lane, rack.Saw{Stage: rack.SawTold, IMEI: imei})
	}
	return b
}

// saw is how a lane stands, now that it has taken all that it was told.
func (b *bench) saw(lane uint8, s rack.Saw) *bench {
	b.t.Helper()
	took := b.told[lane]
	b.told[lane] = 0
	b.step(rack.LaneSaw{Lane: lane, Took: took, Saw: s})
	return b
}

// plan gives a lane's unit a plan, each slot at a stage.
func (b *bench) plan(lane uint8, stages ...flows.SlotStage) *bench {
	kinds := []cred.Kind{cred.RootCA, cred.ClientCert, cred.ClientKey}
	f := &b.shot.Lanes[lane].Facts
	f.Plan = nil
	for i, st := range stages {
		f.Plan = append(f.Plan, flows.PlanFacts{Slot: cred.Slot{SecTag: 42, Kind: kinds[i]}, Op: flows.WriteSlot, Has: flows.Empty, Stage: st, Bytes: 594})
	}
	return b
}

// over is a lane's verdict.
func (b *bench) over(lane uint8, o flows.Outcome, f *cred.Fault) *bench {
	b.t.Helper()
	imei := b.shot.Rack.Lane(int(lane)).IMEI
	x := &b.shot.Lanes[lane]
	x.Failure = f
	v := rack.Verdict{At: noon.Add(time.Duration(b.shot.Tally.Units) * 11400 * time.Millisecond), Lane: lane, IMEI: imei, Outcome: o, Took: 9800 * time.Millisecond, Kept: x.Kept}
	if f != nil {
		v.Code = f.Code
	}
	if o != flows.FailedOutcome {
		x.Facts.Record = "1431"
	}
	b.count.Add(v)
	b.shot.Tally = b.count.Tally()
	return b.saw(lane, rack.Saw{Stage: rack.SawOver, IMEI: imei, Outcome: o})
}

// show is the screens on the bench.
func (b *bench) show() *Station {
	s := New(b, Options{Title: "tracker-2", Station: "3", Now: func() time.Time { return noon }, Palette: paint.Palette{Bare: true}, Door: true, Visit: func(string) {}})
	s.Come(noon)
	return s
}

// press gives keys, strings character by character as a scanner types them.
func press(s *Station, keys ...any) way.Act {
	do := way.Nothing
	for _, k := range keys {
		switch k := k.(type) {
		case string:
			for _, r := range k {
				do = s.Press(form.Of(r))
			}
		case form.Name:
			do = s.Press(form.Key{Name: k})
		}
	}
	return do
}

// wait lets the time go by in which a letter is held.
func wait(s *Station) way.Act { return s.Tick(noon.Add(held)) }

func wants(t *testing.T, view string, texts ...string) {
	t.Helper()
	for _, x := range texts {
		if !strings.Contains(view, x) {
			t.Errorf("%q is not to be seen in\n%s", x, view)
		}
	}
}

var imeis = func() (out []cred.IMEI) {
	for _, s := range []string{"352656100367872", "352656100367880", "352656100367898", "352656100367906"} {
		i, err := cred.ParseIMEI(s)
		if err != nil {
			panic(err)
		}
		out = append(out, i)
	}
	return out
}()

var refused = cred.Failed("dtls.48", "lwm2m.acme.eu said unknown_ca (48) after our certificate: it trusts another authority than Acme Devices 2026",
	"give the server root.crt, or load the authority that it trusts")
