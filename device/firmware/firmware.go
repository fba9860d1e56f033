// Package firmware judges a modem's firmware by the version that it tells: whether the digests that it lists can be trusted, and what it
// knows.
package firmware

import (
	"regexp"
	"strconv"

	"example.org/sectag/cred"
)

// fwVersion takes a version apart: the family and one x.y.z that ends at '-', '_' or the end.
var fwVersion = regexp.MustCompile(`^mfw(?:-[a-z]+)?_(nrf91[0-9x]+(?:-[a-z]+)?)_(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:[-_].*)?$`)

// Judge judges a modem firmware by what +CGMR says: of nRF9160 firmware 1.3.2 is the first whose listed digests can be
// trusted (nrfcredstore's rule); every nRF91x1 and NTN firmware has them. Older or unreadable is store.firmware-old.
func Judge(version string) error {
	if fwVersion.FindStringSubmatch(version) == nil {
		text := "the modem's firmware version cannot be read: " + strconv.Quote(version)
		if version == "" {
			text = "the modem does not tell its firmware's version (AT+CGMR), so nothing is changed: what it stores could not be proven"
		}
		return cred.Failed("store.firmware-old", text,
			"put a released modem firmware on the unit, mfw_nrf9160_1.3.2 or newer or any mfw_nrf91x1: Cellular Monitor or nrfutil writes it")
	}
	if !AtLeast(version, 1, 3, 2) {
		return cred.Failed("store.firmware-old", "the modem's firmware "+version+" cannot prove what it stored",
			"update the modem to mfw_nrf9160_1.3.2 or newer with Cellular Monitor or nrfutil, then start again")
	}
	return nil
}

// AtLeast compares an nRF9160 firmware with a version. The other families are newer than all of its; the numbers of NTN firmware must
// not be compared (nrf91.md, section 1.2). What cannot be read is older.
func AtLeast(version string, least ...int) bool {
	f := fwVersion.FindStringSubmatch(version)
	if f == nil {
		return false
	}
	if f[1] != "nrf9160" {
		return true
	}
	for i, l := range least {
		if n, _ := strconv.Atoi(f[2+i]); n != l {
			return n > l
		}
	}
	return true
}
