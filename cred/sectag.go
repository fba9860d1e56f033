package cred

import (
	"fmt"
	"strconv"
)

// SecTag names a group of credential slots in the modem, "security tag" in Nordic's manuals. 0 to 2147483647 are the
// user's (0 is legal); what lies above is the modem's own (AT manual, %CMNG).
type SecTag uint32

// The borders of the ranges that the modem keeps for itself.
const (
	MaxSecTag        SecTag = 2147483647 // the last tag that a user may write
	FirstDecryptTag  SecTag = 2147483648 // first of the developer tags whose TLS traffic Nordic's tools can decrypt
	LastDecryptTag   SecTag = 2147483667 // last of them; never to be shipped
	maxSecTagNumeral        = 4294967295
)

// ParseSecTag reads a decimal tag from 0 to 2147483647. A greater one is refused, and the refusal says whose it is.
func ParseSecTag(s string) (SecTag, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || (len(s) > 1 && s[0] == '0') || n > maxSecTagNumeral {
		return 0, fmt.Errorf("a sec_tag is a number from 0 to %d", MaxSecTag)
	}
	t := SecTag(n)
	if t.Reserved() {
		return 0, fmt.Errorf("sec_tag %d is reserved: %s; a user's is from 0 to %d", t, t.Range(), MaxSecTag)
	}
	return t, nil
}

// Reserved tells whether the tag is the modem's own: shown in a list, never written and never deleted.
func (t SecTag) Reserved() bool { return t > MaxSecTag }

// Decrypt tells whether TLS traffic under the tag can be decrypted with Nordic's developer tools (91x1 2.x and NTN).
func (t SecTag) Decrypt() bool { return t >= FirstDecryptTag && t <= LastDecryptTag }

// Range names whom the tag belongs to: "user", "tls-decrypt" or "modem".
func (t SecTag) Range() string {
	switch {
	case t.Decrypt():
		return "tls-decrypt"
	case t.Reserved():
		return "modem"
	}
	return "user"
}
