package keyfile

import (
	"bytes"
	"fmt"

	"example.org/sectag/cred"
)

const maxPass = 1000 // bytes: openssl reads 1024 of a passphrase at most

// PassphraseOK refuses with ca.passphrase what could not be typed again or read by `openssl -passin file:`.
func PassphraseOK(p []byte) error {
	switch {
	case len(p) == 0:
		return cred.Failed("ca.passphrase", "the key needs a passphrase and none was given",
			"type one when asked, or give --passphrase-file; several random words are better than one odd one")
	case len(p) > maxPass:
		return cred.Failed("ca.passphrase", fmt.Sprintf("the passphrase is longer than %d bytes", maxPass), "choose a shorter one")
	case bytes.ContainsAny(p, "\n\r\x00"):
		return cred.Failed("ca.passphrase", "the passphrase holds a line end or a zero byte, so openssl could not read it from a file",
			"choose one that fits one line")
	}
	return nil
}
