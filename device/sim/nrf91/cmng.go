package nrf91

import (
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strconv"
	"strings"

	"example.org/sectag/cred"
)

// The CME numbers of the credential store (nrf91.md, 1.7).
const (
	cmeBad       = 0 // bad command or parameter
	cmeNotFound  = 513
	cmeNoAccess  = 514
	cmeFull      = 515
	cmeActive    = 518
	cmeExists    = 519
	cmeContent   = 527
	cmePowerWarn = 528
)

// The modem's own items (nrf91.md, 1.4 "reserved tags seen").
const (
	baseKeyTag      cred.SecTag = 4294967292 // type 11
	nordicRootTag   cred.SecTag = 4294967293 // type 10
	identityKeyTag  cred.SecTag = 4294967294 // type 6
	nordicRootKind  cred.Kind   = 10
	nordicBaseKind  cred.Kind   = 11
	lastKnownKind   cred.Kind   = 13
	maxPasswdLength             = 32
)

func storeCommands() []command { return []command{{name: "%CMNG", run: credentials}} }

// credentials is %CMNG=<op>[,<sec_tag>[,<type>[,<content>[,<passwd>]]]]; it has no other form.
func credentials(m *Modem, f form, p []param) reply {
	if f != set || p[0].quoted {
		return failed()
	}
	slot, named, fits := m.slot(p)
	if !fits {
		return cme(cmeBad)
	}
	switch p[0].text {
	case "0":
		return m.write(slot, named, p)
	case "1":
		if len(p) > 3 {
			return cme(cmeBad)
		}
		return m.list(slot, named)
	case "2":
		if named != 2 || len(p) > 3 {
			return cme(cmeBad)
		}
		return m.read(slot)
	case "3":
		if named != 2 || len(p) > 3 {
			return cme(cmeBad)
		}
		return m.delete(slot)
	}
	return cme(cmeBad)
}

// slot reads tag and type; named is how many of them are given.
func (m *Modem) slot(p []param) (s cred.Slot, named int, fits bool) {
	last := cred.ATKey
	if m.fw.identityKeys() {
		last = lastKnownKind
	}
	limits := []uint64{1<<32 - 1, uint64(last)}
	for i, limit := range limits[:min(len(p)-1, 2)] {
		n, err := strconv.ParseUint(p[i+1].text, 10, 32)
		if err != nil || n > limit || p[i+1].quoted {
			return s, 0, false
		}
		if i == 0 {
			s.SecTag = cred.SecTag(n)
		} else {
			s.Kind = cred.Kind(n)
		}
		named++
	}
	return s, named, true
}

// reserved are the items that a unit leaves the factory with; firmware 1.2 has none. Their digests are made up.
func (m *Modem) reserved() []Item {
	if !m.fw.identityKeys() {
		return nil
	}
	return []Item{
		{SecTag: nordicRootTag, Type: nordicRootKind, SHA256: cred.Sum([]byte("virtual Nordic identity root CA"))},
		{SecTag: identityKeyTag, Type: cred.DeviceIDKey, SHA256: m.state.DeviceKey},
		{SecTag: baseKeyTag, Type: nordicBaseKind, SHA256: cred.Sum([]byte("virtual Nordic base public key"))},
	}
}

// list prints what there is, in the order of writing and the modem's own last: it is not sorted. Nothing there is just OK.
func (m *Modem) list(slot cred.Slot, named int) reply {
	r := ok()
	for _, it := range append(m.state.clone().Slots, m.reserved()...) {
		if named > 0 && it.SecTag != slot.SecTag || named > 1 && it.Type != slot.Kind {
			continue
		}
		r.info = append(r.info, fmt.Sprintf("%%CMNG: %d,%d,%q", it.SecTag, it.Type, m.listed(it)))
	}
	return r
}

// listed is the digest as the modem prints it: of the bytes as they were sent, in upper case. Before 1.3.2 it cannot be
// trusted, so a driver that does trust it has to fail here: it is of the bytes and a zero byte.
func (m *Modem) listed(it Item) string {
	d := it.SHA256
	if !m.fw.trueDigests() {
		d = cred.Sum(append(it.Bytes(), 0))
	}
	return strings.ToUpper(d.String())
}

// read gives back what is no key and no certificate of the unit's own.
func (m *Modem) read(slot cred.Slot) reply {
	if m.readOnly(slot) {
		return cme(cmeNoAccess)
	}
	i := m.state.index(slot)
	if i < 0 {
		return cme(cmeNotFound)
	}
	closed := slot.Kind == cred.ClientCert || slot.Kind.Secret()
	if closed && !m.faults.Has("readback") || m.faults.Has("no-readback") {
		return cme(cmeNoAccess)
	}
	it := m.state.Slots[i]
	return ok(fmt.Sprintf(`%%CMNG: %d,%d,"%s","%s"`, slot.SecTag, slot.Kind, m.listed(it), it.Bytes()))
}

// readOnly tells whether the tag is the modem's own. The developer tags for decrypted TLS are a user's on newer chips.
func (m *Modem) readOnly(slot cred.Slot) bool {
	return slot.SecTag.Reserved() && !(slot.SecTag.Decrypt() && m.fw.newerChip())
}

// blocked is why nothing may be changed now, if something is why.
func (m *Modem) blocked(slot cred.Slot) (reply, bool) {
	switch {
	case m.readOnly(slot):
		return cme(cmeNoAccess), true
	case m.active() && !m.faults.Has("write-active"):
		return cme(cmeActive), true
	case m.faults.Has("power-warning") && m.fw.powerOffWarned():
		return cme(cmePowerWarn), true
	}
	return reply{}, false
}

func (m *Modem) delete(slot cred.Slot) reply {
	if r, isBlocked := m.blocked(slot); isBlocked {
		return r
	}
	before := m.state.clone()
	if !m.state.remove(slot) {
		return cme(cmeNotFound)
	}
	return m.keep(before)
}

// write stores content. An occupied slot is replaced: the fact sheet's libraries call the operation "write or update" and
// know 519 for items that cannot be; the faults "exists" and "no-replace" make such items.
func (m *Modem) write(slot cred.Slot, named int, p []param) reply {
	if named != 2 || len(p) < 4 || len(p) > 5 || len(p[3].text) == 0 {
		return cme(cmeBad)
	}
	if !p[3].quoted && slot.Kind != cred.PSK && slot.Kind != cred.PSKID {
		return cme(cmeBad)
	}
	if len(p) == 5 && len(p[4].text) > maxPasswdLength {
		return cme(cmeBad)
	}
	if !slot.Kind.Writable() {
		return cme(cmeNoAccess)
	}
	if r, isBlocked := m.blocked(slot); isBlocked && !(r.code == cmeActive && m.faults.Has("half-locked")) {
		return r
	}
	occupied := m.state.index(slot) >= 0
	if full, isFull := m.faults.Get("full"); isFull && int64(len(m.state.Slots)-number(occupied)) >= full.N {
		return cme(cmeFull)
	}
	if m.faults.Has("exists") || m.faults.Has("no-replace") && occupied {
		return cme(cmeExists)
	}
	if m.faults.Has("strict") && !plausible(slot.Kind, p[3].text) {
		return cme(cmeContent)
	}
	return m.store(slot, []byte(p[3].text))
}

// store is the part of a write that flash does, with the faults that flash has.
func (m *Modem) store(slot cred.Slot, content []byte) reply {
	m.writes++
	if f, dies := m.faults.Get("die-on-write"); dies && f.N == m.writes {
		return reply{dies: true}
	}
	if f, damaged := m.faults.Get("damage"); damaged && (f.N == 0 || f.N == m.writes) {
		content[len(content)/2] ^= 1
	}
	if f, fails := m.faults.Get("brown-out"); fails && f.N == m.writes {
		return m.brownOut(slot)
	}
	before := m.state.clone()
	m.state.put(newItem(slot, content))
	r := m.keep(before)
	if f, dies := m.faults.Get("die-after-write"); dies && f.N == m.writes {
		r.dies = true
	}
	return r
}

// brownOut is power that fails in the middle of a write: the slot is empty, and the oldest other credential is lost too, as a
// user found who rewrote two tags at every boot (nrf91.md, section 2, "wear/brown-out").
func (m *Modem) brownOut(slot cred.Slot) reply {
	before := m.state.clone()
	m.state.remove(slot)
	if len(m.state.Slots) > 0 {
		m.state.Slots = m.state.Slots[1:]
	}
	r := m.keep(before)
	r.dies = true
	return r
}

// keep makes a change last; one that cannot be kept did not happen.
func (m *Modem) keep(before State) reply {
	if err := m.save(); err != nil {
		m.state = before
		return cme(cmeFull)
	}
	r := ok()
	r.flash = 1
	return r
}

// plausible is the look that a newer stack takes at content (527); the modems that were observed take none.
func plausible(k cred.Kind, content string) bool {
	switch k {
	case cred.PSK:
		_, err := hex.DecodeString(content)
		return err == nil
	case cred.PSKID:
		return true
	}
	b, _ := pem.Decode([]byte(content))
	return b != nil
}
