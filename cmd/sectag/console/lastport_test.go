package console

import "testing"

// TestOnlyRealPortsAreRemembered: what the demo used, and what means something else in the next folder, is not offered there.
func TestOnlyRealPortsAreRemembered(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	for _, name := range []string{"/dev/ttyACM0", "tcp://127.0.0.1:4000"} {
		RememberPort(name)
		if got := LastPort(); got != name {
			t.Errorf("%q is remembered as %q", name, got)
		}
	}
	RememberPort("/dev/ttyACM0")
	for _, name := range []string{"sim:nrf9151?state=unit.json", "modem", "../modem", "./COM3", ""} {
		RememberPort(name)
		if got := LastPort(); got != "/dev/ttyACM0" {
			t.Errorf("%q was remembered: %q", name, got)
		}
	}
	if !real("COM3") || !real("com12") {
		t.Error("a Windows port is not remembered")
	}
}
