package device_test

import (
	"context"
	"crypto/x509"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/keygen"
	"example.org/sectag/device/sim"
)

// once is a name as a bench draws it.
const once = "8c1f0a52b7d94e36a1c8f05d7e2b4960"

// subject is who the request in an answer is for.
func subject(t *testing.T, line string) string {
	t.Helper()
	a, err := keygen.Parse(line)
	if err != nil {
		t.Error(err)
	}
	if a.Content == keygen.PublicKey {
		return "" // a damaged command asked for it
	}
	r, err := x509.ParseCertificateRequest(a.Body)
	if err != nil {
		t.Error(err)
		return ""
	}
	return r.Subject.String()
}

// Any host hands the name on, and a modem that takes none is asked without: once, and only when the refusal can mean the name.
func TestAKeyIsAskedForByName(t *testing.T) {
	for _, h := range hostKinds() {
		synctest.Test(t, func(t *testing.T) {
			u := unit(t, sim.Config{Host: h.sim, Baud: 115200})
			m, err := device.Attach(t.Context(), u.Pipe(context.Background()), device.Options{})
			wantCode(t, err, "")
			_, err = m.Offline(t.Context())
			wantCode(t, err, "")
			line, err := m.MakeKey(t.Context(), 42, once)
			if wantCode(t, err, ""); subject(t, line) != "CN="+once {
				t.Errorf("%s: %s", h.sim, subject(t, line))
			}
			wantCode(t, m.Close(), "")
			synctest.Wait()
		})
	}
	for _, c := range []struct{ firmware, fault, code string }{
		{"mfw_nrf91x1_2.0.3", "plain-keygen", ""},
		{"mfw_nrf91x1_2.0.3", "bare-keygen", ""},
		{"mfw_nrf9160_1.3.7", "bare-keygen", ""},
		{"mfw_nrf91x1_2.0.3", "no-keygen", "cmng.523"},
		{"mfw_nrf91x1_2.0.3", "late-keygen", "keygen.csr-lost"},
		{"mfw_nrf9160_1.2.3", "urc", "keygen.unknown"},
	} {
		var sent log
		u := unit(t, sim.Config{Firmware: c.firmware}, c.fault)
		m := attach(t, u, device.Options{Trace: sent.trace})
		line, err := m.MakeKey(t.Context(), 42, once)
		if wantCode(t, err, c.code); c.code == "" && subject(t, line) != "CN="+u.State().UUID {
			t.Errorf("%s, %s: %s", c.firmware, c.fault, subject(t, line))
		}
		named, bare := strings.Count(sent.String(), `> AT%KEYGEN=42,2,0,"CN=`+once), strings.Count(sent.String(), "> AT%KEYGEN=42,2,0\n")
		if asked := c.fault == "bare-keygen" || c.code == "keygen.unknown"; named == 0 || (bare > 0) != asked || named > 2 || bare > 2 {
			t.Errorf("%s, %s: asked %d and %d times", c.firmware, c.fault, named, bare)
		}
	}
	m := attach(t, unit(t, sim.Config{}), device.Options{})
	for _, name := range []string{`a"`, "a,O=b", "a b", "ä", "a\r", strings.Repeat("a", 65)} {
		_, err := m.MakeKey(t.Context(), 42, name)
		wantCode(t, err, "line.bad-command")
	}
}

// A byte that is lost, doubled or changed on its way to the unit leads to the key that was asked for, to one whose request bears
// another name, or to a fault; and the next attempt to the right one.
func TestTheLineDamagesTheQuestionForAKey(t *testing.T) {
	bytes := 0
	run := func(t *testing.T, change func(l *tap)) {
		u := unit(t, sim.Config{})
		l := &tap{ReadWriteCloser: u.Pipe(context.Background())}
		m, err := device.Attach(t.Context(), l, device.Options{})
		wantCode(t, err, "")
		from := l.nOut
		change(l)
		start := time.Now()
		line, err := m.MakeKey(t.Context(), 42, once)
		within(t, start, 3*time.Minute, "asking for a key")
		bytes = l.nOut - from
		if err == nil && subject(t, line) == "CN="+once {
			if _, there := u.State().Content(slot(42, cred.ClientKey)); !there {
				a, _ := keygen.Parse(line)
				if a.Check(42, u.State().UUID) == nil {
					t.Error("the key is said to be where it is not")
				}
			}
		}
		if err == nil && subject(t, line) == "CN="+u.State().UUID {
			t.Error("a damaged command was taken for a modem that takes no names")
		}
		l.out = nil
		_ = m.Close()
		if line, err := makeKey(t.Context(), u.Pipe(context.Background())); err != nil || subject(t, line) != "CN="+once {
			t.Errorf("and then: %v", err)
		}
		synctest.Wait()
	}
	synctest.Test(t, func(t *testing.T) { run(t, func(*tap) {}) })
	for n := range bytes {
		for _, change := range []func(b byte) []byte{
			func(byte) []byte { return nil },
			func(b byte) []byte { return []byte{b, b} },
			func(b byte) []byte { return []byte{b ^ 1} },
			func(b byte) []byte { return []byte{b ^ 0x40} },
		} {
			synctest.Test(t, func(t *testing.T) { run(t, func(l *tap) { l.out = at(l.nOut+n, change) }) })
			if t.Failed() {
				t.Fatalf("the byte %d", n)
			}
		}
	}
}

func TestTheModemMakesAKey(t *testing.T) {
	for _, h := range hostKinds() {
		synctest.Test(t, func(t *testing.T) {
			u := unit(t, sim.Config{Host: h.sim, Baud: 115200})
			m, err := device.Attach(t.Context(), u.Pipe(context.Background()), device.Options{})
			wantCode(t, err, "")
			if m.CanMakeKey() {
				t.Error("nobody asked for the firmware yet")
			}
			_, err = m.Identify(t.Context())
			if wantCode(t, err, ""); !m.CanMakeKey() {
				t.Error("the firmware can make keys")
			}
			_, err = m.Offline(t.Context())
			wantCode(t, err, "")
			line, err := m.MakeKey(t.Context(), 42, "")
			if wantCode(t, err, ""); !strings.HasPrefix(line, `%KEYGEN: "`) || len(line) < 500 || !strings.Contains(line, ".") {
				t.Errorf("%s: %q", h.sim, line)
			}
			if _, there, err := m.ListSlot(t.Context(), slot(42, cred.ClientKey)); !there || err != nil {
				t.Errorf("%s: no key: %v", h.sim, err)
			}
			_, err = m.MakeKey(t.Context(), 42, "")
			wantCode(t, err, "cmng.519")
			_, err = m.MakeKey(t.Context(), 4294967294, "")
			wantCode(t, err, "store.reserved")
			token, err := m.AttestToken(t.Context())
			if wantCode(t, err, ""); !strings.HasPrefix(token, `%ATTESTTOKEN: "`) {
				t.Errorf("%s: %q", h.sim, token)
			}
			wantCode(t, m.Close(), "")
			synctest.Wait()
		})
	}
}

func TestAModemThatMakesNoKeySaysWhy(t *testing.T) {
	for _, c := range []struct{ firmware, fault, code string }{
		{"mfw_nrf9160_1.2.3", "urc", "keygen.unknown"},
		{"mfw_nrf91x1_2.0.3", "no-keygen", "cmng.523"},
		{"mfw_nrf91x1_2.0.3", "active", "cmng.518"},
		{"mfw_nrf91x1_2.0.3", "full", "cmng.515"},
		{"mfw_nrf91x1_2.0.3", "power-warning", "cmng.528"},
	} {
		m := attach(t, unit(t, sim.Config{Firmware: c.firmware}, c.fault), device.Options{})
		_, err := m.Identify(t.Context())
		wantCode(t, err, "")
		if m.CanMakeKey() != (c.code != "keygen.unknown") {
			t.Errorf("%s can make keys: %v", c.firmware, m.CanMakeKey())
		}
		_, err = m.MakeKey(t.Context(), 42, "")
		wantCode(t, err, c.code)
	}
	m := attach(t, unit(t, sim.Config{Firmware: "mfw_nrf9160_1.2.3"}), device.Options{})
	_, err := m.AttestToken(t.Context())
	wantCode(t, err, "line.error")
}

// makeKey has a key made on a line, and again after what went wrong, as a bench does.
func makeKey(ctx context.Context, l device.Line) (string, error) {
	m, err := device.Attach(ctx, l, device.Options{})
	if err != nil {
		return "", err
	}
	defer m.Close()
	line, err := m.MakeKey(ctx, 42, once)
	if code(err) == "keygen.csr-lost" || code(err) == "cmng.519" {
		if _, err := m.Delete(ctx, slot(42, cred.ClientKey)); err != nil {
			return "", err
		}
		line, err = m.MakeKey(ctx, 42, once)
	}
	return line, err
}

// An unsolicited line at any byte of the long answer changes nothing, a byte that is lost is noticed or harmless, and a line that is
// cut leaves a state that the next run knows.
func TestTheLineDamagesTheMakingOfAKey(t *testing.T) {
	good := ""
	run := func(t *testing.T, change func(l *tap)) (line string, after func() (string, error), err error) {
		u := unit(t, sim.Config{})
		l := &tap{ReadWriteCloser: u.Pipe(context.Background())}
		change(l)
		line, err = makeKey(t.Context(), l)
		return line, func() (string, error) { return makeKey(t.Context(), u.Pipe(context.Background())) }, err
	}
	whole := func(line string) bool { return strings.HasPrefix(line, `%KEYGEN:`) && strings.HasSuffix(line, `"`) }
	var bytes int
	synctest.Test(t, func(t *testing.T) {
		var tapped *tap
		line, _, err := run(t, func(l *tap) { tapped = l })
		wantCode(t, err, "")
		good, bytes = line, tapped.nIn
		synctest.Wait()
	})
	for n := range bytes {
		synctest.Test(t, func(t *testing.T) {
			line, _, err := run(t, func(l *tap) {
				l.in = at(n, func(b byte) []byte { return append([]byte("+CEREG: 5,\"002F\",\"0012BEEF\",7\r\n"), b) })
			})
			if err != nil || !whole(line) || len(line) < len(good)-16 {
				t.Errorf("an unsolicited line at %d: %q, %v", n, line, err)
			}
			line, _, err = run(t, func(l *tap) { l.in = at(n, func(byte) []byte { return nil }) })
			if err != nil || !whole(line) && line != "" {
				t.Errorf("a byte lost at %d: %q, %v", n, line, err)
			}
			start := time.Now()
			_, again, err := run(t, func(l *tap) {
				l.in = func(first int, b []byte) []byte {
					if first+len(b) > n {
						_ = l.Close()
					}
					return b[:max(0, min(len(b), n-first))]
				}
			})
			if err != nil && code(err) != "port.lost" {
				t.Errorf("cut at %d: %v", n, err)
			}
			within(t, start, 10*time.Second, "noticing the cut")
			if line, err := again(); err != nil || !whole(line) {
				t.Errorf("cut at %d, and then: %q, %v", n, line, err)
			}
			synctest.Wait()
		})
	}
}

// A key whose request was lost is a state with a name, and a way out.
func TestALostRequestIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := unit(t, sim.Config{})
		l := &tap{ReadWriteCloser: u.Pipe(context.Background())}
		m, err := device.Attach(t.Context(), l, device.Options{})
		wantCode(t, err, "")
		from := l.nIn
		l.in = func(n int, b []byte) []byte { // the answer never arrives
			if n >= from && strings.Contains(string(b), "KEYGEN") {
				return nil
			}
			return b
		}
		_, err = m.MakeKey(t.Context(), 42, "")
		wantCode(t, err, "keygen.csr-lost")
		l.in = nil
		_, err = m.Delete(t.Context(), slot(42, cred.ClientKey))
		wantCode(t, err, "")
		_, err = m.MakeKey(t.Context(), 42, "")
		wantCode(t, err, "")
		wantCode(t, m.Close(), "")
		synctest.Wait()
	})
	u := unit(t, sim.Config{}, "die-after-keygen")
	m, err := device.Attach(t.Context(), u.Pipe(context.Background()), device.Options{})
	wantCode(t, err, "")
	_, err = m.MakeKey(t.Context(), 42, "")
	wantCode(t, err, "port.lost")
	_ = m.Close()
	_ = u.SetFaults()
	if line, err := makeKey(t.Context(), u.Pipe(context.Background())); err != nil || line == "" {
		t.Errorf("after an unplug: %v", err)
	}
}

// A modem may take its time for a key.
func TestAKeyMayTakeAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *script
		s = answers(func(cmd string) (string, bool) {
			if strings.HasPrefix(cmd, "AT%KEYGEN") {
				time.AfterFunc(59*time.Second, func() { s.say("%KEYGEN: \"abc.def\"\r\nOK\r\n") })
				return "", true
			}
			return "", false
		})
		m, err := device.Attach(t.Context(), s, device.Options{})
		wantCode(t, err, "")
		line, err := m.MakeKey(t.Context(), 42, "")
		if wantCode(t, err, ""); line != `%KEYGEN: "abc.def"` {
			t.Errorf("%q", line)
		}
		_ = m.Close()
		synctest.Wait()
	})
}
