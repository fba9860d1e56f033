// Package report works out of the ledger's records what a small firm's file for EN 18031 needs from its bench: how many units, what was
// measured on each, which requirement that supports, and which records stand behind it. It is pure: records go in one at a time
// (Builder.Add), a Model comes out (Builder.Finish), and nothing is kept of a record but what a unit's row and the tables need. It
// writes no page; package page does that, and package sheet writes the same as rows to be pasted.
//
// Read model.go first, then builder.go and unit.go (which record decides about a unit), matrix.go (what P, F, NA and not-run mean)
// and the tables. What is known without any record is in package catalogue.
package report

import (
	"example.org/sectag/cred"
	"example.org/sectag/ledger/report/cite"
	"example.org/sectag/ledger/report/life"
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
	Keys         []KeyRow        `json:"keys"`
	Inventory    []SlotRow       `json:"inventory"`
	Storage      []StoreRow      `json:"storage"`
	Channels     []ChannelRow    `json:"channels"`
	Peers        []PeerRow       `json:"peers"`
	Negative     []Attempt       `json:"negative"`
	Certificates []CertRow       `json:"certificates"`
	Authorities  []AuthorityRow  `json:"authorities"`
	Anchors      []AnchorRow     `json:"anchors"`
	Uniqueness   Uniqueness      `json:"uniqueness"`
	Production   shop.Production `json:"production"`
	Mistakes     []Mistake       `json:"mistakes"`
	Deviations   []Deviation     `json:"deviations"`
	Horizon      life.Horizon    `json:"horizon"`
	Retention    life.Retention  `json:"retention"`
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
// not.
type Evidence struct {
	Test     string       `json:"test"`
	Pass     int          `json:"pass"`
	Fail     int          `json:"fail"`
	NA       int          `json:"na"`
	NotRun   int          `json:"not_run"`
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

// KeyRow is one way in which keys came to be.
type KeyRow struct {
	Origin       string `json:"origin"`
	Generator    string `json:"generator"`
	Algorithm    string `json:"algorithm"`
	StrengthBits int    `json:"strength_bits"`
	Table        string `json:"strength_table"`
	HostCopy     string `json:"host_copy"`
	Statement    string `json:"attestation"`
	Freshness    string `json:"freshness"`
	Proof        string `json:"proof"`
	Units        int    `json:"units"`
}

// SlotRow is one slot of the inventory.
type SlotRow struct {
	SecTag   cred.SecTag `json:"sec_tag"`
	Kind     string      `json:"kind"`
	Secret   bool        `json:"secret"`
	Units    int         `json:"units"`
	Distinct int         `json:"distinct"` // digests among them
	Bytes    [2]int      `json:"bytes"`    // the shortest and the longest
}

// StoreRow is what one modem firmware did with one kind of credential.
type StoreRow struct {
	Firmware string `json:"firmware"`
	Kind     string `json:"kind"`
	Slots    int    `json:"slots"`
	Match    int    `json:"match"`  // listed as sent
	Differ   int    `json:"differ"` // listed otherwise
	Unlisted int    `json:"unlisted"`
	Refused  int    `json:"refused"`  // reading a secret back was refused
	Returned int    `json:"returned"` // and was answered
	Error    int    `json:"error"`
	NotRead  int    `json:"not_read"`
}

// ChannelRow is one way in which units were connected.
type ChannelRow struct {
	Endpoint   string `json:"endpoint"`
	Path       string `json:"path"`
	Twin       bool   `json:"twin"`
	Verdict    string `json:"verdict"`
	Version    string `json:"version"`
	Suite      string `json:"suite"`
	Group      string `json:"group"`
	Signature  string `json:"signature"`
	ClientAuth string `json:"client_auth"`
	CID        bool   `json:"cid"`
	HostMatch  string `json:"host_match"`
	Register   string `json:"register"`
	Units      int    `json:"units"`
}

// PeerRow is a certificate that a server showed.
type PeerRow struct {
	Endpoint string `json:"endpoint"`
	Place    int    `json:"place"` // 0 is the server's own
	Subject  string `json:"subject"`
	Issuer   string `json:"issuer"`
	NotAfter string `json:"not_after"`
	Key      string `json:"key"`
	SHA256   string `json:"sha256"`
	Units    int    `json:"units"`
}

// Attempt is one kind of handshake that must fail.
type Attempt struct {
	Attempt string       `json:"attempt"`
	Refused int          `json:"refused"`
	LetIn   int          `json:"let_in"`
	NotRun  int          `json:"not_run"`
	Records cite.Records `json:"records"`
}

// CertRow is one profile of the units' certificates.
type CertRow struct {
	Profile     string   `json:"profile"`
	Key         string   `json:"key"`
	Signature   string   `json:"signature"`
	KeyUsage    string   `json:"key_usage"`
	ExtKeyUsage string   `json:"ext_key_usage"`
	IsCA        bool     `json:"is_ca"`
	Lint        []string `json:"lint"`
	Units       int      `json:"units"`
	First       string   `json:"first_not_after"`
	Last        string   `json:"last_not_after"`
}

// AuthorityRow is one authority that signed.
type AuthorityRow struct {
	Subject    string `json:"subject"`
	SHA256     string `json:"sha256"`
	Key        string `json:"key"`
	NotAfter   string `json:"not_after"`
	Protection string `json:"protection"`
	Units      int    `json:"units"`
}

// AnchorRow is one root that units trust their server by.
type AnchorRow struct {
	Subject  string `json:"subject"`
	SHA256   string `json:"sha256"`
	NotAfter string `json:"not_after"`
	Source   string `json:"source"`
	URL      string `json:"url"`
	Trust    string `json:"trust"`
	Approver string `json:"approver"`
	Units    int    `json:"units"`
}
