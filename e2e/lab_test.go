//go:build unix

package e2e

import (
	"os"
	"strings"
	"testing"
)

// A developer at the console: a question is answered, a refusal explained, a secret refused, and nothing is deleted before the unit's
// digits were typed. Then it is, and the plan knows.
func TestTheLabsConsole(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Lab Devices", false)
	s.write("foreign.at", []byte(foreign))
	s.modem("--imei", sceneIMEI)
	s.sectag("at", "--port", "modem", "--file", "foreign.at", "--yes", "--imei", sceneIMEI).must(t, 0)
	before := string(read(t, s.file("unit.json")))
	x := s.terminal(nil, "--way", "lab", "--ledger", "sqlite:ledger.db", "--port", "modem")
	x.sees("No authority yet", ": console")
	x.types("3")
	x.sees("▸ Unit", sceneIMEI, "enter confirm")
	x.types(":AT+CGSN=1")
	x.press("Enter")
	x.sees("> AT+CGSN=1", `< +CGSN: "`+sceneIMEI, "▸ AT command")
	x.types("AT%CMNG=2,42,2")
	x.press("Enter")
	x.sees("+CME ERROR: 514", "the modem does not allow it (cmng.514)", "prove")
	const psk = "00112233445566778899aabbccddeeff"
	x.types(`AT%CMNG=0,43,3,"` + psk + `"`)
	x.press("Enter")
	x.sees("usage.secret-argument", "credentials screen")
	x.types("AT%CMNG=3,42,0")
	x.press("Enter")
	x.sees("AT%CMNG=3,42,0 changes the unit", "▸ last four")
	x.types("0000")
	x.press("Enter")
	x.sees("nothing was sent", "▸ last four")
	if string(read(t, s.file("unit.json"))) != before {
		t.Error("the store was changed before the unit was named")
	}
	x.types(sceneIMEI[11:])
	x.press("Enter")
	x.sees("> AT%CMNG=3,42,0", "the modem is active (cmng.518)", "▸ AT command")
	for _, command := range []string{"AT+CFUN=4", "AT%CMNG=3,42,1"} {
		x.types(command)
		x.press("Enter")
		x.sees(command+" changes the unit", "▸ last four")
		x.types(sceneIMEI[11:])
		x.press("Enter")
		x.sees("> "+command, "▸ AT command")
	}
	x.press("Escape")
	x.sees("w save transcript")
	x.types("w")
	x.sees("▸ file  transcript.txt")
	x.press("Enter")
	x.sees("saved in transcript.txt")
	x.leaves("q")
	if u := s.unit(); u.content(1) != "" || u.content(0) == "" {
		t.Errorf("one slot was to be deleted, and one refused: %+v", u.Slots)
	}
	text := string(read(t, s.file("transcript.txt")))
	if !strings.Contains(text, "> AT%CMNG=3,42,1\n") || strings.Contains(text, psk) || strings.Contains(text, "changes the unit") {
		t.Errorf("the transcript:\n%s", text)
	}
	if st, err := os.Stat(s.file("transcript.txt")); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the transcript is %v, %v", st.Mode(), err)
	}
	if db := string(read(t, s.file("ledger.db"))); strings.Contains(db, psk) || !strings.Contains(db, "console.held") {
		t.Error("the journal holds the secret, or not what was typed")
	}
}
