package bench_test

import (
	"strings"
	"testing"

	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/flows/station"
)

// One digit of the identity key's digest that the line changed would bind the unit's IMEI to a unit that is not there, and lock the real
// one out for ever.
func TestADamagedIdentityKeyIsNotBoundInTheLedger(t *testing.T) {
	for _, origin := range []profile.Origin{profile.Host, profile.Modem} {
		t.Run(string(origin), func(t *testing.T) {
			r, l := keyRig(t, "nrf9151")
			r.profile.Origin = origin
			damaged := false
			r.through(func(line string) string {
				if head := "%CMNG: 4294967294,6,\""; strings.HasPrefix(line, head) && !damaged {
					damaged = true
					i := len(head) + 40
					digit := byte('7')
					if line[i] == digit {
						digit = 'C'
					}
					return line[:i] + string(digit) + line[i+1:]
				}
				return line
			})
			u := drive(t, r.config(l), station.Orders{})
			if !damaged || u.Verdict != cred.Pass {
				t.Fatalf("damaged %v, %+v", damaged, u)
			}
			r.matched(t, u)
			again := drive(t, r.config(l), station.Orders{})
			for _, s := range again.Slots {
				if again.Verdict != cred.Pass || s.Action != "kept" {
					t.Errorf("%+v", again)
				}
			}
		})
	}
}
