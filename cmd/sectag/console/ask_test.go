package console

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestASecretIsReadKeyByKey(t *testing.T) {
	for _, c := range []struct{ name, keys, want string }{
		{"typed", "open sesame\r", "open sesame"},
		{"from a script, with LF", "open sesame\nmore", "open sesame"},
		{"empty", "\r", ""},
		{"backspaces take back, a whole letter at a time", "\x7fopéx\x7f\x7f\x08\x7f\x7fpen\r", "pen"},
		{"all taken back", "wrong\x15right\r", "right"},
		{"other control keys are no text", "a\x1b\x09b\r", "ab"},
		{"end of input is a key like others behind a letter", "a\x04b\r", "ab"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readSecret(iotest.DataErrReader(strings.NewReader(c.keys)))
			if err != nil || string(got) != c.want {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	for keys, want := range map[string]error{"abc\x03": errStopped, "\x04": errStopped, "abc": io.EOF} {
		if got, err := readSecret(strings.NewReader(keys)); !errors.Is(err, want) || got != nil {
			t.Errorf("%q: got %q, %v", keys, got, err)
		}
	}
}
