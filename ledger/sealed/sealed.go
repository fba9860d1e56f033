// Package sealed keeps the pre-shared keys of units where only the firm can read them: each is encrypted to the firm's age recipients
// (age-encryption.org/v1, X25519) before its unit gets it, and stands as text in the ledger's journal. The bench has recipients and
// never an identity, so what it has written it cannot read.
//
// Seal is the writing side. Find and its Open are the reading side, for whoever gives a server its keys: Find says which key the unit
// holds as far as the ledger knows, and Open decrypts it with an identity of the firm's (Identities reads such a file).
package sealed

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"example.org/sectag/cred"
)

// MaxRecipients is how many a PSK may be sealed to: each makes the sealed text a hundred bytes longer.
const MaxRecipients = 20

// Recipient tells what is wrong with the text of a recipient, if anything: it must be the public half of an X25519 identity, as
// age-keygen prints it. Plugins, SSH keys and passphrases are none.
func Recipient(text string) error {
	if strings.HasPrefix(strings.ToUpper(text), "AGE-SECRET-KEY-") {
		return fmt.Errorf("this is the secret half of a recipient") // and is not quoted
	}
	if _, err := age.ParseX25519Recipient(text); err != nil {
		if !strings.HasPrefix(text, "age1") { // the wrong file, perhaps one with a passphrase or a key in it
			return fmt.Errorf("this is no age recipient: it does not begin with age1")
		}
		return fmt.Errorf("%q is no age recipient", text)
	}
	return nil
}

// Recipients reads a file of recipients: one a line, empty lines and lines that begin with # apart.
func Recipients(file []byte) ([]string, error) {
	var out []string
	for i, l := range strings.Split(string(file), "\n") {
		l = strings.TrimSpace(l)
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		if err := Recipient(l); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		out = append(out, l)
	}
	return out, nil
}

// Seal encrypts the content of a unit's PSK slot (hex text) to every one of the recipients. The text that it gives is an age file in
// its ASCII armor: age -d reads it too.
func Seal(psk []byte, recipients []string) (string, error) {
	if len(recipients) == 0 {
		return "", fmt.Errorf("sealing a PSK: nobody is named who may open it")
	}
	var to []age.Recipient
	for _, text := range recipients {
		r, err := age.ParseX25519Recipient(text)
		if err != nil {
			return "", fmt.Errorf("sealing a PSK: %w", Recipient(text))
		}
		to = append(to, r)
	}
	var out bytes.Buffer
	lines := armor.NewWriter(&out)
	w, err := age.Encrypt(lines, to...)
	if err == nil {
		_, err = w.Write(psk)
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = lines.Close()
	}
	if err != nil {
		return "", fmt.Errorf("sealing a PSK: %w", err)
	}
	return out.String(), nil
}

// Identities reads an age identity file: lines that begin with AGE-SECRET-KEY-1. One that is encrypted with a passphrase (age -p) asks
// pass for it, and clears it, as it clears the file's text. Fault: psk.identity. It never quotes the file.
func Identities(file []byte, pass func() ([]byte, error)) ([]age.Identity, error) {
	text, err := decrypted(file, pass)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	ids, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil {
		return nil, cred.Failed("psk.identity", "the identity file holds no age identity that can be read", "name the file that age-keygen wrote")
	}
	return ids, nil
}

// maxIdentity bounds what an encrypted identity file may hold.
const maxIdentity = 1 << 20

func decrypted(file []byte, pass func() ([]byte, error)) ([]byte, error) {
	var in io.Reader = bytes.NewReader(file)
	switch {
	case bytes.HasPrefix(file, []byte(armor.Header)):
		in = armor.NewReader(in)
	case !bytes.HasPrefix(file, []byte("age-encryption.org/")):
		return file, nil
	}
	p, err := pass()
	if err != nil {
		return nil, err
	}
	defer clear(p)
	id, err := age.NewScryptIdentity(string(bytes.TrimRight(p, "\r\n")))
	if err != nil {
		return nil, cred.Because(err, "psk.identity", "the identity file is encrypted, and the passphrase is empty", "give its passphrase")
	}
	out, err := age.Decrypt(in, id)
	if err == nil {
		in = io.LimitReader(out, maxIdentity)
		file, err = io.ReadAll(in)
	}
	if err != nil {
		return nil, cred.Because(err, "psk.identity", "the identity file is encrypted, and this passphrase does not open it", "give the passphrase that it was encrypted with (age -p)")
	}
	return file, nil
}

// maxPSK bounds what is decrypted: 64 bytes are 128 characters.
const maxPSK = 1 << 10

// open decrypts what Seal wrote.
func open(text string, ids []age.Identity) ([]byte, error) {
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(text)), ids...)
	if err != nil {
		return nil, err
	}
	psk, err := io.ReadAll(io.LimitReader(r, maxPSK+1))
	if err == nil && len(psk) > maxPSK {
		err = fmt.Errorf("the sealed text holds more than a PSK")
	}
	return psk, err
}
