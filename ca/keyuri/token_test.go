//go:build pkcs11

package keyuri

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/pkcs11"

	"example.org/sectag/ca"
	"example.org/sectag/ca/internal/ossl"
	"example.org/sectag/cred"
)

const (
	pin   = "648219"
	soPin = "83019275"
)

// tool runs one of the programs that set tokens up. One that is not installed fails the test.
func tool(t *testing.T, argv ...string) string {
	t.Helper()
	path, err := exec.LookPath(argv[0])
	if err != nil {
		t.Fatalf("this test needs %s (apt-get install softhsm2 opensc): %v", argv[0], err)
	}
	var both bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, argv[1:]...)
	cmd.Stdout, cmd.Stderr = &both, &both
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, both.String())
	}
	return both.String()
}

// softHSM is the library of SoftHSM2, with an empty store of its own in a temporary folder.
func softHSM(t *testing.T) (module string) {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/*/softhsm/libsofthsm2.so")
	if err != nil || len(found) == 0 {
		t.Fatalf("this test needs SoftHSM2 (apt-get install softhsm2): %v", err)
	}
	dir := t.TempDir()
	tokens := filepath.Join(dir, "tokens")
	if err := os.Mkdir(tokens, 0o700); err != nil {
		t.Fatal(err)
	}
	conf := ossl.Write(t, dir, "softhsm2.conf", []byte("directories.tokendir = "+tokens+"\nobjectstore.backend = file\nlog.level = ERROR\n"))
	t.Setenv("SOFTHSM2_CONF", conf)
	return found[0]
}

func newToken(t *testing.T, label string) {
	t.Helper()
	tool(t, "softhsm2-util", "--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", soPin)
}

// newKey has the token make a key that does not leave it.
func newKey(t *testing.T, module, token, label, id, kind string, more ...string) {
	t.Helper()
	tool(t, append([]string{
		"pkcs11-tool", "--module", module, "--token-label", token, "--login", "--pin", pin,
		"--keypairgen", "--key-type", kind, "--label", label, "--id", id, "--usage-sign", "--sensitive",
	}, more...)...)
}

func named(module, token, key string, more ...string) string {
	s := "pkcs11:token=" + encoded(token) + ";object=" + encoded(key) + "?module-path=" + module
	for _, m := range more {
		s += "&" + m
	}
	return s
}

func TestTokenMakesRootAndUnits(t *testing.T) {
	module := softHSM(t)
	newToken(t, "Acme Authority")
	for i, kind := range []string{"EC:prime256v1", "EC:secp384r1", "EC:secp521r1", "rsa:2048", "rsa:3072"} {
		label := "root key " + fmt.Sprint(i)
		newKey(t, module, "Acme Authority", label, fmt.Sprintf("0%d", i+1), kind)
		key := named(module, "Acme Authority", label)
		root := rooted(t, key, "", pin)
		if needs, err := NeedsPassphrase(root.File, key); err != nil || !needs {
			t.Errorf("a token needs its PIN: %v, %v", needs, err)
		}
		a, err := Open(t.Context(), root, key, []byte(pin+"\r")) // of a Windows file
		if err != nil {
			t.Fatal(kind, err)
		}
		if a.Protection != "pkcs11" {
			t.Errorf("protection is %q", a.Protection)
		}
		issued(t, a)
		a.Lock()
		ours, err := ca.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Issue(ca.Request{Name: unit, Public: ours.Public(), Days: 30, Clock: ca.Clock{Now: today}})
		refused(t, err, "ca.locked", "locked")
	}
	objects := tool(t, "pkcs11-tool", "--module", module, "--token-label", "Acme Authority", "--login", "--pin", pin, "--list-objects", "--type", "privkey")
	if strings.Count(objects, "never extractable") != 5 {
		t.Errorf("a key could leave its token:\n%s", objects)
	}
}

// TestAuthoritiesOfOneToken: whoever opens the token a second time is refused, because it would not look at the PIN; after Lock it does.
func TestAuthoritiesOfOneToken(t *testing.T) {
	module := softHSM(t)
	newToken(t, "one")
	newKey(t, module, "one", "root", "01", "EC:prime256v1")
	key := named(module, "one", "root")
	root := rooted(t, key, "", pin)
	a, err := Open(t.Context(), root, key, []byte(pin))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{pin, "wrong pin"} {
		_, err = Open(t.Context(), root, key, []byte(p))
		refused(t, err, "ca.token", "logged in to the token already")
	}
	issued(t, a) // the refusals did not take its session
	a.Lock()
	a.Lock()
	_, err = Open(t.Context(), root, key, []byte("wrong pin"))
	refused(t, err, "ca.passphrase", "the PIN does not open the token")
	if h := cred.AsFault(err).Hint; !strings.Contains(h, "locks") {
		t.Errorf("the hint does not say that tries are counted: %s", h)
	}
	if a, err = Open(t.Context(), root, key, []byte(pin)); err != nil {
		t.Fatal(err)
	}
	a.Lock()
	if m := modules.loaded[module]; m == nil || m.users != 0 {
		t.Errorf("the library still has users: %+v", m)
	}
}

func TestOneTokenServesManyAtOnce(t *testing.T) {
	module := softHSM(t)
	newToken(t, "one")
	newKey(t, module, "one", "root", "01", "EC:prime256v1")
	key := named(module, "one", "root")
	a, err := Open(t.Context(), rooted(t, key, "", pin), key, []byte(pin))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Lock()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			k, err := ca.NewKey()
			if err != nil {
				t.Error(err)
				return
			}
			for range 10 {
				if _, err := a.Issue(ca.Request{Name: unit, Public: k.Public(), Days: 30, Clock: ca.Clock{Now: today}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestPINsOfFiles(t *testing.T) {
	module := softHSM(t)
	newToken(t, "one")
	newKey(t, module, "one", "root", "01", "EC:prime256v1")
	dir := t.TempDir()
	good := ossl.Write(t, dir, "pin", []byte(pin+"\r\nmore\n"))
	key := named(module, "one", "root", "pin-source=file:"+good)
	root := rooted(t, key, "")
	if needs, err := NeedsPassphrase(root.File, key); err != nil || needs {
		t.Errorf("the PIN stands in a file: %v, %v", needs, err)
	}
	a, err := Open(t.Context(), root, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	a.Lock()
	_, err = Open(t.Context(), root, named(module, "one", "root", "pin-source=file:"+filepath.Join(dir, "none")), []byte(pin))
	refused(t, err, "ca.passphrase", "cannot be read")
	_, err = Open(t.Context(), root, named(module, "one", "root", "pin-source=file:"+ossl.Write(t, dir, "empty", []byte("\n"+pin))), nil)
	refused(t, err, "ca.passphrase", "is empty")
	_, err = Open(t.Context(), root, named(module, "one", "root", "pin-source=file:"+ossl.Write(t, dir, "wrong", []byte("11111\n"))), nil)
	refused(t, err, "ca.passphrase", "the PIN does not open the token")
}

func TestTokensThatCannotBeUsed(t *testing.T) {
	module := softHSM(t)
	for _, label := range []string{"one", "twin", "twin"} {
		newToken(t, label)
	}
	newKey(t, module, "one", "root", "01", "EC:prime256v1")
	newKey(t, module, "one", "other", "02", "EC:prime256v1")
	newKey(t, module, "one", "several", "03", "EC:prime256v1")
	newKey(t, module, "one", "several", "04", "EC:prime256v1")
	newKey(t, module, "one", "rsa", "05", "rsa:2048")
	root := rooted(t, named(module, "one", "root"), "", pin)
	for name, c := range map[string]struct{ key, pin, code, words string }{
		"no PIN":                    {named(module, "one", "root"), "", "ca.passphrase", "needs its PIN"},
		"a wrong PIN":               {named(module, "one", "root"), "000000", "ca.passphrase", "the PIN does not open"},
		"a PIN too short":           {named(module, "one", "root"), "1", "ca.passphrase", "the PIN does not open"},
		"no library":                {named("/nowhere/lib.so", "one", "root"), pin, "ca.module", "cannot be loaded"},
		"a library of another kind": {named(module[:strings.LastIndex(module, "/softhsm")]+"/libc.so.6", "one", "root"), pin, "ca.module", "cannot be loaded"},
		"no token":                  {named(module, "none", "root"), pin, "ca.token", "is not there"},
		"a wrong serial":            {strings.Replace(named(module, "one", "root"), ";", ";serial=x;", 1), pin, "ca.token", "is not there"},
		"several tokens":            {named(module, "twin", "root"), pin, "ca.token", "2 tokens are as"},
		"no key":                    {named(module, "one", "none"), pin, "ca.token-key", `no private key "none"`},
		"no key of the id":          {"pkcs11:token=one;id=%09%01?module-path=" + module, pin, "ca.token-key", "no private key with the id 0901"},
		"several keys":              {named(module, "one", "several"), pin, "ca.token-key", `several private keys "several"`},
		"another key":               {named(module, "one", "other"), pin, "ca.key-mismatch", "CN=Acme"},
		"one of another kind":       {named(module, "one", "rsa"), pin, "ca.key-mismatch", "CN=Acme"},
		"an empty slot":             {"pkcs11:slot-id=99999;object=root?module-path=" + module, pin, "ca.token", "is not there"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := Open(t.Context(), root, c.key, []byte(c.pin))
			if a != nil {
				t.Error("an authority came with the failure")
			}
			refused(t, err, c.code, c.words)
			if c.pin != "" && strings.Contains(err.Error()+cred.AsFault(err).Hint, c.pin) && len(c.pin) > 3 {
				t.Errorf("the PIN is shown: %v", err)
			}
			if m := modules.loaded[module]; m.users != 0 {
				t.Errorf("the library still has %d users", m.users)
			}
		})
	}
	_, err := Open(t.Context(), root, strings.Replace(named(module, "one", "several"), ";object", ";id=%01;object", 1), []byte(pin))
	refused(t, err, "ca.token-key", "no private key")
	a, err := Open(t.Context(), root, "pkcs11:token=one;id=%01;type=private?module-path="+module, []byte(pin))
	if err != nil {
		t.Fatal(err)
	}
	issued(t, a)
	a.Lock()
	t.Setenv("SOFTHSM2_CONF", "/nowhere/softhsm2.conf")
	_, err = Open(t.Context(), root, named(module, "one", "root"), []byte(pin))
	refused(t, err, "ca.module", "does not start")
}

// TestTokenWithoutThePublicHalf: smart cards often have none. The certificate says it, and the trial proves it.
func TestTokenWithoutThePublicHalf(t *testing.T) {
	module := softHSM(t)
	newToken(t, "one")
	dir := t.TempDir()
	newKey(t, module, "one", "root", "01", "EC:prime256v1")
	newKey(t, module, "one", "other", "02", "EC:prime256v1")
	key := named(module, "one", "root")
	pub := func(id string) string {
		der := filepath.Join(dir, id+".der")
		tool(t, "pkcs11-tool", "--module", module, "--token-label", "one", "--login", "--pin", pin, "--read-object", "--type", "pubkey", "--id", id, "--output-file", der)
		ossl.Run(t, dir, "pkey", "-pubin", "-inform", "DER", "-in", der, "-pubout", "-out", id+".pem")
		tool(t, "pkcs11-tool", "--module", module, "--token-label", "one", "--login", "--pin", pin, "--delete-object", "--type", "pubkey", "--id", id)
		return filepath.Join(dir, id+".pem")
	}
	ours, others := pub("01"), pub("02")
	o := ca.InitOptions{Dir: filepath.Join(dir, "authority"), Passphrase: []byte(pin), Clock: ca.Clock{Now: today}}
	_, err := Init(t.Context(), o, key, "", nil)
	refused(t, err, "ca.token-key", "does not show the public half")
	_, err = Init(t.Context(), o, key, others, nil)
	refused(t, err, "ca.key-mismatch", "on trial")
	root := rooted(t, key, ours, pin)
	a, err := Open(t.Context(), root, key, []byte(pin))
	if err != nil {
		t.Fatal(err)
	}
	issued(t, a)
	a.Lock()
	_, err = Open(t.Context(), root, named(module, "one", "other"), []byte(pin))
	refused(t, err, "ca.key-mismatch", "on trial")
}

func TestTheWrongPublicHalfIsTold(t *testing.T) {
	module := softHSM(t)
	newToken(t, "one")
	newKey(t, module, "one", "root", "01", "EC:prime256v1")
	other := pair(t, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1")
	o := ca.InitOptions{Dir: filepath.Join(t.TempDir(), "authority"), Passphrase: []byte(pin), Clock: ca.Clock{Now: today}}
	_, err := Init(t.Context(), o, named(module, "one", "root"), filepath.Join(other, "public.pem"), nil)
	refused(t, err, "ca.key-mismatch", "is not that of")
}

// TestAKeyThatWantsThePINEachTime is like the signature slot of a PIV card.
func TestAKeyThatWantsThePINEachTime(t *testing.T) {
	module := softHSM(t)
	newToken(t, "one")
	newKey(t, module, "one", "root", "01", "EC:prime256v1", "--always-auth")
	key := named(module, "one", "root")
	a, err := Open(t.Context(), rooted(t, key, "", pin), key, []byte(pin))
	if err != nil {
		t.Fatal(err)
	}
	issued(t, a)
	issued(t, a)
	h, _, err := func() (holder, any, error) { a.Lock(); return openToken(must(parseToken(key)), []byte(pin)) }()
	if err != nil {
		t.Fatal(err)
	}
	s := h.(*session)
	if s.always == nil {
		t.Fatal("the key does not want its PIN each time: the test tries nothing")
	}
	kept := s.always
	s.Close()
	if !bytes.Equal(kept, make([]byte, len(kept))) {
		t.Error("the PIN was not overwritten")
	}
}

func must(t token, _ error) token { return t }

// TestATokenThatIsGone: what signs no more says so, and locking still works.
func TestATokenThatIsGone(t *testing.T) {
	module := softHSM(t)
	newToken(t, "one")
	newKey(t, module, "one", "root", "01", "EC:prime256v1")
	key := named(module, "one", "root")
	a, err := Open(t.Context(), rooted(t, key, "", pin), key, []byte(pin))
	if err != nil {
		t.Fatal(err)
	}
	m := modules.loaded[module]
	if err := m.Finalize(); err != nil { // to the session it is as if the library had been restarted under it
		t.Fatal(err)
	}
	k, err := ca.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Issue(ca.Request{Name: unit, Public: k.Public(), Days: 30, Clock: ca.Clock{Now: today}})
	refused(t, err, "ca.token", "CKR_CRYPTOKI_NOT_INITIALIZED when beginning a signature")
	a.Lock()
	if a, err = Open(t.Context(), a.Root, key, []byte(pin)); err != nil {
		t.Fatal(err)
	}
	a.Lock()
}

func TestRefusalsOfATokenKeepTheirCause(t *testing.T) {
	if err := answered(pkcs11.Error(pkcs11.CKR_DEVICE_REMOVED), "signing"); !errors.Is(err, pkcs11.Error(pkcs11.CKR_DEVICE_REMOVED)) || !is(err, pkcs11.CKR_DEVICE_REMOVED) {
		t.Error(err)
	}
}
