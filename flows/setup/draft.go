package setup

import "example.org/sectag/cred"

// Key is a key of the profile that is asked for.
type Key uint8

// The keys, in the order in which they stand in a new file.
const (
	Product Key = iota
	Life
	Station
	Operator
	Start
	Cert
	AuthorityKey
	Origin
	SecTag
	Mode
	Anchor
	Recipients
	URL
	Ledger
	Keys = iota // how many there are
)

// keyNames are table and key.
var keyNames = [Keys][2]string{
	{"product", "name"},
	{"product", "life"},
	{"station", "id"},
	{"station", "operator"},
	{"station", "start"},
	{"authority", "cert"},
	{"authority", "key"},
	{"device", "key"},
	{"slot", "sec_tag"},
	{"slot", "mode"},
	{"slot", "anchor"},
	{"psk", "recipients"},
	{"endpoint", "url"},
	{"ledger", "url"},
}

// String is the key as docs/profile.md names it: table and key.
func (k Key) String() string {
	if int(k) < len(keyNames) {
		return keyNames[k][0] + "." + keyNames[k][1]
	}
	return "?"
}

// Draft is what was typed, key by key, as a person writes it: a list with commas between, a path relative to the profile's
// folder. "" is no line at all.
type Draft [Keys]string

// Refusal is why a value cannot stand in a profile. Hint says what to write instead.
type Refusal struct {
	Key        Key
	Text, Hint string
}

// Change is a key whose value is not the one that the file has now.
type Change struct {
	Key      Key
	Was, Now string
}

// Paper is a draft as the bench judges it.
type Paper struct {
	Text     string    // the file as it would be written
	Refusals []Refusal // what the reader of profiles says against it, in the order of the keys
	Changes  []Change  // against the file that is there; none for a new one
	Lost     bool      // the comments of the file that is there would go
	Slots    int       // how many sec_tags the file has; the first is asked for, the others stay as they are
	Replaces string    // what the file would replace, in a line; "" when there is none
}

// On is what is said against a key; nil when nothing is.
func (p Paper) On(k Key) *Refusal {
	for i := range p.Refusals {
		if p.Refusals[i].Key == k {
			return &p.Refusals[i]
		}
	}
	return nil
}

// Told is what the bench answers to an effect.
type Told struct {
	Event     Event       // Made or Saved
	Cert, Key string      // of an authority that was made, as a draft has them
	Fault     *cred.Fault // why it was not done; nil when it was
}

// Entry is a line of a folder's list.
type Entry struct {
	Name   string
	Path   string // as a field of the profile would name it
	Folder bool
	Size   int64  // bytes, of a file
	Barred string // why it cannot be gone into or read, "" when it can
}

// Folder is what a folder holds.
type Folder struct {
	Path    string // in full
	Entries []Entry
	More    int         // entries that are not in the list: there are too many
	Fault   *cred.Fault // why it cannot be listed
}
