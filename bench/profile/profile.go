// Package profile reads and writes sectag.toml: what a unit of one product must hold, which authority signs it, which server
// it will talk to, and where the records go. Reading is strict: a key that nobody knows, a value that cannot be, or a file that is
// not there is refused with its line, its key and what to write instead, because a silent default here is a wrong slot in a thousand units.
package profile

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
	"example.org/sectag/flows/rack"
	"example.org/sectag/internal/atomicfile"
)

// DefaultName is the file that is read when none is named and it is there.
const DefaultName = "sectag.toml"

// Profile is a checked profile. Paths are absolute or relative to the working folder, no longer to the file's.
type Profile struct {
	File        string      // where it was read from, "" when it was settled by hand
	SHA256      cred.Digest // of the file
	Product     string
	Batch       string        // the lot that units are made in; appears in the records
	Life        time.Duration // how long the product must be able to trust its anchor; 0 when not said
	Station     string
	Operator    string        // a pseudonym
	Start       rack.Start    // who lets the work on a unit begin at the station
	Ports       []string      // that the station works at, names or patterns; none: all that may be asked without being named
	Cert        string        // the authority's certificate
	Key         string        // and key: a file, or a URI (package keyuri)
	Lock        time.Duration // an unlocked authority locks again after so long without a key press or a unit
	ID          cred.Template
	Origin      Origin
	Certificate lint.Profile // how a unit is named in its certificate
	Days        int          // validity of a unit's certificate
	Until       bool         // validity "issuer": up to the issuer's end
	Chain       bool         // a unit gets the intermediates of its authority behind its certificate, and sends them
	Slots       []Slot
	Endpoint    cred.Endpoint // zero: nothing is connected
	Register    bool          // units are registered there as well, and taken back
	Ledger      string        // an URL; "" when there is none
	Notary      string        // file of the key that signs the ledger's checkpoints; "" when none does. It need not be there
	PSK         PSK           // for slots of that mode
	Also        []cred.SecTag // tags that belong to the product and are none of the slots
	Readback    Readback      // which units are asked for the secret that was written
	KeySize     int           // bytes of the firmware's buffer for one credential (CONFIG_LWM2M_SECURITY_KEY_SIZE); 0 when not said
}

// Origin says where a unit's private key is made.
type Origin string

// The origins that a profile can ask for.
const (
	Auto  Origin = "auto"  // in the modem where the firmware can, else by this computer
	Host  Origin = "host"  // by this computer
	Modem Origin = "modem" // in the modem, or not at all
)

// Readback says which units are asked for the secret that was just written to them, which they must refuse.
type Readback string

// The rules that a profile can give. The empty one is First.
const (
	First Readback = "first" // the first unit with each modem firmware, in the ledger's newest records
	Each  Readback = "each"
	Never Readback = "never"
)

// InModem tells whether the modem shall make the key, and where the profile leaves that open and this computer does, why. One key is a
// unit's identity, and a key that the modem made is bound to its tag.
func (o Origin) InModem(firmwareCan, severalTags bool) (yes bool, why string) {
	switch {
	case o == Modem:
		return true, ""
	case o == Host:
		return false, ""
	case severalTags:
		return false, "the key stands under several tags, and one that the modem makes serves one tag"
	case !firmwareCan:
		return false, "the modem's firmware makes no keys"
	}
	return true, ""
}

// Recorded is the origin that a record must name for the unit's key to be what the profile asks for; empty: any.
func (o Origin) Recorded() string {
	if o == Auto {
		return ""
	}
	return string(o)
}

// Slot is one [[slot]]: the group of credentials under a sec_tag.
type Slot struct {
	SecTag cred.SecTag
	PSK    bool     // mode "psk": a pre-shared key and its identity; else root, certificate and key
	Anchor string   // file of the trust anchor that the modem shall hold; "" until the endpoint screen has written one
	Backup []string // files of more roots for the same slot, behind it
}

// Anchors are the files of all roots of the slot, in its order.
func (s Slot) Anchors() []string {
	if s.Anchor == "" {
		return nil
	}
	return append([]string{s.Anchor}, s.Backup...)
}

// DefaultDays is how long a unit's certificate lives when the profile does not say.
const DefaultDays = 5500

// DefaultLock is how long an authority stays unlocked when the profile does not say.
const DefaultLock = 30 * time.Minute

// file is the shape of sectag.toml.
type file struct {
	Product struct {
		Name  string `toml:"name"`
		Batch string `toml:"batch,omitempty"`
		Life  string `toml:"life,omitempty"`
	} `toml:"product"`
	Station struct {
		ID       string   `toml:"id,omitempty"`
		Operator string   `toml:"operator,omitempty"`
		Start    string   `toml:"start,omitempty"`
		Ports    []string `toml:"ports,omitempty"`
	} `toml:"station"`
	Authority struct {
		Cert string `toml:"cert"`
		Key  string `toml:"key"`
		Lock string `toml:"lock_after,omitempty"`
	} `toml:"authority"`
	Device struct {
		ID          string `toml:"id,omitempty"`
		Key         string `toml:"key,omitempty"`
		Validity    string `toml:"validity,omitempty"`
		Chain       bool   `toml:"send_chain,omitempty"`
		Certificate string `toml:"certificate,omitempty"`
	} `toml:"device"`
	Slot     []fileSlot `toml:"slot"`
	Endpoint *struct {
		URL      string `toml:"url"`
		Register bool   `toml:"register"`
	} `toml:"endpoint,omitempty"`
	PSK    *filePSK `toml:"psk,omitempty"`
	Ledger *struct {
		URL string `toml:"url"`
		Key string `toml:"key,omitempty"`
	} `toml:"ledger,omitempty"`
	Inventory *struct {
		Also []int64 `toml:"also,omitempty"`
	} `toml:"inventory,omitempty"`
	Evidence *struct {
		Readback string `toml:"readback,omitempty"`
	} `toml:"evidence,omitempty"`
	Firmware *struct {
		KeySize *int64 `toml:"key_size,omitempty"`
	} `toml:"firmware,omitempty"`
}

type fileSlot struct {
	SecTag *int64 `toml:"sec_tag"`
	Mode   string `toml:"mode"`
	Anchor any    `toml:"anchor,omitempty"` // a file, or a list of files
}

// maxFile bounds what is read of a profile: a hundred slots are a hundredth of it.
const maxFile = 1 << 20

// Load reads and checks a profile. Failures carry config.file, config.unknown-key or config.value; the text names file, line and key.
func Load(path string) (*Profile, error) {
	src, err := atomicfile.Read(path, maxFile)
	if err != nil {
		return nil, cred.Because(err, "config.file", "the profile "+path+" cannot be read: "+reason(err),
			"name a profile with --profile, or run sectag without one and let it save what you settle")
	}
	return Parse(path, src)
}

// Parse checks a profile's text; path is where it stands, for messages and for the paths in it.
func Parse(path string, src []byte) (*Profile, error) {
	p, refused, err := Judge(path, src)
	if err == nil && len(refused) > 0 {
		err = refused[0].Fault
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Judge is Parse that tells all that it refuses and not only the first; the error is of a text that is no profile at all.
func Judge(path string, src []byte) (*Profile, []Refusal, error) {
	var f file
	text := strings.TrimPrefix(string(src), "\ufeff") // Windows' editors begin a file so
	dec := toml.NewDecoder(strings.NewReader(text)).DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return nil, nil, decodeFault(path, err)
	}
	if err := caseFault(path, text); err != nil {
		return nil, nil, err
	}
	c := checker{path: path, src: text, dir: filepath.Dir(path)}
	p := c.check(f)
	p.SHA256 = cred.Sum(src)
	return p, c.refused, nil
}

func reason(err error) string {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "it is not there"
	case errors.Is(err, os.ErrPermission):
		return "this user may not read it"
	}
	return "it is no readable file"
}

// decodeFault turns the library's errors into one line that names line and key.
func decodeFault(path string, err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		e := strict.Errors[0]
		row, _ := e.Position()
		key := strings.Join(e.Key(), ".")
		return cred.Because(err, "config.unknown-key", at(path, row)+"nobody knows the key "+key, nearest(e.Key()))
	}
	var de *toml.DecodeError
	if errors.As(err, &de) {
		row, _ := de.Position()
		return cred.Because(err, "config.value", at(path, row)+keyed(de.Key())+plainly(strings.TrimPrefix(de.Error(), "toml: ")),
			"see docs/profile.md for what each key takes")
	}
	return cred.Because(err, "config.value", path+": "+err.Error(), "see docs/profile.md for what each key takes")
}

// mistaken is how the library says that a value has another type than its key; the names behind it are those of our source.
var mistaken = regexp.MustCompile(`^cannot (?:decode TOML|store an?) ([a-z ]+?) in(?:to)? (.*)$`)

// plainly says it in the words of a profile.
func plainly(text string) string {
	m := mistaken.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	want := "a table, headed by its name in single brackets"
	switch into := m[2]; {
	case strings.HasSuffix(into, "int64"):
		want = "a whole number"
	case strings.HasSuffix(into, "of type string"):
		want = "text in double quotes"
	case strings.HasSuffix(into, "of type bool"):
		want = "true or false"
	case strings.HasSuffix(into, "fileSlot"):
		want = "one table for each, headed by [[slot]]"
	}
	return want + " is wanted, this is of the kind " + m[1]
}

func keyed(k toml.Key) string {
	if len(k) == 0 {
		return ""
	}
	return strings.Join(k, ".") + ": "
}

// Chosen is the slot of a tag that a person chose: the profile's, or else a new one with the profile's first anchor.
func Chosen(slots []Slot, tag cred.SecTag) Slot {
	out := Slot{SecTag: tag}
	for _, s := range slots {
		if s.SecTag == tag {
			return s
		}
		out.PSK = out.PSK || s.PSK
		if out.Anchor == "" {
			out.Anchor = s.Anchor
		}
	}
	return out
}
