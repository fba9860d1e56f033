//go:build unix

package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"example.org/sectag/internal/peers"
)

// stationTable puts lines into the profile's table of the station.
func (s *stage) stationTable(lines string) { s.edit("[station]\n", "[station]\n"+lines+"\n") }

// A technician at the station: the label is scanned, the board plugged in, PASS, the board unplugged, and the next one, whose store
// is full. The server is OpenSSL's.
func TestTheStationPassesOneUnitAndFailsTheNext(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Acme Devices", true)
	root := peers.Root(t, "Servers' Root")
	srv := fars()[0].start(t, root.Server(t), s.file("root.crt"))
	s.profile(root.CertFile, srv.URL)
	s.stationTable("start = \"label\"\nports = [\"" + s.file("board-*") + "\"]")
	x := s.terminal(nil)
	x.sees("▸ s  station", "enter go")
	x.press("Enter")
	x.sees("plug a unit in", "scan its label", "no unit yet")
	board := s.serve("sim", "modem", "--link", "board-1", "--imei", sceneIMEI, "--state", "unit.json")
	x.sees("passphrase", "locked")
	x.types(passphrase)
	x.press("Enter")
	x.sees(sceneIMEI, "scan its label")
	x.types("IMEI:" + sceneIMEI + ";SN:q17")
	x.press("Enter")
	x.sees("1 unit  1 pass", "3 slots read back", "DTLS 1.2", "record 1", "██")
	board.stop()
	x.sees("plug a unit in")
	u := s.unit()
	u.proven(t)
	u.agrees(t, s.record("1").Slots)
	const other = "352656100367880"
	board = s.serve("sim", "modem", "--link", "board-1", "--imei", other, "--state", "unit-2.json", "--fault", "full@1")
	x.types(other)
	x.press("Enter")
	x.sees("2 units  1 pass  1 fail  50.0 %", "cmng.515", "→ ", "r retry", "put the next unit in", "v service view")
	x.press("v") // what is in the failed one, against the ledger, and back to the shift
	x.sees("▸ Credentials", "provision fail", "h home")
	x.press("?")
	x.sees("home: the station")
	x.press("h")
	x.sees("2 units  1 pass  1 fail  50.0 %", "passphrase", "esc later") // what opened the authority went with those lanes
	x.press("Escape")
	x.sees("q quit")
	x.leaves("q")
	board.stop()
	if r := s.record("2"); r.Verdict != "fail" || r.Failure == nil || r.Failure.Code != "cmng.515" {
		t.Errorf("the record says %+v", r)
	}
	s.audited()
}

// Several boards at once: a lane a port, one of them with a question that holds up no other.
func TestTheStationsLanes(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Other Devices", true)
	s.profile(filepath.Join(s.dir, "root.crt"), "")
	s.stationTable("start = \"auto\"\nports = [\"" + s.file("board-*") + "\"]")
	s.write("foreign.at", []byte(foreign))
	const first, second = sceneIMEI, "352656100367880"
	one := s.serve("sim", "modem", "--link", "board-1", "--imei", first, "--state", "unit.json")
	s.sectag("at", "--port", "board-1", "--file", "foreign.at", "--yes", "--imei", first).must(t, 0)
	x := s.terminal(nil, "--way", "station")
	x.sees("passphrase", "locked")
	x.types(passphrase)
	x.press("Enter")
	x.sees("What cannot be brought back", "last four digits")
	two := s.serve("sim", "modem", "--link", "board-2", "--imei", second, "--state", "unit-2.json")
	x.sees("lane", "the last four digits", "PASS", "1 unit  1 pass")
	x.types(first[11:])
	x.press("Enter")
	x.sees("2 units  2 pass")
	x.press("Tab")
	x.sees("enter next")
	x.leaves("q")
	one.stop()
	two.stop()
	s.audited()
}

// Line by line, for a screen reader: the passphrase is read unseen, and the verdict is a word.
func TestTheStationIsReadOut(t *testing.T) {
	t.Parallel()
	s := newStage(t, "Acme Devices", true)
	s.profile(filepath.Join(s.dir, "root.crt"), "")
	s.stationTable("ports = [\"" + s.file("board-*") + "\"]")
	board := s.serve("sim", "modem", "--link", "board-1", "--imei", sceneIMEI, "--state", "unit.json")
	x := s.terminal(nil, "--plain")
	x.sees("keys: s station")
	x.types("station")
	x.press("Enter")
	x.sees("passphrase:")
	x.types(passphrase)
	x.press("Enter")
	if now := x.sees(sceneIMEI + ": press Enter, or scan its label"); strings.Contains(now, passphrase) {
		t.Errorf("the passphrase was shown:\n%s", now)
	}
	x.press("Enter")
	x.sees(sceneIMEI+": PASS", "1 unit, 1 pass")
	x.types("quit")
	x.press("Enter")
	x.sees("[exit 0]")
	board.stop()
	s.audited()
}
