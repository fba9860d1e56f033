package device_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
)

// A shell that cannot carry a certificate is refused before anything is deleted or stored, and it is said what to do.
func TestAShellThatCannotCarryACertificateIsRefusedBefore(t *testing.T) {
	for _, c := range []struct{ host, code, say string }{
		{"at-shell", "line.too-long", "CONFIG_SHELL_CMD_BUFF_SIZE"},
		{"at-shell-large", "line.no-newline", "CONFIG_AT_SHELL_UNESCAPE_LF"},
		{"at-shell-wildcard", "line.shell-wildcard", "CONFIG_SHELL_WILDCARD"},
		{"cred-shell", "store.not-the-modem", "at_client"},
	} {
		t.Run(c.host, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := unit(t, sim.Config{Host: c.host, Baud: 115200})
				var tr log
				start := time.Now()
				out := provision(t.Context(), u.Pipe(context.Background()), device.Options{Trace: tr.trace}, usual())
				wantCode(t, out.err, c.code)
				within(t, start, 6*time.Second, "refusing it")
				if f := cred.AsFault(out.err); f == nil || !strings.Contains(f.Hint, c.say) {
					t.Errorf("%v is not said: %v", c.say, f)
				}
				if n := len(u.State().Slots); n != 0 {
					t.Errorf("%d slots were written", n)
				}
				synctest.Wait()
			})
		})
	}
}

// Short content without line ends goes through every shell, and what is not for a shell is not sent.
func TestAShellCarriesWhatItCan(t *testing.T) {
	u := unit(t, sim.Config{Host: "at-shell"})
	m := attach(t, u, device.Options{})
	wantCode(t, m.Write(t.Context(), slot(42, cred.PSK), []byte("00112233445566778899aabbccddeeff"), nil), "")
	wantCode(t, m.Write(t.Context(), slot(42, cred.PSKID), []byte("urn:imei:352656100367872"), nil), "")
	wantCode(t, m.Fits(slot(42, cred.PSKID), []byte(`a\nb`)), "line.bad-command")
	wantCode(t, m.Fits(slot(42, cred.PSKID), []byte(`it's`)), "line.bad-command")
	wantCode(t, m.Fits(slot(42, cred.PSKID), []byte("a\x00b")), "line.bad-command")
	_, err := m.Raw(t.Context(), `AT+X='a'`, 0)
	wantCode(t, err, "line.bad-command")
	p, err := m.Prove(t.Context(), slot(42, cred.PSKID), []byte("urn:imei:352656100367872"), nil)
	if wantCode(t, err, ""); p.Repeats != 0 || p.SHA256 != cred.Sum([]byte("urn:imei:352656100367872")) {
		t.Errorf("%+v", p)
	}
}

// A modem that stops while its host goes on is named, whatever the host makes of it, and nothing hangs longer than its limit.
func TestAModemThatStopsIsNamed(t *testing.T) {
	for _, h := range hostKinds() {
		for n := 1; n < 30; n++ {
			synctest.Test(t, func(t *testing.T) {
				f, err := sim.ParseFault("crash@" + itoa(n))
				if err != nil {
					t.Fatal(err)
				}
				u, err := sim.New(sim.Config{IMEI: testIMEI, Host: h.sim, Faults: []sim.Fault{f}})
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				out := provision(t.Context(), u.Pipe(context.Background()), device.Options{}, tiny())
				within(t, start, 45*time.Second, "noticing it")
				switch c := code(out.err); {
				case out.done: // it stopped after the job
				case c == "line.crashed":
				case h.name == "at-host" && n < 4 && (c == "line.not-at" || c == "line.no-answer"): // it looks like a line that only echoes
				default:
					t.Errorf("%s, command %d: %v", h.sim, n, out.err)
				}
				synctest.Wait()
			})
		}
	}
}
