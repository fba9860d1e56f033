//go:build pkcs11

package keyuri

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"sync"

	"github.com/miekg/pkcs11"

	"example.org/sectag/cred"
)

// built tells that this program can use keys in tokens.
func built() error { return nil }

// modules are the PKCS#11 libraries that this process has loaded: the standard starts and ends one for a whole process (PKCS#11 2.40,
// section 5.4), so what counts its users belongs to the process too. A library stays loaded when nobody uses it: some do not survive being unloaded.
var modules = struct {
	sync.Mutex
	loaded map[string]*module
}{loaded: map[string]*module{}}

type module struct {
	*pkcs11.Ctx
	users int
}

func (t token) load() (*module, error) {
	modules.Lock()
	defer modules.Unlock()
	m := modules.loaded[t.module]
	if m == nil {
		c := pkcs11.New(t.module)
		if c == nil {
			return nil, cred.Failed("ca.module", "the PKCS#11 library "+t.module+" cannot be loaded",
				"look whether it is there and for this processor; module-path in the key's URI names it, such as /usr/lib/x86_64-linux-gnu/libykcs11.so")
		}
		m = &module{Ctx: c}
		modules.loaded[t.module] = m
	}
	if m.users == 0 {
		if err := m.Initialize(); err != nil {
			return nil, cred.Because(err, "ca.module", "the PKCS#11 library "+t.module+" does not start: "+err.Error(),
				"look whether its configuration is there (SOFTHSM2_CONF, YUBIHSM_PKCS11_CONF) and may be read")
		}
	}
	m.users++
	return m, nil
}

// leave ends the library behind its last user.
func (m *module) leave() {
	modules.Lock()
	defer modules.Unlock()
	if m.users--; m.users == 0 {
		_ = m.Finalize() // nothing is open in it any more
	}
}

// session is a key in a token, with the one session in which it is used.
type session struct {
	mu     sync.Mutex
	module *module // nil: closed
	handle pkcs11.SessionHandle
	login  bool
	key    pkcs11.ObjectHandle
	rsa    bool
	always []byte // the PIN, for a key that wants it before every signature (CKA_ALWAYS_AUTHENTICATE); else nil
}

// openToken finds the token, logs in once, and finds the key; the public half is nil where the token does not show it. A PIN that is wrong
// is never tried again. Faults: ca.module, ca.token, ca.token-key, ca.passphrase.
func openToken(t token, pin []byte) (holder, crypto.PublicKey, error) {
	m, err := t.load()
	if err != nil {
		return nil, nil, err
	}
	s := &session{module: m}
	public, err := s.open(t, pin)
	if err != nil {
		s.Close()
		return nil, nil, err
	}
	return s, public, nil
}

func (s *session) open(t token, pin []byte) (crypto.PublicKey, error) {
	slot, about, err := s.module.find(t)
	if err != nil {
		return nil, err
	}
	if s.handle, err = s.module.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION); err != nil {
		return nil, answered(err, "opening a session")
	}
	if about.Flags&pkcs11.CKF_LOGIN_REQUIRED != 0 {
		if err := s.enter(slot, pin); err != nil {
			return nil, err
		}
	}
	if s.key, err = s.only(t); err != nil {
		return nil, err
	}
	if err := s.about(pin); err != nil {
		return nil, err
	}
	return s.public(t), nil
}

// find looks for the one token that the URI describes.
func (m *module) find(t token) (uint, pkcs11.TokenInfo, error) {
	slots, err := m.GetSlotList(true)
	if err != nil {
		return 0, pkcs11.TokenInfo{}, answered(err, "listing the tokens")
	}
	var found []uint
	var about pkcs11.TokenInfo
	for _, s := range slots {
		i, err := m.GetTokenInfo(s)
		if err != nil || i.Flags&pkcs11.CKF_TOKEN_INITIALIZED == 0 || t.slot != nil && *t.slot != s {
			continue
		}
		says := map[string]string{"token": i.Label, "manufacturer": i.ManufacturerID, "serial": i.SerialNumber, "model": i.Model}
		fits := true
		for name, want := range t.match {
			fits = fits && says[name] == want
		}
		if fits {
			found, about = append(found, s), i
		}
	}
	switch len(found) {
	case 0:
		return 0, about, cred.Failed("ca.token", "the token of the key's URI is not there",
			"plug it in, or look at what the library sees: pkcs11-tool --module "+t.module+" --list-slots")
	case 1:
		return found[0], about, nil
	}
	return 0, about, cred.Failed("ca.token", fmt.Sprintf("%d tokens are as the key's URI says", len(found)),
		"add serial=… to the URI: pkcs11-tool --module "+t.module+" --list-slots tells it")
}

// enter logs in. Each refusal has its own line, because a token locks itself after a few of them.
func (s *session) enter(slot uint, pin []byte) error {
	const tries = "a token locks itself after a few wrong PINs, three with many: be sure before the next try; nothing tries again by itself"
	if len(pin) == 0 {
		return cred.Failed("ca.passphrase", "the token needs its PIN and none was given",
			"type it when asked for the passphrase, or give --passphrase-file, or pin-source=file:… in the key's URI")
	}
	err := s.module.Login(s.handle, pkcs11.CKU_USER, string(pin))
	switch {
	case err == nil:
		s.login = true
		return nil
	case is(err, pkcs11.CKR_PIN_LOCKED):
		return cred.Because(err, "ca.passphrase", "the token has locked its PIN", "unlock it with its security officer's PIN or its PUK, by its maker's tool")
	case is(err, pkcs11.CKR_PIN_INCORRECT), is(err, pkcs11.CKR_PIN_LEN_RANGE), is(err, pkcs11.CKR_PIN_INVALID):
		text, hint := "the PIN does not open the token", tries
		i, e := s.module.GetTokenInfo(slot)
		switch {
		case e == nil && i.Flags&pkcs11.CKF_USER_PIN_LOCKED != 0:
			text, hint = text+", and the token has locked its PIN now", "unlock it with its security officer's PIN or its PUK, by its maker's tool"
		case e == nil && i.Flags&pkcs11.CKF_USER_PIN_FINAL_TRY != 0:
			hint = "one more wrong PIN locks the token: look the PIN up before the next try"
		}
		return cred.Because(err, "ca.passphrase", text, hint)
	case is(err, pkcs11.CKR_USER_ALREADY_LOGGED_IN): // the PIN was not looked at
		return cred.Because(err, "ca.token", "this sectag is logged in to the token already", "lock the authority that uses it first")
	case is(err, pkcs11.CKR_USER_PIN_NOT_INITIALIZED):
		return cred.Because(err, "ca.token", "the token has no PIN yet", "set it up by its maker's tool")
	}
	return answered(err, "logging in")
}

// only is the one private key that the URI names.
func (s *session) only(t token) (pkcs11.ObjectHandle, error) {
	found, err := s.search(t.named(pkcs11.CKO_PRIVATE_KEY))
	switch {
	case err != nil:
		return 0, answered(err, "looking for the key")
	case len(found) == 0:
		return 0, cred.Failed("ca.token-key", "the token has no private key "+t.String(),
			"look at what it holds: pkcs11-tool --module "+t.module+" --login --list-objects")
	case len(found) > 1:
		return 0, cred.Failed("ca.token-key", "the token has several private keys "+t.String(),
			"add id=%01… to the URI; pkcs11-tool --module "+t.module+" --login --list-objects tells the ids")
	}
	return found[0], nil
}

func (t token) named(class uint) []*pkcs11.Attribute {
	out := []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_CLASS, class)}
	if t.label != nil {
		out = append(out, pkcs11.NewAttribute(pkcs11.CKA_LABEL, *t.label))
	}
	if t.id != nil {
		out = append(out, pkcs11.NewAttribute(pkcs11.CKA_ID, t.id))
	}
	return out
}

func (s *session) search(for_ []*pkcs11.Attribute) ([]pkcs11.ObjectHandle, error) {
	if err := s.module.FindObjectsInit(s.handle, for_); err != nil {
		return nil, err
	}
	found, _, err := s.module.FindObjects(s.handle, 2)
	return found, errors.Join(err, s.module.FindObjectsFinal(s.handle))
}

// about reads of which kind the key is, and whether it wants the PIN before every signature.
func (s *session) about(pin []byte) error {
	a, err := s.module.GetAttributeValue(s.handle, s.key, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, nil)})
	if err != nil {
		return answered(err, "looking at the key")
	}
	switch number(a[0].Value) {
	case pkcs11.CKK_EC:
	case pkcs11.CKK_RSA:
		s.rsa = true
	default:
		return cred.Failed("config.value", "the key in the token is neither EC nor RSA", "take an EC P-256 key")
	}
	a, err = s.module.GetAttributeValue(s.handle, s.key, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_ALWAYS_AUTHENTICATE, nil)})
	if err == nil && number(a[0].Value) != 0 { // older tokens do not know the attribute
		s.always = append([]byte(nil), pin...)
	}
	return nil
}

// number reads a CK_ULONG or a CK_BBOOL in the order of this processor's bytes: all that the libraries run on put the lowest first.
func number(b []byte) (n uint) {
	for i := len(b) - 1; i >= 0; i-- {
		n = n<<8 | uint(b[i])
	}
	return n
}

// public is the public half, if the token has it beside the private one under the same names.
func (s *session) public(t token) crypto.PublicKey {
	found, err := s.search(t.named(pkcs11.CKO_PUBLIC_KEY))
	if err != nil || len(found) != 1 {
		return nil
	}
	read := func(first, second uint) (a, b []byte) {
		v, err := s.module.GetAttributeValue(s.handle, found[0], []*pkcs11.Attribute{pkcs11.NewAttribute(first, nil), pkcs11.NewAttribute(second, nil)})
		if err != nil {
			return nil, nil
		}
		return v[0].Value, v[1].Value
	}
	if s.rsa {
		n, e := read(pkcs11.CKA_MODULUS, pkcs11.CKA_PUBLIC_EXPONENT)
		if len(n) == 0 || len(e) == 0 || len(e) > 4 {
			return nil
		}
		return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	if k := ecPublic(read(pkcs11.CKA_EC_PARAMS, pkcs11.CKA_EC_POINT)); k != nil {
		return k
	}
	return nil
}

// ecPublic reads a named curve (RFC 5480, section 2.1.1.1) and a point that is wrapped in an OCTET STRING (PKCS#11 2.40, section 2.3.3).
func ecPublic(params, point []byte) *ecdsa.PublicKey {
	var oid asn1.ObjectIdentifier
	var raw []byte
	if _, err := asn1.Unmarshal(params, &oid); err != nil {
		return nil
	}
	if _, err := asn1.Unmarshal(point, &raw); err != nil {
		return nil
	}
	curve := map[string]elliptic.Curve{"1.2.840.10045.3.1.7": elliptic.P256(), "1.3.132.0.34": elliptic.P384(), "1.3.132.0.35": elliptic.P521()}[oid.String()]
	if curve == nil {
		return nil
	}
	k, err := ecdsa.ParseUncompressedPublicKey(curve, raw)
	if err != nil {
		return nil
	}
	return k
}

// digestInfos are what PKCS#1 version 1.5 puts before a digest (RFC 8017, section 9.2, note 1).
var digestInfos = map[crypto.Hash][]byte{
	crypto.SHA256: {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
	crypto.SHA384: {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30},
	crypto.SHA512: {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40},
}

// sign has the token sign. Faults: ca.token, ca.passphrase.
func (s *session) sign(digest []byte, hash crypto.Hash) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.module == nil {
		return nil, cred.Failed("ca.locked", "the token's session is closed", "unlock the authority with the token's PIN")
	}
	mechanism, text := uint(pkcs11.CKM_ECDSA), digest
	if s.rsa {
		mechanism, text = pkcs11.CKM_RSA_PKCS, append(append([]byte(nil), digestInfos[hash]...), digest...)
	}
	if err := s.module.SignInit(s.handle, []*pkcs11.Mechanism{pkcs11.NewMechanism(mechanism, nil)}, s.key); err != nil {
		return nil, answered(err, "beginning a signature")
	}
	if s.always != nil {
		if err := s.module.Login(s.handle, pkcs11.CKU_CONTEXT_SPECIFIC, string(s.always)); err != nil {
			return nil, answered(err, "showing the PIN for a signature")
		}
	}
	sig, err := s.module.Sign(s.handle, text)
	if err != nil {
		return nil, answered(err, "signing")
	}
	if s.rsa {
		return sig, nil
	}
	half := len(sig) / 2
	return asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(sig[:half]), new(big.Int).SetBytes(sig[half:])})
}

// Close logs out and closes the session. It may be called more than once.
func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.module == nil {
		return nil
	}
	clear(s.always)
	if s.login {
		_ = s.module.Logout(s.handle) // a token that was pulled out has forgotten the login by itself
	}
	if s.handle != 0 {
		_ = s.module.CloseSession(s.handle)
	}
	s.module.leave()
	s.module, s.always = nil, nil
	return nil
}

func is(err error, code uint) bool {
	var p pkcs11.Error
	return errors.As(err, &p) && uint(p) == code
}

// answered is a refusal of the token that has no line of its own.
func answered(err error, doing string) error {
	return cred.Because(err, "ca.token", "the token answered "+said([]byte(err.Error()))+" when "+doing,
		"look whether it is still plugged in, and try its maker's tool; then unlock the authority again")
}
