// Package row is the rows of the report's tables: what units have in common, each with how many units.
package row

import "example.org/sectag/cred"

// Key is one way in which keys came to be.
type Key struct {
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

// Slot is one slot of the inventory.
type Slot struct {
	SecTag   cred.SecTag `json:"sec_tag"`
	Kind     string      `json:"kind"`
	Secret   bool        `json:"secret"`
	Units    int         `json:"units"`
	Distinct int         `json:"distinct"` // digests among them
	Bytes    [2]int      `json:"bytes"`    // the shortest and the longest
}

// Store is what one modem firmware did with one kind of credential.
type Store struct {
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

// Channel is one way in which units were connected.
type Channel struct {
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

// Peer is a certificate that a server showed.
type Peer struct {
	Endpoint string `json:"endpoint"`
	Place    int    `json:"place"` // 0 is the server's own
	Subject  string `json:"subject"`
	Issuer   string `json:"issuer"`
	NotAfter string `json:"not_after"`
	Key      string `json:"key"`
	SHA256   string `json:"sha256"`
	Units    int    `json:"units"`
}

// Cert is one profile of the units' certificates.
type Cert struct {
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

// Authority is one authority that signed.
type Authority struct {
	Subject    string `json:"subject"`
	SHA256     string `json:"sha256"`
	Key        string `json:"key"`
	NotAfter   string `json:"not_after"`
	Protection string `json:"protection"`
	Units      int    `json:"units"`
}

// Anchor is one root that units trust their server by.
type Anchor struct {
	Subject  string `json:"subject"`
	SHA256   string `json:"sha256"`
	NotAfter string `json:"not_after"`
	Source   string `json:"source"`
	URL      string `json:"url"`
	Trust    string `json:"trust"`
	Approver string `json:"approver"`
	Units    int    `json:"units"`
}
