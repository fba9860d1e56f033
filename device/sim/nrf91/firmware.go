package nrf91

import (
	"fmt"
	"strconv"
	"strings"

	"example.org/sectag/cred"
)

// DefaultFirmware is what a new unit runs.
const DefaultFirmware = "mfw_nrf91x1_2.0.3"

// firmware is a modem firmware on a chip; its methods are the rows of nrf91.md section 1.8.
type firmware struct {
	name    string // as +CGMR says it
	family  string // "nrf9160", "nrf91x1" or "nrf9151-ntn"
	version [3]int
	chip    chip
}

// chip is a part number and what it calls itself; device is its number in an attestation token (nrf91.md, 1.6).
type chip struct {
	model, cgmm, hardware string
	device                uint64
}

// chips lists who can run a family, the usual one first (nrf91.md, 1.2).
func chips(family string) []chip {
	nrf9151 := chip{"nRF9151", "nRF9151-LACA", "nRF9151 LACA APA", 6}
	switch family {
	case "nrf9160":
		return []chip{{"nRF9160", "nRF9160-SICA", "nRF9160 SICA B0A", 3}}
	case "nrf91x1":
		return []chip{nrf9151, {"nRF9161", "nRF9161-LACA", "nRF9161 LACA A0A", 4}}
	case "nrf9151-ntn":
		return []chip{nrf9151}
	}
	return nil
}

// parseFirmware reads a version string as +CGMR has it, such as "mfw_nrf9160_1.3.7" or "mfw_nrf91x1_2.0.3-FOTA-TEST".
func parseFirmware(s, model string) (firmware, error) {
	bad := cred.Failed("config.value", fmt.Sprintf("%q is no firmware that the simulator has", s),
		"give one such as mfw_nrf9160_1.2.3, mfw_nrf9160_1.3.7, mfw_nrf91x1_2.0.3 or mfw_nrf9151-ntn_1.0.0")
	part := strings.Split(s, "_")
	if len(part) != 3 || part[0] != "mfw" || chips(part[1]) == nil {
		return firmware{}, bad
	}
	f := firmware{name: s, family: part[1]}
	number, suffix, _ := strings.Cut(part[2], "-")
	if strings.ContainsFunc(suffix, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return firmware{}, bad
	}
	digits := strings.Split(number, ".")
	if len(digits) != len(f.version) {
		return firmware{}, bad
	}
	for i, d := range digits {
		n, err := strconv.ParseUint(d, 10, 8)
		if err != nil {
			return firmware{}, bad
		}
		f.version[i] = int(n)
	}
	for _, c := range chips(f.family) {
		if model == "" || model == c.model {
			f.chip = c
			return f, nil
		}
	}
	return firmware{}, cred.Failed("config.value", fmt.Sprintf("an %s cannot run %s", model, s),
		"leave the model out, or give a firmware of its family")
}

// since tells whether the feature is there: nRF9160 firmware has it from the version on, all others always.
func (f firmware) since(major, minor, patch int) bool {
	if f.family != "nrf9160" {
		return true
	}
	want := [3]int{major, minor, patch}
	for i := range want {
		if f.version[i] != want[i] {
			return f.version[i] > want[i]
		}
	}
	return true
}

// newerChip tells nRF91x1 from nRF9160: %DEVICEUUID, TLS-decrypt tags, +CFUN mode 2.
func (f firmware) newerChip() bool { return f.family != "nrf9160" }

func (f firmware) identityKeys() bool   { return f.since(1, 3, 0) }
func (f firmware) trueDigests() bool    { return f.since(1, 3, 2) }
func (f firmware) powerOffWarned() bool { return f.since(1, 3, 2) }

// modes is the list that +CFUN=? prints. That 91x1 prints the 1.3 list with 2 added is inferred.
func (f firmware) modes() string {
	switch f.family {
	case "nrf9160":
		return "0,1,4,20,21,30,31,40,41,44"
	case "nrf9151-ntn":
		return "0,1,2,4,20,21,30,31,40,41,44,45,46"
	}
	return "0,1,2,4,20,21,30,31,40,41,44"
}
