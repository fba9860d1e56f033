package record

import "example.org/sectag/cred"

// Sort names a kind of thing that many units have in common, and by which units are found when that thing turns out to be bad.
type Sort string

// The sorts of traits.
const (
	TraitRecord   Sort = "record"     // that there is a record; its value is empty
	TraitFirmware Sort = "firmware"   // of the modem
	TraitTool     Sort = "tool"       // version of sectag
	TraitOrigin   Sort = "key-origin" // modem, host, imported
	TraitCA       Sort = "ca"         // SHA-256 of the certificate that signed; its other name is its subject
	TraitAnchor   Sort = "anchor"     // SHA-256 of a root, or of a slot with several; its other name is its subject
)

// Sorts are all sorts of traits.
func Sorts() []Sort {
	return []Sort{TraitRecord, TraitFirmware, TraitTool, TraitOrigin, TraitCA, TraitAnchor}
}

// Trait is one thing that a record says of its unit and that other units may have too.
type Trait struct {
	Sort  Sort
	Value string
	Also  string // another name of it, by which it is found as well; may be empty
}

// Traits is what a record says of its unit that other units may have too, each once. Where it says nothing of a sort, there is none.
// What a modem says of itself is seen by whoever asks it, so a record of any kind tells it.
func (r Record) Traits() []Trait {
	out := []Trait{{Sort: TraitRecord}}
	if r.Kind == Revocation || r.Kind == Correction { // which speak of other records, and saw no unit
		return out
	}
	add := func(s Sort, value, also string) {
		t := Trait{s, value, also}
		if value == "" {
			t.Value, t.Also = also, "" // a digest is not always known, and a subject is better than nothing
		}
		for _, o := range out {
			if o == t {
				return
			}
		}
		if t.Value != "" {
			out = append(out, t)
		}
	}
	add(TraitFirmware, r.Firmware, "")
	add(TraitTool, r.Bench.Tool, "")
	add(TraitOrigin, r.KeyOrigin, "")
	if a := r.Authority; a != nil {
		add(TraitCA, text(a.SHA256), a.Subject)
		for _, above := range a.Above {
			add(TraitCA, text(above), "")
		}
	}
	if a := r.Anchor; a != nil {
		add(TraitAnchor, text(a.SHA256), a.Subject)
	}
	for _, a := range r.Anchors {
		add(TraitAnchor, text(a.SHA256), a.Subject)
	}
	return out
}

func text(d cred.Digest) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// Ends tells whether what older records said of this sort is no longer so, now that this one says something of it. What is not sure
// to have ended goes on: a unit that is looked at once too often is better than one that is overlooked. So a record of a failure ends
// nothing but what it saw with its own eyes, and a tool's work is only gone when everything was written anew.
func (r Record) Ends(s Sort) bool {
	switch s {
	case TraitRecord, TraitFirmware:
		return true
	case TraitTool:
		return r.Verdict != cred.Fail && r.Kind.Supersedes() && !r.keeps()
	}
	return r.Verdict != cred.Fail && r.Kind != Test
}

// keeps tells whether something in the unit was there before.
func (r Record) keeps() bool {
	for _, s := range r.Slots {
		if s.Action == "kept" {
			return true
		}
	}
	return false
}
