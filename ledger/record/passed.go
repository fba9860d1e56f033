package record

import "strings"

// PassedIn begins the evidence of a test that was not made again, because another unit with the same modem firmware, of the same profile,
// passed it: the name of that unit's record stands behind it.
const PassedIn = "passed with this firmware and profile in record "

// PassedIn is the record in which another unit passed a test that was not made on this one, and whether there is one.
func (m Measured) PassedIn() (id string, is bool) {
	id, is = strings.CutPrefix(m.Evidence, PassedIn)
	return id, is && m.Result == "not-run"
}
