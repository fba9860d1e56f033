package identity

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/device/sim/attest"
)

const once = "8c1f0a52b7d94e36a1c8f05d7e2b4960"

// modem signs what it is given, as the unit in these tests does.
type modem struct {
	attest.Unit
	key *ecdsa.PrivateKey
}

func newModem(t *testing.T) modem {
	t.Helper()
	identity, err := attest.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := attest.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return modem{attest.Unit{Identity: identity, UUID: [16]byte{0x0b, 0x7c, 0x6f, 0x0e, 0x6f, 0x0a, 0x4c, 0x4e, 0x9d, 0x53, 15: 7}}, key}
}

const uuid = "0b7c6f0e-6f0a-4c4e-9d53-000000000007"

// answer is the whole line about a request, which change may spoil before it is signed for.
func (m modem) answer(t *testing.T, tag uint32, subject string, change func(der []byte)) string {
	t.Helper()
	der, err := attest.CSR(m.key, subject, attest.DefaultUsage)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(der)
	}
	text, err := m.CSRMessage(tag, der)
	if err != nil {
		t.Fatal(err)
	}
	return `%KEYGEN: "` + text + `"`
}

// Everything that an answer says is held against what was asked: the modem, the tag, the name; the request against its own key and
// against the statement beside it.
func TestAnAnswerAboutAKeyIsHeldAgainstTheQuestion(t *testing.T) {
	t.Parallel()
	m := newModem(t)
	good := m.answer(t, 42, "CN="+once, nil)
	body, cose, _ := strings.Cut(good, ".")
	other := m.answer(t, 42, "CN="+once, nil) // the same key and another signature
	public, err := m.PublicKeyMessage(42, &m.key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		line, uuid, code string
		fresh            bool
	}{
		"right":                             {good, uuid, "", true},
		"right, and nobody knows the modem": {good, "", "", true},
		"the modem's own name":              {m.answer(t, 42, "CN="+uuid, nil), uuid, "", false},
		"another name of ours":              {m.answer(t, 42, "CN="+strings.Replace(once, "8", "9", 1), nil), uuid, "keygen.stale", false},
		"a shorter name":                    {m.answer(t, 42, "CN="+once[1:], nil), uuid, "keygen.stale", false},
		"the name and another beside it":    {m.answer(t, 42, "O=Acme,CN="+once, nil), uuid, "keygen.stale", false},
		"the name twice":                    {m.answer(t, 42, "CN="+once+",CN="+once, nil), uuid, "keygen.stale", false},
		"the name as another attribute":     {m.answer(t, 42, "O="+once, nil), uuid, "keygen.stale", false},
		"another modem's own name":          {m.answer(t, 42, "CN=1"+uuid[1:], nil), uuid, "keygen.stale", false},
		"another tag":                       {m.answer(t, 43, "CN="+once, nil), uuid, "keygen.sec-tag", false},
		"another modem":                     {good, "1" + uuid[1:], "keygen.other-unit", false},
		"no statement":                      {body + `"`, uuid, "keygen.no-proof", false},
		"the statement of another request":  {other[:strings.IndexByte(other, '.')+1] + cose, uuid, "keygen.digest", false},
		"signed with another key": {m.answer(t, 42, "CN="+once, func(der []byte) {
			i := bytes.Index(der, []byte{0x03, 0x42, 0x00, 0x04}) // the public key: the statement names it, its own signature does not fit
			o := newModem(t).key
			pub, _ := o.PublicKey.Bytes()
			copy(der[i+3:], pub)
		}), uuid, "ca.csr", false},
		"a public key": {`%KEYGEN: "` + public + `"`, uuid, "ca.csr", false},
		"cut off":      {good[:300], uuid, "keygen.garbled", false},
	} {
		made, err := Hear(c.line, 42, c.uuid, once)
		got := ""
		if err != nil {
			got = cred.AsFault(err).Code
		}
		if got != c.code || made.Fact.Fresh != c.fresh {
			t.Errorf("%s: %v, fresh %v", name, err, made.Fact.Fresh)
		}
		if c.code == "" && (made.Fact.UUID != uuid || !made.CSR.Public.Equal(&m.key.PublicKey) || made.Fact.Attestation.IsZero() || made.Fact.CSR.IsZero()) {
			t.Errorf("%s: %+v", name, made.Fact)
		}
	}
}

// A name is drawn for each request; a source that has nothing more to give is a fault and no name.
func TestANameForOneRequest(t *testing.T) {
	t.Parallel()
	seed := make([]byte, 24)
	seed[15] = 0xab
	from := bytes.NewReader(seed)
	if name, err := Once(from); err != nil || name != hex.EncodeToString(seed[:16]) {
		t.Errorf("%q, %v", name, err)
	}
	if name, err := Once(from); err == nil || name != "" {
		t.Errorf("%q out of half a source", name)
	}
	a, err := Once(nil)
	b, err2 := Once(nil)
	if err != nil || err2 != nil || a == b || len(a) != 32 {
		t.Errorf("%q, %q", a, b)
	}
}

// TestEachSerialIsAbandonedOnce: a record that could not be written is tried again, and goes on where it broke off.
func TestEachSerialIsAbandonedOnce(t *testing.T) {
	var s Set
	var gone []string
	broken := true
	abandon := func(serial string) error {
		if serial == "b" && broken {
			broken = false
			return errors.New("the disk is full")
		}
		gone = append(gone, serial)
		return nil
	}
	if s.Drop(abandon, []string{"a", "b"}) == nil {
		t.Error("a full disk is not told")
	}
	for range 2 {
		if err := s.Drop(abandon, []string{"a", "b"}); err != nil || strings.Join(gone, "") != "ab" {
			t.Errorf("%v: %v", gone, err)
		}
	}
}
