package row

import "example.org/sectag/ledger/report/cite"

// Uniqueness says over how many units it was looked and what was found.
type Uniqueness struct {
	Units    int          `json:"units"`
	Compared int64        `json:"compared"` // the most records that one identity was held against before it was let in
	Scope    string       `json:"scope"`
	Kinds    []Distinct   `json:"kinds"`
	Shared   []SharedItem `json:"shared"` // what two units have, the first of them
}

// Distinct is how many units have a thing and how many different ones there are.
type Distinct struct {
	What     string `json:"what"`
	Units    int    `json:"units"`
	Distinct int    `json:"distinct"`
}

// SharedItem is one thing that two units have.
type SharedItem struct {
	What    string       `json:"what"`
	Value   string       `json:"value"`
	Records cite.Records `json:"records"`
}

// Mistake is one thing that small firms do wrong, looked for in the records.
type Mistake struct {
	ID      string       `json:"id"`
	What    string       `json:"what"`
	State   string       `json:"state"` // found, not-found, not-checked
	Units   int          `json:"units"`
	Records cite.Records `json:"records"`
	Why     string       `json:"why"`
}

// Deviation is a reservation that tests carry, with how many units.
type Deviation struct {
	Test  string `json:"test"`
	Text  string `json:"text"`
	Units int    `json:"units"`
}

// Attempt is one kind of handshake that must fail.
type Attempt struct {
	Attempt string       `json:"attempt"`
	Refused int          `json:"refused"`
	LetIn   int          `json:"let_in"`
	NotRun  int          `json:"not_run"`
	Records cite.Records `json:"records"`
}

// Revoked is how many certificates of the report's units were revoked for one reason.
type Revoked struct {
	Reason       string       `json:"reason"`
	Certificates int          `json:"certificates"`
	Units        int          `json:"units"`    // that have the certificate still
	Replaced     int          `json:"replaced"` // of which the unit has another one since
	Records      cite.Records `json:"records"`
}
