//go:build unix

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// scene is a stage with a modem that is online and holds three credentials that nobody here knows, so that a run has everything to
// do: take it offline, delete, write and read back three times, put it online again, connect, record.
type scene struct {
	*stage
	imei string
	args []string // of a run that may do all that
}

const sceneIMEI = "352656100367872"

// foreign are commands that fill the slots with what no ledger knows, and leave the modem online.
const foreign = `AT+CFUN=4
AT%CMNG=0,42,0,"HONK"
AT%CMNG=0,42,1,"HONKHONK"
AT%CMNG=0,42,2,"HONKHONKHONK"
AT+CFUN=1
`

func newScene(t testing.TB, url, anchor string) scene { return newSceneOf(t, url, anchor, "") }

// newSceneOf is a scene with a profile that says who makes the key.
func newSceneOf(t testing.TB, url, anchor, key string) scene {
	t.Helper()
	s := newStage(t, "Killed Devices", true)
	s.key = key
	s.profile(anchor, url)
	s.write("foreign.at", []byte(foreign))
	s.modem("--imei", sceneIMEI, "--fault", "online")
	s.sectag("at", "--port", "modem", "--file", "foreign.at", "--yes", "--imei", sceneIMEI).must(t, 0)
	return scene{s, sceneIMEI, []string{"provision", "--port", "modem", "--yes", "--imei", sceneIMEI, "--timeout", "30s", "--json"}}
}

// farEnd is one server of ours for all scenes of a test.
func farEnd(t *testing.T) (url, anchor string) {
	t.Helper()
	return newStage(t, "Killed Devices", true).endpoint()
}

// The process is killed before and after every effect of a run, the modem lives on, and the same command run again ends in a proven
// unit and a truthful ledger.
func TestKilledAtAnyEffect(t *testing.T) {
	t.Parallel()
	url, anchor := farEnd(t)
	for _, key := range []string{"host", "modem"} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			killedAtAnyEffect(t, url, anchor, key)
		})
	}
}

func killedAtAnyEffect(t *testing.T, url, anchor, key string) {
	s := newSceneOf(t, url, anchor, key)
	a := s.announced(s.args...)
	all := a.rest()
	a.end().must(t, 0)
	s.whole()
	if len(all) < 40 || !slices.Contains(all, "before delete-slot") || !slices.Contains(all, "after restore-mode") {
		t.Fatalf("the run did too little to be killed at: %q", all)
	}
	if made := slices.Contains(all, "after make-key") && slices.Contains(all, "after certify"); made != (key == "modem") {
		t.Fatalf("the key of the %s's was made elsewhere: %q", key, all)
	}
	prepared, recorded := slices.Index(all, "after prepare"), slices.Index(all, "after write-record")
	if prepared < 0 || recorded < 0 {
		t.Fatalf("no preparation or record among %q", all)
	}
	for n, at := range all {
		t.Run(fmt.Sprintf("%02d %s", n, at), func(t *testing.T) {
			t.Parallel()
			s := newSceneOf(t, url, anchor, key)
			a := s.announced(s.args...)
			if got := a.upTo(n); got != at {
				t.Fatalf("the run announces %q where the first announced %q", got, at)
			}
			a.signal(syscall.SIGKILL)
			if o := a.end(); o.code != -1 {
				t.Fatalf("it was not killed: %v", o)
			}
			s.resumed(prepared < n && n < recorded, n >= recorded)
		})
	}
}

// resumed runs the same command again with the binary that users have, and looks at everything that is left. Interrupted says
// whether the killed run had begun to work on the unit, recorded whether it had written its record.
func (s scene) resumed(interrupted, recorded bool) {
	t := s.t
	t.Helper()
	d := s.sectag(s.args...).must(t, 0).doc(t)
	s.unit().agrees(t, d.Slots)
	if d.Verdict != "pass" || d.Failure != nil || (d.Connect == nil) != recorded {
		t.Errorf("the second run tells of %+v", d)
	}
	kinds := []string{"provision"}
	switch {
	case interrupted:
		kinds = []string{"interrupted", "provision"}
	case recorded:
		kinds = []string{"provision", "check"}
	}
	if s.key == "modem" { // the connection of its twin has a record of its own, right before the unit's
		kinds = slices.Insert(kinds, slices.Index(kinds, "provision"), "test")
	}
	var got []string
	for _, r := range s.whole() {
		got = append(got, r.Kind)
		if r.Kind == "interrupted" {
			s.truthful(r)
		}
	}
	if !slices.Equal(got, kinds) {
		t.Errorf("the ledger has records of kinds %q, expected %q", got, kinds)
	}
}

// truthful looks at the record of an interrupted run: it says no more than can be known.
func (s scene) truthful(r record) {
	s.t.Helper()
	most := 1
	if s.key != "host" {
		most = 2 // its twin's, too, where the server was shown one
	}
	if r.Verdict != "fail" || r.IMEI != s.imei || r.Failure == nil || r.Failure.Hint == "" || len(r.Slots) != 3 || len(r.Abandoned) < 1 || len(r.Abandoned) > most {
		s.t.Errorf("the interrupted run's record says %+v", r)
	}
	for _, x := range r.Slots {
		touched := x.Holds == "unknown" || x.Holds == "new"
		told := x.Sent != "" || x.Keygen != ""
		if s.key != "host" && x.Type == clientKey { // nothing is sent; before the key is asked for, the slot is emptied
			told = told || x.Delete != ""
		}
		if !touched && x.Holds != "old" && x.Holds != "missing" || touched != told {
			s.t.Errorf("the interrupted run's record says of slot type %d: holds %q, sent %q", x.Type, x.Holds, x.Sent)
		}
	}
}

// whole fails the test unless the unit is right in every respect: three slots as the newest provisioning record has them, a key that
// belongs to the certificate, online as it was before; the ledger verifies, and only one identity of the unit lives. It gives the records.
func (s scene) whole() []record {
	t := s.t
	t.Helper()
	u := s.unit()
	u.proven(t)
	if n := u.tagged(); n != 3 {
		t.Errorf("%d slots under the tag", n)
	}
	if d := s.sectag("inspect", "--port", "modem", "--json").must(t, 0).doc(t); d.FunctionalMode != 1 {
		t.Errorf("the modem was online and is now in +CFUN %d", d.FunctionalMode)
	}
	s.audited()
	records := s.records()
	live := 0
	serials, abandoned := map[string]bool{}, map[string]bool{}
	for _, r := range records {
		u.same(t, r)
		for _, x := range r.Abandoned {
			abandoned[x] = true
		}
		if r.Kind == "provision" && r.Verdict == "pass" {
			live++
			u.agrees(t, r.Slots)
			if r.Certificate.PEM != u.content(clientCert) {
				t.Error("the record has another certificate than the modem")
			}
		}
		if x := r.Certificate.Serial; x != "" {
			if serials[x] {
				t.Errorf("serial %s was given twice", x)
			}
			serials[x] = true
		}
	}
	if mine := fmt.Sprintf("%032x", u.cert(t).SerialNumber); live != 1 || !serials[mine] || abandoned[mine] {
		t.Errorf("%d live identities; the modem's serial %s: recorded %v, abandoned %v", live, mine, serials[mine], abandoned[mine])
	}
	return records
}

// A key that the modem made in a run that was killed is known to be the unit's own, wherever that run stood; the same unit is done
// without a question, once what was foreign is gone.
func TestAKeyIsKnownAfterAKill(t *testing.T) {
	t.Parallel()
	url, anchor := farEnd(t)
	for at, nth := range map[string]int{"after make-key": 1, "before certify": 1, "after certify": 1, "before write-slot": 2, "after write-slot": 2} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, url, anchor)
			a := s.announced(s.args...)
			a.upToThe(nth, at)
			a.signal(syscall.SIGKILL)
			a.end()
			quiet := s.sectag("provision", "--port", "modem", "--dry-run", "--json")
			if quiet.code != 0 && quiet.code != 4 {
				t.Fatal(quiet)
			}
			o := s.sectag("provision", "--port", "modem", "--timeout", "30s", "--json") // takes the dead run's place; the certificate may be foreign
			if certified := strings.HasSuffix(at, "write-slot"); certified != (o.code == 0) || !certified && o.doc(t).Failure.Code != "store.unconfirmed" {
				t.Fatal(o)
			}
			for _, x := range s.sectag("inspect", "--port", "modem", "--json").must(t, 0).doc(t).Slots {
				if x.SecTag == 42 && x.Type == clientKey && !x.Known {
					t.Errorf("the key that was made is known to nobody: %+v", x)
				}
			}
			s.sectag(s.args...).must(t, 0)
			u := s.unit()
			u.proven(t)
			s.audited()
		})
	}
}

// same fails the test if a record is of another unit.
func (u held) same(t testing.TB, r record) {
	t.Helper()
	if r.IMEI != u.IMEI {
		t.Errorf("record %s is of %s", r.ID, r.IMEI)
	}
}

// The run that takes up an interrupted one is killed as well, wherever it stands; the third ends well, and the mode that the first
// found is put back.
func TestKilledAgainWhileTakingUp(t *testing.T) {
	t.Parallel()
	url, anchor := farEnd(t)
	killed := func(t *testing.T) scene {
		s := newScene(t, url, anchor)
		a := s.announced(s.args...)
		a.upToThe(2, "after write-slot") // the slots are half old and half new, and the modem is offline
		a.signal(syscall.SIGKILL)
		a.end()
		return s
	}
	s := killed(t)
	a := s.announced(s.args...)
	all := a.rest()
	a.end().must(t, 0)
	s.whole()
	for n, at := range all {
		if slices.Index(all, at) < n && slices.Contains(all[n+1:], at) {
			continue // neither the first nor the last of its kind
		}
		t.Run(fmt.Sprintf("%02d %s", n, at), func(t *testing.T) {
			t.Parallel()
			s := killed(t)
			a := s.announced(s.args...)
			if got := a.upTo(n); got != at {
				t.Fatalf("the run announces %q where the first announced %q", got, at)
			}
			a.signal(syscall.SIGKILL)
			a.end()
			s.sectag(s.args...).must(t, 0)
			s.whole()
		})
	}
}

// SIGINT, SIGTERM and SIGHUP end a run after the effect in flight: exit 130, the journal closed, the mode put back, the document and the
// record true. The same command goes on from there.
func TestSignalledInTheMiddle(t *testing.T) {
	t.Parallel()
	url, anchor := farEnd(t)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		for _, at := range []string{"before delete-slot", "before write-slot", "after write-slot"} {
			t.Run(strings.ReplaceAll(fmt.Sprint(sig, " ", at), " ", "-"), func(t *testing.T) {
				t.Parallel()
				s := newScene(t, url, anchor)
				a := s.announced(s.args...)
				a.upToThe(1, at)
				a.asked(sig)
				a.goOn()
				a.rest()
				o := a.end().must(t, 130)
				d := o.doc(t)
				if d.Failure == nil || d.Failure.Hint == "" || d.Verdict != "fail" || len(d.Slots) != 3 || !strings.HasPrefix(o.err, "sectag: ") {
					t.Errorf("it ends with %v", o)
				}
				s.saysWhatItHolds(d)
				if d := s.sectag("inspect", "--port", "modem", "--json").must(t, 0).doc(t); d.FunctionalMode != 1 {
					t.Errorf("the modem was left in +CFUN %d", d.FunctionalMode)
				}
				s.sectag(s.args...).must(t, 0)
				for _, r := range s.whole() {
					if r.Kind == "interrupted" {
						t.Errorf("the signalled run was not closed: %+v", r)
					}
				}
			})
		}
	}
}

// A signal while the last question is out, to the server, has nothing left to end: what was done is recorded and told as it is, and
// the exit code agrees with it.
func TestSignalledAtTheEnd(t *testing.T) {
	t.Parallel()
	url, anchor := farEnd(t)
	s := newScene(t, url, anchor)
	a := s.announced(s.args...)
	a.upToThe(1, "before connect-server")
	a.asked(syscall.SIGINT)
	a.goOn()
	a.rest()
	o := a.end()
	if d := o.doc(t); (o.code == 0) != (d.Verdict == "pass") || o.code != 0 && o.code != 130 || o.code == 130 && d.Failure == nil {
		t.Errorf("%v", o)
	}
	s.sectag(s.args...).must(t, 0)
	s.whole()
}

// saysWhatItHolds compares what a document says of each slot with what the modem holds.
func (s scene) saysWhatItHolds(d document) {
	s.t.Helper()
	u := s.unit()
	for _, x := range d.Slots {
		switch got := u.sha256(x.Type); {
		case x.Holds == "":
			s.t.Errorf("nothing is said of slot type %d", x.Type)
		case x.Holds == "missing" && got != "", x.Holds != "missing" && x.Holds != "unknown" && x.SHA256 != got:
			s.t.Errorf("slot type %d is said to hold %q %s, it holds %q", x.Type, x.Holds, x.SHA256, got)
		}
	}
}
