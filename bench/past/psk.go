package past

import (
	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// Shares tells whether the newest passing record is of the PSK that a profile asks for today: its name, its sec_tag, so many bytes, and
// a sealed copy. What it names is current then.
func (p Past) Shares(tag cred.SecTag, name string, bytes int) bool {
	if p.Pass == nil || p.Pass.Key == nil {
		return false
	}
	k := p.Pass.Key
	return !k.Sealed.IsZero() && k.PSKIdentity == name && k.Algorithm == record.PSKAlgorithm(bytes) &&
		p.Named(cred.Slot{SecTag: tag, Kind: cred.PSK}) == k.PSK
}
