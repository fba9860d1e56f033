package table

import (
	"flag"
	"strings"
	"testing"
)

var _ = flag.Bool("update", false, "every test package below tui takes the flag; nothing is written here")

func TestWhereAHandshakeStopped(t *testing.T) {
	for step, want := range map[string]string{
		"<- alert unknown_ca (48)": "refused with the alert unknown_ca (48)", "-> hello": "the server's turn", "<- hello done": "this computer's turn",
	} {
		if got := stopped(step); !strings.Contains(got, want) {
			t.Errorf("%s: %q", step, got)
		}
	}
}
