// Package slotfile reads what a slot shall hold from a file that a person names.
package slotfile

import (
	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
)

// maxFile bounds what is read: no AT host takes a hundredth of it.
const maxFile = 1 << 20

// Read reads a file and writes it anew in the contract's form (cred.Content). Faults: config.file, config.value.
func Read(k cred.Kind, name string) ([]byte, error) {
	file, err := atomicfile.Read(name, maxFile)
	if err != nil {
		return nil, cred.Because(err, "config.file", "the file "+name+" cannot be read", "name a file with the slot's content")
	}
	content, err := cred.Content(k, file)
	clear(file)
	if err != nil {
		return nil, cred.Because(err, "config.value", name+": "+err.Error(), "give a file that holds what the slot takes: "+k.String())
	}
	return content, nil
}
