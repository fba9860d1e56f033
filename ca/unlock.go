package ca

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"

	"example.org/sectag/ca/audit"
	"example.org/sectag/ca/certfile"
	"example.org/sectag/ca/keyfile"
	"example.org/sectag/cred"
)

// Protection is how an authority's key is kept, as each unit's record says it (EN 18031 evidence, key protection class).
type Protection string

// The classes that this room knows by itself. A token or a signing service brings its own name to Root.With.
const (
	KeyEncrypted Protection = "encrypted-file" // PKCS#8 with PBES2
	KeyClear     Protection = "clear-file"     // whoever reads the file is the authority
)

// Authority is a root that can sign. It is safe for several goroutines; printing it shows no secret.
type Authority struct {
	Root
	Protection Protection

	keyFile string // where the key was read; empty for a signer of another kind

	mu     sync.Mutex
	signer crypto.Signer
	forget func()
}

// Unlock opens the root's private key. A key file with several keys is searched for the one that belongs to the certificate.
// The passphrase stays the caller's to clear. Faults: config.file, ca.passphrase (missing or wrong), ca.key-mismatch.
func (r Root) Unlock(keyFile string, passphrase []byte) (*Authority, error) {
	blocks, err := readKeys(keyFile)
	if err != nil {
		return nil, err
	}
	var failed error
	opened := 0
	for _, b := range blocks[:min(len(blocks), maxKeys)] {
		key, err := open(b, passphrase)
		if err != nil {
			failed = err
			continue
		}
		opened++
		a, err := r.With(key, protection(b))
		if err != nil {
			keyfile.Clear(key)
			continue
		}
		a.keyFile = keyFile
		a.forget = func() { keyfile.Clear(key) }
		return a, nil
	}
	if failed != nil && opened == 0 {
		return nil, keyFault(failed, keyFile)
	}
	return nil, cred.Failed("ca.key-mismatch",
		fmt.Sprintf("the private key in %s is not that of %s", keyFile, certfile.Subject(r.Cert)),
		"give the key that was made together with "+r.File)
}

// open tries a passphrase as it is and, when it ends as a line of a Windows file does, without that end: what is meant by such a
// file depends on the system that openssl read it on.
func open(b keyfile.Block, passphrase []byte) (crypto.Signer, error) {
	key, err := b.Open(passphrase)
	if bare := bytes.TrimRight(passphrase, "\r"); errors.Is(err, keyfile.ErrWrongPassphrase) && len(bare) < len(passphrase) {
		return b.Open(bare)
	}
	return key, err
}

// maxKeys bounds how many keys of one file are tried: each costs a key derivation.
const maxKeys = 8

func protection(b keyfile.Block) Protection {
	if b.Encrypted {
		return KeyEncrypted
	}
	return KeyClear
}

func keyFault(err error, name string) error {
	switch {
	case errors.Is(err, keyfile.ErrNoPassphrase):
		return cred.Because(err, "ca.passphrase", "the private key "+name+" is encrypted and no passphrase was given",
			"type it when asked, or give --passphrase-file with a file whose first line is the passphrase")
	case errors.Is(err, keyfile.ErrWrongPassphrase):
		return cred.Because(err, "ca.passphrase", "the passphrase does not open "+name,
			"try it again; capitals, the keyboard layout and a space at the end matter")
	case errors.Is(err, keyfile.ErrUnsupported):
		return cred.Because(err, "config.file", name+": "+err.Error(),
			"convert it: openssl pkcs8 -topk8 -v2 aes-256-cbc -in "+name+" -out new.key")
	}
	return cred.Because(err, "config.file", "the private key in "+name+" cannot be read",
		"look at it with openssl pkey -noout -in "+name)
}

// With joins a root with any signer: a token, a signing service, a key of a test. The signer must be the root's: if not,
// ca.key-mismatch. Lock drops it, and closes it where it is an io.Closer: a token's session ends then.
func (r Root) With(signer crypto.Signer, p Protection) (*Authority, error) {
	pub, ok := r.Cert.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !pub.Equal(signer.Public()) {
		return nil, cred.Failed("ca.key-mismatch", "the private key is not that of "+certfile.Subject(r.Cert),
			"give the key that was made together with the certificate")
	}
	a := &Authority{Root: r, Protection: p, signer: signer}
	if c, ok := signer.(io.Closer); ok {
		a.forget = func() { _ = c.Close() } // the key is as safe as before, whatever the token says
	}
	return a, nil
}

// Findings says what is worth knowing about the authority before it signs: its clear key, and what Audit says of its root. All are
// warnings: what may not sign at all was refused by Load.
func (a *Authority) Findings() []cred.Finding {
	var out []cred.Finding
	if a.Protection == KeyClear {
		out = append(out, ClearKey(a.keyFile))
	}
	for _, f := range audit.Authority(a.File, a.Cert, cred.Warning) {
		f.Severity = cred.Warning
		out = append(out, f)
	}
	return out
}

// Lock forgets the key, overwrites its numbers, and gives freed memory back to the system at once: the standard library makes
// copies of a key that nobody can reach, and this takes the dead ones along. It takes some milliseconds. Not every copy goes;
// a program that must not leave any in a core file switches core files off. Issue answers ca.locked after it.
func (a *Authority) Lock() {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.signer == nil {
		return
	}
	if a.forget != nil {
		a.forget()
	}
	a.signer, a.forget = nil, nil
	debug.FreeOSMemory()
}

// Locked tells whether Lock was called.
func (a *Authority) Locked() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.signer == nil
}

// Format keeps every verb of fmt from printing the key.
func (a *Authority) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "authority %s", certfile.Subject(a.Cert))
}
