package slotfile

import (
	"crypto/x509"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
)

// Anchor reads a file of roots as a slot will hold them, and refuses what no unit should trust.
func Anchor(name string, now time.Time) ([]byte, error) {
	file, err := atomicfile.Read(name, 1<<20)
	if err != nil {
		return nil, cred.Because(err, "config.anchor", "the trust anchor "+name+" cannot be read", "fetch it with sectag probe URL --anchor-out "+name)
	}
	content, err := cred.Content(cred.RootCA, file)
	if err != nil {
		return nil, cred.Because(err, "config.anchor", "the trust anchor "+name+": "+err.Error(), "fetch it with sectag probe URL --anchor-out F")
	}
	for _, b := range cred.Blocks(content) {
		if err := anchorOK(b.Bytes, now); err != nil {
			return nil, err
		}
	}
	return content, nil
}

func anchorOK(der []byte, now time.Time) error {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return cred.Because(err, "config.anchor", "the trust anchor cannot be read", "fetch it with sectag probe URL --anchor-out F")
	}
	switch {
	case !c.IsCA:
		return cred.Failed("chain.leaf-anchor", c.Subject.String()+" is a server's own certificate, not an authority's",
			"store the root that it chains to: the units would be cut off when the server renews it")
	case now.After(c.NotAfter):
		return cred.Failed("chain.expired", "the trust anchor "+c.Subject.String()+" ended on "+c.NotAfter.UTC().Format("2006-01-02"), "probe the server for the root that it uses now")
	}
	return nil
}
