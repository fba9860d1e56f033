package target

import (
	"github.com/spf13/cobra"

	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
)

// maxKeyFile bounds what is read of a file that should hold a pre-shared key.
const maxKeyFile = 1 << 12

// PSK is --psk-id and --psk-file: what a unit shows that has no certificate. The key is never an argument.
type PSK struct{ id, file string }

// Add adds the flags.
func (p *PSK) Add(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&p.id, "psk-id", "", "instead of a certificate: the identity of the unit's pre-shared key")
	f.StringVar(&p.file, "psk-file", "", "and the file with that key, as hex text")
}

// Given tells whether either of the flags was.
func (p *PSK) Given() bool { return p.id != "" || p.file != "" }

// Read reads the file. Both flags must have been given, and beside is whether those of a certificate were as well.
func (p *PSK) Read(beside bool) (id string, key []byte, err error) {
	const hint = "write sectag connect URL --cert F --key F --anchor F, or --psk-id S --psk-file F"
	switch {
	case beside:
		return "", nil, cred.Failed("usage.flag", "a certificate and a pre-shared key are given, and a unit has one of them", hint)
	case p.id == "":
		return "", nil, cred.Failed("usage.flag", "--psk-id is missing", hint)
	case p.file == "":
		return "", nil, cred.Failed("usage.flag", "--psk-file is missing", hint)
	}
	if key, err = atomicfile.Read(p.file, maxKeyFile); err != nil {
		return "", nil, cred.Because(err, "config.file", "the file "+p.file+" cannot be read", "name the file behind --psk-file")
	}
	return p.id, key, nil
}
