package keygen

import (
	"fmt"
	"math"
	"strings"

	"example.org/sectag/cred"
)

// Token is what the modem says about itself (AT manuals, %ATTESTTOKEN; nrf91.md 1.6).
type Token struct {
	UUID      string      // of the device, lower case; the same as in Proof and AT%DEVICEUUID
	Type      DeviceType  // which chip
	Firmware  string      // UUID of the modem firmware's build, as AT%XMODEMUUID, lower case
	Nonce     [16]byte    // the challenge of the command, else the modem's own
	Body      []byte      // as the modem signed it
	Digest    cred.Digest // SHA-256 of Body
	Signature *Signature  // nil when the token had no second part
}

// DeviceType is the modem's number for its chip.
type DeviceType int

// String is the chip's name, as far as Nordic published it.
func (t DeviceType) String() string {
	names := map[DeviceType]string{
		1: "nRF9160 SIAA", 2: "nRF9160 SIBA", 3: "nRF9160 SIAA", 4: "nRF9161 LACA", 5: "nRF9131 LACA", 6: "nRF9151 LACA",
	}
	if n, ok := names[t]; ok {
		return n
	}
	return fmt.Sprintf("type %d", int(t))
}

// identityMessage is the number that a token begins with: device identity message, version 1.
const identityMessage = 1

// ParseToken reads the answer to AT%ATTESTTOKEN: the line `%ATTESTTOKEN: "body.cose"`, or what stands between its quotes. Fault:
// keygen.garbled.
func ParseToken(line string) (Token, error) {
	body, cose, err := parts("%ATTESTTOKEN", line)
	if err != nil {
		return Token{}, err
	}
	f, err := message(body, 5)
	if err != nil {
		return Token{}, err
	}
	t := Token{Body: body, Digest: cred.Sum(body)}
	var r reader
	id, uuid, chip, build := r.integer(f[0]), r.bytes(f[1], 16), r.integer(f[2]), r.bytes(f[3], 16)
	copy(t.Nonce[:], r.bytes(f[4], len(t.Nonce)))
	switch {
	case r.err != nil:
		return Token{}, garbled("the token is not of the known shape", r.err)
	case id != identityMessage:
		return Token{}, garbled(fmt.Sprintf("the token is a message of the unknown type %d", id), nil)
	case chip < 0 || chip > math.MaxUint16:
		return Token{}, garbled(fmt.Sprintf("%d is no type of device", chip), nil)
	}
	t.UUID, t.Firmware, t.Type = uuidText(uuid), uuidText(build), DeviceType(chip)
	if cose == nil {
		return t, nil
	}
	s, err := parseSign1(cose)
	if err != nil {
		return Token{}, err
	}
	if s.payload != nil {
		return Token{}, garbled("the token's signature brings a message of its own", nil)
	}
	s.sayWhat(body, nil)
	t.Signature = &s.Signature
	return t, nil
}

// Of refuses a token of another modem than the one with this UUID; "" is one whose UUID nobody knows. Fault: keygen.other-unit.
func (t Token) Of(uuid string) error {
	if uuid == "" || strings.EqualFold(uuid, t.UUID) {
		return nil
	}
	return otherUnit("token", t.UUID, uuid)
}
