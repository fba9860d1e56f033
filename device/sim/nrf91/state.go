package nrf91

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"slices"
	"unicode/utf8"

	"example.org/sectag/cred"
	"example.org/sectag/device/sim/attest"
	"example.org/sectag/internal/atomicfile"
)

// stateFormat names the form of the state file; another form gets another number.
const stateFormat = "sectag-sim-modem/1"

// State is the unit: who it is and what it holds. Its JSON form is the state file, which is the modem itself: whoever can
// read it has the private keys in it.
type State struct {
	Format    string      `json:"format"`
	IMEI      cred.IMEI   `json:"imei"`
	Model     string      `json:"model"`
	Firmware  string      `json:"firmware"`
	UUID      string      `json:"uuid"`                // drawn at random when the unit was made
	DeviceKey cred.Digest `json:"identity_key_sha256"` // digest that type 6 is listed with: of the public key as SubjectPublicKeyInfo
	Identity  string      `json:"identity_key"`        // the private identity key, PKCS#8 PEM; files of before have none and get one
	Slots     []Item      `json:"slots"`               // in the order in which they were written
}

// Item is one stored credential. The content is in Content, or in ContentHex if it is not UTF-8.
type Item struct {
	SecTag     cred.SecTag `json:"sec_tag"`
	Type       cred.Kind   `json:"type"`
	SHA256     cred.Digest `json:"sha256"` // of the content
	Content    string      `json:"content,omitempty"`
	ContentHex string      `json:"content_hex,omitempty"`
}

// maxState bounds a state file: the largest unit, whose store is full, is a fraction of it.
const maxState = 16 << 20

// ReadState reads a state file. It is strict: unknown fields, a wrong digest or two items in one slot are errors.
func ReadState(path string) (State, error) {
	b, err := atomicfile.Read(path, maxState)
	if err != nil {
		return State{}, fmt.Errorf("reading the virtual modem's state: %w", err)
	}
	s, err := parseState(b)
	if err != nil {
		return State{}, fmt.Errorf("reading the virtual modem's state %s: %w", path, err)
	}
	return s, nil
}

func parseState(b []byte) (s State, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return State{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return State{}, errors.New("something follows the document")
	}
	return s, s.check()
}

func (s State) check() error {
	if s.Format != stateFormat {
		return fmt.Errorf("its format is %q, not %q", s.Format, stateFormat)
	}
	if s.IMEI == 0 || s.UUID == "" || s.DeviceKey.IsZero() {
		return errors.New("imei, uuid or identity_key_sha256 is missing")
	}
	if digest, err := s.identityDigest(); s.Identity != "" && (err != nil || digest != s.DeviceKey) {
		return errors.New("identity_key is no P-256 key, or identity_key_sha256 is not the digest of its public key")
	}
	seen := map[cred.Slot]bool{}
	for i, it := range s.Slots {
		slot := cred.Slot{SecTag: it.SecTag, Kind: it.Type}
		if _, err := hex.DecodeString(it.ContentHex); err != nil || (it.Content == "") == (it.ContentHex == "") {
			return fmt.Errorf("slots[%d] must have either content or content_hex", i)
		}
		if seen[slot] {
			return fmt.Errorf("slots[%d] is a second item in %v", i, slot)
		}
		if cred.Sum(it.Bytes()) != it.SHA256 {
			return fmt.Errorf("the sha256 of slots[%d] is not that of its content", i)
		}
		seen[slot] = true
	}
	return nil
}

// identity reads the private identity key.
func (s State) identity() (*ecdsa.PrivateKey, error) { return attest.ParsePrivate(s.Identity) }

// IdentityKey is the public half of the identity key, which verifies what %KEYGEN and %ATTESTTOKEN sign.
func (s State) IdentityKey() (*ecdsa.PublicKey, error) {
	k, err := s.identity()
	if err != nil {
		return nil, fmt.Errorf("reading the identity key: %w", err)
	}
	return &k.PublicKey, nil
}

func (s State) identityDigest() (cred.Digest, error) {
	public, err := s.IdentityKey()
	if err != nil {
		return cred.Digest{}, err
	}
	der, err := attest.PublicDER(public)
	return cred.Sum(der), err
}

// drawIdentity gives the unit its identity key.
func (s *State) drawIdentity() error {
	k, err := attest.NewKey()
	if err != nil {
		return err
	}
	if s.Identity, err = attest.PrivatePEM(k); err != nil {
		return err
	}
	s.DeviceKey, err = s.identityDigest()
	return err
}

// Bytes is the content as it was sent.
func (i Item) Bytes() []byte {
	if i.ContentHex != "" {
		b, _ := hex.DecodeString(i.ContentHex) // check and newItem let nothing else in
		return b
	}
	return []byte(i.Content)
}

func newItem(slot cred.Slot, content []byte) Item {
	it := Item{SecTag: slot.SecTag, Type: slot.Kind, SHA256: cred.Sum(content)}
	if utf8.Valid(content) {
		it.Content = string(content)
	} else {
		it.ContentHex = hex.EncodeToString(content)
	}
	return it
}

// Content finds what a slot holds.
func (s State) Content(slot cred.Slot) ([]byte, bool) {
	if i := s.index(slot); i >= 0 {
		return s.Slots[i].Bytes(), true
	}
	return nil, false
}

func (s State) index(slot cred.Slot) int {
	return slices.IndexFunc(s.Slots, func(i Item) bool { return i.SecTag == slot.SecTag && i.Type == slot.Kind })
}

func (s State) clone() State {
	s.Slots = slices.Clone(s.Slots)
	return s
}

// put stores an item at the end, where a modem's list shows what came last; what the slot held is gone.
func (s *State) put(it Item) {
	s.remove(cred.Slot{SecTag: it.SecTag, Kind: it.Type})
	s.Slots = append(s.Slots, it)
}

func (s *State) remove(slot cred.Slot) bool {
	i := s.index(slot)
	if i >= 0 {
		s.Slots = slices.Delete(s.Slots, i, i+1)
	}
	return i >= 0
}

// save writes the state file, if there is one. The caller holds the lock.
func (m *Modem) save() error {
	if m.file == "" {
		return nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(m.state); err != nil {
		return fmt.Errorf("writing the virtual modem's state: %w", err)
	}
	if err := atomicfile.Write(m.file, b.Bytes(), 0o600); err != nil {
		return cred.Because(err, "config.file", "the virtual modem cannot keep its state in "+m.file,
			"give --state a file in a folder that you may write to")
	}
	return nil
}

// settle makes one unit of what the configuration and the state file say: the file is the unit, the configuration may name
// it, and may give it another firmware of the same chip, as an update would.
func settle(cfg Config) (State, error) {
	fresh, err := drawState()
	if err != nil {
		return State{}, err
	}
	s := fresh
	if cfg.State != "" {
		s, err = ReadState(cfg.State)
		if errors.Is(err, fs.ErrNotExist) {
			s, err = fresh, nil
		}
		if err != nil {
			return State{}, cred.Because(err, "config.file", err.Error(), "give another --state file, or remove this one")
		}
	}
	isNew := s.UUID == fresh.UUID
	if s.Identity == "" {
		s.Identity, s.DeviceKey = fresh.Identity, fresh.DeviceKey
	}
	if cfg.IMEI != 0 && !isNew && s.IMEI != cfg.IMEI {
		return State{}, cred.Failed("config.value", fmt.Sprintf("the state file holds the unit %v, not %v", s.IMEI, cfg.IMEI),
			"leave the IMEI out, or give this unit its own --state file")
	}
	if cfg.IMEI != 0 {
		s.IMEI = cfg.IMEI
	}
	if cfg.Firmware != "" {
		s.Firmware = cfg.Firmware
	}
	if cfg.Model != "" && isNew {
		s.Model = cfg.Model
	}
	if s.Model == "" {
		fw, err := parseFirmware(s.Firmware, "")
		if err != nil {
			return State{}, err
		}
		s.Model = fw.chip.model
	}
	if cfg.Model != "" && cfg.Model != s.Model {
		return State{}, cred.Failed("config.value", fmt.Sprintf("the state file holds an %s, not an %s", s.Model, cfg.Model),
			"leave the model out, or give this unit its own --state file")
	}
	return s, nil
}

// drawState makes a unit that no other is like. Its IMEI has the type allocation code that Nordic's own examples have.
func drawState() (State, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return State{}, fmt.Errorf("drawing an IMEI: %w", err)
	}
	imei := cred.IMEI(35265610_000000_0 + n.Uint64()*10)
	for !imei.Valid() {
		imei++
	}
	var id [16]byte
	s := State{Format: stateFormat, IMEI: imei, Firmware: DefaultFirmware, Slots: []Item{}}
	rand.Read(id[:]) // never fails since Go 1.24
	s.UUID = uuid(id)
	return s, s.drawIdentity()
}

// uuid writes a version 4 UUID made of the bytes.
func uuid(b [16]byte) string {
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
