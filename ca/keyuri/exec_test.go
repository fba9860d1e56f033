package keyuri

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/sectag/ca"
	"example.org/sectag/ca/internal/ossl"
)

// reference is the signer of the documentation, over a key in a folder.
func reference(t *testing.T, args ...string) string {
	t.Helper()
	script, err := filepath.Abs("../../docs/signer.sh")
	if err != nil {
		t.Fatal(err)
	}
	out := "exec:/bin/sh " + encoded(script)
	for _, a := range args {
		out += " " + encoded(a)
	}
	return out
}

// TestTheReferenceSigner makes a root and units' certificates with docs/signer.sh, for each kind of key that OpenSSL has and we take.
func TestTheReferenceSigner(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string][]string{
		"P-256":    {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1"},
		"P-384":    {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp384r1"},
		"P-521":    {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp521r1"},
		"RSA-2048": {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"},
		"RSA-4096": {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := pair(t, kind...)
			key := reference(t, filepath.Join(dir, "key.pem"))
			root := rooted(t, key, filepath.Join(dir, "public.pem"))
			if _, err := os.Stat(filepath.Join(filepath.Dir(root.File), "root.key")); err == nil {
				t.Error("a key was written")
			}
			if needs, err := NeedsPassphrase(root.File, key); needs || err != nil {
				t.Errorf("a command needs no passphrase: %v, %v", needs, err)
			}
			a, err := Open(t.Context(), root, key, nil)
			if err != nil {
				t.Fatal(err)
			}
			if a.Protection != "exec" || len(a.Findings()) != 0 {
				t.Errorf("protection %q, findings %v", a.Protection, a.Findings())
			}
			issued(t, a)
			a.Lock()
			k, err := ca.NewKey()
			if err != nil {
				t.Fatal(err)
			}
			_, err = a.Issue(ca.Request{Name: unit, Public: k.Public(), Days: 30, Clock: ca.Clock{Now: today}})
			refused(t, err, "ca.locked", "locked")
		})
	}
}

func TestTheReferenceSignerOpensAnEncryptedKey(t *testing.T) {
	t.Parallel()
	dir := pair(t, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1")
	ossl.Write(t, dir, "pass.txt", []byte("correct horse\n"))
	ossl.Write(t, dir, "wrong.txt", []byte("wrong\n"))
	ossl.Run(t, dir, "pkcs8", "-topk8", "-in", "key.pem", "-out", "locked key.pem", "-passout", "file:pass.txt")
	key := reference(t, filepath.Join(dir, "locked key.pem"), filepath.Join(dir, "pass.txt"))
	root := rooted(t, key, filepath.Join(dir, "public.pem"))
	a, err := Open(t.Context(), root, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Lock()
	issued(t, a)
	_, err = Open(t.Context(), root, reference(t, filepath.Join(dir, "locked key.pem"), filepath.Join(dir, "wrong.txt")), nil)
	refused(t, err, "ca.signer", "failed: exit status 1")
}

func TestTheReferenceSignerKnowsItsKey(t *testing.T) {
	t.Parallel()
	ours, other := pair(t, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1"), pair(t, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1")
	root := rooted(t, reference(t, filepath.Join(ours, "key.pem")), filepath.Join(ours, "public.pem"))
	_, err := Open(t.Context(), root, reference(t, filepath.Join(other, "key.pem")), nil)
	refused(t, err, "ca.signer", "another key is wanted than the one that is here")
}

// signerOf is a command that runs a shell script.
func signerOf(t *testing.T, script string) *command {
	t.Helper()
	c, err := parseCommand("exec:/bin/sh " + encoded(ossl.Write(t, t.TempDir(), "signer.sh", []byte(script))))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBadSigners(t *testing.T) {
	t.Parallel()
	dir := pair(t, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1")
	public := publicKey(t, filepath.Join(dir, "public.pem"))
	for name, c := range map[string]struct{ script, words string }{
		"says nothing":                           {"cat >/dev/null", "answered nothing where a signature was wanted"},
		"does not even read":                     {"exit 0", "answered nothing"},
		"garbage":                                {"echo hello; echo there", `answered "hello" where`},
		"a terminal's escapes":                   {`printf '\033[2Jx\n'`, `answered "?[2Jx" where`},
		"json without one":                       {`echo '{"signature":""}'`, "where a signature was wanted"},
		"something behind it":                    {`echo '{"signature":"AAAA"}{"x":1}'`, "where a signature was wanted"},
		"hex":                                    {`echo '{"signature":"30:45"}'`, "not in base64"},
		"a wrong signature":                      {`echo '{"signature":"MAYCAQECAQE="}'`, "not by the authority's key"},
		"no DER":                                 {`echo '{"signature":"AAAA"}'`, "not by the authority's key"},
		"exits 3":                                {"echo 'the key is away' >&2; echo more >&2; exit 3", "failed: exit status 3: the key is away"},
		"says much and fails":                    {"head -c 200000 /dev/zero | tr '\\0' x >&2; exit 1", "failed: exit status 1: xxx"},
		"dies by a signal":                       {"kill -9 $$", "failed: signal: killed"},
		"does not stop":                          {"yes", "printed more than 16384 bytes and was stopped"},
		"does not care for it":                   {"trap '' PIPE TERM; while :; do echo x; done 2>/dev/null", "printed more than 16384 bytes and was stopped"},
		"a line that is long":                    {"head -c 20000 /dev/zero | tr '\\0' x", "printed more than 16384 bytes"},
		"says much on the side and then nothing": {"head -c 200000 /dev/zero >&2", "answered nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &checked{holder: signerOf(t, c.script), public: public, name: "exec:x"}
			_, err := s.Sign(rand.Reader, make([]byte, 32), crypto.SHA256)
			refused(t, err, "ca.signer", c.words)
			if n := len(err.Error()); n > 400 {
				t.Errorf("the line has %d bytes", n)
			}
		})
	}
}

func TestSignersThatAreNotThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for program, words := range map[string]string{
		filepath.Join(dir, "none"): "cannot be started: no such file",
		"no-such-signer-anywhere":  "cannot be started: executable file not found",
		dir:                        "cannot be started: permission denied",
	} {
		c, err := parseCommand("exec:" + encoded(program))
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.sign(make([]byte, 32), crypto.SHA256)
		refused(t, err, "ca.signer", words)
	}
}

// TestWhatASignerSees holds the request, the folder and the environment to the documented protocol.
func TestWhatASignerSees(t *testing.T) {
	t.Setenv("SIGNER_CREDENTIALS", "of the cloud")
	dir := t.TempDir()
	script := ossl.Write(t, dir, "my signer", []byte("#!/bin/sh\n{ pwd; cat; printf '%s|' \"$SIGNER_CREDENTIALS\" \"$@\"; } >seen\nexit 1\n"))
	if err := os.Chmod(script, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Dir(dir))
	c, err := parseCommand("exec:" + encoded(filepath.Base(dir)) + "/my%20signer  --key a%20b 'q' $HOME 100%25")
	if err != nil {
		t.Fatal(err)
	}
	c.public = "abc123"
	_, err = c.sign([]byte{0, 1, 0xfe}, crypto.SHA384)
	refused(t, err, "ca.signer", "failed: exit status 1")
	seen, err := os.ReadFile(filepath.Join(dir, "seen"))
	if err != nil {
		t.Fatal(err)
	}
	want := dir + "\n" + `{"sectag":1,"op":"sign","hash":"SHA-384","digest":"0001fe","public":"abc123"}` + "\nof the cloud|--key|a b|'q'|$HOME|100%|"
	if string(seen) != want {
		t.Errorf("it saw\n%s\nwant\n%s", seen, want)
	}
}

func TestOpeningFindsAWrongKey(t *testing.T) {
	t.Parallel()
	ours, other := pair(t, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1"), pair(t, "-algorithm", "RSA")
	root := rooted(t, reference(t, filepath.Join(ours, "key.pem")), filepath.Join(ours, "public.pem"))
	// A signer that does not look which key is wanted, and has another.
	digest := sha256.Sum256([]byte("x"))
	sig := signatureBy(t, other, digest[:])
	careless := ossl.Write(t, t.TempDir(), "careless.sh", []byte(`echo '{"signature":"`+sig+`"}'`))
	_, err := Open(t.Context(), root, "exec:/bin/sh "+encoded(careless), nil)
	refused(t, err, "ca.key-mismatch", "its signature on trial does not verify")
}

func signatureBy(t *testing.T, dir string, digest []byte) string {
	t.Helper()
	ossl.Write(t, dir, "digest", digest)
	ossl.Run(t, dir, "pkeyutl", "-sign", "-inkey", "key.pem", "-in", "digest", "-pkeyopt", "digest:sha256", "-out", "sig")
	return strings.TrimSpace(ossl.Run(t, dir, "base64", "-A", "-in", "sig"))
}

func TestRootsThatCannotBeMade(t *testing.T) {
	t.Parallel()
	dir := pair(t, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1")
	other := pair(t, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1")
	ossl.Run(t, other, "genpkey", "-algorithm", "ED25519", "-out", "ed.pem")
	ossl.Run(t, other, "pkey", "-in", "ed.pem", "-pubout", "-out", "ed-public.pem")
	key := reference(t, filepath.Join(dir, "key.pem"))
	taken := t.TempDir()
	ossl.Write(t, taken, "root.key", []byte("somebody's"))
	for name, c := range map[string]struct{ key, public, dir, code, words string }{
		"no public half":       {key, "", "", "usage.flag", "does not tell the public half"},
		"a private one":        {key, filepath.Join(dir, "key.pem"), "", "config.file", "holds no public key"},
		"none at all":          {key, filepath.Join(dir, "none"), "", "config.file", "none"},
		"another's":            {key, filepath.Join(other, "public.pem"), "", "ca.signer", "another key is wanted"},
		"a kind that cannot":   {key, filepath.Join(other, "ed-public.pem"), "", "config.value", "Ed25519"},
		"a key is there":       {key, filepath.Join(dir, "public.pem"), taken, "ca.exists", "root.key"},
		"a URI that cannot be": {"exec:", filepath.Join(dir, "public.pem"), "", "config.value", "names no command"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.dir == "" {
				c.dir = filepath.Join(t.TempDir(), "authority")
			}
			_, err := Init(t.Context(), ca.InitOptions{Dir: c.dir, Clock: ca.Clock{Now: today}}, c.key, c.public, nil)
			refused(t, err, c.code, c.words)
			if _, err := os.Stat(filepath.Join(c.dir, "root.crt")); err == nil {
				t.Error("a root was written")
			}
		})
	}
}

func TestSignaturesOfOtherKinds(t *testing.T) {
	t.Parallel()
	dir := pair(t, "-algorithm", "RSA")
	s, err := find(t.Context(), reference(t, filepath.Join(dir, "key.pem")), publicKey(t, filepath.Join(dir, "public.pem")), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		digest int
		opts   crypto.SignerOpts
	}{
		"PSS": {32, &rsa.PSSOptions{Hash: crypto.SHA256}}, "SHA-1": {20, crypto.SHA1}, "no digest": {5, crypto.Hash(0)}, "a short digest": {31, crypto.SHA256},
	} {
		if _, err := s.Sign(rand.Reader, make([]byte, c.digest), c.opts); code(err) != "config.value" {
			t.Errorf("%s: %v", name, err)
		}
	}
	pub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, err = find(t.Context(), "exec:x", pub, nil)
	refused(t, err, "config.value", "Ed25519")
}
