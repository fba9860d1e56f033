// Package keyuri finds the private key of an authority by what a person wrote for it, and opens it:
//
//	root.key                          a file, which package ca reads itself
//	pkcs11:token=…;object=…?module-path=…   a key in a token, by RFC 7512: a smart card, a YubiHSM, SoftHSM
//	exec:/opt/signer --key root       a command that gets a digest and answers with a signature
//
// Of the last two only the signature comes back: the key stays where it is. What comes back is verified before anybody uses it, and
// opening an authority asks for one signature on trial, so that a wrong key is found before the first unit is touched.
//
// Read it in this order: keyuri.go (which kind it is, what it needs, Open), pkcs11.go (the URI, no token), token.go (the token, in programs
// that are built with the tag pkcs11; token_off.go stands in its place in the others), exec.go (the command and its protocol),
// checked.go (the trial), init.go (an authority over such a key). No secret is taken from a URI, and none goes into an argument.
package keyuri

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"io"
	"strings"

	"example.org/sectag/ca"
	"example.org/sectag/ca/certfile"
	"example.org/sectag/cred"
)

// The schemes. What begins with neither is the name of a file.
const (
	tokenScheme   = "pkcs11:"
	commandScheme = "exec:"
)

// The classes of protection that the records know beside those of package ca.
const (
	Token   ca.Protection = "pkcs11" // behind a PKCS#11 module: as safe as what that module drives, and SoftHSM is files again
	Command ca.Protection = "exec"   // wherever the command finds it
)

// Is tells whether what was written for a key is a URI, and no file.
func Is(key string) bool { return protection(key) != "" }

func protection(key string) ca.Protection {
	switch {
	case strings.HasPrefix(key, tokenScheme):
		return Token
	case strings.HasPrefix(key, commandScheme):
		return Command
	}
	return ""
}

// Check refuses a URI that cannot name a key, without looking for one; a file's name passes. Faults: config.value;
// usage.secret-argument where it carries a PIN, also in what is no URI by a slip, such as PKCS11: in capitals.
func Check(key string) error {
	var err error
	switch protection(key) {
	case "":
		if strings.Contains(strings.ToLower(key), "pin-value=") { // and who cannot find such a file would show its name
			err = toldPIN()
		}
	case Token:
		_, err = parseToken(key)
	case Command:
		_, err = parseCommand(key)
	}
	return err
}

// Under is a URI whose relative paths are seen from a folder, made absolute. What Check refuses comes back as it is.
func Under(dir, key string) string {
	switch {
	case Check(key) != nil:
		return key
	case protection(key) == Token:
		return tokenUnder(dir, key)
	case protection(key) == Command:
		return commandUnder(dir, key)
	}
	return key
}

// NeedsPassphrase tells whether somebody must give a passphrase, or a token's PIN, before the key can be opened. Nothing is opened; the
// certificate's file is looked at, and the key's where it is one. Faults: those of ca.Show and Check, ca.no-pkcs11.
func NeedsPassphrase(certFile, key string) (bool, error) {
	info, err := Show(certFile, key)
	switch {
	case err != nil:
		return false, err
	case Is(key):
		return NeedsPIN(key)
	}
	return info.KeyEncrypted == nil || *info.KeyEncrypted, nil
}

// NeedsPIN is NeedsPassphrase of a URI alone, where there is no certificate yet.
func NeedsPIN(key string) (bool, error) {
	if protection(key) != Token {
		return false, Check(key)
	}
	u, err := parseToken(key)
	if err == nil {
		err = built()
	}
	return err == nil && u.pinFile == "", err
}

// Prompt is what a person is asked who must type the passphrase or the PIN.
func Prompt(key string) string {
	if protection(key) == Token {
		t, _ := parseToken(key) // of one that is wrong nothing is shown
		return strings.TrimSpace("PIN of the token "+clip(certfile.Printable(t.match["token"]))) + " (wrong ones are counted): "
	}
	return "passphrase of " + key + ": "
}

// Show is ca.Show for every kind of key. One behind a URI is not looked for.
func Show(certFile, key string) (ca.Info, error) {
	if err := Check(key); err != nil {
		return ca.Info{}, err
	}
	if !Is(key) {
		return ca.Show(certFile, key)
	}
	info, err := ca.Show(certFile, "")
	info.KeyEncrypted, info.Protection = nil, protection(key)
	return info, err
}

// Open opens an authority with the key that a person named. The passphrase is a token's PIN there; it stays the caller's to clear.
// Lock closes a token's session. life is that of the work that the authority is opened for: a command behind exec: is killed when it ends,
// and none is started any more; a token is waited for. Faults: those of ca.Root.Unlock; ca.no-pkcs11, ca.module, ca.token, ca.token-key;
// ca.signer, ca.stopped; config.value.
func Open(life context.Context, root ca.Root, key string, passphrase []byte) (*ca.Authority, error) {
	if err := Check(key); err != nil {
		return nil, err
	}
	if !Is(key) {
		return root.Unlock(key, passphrase)
	}
	s, err := find(life, key, root.Cert.PublicKey, passphrase)
	if err != nil {
		return nil, err
	}
	a, err := root.With(s, protection(key))
	if err != nil {
		s.Close()
		return nil, err
	}
	if err := s.trial(); err != nil {
		a.Lock()
		return nil, err
	}
	return a, nil
}

// holder is what holds a key and gives only signatures: DER for ECDSA, PKCS#1 version 1.5 for RSA.
type holder interface {
	sign(digest []byte, hash crypto.Hash) ([]byte, error)
	io.Closer
}

// find gets at the key, whose public half is known, or nil where it is to be learnt.
func find(life context.Context, key string, public crypto.PublicKey, passphrase []byte) (*checked, error) {
	if protection(key) == Command {
		c, err := parseCommand(key)
		if err != nil {
			return nil, err
		}
		if c.public, err = digestOf(public); err != nil {
			return nil, err
		}
		c.life = life
		return &checked{holder: c, public: public, name: key}, nil
	}
	u, err := parseToken(key)
	if err != nil {
		return nil, err
	}
	if u.pinFile != "" {
		if passphrase, err = u.pin(); err != nil {
			return nil, err
		}
		defer clear(passphrase)
	}
	// A PIN of a file with Windows' line ends is tried once, without the carriage return: every try counts.
	h, seen, err := openToken(u, bytes.TrimRight(passphrase, "\r"))
	if err != nil {
		return nil, err
	}
	if seen != nil { // else the token does not show it, and the trial will tell
		public = seen
	}
	if err := signs(public); err != nil {
		h.Close()
		return nil, err
	}
	return &checked{holder: h, public: public, name: key}, nil
}

// signs refuses what cannot sign a digest: Ed25519 wants the whole text.
func signs(public crypto.PublicKey) error {
	switch public.(type) {
	case *ecdsa.PublicKey, *rsa.PublicKey:
		return nil
	case nil:
		return cred.Failed("ca.token-key", "the token does not show the public half of its key",
			"give it: --public F with a file that says BEGIN PUBLIC KEY")
	}
	return cred.Failed("config.value", "a key of the kind "+cred.KeyName(public)+" cannot sign behind pkcs11: or exec:", "take an EC or RSA key")
}

// said is a line that a stranger's program wrote, short enough and printable.
func said(text []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return clip(certfile.Printable(strings.TrimSpace(line)))
}

// clip shortens what is shown to people.
func clip(s string) string {
	const enough = 160
	if r := []rune(s); len(r) > enough {
		return string(r[:enough]) + "…"
	}
	return s
}
