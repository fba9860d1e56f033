package keyuri

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"

	"example.org/sectag/ca"
	"example.org/sectag/ca/certfile"
	"example.org/sectag/cred"
)

// Init makes an authority's certificate over a key that exists already, in a token or behind a command, and writes it into the folder of
// the options, whose passphrase is the token's PIN. publicFile names the public half in PEM: needed for exec:, and for a token that does
// not show it. The function opens the root that an intermediate stands under, nil for a root; it is called when the new authority's key
// has shown itself and is left again, since both may lie in one token.
// life is as with Open. Faults: those of ca.Init and Open; usage.flag, config.file.
func Init(life context.Context, o ca.InitOptions, key, publicFile string, above func() (*ca.Authority, error)) (ca.Created, error) {
	if !Is(key) {
		return ca.Created{}, cred.Failed("usage.flag", "a key that exists already is one behind pkcs11: or exec:",
			"without --signer a new key is made and written to a file")
	}
	if err := Check(key); err != nil {
		return ca.Created{}, err
	}
	public, err := publicOf(publicFile)
	if err != nil {
		return ca.Created{}, err
	}
	if public == nil && protection(key) == Command {
		return ca.Created{}, cred.Failed("usage.flag", "a command does not tell the public half of its key", "give it: --public F with a file that says BEGIN PUBLIC KEY")
	}
	s, err := find(life, key, public, o.Passphrase)
	if err != nil {
		return ca.Created{}, err
	}
	defer s.Close()
	if err := s.trial(); err != nil {
		return ca.Created{}, err
	}
	if public != nil && !public.(interface{ Equal(crypto.PublicKey) bool }).Equal(s.public) {
		return ca.Created{}, cred.Failed("ca.key-mismatch", "the key behind "+clip(key)+" is not that of "+publicFile, "name the public half of that key, or leave --public out")
	}
	if above != nil {
		s.Close()
		if o.Under, err = above(); err != nil {
			return ca.Created{}, err
		}
		defer o.Under.Lock()
	}
	made, err := ca.InitWith(o, s)
	made.Key = key
	return made, err
}

// publicOf reads a public key in PEM; nil without a file.
func publicOf(name string) (crypto.PublicKey, error) {
	if name == "" {
		return nil, nil
	}
	text, err := certfile.Read(name, "public key")
	if err != nil {
		return nil, err
	}
	const hint = "give a file whose first line says BEGIN PUBLIC KEY: openssl pkey -in KEY -pubout"
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, cred.Failed("config.file", name+" holds no public key", hint)
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, cred.Because(err, "config.file", "the public key in "+name+" cannot be read", hint)
	}
	return public, signs(public)
}
