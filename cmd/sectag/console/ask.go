package console

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/term"

	"example.org/sectag/cred"
)

// longestSecret is how much of a passphrase is taken, in bytes.
const longestSecret = 1024

var errStopped = errors.New("stopped with Ctrl-C")

// AskPassphrase asks the person; without a terminal it is usage.no-terminal. Nothing that is typed is shown: the terminal is hushed
// before the question is there to be answered. Ctrl-C or a signal ends the asking and leaves the terminal as it was.
func (c *Console) AskPassphrase(prompt string) ([]byte, error) {
	if !c.Terminal() {
		return nil, cred.Failed("usage.no-terminal", "a passphrase is needed and nobody can be asked",
			"name a file with --passphrase-file or SECTAG_PASSPHRASE_FILE")
	}
	fd := int(c.In.Fd())
	was, err := term.MakeRaw(fd)
	if err != nil {
		return nil, cred.Because(err, "usage.no-terminal", "the passphrase could not be read from the terminal", "name a file with --passphrase-file")
	}
	fmt.Fprint(c.Err, prompt)
	pass, err := c.secret()
	_ = term.Restore(fd, was) // it was a terminal a moment ago
	fmt.Fprintln(c.Err)
	switch {
	case errors.Is(err, errStopped):
		c.Ended.Store(true)
		return nil, cred.Failed("store.stopped", "stopped at the question for the passphrase: nothing was done", "run it again")
	case err != nil:
		return nil, cred.Because(err, "usage.no-terminal", "the passphrase could not be read from the terminal", "name a file with --passphrase-file")
	}
	return pass, nil
}

// secret reads a line, or ends with the process's context; the reader that waits for keys is then left behind.
func (c *Console) secret() ([]byte, error) {
	type line struct {
		text []byte
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := readSecret(c.In)
		read <- line{text, err}
	}()
	select {
	case l := <-read:
		return l.text, l.err
	case <-c.Stop:
		return nil, errStopped
	}
}

// readSecret reads a line from a terminal in raw mode, where keys come as bytes: backspace takes a character back, Ctrl-U all.
func readSecret(r io.Reader) ([]byte, error) {
	const interrupt, end, backspace, clearAll, rubout = 3, 4, 8, 21, 127
	line := make([]byte, 0, longestSecret) // it is never grown: what append leaves behind could not be cleared
	for b := make([]byte, 1); ; {
		n, err := r.Read(b)
		if n == 0 && err != nil {
			clear(line)
			return nil, err
		}
		switch key := b[0]; {
		case n == 0:
		case key == '\r' || key == '\n':
			return line, nil
		case key == interrupt, key == end && len(line) == 0:
			clear(line)
			return nil, errStopped
		case key == backspace || key == rubout:
			_, size := utf8.DecodeLastRune(line)
			clear(line[len(line)-size:])
			line = line[:len(line)-size]
		case key == clearAll:
			clear(line)
			line = line[:0]
		case key < ' ' || len(line) == cap(line): // no text
		default:
			line = append(line, key)
		}
		b[0] = 0
	}
}
