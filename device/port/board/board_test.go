package board

import "testing"

// TestEveryLineOfTheCatalogueIsReached looks for each board of nrf91.md section 5 as USB would show it.
func TestEveryLineOfTheCatalogueIsReached(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		usb   USB
		name  string
		kind  Kind
		first Role
		last  Role
	}{
		{USB{VID: "1366", PID: "1055", Serial: "000960012345"}, "nRF9160 DK", NRF91, AT, Trace},
		{USB{VID: "1366", PID: "1051", Serial: "001050912345"}, "nRF9161 DK", NRF91, AT, Log},
		{USB{VID: "1366", PID: "1051", Serial: "001051012345"}, "nRF9131 EK", NRF91, AT, Log},
		{USB{VID: "1366", PID: "1059", Serial: "001051234567"}, "nRF9151 DK", NRF91, AT, Log},
		{USB{VID: "1366", PID: "1069", Serial: "001052034567"}, "nRF9151 DK", NRF91, AT, Log},
		{USB{VID: "1915", PID: "9100", Serial: "THINGY91_12AB"}, "Thingy:91", NRF91, AT, Unknown},
		{USB{VID: "1915", PID: "0001", Serial: "PCA20035_12AB"}, "Thingy:91", NRF91, AT, Unknown},
		{USB{VID: "1915", PID: "910a", Serial: "thingy91x_12ab"}, "Thingy:91 X", NRF91, AT, Unknown},
		{USB{VID: "1915", PID: "0001", Serial: "THINGY91X_12AB"}, "Thingy:91 X", NRF91, AT, Unknown},
		{USB{VID: "1366", PID: "1055", Serial: "THINGY91X_12AB"}, "Thingy:91 X", NRF91, AT, Unknown},
		{USB{VID: "1366", PID: "1055", Serial: "001055012345"}, "Thingy:91 X", NRF91, AT, Unknown},
		{USB{VID: "1366", PID: "1055", Serial: "001055112345"}, "Thingy:91 X", NRF91, AT, Unknown},
		{USB{VID: "1366", PID: "1055", Serial: "001051312345"}, "Thingy:91 X", NRF91, AT, Unknown},
		{USB{VID: "1915", PID: "520f", Serial: "THINGY91_12AB"}, "MCUboot bootloader", Bootloader, MCUboot, MCUboot},
		{USB{VID: "1915", PID: "910a", Serial: "THINGY91X_1", Product: "MCUBOOT"}, "MCUboot bootloader", Bootloader, MCUboot, MCUboot},
		{USB{VID: "1366", PID: "1055", Serial: "000960112345"}, "nRF5340 DK", Other, Unknown, Unknown},
		{USB{VID: "1366", PID: "1055", Serial: "001050012345"}, "nRF5340 DK", Other, Unknown, Unknown},
		{USB{VID: "1366", PID: "1055", Serial: "001050712345"}, "nRF7002 DK", Other, Unknown, Unknown},
		{USB{VID: "1366", PID: "1055", Serial: "001051112345"}, "nRF54H20 DK", Other, Unknown, Unknown},
		{USB{VID: "1366", PID: "1055", Serial: "001057712345"}, "nRF54L15 DK", Other, Unknown, Unknown},
		{USB{VID: "1366", PID: "1055", Serial: "001059912345"}, "Nordic kit", Other, Unknown, Unknown},
		{USB{VID: "1366", PID: "0105", Serial: "000068123456"}, "J-Link", Maybe, Unknown, Unknown},
		{USB{VID: "10c4", PID: "ea60", Serial: "0001"}, "CP210x bridge", Maybe, Unknown, Unknown},
		{USB{VID: "0403", PID: "6015", Serial: "DO00XXXX"}, "FTDI bridge", Maybe, Unknown, Unknown},
		{USB{VID: "1a86", PID: "7523"}, "CH340 bridge", Maybe, Unknown, Unknown},
		{USB{VID: "1915", PID: "521f"}, "", Maybe, Unknown, Unknown},
		{USB{VID: "feed", PID: "beef", Product: "mcuboot"}, "", Maybe, Unknown, Unknown},
		{USB{}, "", Maybe, Unknown, Unknown},
	} {
		b, ok := Lookup(c.usb)
		if b.Name != c.name || ok != (c.name != "") || b.Kind != c.kind || b.First != c.first || b.Last != c.last {
			t.Errorf("%+v is %q, kind %d, %s and %s", c.usb, b.Name, b.Kind, b.First, b.Last)
		}
		if b.Kind == NRF91 && b.Target == "" {
			t.Errorf("%s: nobody can say which firmware to build", b.Name)
		}
	}
}

func TestPlacesHaveRoles(t *testing.T) {
	t.Parallel()
	b, _ := Lookup(USB{VID: "1366", Serial: "000960012345"})
	for _, c := range []struct {
		place, n int
		want     Role
	}{{0, 1, AT}, {0, 3, AT}, {1, 3, Unknown}, {2, 3, Trace}, {1, 2, Trace}} {
		if got := b.Role(c.place, c.n); got != c.want {
			t.Errorf("port %d of %d is %s", c.place, c.n, got)
		}
	}
}
