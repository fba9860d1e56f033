package ca

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"example.org/sectag/ca/certfile"
	"example.org/sectag/ca/chain"
	"example.org/sectag/ca/keyfile"
	"example.org/sectag/ca/pairfile"
	"example.org/sectag/cred"
)

// Root is an authority's own certificate: public, no key. It is a root, or an intermediate that signs units in a root's name. Load
// makes one.
type Root struct {
	Cert  *x509.Certificate
	PEM   []byte      // the minimal block, the bytes of slot type 0
	Chain chain.Chain // Cert first, then what stands above it, up to the root; empty: Cert is a root that was not read from a file
	File  string      // where it was read
}

// Load reads an authority to work with: a file with one self-signed CA certificate that may sign certificates and has not ended,
// or one that begins with an intermediate and has its root behind it (chain.Read). A root made by the OpenSSL recipe is one. Faults:
// those of chain.Read, ca.expired (it, or what stands above it). One that has not begun is the clock's matter: see DoubtClock.
func Load(certFile string, now time.Time) (Root, error) {
	c, err := chain.Read(certFile)
	if err != nil {
		return Root{}, err
	}
	r := Root{Cert: c[0], PEM: cred.CertPEM(c[0].Raw), Chain: c, File: certFile}
	if err := r.inDate(now); err != nil {
		return Root{}, err
	}
	return r, nil
}

func (r Root) inDate(now time.Time) error {
	if c := r.line().Ended(now); c != nil {
		text := fmt.Sprintf("the authority %s ended on %s", certfile.Subject(c), c.NotAfter.UTC().Format(certfile.Day))
		return cred.Failed("ca.expired", text,
			"make a new one with sectag ca init, and give it to the server before the first unit has a certificate of it")
	}
	return nil
}

// line is the chain of an authority that was not loaded from a file: itself alone.
func (r Root) line() chain.Chain {
	if len(r.Chain) == 0 {
		return chain.Chain{r.Cert}
	}
	return r.Chain
}

// Intermediate tells whether another authority stands above this one.
func (r Root) Intermediate() bool { return len(r.Chain) > 1 }

// DaysLeft is how many whole days a certificate signed at that time can live under this authority. Never negative.
func (r Root) DaysLeft(now time.Time) int {
	return max(0, certfile.Days(now, r.line().End()))
}

// Info is what `ca show` tells of any certificate.
type Info struct {
	Subject      string      `json:"subject"` // RFC 2253
	Issuer       string      `json:"issuer"`
	Serial       string      `json:"serial"`
	NotBefore    time.Time   `json:"not_before"`
	NotAfter     time.Time   `json:"not_after"`
	Key          string      `json:"key"`    // "EC P-256"
	SHA256       cred.Digest `json:"sha256"` // of the minimal PEM block, as in a slot
	IsCA         bool        `json:"is_ca"`
	Root         string      `json:"root,omitempty"`          // above an intermediate, when it is in the file
	KeyEncrypted *bool       `json:"key_encrypted,omitempty"` // absent when no key file is known
	Protection   Protection  `json:"protection,omitempty"`    // of the key, as records say it; absent when no key is known
}

// Show tells of the first certificate in a file, whatever it is. The key file is looked at, not opened; when none is named, the
// one with the certificate's name and the ending .key is, if it is there.
func Show(certFile, keyFile string) (Info, error) {
	certs, err := certfile.Certs(certFile)
	if err != nil {
		return Info{}, err
	}
	info := infoOf(certs[0])
	if c, err := chain.Read(certFile); err == nil && len(c) > 1 {
		info.Root = certfile.Subject(c.Root())
	}
	if keyFile == "" {
		keyFile = strings.TrimSuffix(certFile, filepath.Ext(certFile)) + pairfile.KeyExt
		if _, err := os.Stat(keyFile); err != nil {
			return info, nil
		}
	}
	blocks, err := readKeys(keyFile)
	if err != nil {
		return info, err
	}
	encrypted := true
	for _, b := range blocks {
		encrypted = encrypted && b.Encrypted
	}
	info.KeyEncrypted, info.Protection = &encrypted, protection(keyfile.Block{Encrypted: encrypted})
	return info, nil
}

func infoOf(c *x509.Certificate) Info {
	return Info{
		Subject: certfile.Printable(c.Subject.String()), Issuer: certfile.Printable(c.Issuer.String()), Serial: certfile.Serial(c),
		NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(), Key: cred.KeyName(c.PublicKey),
		SHA256: cred.Sum(cred.CertPEM(c.Raw)), IsCA: certfile.IsCA(c),
	}
}

// readKeys finds the private keys of a file, at least one, none opened.
func readKeys(name string) ([]keyfile.Block, error) {
	data, err := certfile.Read(name, "private key")
	if err != nil {
		return nil, err
	}
	blocks := keyfile.Scan(data)
	if len(blocks) == 0 {
		return nil, cred.Failed("config.file", name+" holds no private key",
			"give the file whose first line says BEGIN PRIVATE KEY or BEGIN ENCRYPTED PRIVATE KEY")
	}
	return blocks, nil
}
