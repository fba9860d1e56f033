package console

import (
	"os"
	"path/filepath"
	"strings"

	"example.org/sectag/internal/atomicfile"
)

// LastPort is the port that was used last on this computer; "" when none is known.
func LastPort() string {
	b, err := os.ReadFile(lastPortFile())
	if err != nil || len(b) > 512 {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// RememberPort keeps it for the next start: real ports only, by names that mean the same in every folder. That it cannot is nothing a
// person needs to know.
func RememberPort(name string) {
	f := lastPortFile()
	if !real(name) {
		return
	}
	if f == "" || os.MkdirAll(filepath.Dir(f), 0o700) != nil {
		return
	}
	_ = atomicfile.Write(f, []byte(name+"\n"), 0o600)
}

// real tells a port of this computer or the network from a virtual modem and from a name that depends on the folder.
func real(name string) bool {
	if strings.HasPrefix(name, "sim:") {
		return false
	}
	return filepath.IsAbs(name) || strings.HasPrefix(name, "tcp://") || !strings.ContainsAny(name, `/\.`) && strings.HasPrefix(strings.ToUpper(name), "COM")
}

func lastPortFile() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "sectag", "port")
}
