package lexicon

import (
	"slices"
	"strings"
	"testing"

	"example.org/sectag/device/at/mask"
)

func TestEveryCommandIsExplainedOnceAndCarriesNothing(t *testing.T) {
	var names []string
	for _, e := range Commands() {
		if !strings.HasPrefix(e.Text, "AT") || e.Note == "" || mask.Weigh(e.Text).Secret {
			t.Errorf("%+v", e)
		}
		if w := mask.Weigh(e.Text); (w.Store || w.Mode) != strings.Contains(e.Note, "digits") {
			t.Errorf("%s: whether it asks for the digits is said wrong", e.Text)
		}
		names = append(names, strings.NewReplacer("=", "\x02", "?", "\x01").Replace(e.Text))
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Error("they are not in order, or one stands twice")
	}
}

func TestGloss(t *testing.T) {
	for line, want := range map[string]string{
		"+CME ERROR: 514": "cmng.514", "+CME ERROR: 10": "no SIM card (cme.10)", "+CMS ERROR: 514": "cme.514",
		"+CME ERROR: 99999": "do not say", "OK": "", "+CME ERROR: 514x": "", "+CGSN: \"352656100367872\"": "",
	} {
		note, unasked := Gloss(line)
		if unasked || (want == "") != (note == "") || !strings.Contains(note, want) {
			t.Errorf("%s: %q, unasked %v", line, note, unasked)
		}
	}
	for line, want := range map[string]bool{"+CEREG: 2": true, "%CESQ: 50,2,20,3": true, "OK": false, "%CMNG: 42,0,\"AB\"": false} {
		if _, unasked := Gloss(line); unasked != want {
			t.Errorf("%s: unasked %v", line, unasked)
		}
	}
}
