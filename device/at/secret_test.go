package at

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/device/at/mask"
	"example.org/sectag/device/at/split"
)

// secretKey is PEM-shaped, with a body that occurs nowhere else.
func secretKey() string {
	var raw []byte
	for i := range 120 {
		raw = append(raw, byte(i*37+11))
	}
	body := base64.StdEncoding.EncodeToString(raw)
	return "-----BEGIN PRIVATE KEY-----\n" + body[:64] + "\n" + body[64:128] + "\n" + body[128:] + "\n-----END PRIVATE KEY-----\n"
}

// leaks finds a piece of a secret of twelve characters in a text.
func leaks(text, secret string) string {
	for line := range strings.Lines(secret) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "-----") {
			continue
		}
		for i := 0; i+12 <= len(line); i++ {
			if strings.Contains(text, line[i:i+12]) {
				return line[i : i+12]
			}
		}
	}
	return ""
}

// spelt are the other ways in which a firmware's log could write a key or a PSK that it was given.
func spelt(secret string) map[string]string {
	raw := []byte(secret)
	if b, _ := pem.Decode(raw); b != nil {
		raw = b.Bytes
	} else if b, err := hex.DecodeString(secret); err == nil {
		raw = b
	}
	return map[string]string{
		"hex": hex.EncodeToString(raw), "HEX": strings.ToUpper(hex.EncodeToString(raw)), "one line": base64.StdEncoding.EncodeToString(raw),
		"dump": fmt.Sprintf("% x", raw), "DUMP": fmt.Sprintf("% X", raw), "bytes of C": strings.ReplaceAll(fmt.Sprintf("% #x", raw), " ", ", "),
		"with colons": strings.ReplaceAll(fmt.Sprintf("% x", raw), " ", ":"), "dump of the text": fmt.Sprintf("% x", secret),
		"hex of the text": hex.EncodeToString([]byte(secret)), "within base64": base64.StdEncoding.EncodeToString(append([]byte("x"), raw...)), "other case": strings.ToUpper(secret), "bytes": string(raw),
	}
}

// TestAnotherSpellingOfASecretIsNotShown: a firmware that logs what it got need not log it as it got it.
func TestAnotherSpellingOfASecretIsNotShown(t *testing.T) {
	for kind, secret := range map[int]string{2: secretKey(), 3: "5d1f00c4a9b36e7788fe10325476abcd"} {
		for name, line := range spelt(secret) {
			if kind == 2 && name == "other case" {
				continue // base64 in another case is another key
			}
			f := mask.NewFilter()
			f.Hide([]byte(secret))
			if got := f.Show("log: got "+line+", fine", mask.Other, false); got != mask.Masked {
				t.Errorf("type %d, %s: %q", kind, name, got)
			}
			if got := f.Show(`%CMNG: 42,2,"`+sha+`"`, mask.Other, false); !strings.Contains(got, sha) {
				t.Errorf("a digest is masked: %q", got)
			}
		}
	}
	f := mask.NewFilter()
	f.Hide([]byte("1234")) // a PIN: the two bytes that its digits could spell are no secret
	if got := f.Show("+CEREG: 4, B=\x12\x34", mask.Other, false); got == mask.Masked {
		t.Error("two bytes mask a line")
	}
}

// A host that echoes, at once or late, whole or cut or with unsolicited lines in it, brings the key back to us: it is not shown.
func TestAKeyThatComesBackIsNotShown(t *testing.T) {
	key := secretKey()
	cmd := Command{Text: "AT%CMNG=0,42,2", Content: []byte(key), Secret: true}
	wire := `AT%CMNG=0,42,2,"` + key + `"` + "\r\n"
	for name, reply := range map[string]string{
		"echo":         wire + "OK\r\n",
		"crlf echo":    strings.ReplaceAll(wire, "\n", "\r\n") + "OK\r\n",
		"echo, urc in": wire[:100] + "+CEREG: 2\r\n" + wire[100:] + "OK\r\n",
		"echo, glued":  wire[:60] + "+CEREG: 2," + wire[60:] + "OK\r\n",
		"cut":          wire[70:130] + "\r\nOK\r\n",
		"error":        wire + "+CME ERROR: 527\r\n",
		"late":         "",
	} {
		var tr transcript
		var urcs strings.Builder
		o := Options{Trace: tr.trace, URC: func(l string) { urcs.WriteString(l + "\n") }}
		inTime(t, o, func(f *far, c string) {
			if c == "AT" {
				f.say(wire + "OK\r\n")
				return
			}
			if strings.HasPrefix(c, "AT%CMNG=0") {
				f.say(reply)
				return
			}
			modem(f, c)
		}, func(t *testing.T, s *Session, f *far) {
			_, err := s.Do(t.Context(), cmd)
			if name == "late" {
				wantCode(t, err, "line.no-answer")
				err = s.Resync(t.Context(), ResyncLimit, queries()...)
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			f.say(wire) // and once more, unasked
			synctest.Wait()
		})
		for where, text := range map[string]string{"transcript": tr.String(), "unsolicited": urcs.String()} {
			if l := leaks(text, key); l != "" {
				t.Errorf("%s: %q of the key is in the %s:\n%s", name, l, where, text)
			}
		}
		if !strings.Contains(tr.String(), `AT%CMNG=0,42,2,"<`) {
			t.Errorf("%s: the write itself is missing:\n%s", name, tr.String())
		}
	}
}

// What a read of a private slot would answer is not shown, though modems are said to refuse it.
func TestAPrivateSlotThatIsReadIsNotShown(t *testing.T) {
	key := secretKey()
	reply := `%CMNG: 42,2,"` + sha + `","` + key + "\"\r\nOK\r\n"
	for _, late := range []bool{false, true} {
		var tr transcript
		inTime(t, Options{Trace: tr.trace}, func(f *far, c string) {
			if strings.HasPrefix(c, "AT%CMNG=2") {
				if late {
					<-time.After(QueryLimit + time.Second)
				}
				f.say(reply)
				return
			}
			modem(f, c)
		}, func(t *testing.T, s *Session, _ *far) {
			r, err := s.Do(t.Context(), Parse("AT%CMNG=2,42,2"))
			if late {
				wantCode(t, err, "line.no-answer")
				<-time.After(2 * time.Second)
				return
			}
			if err != nil || !r.OK() || leaks(strings.Join(r.Shown, "\n"), key) != "" || !strings.Contains(r.Shown[0], sha) {
				t.Errorf("%v %q", err, r.Shown)
			}
		})
		if l := leaks(tr.String(), key); l != "" {
			t.Errorf("late %v: %q is shown:\n%s", late, l, tr.String())
		}
	}
}

func TestARootThatIsReadIsShown(t *testing.T) {
	inTime(t, Options{}, fixed("%CMNG: 42,0,\""+sha+"\",\"-----BEGIN CERTIFICATE-----\nMIIB\nOK\n-----END CERTIFICATE-----\n\"\r\nOK\r\n"),
		func(t *testing.T, s *Session, _ *far) {
			r, err := s.Do(context.Background(), Parse("at%cmng = 2,42,0"))
			if err != nil || len(r.Shown) != 5 || r.Shown[1] != "MIIB" || r.Shown[2] != "OK" {
				t.Errorf("%v %q", err, r.Shown)
			}
		})
}

func TestMask(t *testing.T) {
	for cmd, want := range map[string]string{
		"AT+CGSN=1":                          "AT+CGSN=1",
		"AT%CMNG=1,42":                       "AT%CMNG=1,42",
		"AT%CMNG=3,42,0":                     "AT%CMNG=3,42,0",
		`AT%CMNG=0,42,2,"abc"`:               `AT%CMNG=0,42,2,"<3 bytes>"`,
		`AT%CMNG=0,42,2,"abc","pass"`:        `AT%CMNG=0,42,2,"<3 bytes>"`,
		`at%cmng = 0, 42, 3,00ff`:            `AT%CMNG=0,42,3,"<4 bytes>"`,
		`AT%CMNG="0",42,2,"abc"`:             `AT%CMNG=<masked>`,
		`at 'AT%CMNG=0,42,3,"00ff"'`:         `AT'AT%CMNG=0,42,3,"<6 bytes>"`,
		`AT#XCMNG=0,1,2,"abc"`:               `AT#XCMNG=0,1,2,"<3 bytes>"`,
		`AT%KEYINJECT="abc.def"`:             "AT%KEYINJECT=<masked>",
		`AT%XSUDO=3,"sig";%CMNG=0,1,2,"abc"`: "AT%XSUDO=<masked>",
		`AT+CPIN="1234"`:                     "AT+CPIN=<masked>",
		"AT+CPIN?":                           "AT+CPIN?",
		`AT+CLCK="SC",1,"1234"`:              "AT+CLCK=<masked>",
		"AT\x1b[2J":                          "AT·[2J",
		"AT+X=-----BEGIN PRIVATE KEY-----x":  "AT+X=<masked>",
	} {
		if got := mask.Command(cmd); got != want {
			t.Errorf("%q: %q, want %q", cmd, got, want)
		}
	}
}

func TestWhatChangesTheStoreIsKnown(t *testing.T) {
	for _, c := range []struct {
		cmd     string
		changes bool
		tags    []cred.SecTag
		secret  bool
	}{
		{"AT%CMNG=1", false, nil, false},
		{"AT%CMNG=1,42", false, nil, false},
		{"AT%CMNG=2,42,0", false, nil, false},
		{"AT%CMNG=3,42,0", true, []cred.SecTag{42}, false},
		{" at%cmng = 3 , 42 , 0", true, []cred.SecTag{42}, false},
		{"AT%CMNG=03,42,0", true, []cred.SecTag{42}, false},
		{`AT%CMNG="3",42,0`, true, []cred.SecTag{42}, true}, // unreadable: taken for the worst
		{`AT%CMNG=0,7,3,"00"`, true, []cred.SecTag{7}, true},
		{"AT%CMNG=3,4294967294,6", true, []cred.SecTag{4294967294}, false},
		{"AT%KEYGEN=42,2,0", true, []cred.SecTag{42}, false},
		{`AT%KEYINJECT="a.b"`, true, nil, true},
		{"AT%XPMNG=2", true, nil, false},
		{`AT%XPMNG=0,"-----BEGIN PUBLIC KEY-----"`, true, nil, true},
		{"AT%XPMNG=2;%XSUDO=1", true, nil, true},
		{`AT%XSUDO=3,"s";%CMNG=3,42,0`, true, []cred.SecTag{42}, true},
		{"AT+CFUN=4", false, nil, false},
	} {
		changes, tags := mask.ChangesStore(c.cmd)
		if changes != c.changes || !cmp.Equal(tags, c.tags) || mask.CarriesSecret(c.cmd) != c.secret {
			t.Errorf("%q: changes %v %v, secret %v", c.cmd, changes, tags, mask.CarriesSecret(c.cmd))
		}
	}
}

func FuzzMask(f *testing.F) {
	f.Add("AT%CMNG=0,42,2,", "abcdefghijklmnop")
	f.Add("at%cmng = 0 , 1 , 3 ,", "00112233445566778899")
	f.Add("AT%KEYINJECT=", "abcdefghijkl.mnop")
	f.Fuzz(func(t *testing.T, head, secret string) {
		if len(secret) < 12 || strings.ContainsAny(secret, "\",") {
			return
		}
		up := strings.ToUpper(strings.Join(strings.Fields(head), ""))
		if strings.Contains(head, secret) || !strings.HasPrefix(up, "AT%CMNG=0,") && !strings.HasPrefix(up, "AT%KEYINJECT=") {
			return
		}
		if strings.HasPrefix(up, "AT%CMNG=") && strings.Count(head, ",") < 3 {
			return
		}
		cmd := fmt.Sprintf(`%s"%s"`, head, secret)
		if m := mask.Command(cmd); strings.Contains(m, secret) {
			t.Errorf("%q shows %q", cmd, m)
		}
	})
}

// FuzzReader feeds foreign bytes, in two pieces, to what sorts them.
func FuzzReader(f *testing.F) {
	f.Add([]byte(listReply), 3)
	f.Add([]byte("O+CEREG: 2\r\nK\r\n"), 1)
	f.Add([]byte("%CMNG: 42,0,\"\x00\xff\r\nuart:~$ \x1b[1;32m"), 5)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		feed := func(cut int) *exchange {
			x := newExchange(list)
			x.under = true
			var sp split.Lines
			cut = max(0, min(cut, len(b)))
			for _, part := range [][]byte{b[:cut], b[cut:]} {
				sp.Feed(part, func(line string) {
					if !x.ended {
						x.take(line)
					}
					if len(line) > split.Max {
						t.Fatalf("a line of %d bytes", len(line))
					}
				})
			}
			return x
		}
		x, whole := feed(cut), feed(0)
		if x.ended != whole.ended || !cmp.Equal(x.reply, whole.reply) {
			t.Fatalf("cut at %d: %+v, whole: %+v", cut, x.reply, whole.reply)
		}
		if x.ended && !strings.ContainsAny(string(b), "KR") {
			t.Fatal("a result out of nothing")
		}
		for _, i := range x.reply.Info {
			if !strings.HasPrefix(i, "%CMNG:") {
				t.Fatalf("%q is taken for a part of the answer", i)
			}
		}
	})
}
