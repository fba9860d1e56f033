package seal

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"

	"example.org/sectag/cred"
)

// OwnPrefix begins the types of the journal's lines that are the ledger's own; a fold over a run's events skips them.
const OwnPrefix = "ledger."

// The ledger's own lines.
const (
	LineBegin  = "ledger.begin"  // body: the caller's
	LineSerial = "ledger.serial" // body: SerialLine
	LinePSK    = "ledger.psk"    // body: PSKLine
	LineRecord = "ledger.record" // body: RecordLine
	LineEnd    = "ledger.end"    // body: EndLine
)

// The states of a run.
const (
	RunOpen        = "open"
	RunDone        = "done"
	RunInterrupted = "interrupted" // closed by a later start
)

// The states of a certificate serial.
const (
	SerialReserved  = "reserved"
	SerialUsed      = "used" // a record names it
	SerialAbandoned = "abandoned"
)

// SerialLine says that a serial was reserved or abandoned.
type SerialLine struct {
	Serial string `json:"serial"`
	State  string `json:"state"`
}

// PSKLine keeps the PSK that a unit is about to get, so that only the firm can read it.
type PSKLine struct {
	IMEI       cred.IMEI   `json:"imei"`
	PSK        cred.Digest `json:"psk_sha256"` // as the modem will list it
	Identity   string      `json:"psk_identity"`
	Sealed     string      `json:"sealed"`     // an age file in ASCII armor
	Recipients []string    `json:"recipients"` // who can open it
}

// RecordLine says that the run wrote a record.
type RecordLine struct {
	Record string      `json:"record"`
	Leaf   cred.Digest `json:"leaf_sha256"`
}

// EndLine closes a run.
type EndLine struct {
	State string `json:"state"`
}

// Link is the digest of a line of the journal. It covers the line before it, so that no line can be changed, dropped or moved
// alone. The first line of a run follows the zero digest.
func Link(before cred.Digest, run string, seq int64, typ, at, body string) cred.Digest {
	h := sha256.New()
	h.Write(before[:])
	var n [8]byte
	for _, s := range []string{run, strconv.FormatInt(seq, 10), typ, at, body} {
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	return cred.Digest(h.Sum(nil))
}
