package keygen

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"os"
	"runtime"
	"strings"
	"testing"

	"example.org/sectag/cred"
)

// published reads testdata/published.txt: the texts by their names.
func published(t testing.TB) map[string]string {
	t.Helper()
	b, err := os.ReadFile("testdata/published.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); f[0] != "#" {
			out[f[1]] = f[2]
		}
	}
	return out
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return cred.AsFault(err).Code
}

func fromHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// point makes a public key of an uncompressed point.
func point(t testing.TB, s string) *ecdsa.PublicKey {
	t.Helper()
	k, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), fromHex(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestPublishedKeys(t *testing.T) {
	t.Parallel()
	all := published(t)
	for name, want := range map[string]struct {
		content Content
		uuid    string
		tag     cred.SecTag
		nonce   string
		digest  string
	}{
		"csr-17":       {CSR, "50363154-3931-44f0-8022-121b6401627d", 17, "1b8722ee1deb581566e2cb1359b27cd2", "702a3d56f05b2f72531d650825e20041e2e9d9318c34b6853ab9066e5c72e80c"},
		"public-16":    {PublicKey, "50363154-3931-44f0-8022-121b6401627d", 16, "505efc4aa80f494ef7858779d5c1c7be", "e5a2fc2a315a09d56fb1f774eaca9cb6bffd402efdfe18217547d818232d9656"},
		"imei-52":      {CSR, "50343956-3037-4738-800d-1f29e0a0f7bf", 52, "a767846d53221d5707ac4f51dbaef476", "977ca093ffe5fa967d8ed96c7f4032b8526545a684a2e8736206aedb339c1f00"},
		"uuid-52":      {CSR, "50363953-3234-4723-80b9-1503d88271bf", 52, "63c0faeefe31c77da61742f7fa66eeb9", "4da6bb67d2bef1b40fcf7606e68fe1df6aae36bd051c4b675f9569119fbc81f9"},
		"csr-16842753": {CSR, "50503642-3239-4f86-80c4-06122e299623", 16842753, "829754772aaeee5c812b0cfa077130a5", "8138b643c184d8baa3094a6a3eca226048ef1ed3d9e8211b340af2f25de172e4"},
		"csr-42":       {CSR, "50363154-3932-4834-802b-0908718314dc", 42, "545f2efeffc7ae10491f5d3b7374012d", "9459394bfc1054ebc83ef9beaa39d84b8059e260a0ec1b1fddc0152067a53c63"},
		"usage-42":     {CSR, "504e5353-3831-4cc4-802e-1821b09df116", 42, "d5fae8ee452e2bd27bfaec7ed95a04ee", "703573f18bd725a8601d6038da0b01bb71ae0404877fbceb5bff27fc082839e9"},
	} {
		text := all[name]
		for spelling, line := range map[string]string{
			"bare": text, "quoted": `"` + text + `"`, "line": `%KEYGEN: "` + text + `"`, "whole line": `%KEYGEN: "` + text + "\"\r\n", "no space": `%KEYGEN:"` + text + `"`,
		} {
			a, err := Parse(line)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, spelling, err)
			}
			p := a.Proof
			if a.Content != want.content || a.Digest.String() != want.digest || a.Digest != cred.Sum(a.Body) || p == nil {
				t.Fatalf("%s, %s: %v %s", name, spelling, a.Content, a.Digest)
			}
			if p.UUID != want.uuid || p.SecTag != want.tag || hex.EncodeToString(p.Nonce[:]) != want.nonce || p.Key != IdentityKey || p.Verified {
				t.Errorf("%s, %s: %+v", name, spelling, p)
			}
			if cose, err := base64.RawURLEncoding.DecodeString(text[strings.IndexByte(text, '.')+1:]); err != nil || !bytes.Equal(cose, p.COSE) || p.SHA256 != cred.Sum(cose) {
				t.Errorf("%s: the second part is not kept as it is: %v", name, err)
			}
			if err := a.Check(want.tag, strings.ToUpper(want.uuid)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := a.Check(want.tag, ""); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if c := code(a.Check(want.tag+1, "")); c != "keygen.sec-tag" {
				t.Errorf("%s: another tag: %s", name, c)
			}
			if c := code(a.Check(want.tag, "00000000-0000-0000-0000-000000000000")); c != "keygen.other-unit" {
				t.Errorf("%s: another unit: %s", name, c)
			}
		}
		stripped, err := Parse(text[:strings.IndexByte(text, '.')])
		if err != nil || stripped.Proof != nil || stripped.Content != want.content || stripped.Digest.String() != want.digest {
			t.Errorf("%s without its second part: %+v, %v", name, stripped, err)
		}
		if c := code(stripped.Check(want.tag, "")); c != "keygen.no-proof" {
			t.Errorf("%s without its second part: %s", name, c)
		}
	}
}

// A public key comes as SubjectPublicKeyInfo, whatever the manual says, and is handed out as a key.
func TestThePublishedPublicKey(t *testing.T) {
	t.Parallel()
	a, err := Parse(published(t)["public-16"])
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(a.Public)
	if err != nil || !bytes.Equal(der, a.Body) {
		t.Errorf("%x, %v", der, err)
	}
	if c, err := Parse(published(t)["csr-17"]); err != nil || c.Public != nil {
		t.Errorf("the key of a request is not this room's matter: %v, %v", c.Public, err)
	}
}

// The published request without its NULL is not what its modem signed; with the NULL put back it is. So: hash first, read then.
func TestTheDigestIsOfTheBytesWithTheNull(t *testing.T) {
	t.Parallel()
	text := published(t)["normalised-1235"]
	if _, err := Parse(text); code(err) != "keygen.digest" {
		t.Errorf("without the NULL: %v", err)
	}
	first, second, _ := strings.Cut(text, ".")
	der, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		t.Fatal(err)
	}
	plain, illegal := fromHex(t, "300a06082a8648ce3d040302"), fromHex(t, "300c06082a8648ce3d0403020500")
	if bytes.Count(der, plain) != 1 {
		t.Fatal("the request has no plain algorithm")
	}
	der = bytes.Replace(der, plain, illegal, 1)
	binary.BigEndian.PutUint16(der[2:], uint16(len(der)-4)) // 30 82 and the length
	a, err := Parse(base64.RawURLEncoding.EncodeToString(der) + "." + second)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Check(1235, "50343956-3037-4738-800d-1f29e0a0f7bf"); err != nil {
		t.Error(err)
	}
	if err := a.Proof.Verify(secondIdentity(t)); err != nil || !a.Proof.Verified {
		t.Errorf("its modem's other answer has the same identity key: %v", err)
	}
}

func TestThePublishedToken(t *testing.T) {
	t.Parallel()
	text := published(t)["token"]
	for _, line := range []string{text, `%ATTESTTOKEN: "` + text + `"`, text[:strings.IndexByte(text, '.')]} {
		k, err := ParseToken(line)
		if err != nil {
			t.Fatal(err)
		}
		if k.UUID != "50363154-3931-44f0-8022-121b6401627d" || k.Type != 3 || k.Type.String() != "nRF9160 SIAA" ||
			k.Firmware != "1aff3acb-f1a6-4764-a263-4c2646c1c654" || hex.EncodeToString(k.Nonce[:]) != "d3efdd7f04f1fc60e5858b2087343d6a" ||
			k.Digest != cred.Sum(k.Body) {
			t.Errorf("%+v", k)
		}
		if (k.Signature == nil) == strings.Contains(line, ".") {
			t.Errorf("%s: the signature is %v", line, k.Signature)
		}
	}
	if _, err := ParseToken(published(t)["csr-17"]); code(err) != "keygen.garbled" {
		t.Errorf("a key's answer passes for a token: %v", err)
	}
	if _, err := Parse(text); code(err) != "keygen.garbled" {
		t.Errorf("a token passes for a key's answer: %v", err)
	}
}

// The identity keys of two modems were worked out from their published signatures (each ES256 signature leaves few keys; the only
// one that two signatures of a device share is its own). That several answers agree on a key proves what is signed.
func firstIdentity(t testing.TB) *ecdsa.PublicKey {
	return point(t, "047b76ffcb0339a59c091651afe019a5f9ae5d0dc442994207bbb248f74cd8084861b98a7b0e8dea68ecfb04cb0985d1ee18686ee7b3f0af4bd1de51439c1f97bd")
}

func secondIdentity(t testing.TB) *ecdsa.PublicKey {
	return point(t, "04f13c701e2c6b2202931dc5f3548fd999d5a19400135228531c76219fa58c354747cb714fa51ded34b8a1ef9ed764bc0b347a218a0def9a6d769edefd8f218761")
}

func TestPublishedSignatures(t *testing.T) {
	t.Parallel()
	all := published(t)
	first, second := firstIdentity(t), secondIdentity(t)
	for name, key := range map[string]*ecdsa.PublicKey{"csr-17": first, "public-16": first, "imei-52": second} {
		a, err := Parse(all[name])
		if err != nil {
			t.Fatal(err)
		}
		other := first
		if key == first {
			other = second
		}
		if err := a.Proof.Verify(other); code(err) != "keygen.signature" || a.Proof.Verified {
			t.Errorf("%s: another modem's key: %v", name, err)
		}
		if err := a.Proof.Verify(key); err != nil || !a.Proof.Verified {
			t.Errorf("%s: %v", name, err)
		}
		if err := a.Proof.Verify(nil); code(err) != "keygen.signature" {
			t.Errorf("%s: no key: %v", name, err)
		}
	}
	k, err := ParseToken(all["token"])
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Signature.Verify(second); code(err) != "keygen.signature" || k.Signature.Verified {
		t.Errorf("the token with another modem's key: %v", err)
	}
	if err := k.Signature.Verify(first); err != nil || !k.Signature.Verified {
		t.Errorf("the token: %v", err)
	}
}

// What a line can do to an answer: every character lost, doubled or changed, and cut at every place. None of it may pass for another
// answer; where something is read, it is the answer itself or the stripped one.
func TestDamagedAnswers(t *testing.T) {
	t.Parallel()
	text := published(t)["csr-17"]
	whole, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	dot := strings.IndexByte(text, '.')
	for i := range len(text) {
		for kind, s := range map[string]string{
			"cut": text[:i], "lost": text[:i] + text[i+1:], "doubled": text[:i+1] + text[i:], "flipped": text[:i] + string(text[i]^1) + text[i+1:],
		} {
			a, err := Parse(`%KEYGEN: "` + s + `"`)
			switch {
			case err != nil:
				if c := code(err); c != "keygen.garbled" && c != "keygen.digest" {
					t.Errorf("%s at %d: %v", kind, i, err)
				}
			case kind == "cut" && i == dot:
				if a.Proof != nil {
					t.Errorf("cut at the full stop, and there is a proof")
				}
			case i < dot || a.Proof == nil || a.Digest != whole.Digest:
				t.Errorf("%s at %d is read: %+v", kind, i, a)
			default: // a bit of UUID, nonce, tag or signature, which only the identity key shows
				if err := a.Proof.Verify(firstIdentity(t)); code(err) != "keygen.signature" {
					t.Errorf("%s at %d is verified: %v", kind, i, err)
				}
			}
		}
	}
	if _, err := Parse(published(t)["torn"]); code(err) != "keygen.garbled" {
		t.Errorf("the published torn answer: %v", err)
	}
}

func TestRefusedText(t *testing.T) {
	t.Parallel()
	text := published(t)["csr-17"]
	first, second, _ := strings.Cut(text, ".")
	for name, line := range map[string]string{
		"nothing": "", "quotes": `""`, "one quote": `"`, "prefix": "%KEYGEN: ", "no quotes": "%KEYGEN: " + text, "no closing quote": `%KEYGEN: "` + text,
		"another command": `%ATTESTTOKEN: "` + text + `"`, "two spaces": `%KEYGEN:  "` + text + `"`, "three parts": text + "." + second,
		"no body": "." + second, "an empty second part": first + ".", "padding": first + "==." + second, "a line end inside": first[:40] + "\r\n" + first[40:] + "." + second,
		"plain base64": strings.ReplaceAll(first, "_", "/") + "." + second, "a space": first + " ." + second,
		"a stray bit": first[:len(first)-1] + "." + second, "too long": strings.Repeat("A", 4097), "zeros": strings.Repeat("A", 4096),
		"a comma before": "," + text, "bytes": "\xff\xfe",
	} {
		_, err := Parse(line)
		f := cred.AsFault(err)
		if err == nil || f.Code != "keygen.garbled" || f.Text == "" || f.Hint == "" || strings.ContainsAny(f.Text, "\r\n") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := ParseToken(line); code(err) != "keygen.garbled" {
			t.Errorf("%s as a token: %v", name, err)
		}
	}
}

// Lengths that lie must not cost memory.
func TestLyingLengthsCostNothing(t *testing.T) {
	liars := [][]byte{
		fromHex(t, "d29affffffff"), fromHex(t, "d29bffffffffffffffff"), fromHex(t, "d2845bffffffffffffffff"), fromHex(t, "d28443a10126ba7fffffff"),
		fromHex(t, "d28443a10126a1045a7fffffff21"), fromHex(t, "d29f"), append([]byte{0xd2}, bytes.Repeat([]byte{0x81}, 3000)...),
		append([]byte{0xd2, 0x99, 0x0b, 0xb8}, make([]byte, 3000)...), append([]byte{0xd2}, bytes.Repeat([]byte{0xd2}, 3000)...),
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, l := range liars {
		if _, err := parseSign1(l); code(err) != "keygen.garbled" {
			t.Errorf("%.20x: %v", l, err)
		}
		if _, err := message(append(bytes.Clone(selfDescribed), l[1:]...), 5); code(err) != "keygen.garbled" {
			t.Errorf("%.20x: %v", l, err)
		}
	}
	if _, err := Parse(strings.Repeat(`"`, 64<<20)); code(err) != "keygen.garbled" {
		t.Error(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 66<<20 { // 64 of them are the text of the last one
		t.Errorf("%d bytes", used)
	}
}
