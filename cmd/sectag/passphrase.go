package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"example.org/sectag/cred"
)

// passphrase reads the passphrase from the file that was named, or asks on the terminal. It never comes from an argument.
func (a *app) passphrase(prompt string) ([]byte, error) {
	if name := a.passphraseFile(); name != "" {
		return passphraseFrom(name)
	}
	return a.askPassphrase(prompt)
}

func (a *app) passphraseFile() string {
	if a.passFile != "" {
		return a.passFile
	}
	return os.Getenv("SECTAG_PASSPHRASE_FILE")
}

// passphraseFrom takes the first line without its line end, as openssl -passin file: does.
func passphraseFrom(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, cred.Because(err, "ca.passphrase", "the passphrase file "+name+" cannot be read", "name a file whose first line is the passphrase")
	}
	defer f.Close()
	line, err := bufio.NewReader(io.LimitReader(f, 4096)).ReadBytes('\n')
	if err != nil && err != io.EOF {
		return nil, cred.Because(err, "ca.passphrase", "the passphrase file "+name+" cannot be read", "name a file whose first line is the passphrase")
	}
	line = bytes.TrimRight(line, "\r\n")
	if len(line) == 0 {
		return nil, cred.Failed("ca.passphrase", "the first line of "+name+" is empty", "its first line is the passphrase")
	}
	return line, nil
}

func (a *app) askPassphrase(prompt string) ([]byte, error) {
	if !a.terminal() {
		return nil, cred.Failed("usage.no-terminal", "the authority's passphrase is needed and nobody can be asked",
			"name a file with --passphrase-file or SECTAG_PASSPHRASE_FILE")
	}
	fmt.Fprint(a.err, prompt)
	b, err := term.ReadPassword(int(a.in.Fd()))
	fmt.Fprintln(a.err)
	if err != nil {
		return nil, cred.Because(err, "usage.no-terminal", "the passphrase could not be read from the terminal", "name a file with --passphrase-file")
	}
	return b, nil
}

// terminal tells whether a person can be asked.
func (a *app) terminal() bool {
	return a.in != nil && term.IsTerminal(int(a.in.Fd()))
}

// isTerminal tells whether a mouth of the process is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
