package target

import (
	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
)

// maxUnitFile bounds what is read of a file that should hold a certificate or a key.
const maxUnitFile = 1 << 20

// UnitFiles reads what a unit with a certificate shows, and what it trusts. The caller clears the key.
func UnitFiles(certFile, keyFile, anchorFile string) (cert, key, anchor []byte, err error) {
	for _, f := range []struct {
		flag, name string
		to         *[]byte
	}{{"cert", certFile, &cert}, {"key", keyFile, &key}, {"anchor", anchorFile, &anchor}} {
		if f.name == "" {
			return cert, key, anchor, cred.Failed("usage.flag", "--"+f.flag+" is missing", "write sectag connect URL --cert F --key F --anchor F, or --psk-id S --psk-file F")
		}
		if *f.to, err = atomicfile.Read(f.name, maxUnitFile); err != nil {
			return cert, key, anchor, cred.Because(err, "config.file", "the file "+f.name+" cannot be read", "name the file behind --"+f.flag)
		}
	}
	return cert, key, anchor, nil
}
