package profile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
	"example.org/sectag/ledger/sealed"
)

// PSK says how long the pre-shared keys of units are, and who may open them.
type PSK struct {
	Bytes      int      // random bytes of each
	Recipients []string // age recipients that each is sealed to
}

// The bytes that a PSK may have: 16 are what a digest in public cannot betray, 64 what RFC 4279 (section 5.4) has every server take.
const (
	minPSK     = 16
	maxPSK     = 64
	DefaultPSK = 32 // when the profile does not say
)

// filePSK is [psk].
type filePSK struct {
	Bytes      *int64 `toml:"bytes,omitempty"`
	Recipients any    `toml:"recipients,omitempty"` // a recipient, a file of them, or a list of either
}

// Shares tells whether units get a pre-shared key: they need no authority and no trust anchor then.
func (p Profile) Shares() bool {
	return slices.ContainsFunc(p.Slots, func(s Slot) bool { return s.PSK })
}

// Signs tells whether units get a certificate, so that the authority's key is needed.
func (p Profile) Signs() bool { return p.Key != "" && !p.Shares() }

func (s Slot) mode() string {
	if s.PSK {
		return "psk"
	}
	return "x509"
}

// Kinds are what stands under the slot's tag, in the order of their types.
func (s Slot) Kinds() []cred.Kind {
	if s.PSK {
		return []cred.Kind{cred.PSK, cred.PSKID}
	}
	return []cred.Kind{cred.RootCA, cred.ClientCert, cred.ClientKey}
}

// shared checks what pre-shared keys ask of the rest of a profile.
func (c *checker) shared(p *Profile, f *filePSK) {
	at := slices.IndexFunc(p.Slots, func(s Slot) bool { return s.PSK })
	switch {
	case at >= 0 && len(p.Slots) > 1:
		c.refuse("slot", "mode", at, "a unit with a pre-shared key has one sec_tag, and several are asked for", "leave the others to a second profile")
	case at >= 0 && p.Origin == Modem:
		c.refuse("device", "key", 0, "no modem makes a pre-shared key itself", `take the line out, or write key = "auto"`)
	case at < 0 && f != nil:
		c.refuse("psk", "recipients", 0, "no slot asks for a pre-shared key", `write mode = "psk" below [[slot]], or take [psk] out`)
	}
	if at < 0 {
		return
	}
	p.PSK = PSK{Bytes: DefaultPSK}
	if f == nil {
		f = &filePSK{}
	}
	if n := f.Bytes; n != nil {
		if *n < minPSK || *n > maxPSK {
			c.refuse("psk", "bytes", 0, fmt.Sprintf("a pre-shared key has %d to %d bytes, this %d", minPSK, maxPSK, *n), "write bytes = 32, or take the line out")
		}
		p.PSK.Bytes = int(*n)
	}
	p.PSK.Recipients = c.recipients(f.Recipients)
}

const recipientsHint = `make an identity with age-keygen, keep it away from the bench, and write recipients = ["age1…"], or the name of a file of such lines`

// recipients reads whom PSKs are sealed to: recipients, or files of them.
func (c *checker) recipients(v any) []string {
	list, ok := v.([]any)
	if !ok && v != nil {
		list = []any{v}
	}
	var out []string
	for _, one := range list {
		text, ok := one.(string)
		if !ok {
			c.refuse("psk", "recipients", 0, "text in double quotes is wanted, or a list of such", recipientsHint)
			return nil
		}
		more, err := c.recipient(text)
		if err != nil {
			c.refuse("psk", "recipients", 0, err.Error(), recipientsHint)
			return nil
		}
		for _, r := range more {
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	switch {
	case len(out) == 0:
		c.refuse("psk", "recipients", 0, "nobody is named who may open the units' pre-shared keys", recipientsHint)
	case len(out) > sealed.MaxRecipients:
		c.refuse("psk", "recipients", 0, fmt.Sprintf("%d recipients are named, at most %d fit", len(out), sealed.MaxRecipients), "name one for each group that must open them")
	}
	return out
}

// recipient is one of them, or what a file of them holds.
func (c *checker) recipient(text string) ([]string, error) {
	if strings.HasPrefix(text, "age1") || strings.HasPrefix(strings.ToUpper(text), "AGE-SECRET-KEY-") {
		return []string{text}, sealed.Recipient(text)
	}
	if text == "" {
		return nil, errors.New("the name is empty")
	}
	name := c.join(text)
	file, err := atomicfile.Read(name, maxFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", name, reason(err))
	}
	out, err := sealed.Recipients(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}

// text is [psk] as a file has it.
func (p PSK) text() string {
	var quoted []string
	for _, r := range p.Recipients {
		quoted = append(quoted, quote(r))
	}
	return fmt.Sprintf("bytes = %d\nrecipients = [%s]\n", p.Bytes, strings.Join(quoted, ", "))
}
