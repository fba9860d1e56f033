// Package notary keeps the key that signs a ledger's checkpoints: a file like the authority's (package keyfile), Ed25519, and beside it the
// public line for those who verify. It is not the authority's key, and should not lie where that one lies: who has both can make units
// and the proof that they were always there.
package notary

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"strings"

	"example.org/sectag/ca/keyfile"
	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
	"example.org/sectag/ledger/seal"
)

// maxFile bounds what is read of a key's file.
const maxFile = 64 << 10

// PublicFile is where the public line of a key goes: ledger.pub for ledger.key.
func PublicFile(key string) string { return strings.TrimSuffix(key, ".key") + ".pub" }

// Create makes a key for the ledger of that origin: the private key in file (mode 0600, PKCS#8, encrypted unless the passphrase is
// empty) and the public line in PublicFile. Neither may be there already. It returns the public line.
func Create(file, origin string, passphrase []byte) (string, error) {
	pub := PublicFile(file)
	for _, name := range []string{file, pub} {
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			return "", cred.Because(err, "ledger.key", name+" is there already", "name another file: a key is never written over")
		}
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", err
	}
	defer clear(key)
	signer, err := seal.NewSigner(origin, key)
	if err != nil {
		return "", err
	}
	text, err := keyfile.Encode(key, passphrase)
	if err != nil {
		return "", err
	}
	defer clear(text)
	if err := atomicfile.Create(file, text, 0o600); err != nil {
		return "", unwritten(err, file)
	}
	if err := atomicfile.Create(pub, []byte(signer.Public()+"\n"), 0o644); err != nil {
		return "", errors.Join(unwritten(err, pub), os.Remove(file))
	}
	return signer.Public(), nil
}

func unwritten(err error, name string) error {
	return cred.Because(err, "config.file", name+" cannot be written", "name a file in a folder that you may write to")
}

// Key is a private key at rest.
type Key struct {
	file  string
	block keyfile.Block
}

// Load finds the key in its file and opens nothing.
func Load(file string) (*Key, error) {
	text, err := atomicfile.Read(file, maxFile)
	if err != nil {
		return nil, cred.Because(err, "ledger.key", "the ledger's key "+file+" cannot be read", "name the file that sectag ledger key made")
	}
	defer clear(text)
	blocks := keyfile.Scan(bytes.Clone(text))
	if len(blocks) != 1 {
		return nil, cred.Failed("ledger.key", "the file "+file+" does not hold one private key", "name the file that sectag ledger key made")
	}
	return &Key{file, blocks[0]}, nil
}

// Encrypted tells whether Open needs a passphrase.
func (k *Key) Encrypted() bool { return k.block.Encrypted }

// Open opens the key; the passphrase is the caller's to clear. A line end of Windows is no part of it.
func (k *Key) Open(passphrase []byte) (crypto.Signer, error) {
	key, err := k.block.Open(passphrase)
	if bare := bytes.TrimRight(passphrase, "\r"); errors.Is(err, keyfile.ErrWrongPassphrase) && len(bare) < len(passphrase) {
		key, err = k.block.Open(bare)
	}
	if err != nil {
		return nil, cred.Because(err, "ledger.key", "the ledger's key "+k.file+" cannot be opened: "+err.Error(),
			"its passphrase is its own, not the authority's; capitals and a space at the end matter")
	}
	if _, ok := key.(ed25519.PrivateKey); !ok {
		keyfile.Clear(key)
		return nil, cred.Failed("ledger.key", "the key in "+k.file+" is no Ed25519 key", "name the file that sectag ledger key made; the authority's key does not sign checkpoints")
	}
	return key, nil
}

// Trust reads the public keys that a file names (seal.ParsePublic).
func Trust(file string) (*seal.Public, error) {
	text, err := atomicfile.Read(file, maxFile)
	if err != nil {
		return nil, cred.Because(err, "config.file", "the public key "+file+" cannot be read", "name the .pub file that sectag ledger key made")
	}
	p, err := seal.ParsePublic(text)
	if err != nil {
		return nil, cred.Because(err, "config.value", file+": "+err.Error(), "name the .pub file that sectag ledger key made")
	}
	return p, nil
}
