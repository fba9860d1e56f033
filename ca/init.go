package ca

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"path/filepath"
	"time"

	"example.org/sectag/ca/audit"
	"example.org/sectag/ca/certfile"
	"example.org/sectag/ca/chain"
	"example.org/sectag/ca/keyfile"
	"example.org/sectag/ca/pairfile"
	"example.org/sectag/ca/subject"
	"example.org/sectag/cred"
)

// DefaultDays is a root's life: twenty years, so that units with ten years of life can be made for ten years.
const DefaultDays = 7300

const (
	maxDays = 36_525           // a century: nobody wants more, and 9999 is the end of what a certificate can say
	oneDay  = 24 * time.Hour   // certificates count days without leap seconds and summer time
	grace   = 10 * time.Minute // how far in the past a certificate begins, for servers whose clock is behind
)

// InitOptions says what authority to make.
type InitOptions struct {
	Under      *Authority // the root that signs the new authority, which is an intermediate then; nil: it is a root itself
	Dir        string     // where root.crt and root.key go, or intermediate.crt and .key; made if it is not there, with mode 0700
	Subject    string     // "CN=…,O=…,C=…"; empty: a name with today's date
	Days       int        // of life; 0 means DefaultDays, or of an intermediate its root's whole life
	Passphrase []byte     // of the new key; the caller clears it
	Plaintext  bool       // leave the key in clear: for trying things out
	Clock      Clock      // Now is needed, Build is welcome

	iterations int          // tests work with fewer
	at         func(string) // tests are told each step of publishing
}

// Created is what `ca init` tells.
type Created struct {
	Cert     string         `json:"cert"` // path
	Key      string         `json:"key"`  // path
	Subject  string         `json:"subject"`
	NotAfter time.Time      `json:"not_after"`
	SHA256   cred.Digest    `json:"sha256"`           // of root.crt, as sha256sum says; of an intermediate its own block, as ca show says
	Issuer   string         `json:"issuer,omitempty"` // the root above an intermediate
	Findings []cred.Finding `json:"findings"`         // ca.clear-key
}

// Init makes an authority: a new EC P-256 key and a certificate that may sign certificates and revocation lists (RFC 5280, section
// 4.2.1.3), published both or neither. A root signs its own; an intermediate's is signed by its root, lets no authority stand below it
// (pathlen 0), never outlives it, and has it behind it in its file. Faults: ca.exists, ca.passphrase (none, or one that openssl could
// not read from a file), ca.clock, config.value, config.file; of an intermediate those of SignAuthority.
func Init(o InitOptions) (Created, error) {
	if !o.Plaintext {
		if err := keyfile.PassphraseOK(o.Passphrase); err != nil {
			return Created{}, err
		}
	} else if len(o.Passphrase) > 0 {
		return Created{}, cred.Failed("usage.flag", "a passphrase and a key in clear exclude each other",
			"leave --insecure-plaintext out to have the key encrypted")
	}
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Created{}, fmt.Errorf("making the authority's key: %w", err)
	}
	defer keyfile.Clear(signer)
	der, err := o.sign(signer)
	if err != nil {
		return Created{}, err
	}
	return o.publish(der, signer)
}

// InitWith is Init over a key that exists already and is written nowhere: only the certificate is made. A root's key signs; of an
// intermediate's only the public half is looked at. Passphrase and Plaintext are not. Faults: those of Init, and the signer's.
func InitWith(o InitOptions, signer crypto.Signer) (Created, error) {
	der, err := o.sign(signer)
	if err != nil {
		return Created{}, err
	}
	return o.publish(der, nil)
}

func (o InitOptions) sign(signer crypto.Signer) ([]byte, error) {
	name, days, err := o.check()
	if err != nil {
		return nil, err
	}
	subj, err := subject.Parse(name)
	if err != nil {
		return nil, err
	}
	now := o.Clock.Now.UTC().Truncate(time.Second)
	tmpl := &x509.Certificate{
		Subject: subj, NotBefore: now.Add(-grace), NotAfter: now.Add(time.Duration(days) * oneDay),
		BasicConstraintsValid: true, IsCA: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if o.Under != nil {
		tmpl.MaxPathLenZero = true
		if days == 0 {
			tmpl.NotAfter = o.Under.line().End()
		}
		return o.Under.SignAuthority(tmpl, signer.Public(), o.Clock)
	}
	tmpl.SerialNumber = newSerial()
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, signer.Public(), signer)
	if err != nil {
		return nil, fmt.Errorf("signing the root: %w", err)
	}
	return der, nil
}

func (o InitOptions) check() (name string, days int, err error) {
	if _, err := DoubtClock(o.Clock); err != nil {
		return "", 0, err
	}
	name, days = o.Subject, o.Days
	if days == 0 && o.Under == nil {
		days = DefaultDays
	}
	if days < 0 || days > maxDays {
		return "", 0, cred.Failed("config.value", fmt.Sprintf("an authority cannot live %d days", days),
			fmt.Sprintf("give 1 to %d days; %d is twenty years", maxDays, DefaultDays))
	}
	if name == "" {
		name = "CN=sectag " + o.name() + " " + o.Clock.Now.UTC().Format(certfile.Day)
	}
	return name, days, nil
}

// name is that of the two files (contract, ca init), and what the new authority is.
func (o InitOptions) name() string {
	if o.Under != nil {
		return "intermediate"
	}
	return "root"
}

func (o InitOptions) publish(der []byte, signer crypto.Signer) (Created, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return Created{}, fmt.Errorf("reading the new authority back: %w", err)
	}
	var above chain.Chain
	var by *Root
	if o.Under != nil {
		above, by = o.Under.line(), &o.Under.Root
	}
	if err := fit(cert, by, o.name()); err != nil {
		return Created{}, err
	}
	whole, err := chain.Climb(cert, above)
	if err != nil {
		return Created{}, fmt.Errorf("judging the new authority: %w", err)
	}
	var key []byte
	if signer != nil {
		if key, err = keyfile.EncodeIterated(signer, o.Passphrase, cmp.Or(o.iterations, keyfile.Iterations)); err != nil {
			return Created{}, fmt.Errorf("writing the authority's key: %w", err)
		}
	}
	defer clear(key)
	p := pairfile.Pair{Name: o.name(), Key: key, Cert: whole.PEM(), At: o.at}
	if err := p.Publish(o.Dir); err != nil {
		return Created{}, err
	}
	out := Created{
		Cert: filepath.Join(o.Dir, p.Name+pairfile.CertExt), Key: filepath.Join(o.Dir, p.Name+pairfile.KeyExt),
		Subject: certfile.Printable(cert.Subject.String()), NotAfter: cert.NotAfter.UTC(),
		SHA256: cred.Sum(cred.CertPEM(der)), Findings: []cred.Finding{},
	}
	if o.Under != nil {
		out.Issuer = certfile.Subject(o.Under.Cert)
	}
	if o.Plaintext && signer != nil {
		out.Findings = append(out.Findings, ClearKey(out.Key))
	}
	return out, nil
}

// ClearKey warns of an authority's private key that lies in a file in clear: ca.clear-key.
func ClearKey(file string) cred.Finding {
	return cred.Finding{
		Code: "ca.clear-key", Severity: cred.Warning, File: file,
		Text: "the authority's private key lies in clear: whoever copies the file can make units",
		Hint: "encrypt it before the first unit, and destroy the clear copy: " + audit.EncryptKey,
	}
}
