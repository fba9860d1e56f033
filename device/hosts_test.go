package device_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/device"
	"example.org/sectag/device/sim"
)

// hostKind is a firmware that the virtual modem has, with what it is to be found as.
type hostKind struct{ sim, name, end string }

// hostKinds are those that a unit can be provisioned through.
func hostKinds() []hostKind {
	return []hostKind{
		{"at-host", "at-host", "CR"},
		{"at-host-lf", "at-host", "LF"},
		{"at-host-crlf", "at-host", "CRLF"},
		{"at-host-null", "at-host", "NULL"},
		{"serial-modem", "serial-modem", "CR"},
		{"serial-modem-lf", "serial-modem", "LF"},
		{"serial-modem-crlf", "serial-modem", "CRLF"},
		{"slm", "slm", "CRLF"},
		{"at-shell-unescape", "shell", "CR"},
		{"modem-shell", "shell", "CR"},
	}
}

func TestEveryHostIsFoundByItselfAndProvisioned(t *testing.T) {
	for _, h := range hostKinds() {
		t.Run(h.sim, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := unit(t, sim.Config{Host: h.sim, Baud: 115200})
				var tr log
				for range 2 { // the second finds it as the first left it
					start := time.Now()
					m, err := device.Attach(t.Context(), u.Pipe(context.Background()), device.Options{})
					wantCode(t, err, "")
					within(t, start, 3*time.Second, "finding it")
					id, err := m.Identify(t.Context())
					wantCode(t, err, "")
					if id.Host != h.name || id.LineEnd != h.end {
						t.Errorf("found as %s with %s", id.Host, id.LineEnd)
					}
					wantCode(t, m.Close(), "")
				}
				out := provision(t.Context(), u.Pipe(context.Background()), device.Options{Trace: tr.trace}, usual())
				if !out.done || out.err != nil || !holds(u, stored(h, usual())) {
					t.Errorf("%v\n%s", out.err, &tr)
				}
				if c := u.Counters(); c.Lost != 0 {
					t.Logf("%d bytes lost", c.Lost)
				}
				synctest.Wait()
			})
		})
	}
}

// stored is a job as a host stores it: a shell's firmware makes CR LF of line ends.
func stored(h hostKind, parts []part) []part {
	out := append([]part(nil), parts...)
	for i := range out {
		if h.name == "shell" {
			out[i].content = []byte(strings.ReplaceAll(string(out[i].content), "\n", "\r\n"))
		}
	}
	return out
}

// What a unit may be left in or go through, by host, and what then comes of the job.
func TestEveryHostIsFoundInEveryState(t *testing.T) {
	for _, fault := range []string{
		"open-quote", "full-buffer", "data-mode", "echo", "log", "noise", "urc", "cmee-off", "cmee-off@3", "first-error", "slow=0.99", "active", "online",
	} {
		for _, h := range hostKinds() {
			t.Run(h.sim+"/"+fault, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f, err := sim.ParseFault(fault)
					if err != nil {
						t.Fatal(err)
					}
					u, err := sim.New(sim.Config{IMEI: testIMEI, Host: h.sim, Baud: 115200, Faults: []sim.Fault{f}})
					if err != nil { // a host that knows no such state
						wantCode(t, err, "config.value")
						return
					}
					var tr log
					start := time.Now()
					m, err := device.Attach(t.Context(), u.Pipe(context.Background()), device.Options{Trace: tr.trace})
					if err != nil {
						t.Fatalf("%v\n%s", err, &tr)
					}
					if fault != "slow=0.99" {
						within(t, start, 3*time.Second, "finding it")
					}
					if got := m.Host().Name(); got != h.name {
						t.Errorf("found as %s\n%s", got, &tr)
					}
					wantCode(t, m.Close(), "")
					out := provision(t.Context(), u.Pipe(context.Background()), device.Options{Trace: tr.trace}, usual())
					switch {
					case fault == "active":
						wantCode(t, out.err, "line.error")
					case !out.done || out.err != nil || out.repeats != 0 || !holds(u, stored(h, usual())):
						t.Errorf("%v\n%s", out.err, &tr)
					}
					synctest.Wait()
				})
			})
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
