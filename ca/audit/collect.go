package audit

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.org/sectag/ca/certfile"
	"example.org/sectag/ca/keyfile"
	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
)

// held is a certificate and where it was found. A certificate that is found twice is held once.
type held struct {
	file string
	cert *x509.Certificate
	role role
}

// heldKey is a private key and where it was found, not opened.
type heldKey struct {
	file  string
	block keyfile.Block
	mode  fs.FileMode
}

// collection is what a set of files and folders holds.
type collection struct {
	certs    []*held
	keys     []heldKey
	seen     map[cred.Digest]bool // of DER
	bySubj   map[string][]*held   // by raw subject: the candidates for an issuer
	findings []cred.Finding       // what could not be read in a folder
	profile  lint.Profile         // that units are held to; empty: none
}

// collect reads files and, to any depth, folders. A file that was named must be there and hold a certificate or a key; in a
// folder other files are passed by, and so are hidden folders.
func collect(names []string) (*collection, error) {
	c := newCollection()
	for _, name := range names {
		info, err := os.Stat(name)
		if err == nil && info.IsDir() {
			err = filepath.WalkDir(name, c.walk)
		} else {
			err = c.named(name)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(c.certs)+len(c.keys) == 0 {
		return nil, cred.Failed("config.file", "there is no certificate in what was given",
			"give files in PEM or DER, or folders of them")
	}
	c.index()
	return c, nil
}

func newCollection() *collection {
	return &collection{bySubj: map[string][]*held{}, seen: map[cred.Digest]bool{}}
}

// index gives every certificate its role and makes it findable as an issuer, once all are there.
func (c *collection) index() {
	for _, h := range c.certs {
		h.role = roleOf(h.cert)
		c.bySubj[string(h.cert.RawSubject)] = append(c.bySubj[string(h.cert.RawSubject)], h)
	}
}

func (c *collection) named(name string) error {
	data, err := certfile.Read(name, "certificate")
	if err != nil {
		return err
	}
	found, err := c.take(name, data)
	if err == nil && !found {
		err = fmt.Errorf("it holds neither a certificate nor a private key")
	}
	if err != nil {
		return cred.Because(err, "config.file", fmt.Sprintf("%s: %s", name, certfile.Printable(err.Error())),
			"give files in PEM or DER; look at one with openssl x509 -text -in FILE")
	}
	return nil
}

// walk takes one entry of a folder. It never stops the walk: what cannot be read is a finding.
func (c *collection) walk(name string, d fs.DirEntry, err error) error {
	switch {
	case err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2:
		return fs.SkipDir
	case err == nil && d.IsDir():
		return nil
	}
	if err == nil {
		var info fs.FileInfo
		info, err = os.Stat(name)
		switch {
		case err == nil && !info.Mode().IsRegular(): // a link to a folder among them: the folder itself is walked where it stands
			return nil
		case err == nil && info.Size() > certfile.MaxFile && mayBe(name):
			err = fmt.Errorf("it has %d bytes, and at most %d are read", info.Size(), certfile.MaxFile)
		case err == nil && info.Size() > certfile.MaxFile:
			return nil
		}
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(name)
	}
	if err == nil {
		var found bool
		if found, err = c.take(name, data); err == nil && !found {
			c.passBy(name, data)
		}
	}
	if err != nil {
		c.findings = append(c.findings, cred.Finding{
			Code: "config.file", Severity: cred.Warning, File: name,
			Text: "this file of the folder cannot be read: " + certfile.Printable(err.Error()), Hint: "look at it by hand, or take it away",
		})
	}
	return nil
}

// mayBe tells by its name whether a file is meant to be read here.
func mayBe(name string) bool {
	return slices.Contains([]string{".pem", ".crt", ".cer", ".der", ".key"}, strings.ToLower(filepath.Ext(name)))
}

// passBy names a request or a list of revoked certificates, which belong into the folder of an authority and are not judged.
func (c *collection) passBy(name string, data []byte) {
	der, what := data, ""
	for _, b := range cred.Blocks(data) {
		der = b.Bytes
	}
	if _, err := x509.ParseCertificateRequest(der); err == nil {
		what = "a request for a certificate"
	} else if revokes(der) {
		what = "a list of revoked certificates"
	}
	if what != "" {
		c.findings = append(c.findings, cred.Finding{
			Code: "ca.passed-by", Severity: cred.Info, File: name, Text: what + ", which the audit does not judge",
			Hint: "nothing is to be done; look at it with openssl req or openssl crl",
		})
	}
}

// revokes tells a list of revoked certificates, of either version, by its shape (RFC 5280, section 5.1): Go's reader takes the second only.
func revokes(der []byte) bool {
	var list struct {
		TBS struct {
			Version    int `asn1:"optional"`
			Algorithm  pkix.AlgorithmIdentifier
			Issuer     pkix.RDNSequence
			ThisUpdate time.Time
		}
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	_, err := asn1.Unmarshal(der, &list)
	return err == nil
}

// take holds what a file has and says whether it had anything.
func (c *collection) take(name string, data []byte) (found bool, err error) {
	keys := keyfile.Scan(data)
	mode := fs.FileMode(0)
	if info, err := os.Stat(name); err == nil {
		mode = info.Mode().Perm()
	}
	for _, k := range keys {
		c.keys = append(c.keys, heldKey{name, k, mode})
	}
	certs, err := certfile.Parse(data)
	for _, x := range certs {
		if id := cred.Sum(x.Raw); !c.seen[id] {
			c.seen[id] = true
			c.certs = append(c.certs, &held{file: name, cert: x})
		}
	}
	return len(keys)+len(certs) > 0, err
}
