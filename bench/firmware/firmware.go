// Package firmware says what a unit's firmware must be built with to match a profile: the Kconfig lines of Zephyr's LwM2M client and of
// Nordic's lwm2m_client_utils. It reads the profile's files and opens nothing else.
package firmware

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.org/sectag/bench/profile"
	"example.org/sectag/bench/slotfile"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
)

// Mode is the security mode of a unit with certificates: resource 2 of the LwM2M Security object (LwM2M 1.2 Transport, table of /0/x/2).
const Mode = 2

// step is what sizes are rounded up to: the next certificate of the same kind is a little longer.
const step = 256

// Option is one symbol and its value.
type Option struct {
	Symbol string `json:"symbol"`
	Value  string `json:"value"`
}

// Credential is what the firmware may have to hold.
type Credential struct {
	SecTag cred.SecTag `json:"sec_tag"`
	Kind   string      `json:"kind"`
	Bytes  int         `json:"bytes"` // of PEM and the zero byte behind it
}

// Build is what the firmware must be built with.
type Build struct {
	Mode        int          `json:"security_mode"`
	KeySize     int          `json:"key_size"`
	Options     []Option     `json:"options"`
	Credentials []Credential `json:"credentials"`
	Lines       []string     `json:"lines"` // the options as a .conf file has them, with remarks
}

// For works it out. A credential that is larger than the profile's firmware.key_size is config.firmware-key-size; the build is told then
// too.
func For(p profile.Profile, now time.Time) (Build, error) {
	b := Build{Mode: Mode, Options: []Option{}, Credentials: []Credential{}, Lines: []string{}}
	if p.File == "" {
		return b, cred.Failed("config.file", "there is no profile", "name one with --profile F")
	}
	if len(p.Slots) == 0 {
		return b, cred.Failed("config.value", "the profile asks for no sec_tag, and the firmware must name one", "write a [[slot]] table into the profile")
	}
	if p.Shares() {
		return b, cred.Failed("config.value", "the profile gives units a pre-shared key, and only the options for certificates are known here",
			`name a profile with mode = "x509"`)
	}
	var tight error
	add := func(tag cred.SecTag, k cred.Kind, content []byte) {
		b.Credentials = append(b.Credentials, Credential{tag, k.String(), profile.Buffer(content)})
		tight = cmp.Or(tight, p.Fits(cred.Slot{SecTag: tag, Kind: k}, content))
	}
	for _, s := range p.Slots {
		if s.Anchor == "" {
			continue
		}
		anchor, err := slotfile.Anchors(s.Anchors(), now)
		if err != nil {
			return b, err
		}
		add(s.SecTag, cred.RootCA, anchor)
	}
	if err := identity(p, now, add); err != nil {
		return b, err
	}
	if len(b.Credentials) == 0 {
		return b, cred.Failed("config.value", "the profile names no root and no authority, so the size of a credential is not known",
			"name slot.anchor and authority.cert in the profile")
	}
	largest := slices.MaxFunc(b.Credentials, func(x, y Credential) int { return cmp.Compare(x.Bytes, y.Bytes) })
	b.KeySize = (largest.Bytes + step - 1) / step * step
	if p.KeySize >= largest.Bytes {
		b.KeySize = p.KeySize
	}
	b.write(p, largest)
	return b, tight
}

// identity adds the unit's certificate, as long as it can become, and its key where this computer may make it.
func identity(p profile.Profile, now time.Time, add func(cred.SecTag, cred.Kind, []byte)) error {
	tag := p.Slots[0].SecTag
	if p.Cert != "" {
		root, err := ca.Load(p.Cert, now)
		if err != nil {
			return err
		}
		high := strings.Repeat("f", len(ca.NewSerial())) // half of the serials take a byte more than the others, and this one does
		r, err := root.Rehearse(ca.Request{Name: p.ID.Name(profile.Sample), Profile: p.Certificate, Device: profile.Sample.String(), Serial: high, Days: p.Days, UntilIssuer: p.Until, Clock: ca.Clock{Now: now}})
		if err != nil {
			return err
		}
		var behind []byte
		if p.Chain {
			behind = root.Chain.Between().PEM()
		}
		add(tag, cred.ClientCert, append(r.Longest, behind...))
	}
	if p.Origin == profile.Modem {
		return nil
	}
	key, err := ca.NewKey()
	if err != nil {
		return err
	}
	add(tag, cred.ClientKey, key.PEM())
	key.Clear()
	return nil
}

// write makes the lines. A remark stands for what has no symbol.
func (b *Build) write(p profile.Profile, largest Credential) {
	say := func(format string, a ...any) { b.Lines = append(b.Lines, "# "+fmt.Sprintf(format, a...)) }
	set := func(symbol, value string) {
		b.Options = append(b.Options, Option{symbol, value})
		b.Lines = append(b.Lines, symbol+"="+value)
	}
	set("CONFIG_LWM2M_CLIENT_UTILS", "y")
	set("CONFIG_LWM2M_DTLS_SUPPORT", "y")
	if p.Endpoint.Host != "" {
		set("CONFIG_LWM2M_CLIENT_UTILS_SERVER", strconv.Quote(p.Endpoint.String()))
	}
	set("CONFIG_LWM2M_CLIENT_UTILS_SERVER_TLS_TAG", strconv.FormatUint(uint64(p.Slots[0].SecTag), 10))
	for _, s := range p.Slots[1:] {
		say("sec_tag %d of the profile is another connection's: no symbol here names it", s.SecTag)
	}
	say("security mode (/0/0/2): %d, X.509. It has no symbol: lwm2m_client_utils takes it when the modem holds root, certificate and", b.Mode)
	say("key under the tag; other code must call lwm2m_security_set_certificate() or write 2 there.")
	say("The largest credential is the %s of sec_tag %d: %d bytes with the zero byte behind its PEM.", largest.Kind, largest.SecTag, largest.Bytes)
	set("CONFIG_LWM2M_SECURITY_KEY_SIZE", strconv.Itoa(b.KeySize))
	say("Before nRF Connect SDK 2.6 it was CONFIG_LWM2M_CLIENT_UTILS_DTLS_CID; the modem has it from firmware 1.3.5 on.")
	set("CONFIG_LWM2M_DTLS_CID", "y")
}
