package secret

import "testing"

func TestASecretIsUsedOnceAndCleared(t *testing.T) {
	var s Keeper
	given := []byte("open sesame")
	ref := s.Keep(given)
	if given[0] != 0 {
		t.Error("the giver still has it")
	}
	var seen []byte
	if err := s.Use(ref, func(b []byte) error { seen = b; return nil }); err != nil || len(seen) != 11 || seen[0] != 0 {
		t.Errorf("used as %q, %v", seen, err)
	}
	_ = s.Use(ref, func(b []byte) error { seen = b; return nil })
	if seen != nil {
		t.Error("it was used twice")
	}
	_ = s.Use(0, func(b []byte) error { seen = b; return nil })
	if seen != nil {
		t.Error("reference 0 is a secret")
	}
}
