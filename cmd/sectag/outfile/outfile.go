// Package outfile writes a verb's result over an older one, and over nothing that a slip of the keyboard must not cost: a ledger holds ten
// years of records, and nobody makes a private key again.
package outfile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"

	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
)

// begin is how much of a file is looked at: a key may stand behind comments.
const begin = 64 << 10

// heads are how files begin that are never replaced: a SQLite database (its file format, section 1.3.1), and what age encrypted.
var heads = [][]byte{[]byte("SQLite format 3\x00"), []byte("age-encryption.org/"), []byte("-----BEGIN AGE ENCRYPTED FILE-----")}

// marks are what stands in files that are never replaced.
var marks = [][]byte{[]byte("PRIVATE KEY-----"), []byte("AGE-SECRET-KEY-1")}

// Free refuses, with ledger.exists, a path at which a ledger, a private key or an age identity is. Anything else may be replaced.
func Free(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return nil // nothing is there, or what writes says what is wrong with it
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil // likewise
	}
	text, err := io.ReadAll(io.LimitReader(f, begin))
	defer clear(text)
	if err == nil && !precious(text) {
		return nil
	}
	return cred.Because(err, "ledger.exists", path+" is a ledger or a private key, and is not replaced", "name another file")
}

func precious(text []byte) bool {
	for _, h := range heads {
		if bytes.HasPrefix(text, h) {
			return true
		}
	}
	for _, m := range marks {
		if bytes.Contains(text, m) {
			return true
		}
	}
	return false
}

// Write puts text at path, with mode 0644, as what it is called. Faults: those of Free; config.file.
func Write(path, what string, text []byte) error {
	return Stream(path, what, 0o644, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// Stream is Write of more than fits into memory, with the mode; a fault of write is told as it is.
func Stream(path, what string, mode fs.FileMode, write func(io.Writer) error) error {
	if err := Free(path); err != nil {
		return err
	}
	var own error
	err := atomicfile.Stream(path, mode, func(w io.Writer) error {
		err := write(w)
		if told := (*cred.Fault)(nil); errors.As(err, &told) {
			own = err
		}
		return err
	})
	if err == nil || own != nil {
		return own
	}
	return cred.Because(err, "config.file", what+" cannot be written to "+path, "name a file in a folder that you may write to, on a disk that has room")
}
