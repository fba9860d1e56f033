package audit

import (
	"crypto/x509"
	"fmt"
	"runtime"

	"example.org/sectag/ca/certfile"
	"example.org/sectag/ca/keyfile"
	"example.org/sectag/cred"
)

// shared finds keys and serials that two different certificates have. A unit's key on two units is one identity for both; a
// serial twice means that revoking one revokes the other.
func (c *collection) shared() []cred.Finding {
	var out []cred.Finding
	keys, serials := map[cred.Digest]*held{}, map[string]*held{}
	for _, h := range c.certs {
		spki := cred.Sum(h.cert.RawSubjectPublicKeyInfo)
		serial := string(h.cert.RawIssuer) + "\x00" + certfile.Serial(h.cert)
		if other := keys[spki]; other == nil {
			keys[spki] = h
		} else if string(other.cert.RawSubject) != string(h.cert.RawSubject) {
			out = append(out, h.finding("ca.shared-key", cred.Error, "has the same key as "+certfile.Subject(other.cert),
				"give each its own key: no two identities may share one"))
		}
		if other := serials[serial]; other == nil {
			serials[serial] = h
		} else {
			out = append(out, h.finding("ca.shared-serial", cred.Error,
				fmt.Sprintf("has the serial %s of %s, from the same issuer", certfile.Serial(h.cert), certfile.Subject(other.cert)),
				"issue one of them anew: revoking one would revoke both"))
		}
	}
	return out
}

// auditKey judges how a private key lies in its file.
func (c *collection) auditKey(k heldKey) []cred.Finding {
	var out []cred.Finding
	if k.mode&0o077 != 0 && runtime.GOOS != "windows" {
		out = append(out, cred.Finding{
			Code: "ca.key-mode", Severity: cred.Warning, File: k.file,
			Text: fmt.Sprintf("this private key can be read by others of this computer (mode %04o)", k.mode), Hint: "chmod 600 " + k.file,
		})
	}
	if k.block.Encrypted {
		return out
	}
	owner := c.owner(k.block)
	switch {
	case owner == nil:
		out = append(out, clearKey(k.file, "this private key lies in clear", "encrypt it, or delete it if it is in a modem: "+EncryptKey))
	case owner.role == roleAuthority || owner.role == roleIntermediate:
		out = append(out, clearKey(k.file, "the private key of the authority "+certfile.Subject(owner.cert)+
			" lies in clear: whoever copies it can make units", "encrypt it, and destroy every clear copy: "+EncryptKey))
	default:
		out = append(out, clearKey(k.file, fmt.Sprintf("the private key of %s lies in clear", certfile.Subject(owner.cert)),
			"delete it when it is in the modem, which never gives it back; encrypt it if it must stay: "+EncryptKey))
	}
	return out
}

// EncryptKey is how a clear key is encrypted with what everybody has.
const EncryptKey = "openssl pkcs8 -topk8 -v2 aes-256-cbc -iter 600000 -in OLD -out NEW"

// owner finds the certificate that a clear key belongs to.
func (c *collection) owner(b keyfile.Block) *held {
	key, err := b.Open(nil)
	if err != nil {
		return nil
	}
	defer keyfile.Clear(key)
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil
	}
	for _, h := range c.certs {
		if string(h.cert.RawSubjectPublicKeyInfo) == string(spki) {
			return h
		}
	}
	return nil
}

func clearKey(file, text, hint string) cred.Finding {
	return cred.Finding{Code: "ca.clear-key", Severity: cred.Warning, Text: text, Hint: hint, File: file}
}
