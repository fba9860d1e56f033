package profile

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
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
	if p.Life > 0 {
		line("life", fmt.Sprintf("%dd", int(p.Life.Hours()/24)))
	}
	table("station")
	line("id", p.Station)
	line("operator", p.Operator)
	table("authority")
	line("cert", relative(dir, p.Cert))
	line("key", relative(dir, p.Key))
	if p.Lock > 0 && p.Lock != DefaultLock {
		line("lock_after", p.Lock.String())
	}
	table("device")
	line("id", string(p.ID))
	line("key", string(p.Origin))
	if p.Until {
		line("validity", "issuer")
	} else if p.Days > 0 {
		line("validity", fmt.Sprintf("%dd", p.Days))
	}
	for _, s := range p.Slots {
		fmt.Fprintf(&b, "\n[[slot]]\nsec_tag = %d\nmode = \"x509\"\n", s.SecTag)
		if len(s.Backup) == 0 {
			line("anchor", relative(dir, s.Anchor))
			continue
		}
		var files []string
		for _, f := range s.Anchors() {
			files = append(files, quote(relative(dir, f)))
		}
		fmt.Fprintf(&b, "anchor = [%s]\n", strings.Join(files, ", "))
	}
	if p.Endpoint.Host != "" {
		table("endpoint")
		line("url", p.Endpoint.String())
		if p.Register {
			b.WriteString("register = true\n")
		}
	}
	if p.Ledger != "" {
		table("ledger")
		line("url", "sqlite:"+relative(dir, strings.TrimPrefix(p.Ledger, "sqlite:")))
	}
	p.proof(&b)
	return b.String()
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
	if path == "" {
		return ""
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
