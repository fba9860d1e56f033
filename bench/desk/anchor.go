package desk

import (
	"fmt"
	"os"
	"path/filepath"

	"example.org/sectag/bench/profile"
	"example.org/sectag/bench/slotfile"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/internal/atomicfile"
)

// storeAnchor writes the probed anchor, which a person compared, to the file that the profile names, or beside the profile.
func (d *Desk) storeAnchor(e flows.StoreAnchor) (flows.Event, error) {
	d.mu.Lock()
	report := d.probe
	d.mu.Unlock()
	if report == nil || report.Anchor == nil || cred.Sum(report.AnchorPEM) != e.SHA256 {
		return nil, cred.Failed("config.anchor", "the anchor that was compared is not the one that was probed", "probe the server again")
	}
	path := d.anchorTarget()
	if err := atomicfile.Write(path, report.AnchorPEM, 0o644); err != nil {
		return nil, cred.Because(err, "config.file", "the trust anchor cannot be written to "+path, "choose a folder that you may write to")
	}
	d.mu.Lock()
	d.anchor = anchorNote{file: path, sha256: e.SHA256, source: string(report.Anchor.Source), trust: string(report.Anchor.Trust)}
	for i := range d.Profile.Slots {
		if d.Profile.Slots[i].Anchor == "" {
			d.Profile.Slots[i].Anchor = path
		}
	}
	d.mu.Unlock()
	return flows.AnchorStored{ID: e.ID, Path: path}, nil
}

// loadAnchor settles a root that the server's owner gave: a file that lies there already and that units will be given as it is.
func (d *Desk) loadAnchor(e flows.LoadAnchor) (flows.Event, error) {
	content, err := slotfile.Anchors([]string{e.Path}, d.Now())
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.anchor = anchorNote{file: e.Path, sha256: cred.Sum(content), source: "file", trust: "file"}
	for i := range d.Profile.Slots {
		if f := d.Profile.Slots[i].Anchor; f == "" || !there(f) {
			d.Profile.Slots[i].Anchor = e.Path
		}
	}
	d.mu.Unlock()
	return flows.AnchorStored(e), nil // the number and the file, as asked
}

// anchorTarget is the first file that the profile names for an anchor, else server-root.pem beside the profile or in the working folder.
func (d *Desk) anchorTarget() string {
	p := d.profile()
	for _, s := range p.Slots {
		if s.Anchor != "" {
			return s.Anchor
		}
	}
	return filepath.Join(filepath.Dir(p.File), "server-root.pem")
}

// anchorBytes reads the trust anchor of a sec_tag as the slot will hold it, and refuses what no unit should trust.
func (d *Desk) anchorBytes(tag cred.SecTag) ([]byte, error) {
	names := d.anchorFiles(tag)
	if len(names) == 0 {
		return nil, cred.Failed("config.anchor", fmt.Sprintf("no trust anchor is configured for sec_tag %d", tag),
			"probe the server: the endpoint screen (or sectag probe URL --anchor-out F) writes its root to a file")
	}
	return slotfile.Anchors(names, d.Now())
}

// anchorFiles are those that are named for a tag; a file that the endpoint screen wrote serves every tag without one.
func (d *Desk) anchorFiles(tag cred.SecTag) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, slots := range [][]profile.Slot{d.slots, d.Profile.Slots} {
		for _, s := range slots {
			if s.SecTag == tag && s.Anchor != "" {
				return s.Anchors()
			}
		}
	}
	if d.anchor.file == "" {
		return nil
	}
	return []string{d.anchor.file}
}

// trust notes the roots of one slot. One that was probed in this run is believed for the reason that it was stored for.
func (d *Desk) trust(tag cred.SecTag, content []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.roots.Add(tag, content, d.Now(), d.Profile.Life, flows.AnchorFacts{SHA256: d.anchor.sha256, Source: d.anchor.source, Trust: d.anchor.trust})
}

func there(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
