//go:build unix

package e2e

import (
	"strings"
	"testing"
)

// The ledger's key is asked for once, before the work or the screens, and signs what is recorded then. Who only presses Enter, or types
// it wrongly, records all the same.
func TestTheLedgersKeyIsAskedForAndHoldsNothingUp(t *testing.T) {
	t.Parallel()
	const seal = "battery staple"
	s := newStage(t, "Acme Devices", true)
	s.profile("root.crt", "")
	s.modem("--imei", sceneIMEI)
	s.write("seal.txt", []byte(seal+"\n"))
	s.sectag("ledger", "key", "--out", "ledger.key", "--passphrase-file", "seal.txt").must(t, 0)
	s.edit(`url = "sqlite:ledger.db"`, "url = \"sqlite:ledger.db\"\nkey = \"ledger.key\"")
	verify := func(code int) string {
		t.Helper()
		return s.sectag("ledger", "verify", "--pub", "ledger.pub", "--json").must(t, code).out
	}
	for _, typed := range []string{"\n", "wrong\n"} {
		out := s.onDeafTerminal(typed, "slots", "delete", "--port", "modem", "--sec-tag", "7", "--type", "client-key", "--yes", "--imei", sceneIMEI)
		if !strings.Contains(out, "checkpoints are not signed") || !strings.Contains(out, "record") && !strings.Contains(out, "PASS") {
			t.Errorf("after %q: %s", typed, out)
		}
	}
	if out := verify(1); !strings.Contains(out, "ledger.unsigned") || !strings.Contains(out, `"records": 2`) {
		t.Errorf("two records, none signed: %s", out)
	}
	if out := s.onDeafTerminal(seal+"\n", "provision", "--port", "modem"); !strings.Contains(out, "PASS") || strings.Contains(out, "not signed") {
		t.Errorf("with the key: %s", out)
	}
	if out := verify(0); !strings.Contains(out, `"signed": 3`) {
		t.Errorf("what the run recorded is not signed: %s", out)
	}
	x := s.terminal(nil, "--way", "lab")
	x.sees("passphrase of the ledger's key")
	x.types(seal)
	x.press("Enter")
	x.sees("▸ Authority", "▸ passphrase")
	x.leaves("C-c")
	verify(0)
}
