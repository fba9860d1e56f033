package flows

import (
	"example.org/sectag/cred"
	"example.org/sectag/flows/tale"
)

// Facts is the other fold over the events: what is shown, printed and recorded. It decides nothing. Field names in JSON are
// the contract's, so the documents of the verbs are made from it. station.Story makes it.
type Facts struct {
	Terms       Terms
	Authority   AuthorityFacts
	Ports       []PortFacts
	Port        string // the chosen port's name
	Unit        UnitFacts
	Past        *tale.Tale  // of a unit in service
	Slots       []SlotFacts // everything that the modem listed when the plan was made
	Plan        []PlanFacts // what the profile asks for, slot by slot, and how far it got
	Strays      []Noticed   // what the work on one slot did to others, the newest of each
	Prepared    PreparedFacts
	Probe       *ProbeFacts
	AnchorFile  string // where the anchor was stored in this run
	Connect     *ConnectFacts
	Record      string             // the record's id
	Revoked     []tale.Certificate // with it
	Verdict     Outcome
	Profile     string // where the profile was saved
	Failure     *cred.Fault
	Interrupted cred.IMEI // the unit of a run that died before this one
}

// AuthorityFacts is what `ca show` says.
type AuthorityFacts struct {
	Cert         string      `json:"cert,omitempty"`
	Key          string      `json:"key,omitempty"`
	Subject      string      `json:"subject"`
	NotBefore    string      `json:"not_before"`
	NotAfter     string      `json:"not_after"`
	SHA256       cred.Digest `json:"sha256"`
	KeyEncrypted bool        `json:"key_encrypted"`        // a passphrase, or a token's PIN, opens it
	Protection   string      `json:"protection,omitempty"` // of the key, as records say it: encrypted-file, clear-file, pkcs11, exec
	Root         string      `json:"root,omitempty"`       // above an intermediate; "" where a root signs units itself
	RootEnd      string      `json:"root_end,omitempty"`   // its not_after
}

// Clear tells whether there is an authority and its key lies in clear.
func (a AuthorityFacts) Clear() bool {
	return a.Subject != "" && !a.KeyEncrypted && a.Protection != "pkcs11" && a.Protection != "exec"
}

// PortFacts is one line of `ports`.
type PortFacts struct {
	Name      string      `json:"name"`
	Board     string      `json:"board,omitempty"`
	VID       string      `json:"vid,omitempty"`
	PID       string      `json:"pid,omitempty"`
	Serial    string      `json:"serial,omitempty"`
	Interface *int        `json:"interface,omitempty"`
	Role      string      `json:"role"`
	Busy      bool        `json:"busy"`
	Blocked   *cred.Fault `json:"blocked,omitempty"`
}

// UnitFacts is the head of `inspect`.
type UnitFacts struct {
	IMEI           cred.IMEI `json:"imei"`
	IMEIValid      bool      `json:"imei_valid"`
	Model          string    `json:"model,omitempty"`
	Firmware       string    `json:"firmware,omitempty"`
	Hardware       string    `json:"hardware,omitempty"`
	Host           string    `json:"host,omitempty"`
	FunctionalMode int       `json:"functional_mode"`
	UUID           string    `json:"uuid,omitempty"`
	Record         string    `json:"record,omitempty"` // the newest record of this unit
}

// SlotFacts is one slot as the modem lists it.
type SlotFacts struct {
	SecTag   uint32      `json:"sec_tag"` // plain: the modem's own tags are beyond a user's range
	Type     cred.Kind   `json:"type"`
	Kind     string      `json:"kind"`
	SHA256   cred.Digest `json:"sha256"`
	Reserved bool        `json:"reserved"`
	Known    *bool       `json:"known,omitempty"`   // the ledger knows the digest; absent without a ledger
	Revoked  bool        `json:"revoked,omitempty"` // it is a certificate that was revoked, or its key
}

// PlanFacts is one planned slot: what stood there, what will, and what does now.
type PlanFacts struct {
	Slot   cred.Slot   `json:"slot"`
	Has    Holding     `json:"has"`
	Op     Op          `json:"op"`
	Old    cred.Digest `json:"old"`   // what the modem listed when the plan was made
	New    cred.Digest `json:"new"`   // what it must list afterwards
	Now    cred.Digest `json:"now"`   // what it lists as far as was read back
	Stage  SlotStage   `json:"stage"` // how far the work on it got
	Asked  bool        `json:"asked"` // the slot was empty, and the modem was asked to make a key in it
	Told   bool        `json:"told"`  // and told of one
	Bytes  int         `json:"bytes"` // of the new content
	Reason string      `json:"reason,omitempty"`

	Damaged cred.Digest `json:"damaged,omitzero"`  // what the line had made of the content when it was read last, before it was deleted or given up
	Stray   bool        `json:"stray,omitempty"`   // a run before let what stands there go astray, and the plan deletes it
	Spoiled bool        `json:"spoiled,omitempty"` // the line made a command for another slot one for this, and Now is what came of it
}

// SlotStage is how far the work on one slot got.
type SlotStage uint8

// The stages of a slot.
const (
	SlotPlanned  SlotStage = iota // not begun
	SlotDeleting                  // a delete was sent
	SlotDeleted
	SlotWriting // a write was sent
	SlotWritten // the modem said OK
	SlotMatches // the modem lists what was sent
	SlotGone    // the modem lists nothing, as planned
	SlotDiffers // the modem lists something else
	SlotUnknown // the line broke off; nobody knows until it is read
	SlotMaking  // the modem was asked to make a key
	SlotMade    // it says that it has
)

// PreparedFacts is the new set.
type PreparedFacts struct {
	KeyOrigin   string            `json:"key_origin"` // "modem" or "host"
	Certificate *CertificateFacts `json:"certificate,omitempty"`
	Sizes       []int             `json:"sizes"` // bytes of each planned slot's content, by the plan's index; 0 for one that is not written
	Clock       string            `json:"clock,omitempty"`
	Key         *KeyFacts         `json:"key,omitempty"` // of a key that the modem made, once it has
	PSK         *PSKFacts         `json:"psk,omitempty"` // instead of a certificate
	Why         string            `json:"why,omitempty"` // the profile leaves open who makes the key, and this computer does: why
}

// PSKFacts is what may be said of a pre-shared key that this computer drew.
type PSKFacts struct {
	Identity string      `json:"identity"`
	SHA256   cred.Digest `json:"sha256"`        // as the modem lists it
	Sealed   cred.Digest `json:"sealed_sha256"` // of the copy that is kept for the firm
}

// KeyFacts is what a modem says of a key that it made, as far as it was checked. Nothing in it is secret.
type KeyFacts struct {
	CSR         cred.Digest `json:"csr_sha256"`
	SPKI        cred.Digest `json:"spki_sha256"`
	Attestation cred.Digest `json:"attestation_sha256,omitzero"` // of the signed statement that came with the request
	UUID        string      `json:"uuid,omitempty"`              // of the modem, as the statement has it
	Token       cred.Digest `json:"token_sha256,omitzero"`       // of the modem's statement about itself, where it gives one
	Fresh       bool        `json:"fresh,omitempty"`             // the request bears the name that only this command had, so no older answer is it
}

// CertificateFacts is a device certificate.
type CertificateFacts struct {
	Serial   string      `json:"serial"`
	NotAfter string      `json:"not_after"`
	SHA256   cred.Digest `json:"sha256"`
	PEM      string      `json:"pem"`
}

// ChainFacts is one certificate of a chain.
type ChainFacts struct {
	Subject   string      `json:"subject"`
	Issuer    string      `json:"issuer"`
	NotBefore string      `json:"not_before"`
	NotAfter  string      `json:"not_after"`
	Key       string      `json:"key"`
	Signature string      `json:"signature"`
	SHA256    cred.Digest `json:"sha256"`
	PEMBytes  int         `json:"pem_bytes"`
}

// AnchorFacts is the trust anchor that a probe proposes.
type AnchorFacts struct {
	Subject  string      `json:"subject"`
	NotAfter string      `json:"not_after"`
	SHA256   cred.Digest `json:"sha256"`
	DER      cred.Digest `json:"fingerprint"`
	PEMBytes int         `json:"pem_bytes"`
	Source   string      `json:"source"`
	Trust    string      `json:"trust"`
}

// ProbeFacts is the document of `probe`.
type ProbeFacts struct {
	Verdict    cred.Verdict `json:"verdict"`
	URL        string       `json:"url,omitempty"`
	Chain      []ChainFacts `json:"chain"`
	ChainBytes int          `json:"chain_bytes"`
	Anchor     *AnchorFacts `json:"anchor,omitempty"`
	Suites     struct {
		Server      []string `json:"server"`
		ModemUsable []string `json:"modem_usable"`
	} `json:"suites"`
	Traits struct {
		Versions []string `json:"versions"`
		Groups   []string `json:"groups"`
	} `json:"traits"`
	CID        *bool          `json:"cid,omitempty"`
	ClientAuth string         `json:"client_auth,omitempty"`
	HostMatch  *bool          `json:"host_match,omitempty"`
	Findings   []cred.Finding `json:"findings"`
	Failure    *cred.Fault    `json:"failure,omitempty"`
}

// ConnectFacts is the document of `connect`.
type ConnectFacts struct {
	Verdict cred.Verdict `json:"verdict"`
	Path    string       `json:"path,omitempty"`
	Twin    bool         `json:"twin"`
	Rebind  string       `json:"rebind,omitempty"`
	Address string       `json:"address,omitempty"`
	Version string       `json:"version,omitempty"`
	Suite   string       `json:"suite,omitempty"`
	CID     *struct {
		Offered    bool `json:"offered"`
		Negotiated bool `json:"negotiated"`
	} `json:"cid,omitempty"`
	ClientAuth  string       `json:"client_auth,omitempty"`
	HandshakeMS *int64       `json:"handshake_ms,omitempty"`
	PingMS      *int64       `json:"ping_ms,omitempty"`
	Alert       *int         `json:"alert,omitempty"`
	Peer        []ChainFacts `json:"peer"`
	Register    *struct {
		Code         string `json:"code,omitempty"`
		Location     string `json:"location,omitempty"`
		Lifetime     int    `json:"lifetime,omitempty"`
		Updated      bool   `json:"updated"`
		Deregistered bool   `json:"deregistered"`
	} `json:"register,omitempty"`
	Findings []cred.Finding `json:"findings"`
	Failure  *cred.Fault    `json:"failure,omitempty"`
}
