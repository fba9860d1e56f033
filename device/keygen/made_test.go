package keygen

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"example.org/sectag/cred"
)

// made is an answer to be put together: what is not set is as a modem writes it. Bytes stand for themselves.
type made struct {
	body      []byte
	id        any
	uuid      any
	tag       any // a number, or what stands in its place
	digest    any
	nonce     any
	protected any
	kid       any
	header    any
	payload   any // instead of all above: an encoded payload, or cbor.RawMessage for another element
	sig       any
	prefix    []byte
	elements  int // of the COSE array, when not 4
	external  []byte
	signer    *ecdsa.PrivateKey
}

func enc(t testing.TB, v any) []byte {
	t.Helper()
	b, err := cbor.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func or(v, otherwise any) any {
	if v == nil {
		return otherwise
	}
	return v
}

// line puts it together. Without a signer the signature is 64 bytes that nobody made.
func (m made) line(t testing.TB) string {
	t.Helper()
	sum := sha256.Sum256(m.body)
	tag := m.tag
	if n, ok := tag.(int64); ok || tag == nil {
		tag = enc(t, n)
	}
	payload := append(bytes.Clone(selfDescribed), enc(t, []any{
		or(m.id, 9), or(m.uuid, bytes.Repeat([]byte{0xAB}, 16)), tag, or(m.digest, sum[:]), or(m.nonce, make([]byte, 16)),
	})...)
	protected := or(m.protected, es256Header)
	sig := or(m.sig, make([]byte, 64))
	what := or(m.payload, payload)
	if m.signer != nil {
		hash := sha256.Sum256(enc(t, []any{"Signature1", protected, append([]byte{}, m.external...), what}))
		r, s, err := ecdsa.Sign(rand.Reader, m.signer, hash[:])
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 64)
		r.FillBytes(b[:32])
		s.FillBytes(b[32:])
		sig = b
	}
	array := []any{protected, or(m.header, map[int]any{4: or(m.kid, []byte{0x21})}), what, sig, 0, 0}
	n := 4
	if m.elements != 0 {
		n = m.elements
	}
	prefix := m.prefix
	if prefix == nil {
		prefix = sign1Tag
	}
	cose := append(bytes.Clone(prefix), enc(t, array[:n])...)
	return base64.RawURLEncoding.EncodeToString(m.body) + "." + base64.RawURLEncoding.EncodeToString(cose)
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func request(t testing.TB) []byte {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestSecTags(t *testing.T) {
	t.Parallel()
	body := request(t)
	for n, want := range map[int64]cred.SecTag{
		0: 0, 23: 23, 24: 24, 16842753: 16842753, 2147483647: cred.MaxSecTag, 2147483648: cred.FirstDecryptTag,
		4294967295: 4294967295, -1: 4294967295, -2: 4294967294, -2147483648: 2147483648,
	} {
		a, err := Parse(made{body: body, tag: n}.line(t))
		if err != nil || a.Proof.SecTag != want {
			t.Errorf("%d: %+v, %v", n, a.Proof, err)
		}
	}
	for _, n := range []int64{4294967296, -2147483649, 1 << 62, -1 << 63} {
		if _, err := Parse(made{body: body, tag: n}.line(t)); code(err) != "keygen.garbled" {
			t.Errorf("%d: %v", n, err)
		}
	}
	if _, err := Parse(made{body: body, tag: enc(t, uint64(1<<63))}.line(t)); code(err) != "keygen.garbled" {
		t.Errorf("2^63: %v", err)
	}
}

func TestRefusedShapes(t *testing.T) {
	t.Parallel()
	body := request(t)
	if _, err := Parse(made{body: body}.line(t)); err != nil {
		t.Fatal(err)
	}
	raw := func(b ...byte) cbor.RawMessage { return b }
	null := raw(0xf6)
	public, err := x509.MarshalPKIXPublicKey(&newKey(t).PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]made{
		"another type":                  {id: 7},
		"a public key's type":           {id: 8},
		"a request's type on a key":     {body: public},
		"no type":                       {id: null},
		"a type as text":                {id: "9"},
		"a type as a float":             {id: 9.0},
		"a short uuid":                  {uuid: make([]byte, 15)},
		"a uuid as text":                {uuid: "0123456789abcdef"},
		"a uuid as an array":            {uuid: [16]int{}},
		"no uuid":                       {uuid: null},
		"a tag that is not wrapped":     {tag: raw(0x11)},
		"a tag that is no number":       {tag: []byte{0x41, 0x11}},
		"a tag that is null":            {tag: []byte{0xf6}},
		"a tag and more":                {tag: []byte{0x11, 0x11}},
		"an empty tag":                  {tag: []byte{}},
		"a tagged tag":                  {tag: []byte{0xc2, 0x41, 0x11}},
		"a short digest":                {digest: make([]byte, 31)},
		"a long nonce":                  {nonce: make([]byte, 17)},
		"no nonce":                      {nonce: null},
		"another algorithm":             {protected: []byte{0xa1, 0x01, 0x27}},
		"two protected headers":         {protected: []byte{0xa2, 0x01, 0x26, 0x02, 0x00}},
		"no protected header":           {protected: []byte{}},
		"a protected header as map":     {protected: raw(0xa1, 0x01, 0x26)},
		"no key id":                     {header: map[int]any{}},
		"a key id that is not wrapped":  {kid: -2},
		"an empty key id":               {kid: []byte{}},
		"key ids twice":                 {header: raw(0xa2, 0x04, 0x41, 0x21, 0x04, 0x41, 0x23)},
		"a header as text":              {header: map[string]any{"kid": []byte{0x21}}},
		"a header as array":             {header: []any{4, []byte{0x21}}},
		"no payload":                    {payload: null},
		"an undefined payload":          {payload: raw(0xf7)},
		"an empty payload":              {payload: []byte{}},
		"a payload that is not wrapped": {payload: raw(0x80)},
		"a payload without its tag":     {payload: enc(t, []any{9, 1, 2, 3, 4})},
		"a payload of four":             {payload: append(bytes.Clone(selfDescribed), enc(t, []any{9, 1, 2, 3})...)},
		"a payload that is no array":    {payload: append(bytes.Clone(selfDescribed), null...)},
		"an endless payload":            {payload: append(bytes.Clone(selfDescribed), 0x9f, 0xff)},
		"a short signature":             {sig: make([]byte, 63)},
		"a DER signature":               {sig: make([]byte, 72)},
		"no signature":                  {sig: null},
		"three elements":                {elements: 3},
		"five elements":                 {elements: 5},
		"no tag":                        {prefix: []byte{}},
		"a COSE_Sign":                   {prefix: []byte{0xd8, 0x62}},
		"a COSE_Sign1 described":        {prefix: append(bytes.Clone(selfDescribed), 0xd2)},
		"a tag twice":                   {prefix: []byte{0xd2, 0xd2}},
	} {
		if m.body == nil {
			m.body = body
		}
		if a, err := Parse(m.line(t)); code(err) != "keygen.garbled" {
			t.Errorf("%s: %+v, %v", name, a.Proof, err)
		}
	}
	for name, b := range map[string][]byte{
		"text": []byte("hello"), "a number": {0x30}, "an empty sequence": {0x30, 0x00}, "two requests": append(bytes.Clone(body), body...),
		"CBOR of another shape": append(bytes.Clone(selfDescribed), 0xa0), "one byte more": append(bytes.Clone(body), 0),
	} {
		if _, err := Parse(base64.RawURLEncoding.EncodeToString(b)); code(err) != "keygen.garbled" {
			t.Errorf("a body that is %s: %v", name, err)
		}
	}
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []any{&long.PublicKey, &p384.PublicKey} {
		der, err := x509.MarshalPKIXPublicKey(k)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(base64.RawURLEncoding.EncodeToString(der)); code(err) != "keygen.garbled" || !strings.Contains(err.Error(), "not EC P-256") {
			t.Errorf("%s: %v", cred.KeyName(k), err)
		}
	}
}

// The manual's public key message in CBOR is recognised, hashed and left alone; unknown unprotected headers are passed over.
func TestTakenShapes(t *testing.T) {
	t.Parallel()
	body := append(bytes.Clone(selfDescribed), enc(t, []any{2, "whatever"})...)
	a, err := Parse(made{body: body, id: 8, kid: []byte{0x23}, header: map[int]any{4: []byte{0x23}, 33: []byte{1}}}.line(t))
	if err != nil || a.Content != PublicKey || a.Public != nil || a.Proof.Key != NordicProductionKey {
		t.Errorf("%+v, %v", a, err)
	}
	for k, want := range map[KeyID]string{-2: "identity key", -4: "Nordic production key", -5: "Nordic R&D key", 7: "key 7"} {
		if k.String() != want {
			t.Errorf("%d is %s", int64(k), k)
		}
	}
	if DeviceType(99).String() != "type 99" || DeviceType(6).String() != "nRF9151 LACA" || Content(1).String() != "unknown" {
		t.Error("names")
	}
}

func TestSignaturesThatWeMade(t *testing.T) {
	t.Parallel()
	key, body := newKey(t), request(t)
	for name, c := range map[string]struct {
		external []byte
		ok       bool
	}{"nothing external": {nil, true}, "the body external": {body, true}, "something else external": {[]byte("x"), false}} {
		a, err := Parse(made{body: body, signer: key, external: c.external}.line(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Proof.Verify(&key.PublicKey); (err == nil) != c.ok || a.Proof.Verified != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	token := append(bytes.Clone(selfDescribed), enc(t, []any{1, make([]byte, 16), 6, make([]byte, 16), make([]byte, 16)})...)
	null := cbor.RawMessage{0xf6}
	for name, m := range map[string]made{
		"as the nRF9160 does":  {external: token, payload: null},
		"of nothing":           {payload: null},
		"of another token":     {external: body, payload: null},
		"with the empty bytes": {external: token, payload: cbor.RawMessage{0x40}},
	} {
		m.body, m.signer = token, key
		k, err := ParseToken(m.line(t))
		if name == "with the empty bytes" {
			if code(err) != "keygen.garbled" {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := k.Signature.Verify(&key.PublicKey); (err == nil) != (name == "as the nRF9160 does") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// RFC 9052's own way: the payload is signed and left out.
	hash := sha256.Sum256(enc(t, []any{"Signature1", es256Header, []byte{}, token}))
	r, s, err := ecdsa.Sign(rand.Reader, key, hash[:])
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 64)
	r.FillBytes(b[:32])
	s.FillBytes(b[32:])
	k, err := ParseToken(made{body: token, payload: null, sig: b}.line(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Signature.Verify(&key.PublicKey); err != nil || !k.Signature.Verified {
		t.Errorf("detached: %v", err)
	}
}

func TestRefusedTokens(t *testing.T) {
	t.Parallel()
	u := make([]byte, 16)
	for name, f := range map[string][]any{
		"another message": {2, u, 6, u, u}, "four elements": {1, u, 6, u}, "six elements": {1, u, 6, u, u, u}, "a short uuid": {1, u[1:], 6, u, u},
		"no type": {1, u, nil, u, u}, "a negative type": {1, u, -1, u, u}, "a huge type": {1, u, 1 << 20, u, u}, "a type as text": {1, u, "6", u, u},
		"a short build": {1, u, 6, u[1:], u}, "a long nonce": {1, u, 6, u, append(u, 0)}, "no number": {nil, u, 6, u, u},
	} {
		b := append(bytes.Clone(selfDescribed), enc(t, f)...)
		if _, err := ParseToken(base64.RawURLEncoding.EncodeToString(b)); code(err) != "keygen.garbled" {
			t.Errorf("%s: %v", name, err)
		}
	}
	plain := enc(t, []any{1, u, 6, u, u})
	if _, err := ParseToken(base64.RawURLEncoding.EncodeToString(plain)); code(err) != "keygen.garbled" {
		t.Errorf("without its tag: %v", err)
	}
}
