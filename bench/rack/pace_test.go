package rack_test

import (
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/bench/gang"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	machine "example.org/sectag/flows/rack"
)

// TestAUnitTakesNoLongerThanInAGang: the loop adds nothing to what the line and the flash take, on virtual time, where nothing else counts.
func TestAUnitTakesNoLongerThanInAGang(t *testing.T) {
	var alone time.Duration
	var wire int64
	p := authority(t)
	synctest.Test(t, func(t *testing.T) {
		sh := newShop(t, p)
		defer func() { _ = sh.store.Close() }()
		sh.plug("sim:a", unit(t, 0))
		c := sh.config(machine.Auto)
		began := time.Now()
		u := gang.Gang{Ports: []string{"sim:a"}, Bench: c.Bench, Terms: c.Terms, Pass: []byte(passphrase), Keyed: true}
		u.Terms.Port = true
		one := u.Run(t.Context())[0]
		if alone = time.Since(began); one.Verdict != cred.Pass {
			t.Fatalf("%+v", one)
		}
		wire = one.Line.MS
	})
	run(t, machine.Auto, nil, func(s *station) {
		s.plug("sim:a", unit(t, 0))
		s.phase("sim:a", machine.Passed)
		v := s.Shot().Tally.Last[0]
		t.Logf("a unit takes %v in the loop and %v in a gang, %d ms of it on the wire", v.Took, alone, wire)
		// No two signatures are of one length: a certificate is some bytes longer than another, in base64, there and back.
		if v.Outcome != flows.Passed || v.Took > alone+alone/100 {
			t.Errorf("a unit takes %v in the loop, and %v in a gang", v.Took, alone)
		}
	})
}
