package record

import "example.org/sectag/cred"

// Revoked names a certificate that is to be believed no more, from when on and why.
type Revoked struct {
	Serial string      `json:"serial" is:"serial"`
	Issuer cred.Digest `json:"issuer_sha256"` // of the authority that signed it: its revocation list has to name it
	Reason string      `json:"reason" is:"unspecified|keyCompromise|cACompromise|affiliationChanged|superseded|cessationOfOperation|privilegeWithdrawn|aACompromise"`
	Time   string      `json:"time" is:"time"`
}

// OtherMeans is what Means says of slots that were to be written from a file, through the firm's own firmware or a terminal. Sent is the
// digest of what the file writes; nobody asked a modem whether it holds it.
const OtherMeans = "written by other means, not read back"

// unread tells whether a record claims no more than somebody can know who made such a file.
func (r *Record) unread() bool {
	for _, s := range r.Slots {
		if !s.SHA256.IsZero() || s.Action != "" || s.Write != "" || s.Delete != "" {
			return false
		}
	}
	return len(r.Slots) > 0
}
