//go:build unix

package e2e

import (
	"encoding/json"
	"fmt"
	"syscall"
	"testing"
)

// crew is a stage with several virtual units, each with a file that holds it between runs.
type crew struct {
	*stage
	args  []string
	imeis []string
}

func newCrew(t *testing.T) crew {
	t.Helper()
	c := crew{stage: newStage(t, "Acme Devices", false), args: []string{"provision", "--passphrase-file", "pass.txt", "--json", "--yes"}}
	c.profile("root.crt", "")
	c.imeis = []string{"352656100367872", "352656100367880", "352656100367898", "352656100367906"}
	for i, imei := range c.imeis {
		c.args = append(c.args, "--port", fmt.Sprintf("sim:nrf9151#%d?state=%d.json&imei=%s", i, i, imei), "--imei", imei)
	}
	return c
}

// gang reads the units of a document.
func (o outcome) gang(t testing.TB) (units []document) {
	t.Helper()
	var d struct {
		Units []document `json:"units"`
	}
	if err := json.Unmarshal([]byte(o.out), &d); err != nil {
		t.Fatalf("%v: %v", err, o)
	}
	return d.Units
}

// finishes runs the same command again and wants every unit right, whatever it held, and a ledger that is whole. It gives the records'
// kinds.
func (c crew) finishes() map[string]int {
	c.t.Helper()
	units := c.sectag(c.args...).must(c.t, 0).gang(c.t)
	if len(units) != len(c.imeis) {
		c.t.Fatalf("%d units", len(units))
	}
	serials := map[string]bool{}
	for i, u := range units {
		if u.IMEI != c.imeis[i] || u.Verdict != "pass" || len(u.Slots) != 3 {
			c.t.Errorf("%+v", u)
		}
		var unit held
		if err := json.Unmarshal(read(c.t, c.file(fmt.Sprintf("%d.json", i))), &unit); err != nil {
			c.t.Fatal(err)
		}
		for _, s := range u.Slots {
			if unit.sha256(s.Type) != s.SHA256 {
				c.t.Errorf("%s: slot type %d is said to hold %s, it holds %s", u.IMEI, s.Type, s.SHA256, unit.sha256(s.Type))
			}
		}
	}
	kinds := map[string]int{}
	for _, r := range c.records() {
		kinds[r.Kind]++
		if s := r.Certificate.Serial; s != "" && r.Verdict != "fail" {
			if serials[s] {
				c.t.Errorf("two records give the certificate %s", s)
			}
			serials[s] = true
		}
	}
	c.sectag("ledger", "verify").must(c.t, 0)
	return kinds
}

// TestAGangIsSignalledInTheMiddle: all lanes come to a journaled rest, each document says what its unit holds, and the same command
// finishes all of them.
func TestAGangIsSignalledInTheMiddle(t *testing.T) {
	t.Parallel()
	c := newCrew(t)
	a := c.announced(c.args...)
	a.upToThe(3, "before write-slot")
	a.signal(syscall.SIGINT)
	a.goOn()
	a.rest()
	stopped := 0
	for _, u := range a.end().must(t, 130).gang(t) {
		if u.Verdict == "fail" && u.Failure != nil && u.Failure.Hint != "" {
			stopped++
		}
	}
	if stopped == 0 {
		t.Error("no lane was stopped: the test shows nothing")
	}
	if kinds := c.finishes(); kinds["interrupted"] != 0 {
		t.Errorf("a signalled lane was not closed: %v", kinds)
	}
}

// TestAGangIsKilled: every lane that had begun its work has a record that says so, and the same command finishes all of them.
func TestAGangIsKilled(t *testing.T) {
	t.Parallel()
	for n, at := range []string{"after identify", "before write-slot", "after write-slot", "before write-record"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			c := newCrew(t)
			a := c.announced(c.args...)
			a.upToThe(n+1, at)
			a.signal(syscall.SIGKILL)
			a.end()
			if kinds := c.finishes(); kinds["interrupted"] > len(c.imeis) || n > 0 && kinds["interrupted"] == 0 {
				t.Errorf("records: %v", kinds)
			}
		})
	}
}
