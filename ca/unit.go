package ca

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"fmt"
	"path/filepath"

	"example.org/sectag/ca/keyfile"
	"example.org/sectag/ca/pairfile"
	"example.org/sectag/cred"
)

// UnitOptions says which unit's credentials go into which folder.
type UnitOptions struct {
	Dir         string
	IMEI        cred.IMEI // the files' name
	Certificate Certificate
	Key         *Key
	Passphrase  []byte // empty: the key is written in clear, for one write or one test

	iterations int
	at         func(string)
}

// Issued is what `ca issue` tells.
type Issued struct {
	Cert        string         `json:"cert"` // path
	Key         string         `json:"key"`  // path
	Certificate Certificate    `json:"certificate"`
	Findings    []cred.Finding `json:"findings"` // ca.clear-key
}

// WriteUnit writes Dir/<imei>.crt and Dir/<imei>.key (PKCS#8, mode 0600), both or neither, and never over a file that is
// there. Faults: ca.exists, ca.key-mismatch, config.file, config.value (no IMEI).
func WriteUnit(o UnitOptions) (Issued, error) {
	if o.IMEI.String() == "" {
		return Issued{}, cred.Failed("config.value", "a unit's files need its IMEI", "give --imei with fifteen digits")
	}
	spki, err := x509.MarshalPKIXPublicKey(o.Key.Public())
	if err != nil {
		return Issued{}, fmt.Errorf("writing the unit's public key: %w", err)
	}
	if cred.Sum(spki) != o.Certificate.SPKI {
		return Issued{}, cred.Failed("ca.key-mismatch", "the unit's certificate is for another key", "issue the certificate for this key")
	}
	key, err := o.keyBytes()
	if err != nil {
		return Issued{}, err
	}
	defer clear(key)
	p := pairfile.Pair{Name: o.IMEI.String(), Key: key, Cert: []byte(o.Certificate.PEM), At: o.at}
	if err := p.Publish(o.Dir); err != nil {
		return Issued{}, err
	}
	out := Issued{
		Cert: filepath.Join(o.Dir, p.Name+pairfile.CertExt), Key: filepath.Join(o.Dir, p.Name+pairfile.KeyExt),
		Certificate: o.Certificate, Findings: []cred.Finding{},
	}
	if len(o.Passphrase) == 0 {
		out.Findings = append(out.Findings, cred.Finding{
			Code: "ca.clear-key", Severity: cred.Warning, File: out.Key,
			Text: "the unit's private key is written in clear, for one write or one test",
			Hint: "delete it when the modem has it (the modem never gives it back), or issue with --encrypt",
		})
	}
	return out, nil
}

func (o UnitOptions) keyBytes() ([]byte, error) {
	if o.Key.PEM() == nil {
		return nil, cred.Failed("ca.locked", "the unit's key was forgotten already", "issue the certificate again, with a new key")
	}
	if len(o.Passphrase) == 0 {
		return bytes.Clone(o.Key.PEM()), nil
	}
	if err := keyfile.PassphraseOK(o.Passphrase); err != nil {
		return nil, err
	}
	text, err := keyfile.EncodeIterated(o.Key.signer, o.Passphrase, cmp.Or(o.iterations, keyfile.Iterations))
	if err != nil {
		return nil, fmt.Errorf("encrypting the unit's key: %w", err)
	}
	return text, nil
}
