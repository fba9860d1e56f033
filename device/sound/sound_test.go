package sound_test

import (
	"testing"

	"example.org/sectag/device/sound"
)

func TestWhatIsHeardIsToldApart(t *testing.T) {
	t.Parallel()
	for heard, want := range map[string]sound.Kind{
		"":                         sound.Nothing,
		"\r\n":                     sound.Text,
		"\x80\xff\x00\x13A\xf1":    sound.Noise,
		"\x1b[1;32muart:~$ \x1b[m": sound.Shell,
		"at AT\r\nat: command not found\r\nuart:~$ ": sound.Shell,
		"mosh:~$ ":                          sound.Shell,
		"Ready\r\n":                         sound.Host,
		"The AT host sample started\nReady": sound.Host,
		"*** Booting nRF Connect SDK v2.6.0 ***\r\nThe AT host sample started\n": sound.Host,
		"+CEREG: 2\r\n":                                sound.Host,
		"*** Booting Zephyr OS ***\r\n":                sound.Log,
		"[00:00:01.000] <inf> app: hello":              sound.Log,
		"[00:00:01.000] <err> app: ERROR":              sound.Log,
		"$GPGGA,,,,,,0,00,99.99,,,,,,*48\r\n":          sound.GNSS,
		"INIT ERROR\r\n":                               sound.Crash,
		"\r\n#XMODEM: FAULT,0x4,0x1234\r\n":            sound.Crash,
		"<err> nrf_modem: Modem has crashed, reason":   sound.Crash,
		"Sending AT command failed with error code -8": sound.Crash,
		"AT\r\n":                   sound.Echo,
		"AT\r\nAT\r\n":             sound.Echo,
		"\r\nERROR\r\n":            sound.Refusal,
		"AT\r\nOK\r\n+CMEE: 2\r\n": sound.Stranger,
		"OK\r\n+CEREG: 1\r\n":      sound.Stranger,
		"hello there":              sound.Text,
		"AT+CGMM\r\nnothing":       sound.Text,
	} {
		if got := sound.Listen([]byte(heard), []byte("AT\rAT\r\"\rAT+CMEE?\r")); got != want {
			t.Errorf("%q is %d, want %d", heard, got, want)
		}
	}
}

func FuzzListen(f *testing.F) {
	for _, s := range []string{"", "OK\r\n", "\x1b[1;32muart:~$ ", "#XMODEM: FAULT,0x4", "\xff\x00", "Ready\r\n"} {
		f.Add([]byte(s), []byte("AT\r"))
	}
	f.Fuzz(func(t *testing.T, heard, sent []byte) {
		if s := sound.Listen(heard, sent); (s == sound.Nothing) != (len(heard) == 0) || s == sound.Unheard {
			t.Errorf("%q is %d", heard, s)
		}
	})
}
