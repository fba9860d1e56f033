package paper

import (
	"fmt"
	"io"

	"example.org/sectag/bench/firmware"
)

// Kconfig is the document of sectag profile kconfig.
type Kconfig struct {
	Result
	firmware.Build
}

// NoKconfig is its blank document.
func NoKconfig() Document {
	return &Kconfig{Build: firmware.Build{Options: []firmware.Option{}, Credentials: []firmware.Credential{}, Lines: []string{}}}
}

// People writes the lines, which are all that goes into a file.
func (d *Kconfig) People(w io.Writer) {
	for _, l := range d.Lines {
		fmt.Fprintln(w, l)
	}
}
