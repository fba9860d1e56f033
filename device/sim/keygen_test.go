package sim_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	pemfile "encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"example.org/sectag/cred"
	"example.org/sectag/device/sim"
)

// parts takes an answer such as %KEYGEN: "<body>.<signature>" apart.
func parts(t *testing.T, name, answer string) (body, signed []byte) {
	t.Helper()
	m := regexp.MustCompile(`^%` + name + `: "([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)"\r\nOK\r\n$`).FindStringSubmatch(answer)
	if m == nil {
		t.Fatalf("%s gave %q", name, answer)
	}
	var err error
	if body, err = base64.RawURLEncoding.DecodeString(m[1]); err != nil {
		t.Fatal(err)
	}
	if signed, err = base64.RawURLEncoding.DecodeString(m[2]); err != nil {
		t.Fatal(err)
	}
	return body, signed
}

// matches compares bytes with hex in which .. stands for a byte that may be anything, and returns those in a row.
func matches(t *testing.T, row string, got []byte, pattern string) (free [][]byte) {
	t.Helper()
	want := strings.ReplaceAll(pattern, " ", "")
	if len(want) != 2*len(got) {
		t.Fatalf("%s: %d bytes, want %d: %x", row, len(got), len(want)/2, got)
	}
	run := false
	for i, b := range got {
		w := want[2*i : 2*i+2]
		if w != ".." && w != hex.EncodeToString([]byte{b}) {
			t.Fatalf("%s: byte %d is %02x, want %s: %x", row, i, b, w, got)
		}
		if w == ".." {
			if !run {
				free = append(free, nil)
			}
			free[len(free)-1] = append(free[len(free)-1], b)
		}
		run = w == ".."
	}
	return free
}

func anything(n int) string { return strings.Repeat("..", n) }

// verify checks a COSE signature: of the array "Signature1", protected header, nothing, payload (RFC 9052, 4.4).
func verify(t *testing.T, k *ecdsa.PublicKey, payload, signature []byte) {
	t.Helper()
	head := []byte{0x58, byte(len(payload))}
	toSign := sha256.Sum256(bytes.Join([][]byte{[]byte("\x84\x6aSignature1\x43\xa1\x01\x26\x40"), head, payload}, nil))
	if !ecdsa.Verify(k, toSign[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		t.Error("1.5 the signature is not the identity key's")
	}
}

func identityOf(t *testing.T, m *sim.Modem) *ecdsa.PublicKey {
	t.Helper()
	k, err := m.State().IdentityKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func uuidHex(m *sim.Modem) string { return strings.ReplaceAll(m.State().UUID, "-", "") }

// 1.5: the request and the signature, byte for byte as [V] has them from real replies.
func TestKeygen(t *testing.T) {
	t.Parallel()
	for _, s := range []struct{ tag, cbor string }{{"17", "41 11"}, {"1235", "43 1904d3"}, {"16842753", "45 1a01010001"}, {"2147483648", "45 3a7fffffff"}} {
		m := newModem(t, sim.Config{})
		c := attach(t, m)
		body, signed := parts(t, "KEYGEN", c.ask(t, "AT%KEYGEN="+s.tag+",2,0\r"))
		uuid := m.State().UUID
		request, err := x509.ParseCertificateRequest(body)
		if err != nil {
			t.Fatal(err)
		}
		signature := hex.EncodeToString(request.Signature)
		public, err := x509.MarshalPKIXPublicKey(request.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		rest := "300c 06082a8648ce3d040302 0500 03" + hex.EncodeToString([]byte{byte(len(request.Signature) + 1), 0}) + signature
		info := "3081af 020100 302f312d302b 0603550403 0c24" + hex.EncodeToString([]byte(uuid)) + hex.EncodeToString(public) +
			"a01e301c 06092a864886f70d01090e 310f300d300b 0603551d0f 0404 030203e8"
		all := len(strings.ReplaceAll(info+rest, " ", "")) / 2
		matches(t, "1.5 request", body, "3082"+hex.EncodeToString([]byte{byte(all >> 8), byte(all)})+info+rest)
		if err := request.CheckSignature(); err != nil {
			t.Error(err)
		}

		digest := sha256.Sum256(body)
		length := 3 + 2 + 17 + len(strings.ReplaceAll(s.cbor, " ", ""))/2 + 34 + 17
		payload := "d9d9f7 85 09 50" + uuidHex(m) + s.cbor + "5820" + hex.EncodeToString(digest[:]) + "50"
		free := matches(t, "1.5 COSE", signed, "d2 84 43a10126 a1044121 58"+hex.EncodeToString([]byte{byte(length)})+payload+anything(16)+"5840"+anything(64))
		whole, _ := hex.DecodeString(strings.ReplaceAll(payload, " ", "") + hex.EncodeToString(free[0]))
		verify(t, identityOf(t, m), whole, free[1])

		content, held := m.State().Content(cred.Slot{SecTag: secTag(t, s.tag), Kind: cred.ClientKey})
		block, _ := pemfile.Decode(content)
		if !held || block == nil {
			t.Fatalf("1.5 the key is not in (tag,2): %q", content)
		}
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil || !key.(*ecdsa.PrivateKey).PublicKey.Equal(request.PublicKey) {
			t.Errorf("1.5 the stored key is another: %v", err)
		}
		c.wants(t, "AT%CMNG=1,"+s.tag+"\r", "%CMNG: "+s.tag+`,2,"`+sha(string(content))+"\"\r\n"+okay)
		c.wants(t, on, okay)
		c.wants(t, "AT%CMNG=2,"+s.tag+",2\r", cmeError(514))
		c.wants(t, "AT%KEYGEN="+s.tag+",2,0\r", cmeError(519))
		opensslVerifies(t, body)
	}
}

func secTag(t *testing.T, s string) cred.SecTag {
	t.Helper()
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		t.Fatal(s)
	}
	return cred.SecTag(n.Uint64())
}

// opensslVerifies lets a program that nobody here wrote check the request.
func opensslVerifies(t *testing.T, der []byte) {
	t.Helper()
	cmd := exec.Command("openssl", "req", "-inform", "DER", "-verify", "-noout", "-text")
	cmd.Stdin = bytes.NewReader(der)
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("verify OK")) || !bytes.Contains(out, []byte("Digital Signature, Non Repudiation, Key Encipherment, Key Agreement")) {
		t.Errorf("1.5 openssl: %v\n%s", err, out)
	}
}

// 1.5: attributes and key usage, and what cannot be.
func TestKeygenAttributes(t *testing.T) {
	t.Parallel()
	m := newModem(t, sim.Config{})
	c := attach(t, m)
	c.wants(t, on, okay)
	body, _ := parts(t, "KEYGEN", c.ask(t, "AT%KEYGEN=1,2,0,\"O=Acme,L=Trondheim,C=no,CN=urn:imei:352656100367872\",\"100000001\"\r"))
	request, err := x509.ParseCertificateRequest(body)
	if err != nil {
		t.Fatal(err)
	}
	if got := request.Subject.String(); got != "CN=urn:imei:352656100367872,O=Acme,L=Trondheim,C=no" {
		t.Errorf("the subject is %s", got)
	}
	if !bytes.Contains(request.RawSubject, []byte("\x06\x03\x55\x04\x06\x13\x02no")) || request.RawSubject[len(request.RawSubject)-1] != '2' {
		t.Errorf("the names are not in the order given: %x", request.RawSubject)
	}
	if !bytes.Contains(request.RawSubject, []byte("\x06\x03\x55\x04\x03\x0c\x18urn:imei:")) || !bytes.Contains(request.RawSubject, []byte("\x06\x03\x55\x04\x0a\x0c\x04Acme")) {
		t.Errorf("CN and O are no UTF8String: %x", request.RawSubject)
	}
	if len(request.Extensions) != 1 || request.Extensions[0].Critical || hex.EncodeToString(request.Extensions[0].Value) != "0303078080" {
		t.Errorf("the usage is %+v", request.Extensions)
	}
	body, _ = parts(t, "KEYGEN", c.ask(t, "AT%KEYGEN=2,2,,,\"100000000\"\r"))
	if request, err = x509.ParseCertificateRequest(body); err != nil || request.Subject.CommonName != m.State().UUID || hex.EncodeToString(request.Extensions[0].Value) != "03020780" {
		t.Errorf("left out parameters: %v, %v", err, request)
	}
	before := len(m.State().Slots)
	for _, bad := range []string{
		"3", "3,1", "3,2,2", "3,2,\"0\"", "3,2,0,O=Acme", "3,2,0,\"\"", "3,2,0,\"Acme\"", "3,2,0,\"C=nor\"", "3,2,0,\"XX=1\"", "3,2,0,,\"11\"", "3,2,0,,\"111010002\"",
		"3,2,0,,\"000000000\"", "3,2,0,,,1", "\"3\",2,0", "3,8,0", "4294967296,2,0", "-1,2",
	} {
		c.wants(t, "AT%KEYGEN="+bad+"\r", cmeError(0))
	}
	if got := len(m.State().Slots); got != before {
		t.Errorf("refused requests made %d keys", got-before)
	}
	c.wants(t, "AT%KEYGEN\r", wrong)
	c.wants(t, "AT%KEYGEN?\r", wrong)
}

// 1.5: the public key messages.
func TestKeygenPublicKeys(t *testing.T) {
	t.Parallel()
	m := newModem(t, sim.Config{})
	c := attach(t, m)
	message := func(command string) string {
		body, signed := parts(t, "KEYGEN", c.ask(t, command))
		digest := sha256.Sum256(body)
		free := matches(t, "1.5 body", body, "d9d9f7 84 02 50"+uuidHex(m)+"07 585b"+anything(91))
		payload := "d9d9f7 85 08 50" + uuidHex(m) + "4107 5820" + hex.EncodeToString(digest[:]) + "50"
		matches(t, "1.5 COSE", signed, "d2 84 43a10126 a1044121 584b"+payload+anything(16)+"5840"+anything(64))
		if _, err := x509.ParsePKIXPublicKey(free[0]); err != nil {
			t.Error(err)
		}
		return string(free[0])
	}
	message("AT%KEYGEN=7,2,1\r")
	first := message("AT%KEYGEN=7,8\r")
	if again := message("AT%KEYGEN=7,8,1\r"); again != first {
		t.Error("1.5 the endorsement key is made once and then told again")
	}
	if got := m.Counters().Flash; got != 2 {
		t.Errorf("%d flash operations", got)
	}
}

// 1.6: the token, of 180 characters as in the sample.
func TestAttestToken(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		cfg    sim.Config
		device string
	}{{sim.Config{}, "06"}, {sim.Config{Model: "nRF9161"}, "04"}, {sim.Config{Firmware: "mfw_nrf9160_1.3.0"}, "03"}} {
		m := newModem(t, s.cfg)
		c := attach(t, m)
		build := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(c.ask(t, "AT%XMODEMUUID\r"), "%XMODEMUUID: "), "\r\n"+okay), "-", "")
		const nonce = "000102030405060708090a0b0c0d0eff"
		answer := c.ask(t, "AT%ATTESTTOKEN=\""+nonce+"\"\r")
		if len(answer) != len("%ATTESTTOKEN: \"\"\r\n"+okay)+180 {
			t.Errorf("1.6 %q", answer)
		}
		body, signed := parts(t, "ATTESTTOKEN", answer)
		matches(t, "1.6 token", body, "d9d9f7 85 01 50"+uuidHex(m)+s.device+"50"+build+"50"+nonce)
		free := matches(t, "1.6 COSE", signed, "d2 84 43a10126 a1044121 f6 5840"+anything(64))
		verify(t, identityOf(t, m), body, free[0])
		one, _ := parts(t, "ATTESTTOKEN", c.ask(t, "AT%ATTESTTOKEN\r"))
		two, _ := parts(t, "ATTESTTOKEN", c.ask(t, "AT%ATTESTTOKEN\r"))
		if bytes.Equal(one, two) || !bytes.Equal(one[:len(one)-16], two[:len(two)-16]) {
			t.Errorf("1.6 the nonces: %x and %x", one, two)
		}
		c.wants(t, on, okay)
		for _, bad := range []string{"=\"00\"", "=" + nonce, "=\"" + strings.Repeat("g", 32) + "\""} {
			c.wants(t, "AT%ATTESTTOKEN"+bad+"\r", cmeError(0))
		}
		c.wants(t, "AT%ATTESTTOKEN?\r", wrong)
	}
}

func TestKeygenRefusals(t *testing.T) {
	t.Parallel()
	const command = "AT%KEYGEN=42,2,0\r"
	for _, s := range []struct {
		row  string
		cfg  sim.Config
		want string
	}{
		{"1.5 518", with(sim.Config{}, "online"), cmeError(518)},
		{"1.5 515", with(sim.Config{}, "full"), cmeError(515)},
		{"1.5 519", with(sim.Config{}, "exists"), cmeError(519)},
		{"1.5 523", with(sim.Config{}, "no-keygen"), cmeError(523)},
		{"1.5 528", with(sim.Config{Firmware: "mfw_nrf9160_1.3.2"}, "power-warning"), cmeError(528)},
		{"1.8 mfw 1.2 has none", sim.Config{Firmware: "mfw_nrf9160_1.2.3"}, wrong},
	} {
		m := newModem(t, s.cfg)
		c := attach(t, m)
		c.wants(t, on, okay)
		if got := c.ask(t, command); got != s.want || len(m.State().Slots) != 0 {
			t.Errorf("%s: %q and %d slots", s.row, got, len(m.State().Slots))
		}
	}
	c := attach(t, newModem(t, sim.Config{Firmware: "mfw_nrf9160_1.3.7"}))
	c.wants(t, on, okay)
	for _, tag := range []string{"4294967294", "2147483648"} {
		c.wants(t, "AT%KEYGEN="+tag+",2,0\r", cmeError(514))
	}
	attach(t, newModem(t, sim.Config{Firmware: "mfw_nrf9160_1.2.3"})).wants(t, "AT%ATTESTTOKEN\r", wrong)
	if got := attach(t, newModem(t, with(sim.Config{Firmware: "mfw_nrf9160_1.3.0"}, "power-warning"))).ask(t, command); !strings.HasPrefix(got, "%KEYGEN: ") {
		t.Errorf("1.8 no 528 before 1.3.2: %q", got)
	}
}

// The key is there and nobody heard of it; the answer came and is wrong.
func TestKeygenFaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newModem(t, with(sim.Config{}, "die-after-keygen"))
		c, done := served(t, t.Context(), m)
		c.send(t, "AT%KEYGEN=42,2,0\r")
		if got, _ := c.ending(); got != "" {
			t.Errorf("the answer was %q", got)
		}
		<-done
		if len(m.State().Slots) != 1 {
			t.Error("the key was not kept")
		}
	})
	m := newModem(t, with(sim.Config{}, "damage-csr"))
	body, signed := parts(t, "KEYGEN", attach(t, m).ask(t, "AT%KEYGEN=42,2,0\r"))
	digest := sha256.Sum256(body)
	if r, err := x509.ParseCertificateRequest(body); err == nil && r.CheckSignature() == nil || bytes.Contains(signed, digest[:]) {
		t.Error("nothing is wrong with it")
	}
}

// What is told of a key is kept back, and comes as the answer to the next request. The keys are made.
func TestALateAnswerOfKeygen(t *testing.T) {
	t.Parallel()
	m := newModem(t, with(sim.Config{}, "late-keygen"))
	c := attach(t, m)
	c.wants(t, "AT%KEYGEN=1,2,0,\"CN=one\"\r", okay)
	body, _ := parts(t, "KEYGEN", c.ask(t, "AT%KEYGEN=2,2,0,\"CN=two\"\r"))
	if r, err := x509.ParseCertificateRequest(body); err != nil || r.Subject.String() != "CN=one" {
		t.Errorf("%v, %v", r, err)
	}
	if n := len(m.State().Slots); n != 2 {
		t.Errorf("%d keys were made", n)
	}
	if err := m.SetFaults(); err != nil {
		t.Fatal(err)
	}
	body, _ = parts(t, "KEYGEN", c.ask(t, "AT%KEYGEN=3,2,0,\"CN=three\"\r"))
	if r, err := x509.ParseCertificateRequest(body); err != nil || r.Subject.String() != "CN=three" {
		t.Errorf("%v, %v", r, err)
	}
}

// A firmware that knows no attributes: it passes over them, or it refuses.
func TestKeygenWithoutAttributes(t *testing.T) {
	t.Parallel()
	m := newModem(t, with(sim.Config{}, "plain-keygen"))
	body, _ := parts(t, "KEYGEN", attach(t, m).ask(t, "AT%KEYGEN=1,2,0,\"O=Acme,CN=one\"\r"))
	if r, err := x509.ParseCertificateRequest(body); err != nil || r.Subject.String() != "CN="+m.State().UUID {
		t.Errorf("%v, %v", r, err)
	}
	m = newModem(t, with(sim.Config{}, "bare-keygen"))
	c := attach(t, m)
	c.wants(t, "AT%KEYGEN=1,2,0,\"CN=one\"\r", wrong)
	c.wants(t, on, okay)
	c.wants(t, "AT%KEYGEN=1,2,0,\"CN=one\"\r", cmeError(50))
	if len(m.State().Slots) != 0 {
		t.Error("a key was made")
	}
	body, _ = parts(t, "KEYGEN", c.ask(t, "AT%KEYGEN=1,2,0\r"))
	if r, err := x509.ParseCertificateRequest(body); err != nil || r.Subject.CommonName != m.State().UUID {
		t.Errorf("%v, %v", r, err)
	}
}

// The identity key is the unit's for good: the list tells its digest, a file of before gets one, a wrong one is refused.
func TestIdentityKey(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "unit.json")
	m := newModem(t, sim.Config{State: file})
	der, err := x509.MarshalPKIXPublicKey(identityOf(t, m))
	if err != nil {
		t.Fatal(err)
	}
	attach(t, m).wants(t, "AT%CMNG=1,4294967294\r", `%CMNG: 4294967294,6,"`+sha(string(der))+"\"\r\n"+okay)
	if again := newModem(t, sim.Config{State: file}); again.State().Identity != m.State().Identity {
		t.Error("another identity came back")
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	old := regexp.MustCompile(`\n  "identity_key": ".*",`).ReplaceAll(b, nil)
	if err := os.WriteFile(file, old, 0o600); err != nil || len(old) == len(b) {
		t.Fatal(err, len(old))
	}
	now := newModem(t, sim.Config{State: file})
	if now.State().UUID != m.State().UUID || now.State().DeviceKey == m.State().DeviceKey {
		t.Error("a file without a key does not give the same unit with a new key")
	}
	if kept, err := sim.ReadState(file); err != nil || kept.Identity != now.State().Identity {
		t.Errorf("the new key is not kept: %v", err)
	}
	wrongDigest := bytes.Replace(b, []byte(m.State().DeviceKey.String()), []byte(now.State().DeviceKey.String()), 1)
	noKey := bytes.Replace(b, []byte("BEGIN PRIVATE"), []byte("BEGIN PUBLIC"), 1)
	for _, bad := range [][]byte{wrongDigest, noKey} {
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := sim.New(sim.Config{State: file}); err == nil || cred.AsFault(err).Code != "config.file" {
			t.Errorf("a wrong identity key: %v", err)
		}
	}
}
