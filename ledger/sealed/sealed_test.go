package sealed

import (
	"bytes"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"example.org/sectag/cred"
)

const psk = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

func identity(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// tool runs age or age-keygen as Debian has it, which is built from another version than the library here.
func tool(t *testing.T, name string, in string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("this test needs age (apt-get install age): %v", err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdin = strings.NewReader(in)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, errs.String())
	}
	return out.String()
}

// TestTheAgeProgramOpensWhatIsSealed, for each of the recipients, with an identity that age-keygen made.
func TestTheAgeProgramOpensWhatIsSealed(t *testing.T) {
	t.Parallel()
	var to, files []string
	for _, name := range []string{"first", "second"} {
		file := filepath.Join(t.TempDir(), name)
		tool(t, "age-keygen", "", "-o", file)
		files = append(files, file)
		to = append(to, strings.TrimSpace(tool(t, "age-keygen", "", "-y", file)))
	}
	text, err := Seal([]byte(psk), to)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if got := tool(t, "age", text, "-d", "-i", file); got != psk {
			t.Errorf("age opens %q", got)
		}
		key, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		ids, err := Identities(key, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := (PSK{SHA256: cred.Sum([]byte(psk)), Sealed: text}).Open(ids...); err != nil || string(got) != psk {
			t.Errorf("opened is %q, %v", got, err)
		}
	}
	// and the other way: what age sealed
	text = tool(t, "age", psk, "-a", "-r", to[1])
	key, _ := os.ReadFile(files[1])
	ids, _ := Identities(key, nil)
	if got, err := open(text, ids); err != nil || string(got) != psk {
		t.Errorf("what age sealed opens to %q, %v", got, err)
	}
}

// TestNobodyElseOpensIt, and what is not the PSK that the record names is not given out.
func TestNobodyElseOpensIt(t *testing.T) {
	t.Parallel()
	id := identity(t)
	text, err := Seal([]byte(psk), []string{id.Recipient().String()})
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := hex.DecodeString(psk)
	if strings.Contains(text, psk[:16]) || bytes.Contains([]byte(text), raw[:8]) {
		t.Error("the sealed text shows the PSK")
	}
	again, err := Seal([]byte(psk), []string{id.Recipient().String()})
	if err != nil || again == text {
		t.Errorf("the same PSK is sealed to the same text: %v", err)
	}
	p := PSK{Record: "7", SHA256: cred.Sum([]byte(psk)), Sealed: text}
	for name, c := range map[string]struct {
		psk  PSK
		by   age.Identity
		code string
	}{
		"right":            {p, id, ""},
		"another identity": {p, identity(t), "psk.identity"},
		"another digest":   {PSK{Record: "7", SHA256: cred.Sum([]byte("x")), Sealed: text}, id, "ledger.broken"},
		"cut":              {PSK{Record: "7", SHA256: p.SHA256, Sealed: text[:len(text)/2]}, id, "ledger.broken"},
		"changed":          {PSK{Record: "7", SHA256: p.SHA256, Sealed: changed(text)}, id, "ledger.broken"},
	} {
		got, err := c.psk.Open(c.by)
		code := ""
		if err != nil {
			code = cred.AsFault(err).Code
		}
		if code != c.code || (string(got) == psk) != (c.code == "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// changed flips a letter of the last line of the payload.
func changed(text string) string {
	at := strings.LastIndex(text, "\n-----END") - 8
	letter := byte('A')
	if text[at] == letter {
		letter = 'B'
	}
	return text[:at] + string(letter) + text[at+1:]
}

// TestRecipients: only the public halves of X25519 identities; a secret half that is given for one is not quoted.
func TestRecipients(t *testing.T) {
	t.Parallel()
	id := identity(t)
	good := id.Recipient().String()
	if got, err := Recipients([]byte("# us\r\n\n " + good + " \r\n" + good + "\n")); err != nil || len(got) != 2 || got[0] != good {
		t.Errorf("%q, %v", got, err)
	}
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"", "age1", good[:len(good)-1], good[:20] + "qqqq" + good[24:], "ssh-ed25519 AAAA", "age1yubikey1qwerty", hybrid.Recipient().String(), id.String(),
		strings.ToLower(id.String()),
	} {
		err := Recipient(bad)
		if err == nil || len(bad) > 40 && strings.HasPrefix(strings.ToUpper(bad), "AGE-SECRET") && strings.Contains(strings.ToUpper(err.Error()), strings.ToUpper(bad[20:40])) {
			t.Errorf("%.12q…: %v", bad, err)
		}
		if _, err := Seal([]byte(psk), []string{good, bad}); err == nil {
			t.Errorf("something was sealed to %.12q…", bad)
		}
	}
	if _, err := Seal([]byte(psk), nil); err == nil {
		t.Error("something was sealed to nobody")
	}
}

// TestIdentityFiles: plain, encrypted in both forms, and what is none. No failure quotes the file.
func TestIdentityFiles(t *testing.T) {
	t.Parallel()
	id := identity(t)
	plain := "# created: today\n" + id.String() + "\n"
	var locked bytes.Buffer
	to, err := age.NewScryptRecipient("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	to.SetWorkFactor(4)
	w, err := age.Encrypt(&locked, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(plain)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var lines bytes.Buffer
	a := armor.NewWriter(&lines)
	_, _ = a.Write(locked.Bytes())
	_ = a.Close()
	for name, c := range map[string]struct{ file, pass, code string }{
		"plain":             {plain, "", ""},
		"encrypted":         {locked.String(), "correct horse\r", ""},
		"armored":           {lines.String(), "correct horse", ""},
		"another one":       {locked.String(), "correct cow", "psk.identity"},
		"empty passphrase":  {locked.String(), "", "psk.identity"},
		"a recipient":       {id.Recipient().String(), "", "psk.identity"},
		"nothing":           {"", "", "psk.identity"},
		"a broken identity": {id.String()[:60], "", "psk.identity"},
	} {
		asked := 0
		ids, err := Identities([]byte(c.file), func() ([]byte, error) { asked++; return []byte(c.pass), nil })
		if c.code == "" {
			if err != nil || len(ids) != 1 || (asked == 1) != (c.pass != "") {
				t.Errorf("%s: %d identities, asked %d times, %v", name, len(ids), asked, err)
			}
			continue
		}
		f := cred.AsFault(err)
		if f == nil || f.Code != c.code || strings.Contains(f.Error()+f.Hint, id.String()[20:40]) {
			t.Errorf("%s: %v", name, err)
		}
	}
	no := cred.Failed("usage.no-terminal", "nobody can be asked", "")
	if _, err := Identities(locked.Bytes(), func() ([]byte, error) { return nil, no }); cred.AsFault(err) != no {
		t.Errorf("%v", err)
	}
}

// TestTheWrongFileIsNotQuoted: what was named instead of the recipients may be a passphrase or a key.
func TestTheWrongFileIsNotQuoted(t *testing.T) {
	for _, secret := range []string{"correct horse", psk, "age-secret-key-1qqqqqq"} {
		_, err := Recipients([]byte("# a comment\n" + secret + "\n"))
		if err == nil || !strings.Contains(err.Error(), "line 2") || strings.Contains(err.Error(), secret) {
			t.Errorf("%v", err)
		}
		if _, err := Seal([]byte(psk), []string{secret}); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%v", err)
		}
	}
}
