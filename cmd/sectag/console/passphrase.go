package console

import (
	"bytes"
	"io"
	"os"

	"golang.org/x/term"

	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
)

// Passphrase reads the passphrase from the file that was named, or asks on the terminal. It never comes from an argument. From a
// file with Windows' line ends it still has its carriage return, for openssl made keys with it: ca.Root.Unlock tries both.
func (c *Console) Passphrase(prompt string) ([]byte, error) {
	return c.PassphraseOf(c.PassphraseFile(), prompt)
}

// PassphraseOf is Passphrase where a verb needs a second one and has a flag of its own for its file, "" when it was not named.
func (c *Console) PassphraseOf(file, prompt string) ([]byte, error) {
	if file != "" {
		return passphraseFrom(file)
	}
	return c.AskPassphrase(prompt)
}

// PassphraseFile is the file that was named, by flag or environment; "" when none was.
func (c *Console) PassphraseFile() string {
	if c.PassFile != "" {
		return c.PassFile
	}
	return os.Getenv("SECTAG_PASSPHRASE_FILE")
}

// NewPassphrase reads a passphrase that does not exist yet, typed twice or from the file, where the carriage return of a Windows
// line end is no part of it: nobody could type it again.
func (c *Console) NewPassphrase(prompt string) ([]byte, error) {
	name := c.PassphraseFile()
	if name == "" {
		return c.TypedTwice(prompt)
	}
	line, err := passphraseFrom(name)
	return bytes.TrimRight(line, "\r"), err
}

// passphraseFrom takes the first line without its line end, as openssl -passin file: does.
func passphraseFrom(name string) ([]byte, error) {
	text, err := atomicfile.Read(name, 64<<10)
	if err != nil {
		return nil, cred.Because(err, "ca.passphrase", "the passphrase file "+name+" cannot be read", "name a file whose first line is the passphrase")
	}
	line, rest, _ := bytes.Cut(text, []byte("\n"))
	clear(rest)
	if len(bytes.TrimRight(line, "\r")) == 0 {
		return nil, cred.Failed("ca.passphrase", "the first line of "+name+" is empty", "its first line is the passphrase")
	}
	return line, nil
}

// Terminal tells whether a person can be asked.
func (c *Console) Terminal() bool {
	return c.In != nil && term.IsTerminal(int(c.In.Fd()))
}

// IsTerminal tells whether a mouth of the process is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// TypedTwice asks for a passphrase that does not exist yet.
func (c *Console) TypedTwice(prompt string) ([]byte, error) {
	first, err := c.AskPassphrase(prompt)
	if err != nil {
		return nil, err
	}
	second, err := c.AskPassphrase("the same once more: ")
	defer clear(second)
	if err != nil {
		clear(first)
		return nil, err
	}
	if string(first) != string(second) {
		clear(first)
		return nil, cred.Failed("ca.passphrase", "the two passphrases differ", "nothing was written; try again")
	}
	return first, nil
}
