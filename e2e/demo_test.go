//go:build unix

package e2e

import "testing"

// Who meets sectag by make demo on a terminal of 80x24 finds the passphrase on the screen that asks for it, and comes to PASS at the
// station; in the lab the same unit then has all that it needs.
func TestTheDemoOnATerminal(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Acme Devices", false)
	x := s.terminal([]string{"TMPDIR=" + s.dir}, "demo")
	x.sees("▸ s  station", "the passphrase is demonstration")
	x.press("Enter")
	x.sees("▸ passphrase", "the passphrase is demonstration", "locked")
	x.types("demonstration")
	x.press("Enter")
	x.sees("press Enter, or scan its label")
	x.press("Enter")
	x.sees("1 unit  1 pass", "██", "record 1", "h home")
	x.types("h")
	x.sees("▸ s  station")
	x.types("l")
	x.sees("▸ Authority", "▸ passphrase", "the passphrase is demonstration", "locked")
	x.types("demonstration")
	x.press("Enter")
	x.sees("▸ Unit", "enter confirm")
	x.press("Enter")
	x.sees(append(big(t, "pass.txt"), "nothing had to be changed", "record 2")...)
	x.types("q")
	x.sees("sectag ledger list --profile", "[exit 0]")
}
