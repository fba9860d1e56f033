//go:build unix

package e2e

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
)

// Work by hand on one slot is killed before and after every effect as well. The same command then ends in the slot as the file has
// it, the others as they were, the modem online, and a ledger that tells of both runs.
func TestKilledByHand(t *testing.T) {
	t.Parallel()
	args := []string{"slots", "write", "--port", "modem", "--sec-tag", "42", "--type", "root-ca", "--file", "root.crt", "--yes", "--imei", sceneIMEI, "--json"}
	begin := func(t *testing.T) (scene, held) {
		s := newScene(t, "", "root.crt")
		return s, s.unit()
	}
	ends := func(t *testing.T, s scene, before held, kinds ...string) {
		t.Helper()
		after := s.unit()
		if got, want := after.content(rootCA), string(read(t, s.file("root.crt"))); got != want {
			t.Errorf("the slot holds\n%s, not\n%s", got, want)
		}
		for _, other := range []int{clientCert, clientKey} {
			if after.content(other) != before.content(other) {
				t.Errorf("slot type %d was changed", other)
			}
		}
		if d := s.sectag("inspect", "--port", "modem", "--json").must(t, 0).doc(t); d.FunctionalMode != 1 {
			t.Errorf("the modem was online and is now in +CFUN %d", d.FunctionalMode)
		}
		s.audited()
		var got []string
		for _, r := range s.records() {
			got = append(got, r.Kind)
			if r.Kind == "interrupted" && (r.Verdict != "fail" || len(r.Slots) != 1 || r.Slots[0].Holds == "") {
				t.Errorf("the interrupted run's record says %+v", r)
			}
		}
		if !slices.Equal(got, kinds) {
			t.Errorf("the ledger has records of kinds %q, expected %q", got, kinds)
		}
	}
	s, before := begin(t)
	a := s.announced(args...)
	all := a.rest()
	a.end().must(t, 0)
	ends(t, s, before, "slots")
	prepared, recorded := slices.Index(all, "after prepare"), slices.Index(all, "after write-record")
	if prepared < 0 || recorded < 0 || !slices.Contains(all, "before delete-slot") || !slices.Contains(all, "after restore-mode") {
		t.Fatalf("the run did too little to be killed at: %q", all)
	}
	for n, at := range all {
		if slices.Index(all, at) < n && slices.Contains(all[n+1:], at) {
			continue // neither the first nor the last of its kind
		}
		t.Run(fmt.Sprintf("%02d %s", n, at), func(t *testing.T) {
			t.Parallel()
			s, before := begin(t)
			a := s.announced(args...)
			if got := a.upTo(n); got != at {
				t.Fatalf("the run announces %q where the first announced %q", got, at)
			}
			a.signal(syscall.SIGKILL)
			a.end()
			s.sectag(args...).must(t, 0)
			kinds := []string{"slots"}
			switch {
			case prepared < n && n < recorded:
				kinds = []string{"interrupted", "slots"}
			case n >= recorded:
				kinds = []string{"slots", "slots"}
			}
			ends(t, s, before, kinds...)
		})
	}
}
