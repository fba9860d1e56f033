package nrf91

import (
	"crypto/ecdsa"
	"encoding/hex"
	"fmt"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/device/sim/attest"
)

// The CME numbers of a key that was not made (nrf91.md, 1.7).
const (
	cmeParameters = 50
	cmeKeygen     = 523
)

// endorsementKey is the type of the key that %KEYGEN=<tag>,8 makes.
const endorsementKey cred.Kind = 8

// keyCommands are nrf91.md, sections 1.5 and 1.6: firmware 1.3.0 has them, the ones before have not.
func keyCommands() []command {
	return []command{
		{name: "%KEYGEN", run: generateKey, has: firmware.identityKeys},
		{name: "%ATTESTTOKEN", run: attestToken, has: firmware.identityKeys},
	}
}

// request is what a %KEYGEN asks for.
type request struct {
	slot           cred.Slot
	wantsPublic    bool // the public key message instead of a certificate request
	subject, usage string
}

// keygenRequest reads <sec_tag>,<key_type>[,<response_content>][,<attributes>][,<key_usage>].
func (m *Modem) keygenRequest(p []param) (r request, fits bool) {
	slot, named, fits := m.slot(append([]param{{text: "0"}}, p...))
	if !fits || named != 2 || len(p) > 5 || slot.Kind != cred.ClientKey && slot.Kind != endorsementKey {
		return r, false
	}
	r = request{slot: slot, wantsPublic: slot.Kind == endorsementKey, subject: "CN=" + m.state.UUID, usage: attest.DefaultUsage}
	for i, q := range p[2:] {
		switch {
		case q.text == "" && !q.quoted:
		case i == 0 && !q.quoted && (q.text == "0" || q.text == "1"):
			if slot.Kind == endorsementKey && q.text == "0" {
				return r, false
			}
			r.wantsPublic = q.text == "1"
		case i == 1 && q.quoted && q.text != "":
			r.subject = q.text
		case i == 2 && q.quoted:
			r.usage = q.text
		default:
			return r, false
		}
	}
	return r, true
}

// generateKey is %KEYGEN: a key that never leaves the modem, and a message about it that the identity key signed. The checks
// come in the order of a write, and 523 last.
func generateKey(m *Modem, f form, p []param) reply {
	if f != set {
		return failed()
	}
	r, fits := m.keygenRequest(p)
	if !fits {
		return cme(cmeBad)
	}
	if own := "CN=" + m.state.UUID; r.subject != own {
		if m.faults.Has("bare-keygen") {
			return cme(cmeParameters)
		}
		if m.faults.Has("plain-keygen") {
			r.subject = own
		}
	}
	if refusal, isBlocked := m.blocked(r.slot); isBlocked {
		return refusal
	}
	held := m.state.index(r.slot)
	if held >= 0 && r.slot.Kind == endorsementKey {
		key, err := attest.ParsePrivate(string(m.state.Slots[held].Bytes()))
		if err != nil {
			return cme(cmeKeygen)
		}
		return m.keyMessage(r, key, ok())
	}
	if full, isFull := m.faults.Get("full"); isFull && int64(len(m.state.Slots)) >= full.N {
		return cme(cmeFull)
	}
	if held >= 0 || m.faults.Has("exists") {
		return cme(cmeExists)
	}
	key, err := attest.NewKey()
	if err != nil || m.faults.Has("no-keygen") {
		return cme(cmeKeygen)
	}
	return m.keepKey(r, key)
}

// keepKey stores a new key, in clear as flash does, and answers with its message.
func (m *Modem) keepKey(r request, key *ecdsa.PrivateKey) reply {
	text, err := attest.PrivatePEM(key)
	if err != nil {
		return cme(cmeKeygen)
	}
	message := m.keyMessage(r, key, ok())
	if message.code != resultOK {
		return message // a subject or a usage that cannot be: nothing is made
	}
	before := m.state.clone()
	m.state.put(newItem(r.slot, []byte(text)))
	kept := m.keep(before)
	if kept.code != resultOK {
		return kept
	}
	message.flash = kept.flash
	message.dies = m.faults.Has("die-after-keygen")
	return message
}

// keyMessage is the answer about a key.
func (m *Modem) keyMessage(r request, key *ecdsa.PrivateKey, answer reply) reply {
	unit, err := m.unit()
	if err != nil {
		return cme(cmeKeygen)
	}
	tag, text := uint32(r.slot.SecTag), ""
	if r.wantsPublic {
		text, err = unit.PublicKeyMessage(tag, &key.PublicKey)
	} else {
		der, bad := attest.CSR(key, r.subject, r.usage)
		if bad != nil {
			return cme(cmeBad)
		}
		text, err = unit.CSRMessage(tag, der)
	}
	if err != nil {
		return cme(cmeKeygen)
	}
	if m.faults.Has("damage-csr") {
		text = damaged(text)
	}
	told := fmt.Sprintf(`%%KEYGEN: "%s"`, text)
	if m.faults.Has("late-keygen") {
		told, m.late = m.late, told
	}
	if told != "" {
		answer.info = append(answer.info, told)
	}
	return answer
}

// damaged changes one letter in the middle of the message's body, so that neither its signature nor its digest is right.
func damaged(text string) string {
	i := strings.IndexByte(text, '.') / 2
	c := "A"
	if text[i] == 'A' {
		c = "B"
	}
	return text[:i] + c + text[i+1:]
}

// unit is who signs.
func (m *Modem) unit() (attest.Unit, error) {
	key, err := m.state.identity()
	return attest.Unit{Identity: key, UUID: uuidBytes(m.state.UUID)}, err
}

// attestToken is %ATTESTTOKEN[="<32 hex>"].
func attestToken(m *Modem, f form, p []param) reply {
	nonce := attest.Nonce()
	switch {
	case f == set && len(p) == 1 && p[0].quoted && len(p[0].text) == 32:
		b, err := hex.DecodeString(p[0].text)
		if err != nil {
			return cme(cmeBad)
		}
		nonce = b
	case f == set:
		return cme(cmeBad)
	case f != execute:
		return failed()
	}
	unit, err := m.unit()
	if err != nil {
		return failed()
	}
	token, err := unit.Token(m.fw.chip.device, uuidBytes(buildUUID(m.fw.name)), nonce)
	if err != nil {
		return failed()
	}
	return ok(fmt.Sprintf(`%%ATTESTTOKEN: "%s"`, token))
}

// uuidBytes are the 16 bytes of a UUID. A state file may hold any text as one: what is no UUID stands for itself.
func uuidBytes(text string) [16]byte {
	b, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(b) != 16 {
		sum := cred.Sum([]byte(text))
		b = sum[:16]
	}
	return [16]byte(b)
}
