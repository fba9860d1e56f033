package ask

import (
	"fmt"
	"os"
	"time"

	"example.org/sectag/bench/profile"
	"example.org/sectag/bench/slotfile"
	"example.org/sectag/ca/keyuri"
	"example.org/sectag/cred"
)

// KeyEncrypted tells whether the profile's authority needs a passphrase, or its token a PIN. Nothing is opened.
func KeyEncrypted(p profile.Profile) (bool, error) {
	return keyuri.NeedsPassphrase(p.Cert, p.Key)
}

// HasAnchor tells whether every sec_tag of the profile has a trust anchor's file that is there.
func HasAnchor(p profile.Profile) bool {
	if p.Shares() {
		return false // nothing needs one
	}
	for _, s := range p.Slots {
		if s.Anchor == "" {
			return false
		}
		for _, f := range s.Anchors() {
			if _, err := os.Stat(f); err != nil {
				return false
			}
		}
	}
	return len(p.Slots) > 0
}

// CheckAnchors refuses a profile whose trust anchors are not there or cannot be read, before any device is touched. Whether a root may
// be trusted is judged with the unit.
func CheckAnchors(p profile.Profile, now time.Time) error {
	for _, s := range p.Slots {
		const hint = "fetch the server's root: sectag probe URL --anchor-out FILE, and name the file as slot.anchor"
		if s.PSK {
			continue
		}
		if s.Anchor == "" {
			return cred.Failed("config.anchor", fmt.Sprintf("%s names no trust anchor for sec_tag %d", p.File, s.SecTag), hint)
		}
		for _, f := range s.Anchors() {
			if _, err := os.Stat(f); err != nil {
				return cred.Because(err, "config.anchor", fmt.Sprintf("the trust anchor of sec_tag %d, %s, is not there", s.SecTag, f), hint)
			}
		}
		if _, err := slotfile.Anchors(s.Anchors(), now); err != nil && cred.AsFault(err).Code == "config.anchor" {
			return err
		}
	}
	return nil
}

// CheckFile tells whether a file holds what a slot of this type takes, before any device is touched.
func CheckFile(k cred.Kind, name string) error {
	if name == "" {
		return cred.Failed("usage.flag", "the file is missing", "write --file F with the slot's content")
	}
	content, err := slotfile.Read(k, name)
	clear(content)
	return err
}
