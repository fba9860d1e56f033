package profile

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"example.org/sectag/ca/keyuri"
	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
	"example.org/sectag/ledger/address"
)

// Text writes the profile as a file in dir would hold it: paths below dir become relative, everything is said that is settled.
// What it writes, Parse reads back to the same profile.
func (p *Profile) Text(dir string) string {
	var b strings.Builder
	line := func(key, val string) {
		if val != "" {
			fmt.Fprintf(&b, "%s = %s\n", key, quote(val))
		}
	}
	table := func(name string) { fmt.Fprintf(&b, "\n[%s]\n", name) }
	b.WriteString("# What a unit of this product must hold. Every key is explained in docs/profile.md.\n")
	table("product")
	line("name", p.Product)
	line("batch", p.Batch)
	if p.Life > 0 {
		line("life", fmt.Sprintf("%dd", int(p.Life.Hours()/24)))
	}
	table("station")
	line("id", p.Station)
	line("operator", p.Operator)
	b.WriteString(p.stationText())
	table("authority")
	line("cert", relative(dir, p.Cert))
	line("key", relative(dir, p.Key))
	line("lock_after", p.lock())
	table("device")
	line("id", string(p.ID))
	line("key", string(p.Origin))
	if p.Until {
		line("validity", "issuer")
	} else if p.Days > 0 {
		line("validity", fmt.Sprintf("%dd", p.Days))
	}
	if p.Certificate != "" && p.Certificate != lint.LwM2M {
		line("certificate", string(p.Certificate))
	}
	if p.Chain {
		b.WriteString("send_chain = true\n")
	}
	for _, s := range p.Slots {
		b.WriteString(s.text(dir))
	}
	if len(p.PSK.Recipients) > 0 {
		table("psk")
		b.WriteString(p.PSK.text())
	}
	if p.Endpoint.Host != "" {
		table("endpoint")
		line("url", p.Endpoint.String())
		if p.Register {
			b.WriteString("register = true\n")
		}
	}
	b.WriteString(p.ledgerText(dir))
	p.proof(&b)
	return b.String()
}

// text is the slot's table.
func (s Slot) text(dir string) string {
	table := fmt.Sprintf("\n[[slot]]\nsec_tag = %d\nmode = %s\n", s.SecTag, quote(s.mode()))
	var files []string
	for _, f := range s.Anchors() {
		files = append(files, quote(relative(dir, f)))
	}
	switch len(files) {
	case 0:
		return table
	case 1:
		return table + "anchor = " + files[0] + "\n"
	}
	return table + "anchor = [" + strings.Join(files, ", ") + "]\n"
}

// ledgerText is the table of the ledger, if there is one.
func (p *Profile) ledgerText(dir string) string {
	if p.Ledger == "" {
		return ""
	}
	text := "\n[ledger]\nurl = " + quote(ledgerURL(dir, p.Ledger)) + "\n"
	if p.Notary != "" {
		text += "key = " + quote(relative(dir, p.Notary)) + "\n"
	}
	return text
}

// ledgerURL writes a ledger's address as a file in dir would have it.
func ledgerURL(dir, url string) string {
	if file, ok := address.File(url); ok {
		return "sqlite:" + relative(dir, file)
	}
	return url
}

// proof writes what units are held against, where it is not as it is without a word.
func (p *Profile) proof(b *strings.Builder) {
	if p.KeySize > 0 {
		fmt.Fprintf(b, "\n[firmware]\nkey_size = %d\n", p.KeySize)
	}
	if len(p.Also) > 0 {
		var tags []string
		for _, t := range p.Also {
			tags = append(tags, fmt.Sprint(uint32(t)))
		}
		fmt.Fprintf(b, "\n[inventory]\nalso = [%s]\n", strings.Join(tags, ", "))
	}
	if p.Readback != First && p.Readback != "" {
		fmt.Fprintf(b, "\n[evidence]\nreadback = %s\n", quote(string(p.Readback)))
	}
}

// Save writes the profile to a new file and refuses to replace one.
func (p *Profile) Save(path string) error {
	err := atomicfile.Create(path, []byte(p.Text(filepath.Dir(path))), 0o644)
	if err != nil {
		return cred.Because(err, "config.file", "the profile cannot be saved as "+path, "name a file that is not there yet, in a folder that you may write to")
	}
	return nil
}

// quote writes a TOML basic string; JSON's escapes are a part of TOML's.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(b)
}

func relative(dir, path string) string {
	if path == "" || keyuri.Is(path) { // a URI's paths are absolute
		return path
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	base, err := filepath.Abs(dir)
	if err != nil {
		return abs
	}
	if r, err := filepath.Rel(base, abs); err == nil && !strings.HasPrefix(r, "..") {
		return filepath.ToSlash(r)
	}
	return abs
}

// lock is how the file says when an authority locks; "" where that goes without saying.
func (p *Profile) lock() string {
	if p.Lock <= 0 || p.Lock == DefaultLock {
		return ""
	}
	return p.Lock.String()
}

// NameAnchors gives each slot without a trust anchor's file those that are known for its sec_tag, if any are.
func (p Profile) NameAnchors(files func(cred.SecTag) []string) {
	for i := range p.Slots {
		if named := files(p.Slots[i].SecTag); p.Slots[i].Anchor == "" && len(named) > 0 {
			p.Slots[i].Anchor, p.Slots[i].Backup = named[0], named[1:]
		}
	}
}
