package record

import (
	"strconv"

	"example.org/sectag/cred"
)

// PSKAlgorithm is the algorithm of a key of so many random bytes, as Key.Algorithm has it: "PSK 256".
func PSKAlgorithm(bytes int) string { return "PSK " + strconv.Itoa(8*bytes) }

// LostPSK is a PSK that was sealed for a unit in a run that died: the next one drew another.
type LostPSK struct {
	PSK    cred.Digest `json:"psk_sha256"`    // as the modem lists it, where it got it
	Sealed cred.Digest `json:"sealed_sha256"` // of its sealed copy
}
