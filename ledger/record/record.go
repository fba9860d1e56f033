// Package record says what one record of the ledger is: the fields, how they are written as one line of JSON, and how such a
// line is read again, strictly. It does no I/O and knows no database, so an auditor's program can be built on it alone.
//
// Read Record first: its groups follow the record layout that EN 18031 evidence needs (identity, bench, slots, key,
// certificate, anchor, connection, tests), its names follow docs/ledger.md. Then Encode and Decode (one canonical form, nothing
// else is accepted), Unit (which units are the same one) and Binding (what may belong to one unit only).
//
// No field can hold a secret on purpose: there is no field of bytes, of free JSON or of any type; every string names the
// grammar that it must follow in its `is` tag, and what looks like a key in a free text is shortened when it is written.
package record

import (
	"example.org/sectag/cred"
)

// Version is the schema_version that Encode writes and the greatest that Decode reads. It grows whenever a field is added or
// changes, because an unknown field is refused. A field that came after the first names in its `since` tag the version that has it;
// records of older versions are read without.
//
//	2  keys that modems make: unit.attest_token_sha256, slots.keygen, slots.repeats, key.csr_sha256, key.attestation, key.freshness,
//	   connect.twin_serial
//	3  authorities of several certificates, sealed PSKs, revocations, retirements, corrections, and what was written by other means
const Version = 3

// Kind says what a record is about.
type Kind string

// The kinds. Provision and Issue supersede the unit's older record; the others stand beside it.
const (
	Provision   Kind = "provision"   // a unit was given its credentials, or that failed
	Check       Kind = "check"       // a unit was found as it should be and nothing was changed; Checks names the older record
	Issue       Kind = "issue"       // a certificate was issued without a modem (sectag ca issue)
	Slots       Kind = "slots"       // single slots were written or deleted by hand
	Test        Kind = "test"        // a connection was tried, with a twin certificate or with files
	Interrupted Kind = "interrupted" // a run ended without a verdict of its own; it was closed by a later start
	Correction  Kind = "correction"  // something that an older record says was wrong; Corrects names it, Note says what is right
	Revocation  Kind = "revocation"  // a certificate of the unit is to be believed no more; Revoked says which
	Retirement  Kind = "retirement"  // a unit was taken out of service: what it was given was deleted and found gone, or that failed
)

// Supersedes tells whether a record of this kind takes the place of the unit's older one.
func (k Kind) Supersedes() bool { return k == Provision || k == Issue }

// Record is one immutable line of the ledger. What is marked "the store's" is filled in by the store, Connection and Unit.Valid
// by Encode; a caller leaves them empty.
type Record struct {
	Version int    `json:"schema_version"` // the store's
	ID      string `json:"record" is:"id"` // the index in the log, from 0; the store's
	Kind    Kind   `json:"kind" is:"provision|check|issue|slots|test|interrupted|correction|revocation|retirement"`
	Time    string `json:"time" is:"time"` // when it was written: Stamp

	Verdict cred.Verdict `json:"verdict" is:"pass|warn|fail"`
	IMEI    cred.IMEI    `json:"imei,omitzero"`
	Unit    Identity     `json:"unit"`

	Supersedes string `json:"supersedes,omitempty" is:"id"`         // the store's
	Checks     string `json:"checks,omitempty" is:"id"`             // kind check: the record that named these slots
	Corrects   string `json:"corrects,omitempty" is:"id" since:"3"` // kind correction: the record that it sets right
	Note       string `json:"note,omitempty" is:"text" since:"3"`   // kind correction: what is right
	Run        string `json:"run,omitempty" is:"id"`                // the journal's run, if there was one
	Attempt    int    `json:"attempt,omitzero"`                     // 1 for the first; the station counts

	Model    string `json:"model,omitempty" is:"name"`    // as the modem says it
	Hardware string `json:"hardware,omitempty" is:"name"` // as the modem says it
	Firmware string `json:"firmware,omitempty" is:"name"` // such as mfw_nrf91x1_2.0.3
	Host     string `json:"host,omitempty" is:"word"`     // at-host, serial-modem, slm, shell
	Bench    Bench  `json:"bench"`

	KeyOrigin  string       `json:"key_origin,omitempty" is:"modem|host|imported"`
	Means      string       `json:"means,omitempty" is:"name" since:"3"` // OtherMeans, or empty: a bench wrote the slots and read them back
	Slots      []Slot       `json:"slots"`                               // what each slot holds at the end
	Key        *Key         `json:"key,omitempty"`
	Cert       *Certificate `json:"certificate,omitempty"`          // the unit's own
	Revoked    *Revoked     `json:"revocation,omitempty" since:"3"` // kind revocation
	Authority  *Authority   `json:"authority,omitempty"`            // that signed it, or that revokes it
	Anchor     *Anchor      `json:"anchor,omitempty"`               // what the unit trusts: the slot's content, with the name of its first root
	Anchors    []Anchor     `json:"anchors,omitempty" since:"2"`    // each root of the slot, where it has several
	Connection string       `json:"connection" is:"tested|not tested"`
	Connect    *Connect     `json:"connect,omitempty"`
	Uniqueness *Uniqueness  `json:"uniqueness,omitempty"` // the store's

	Tests     []Measured     `json:"tests"`
	Findings  []cred.Finding `json:"findings"`
	Abandoned []string       `json:"abandoned_serials" is:"serial"`      // reserved, and never to be used
	LostPSKs  []LostPSK      `json:"abandoned_psks,omitempty" since:"3"` // sealed in Run, perhaps sent, and named by no record as a unit's
	Failure   *cred.Fault    `json:"failure,omitempty"`
	ElapsedMS int64          `json:"elapsed_ms"`
	Line      *Line          `json:"line,omitempty"`
	Seal      Seal           `json:"seal"` // the store's, but for the transcript
}

// Identity is what a unit can be known by beside its IMEI.
type Identity struct {
	Name    string      `json:"name" is:"unit"`                         // what the ledger calls the unit; the store fills it in
	Key     cred.Digest `json:"identity_key_sha256,omitzero"`           // %CMNG type 6 as listed
	UUID    string      `json:"device_uuid,omitempty" is:"uuid"`        // %DEVICEUUID, lower case; or what the modem signed, where it has no such command
	Token   cred.Digest `json:"attest_token_sha256,omitzero" since:"2"` // of the message in %ATTESTTOKEN
	Product string      `json:"product,omitempty" is:"name"`            // the profile's name
	Serial  string      `json:"product_serial,omitempty" is:"name"`     // the maker's own number on the label
	Batch   string      `json:"batch,omitempty" is:"name"`              //
	Valid   bool        `json:"imei_valid"`                             // the IMEI's check digit is right
}

// Bench says who did it, with what, and how far its clock can be believed.
type Bench struct {
	Tool     string      `json:"tool,omitempty" is:"name"`     // version of sectag
	Commit   string      `json:"commit,omitempty" is:"hex"`    //
	Binary   cred.Digest `json:"binary_sha256,omitzero"`       //
	OS       string      `json:"os,omitempty" is:"name"`       // such as linux/amd64
	Station  string      `json:"station,omitempty" is:"name"`  //
	Operator string      `json:"operator,omitempty" is:"name"` // a pseudonym: records are kept ten years
	Port     string      `json:"port,omitempty" is:"name"`     //
	Profile  cred.Digest `json:"profile_sha256,omitzero"`      //
	Clock    Clock       `json:"clock"`                        //
	Started  string      `json:"started,omitempty" is:"time"`  //
	Ended    string      `json:"ended,omitempty" is:"time"`    //
}

// Clock says where the time came from and what it was held against.
type Clock struct {
	Source     string `json:"source,omitempty" is:"name"`      // such as "system"
	ServerDate string `json:"server_date,omitempty" is:"time"` // what a server's Date header said in this run
}

// Slot is one credential slot and what happened to it.
type Slot struct {
	SecTag   cred.SecTag `json:"sec_tag"`
	Type     cred.Kind   `json:"type"`
	Kind     string      `json:"kind" is:"word"`                                         // filled in from Type
	Bytes    int         `json:"bytes,omitzero"`                                         // that were sent
	Sent     cred.Digest `json:"sent_sha256,omitzero"`                                   // of exactly the bytes sent
	SHA256   cred.Digest `json:"sha256,omitzero"`                                        // as the modem lists it
	Match    *bool       `json:"match,omitempty"`                                        // filled in when both digests are there
	Action   string      `json:"action,omitempty" is:"written|kept|deleted|absent"`      //
	Holds    string      `json:"holds,omitempty" is:"old|new|missing|unknown"`           // after a failure
	Delete   string      `json:"delete,omitempty" is:"word"`                             // ok, absent, or a code such as cmng.518
	Write    string      `json:"write,omitempty" is:"word"`                              // ok, or a code
	Keygen   string      `json:"keygen,omitempty" is:"word" since:"2"`                   // the modem was asked to make a key in the empty slot: ok, or a code
	Repeats  int         `json:"repeats,omitzero" since:"2"`                             // how often it was written again, more slowly, because bytes were lost on the line
	Readback string      `json:"readback,omitempty" is:"not-run|refused|returned|error"` // of a secret: it should be refused
}

// Key says how the unit's key came to be (requirements CCK-1 to CCK-3), never what it is.
type Key struct {
	Origin       string      `json:"origin" is:"modem-keygen|host-csprng|hsm|imported"`
	Generator    string      `json:"generator,omitempty" is:"name"`                         // library and random source
	Algorithm    string      `json:"algorithm,omitempty" is:"name"`                         // EC P-256, PSK 256
	StrengthBits int         `json:"strength_bits,omitzero"`                                //
	Table        string      `json:"strength_table,omitempty" is:"name"`                    // where the bits are from
	SPKI         cred.Digest `json:"spki_sha256,omitzero"`                                  // of the public key
	PSK          cred.Digest `json:"psk_sha256,omitzero"`                                   // as the modem lists it; only of a random PSK
	PSKIdentity  string      `json:"psk_identity,omitempty" is:"own"`                       //
	Sealed       cred.Digest `json:"sealed_sha256,omitzero" since:"3"`                      // of the PSK's sealed copy, a ledger.psk line in the journal of Run
	HostCopy     string      `json:"host_copy,omitempty" is:"never|destroyed|kept"`         // the copy on the bench
	CSR          cred.Digest `json:"csr_sha256,omitzero" since:"2"`                         // of the request that came with a key of the modem's
	Attestation  cred.Digest `json:"attestation_sha256,omitzero"`                           // of the COSE token of %KEYGEN
	Statement    string      `json:"attestation,omitempty" is:"digest|signature" since:"2"` // what of it was checked: digest, sec_tag and UUID, or its signature too
	Freshness    string      `json:"freshness,omitempty" is:"subject|none" since:"2"`       // that the request is no older one: it bears a name that only this command had
	Proof        string      `json:"proof,omitempty" is:"sign-verify|csr|none"`             // that the key is the certificate's
}

// Certificate is the unit's certificate, which is public. PEM holds certificates and nothing else.
type Certificate struct {
	Serial      string      `json:"serial" is:"serial"`
	Subject     string      `json:"subject,omitempty" is:"name"`
	Name        string      `json:"common_name,omitempty" is:"own"`
	Issuer      string      `json:"issuer,omitempty" is:"name"`
	IssuerSHA   cred.Digest `json:"issuer_sha256,omitzero"`
	NotBefore   string      `json:"not_before,omitempty" is:"time"`
	NotAfter    string      `json:"not_after,omitempty" is:"time"`
	SHA256      cred.Digest `json:"sha256,omitzero"`
	SPKI        cred.Digest `json:"spki_sha256,omitzero"`
	Key         string      `json:"key,omitempty" is:"name"`
	Signature   string      `json:"signature,omitempty" is:"name"`
	KeyUsage    []string    `json:"key_usage" is:"name"`
	ExtKeyUsage []string    `json:"ext_key_usage" is:"name"`
	IsCA        bool        `json:"is_ca"`
	Profile     string      `json:"profile,omitempty" is:"name"` // version of the certificate profile
	Lint        []string    `json:"lint" is:"word"`              // codes of what the judge found
	PEM         string      `json:"pem,omitempty" is:"pem"`

	Behind []cred.Digest `json:"chain_sha256,omitempty" since:"3"` // intermediates that stand behind it in its slot, and that the unit sends
}

// Authority is who signed, and how its key is kept.
type Authority struct {
	Subject    string      `json:"subject,omitempty" is:"name"`
	SHA256     cred.Digest `json:"sha256,omitzero"`
	SPKI       cred.Digest `json:"spki_sha256,omitzero"`
	Key        string      `json:"key,omitempty" is:"name"`
	NotAfter   string      `json:"not_after,omitempty" is:"time"`
	Protection string      `json:"protection,omitempty" is:"clear-file|encrypted-file|pkcs11|exec"`

	Above []cred.Digest `json:"chain_sha256,omitempty" since:"3"` // the certificates above an intermediate, its root last
}

// Anchor is the root that the unit trusts its server by, and why the bench believed it.
type Anchor struct {
	Subject    string      `json:"subject,omitempty" is:"name"`
	SHA256     cred.Digest `json:"sha256,omitzero"`
	SPKI       cred.Digest `json:"spki_sha256,omitzero"`
	NotAfter   string      `json:"not_after,omitempty" is:"time"`
	PEMBytes   int         `json:"pem_bytes,omitzero"`
	Source     string      `json:"source,omitempty" is:"server|aia|bundle|file"`
	URL        string      `json:"url,omitempty" is:"name"` // where AIA led
	FileSHA256 cred.Digest `json:"source_sha256,omitzero"`  // of the bytes as fetched or read
	Trust      string      `json:"trust" is:"file|given|bundle|first-use"`
	Approver   string      `json:"approver,omitempty" is:"name"` // who typed the last eight characters
}

// Peer is one certificate of the server's chain.
type Peer struct {
	Subject   string      `json:"subject" is:"name"`
	Issuer    string      `json:"issuer" is:"name"`
	NotBefore string      `json:"not_before" is:"time"`
	NotAfter  string      `json:"not_after" is:"time"`
	Key       string      `json:"key,omitempty" is:"name"`
	Signature string      `json:"signature,omitempty" is:"name"`
	SHA256    cred.Digest `json:"sha256"`
	PEMBytes  int         `json:"pem_bytes,omitzero"`
}

// Connect is the connection test. Path says what it proves: a handshake from the host proves server and chain, only one
// through the modem proves the modem.
type Connect struct {
	Verdict     cred.Verdict `json:"verdict" is:"pass|warn|fail"`
	Endpoint    string       `json:"endpoint,omitempty" is:"name"`
	Address     string       `json:"address,omitempty" is:"name"` // as resolved
	Path        string       `json:"path" is:"host|modem"`
	Twin        bool         `json:"twin"` // a short-lived certificate of the same name was shown
	TwinSerial  string       `json:"twin_serial,omitempty" is:"serial" since:"2"`
	Version     string       `json:"version,omitempty" is:"name"`
	Suite       string       `json:"suite,omitempty" is:"name"`
	Group       string       `json:"group,omitempty" is:"name"`
	Signature   string       `json:"signature,omitempty" is:"name"`
	CID         CID          `json:"cid"`
	ClientAuth  string       `json:"client_auth,omitempty" is:"used|not-asked"`
	HostMatch   *bool        `json:"host_match,omitempty"`
	Rebind      string       `json:"rebind,omitempty" is:"survived|lost|not-tried"`
	HandshakeMS int64        `json:"handshake_ms,omitzero"`
	PingMS      *int64       `json:"ping_ms,omitempty"`
	Alert       *int         `json:"alert,omitempty"`
	Peer        []Peer       `json:"peer"`
	Register    *Register    `json:"register,omitempty"`
	Negative    []Measured   `json:"negative"` // handshakes that must fail
}

// CID is the Connection ID of RFC 9146.
type CID struct {
	Offered    bool `json:"offered"`
	Negotiated bool `json:"negotiated"`
}

// Register is the LwM2M registration that was made and taken back.
type Register struct {
	Code         string `json:"code" is:"word"`
	Location     string `json:"location,omitempty" is:"name"`
	Lifetime     int    `json:"lifetime,omitzero"` // seconds
	Updated      bool   `json:"updated"`
	Deregistered bool   `json:"deregistered"`
}

// Uniqueness says over how many records the store looked before it let this one in. Collisions is always 0: a record with one
// is refused.
type Uniqueness struct {
	Scope      string `json:"scope" is:"name"`
	Compared   int64  `json:"compared"`
	Collisions int    `json:"collisions"`
}

// Measured is the outcome of one test and the requirements that it supports. It is a measurement, not a certificate.
type Measured struct {
	Test         string   `json:"test" is:"name"` // T1 to T13, or the name of a negative handshake
	Requirements []string `json:"requirements" is:"name"`
	Result       string   `json:"result" is:"pass|fail|na|not-run"`
	Evidence     string   `json:"evidence,omitempty" is:"text"`
	Deviation    string   `json:"deviation,omitempty" is:"text"`
}

// Line is what the port carried and how long that took.
type Line struct {
	BytesOut int64 `json:"bytes_out"`
	BytesIn  int64 `json:"bytes_in"`
	MS       int64 `json:"ms"`
}

// Seal ties a record to the log it stands in and to the journal of its run.
type Seal struct {
	Log          string      `json:"log" is:"name"`              // origin of the ledger
	PreviousRoot cred.Digest `json:"previous_root_sha256"`       // of the tree before this record
	Journal      cred.Digest `json:"journal_sha256,omitzero"`    // head of the run's chain of lines
	Lines        int64       `json:"journal_lines,omitzero"`     // so many lines lie under that head
	Transcript   cred.Digest `json:"transcript_sha256,omitzero"` // of the masked AT transcript; the caller's
}
