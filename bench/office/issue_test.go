package office

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/ledger"
)

// TestIssueDoubtsAClockThatWasSetBack: behind the newest record, or behind the program's build, nothing is signed, written or recorded.
func TestIssueDoubtsAClockThatWasSetBack(t *testing.T) {
	dir := t.TempDir()
	made, err := ca.Init(ca.InitOptions{Dir: filepath.Join(dir, "ca"), Plaintext: true, Clock: ca.Clock{Now: time.Now().Add(-48 * time.Hour)}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(t.Context(), "sqlite:"+filepath.Join(dir, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o := Order{Cert: made.Cert, Key: made.Key, ID: cred.DefaultTemplate, Days: 30, Dir: filepath.Join(dir, "units"), IMEI: 352656100367872}
	issued, err := Issue(t.Context(), o, l, evidence.Tool{}, time.Now)
	if err != nil || len(issued.Findings) != 2 { // the authority's key and the unit's lie in clear
		t.Fatalf("%+v, %v", issued.Findings, err)
	}
	yesterday := func() time.Time { return time.Now().Add(-24 * time.Hour) }
	o.IMEI = 352656100367880
	for name, try := range map[string]struct {
		l    *ledger.Store
		tool evidence.Tool
		now  func() time.Time
	}{
		"before the newest record":       {l, evidence.Tool{}, yesterday},
		"before the build, no ledger":    {nil, evidence.Tool{Built: time.Now()}, yesterday},
		"before the root, without those": {nil, evidence.Tool{}, func() time.Time { return time.Now().Add(-72 * time.Hour) }},
	} {
		_, err := Issue(t.Context(), o, try.l, try.tool, try.now)
		if f := cred.AsFault(err); f == nil || f.Code != "ca.clock" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if files, err := os.ReadDir(o.Dir); err != nil || len(files) != 2 {
		t.Errorf("%v, %v", files, err)
	}
	if list, err := l.List(t.Context(), ledger.Query{}); err != nil || len(list) != 1 || list[0].Verdict != cred.Warn {
		t.Errorf("%+v, %v", list, err)
	}
}
