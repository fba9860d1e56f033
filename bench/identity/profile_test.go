package identity

import (
	"errors"
	"testing"

	"example.org/sectag/cred"
)

// TestAHintOfARunNamesNoFlagOfAnotherVerb: only ca issue has --until-issuer; a run has a profile, or can save one.
func TestAHintOfARunNamesNoFlagOfAnotherVerb(t *testing.T) {
	t.Parallel()
	got := cred.AsFault(inProfile(cred.Failed("ca.outlives-issuer", "too long", "9 days are left: ask for that many or fewer, or take --until-issuer")))
	want := `9 days are left: ask for that many or fewer, or write validity = "issuer" below [device] in the profile, and start again`
	if got.Code != "ca.outlives-issuer" || got.Text != "too long" || got.Hint != want {
		t.Errorf("%+v", got)
	}
	if other := cred.Failed("ca.clock", "x", "take --until-issuer"); !errors.Is(inProfile(other), other) {
		t.Error("another failure is not as it was")
	}
}
