package bench_test

import (
	"bytes"
	"testing"
	"testing/synctest"

	"example.org/sectag/cred"
)

// What the line damages is written again, more slowly, and the record says so.
func TestADamagedWriteIsWrittenAgain(t *testing.T) {
	v := newVirtual(t, "")
	synctest.Test(t, v.damagedOnce)
}

func (v virtual) damagedOnce(t *testing.T) {
	l := v.store(t)
	defer l.Close()
	x := v.trial(t, l, imeis(1)[0])
	c, hit := x.cable(), false
	c.out = func(n int, b []byte) []byte {
		sent, _ := c.carried()
		at := bytes.Index(sent, []byte("AT%CMNG=0,42,1,"))
		if i := at + 60 - n; !hit && at >= 0 && i >= 0 && i < len(b) {
			hit, b[i] = true, b[i]^1
		}
		return b
	}
	u := x.run(t, c, false)
	if !hit || u.Verdict != cred.Pass || len(u.Findings) != 1 || u.Findings[0].Code != "line.lossy" || u.Findings[0].Severity != cred.Info {
		t.Fatalf("hit %v, %+v", hit, u)
	}
	x.whole(t, x.unit.State())
	if rec := shown(t, l, u.Record); len(rec.Findings) != 1 || rec.Findings[0].Code != "line.lossy" {
		t.Errorf("the record says %+v", rec.Findings)
	}
	if again := x.run(t, x.cable(), false); again.Verdict != cred.Pass || len(again.Findings) != 0 {
		t.Errorf("the next run: %+v", again)
	}
}
