// Package target has the flags that say what a verb works on: a port, a unit by its IMEI, a slot by its tag and type, a server's root.
package target

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/ask"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// PortFlag adds --port.
func PortFlag(c *cobra.Command, port *string) {
	c.Flags().StringVar(port, "port", "", "/dev/ttyACM0, COM3, tcp://host:port or sim:nrf9151")
}

// NeedPort refuses a missing port with usage.flag.
func NeedPort(port string) error {
	if port == "" {
		return cred.Failed("usage.flag", "the port is missing", "write --port /dev/ttyACM0; sectag ports lists what is there")
	}
	return nil
}

// Unit is --yes and --imei, with which a person names the unit before something in it is destroyed.
type Unit struct {
	yes   bool
	imeis []string
}

// Add adds the flags.
func (u *Unit) Add(c *cobra.Command) {
	c.Flags().BoolVar(&u.yes, "yes", false, "destroy what the plan says, in the unit that --imei names")
	c.Flags().StringArrayVar(&u.imeis, "imei", nil, "the unit's IMEI; may be repeated")
}

// Named reads them.
func (u *Unit) Named() (ask.Named, error) {
	imeis, err := IMEIs(u.imeis)
	return ask.Named{Yes: u.yes, IMEIs: imeis}, err
}

// IMEI reads one --imei. Fault: usage.flag.
func IMEI(text string) (cred.IMEI, error) {
	i, err := cred.ParseIMEI(text)
	if err != nil {
		return 0, cred.Because(err, "usage.flag", "--imei: "+err.Error(), "write the 15 digits of the label")
	}
	return i, nil
}

// IMEIs reads an --imei that may be repeated. Fault: usage.flag.
func IMEIs(texts []string) (out []cred.IMEI, err error) {
	for _, s := range texts {
		i, err := IMEI(s)
		if err != nil {
			return nil, err
		}
		out = append(out, i)
	}
	return out, nil
}

// Slot is the flags that name one slot, or some, and what a verb needs to work on it.
type Slot struct {
	Port, File string
	Unit       Unit
	tag, kind  string
}

// Add adds --port, --sec-tag and --type, and where the verb takes them --file and those of Unit.
func (s *Slot) Add(c *cobra.Command, file, confirm bool) {
	PortFlag(c, &s.Port)
	c.Flags().StringVar(&s.tag, "sec-tag", "", "sec_tag")
	c.Flags().StringVar(&s.kind, "type", "", "credential type: a number, or root-ca, client-cert, client-key, psk, psk-id")
	if file {
		c.Flags().StringVar(&s.File, "file", "", "file with the slot's content")
	}
	if confirm {
		s.Unit.Add(c)
	}
}

// One is the slot that is named, which sectag can change. Faults: usage.flag, store.reserved.
func (s *Slot) One() (cred.Slot, error) {
	if err := NeedPort(s.Port); err != nil {
		return cred.Slot{}, err
	}
	t, err := s.secTag()
	if err != nil {
		return cred.Slot{}, err
	}
	k, err := s.parseKind()
	if err != nil {
		return cred.Slot{}, err
	}
	if !k.Writable() {
		return cred.Slot{}, cred.Failed("usage.flag", "sectag changes no slots of type "+s.kind, "write a type from 0 to 4: root-ca, client-cert, client-key, psk, psk-id")
	}
	return cred.Slot{SecTag: t, Kind: k}, nil
}

// Filter chooses of a list what is named; without flags everything.
func (s *Slot) Filter() (func(flows.SlotFacts) bool, error) {
	var tag cred.SecTag
	var kind cred.Kind
	var err error
	if s.tag != "" {
		if tag, err = s.secTag(); err != nil {
			return nil, err
		}
	}
	if s.kind != "" {
		if kind, err = s.parseKind(); err != nil {
			return nil, err
		}
	}
	return func(f flows.SlotFacts) bool {
		return (s.tag == "" || f.SecTag == uint32(tag)) && (s.kind == "" || f.Type == kind)
	}, nil
}

// Tags is the sec_tag that Filter chooses by, if one is named.
func (s *Slot) Tags() []cred.SecTag {
	if t, err := s.secTag(); err == nil && s.tag != "" {
		return []cred.SecTag{t}
	}
	return nil
}

func (s *Slot) secTag() (cred.SecTag, error) { return secTag(s.tag) }

func secTag(tag string) (cred.SecTag, error) {
	t, err := cred.ParseSecTag(tag)
	if err == nil {
		return t, nil
	}
	code := "usage.flag"
	if n, e := strconv.ParseUint(tag, 10, 32); e == nil && cred.SecTag(n).Reserved() {
		code = "store.reserved"
	}
	return 0, cred.Because(err, code, "--sec-tag: "+err.Error(), fmt.Sprintf("write a number from 0 to %d", cred.MaxSecTag))
}

func (s *Slot) parseKind() (cred.Kind, error) {
	k, err := cred.ParseKind(s.kind)
	if err != nil {
		return 0, cred.Because(err, "usage.flag", "--type: "+err.Error(), "write --type root-ca, or its number")
	}
	return k, nil
}
