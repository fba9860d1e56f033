//go:build unix

package e2e

import (
	"slices"
	"strings"
	"testing"

	"example.org/sectag/internal/peers"
)

// refused fails the test unless a run ended with this failure: the code, a hint, one line for people, and the contract's exit code.
func (o outcome) refused(t testing.TB, exit int, code string) document {
	t.Helper()
	d := o.must(t, exit).doc(t)
	if d.Failure == nil || d.Failure.Code != code || d.Failure.Text == "" || d.Failure.Hint == "" || d.Verdict != "fail" && d.Verdict != "" {
		t.Fatalf("expected %s: %v", code, o)
	}
	lines := strings.Split(strings.TrimSuffix(o.err, "\n"), "\n")
	if len(lines) != 2 || lines[0] != "sectag: "+d.Failure.Text+" ("+code+")" || lines[1] != "hint: "+d.Failure.Hint {
		t.Errorf("what a person reads is %q", o.err)
	}
	return d
}

// writtenOnly is a stage whose profile names no server: a run ends when the slots are done. key says who makes it; empty leaves it open.
func writtenOnly(t testing.TB, key string) *stage {
	t.Helper()
	s := newStage(t, "Other Devices", true)
	s.key = key
	s.write("server-root.pem", peers.Root(t, "Servers' Root").PEM)
	s.profile("server-root.pem", "")
	return s
}

// A modem that refuses, lies or goes away: the code, the exit code, what each slot holds, a record that says fail; and when the cause is
// gone the same command ends well.
func TestModemsThatRefuse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault string
		exit  int
		code  string
		holds []string
		made  []string // of a modem that makes its key; nil: the same
		gone  bool     // the fault unplugs the unit
	}{
		{name: "active and will not leave it", fault: "active", exit: 1, code: "line.error", holds: []string{"missing", "missing", "missing"}},
		{name: "full", fault: "full@1", exit: 1, code: "cmng.515", holds: []string{"new", "missing", "missing"}},
		{name: "a slot exists", fault: "exists", exit: 1, code: "cmng.519", holds: []string{"missing", "missing", "missing"}},
		{name: "a power warning", fault: "power-warning", exit: 1, code: "cmng.528", holds: []string{"missing", "missing", "missing"}},
		{name: "damage", fault: "damage", exit: 1, code: "store.mismatch", holds: []string{"unknown", "missing", "missing"}},
		{name: "unplugged before a write", fault: "die-on-write@2", exit: 3, code: "port.lost", holds: []string{"new", "unknown", "missing"}, made: []string{"new", "unknown", "new"}, gone: true},
		{name: "unplugged after a write", fault: "die-after-write@2", exit: 3, code: "port.lost", holds: []string{"new", "unknown", "missing"}, made: []string{"new", "unknown", "new"}, gone: true},
		{name: "unplugged in the middle of a line", fault: "unplug@1000", exit: 3, code: "port.lost", holds: []string{"new", "unknown", "missing"}, made: []string{"new", "unknown", "new"}, gone: true},
		{name: "silent", fault: "silent", exit: 3, code: "line.no-answer", holds: []string{"unknown", "unknown", "unknown"}},
		{name: "not a modem", fault: "not-at", exit: 3, code: "line.not-at", holds: []string{"unknown", "unknown", "unknown"}},
		{name: "no firmware version", fault: "no-firmware", exit: 1, code: "store.firmware-old", holds: []string{"missing", "missing", "missing"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			refuses(t, "host", c.fault, c.exit, c.code, c.holds, c.gone)
		})
		if c.made == nil {
			c.made = c.holds
		}
		t.Run(c.name+", which makes its key", func(t *testing.T) {
			t.Parallel()
			refuses(t, "modem", c.fault, c.exit, c.code, c.made, c.gone)
		})
	}
	for name, c := range map[string]struct {
		fault string
		exit  int
		code  string
		key   string
	}{
		"the request is lost":    {"die-after-keygen", 3, "port.lost", "unknown"},
		"the request is damaged": {"damage-csr", 1, "keygen.digest", "new"},
		"the modem makes no key": {"no-keygen", 1, "cmng.523", "missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refuses(t, "modem", c.fault, c.exit, c.code, []string{"new", "missing", c.key}, c.exit == 3)
		})
	}
}

// An answer about a key that was lost and comes to the next request is not believed, although everything in it is right: its key is not
// the one that is in the modem.
func TestAnAnswerAboutAKeyThatComesLate(t *testing.T) {
	t.Parallel()
	s := writtenOnly(t, "modem")
	bad := s.modem("--imei", sceneIMEI, "--fault", "late-keygen")
	for _, c := range [][2]string{{"keygen.csr-lost", "new"}, {"keygen.stale", "old"}} {
		d := s.sectag("provision", "--port", "modem", "--json").refused(t, 1, c[0])
		d.holds(t, c[1], "missing", "new")
		s.tellsTheTruth(d)
	}
	bad.stop()
	s.modem()
	again := s.sectag("provision", "--port", "modem", "--json").must(t, 0).doc(t)
	if again.Verdict != "pass" {
		t.Errorf("the next run: %+v", again)
	}
	s.unit().proven(t)
	s.unit().agrees(t, again.Slots)
	s.audited()
}

// refuses provisions a unit with a fault, whose key somebody makes, and looks at what is said of it; then, without the fault, again.
func refuses(t *testing.T, key, fault string, exit int, code string, holds []string, gone bool) {
	s := writtenOnly(t, key)
	bad := s.modem("--imei", sceneIMEI, "--fault", fault)
	d := s.sectag("provision", "--port", "modem", "--json").refused(t, exit, code)
	d.holds(t, holds...)
	s.tellsTheTruth(d)
	if gone {
		bad.ends()
	} else {
		bad.stop()
	}
	s.modem()
	again := s.sectag("provision", "--port", "modem", "--yes", "--imei", sceneIMEI, "--json").must(t, 0).doc(t)
	if again.Verdict != "pass" {
		t.Errorf("the next run: %+v", again)
	}
	s.unit().proven(t)
	s.unit().agrees(t, again.Slots)
	s.audited()
}

// tellsTheTruth compares what a failed run says of the slots, in its document and its record, with what the modem holds.
func (s *stage) tellsTheTruth(d document) {
	s.t.Helper()
	u := s.unit()
	told := [][]slot{d.Slots}
	if d.Record != "" {
		r := s.record(d.Record)
		if r.Verdict != "fail" || r.Failure == nil || r.Failure.Code != d.Failure.Code {
			s.t.Errorf("the record says %+v", r)
		}
		told = append(told, r.Slots)
	}
	for _, slots := range told {
		for _, x := range slots {
			got := u.sha256(x.Type)
			if x.Holds == "missing" && got != "" || (x.Holds == "new" || x.Holds == "old") && x.SHA256 != got {
				s.t.Errorf("slot type %d is said to hold %q %s, it holds %q", x.Type, x.Holds, x.SHA256, got)
			}
		}
	}
}

// A firmware too old to list digests is looked at and never written to.
func TestOldFirmware(t *testing.T) {
	t.Parallel()
	s := writtenOnly(t, "")
	s.write("foreign.at", []byte(foreign))
	newer := s.modem("--imei", sceneIMEI, "--firmware", "mfw_nrf9160_1.3.7")
	s.sectag("at", "--port", "modem", "--file", "foreign.at", "--yes", "--imei", sceneIMEI).must(t, 0)
	newer.stop()
	s.modem("--firmware", "mfw_nrf9160_1.2.3")
	if d := s.sectag("inspect", "--port", "modem", "--json").must(t, 0).doc(t); d.IMEI != sceneIMEI {
		t.Errorf("inspect: %+v", d)
	}
	before := read(t, s.file("unit.json"))
	s.write("psk.txt", []byte("c0ffee\n"))
	for _, args := range [][]string{
		{"provision", "--port", "modem"},
		{"slots", "write", "--port", "modem", "--sec-tag", "7", "--type", "psk", "--file", "psk.txt"},
		{"slots", "delete", "--port", "modem", "--sec-tag", "42", "--type", "client-cert"},
	} {
		d := s.sectag(append(args, "--yes", "--imei", sceneIMEI, "--json")...).refused(t, 1, "store.firmware-old")
		for _, x := range d.Slots {
			if x.Holds == "new" {
				t.Errorf("%v says that it wrote: %+v", args, d.Slots)
			}
		}
	}
	if !slices.Equal(before, read(t, s.file("unit.json"))) {
		t.Error("the modem was changed")
	}
}

// What a person sends to a modem that is online is refused by it, and shown as it is.
func TestAnActiveModemRefusesByNumber(t *testing.T) {
	t.Parallel()
	s := writtenOnly(t, "")
	s.write("write.at", []byte("AT%CMNG=0,42,0,\"HONK\"\n"))
	s.modem("--imei", sceneIMEI, "--fault", "online")
	o := s.sectag("at", "--port", "modem", "--file", "write.at", "--yes", "--imei", sceneIMEI, "--json")
	d := decode[struct {
		Commands []struct{ Result string }
		Failure  *failure
	}](t, o)
	if o.code != 1 || len(d.Commands) != 1 || d.Commands[0].Result != "CME 518" || d.Failure == nil || d.Failure.Code != "cmng.518" || d.Failure.Hint == "" {
		t.Errorf("%v", o)
	}
	if s.unit().tagged() != 0 {
		t.Error("it was written all the same")
	}
}

// A modem that cannot replace what a slot holds, and one whose every answer comes just inside its limit, are no failures.
func TestModemsThatAreNoFailure(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, fault string }{
		{"cannot replace", "no-replace"},
		{"junk before each reply", "noise"},
		{"unsolicited lines before each reply", "urc"},
		{"one write is damaged", "damage@2"},
		{"slow", "slow=0.02"},
		{"online", "online"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := writtenOnly(t, "")
			s.write("foreign.at", []byte(foreign))
			m := s.modem("--imei", sceneIMEI)
			s.sectag("at", "--port", "modem", "--file", "foreign.at", "--yes", "--imei", sceneIMEI).must(t, 0)
			m.stop()
			s.modem("--fault", c.fault)
			d := s.sectag("provision", "--port", "modem", "--yes", "--imei", sceneIMEI, "--json").must(t, 0).doc(t)
			s.unit().proven(t)
			s.unit().agrees(t, d.Slots)
		})
	}
}
