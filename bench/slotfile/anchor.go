package slotfile

import (
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/internal/atomicfile"
	"example.org/sectag/ledger/record"
)

const fetchAnchor = "fetch it with sectag probe URL --anchor-out F"

// Anchors reads the roots of one slot as the slot will hold them, file after file: a primary root and its backup, in one file or in
// two. It refuses what no unit should trust, and a root that is there twice: it would take room and give nothing.
func Anchors(names []string, now time.Time) ([]byte, error) {
	var all []byte
	from := map[cred.Digest]string{}
	for _, name := range names {
		file, err := atomicfile.Read(name, 1<<20)
		if err != nil {
			return nil, cred.Because(err, "config.anchor", "the trust anchor "+name+" cannot be read", "fetch it with sectag probe URL --anchor-out "+name)
		}
		content, err := cred.Content(cred.RootCA, file)
		if err != nil {
			return nil, cred.Because(err, "config.anchor", "the trust anchor "+name+": "+err.Error(), fetchAnchor)
		}
		for _, b := range cred.Blocks(content) {
			if err := anchorOK(b.Bytes, now); err != nil {
				return nil, err
			}
			at := cred.Sum(b.Bytes)
			if before, twice := from[at]; twice {
				return nil, again(b.Bytes, before, name)
			}
			from[at] = name
		}
		all = append(all, content...)
	}
	return all, nil
}

func again(der []byte, before, name string) error {
	where := "in " + name
	if before != name {
		where = "in " + before + " and in " + name
	}
	return cred.Failed("config.anchor", fmt.Sprintf("the trust anchor %s is %s twice over", subject(der), where), "leave one of them: the slot's room is short")
}

func subject(der []byte) string {
	if c, err := x509.ParseCertificate(der); err == nil {
		return c.Subject.String()
	}
	return "of an unknown name"
}

func anchorOK(der []byte, now time.Time) error {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return cred.Because(err, "config.anchor", "the trust anchor cannot be read", fetchAnchor)
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

// Trust is what the planned slots are to trust: each root once, and what is to be said of them. The zero value is nothing.
type Trust struct {
	Facts  []flows.AnchorFacts
	Doubts []cred.Finding
}

// Add adds the roots of one slot. known is a root of which the caller knows more than that it is in a file. Roots that must live as
// long as the product (life) are asked for that; zero is not asked.
func (t *Trust) Add(tag cred.SecTag, content []byte, now time.Time, life time.Duration, known flows.AnchorFacts) {
	for _, f := range roots(content) {
		if f.SHA256 == known.SHA256 {
			f.Source, f.Trust = known.Source, known.Trust
		}
		if !slices.Contains(t.Facts, f) {
			t.Facts = append(t.Facts, f)
		}
	}
	for _, f := range doubts(tag, content, now, life) {
		if !slices.Contains(t.Doubts, f) {
			t.Doubts = append(t.Doubts, f)
		}
	}
}

// roots names the roots in a slot's content, in its order, as a file has them.
func roots(content []byte) []flows.AnchorFacts {
	out := []flows.AnchorFacts{}
	for _, b := range cred.Blocks(content) {
		pem := cred.CertPEM(b.Bytes)
		f := flows.AnchorFacts{SHA256: cred.Sum(pem), DER: cred.Sum(b.Bytes), PEMBytes: len(pem), Source: "file", Trust: "file"}
		if c, err := x509.ParseCertificate(b.Bytes); err == nil {
			f.Subject, f.NotAfter = c.Subject.String(), record.Stamp(c.NotAfter)
		}
		out = append(out, f)
	}
	return out
}

// Large is the size from which on roots are warned of: with two of 4096-bit RSA a slot is near what an AT host takes in one command
// (nrf91.md section 4.1: 4095 characters), and one modem died of 5 kB (section 3).
const Large = 3072

// doubts are findings about the roots of a slot: too large to be sure, or not for as long as the product lives.
func doubts(tag cred.SecTag, content []byte, now time.Time, life time.Duration) []cred.Finding {
	var out []cred.Finding
	if n := len(content); n >= Large {
		out = append(out, cred.Finding{
			Code: "store.anchor-large", Severity: cred.Warning, Text: fmt.Sprintf("the trust anchors of sec_tag %d have %d B together", tag, n),
			Hint: "few AT hosts take 4 kB in one command, and modems were seen to fail with 5 kB: prefer roots with EC keys",
		})
	}
	for _, b := range cred.Blocks(content) {
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil || life == 0 || !c.NotAfter.Before(now.Add(life)) {
			continue
		}
		out = append(out, cred.Finding{
			Code: "chain.anchor-short", Severity: cred.Warning,
			Text: fmt.Sprintf("the trust anchor %s ends on %s, before the product's life does", c.Subject, c.NotAfter.UTC().Format("2006-01-02")),
			Hint: "take a root that lives longer, or have a way to replace it in the field",
		})
	}
	return out
}
