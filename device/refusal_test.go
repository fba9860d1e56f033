package device_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/shelf"
	"example.org/sectag/device/sim"
)

// Each refusal of the modem has its number as a code, and its hint says what to do next.
func TestARefusalSaysWhatToDoNext(t *testing.T) {
	key, psk := slot(42, cred.ClientKey), slot(42, cred.PSK)
	for name, c := range map[string]struct {
		faults []string
		do     func(ctx context.Context, m *device.Modem) error
		code   string
		say    string
	}{
		"active": {[]string{"active"}, func(ctx context.Context, m *device.Modem) error {
			return m.Write(ctx, key, []byte("x"), nil)
		}, "cmng.518", "functional mode 1"},
		"active, taken offline": {[]string{"active"}, func(ctx context.Context, m *device.Modem) error {
			_, err := m.Offline(ctx)
			return err
		}, "*", "active and does not leave the network: it answers AT+CFUN=4"},
		"full": {[]string{"full@2"}, func(ctx context.Context, m *device.Modem) error {
			for _, s := range []cred.Slot{slot(17, cred.RootCA), slot(18, cred.RootCA), key} {
				if err := m.Write(ctx, s, []byte("x"), nil); err != nil {
					return err
				}
			}
			return nil
		}, "cmng.515", "tag 17 (slots: 1), tag 18 (slots: 1)"},
		"taken": {[]string{"exists"}, func(ctx context.Context, m *device.Modem) error {
			return m.Write(ctx, key, []byte("x"), nil)
		}, "cmng.519", "delete it first"},
		"low supply": {[]string{"power-warning"}, func(ctx context.Context, m *device.Modem) error {
			return m.Write(ctx, key, []byte("x"), nil)
		}, "cmng.528", "supply"},
		"content": {[]string{"strict"}, func(ctx context.Context, m *device.Modem) error {
			return m.Write(ctx, key, []byte("HONKHONK"), nil)
		}, "cmng.527", "PEM"},
		"damaged": {[]string{"damage"}, func(ctx context.Context, m *device.Modem) error {
			if err := m.Write(ctx, psk, []byte("00ff"), nil); err != nil {
				return err
			}
			_, err := m.Prove(ctx, psk, []byte("00ff"), nil)
			return err
		}, "store.mismatch", "cable"},
		"reserved write": {nil, func(ctx context.Context, m *device.Modem) error {
			return m.Write(ctx, slot(4294967294, 6), []byte("x"), nil)
		}, "store.reserved", "modem's own"},
		"reserved delete": {nil, func(ctx context.Context, m *device.Modem) error {
			_, err := m.Delete(ctx, slot(2147483650, 0))
			return err
		}, "store.reserved", "decrypted"},
		"reserved by hand": {nil, func(ctx context.Context, m *device.Modem) error {
			_, err := m.Raw(ctx, "at%cmng=3, 4294967294,6", 0)
			return err
		}, "store.reserved", "modem's own"},
		"type": {nil, func(ctx context.Context, m *device.Modem) error {
			return m.Fits(slot(42, cred.ATKey), []byte("x"))
		}, "store.reserved", "0 to 4"},
		"too long": {nil, func(ctx context.Context, m *device.Modem) error {
			return m.Write(ctx, key, []byte(strings.Repeat("x", 4095-16)), nil)
		}, "line.too-long", "1 bytes longer"},
		"quote": {nil, func(ctx context.Context, m *device.Modem) error {
			return m.Write(ctx, psk, []byte(`00"ff`), nil)
		}, "line.bad-command", "quote"},
		"nothing": {nil, func(ctx context.Context, m *device.Modem) error {
			return m.Write(ctx, psk, nil, nil)
		}, "line.bad-command", "nothing"},
		"open quote by hand": {nil, func(ctx context.Context, m *device.Modem) error {
			_, err := m.Raw(ctx, `AT%CMNG=2,1,0,"`, 0)
			return err
		}, "line.bad-command", "never answers again"},
	} {
		t.Run(name, func(t *testing.T) {
			u := unit(t, sim.Config{}, c.faults...)
			m := attach(t, u, device.Options{})
			before := u.Counters().Commands
			err := c.do(t.Context(), m)
			if c.code != "*" {
				wantCode(t, err, c.code)
			} else if err == nil {
				t.Fatal("no error")
			}
			f := cred.AsFault(err)
			if !strings.Contains(f.Text+" "+f.Hint, c.say) {
				t.Errorf("%q is not said: %q, hint %q", c.say, f.Text, f.Hint)
			}
			if sent := u.Counters().Commands - before; (strings.HasPrefix(c.code, "line.") || c.code == "store.reserved") && sent != 0 {
				t.Errorf("%d commands were sent all the same", sent)
			}
			t.Logf("%s (%s)\nhint: %s", f.Text, f.Code, f.Hint)
		})
	}
}

func TestTheLongestCredentialFits(t *testing.T) {
	u := unit(t, sim.Config{})
	m := attach(t, u, device.Options{})
	p := part{slot(42, cred.ClientKey), []byte(strings.Repeat("x", 4095-17))}
	wantCode(t, m.Fits(p.slot, p.content), "")
	wantCode(t, m.Write(t.Context(), p.slot, p.content, nil), "")
	_, err := m.Prove(t.Context(), p.slot, p.content, nil)
	wantCode(t, err, "")
	if !holds(u, []part{p}) {
		t.Error("the store has something else")
	}
}

// The firmware switches the error numbers off between two commands: a bare ERROR is looked into, and what was asked gets its number.
func TestErrorNumbersThatWereSwitchedOffAreSwitchedOnAgain(t *testing.T) {
	u := unit(t, sim.Config{}, "full")
	m := attach(t, u, device.Options{})
	off := func() {
		if r, err := m.Raw(t.Context(), "AT+CMEE=0", 0); err != nil || !r.OK() {
			t.Fatal(r, err)
		}
	}
	off()
	found, err := m.Delete(t.Context(), slot(42, cred.RootCA))
	if wantCode(t, err, ""); found {
		t.Error("an empty slot was found")
	}
	off()
	wantCode(t, m.Write(t.Context(), slot(42, cred.PSK), []byte("00112233"), nil), "cmng.515")
	if r, err := m.Raw(t.Context(), "AT+CMEE?", 0); err != nil || len(r.Info) != 1 || r.Info[0] != "+CMEE: 1" {
		t.Errorf("%v, %v", r, err)
	}
}

// answers makes a script of a modem that is otherwise well.
func answers(special func(cmd string) (string, bool)) *script {
	return newScript(func(cmd string) string {
		if a, ok := special(cmd); ok {
			return a
		}
		switch {
		case cmd == "AT+CMEE?":
			return "+CMEE: 1\r\nOK\r\n"
		case cmd == "AT+CFUN?":
			return "+CFUN: 4\r\nOK\r\n"
		case cmd == "AT+CGSN=3":
			return "+CGSN: \"01\"\r\nOK\r\n"
		}
		return "OK\r\n"
	})
}

// After a write or a deletion without an answer the list decides.
func TestWithoutAnAnswerTheListDecides(t *testing.T) {
	s := slot(42, cred.PSK)
	digest := strings.ToUpper(cred.Sum([]byte("00ff")).String())
	other := strings.ToUpper(cred.Sum([]byte("other")).String())
	for name, c := range map[string]struct {
		lists         string
		write, delete string
	}{
		"there":   {`%CMNG: 42,3,"` + digest + "\"\r\nOK\r\n", "", "line.no-answer"},
		"another": {`%CMNG: 42,3,"` + other + "\"\r\nOK\r\n", "line.no-answer", "line.no-answer"},
		"empty":   {"OK\r\n", "line.no-answer", ""},
		"refused": {"+CME ERROR: 60\r\n", "cme.60", "cme.60"},
		"damaged": {"%CMNG: 42,3,\"00\"\r\nOK\r\n", "line.garbled", "line.garbled"},
		"foreign": {`%CMNG: 43,3,"` + digest + "\"\r\nOK\r\n", "line.garbled", "line.garbled"},
		"silent":  {"", "line.no-answer", "line.no-answer"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, err := device.Attach(t.Context(), answers(func(cmd string) (string, bool) {
					switch {
					case strings.HasPrefix(cmd, "AT%CMNG=1"):
						return c.lists, true
					case strings.HasPrefix(cmd, "AT%CMNG"):
						return "", true
					}
					return "", false
				}), device.Options{})
				wantCode(t, err, "")
				start := time.Now()
				wantCode(t, m.Write(t.Context(), s, []byte("00ff"), nil), c.write)
				_, err = m.Delete(t.Context(), s)
				wantCode(t, err, c.delete)
				within(t, start, jobLimit, "both")
				_ = m.Close()
				synctest.Wait()
			})
		})
	}
}

// A list that no modem could hold is not handed on: what is kept of a run has its bounds too.
func TestAListWithoutEndIsNoList(t *testing.T) {
	for n, code := range map[int]string{shelf.MaxItems: "", shelf.MaxItems + 1: "line.garbled", 20000: "line.garbled"} {
		synctest.Test(t, func(t *testing.T) {
			var list strings.Builder
			for tag := range n {
				fmt.Fprintf(&list, "%%CMNG: %d,0,\"%s\"\r\n", tag, strings.ToUpper(cred.Sum([]byte("x")).String()))
			}
			m, err := device.Attach(t.Context(), answers(func(cmd string) (string, bool) {
				return list.String() + "OK\r\n", strings.HasPrefix(cmd, "AT%CMNG=1")
			}), device.Options{})
			wantCode(t, err, "")
			items, err := m.List(t.Context())
			wantCode(t, err, code)
			if code == "" && len(items) != n {
				t.Errorf("%d items of %d", len(items), n)
			}
			_ = m.Close()
			synctest.Wait()
		})
	}
}

// An OK that comes after its limit is not taken for that of a later command.
func TestALateOKDoesNotProveALaterWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		writes := 0
		var s *script
		s = answers(func(cmd string) (string, bool) {
			if strings.HasPrefix(cmd, "AT%CMNG=0") {
				if writes++; writes == 1 {
					time.AfterFunc(6*time.Second, func() { s.say("OK\r\n") })
					return "", true
				}
				return "+CME ERROR: 515\r\n", true
			}
			return "", false
		})
		m, err := device.Attach(t.Context(), s, device.Options{})
		wantCode(t, err, "")
		wantCode(t, m.Write(t.Context(), slot(42, cred.PSK), []byte("00ff"), nil), "line.no-answer")
		wantCode(t, m.Write(t.Context(), slot(42, cred.PSKID), []byte("me"), nil), "cmng.515")
		<-time.After(5 * time.Second)
		_ = m.Close()
		synctest.Wait()
	})
}

func TestARawCommandIsMaskedAndTimed(t *testing.T) {
	u := unit(t, sim.Config{})
	var tr log
	m := attach(t, u, device.Options{Trace: tr.trace})
	r, err := m.Raw(t.Context(), `AT%CMNG=0,42,3,"00112233445566778899aabbccddeeff"`, 0)
	if err != nil || r.Result() != "OK" || strings.Contains(tr.String(), "0011223344") {
		t.Errorf("%v %v\n%s", r, err, &tr)
	}
	r, err = m.Raw(t.Context(), "AT%CMNG=2,42,3", 0)
	if err != nil || r.Result() != "CME 514" {
		t.Errorf("%v %v", r.Result(), err)
	}
	if r, err = m.Raw(t.Context(), "AT+CGSN", 0); err != nil || len(r.Info) != 1 || r.Info[0] != testIMEI.String() {
		t.Errorf("%v %v", r, err)
	}
	if r, err = m.Raw(t.Context(), "AT+NOPE", 0); err != nil || r.Result() != "ERROR" && r.Result() != "CME 0" {
		t.Errorf("%v %v", r.Result(), err)
	}
}
