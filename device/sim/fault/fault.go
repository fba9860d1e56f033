// Package fault names what can go wrong with the virtual modem: in the unit, in its firmware and on its cable. The names are
// those of "sectag sim modem --fault"; what each does is in All, and in docs/simulator.md.
package fault

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"example.org/sectag/cred"
)

// Fault is something that goes wrong, by name: "active", "full@2", "drop@812", "slow=0.5".
type Fault struct {
	Name string
	N    int64   // what follows "@": a count whose meaning the name gives; 0 if none
	F    float64 // what follows "=": a share of a limit; 0 if none
}

// Kind describes one fault for help texts and documents.
type Kind struct {
	Name string
	Form string // how it is written, with what may follow the name
	Does string // what then happens
}

// spec is a kind and what may follow its name.
type spec struct {
	name    string
	count   counting
	dflt    int64 // without "@"
	minimum int64
	share   float64 // without "="; 0: takes none
	does    string
}

type counting int

const (
	noCount counting = iota
	mayCount
	mustCount
)

func specs() []spec {
	return []spec{
		{name: "slow", share: 0.9, does: "each answer takes this share of its limit: AT 1 s, +CFUN=0 and =4 60 s, the rest 5 s"},
		{name: "active", does: "comes up with +CFUN: 1 and refuses to leave it, so writes and deletes are 518"},
		{name: "online", does: "comes up with +CFUN: 1 and obeys"},
		{name: "full", count: mayCount, does: "the store has room for N credentials (0): one more is 515"},
		{name: "exists", does: "each write is 519, of an empty slot too"},
		{name: "no-replace", does: "a write to an occupied slot is 519"},
		{name: "silent", does: "nothing is ever answered"},
		{name: "not-at", does: "the port prints a firmware's log and takes no commands"},
		{name: "garbage", does: "what comes back is bytes that mean nothing, as at a wrong line speed"},
		{name: "noise", does: "a line of junk comes before each reply"},
		{name: "urc", count: mayCount, does: "an unsolicited line comes before each reply, or when N bytes of it have left"},
		{name: "log", count: mayCount, does: "lines of the firmware's log come before and after each reply, or one when N bytes of it have left"},
		{name: "echo", does: "each byte comes back, as after ATE1"},
		{name: "cmee-off", count: mayCount, does: "+CMEE is 0 again after each command, or after the Nth"},
		{name: "first-error", does: "the first command after power-up is ERROR and not carried out"},
		{name: "crash", count: mayCount, dflt: 1, minimum: 1, does: "at the Nth command (1) the modem crashes: until a restart nothing can be asked of it"},
		{name: "open-quote", does: "somebody left the host in the middle of a credential, its quote not closed"},
		{name: "full-buffer", does: "somebody left the host with a full buffer, its quote not closed"},
		{name: "data-mode", does: "somebody left the host in data mode, or a shell in its AT command mode"},
		{name: "rx-dead", does: "nothing that is sent reaches the unit; an unsolicited line comes every second"},
		{name: "tx-dead", does: "the unit does what it is told, and nothing that it says gets out"},
		{name: "overrun", count: mustCount, minimum: 1, does: "no flow control: of bytes that come faster than the line takes them, N wait and the rest are lost"},
		{name: "damage", count: mayCount, minimum: 1, does: "each write, or only the Nth, is answered OK and stored with a bit changed"},
		{name: "die-on-write", count: mayCount, dflt: 1, minimum: 1, does: "at the Nth write (1) the unit is unplugged before anything is stored"},
		{name: "die-after-write", count: mayCount, dflt: 1, minimum: 1, does: "at the Nth write (1) the unit is unplugged when it is stored, before the answer"},
		{name: "brown-out", count: mayCount, dflt: 1, minimum: 1, does: "at the Nth write (1) power fails: the slot is empty then, and the oldest other credential is lost too"},
		{name: "die-after-keygen", does: "the unit is unplugged when %KEYGEN has made its key, before the answer"},
		{name: "damage-csr", does: "one letter in the answer of %KEYGEN is wrong"},
		{name: "no-keygen", does: "%KEYGEN is 523"},
		{name: "late-keygen", does: "what %KEYGEN tells of a key is kept back and comes as the answer to the next %KEYGEN; to the first there is only OK"},
		{name: "plain-keygen", does: "%KEYGEN passes over attributes: the subject is the unit's own"},
		{name: "bare-keygen", does: "%KEYGEN with attributes is 50, and nothing is made"},
		{name: "unplug", count: mustCount, minimum: 1, does: "the unit is unplugged when N bytes from the host have arrived"},
		{name: "unplug-reply", count: mustCount, minimum: 1, does: "the unit is unplugged when N bytes to the host have left"},
		{name: "drop", count: mustCount, minimum: 1, does: "the Nth byte from the host is lost"},
		{name: "drop-reply", count: mustCount, minimum: 1, does: "the Nth byte to the host is lost"},
		{name: "overflow", count: mayCount, dflt: 512, minimum: 1, does: "the host's buffer holds N characters (512), so a credential dead-locks it"},
		{name: "power-warning", does: "writes and deletes are 528, on firmware that has %XPOFWARN"},
		{name: "readback", does: "private keys and PSKs are given out when they are read"},
		{name: "no-readback", does: "nothing is given out when it is read, not even a root CA: 514"},
		{name: "write-active", does: "writes and deletes are not refused while LTE is on"},
		{name: "half-locked", does: "writes are not refused while LTE is on, deletes are"},
		{name: "strict", does: "content that is no PEM, or no hex for a PSK, is 527"},
		{name: "no-imei", does: "+CGSN is ERROR, as in a unit without an IMEI"},
		{name: "no-firmware", does: "+CGMR is ERROR"},
		{name: "no-network", does: "no network is found: +CEREG stays 2"},
		{name: "denied", does: "the network refuses the unit: +CEREG becomes 3"},
		{name: "roaming", does: "the network is not the SIM's own: +CEREG becomes 5"},
		{name: "slow-attach", count: mayCount, dflt: 30, minimum: 1, does: "the network takes N seconds (30) to let the unit in"},
		{name: "no-sim", does: "no SIM card is in: +CPIN? is 10, +CEREG becomes 90"},
		{name: "dns-fails", does: "no name is resolved for the sockets; addresses still work"},
		{name: "chain-crash", does: "a server's chain over 4 kB crashes the modem instead of failing the connection"},
	}
}

// All lists what Parse knows, in the order of the documents.
func All() []Kind {
	var out []Kind
	for _, s := range specs() {
		form := s.name
		switch {
		case s.count == mustCount:
			form += "@N"
		case s.count == mayCount:
			form += "[@N]"
		case s.share != 0:
			form += fmt.Sprintf("[=%v]", s.share)
		}
		out = append(out, Kind{Name: s.name, Form: form, Does: s.does})
	}
	return out
}

// Parse reads a fault as the command line has it. The error is a fault of the program with code usage.flag.
func Parse(s string) (Fault, error) {
	name, share, hasShare := strings.Cut(s, "=")
	name, count, hasCount := strings.Cut(name, "@")
	all := specs()
	i := slices.IndexFunc(all, func(k spec) bool { return k.name == name })
	if i < 0 {
		return Fault{}, badFault(s, "there is no such fault")
	}
	k, f := all[i], Fault{Name: name, N: all[i].dflt, F: all[i].share}
	if hasCount {
		n, err := strconv.ParseInt(count, 10, 63)
		if err != nil || n < k.minimum || k.count == noCount {
			return Fault{}, badFault(s, "the number after @ does not fit")
		}
		f.N = n
	} else if k.count == mustCount {
		return Fault{}, badFault(s, "it needs a number, as in "+name+"@100")
	}
	if hasShare {
		v, err := strconv.ParseFloat(share, 64)
		if err != nil || k.share == 0 || !(v > 0 && v < 100) {
			return Fault{}, badFault(s, "the share after = does not fit")
		}
		f.F = v
	}
	return f, nil
}

func badFault(s, why string) error {
	var forms []string
	for _, k := range All() {
		forms = append(forms, k.Form)
	}
	return cred.Failed("usage.flag", fmt.Sprintf("%q is no fault of the virtual modem: %s", s, why),
		"give one of "+strings.Join(forms, ", "))
}

// String writes the fault as Parse reads it.
func (f Fault) String() string {
	s := f.Name
	if f.N != 0 {
		s += "@" + strconv.FormatInt(f.N, 10)
	}
	if f.F != 0 {
		s += "=" + strconv.FormatFloat(f.F, 'g', -1, 64)
	}
	return s
}

// Complete checks faults and fills in what their names stand for when no number is given.
func Complete(fs []Fault) (Set, error) {
	var out Set
	for _, f := range fs {
		full, err := Parse(f.String())
		if err != nil {
			return nil, err
		}
		out = append(out, full)
	}
	return out, nil
}

// Set is the faults that a unit has now.
type Set []Fault

// Get finds a fault by name.
func (s Set) Get(name string) (Fault, bool) {
	i := slices.IndexFunc(s, func(f Fault) bool { return f.Name == name })
	if i < 0 {
		return Fault{}, false
	}
	return s[i], true
}

// Has tells whether the unit has the fault.
func (s Set) Has(name string) bool {
	_, ok := s.Get(name)
	return ok
}
