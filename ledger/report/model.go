// Package report works out of the ledger's records what a small firm's file for EN 18031 needs from its bench: how many units, what was
// measured on each, which requirement that supports, and which records stand behind it. It is pure: records go in one at a time
// (Builder.Add), a Model comes out (Builder.Finish), and nothing is kept of a record but what a unit's row and the tables need. It
// writes no page; package page does that, and package sheet writes the same as rows to be pasted.
//
// Read model.go first, then builder.go and unit.go (which record decides about a unit), revoked.go, matrix.go (what P, F, NA and not-run mean)
// and the tables. What is known without any record is in package catalogue.
package report

import (
	"example.org/sectag/cred"
	"example.org/sectag/ledger/report/cite"
	"example.org/sectag/ledger/report/life"
	"example.org/sectag/ledger/report/row"
	"example.org/sectag/ledger/report/shop"
)

// Model is what a report says. Lists are never nil; times are RFC 3339 in UTC, digests lower-case hex.
type Model struct {
	Made         string          `json:"made"` // when
	Tool         Tool            `json:"tool"` // that made this report
	Scope        Scope           `json:"scope"`
	Log          Log             `json:"log"`
	Count        Count           `json:"count"`
	Facts        Facts           `json:"facts"`
	Requirements []Requirement   `json:"requirements"`
	Tests        []Test          `json:"tests"`
	Keys         []row.Key       `json:"keys"`
	Inventory    []row.Slot      `json:"inventory"`
	Storage      []row.Store     `json:"storage"`
	Channels     []row.Channel   `json:"channels"`
	Peers        []row.Peer      `json:"peers"`
	Negative     []row.Attempt   `json:"negative"`
	Certificates []row.Cert      `json:"certificates"`
	Authorities  []row.Authority `json:"authorities"`
	Revoked      []row.Revoked   `json:"revoked"`
	Anchors      []row.Anchor    `json:"anchors"`
	Uniqueness   row.Uniqueness  `json:"uniqueness"`
	Production   shop.Production `json:"production"`
	Mistakes     []row.Mistake   `json:"mistakes"`
	Deviations   []row.Deviation `json:"deviations"`
	Horizon      life.Horizon    `json:"horizon"`
	Retention    life.Retention  `json:"retention"`
	Proofs       string          `json:"proofs,omitempty"` // name of the folder with the proofs of the units; "": none were asked for
	Units        []*Unit         `json:"units"`
}

// Tool is which sectag.
type Tool struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
}

// Scope is which records were looked at.
type Scope struct {
	Batch string      `json:"batch,omitempty"`
	Since string      `json:"since,omitempty"`
	Until string      `json:"until,omitempty"`
	IMEIs []cred.IMEI `json:"imeis"`
	First string      `json:"first,omitempty"` // time of the oldest record that was counted
	Last  string      `json:"last,omitempty"`  // and of the newest
}

// Whole tells whether nothing of the ledger was left out.
func (s Scope) Whole() bool {
	return s.Batch == "" && s.Since == "" && s.Until == "" && len(s.IMEIs) == 0
}

// Log is the state of the ledger's log when the report was made.
type Log struct {
	Origin     string `json:"origin"`
	Size       int64  `json:"size"` // records in the whole log
	Root       string `json:"root"` // base64
	Checkpoint string `json:"checkpoint"`
	Anew       bool   `json:"worked_out_anew"` // the root was worked out of the bytes of all records
}

// Count counts records and units. A unit is decided by its newest record of the kinds provision, check, issue and interrupted.
type Count struct {
	Records   int64 `json:"records"`
	Units     int   `json:"units"`
	Delivered int   `json:"delivered"` // the deciding record passed, with or without a warning
	Warned    int   `json:"warned"`    // of these, with a warning
	HeldBack  int   `json:"held_back"` // it failed
	Undecided int   `json:"undecided"` // there is none: only slots or connections by hand
	Revoked   int   `json:"revoked"`   // its certificate is revoked, whatever its runs said: it is in none of the three above
	FirstPass int   `json:"first_pass"`
	Reworked  int   `json:"reworked"` // delivered after a failure
	Renewed   int   `json:"renewed"`  // provisioned again after a pass
}

// Tally is how many units have something in common.
type Tally struct {
	Name  string `json:"name"`
	Units int    `json:"units"`
}

// Facts are what the units' records name, each with how many units.
type Facts struct {
	Products  []Tally `json:"products"`
	Batches   []Tally `json:"batches"`
	Models    []Tally `json:"models"`
	Hardware  []Tally `json:"hardware"`
	Firmware  []Tally `json:"firmware"`
	Hosts     []Tally `json:"hosts"`
	Tools     []Tally `json:"tools"`
	Binaries  []Tally `json:"binaries"`
	Profiles  []Tally `json:"profiles"`
	Stations  []Tally `json:"stations"`
	Operators []Tally `json:"operators"`
	Clocks    []Tally `json:"clocks"`
	Origins   []Tally `json:"key_origins"`
	Kinds     []Tally `json:"kinds"` // of records
}

// Requirement is one row of the matrix.
type Requirement struct {
	ID         string     `json:"id"`
	Parts      string     `json:"parts"`
	Means      string     `json:"means"`
	Share      string     `json:"share"`  // automatic, supporting, na-record, none
	Result     string     `json:"result"` // P, F, NA, not-run; "" where the bench has nothing to say
	InPart     bool       `json:"in_part"`
	Evidence   []Evidence `json:"evidence"`
	Deviations []string   `json:"deviations"`
}

// Evidence is what one test says for one requirement, over the units that were delivered. HeldBack counts fails of units that were
// held back or revoked.
type Evidence struct {
	Test     string       `json:"test"`
	Pass     int          `json:"pass"`
	Fail     int          `json:"fail"`
	NA       int          `json:"na"`
	NotRun   int          `json:"not_run"`
	Named    int          `json:"named"` // not run, and the record names another unit with this firmware and profile, which passed
	HeldBack int          `json:"held_back"`
	Records  cite.Records `json:"records"` // of fails, the first of them
}

// Test is one test over all requirements.
type Test struct {
	ID   string `json:"id"`
	What string `json:"what"`
	Span string `json:"span"`
	Evidence
}
