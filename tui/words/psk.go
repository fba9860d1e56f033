package words

import "strings"

// NoAuthority says what it means that none is named, where units get a pre-shared key and where they get a certificate.
func NoAuthority(psk bool) (head, text string) {
	if psk {
		return "No authority is needed.", "The units of this profile get a pre-shared key of their own, and nothing is signed."
	}
	return "No authority yet.", "It signs the certificate of every unit. Load the one that your server trusts, or create one; its root.crt then goes to the server's owner."
}

// Credential is what a unit shows, with its verb.
func Credential(psk bool) string {
	if psk {
		return "pre-shared key has"
	}
	return "certificate and key have"
}

// Connecting says with what a connection is made.
func Connecting(psk bool) string {
	if psk {
		return "Connecting with the unit's own pre-shared key…"
	}
	return "Connecting with the unit's own certificate and key…"
}

// Shown says what a server made of the unit's credential: client_auth of connect, under its name.
func Shown(suite, auth string) (name, text string) {
	name, text = "our cert", map[string]string{"used": "asked for and accepted", "not-asked": "not asked for: the server lets anyone in"}[auth]
	if strings.HasPrefix(suite, "TLS_PSK_") && auth == "used" {
		name, text = "our key", "accepted"
	}
	return name, text
}
