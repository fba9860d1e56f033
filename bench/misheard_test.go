package bench_test

import (
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows/station"
)

// One digit of a list that comes wrong once makes nobody's credential of ours: it is asked for again before anything hangs on it.
func TestADigestThatIsMisheardIsNotBelieved(t *testing.T) {
	r, l := keyRig(t, "nrf9151")
	if u := drive(t, r.config(l), station.Orders{}); u.Verdict != cred.Pass {
		t.Fatalf("%+v", u)
	}
	for times, code := range map[int]string{1: "", 1000: "line.garbled"} {
		left := times
		r.through(func(line string) string {
			if at := strings.LastIndexByte(line, '"') - 1; strings.HasPrefix(line, "%CMNG: 42,0,") && left > 0 {
				const digits = "0123456789ABCDEF"
				digit := digits[(strings.IndexByte(digits, line[at])+1+left%3)%16]
				left--
				return line[:at] + string(digit) + line[at+1:]
			}
			return line
		})
		u := drive(t, r.config(l), station.Orders{})
		if code == "" && (u.Verdict != cred.Pass || u.Slots[0].Action != "kept" || left > 0) || code != "" && (u.Failure == nil || u.Failure.Code != code) {
			t.Errorf("%d times: %+v", times, u)
		}
	}
}
