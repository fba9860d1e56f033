package profile

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"example.org/sectag/ca/keyuri"
	"example.org/sectag/cred"
	"example.org/sectag/ledger/address"
)

// checker judges the values and keeps what it refuses, each with the line that it stands on.
type checker struct {
	path, src, dir string
	refused        []Refusal
}

// Refusal is a value that cannot stand in a profile.
type Refusal struct {
	Key   string // table and key, such as "slot.sec_tag"
	Why   string // without file and line
	Fault *cred.Fault
}

// fault is the first refusal; nil when there is none.
func (c *checker) fault() error {
	if len(c.refused) == 0 {
		return nil
	}
	return c.refused[0].Fault
}

func (c *checker) check(f file) *Profile {
	p := &Profile{File: c.path, Product: f.Product.Name, Batch: f.Product.Batch, Station: f.Station.ID, Operator: f.Station.Operator}
	p.Start, p.Ports = c.start(f.Station.Start), c.ports(f.Station.Ports)
	p.Life = c.span("product", "life", f.Product.Life)
	p.Cert, p.Key = c.readable("authority", "cert", f.Authority.Cert), c.key(f.Authority.Key)
	p.Lock = c.lock(f.Authority.Lock)
	p.ID, p.Origin = c.id(f.Device.ID), c.origin(f.Device.Key)
	p.Days, p.Until = c.validity(f.Device.Validity)
	p.Chain = f.Device.Chain
	p.Certificate = c.certificate(f.Device.Certificate, p.ID)
	for i, s := range f.Slot {
		p.Slots = append(p.Slots, c.slot(i, s, p.Slots))
	}
	if len(p.Slots) > 4 {
		c.refuse("slot", "sec_tag", 4, "a profile may ask for four sec_tags at most", "leave the others to a second profile")
	}
	c.shared(p, f.PSK)
	if len(p.Slots) > 1 && p.Origin == Modem {
		c.refuse("device", "key", 0, "a key that the modem makes serves one tag, and several are asked for", `name one [[slot]], or write key = "host"`)
	}
	if f.Endpoint != nil {
		p.Endpoint = c.endpoint(f.Endpoint.URL)
		p.Register = f.Endpoint.Register
	}
	if f.Ledger != nil {
		p.Ledger = c.ledger(f.Ledger.URL)
		if f.Ledger.Key != "" {
			p.Notary = c.join(f.Ledger.Key) // a stick that is not plugged in holds no unit up
		}
	}
	if f.Inventory != nil {
		p.Also = c.also(f.Inventory.Also, p.Slots)
	}
	p.Readback = First
	if f.Evidence != nil {
		p.Readback = c.readback(f.Evidence.Readback)
	}
	if f.Firmware != nil && f.Firmware.KeySize != nil {
		p.KeySize = c.keySize(*f.Firmware.KeySize)
	}
	return p
}

// refuse keeps a fault. nth counts the [[slot]] tables from 0.
func (c *checker) refuse(table, key string, nth int, why, fix string) {
	c.because(nil, "config.value", table, key, nth, why, fix)
}

func (c *checker) because(err error, code, table, key string, nth int, why, fix string) {
	name := table + "." + key
	text := at(c.path, lineOf(c.src, table, key, nth)) + name + ": " + why
	c.refused = append(c.refused, Refusal{Key: name, Why: why, Fault: cred.Because(err, code, text, fix)})
}

func (c *checker) span(table, key, s string) time.Duration {
	if s == "" {
		return 0
	}
	days, ok := days(s)
	if !ok {
		c.refuse(table, key, 0, fmt.Sprintf("%q is no span of time", s), `write years or days, such as "10y" or "3650d"`)
	}
	return time.Duration(days) * 24 * time.Hour
}

// days reads "10y" (of 365.25 days) or "5500d", up to a hundred years.
func days(s string) (int, bool) {
	if len(s) < 2 {
		return 0, false
	}
	n, err := strconv.Atoi(s[:len(s)-1])
	if err != nil || n <= 0 || n > 36525 {
		return 0, false
	}
	switch s[len(s)-1] {
	case 'd':
		return n, true
	case 'y':
		return n * 1461 / 4, n <= 100
	}
	return 0, false
}

// lock reads how long an authority stays open: a minute to a day.
func (c *checker) lock(s string) time.Duration {
	if s == "" {
		return DefaultLock
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Minute || d > 24*time.Hour {
		c.refuse("authority", "lock_after", 0, fmt.Sprintf("%q is no time from a minute to a day", s), `write lock_after = "30m"`)
		return DefaultLock
	}
	return d
}

func (c *checker) validity(s string) (int, bool) {
	switch s {
	case "":
		return DefaultDays, false
	case "issuer":
		return 0, true
	}
	n, ok := days(s)
	if !ok {
		c.refuse("device", "validity", 0, fmt.Sprintf("%q is no span of time", s), `write days or years, such as "5500d", or "issuer" for up to the issuer's end`)
	}
	return n, false
}

func (c *checker) id(s string) cred.Template {
	if s == "" {
		return cred.DefaultTemplate
	}
	t, err := cred.ParseTemplate(s)
	if err != nil {
		c.refuse("device", "id", 0, err.Error(), `write id = "urn:imei:{imei}"`)
	}
	return t
}

func (c *checker) origin(s string) Origin {
	switch s {
	case "", "auto":
		return Auto
	case "host":
		return Host
	case "modem":
		return Modem
	default:
		c.refuse("device", "key", 0, fmt.Sprintf("%q is no origin of keys", s), `write key = "auto", "modem" or "host"`)
	}
	return Auto
}

func (c *checker) endpoint(s string) cred.Endpoint {
	e, err := cred.ParseEndpoint(s)
	if err != nil {
		c.refuse("endpoint", "url", 0, err.Error(), `write url = "coaps://host:5684"`)
	} else if e.Scheme != "coaps" {
		c.refuse("endpoint", "url", 0, "units reach their server over DTLS; tls:// is for sectag probe and sectag connect only", `write url = "coaps://host:5684"`)
	}
	return e
}

func (c *checker) ledger(s string) string {
	if file, ok := address.File(s); ok {
		return "sqlite:" + c.join(file)
	}
	if f := cred.AsFault(address.Check(s)); f != nil {
		c.refuse("ledger", "url", 0, f.Text, f.Hint)
		return ""
	}
	return s
}

func (c *checker) slot(i int, s fileSlot, before []Slot) Slot {
	refuse := func(key, why, fix string) { c.refuse("slot", key, i, why, fix) }
	if s.SecTag == nil {
		refuse("sec_tag", "it is missing", "write sec_tag = 0, or the tag that your firmware uses")
		return Slot{}
	}
	t, err := cred.ParseSecTag(strconv.FormatInt(*s.SecTag, 10))
	if err != nil {
		refuse("sec_tag", err.Error(), fmt.Sprintf("write a number from 0 to %d", cred.MaxSecTag))
	}
	switch s.Mode {
	case "x509":
	case "psk":
		if s.Anchor != nil {
			refuse("anchor", "a pre-shared key needs no root: the server has no certificate", "take the line out")
		}
	default:
		refuse("mode", fmt.Sprintf("%q is no mode", s.Mode), `write mode = "x509" or "psk"`)
	}
	for _, b := range before {
		if b.SecTag == t {
			refuse("sec_tag", fmt.Sprintf("%d was asked for already", t), "one [[slot]] a sec_tag")
		}
	}
	out := Slot{SecTag: t, PSK: s.Mode == "psk"}
	files := c.anchors(s.Anchor, refuse)
	if len(files) > 0 {
		out.Anchor = files[0]
		if len(files) > 1 {
			out.Backup = files[1:]
		}
	}
	return out
}

// anchors are the files of a slot's roots: one, or a list of them.
func (c *checker) anchors(v any, refuse func(key, why, fix string)) []string {
	const fix = `write anchor = "server-root.pem", or anchor = ["primary.pem", "backup.pem"]`
	list, ok := v.([]any)
	if !ok && v != nil {
		list = []any{v}
	}
	var files []string
	for _, one := range list {
		name, ok := one.(string)
		switch {
		case !ok:
			refuse("anchor", "text in double quotes is wanted, or a list of such", fix)
			return nil
		case name == "" && len(list) == 1:
			return nil
		case name == "":
			refuse("anchor", "a file of the list has no name", fix)
			return nil
		}
		name = c.join(name)
		if slices.Contains(files, name) {
			refuse("anchor", name+" is in the list twice", fix)
			return nil
		}
		files = append(files, name)
	}
	return files
}

// readable refuses a file that is named and is not there.
func (c *checker) readable(table, key, name string) string {
	if name == "" {
		return ""
	}
	p := c.join(name)
	st, err := os.Stat(p)
	switch {
	case err != nil:
		c.because(err, "config.file", table, key, 0, p+": "+reason(err),
			"make the authority with sectag ca init, or name its file here; paths are relative to the profile's folder")
	case st.IsDir():
		c.refuse(table, key, 0, p+" is a folder", "name the file in it")
	}
	return p
}

func (c *checker) key(name string) string {
	if !keyuri.Is(name) {
		return c.readable("authority", "key", name)
	}
	if f := cred.AsFault(keyuri.Check(name)); f != nil {
		c.refuse("authority", "key", 0, f.Text, f.Hint)
		return "" // it may hold a PIN
	}
	return keyuri.Under(c.dir, name)
}

func (c *checker) join(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(c.dir, name)
}
