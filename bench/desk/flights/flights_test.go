package flights

import (
	"slices"
	"testing"
	"time"
)

func TestALogTellsWhenEachStepWas(t *testing.T) {
	at := time.Unix(1000, 0)
	l := Begin(func() time.Time { at = at.Add(40 * time.Millisecond); return at })
	l.Add("-> hello")
	l.Add("<- cookie")
	if got := l.Steps(); !slices.Equal(got, []Step{{"-> hello", 40}, {"<- cookie", 80}}) {
		t.Errorf("%v", got)
	}
	for range 2 * most {
		l.Add("<- something that is no DTLS")
	}
	if n := len(l.Steps()); n != most {
		t.Errorf("%d steps are kept", n)
	}
}

func TestWhatIsToldOfModemAndProduct(t *testing.T) {
	if m := Modem(); len(m) < 10 || m[0] != "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" {
		t.Errorf("%v", m)
	}
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	if got := Until(now, 24*time.Hour); got != "2026-11-02T00:00:00Z" || Until(now, 0) != "" {
		t.Errorf("%q", got)
	}
}
