package device_test

import (
	"context"
	"encoding/base64"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
)

// No host's echo, prompt or log shows a piece of a key in the transcript or among the unsolicited lines, also when the line damages
// the echo.
func TestNoHostShowsAKey(t *testing.T) {
	raw := make([]byte, 138)
	for i := range raw {
		raw[i] = byte(rand.IntN(256))
	}
	body := base64.StdEncoding.EncodeToString(raw)
	key := "-----BEGIN PRIVATE KEY-----\n" + body[:64] + "\n" + body[64:128] + "\n" + body[128:] + "\n-----END PRIVATE KEY-----\n"
	for _, h := range hostKinds() {
		for _, fault := range []string{"urc", "echo", "log", "noise", "drop-reply@5300", "drop-reply@5400", "crash@14"} {
			synctest.Test(t, func(t *testing.T) {
				f, err := sim.ParseFault(fault)
				if err != nil {
					t.Fatal(err)
				}
				u, err := sim.New(sim.Config{IMEI: testIMEI, Host: h.sim, Faults: []sim.Fault{f}})
				if err != nil {
					return // a host that has no echo
				}
				var tr log
				o := device.Options{Trace: tr.trace, URC: func(l string) { tr.trace(device.Trace{Text: l}) }}
				_ = provision(t.Context(), u.Pipe(context.Background()), o, []part{{slot(42, cred.ClientKey), []byte(key)}, {slot(42, cred.PSK), []byte(strings.Repeat("c0ffee42", 8))}})
				const piece = 6
				for i := 0; i+piece <= len(body); i++ {
					if strings.Contains(tr.String(), body[i:i+piece]) {
						t.Fatalf("%s, %s: %q is shown:\n%s", h.sim, fault, body[i:i+piece], &tr)
					}
				}
				if strings.Contains(tr.String(), "c0ffee42") {
					t.Errorf("%s, %s: the PSK is shown:\n%s", h.sim, fault, &tr)
				}
				synctest.Wait()
			})
		}
	}
}
