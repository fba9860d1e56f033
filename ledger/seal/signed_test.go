package seal

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
)

const origin = "example.org/sectag/ledger/0011223344556677"

func signer(t testing.TB) *Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSigner(origin, key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func public(t testing.TB, text string) *Public {
	t.Helper()
	p, err := ParsePublic([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func checkpoint() Checkpoint {
	return Checkpoint{Origin: origin, Size: 1432, Root: tlog.Hash(cred.Sum([]byte("x")))}
}

func signed(t testing.TB, s *Signer) []byte {
	t.Helper()
	text, err := s.Checkpoint(checkpoint())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestPublishedCheckpoint is the checkpoint that the specification shows (C2SP tlog-checkpoint), and the key and note of
// C2SP signed-note: neither was made by us.
func TestPublishedCheckpoint(t *testing.T) {
	c, err := ParseNote([]byte("example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" +
		"— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"))
	if err != nil || c.Origin != "example.com/behind-the-sofa" || c.Size != 20852163 {
		t.Fatalf("%+v %v", c, err)
	}
	p := public(t, "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n")
	n, err := note.Open([]byte("This is an example message.\n\n— example.com/foo "+
		"Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"), note.VerifierList(p.keys...))
	if err != nil || n.Text != "This is an example message.\n" {
		t.Fatalf("%v", err)
	}
}

// TestKeyOfRFC8032 signs with the key of RFC 8032, section 7.1, test 1, whose public key the RFC gives: the vkey must hold it.
func TestKeyOfRFC8032(t *testing.T) {
	seed, _ := hex.DecodeString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
	want, _ := hex.DecodeString("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
	s, err := NewSigner(origin, ed25519.NewKeyFromSeed(seed))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(s.Public(), "+")
	key, err := base64.StdEncoding.DecodeString(s.Public()[len(parts[0])+10:])
	if err != nil || parts[0] != origin || key[0] != 1 || !bytes.Equal(key[1:], want) {
		t.Errorf("the public key is %s", s.Public())
	}
	empty, err := s.Sign(nil)
	if err != nil || hex.EncodeToString(empty)[:32] != "e5564300c360ac729086e2cc806e828a" {
		t.Errorf("the signature of nothing is %x, %v", empty, err)
	}
}

// TestOpenSSLVerifiesACheckpoint gives OpenSSL the text of a checkpoint, the signature out of its last line and the key out of
// the public line.
func TestOpenSSLVerifiesACheckpoint(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Fatal("this test needs the openssl program: apt-get install openssl")
	}
	s := signer(t)
	text := signed(t, s)
	body, sigs, _ := bytes.Cut(text, []byte("\n\n"))
	fields := strings.Fields(string(sigs))
	sig, err := base64.StdEncoding.DecodeString(fields[2])
	if err != nil || len(sig) != 4+ed25519.SignatureSize {
		t.Fatalf("signature %q: %v", sigs, err)
	}
	pub, err := base64.StdEncoding.DecodeString(s.Public()[len(origin)+10:])
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	der := append([]byte{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00}, pub[1:]...) // RFC 8410, section 4
	ask := func(body []byte) error {
		for name, b := range map[string][]byte{"pub.der": der, "text": body, "sig": sig[4:]} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "pub.der", "-keyform", "DER", "-rawin", "-in", "text", "-sigfile", "sig")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err == nil && !strings.Contains(string(out), "Verified Successfully") {
			t.Errorf("openssl says %s", out)
		}
		return err
	}
	if err := ask(append(body, '\n')); err != nil {
		t.Errorf("OpenSSL does not verify what we signed: %v", err)
	}
	if err := ask(bytes.Replace(append(body, '\n'), []byte("1432"), []byte("1433"), 1)); err == nil {
		t.Error("OpenSSL verifies another text: the test asks nothing")
	}
}

func TestSignedCheckpoint(t *testing.T) {
	s := signer(t)
	text := signed(t, s)
	p := public(t, s.Public()+"\r\n")
	for _, form := range [][]byte{text, bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))} {
		if c, err := p.Open(form); err != nil || c != checkpoint() {
			t.Errorf("%q: %+v %v", form, c, err)
		}
	}
	other := signer(t)
	if _, err := p.Open(signed(t, other)); !errors.Is(err, ErrUnsigned) {
		t.Errorf("another's signature: %v", err)
	}
	both := public(t, other.Public()+"\n\n"+s.Public()+"\n") // the key was changed
	for _, by := range []*Signer{s, other} {
		if _, err := both.Open(signed(t, by)); err != nil {
			t.Errorf("either key: %v", err)
		}
	}
	if _, err := p.Open([]byte(checkpoint().String())); !errors.Is(err, ErrUnsigned) {
		t.Errorf("no signature at all: %v", err)
	}
	twice, err := note.Sign(&note.Note{Text: checkpoint().String()}, other, s) // with a witness
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Open(twice); err != nil {
		t.Errorf("a witness's signature beside: %v", err)
	}
	stray := checkpoint()
	stray.Origin += "x"
	foreign, err := note.Sign(&note.Note{Text: stray.String()}, s) // with the key of this log, behind its back
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Open(foreign); err == nil {
		t.Error("a key vouches for a log that is not its own")
	}
	if _, err := s.Checkpoint(stray); err == nil {
		t.Error("the checkpoint of another log was signed")
	}
}

// TestEveryBitOfASignedCheckpoint flips each: none of what comes out is believed as something else.
func TestEveryBitOfASignedCheckpoint(t *testing.T) {
	s := signer(t)
	text, p := signed(t, s), public(t, s.Public())
	for i := range len(text) * 8 {
		bad := bytes.Clone(text)
		bad[i/8] ^= 1 << (i % 8)
		if c, err := p.Open(bad); err == nil {
			t.Errorf("bit %d of byte %d: believed as %+v", i%8, i/8, c)
		}
	}
}

// TestAKeyGivenTwice: a file in which the line stands twice trusts what the line alone does.
func TestAKeyGivenTwice(t *testing.T) {
	s := signer(t)
	note, err := s.Checkpoint(checkpoint())
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{s.Public() + "\n" + s.Public() + "\n", s.Public() + "\r\n\n " + s.Public()} {
		p, err := ParsePublic([]byte(file))
		if err != nil {
			t.Fatal(err)
		}
		if c, err := p.Open(note); err != nil || c != checkpoint() {
			t.Errorf("%q: %v, %v", file, c, err)
		}
	}
}

func TestWhatIsNoKey(t *testing.T) {
	good := signer(t).Public()
	for name, bad := range map[string]string{
		"nothing": "", "blank": "\n \n", "a word": "key\n", "half": good[:len(good)-9], "private": "PRIVATE+KEY+" + good,
		"two logs": good + "\nexample.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n", "other id": strings.Replace(good, "+", "+0", 1),
	} {
		if _, err := ParsePublic([]byte(bad)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewSigner(origin, ec); err == nil {
		t.Error("a key that is not Ed25519 was taken")
	}
	if _, err := NewSigner("two words", ed25519.NewKeyFromSeed(make([]byte, 32))); err == nil {
		t.Error("a name with a space was taken")
	}
	for name, bad := range map[string]string{
		"no signature": checkpoint().String() + "\n", "no dash": checkpoint().String() + "\nx y\n", "no end": checkpoint().String() + "\n— x y",
		"long": checkpoint().String() + "\n" + strings.Repeat("— x y\n", maxNote/6),
	} {
		if _, err := ParseNote([]byte(bad)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func FuzzOpen(f *testing.F) {
	key, _ := NewSigner(origin, ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32)))
	p, _ := ParsePublic([]byte(key.Public()))
	text, _ := key.Checkpoint(checkpoint())
	f.Add(text)
	f.Fuzz(func(t *testing.T, in []byte) {
		if c, err := p.Open(in); err == nil && c != checkpoint() {
			t.Fatalf("%q is believed as %+v, which nobody signed", in, c)
		}
	})
}
