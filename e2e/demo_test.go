//go:build unix

package e2e

import "testing"

// Who meets sectag by make demo on a terminal of 80x24 finds the passphrase on the screen that asks for it, and comes to PASS.
func TestTheDemoOnATerminal(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Acme Devices", false)
	x := s.terminal([]string{"TMPDIR=" + s.dir}, "demo")
	x.sees("▸ Authority", "▸ passphrase", "the passphrase is demonstration", "locked")
	x.types("demonstration")
	x.press("Enter")
	x.sees("▸ Unit", "enter confirm")
	x.press("Enter")
	x.sees("▸ Credentials", "enter start")
	x.press("Enter")
	x.sees(append(big(t, "pass.txt"), "record 1")...)
	x.types("q")
	x.sees("sectag ledger list --profile", "[exit 0]")
}
