package doctor

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"example.org/sectag/device"
	"example.org/sectag/device/port"
	"example.org/sectag/device/scout"
	"example.org/sectag/device/sim"
)

// What the doctor says of each host firmware is what attaching to it comes to: it is well exactly if the verbs can work with it.
func TestTheDoctorAgreesWithTheVerbs(t *testing.T) {
	for host, want := range map[string][]string{
		"at-host": {"info doctor.answers"}, "serial-modem": {"info doctor.answers"},
		"at-host-lf": {"info doctor.answers", "info doctor.terminator"}, "at-host-crlf": {"info doctor.answers", "info doctor.terminator"},
		"at-host-null": {"info doctor.answers", "info doctor.terminator"}, "serial-modem-lf": {"info doctor.answers", "info doctor.terminator"},
		"serial-modem-crlf": {"info doctor.answers", "info doctor.terminator"}, "slm": {"info doctor.answers", "info doctor.terminator"},
		"at-shell": {"info doctor.answers", "error line.too-long"}, "at-shell-large": {"info doctor.answers"}, "at-shell-unescape": {"info doctor.answers"},
		"modem-shell": {"info doctor.answers"}, "at-shell-wildcard": {"error line.shell-wildcard"}, "cred-shell": {"error doctor.wrong-firmware"},
		"serial-modem&fault=crash": {"error line.crashed"}, "at-shell&fault=crash": {"error line.crashed"}, "at-host&fault=crash": {"error doctor.echo"},
	} {
		synctest.Test(t, func(t *testing.T) { agrees(t, host, want) })
	}
}

func agrees(t *testing.T, host string, want []string) {
	var rack sim.Rack
	open := func(ctx context.Context, name string) (device.Line, error) {
		return device.Dialer{Sim: rack.Open}.Open(ctx, name)
	}
	name := "sim:nrf9151?baud=115200&host=" + host
	d := Doctor{Lister: port.Lister{Root: t.TempDir()}, Asker: scout.Modem{Open: open, Who: true}}
	seen, err := d.Look(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		want[i] += " " + name
	}
	got := said(Judge(seen))
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", host, got, want)
	}
	l, err := open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := device.Attach(t.Context(), l, device.Options{})
	if well := got[0] == "info doctor.answers "+name; well != (err == nil) {
		t.Errorf("%s: the doctor says %q, and attaching comes to %v", host, got, err)
	}
	if err == nil {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	synctest.Wait()
}
