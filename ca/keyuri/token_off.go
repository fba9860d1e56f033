//go:build !pkcs11

package keyuri

import (
	"crypto"

	"example.org/sectag/cred"
)

// built refuses keys in tokens: a PKCS#11 module is a C library, and this program has no C in it.
func built() error {
	return cred.Failed("ca.no-pkcs11", "this sectag was built without PKCS#11 and cannot use a key in a token",
		"build one that can: make build-pkcs11, with a C compiler; or reach the token through exec:")
}

func openToken(token, []byte) (holder, crypto.PublicKey, error) { return nil, nil, built() }
