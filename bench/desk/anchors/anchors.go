// Package anchors says which files hold the roots that a unit is to trust its server by, and why the one that was settled at this bench is
// believed. It belongs to the desk, which keeps the Note; nothing here remembers.
package anchors

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"example.org/sectag/bench/profile"
	"example.org/sectag/bench/slotfile"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/internal/atomicfile"
)

// Note is a root that was settled at this bench: where it lies, and why it was believed. The zero value is none.
type Note struct {
	File          string
	SHA256        cred.Digest // of the file
	Source, Trust string      // as probe names them
}

// Facts is the note as the screens and the record have it.
func (n Note) Facts() flows.AnchorFacts {
	return flows.AnchorFacts{SHA256: n.SHA256, Source: n.Source, Trust: n.Trust}
}

// Given is the note of a root that the server's owner gave: a file that lies there already and that units will be given as it is.
// Faults are slotfile.Anchors'.
func Given(path string, now time.Time) (Note, error) {
	content, err := slotfile.Anchors([]string{path}, now)
	return Note{File: path, SHA256: cred.Sum(content), Source: "file", Trust: "file"}, err
}

// Store writes a root that a person compared to where the profile wants it, and gives its path. Fault: config.file.
func Store(p profile.Profile, content []byte) (string, error) {
	path := target(p)
	if err := atomicfile.Write(path, content, 0o644); err != nil {
		return "", cred.Because(err, "config.file", "the trust anchor cannot be written to "+path, "choose a folder that you may write to")
	}
	return path, nil
}

// target is the first file that the profile names for an anchor, else server-root.pem beside the profile or in the working folder.
func target(p profile.Profile) string {
	for _, s := range p.Slots {
		if s.Anchor != "" {
			return s.Anchor
		}
	}
	return filepath.Join(filepath.Dir(p.File), "server-root.pem")
}

// Files are those that are named for a tag, by the first of the sets that names any; the noted one serves every tag without.
func (n Note) Files(tag cred.SecTag, sets ...[]profile.Slot) []string {
	for _, slots := range sets {
		for _, s := range slots {
			if s.SecTag == tag && s.Anchor != "" {
				return s.Anchors()
			}
		}
	}
	if n.File == "" {
		return nil
	}
	return []string{n.File}
}

// Read reads the trust anchor of a tag as the slot will hold it, and refuses what no unit should trust. Faults: config.anchor where no
// file is named, and slotfile.Anchors'.
func Read(tag cred.SecTag, files []string, now time.Time) ([]byte, error) {
	if len(files) == 0 {
		return nil, cred.Failed("config.anchor", fmt.Sprintf("no trust anchor is configured for sec_tag %d", tag),
			"probe the server: the endpoint screen (or sectag probe URL --anchor-out F) writes its root to a file")
	}
	return slotfile.Anchors(files, now)
}

// Missing tells whether a slot's anchor is named but its file is not there, or none is named.
func Missing(s profile.Slot) bool {
	if s.Anchor == "" {
		return true
	}
	_, err := os.Stat(s.Anchor)
	return err != nil
}
