package desk

import (
	"example.org/sectag/bench/desk/anchors"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// storeAnchor writes the probed anchor, which a person compared, to the file that the profile names, or beside the profile.
func (d *Desk) storeAnchor(e flows.StoreAnchor) (flows.Event, error) {
	d.mu.Lock()
	report := d.probe
	d.mu.Unlock()
	if report == nil || report.Anchor == nil || cred.Sum(report.AnchorPEM) != e.SHA256 {
		return nil, cred.Failed("config.anchor", "the anchor that was compared is not the one that was probed", "probe the server again")
	}
	path, err := anchors.Store(d.profile(), report.AnchorPEM)
	if err != nil {
		return nil, err
	}
	d.settle(anchors.Note{File: path, SHA256: e.SHA256, Source: string(report.Anchor.Source), Trust: string(report.Anchor.Trust)},
		func(s profile.Slot) bool { return s.Anchor == "" })
	return flows.AnchorStored{ID: e.ID, Path: path}, nil
}

// loadAnchor settles a root that the server's owner gave.
func (d *Desk) loadAnchor(e flows.LoadAnchor) (flows.Event, error) {
	note, err := anchors.Given(e.Path, d.Now())
	if err != nil {
		return nil, err
	}
	d.settle(note, anchors.Missing)
	return flows.AnchorStored(e), nil // the number and the file, as asked
}

// settle notes a root, and names its file for the slots that want it.
func (d *Desk) settle(note anchors.Note, wants func(profile.Slot) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.anchor = note
	for i, s := range d.Profile.Slots {
		if wants(s) {
			d.Profile.Slots[i].Anchor = note.File
		}
	}
}

// anchorBytes reads the trust anchor of a sec_tag as the slot will hold it.
func (d *Desk) anchorBytes(tag cred.SecTag) ([]byte, error) {
	return anchors.Read(tag, d.anchorFiles(tag), d.Now())
}

// anchorFiles are those that are named for a tag; a file that the endpoint screen wrote serves every tag without one.
func (d *Desk) anchorFiles(tag cred.SecTag) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.anchor.Files(tag, d.slots, d.Profile.Slots)
}

// trust notes the roots of one slot. One that was probed in this run is believed for the reason that it was stored for.
func (d *Desk) trust(tag cred.SecTag, content []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.roots.Add(tag, content, d.Now(), d.Profile.Life, d.anchor.Facts())
}
