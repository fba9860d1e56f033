package console

import (
	"bytes"
	"context"
	"crypto"
	"os"

	"example.org/sectag/bench/notary"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/ledger"
)

// LedgerPassFile names, in the environment, the file with the passphrase of the ledger's key for verbs that write records. It is not
// --passphrase-file: that one is the authority's.
const LedgerPassFile = "SECTAG_LEDGER_PASSPHRASE_FILE"

// WriteLedger opens the profile's ledger for writing, and with the profile's key has its states signed; nil when there is no ledger. A
// key that is not there or does not open holds no unit up: it is said, and the states stay unsigned. That the log is no longer what was
// signed does.
func (c *Console) WriteLedger(ctx context.Context, p profile.Profile) (*ledger.Store, error) {
	return c.writeLedger(ctx, p, true)
}

// CountLedger is WriteLedger for a verb that takes a number from the ledger and writes no record: no state comes of it that could stay
// unsigned, so nobody is asked for the key's passphrase, and of a key that does not open nothing is said.
func (c *Console) CountLedger(ctx context.Context, p profile.Profile) (*ledger.Store, error) {
	return c.writeLedger(ctx, p, false)
}

func (c *Console) writeLedger(ctx context.Context, p profile.Profile, records bool) (*ledger.Store, error) {
	if p.Ledger == "" {
		return nil, nil
	}
	l, err := ledger.OpenAs(ctx, p.Ledger, p.Station)
	if err != nil || p.Notary == "" {
		return l, err
	}
	key, err := c.ledgerKey(p.Notary, records)
	if err == nil {
		err = l.SignWith(ctx, key)
	}
	switch f := cred.AsFault(err); {
	case err == nil:
	case f.Code == "ledger.broken" || f.Code == "store.stopped":
		_ = l.Close() // nothing was written
		return nil, err
	case records:
		c.Note("the ledger's checkpoints are not signed: %s\nhint: name the file with its passphrase in %s (--passphrase-file is the authority's); sectag ledger checkpoint signs what stands unsigned\n", f.Text, LedgerPassFile)
	}
	return l, nil
}

// ledgerKey opens the key that signs checkpoints, for a verb that can do without; ask says whether a person may be asked.
func (c *Console) ledgerKey(file string, ask bool) (crypto.Signer, error) {
	k, err := notary.Load(file)
	if err != nil || !k.Encrypted() {
		return opened(k, nil, err)
	}
	var pass []byte
	switch name := os.Getenv(LedgerPassFile); {
	case name != "":
		pass, err = passphraseFrom(name)
	case ask && c.Terminal():
		pass, err = c.AskPassphrase("passphrase of the ledger's key " + file + " (Enter: go on without signed checkpoints): ")
	}
	defer clear(pass)
	return opened(k, pass, err)
}

// LedgerKey opens the key that signs checkpoints, for a verb that is there to sign.
func (c *Console) LedgerKey(file string) (crypto.Signer, error) {
	k, err := notary.Load(file)
	if err != nil || !k.Encrypted() {
		return opened(k, nil, err)
	}
	var pass []byte
	if name := c.LedgerPassphraseFile(); name != "" {
		pass, err = passphraseFrom(name)
	} else {
		pass, err = c.AskPassphrase("passphrase of the ledger's key " + file + ": ")
	}
	defer clear(pass)
	return opened(k, pass, err)
}

// LedgerPassphraseFile is the file with the passphrase of the ledger's key, for a verb that needs no other: by flag, or LedgerPassFile. The
// variable of the authority's is not looked at: the two keys are kept apart.
func (c *Console) LedgerPassphraseFile() string {
	if c.PassFile != "" {
		return c.PassFile
	}
	return os.Getenv(LedgerPassFile)
}

// NewLedgerPassphrase reads a passphrase for a ledger's key that does not exist yet, as NewPassphrase does.
func (c *Console) NewLedgerPassphrase(prompt string) ([]byte, error) {
	name := c.LedgerPassphraseFile()
	if name == "" {
		return c.TypedTwice(prompt)
	}
	line, err := passphraseFrom(name)
	return bytes.TrimRight(line, "\r"), err
}

func opened(k *notary.Key, pass []byte, err error) (crypto.Signer, error) {
	if err != nil {
		return nil, err
	}
	return k.Open(pass)
}
