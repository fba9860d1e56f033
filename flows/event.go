package flows

import "example.org/sectag/cred"

// Event is something that happened: a person did something, or an effect was answered. Events are comparable structs with
// stable dotted names (flows/codec) and are the lines of the journal. Texts in them are shown and recorded; only enums, small
// numbers and digests decide. No event holds a secret: a Ref points at one that lives in the bench.
type Event interface{ event() }

// ID ties an answer to its effect. 0 is no effect's.
type ID uint32

// Ref points at a secret in the bench's memory. It means nothing after the process has ended.
type Ref uint32

// Doc is a JSON document in the contract's words, carried whole for the facts. It never decides.
type Doc string

// MaxSlots is how many slots one profile can ask for on one unit.
const MaxSlots = 12

// Failed answers any effect that did not succeed.
type Failed struct {
	ID   ID     `json:"id"`
	Code string `json:"code"` // of the contract, such as "cmng.518"
	Text string `json:"text"`
	Hint string `json:"hint"`
	Doc  Doc    `json:"doc"` // what was found out by then, where the effect has a document
}

// Lost answers a device effect whose session is gone: cable, power, or a line that cannot be trusted any more. The effect
// may or may not have landed.
type Lost struct {
	ID   ID     `json:"id"`
	Code string `json:"code"`
	Text string `json:"text"`
	Hint string `json:"hint"`
}

// Terms is what the profile (or the person, without one) has settled by now.
type Terms struct {
	Authority bool `json:"authority"`         // an authority's files are named
	Port      bool `json:"port"`              // a port is named
	Anchor    bool `json:"anchor"`            // the trust anchor's file is there
	Endpoint  bool `json:"endpoint"`          // a server is named: the unit is connected before it passes
	Ledger    bool `json:"ledger"`            // records have a place
	Profile   bool `json:"profile"`           // there is a profile file: nothing is left to save
	PSK       bool `json:"psk,omitempty"`     // units get a pre-shared key: no authority and no anchor is needed
	Station   bool `json:"station"`           // go on to the next unit by itself; start without being asked
	Service   bool `json:"service,omitempty"` // a returned unit: it is looked at by itself, and nothing is changed before it was named
}

// TermsSet tells the machines what is settled; it is the first event of a run and comes again when something was settled.
type TermsSet struct {
	Terms Terms `json:"terms"`
}

// Interrupted closes the run of a process that died. It is written by the next one.
type Interrupted struct {
	IMEI cred.IMEI `json:"imei"`
}

// Resumed begins the run after an interrupted one. Nothing is taken over but what it says.
type Resumed struct {
	IMEI cred.IMEI `json:"imei"`
	Mode uint8     `json:"mode"` // the functional mode that the modem had before the interrupted run took it offline; 0 when it had not
}

// Show turns to a screen, to look or to do it again.
type Show struct {
	Screen Screen `json:"screen"`
}

// NextUnit puts this unit away: the bench is ready for another one at the same port, authority and server as they are.
type NextUnit struct{}

// Cancel stops the work after the effect in flight; nothing is deleted or written any more. A quit is a cancel first.
type Cancel struct{}

// Retry does the failed thing again, from identifying the unit on where a device was involved.
type Retry struct{}

// Authority's events.
type (
	// AuthorityChosen names the files of an authority.
	AuthorityChosen struct {
		Cert string `json:"cert"`
		Key  string `json:"key"`
	}
	// AuthorityWanted asks for a new root in a folder.
	AuthorityWanted struct {
		Dir     string `json:"dir"`
		Subject string `json:"subject"`
		Days    int    `json:"days"` // 0 is the default, 7300
		Pass    Ref    `json:"pass"` // 0 is no passphrase, and no key is written without
	}
	// AuthorityLoaded answers LoadAuthority and CreateAuthority: the certificate is a usable root.
	AuthorityLoaded struct {
		ID        ID          `json:"id"`
		SHA256    cred.Digest `json:"sha256"`
		Encrypted bool        `json:"encrypted"` // the key needs a passphrase
		Open      bool        `json:"open"`      // and is unlocked already (just created)
		Doc       Doc         `json:"doc"`       // as `ca show`
	}
	// PassphraseGiven unlocks the authority with the secret behind Pass; 0 for a key in clear.
	PassphraseGiven struct {
		Pass Ref `json:"pass"`
	}
	// AuthorityUnlocked answers UnlockAuthority.
	AuthorityUnlocked struct {
		ID ID `json:"id"`
	}
	// AuthorityLocked happens when nobody worked for a while, and after a run that asked for it.
	AuthorityLocked struct{}
)

// Port's events.
type (
	// PortsWanted asks for the list.
	PortsWanted struct{}
	// PortsListed answers ListPorts.
	PortsListed struct {
		ID  ID    `json:"id"`
		N   uint8 `json:"n"`
		Doc Doc   `json:"doc"` // as `ports`
	}
	// PortNamed chooses a port, listed or typed.
	PortNamed struct {
		Name string `json:"name"`
	}
	// PortChosen answers UsePort: the port is there and is remembered.
	PortChosen struct {
		ID   ID     `json:"id"`
		Name string `json:"name"`
	}
)

// Unit's events.
type (
	// UnitWanted asks for the unit at the port to be identified.
	UnitWanted struct{}
	// Identified answers Identify.
	Identified struct {
		ID       ID          `json:"id"`
		Session  uint32      `json:"session"` // counts openings of the port: another number is another opening
		IMEI     cred.IMEI   `json:"imei"`
		Identity cred.Digest `json:"identity"` // of the modem's identity key (type 6), or of its UUID; zero where it has neither
		Firmware bool        `json:"firmware"` // new enough to be written to
		Mode     uint8       `json:"mode"`     // functional mode, +CFUN
		Doc      Doc         `json:"doc"`      // as `inspect` without slots
	}
	// UnitConfirmed: yes, this is the unit to work on.
	UnitConfirmed struct {
		IMEI cred.IMEI `json:"imei"`
	}
)

// Holding tells what a slot holds before the work, as the plan sees it.
type Holding uint8

// The holdings. Only Foreign needs the unit to be named before it is replaced.
const (
	Empty   Holding = iota // nothing
	Current                // what the profile asks for and the newest passing record names
	Ours                   // what the newest record of this unit put there
	Foreign                // anything else: it would be lost
)

// Op is what the plan does with a slot.
type Op uint8

// The operations. A slot that holds something is deleted before it is written, or before a key is made in it.
const (
	Keep Op = iota
	WriteSlot
	DeleteSlot
	MakeSlot // the modem makes the private key itself (%KEYGEN); nobody knows beforehand what it will list for it
)

// SlotPlan is one line of the plan.
type SlotPlan struct {
	Slot cred.Slot `json:"slot"`
	Has  Holding   `json:"has"`
	Op   Op        `json:"op"`
	// Old is what the modem lists now in a slot for MakeSlot, and must not list afterwards; zero for the other operations.
	Old cred.Digest `json:"old,omitzero"`
}

// Plan is what will be done with a unit's slots, in order. It is made by Compare and shown before anything is done.
type Plan struct {
	N     uint8              `json:"n"` // how many of Slots count
	Slots [MaxSlots]SlotPlan `json:"slots"`
}

// Hand is work on a single slot by hand instead of the profile's plan. The zero value is the profile's plan.
type Hand struct {
	Op   Op        `json:"op"` // WriteSlot or DeleteSlot; Keep is the profile's plan
	Slot cred.Slot `json:"slot"`
	File string    `json:"file"` // for a write
}

// Credentials' events.
type (
	// SecTagChosen settles the tag to work on, where no profile does.
	SecTagChosen struct {
		SecTag cred.SecTag `json:"sec_tag"`
	}
	// PlanWanted asks for the slots to be read and compared.
	PlanWanted struct {
		Hand Hand `json:"hand"`
		Aim  Aim  `json:"aim,omitempty"` // of a plan that is not by hand
	}
	// Planned answers MakePlan.
	Planned struct {
		ID   ID   `json:"id"`
		Plan Plan `json:"plan"`
		Doc  Doc  `json:"doc"` // every slot of the modem, and for each planned one what stands there and what will

		Revokes bool `json:"revokes,omitempty"` // certificates are revoked at the end, which needs the authority's key
	}
	// Accepted starts a plan that destroys nothing that is not ours.
	Accepted struct{}
	// Confirmed starts a plan that destroys something, for the unit that it names: the whole IMEI, or its last four digits.
	Confirmed struct {
		IMEI  cred.IMEI `json:"imei"`  // 0 when only the digits were typed
		Last4 uint16    `json:"last4"` // 0 to 9999; counts when IMEI is 0
	}
	// Prepared answers Prepare: the whole new set is ready and judged, and these are the digests that the modem must list.
	Prepared struct {
		ID   ID                    `json:"id"`
		Want [MaxSlots]cred.Digest `json:"want"` // by the plan's index; zero for a slot that is not written
		Doc  Doc                   `json:"doc"`  // the certificate and the key's origin
	}
	// Offline answers TakeOffline.
	Offline struct {
		ID  ID    `json:"id"`
		Was uint8 `json:"was"` // the functional mode to put back; same as before when nothing had to be changed
	}
	// Deleted answers Delete.
	Deleted struct {
		ID    ID   `json:"id"`
		Found bool `json:"found"`
	}
	// Written answers Write: the modem said OK, which proves nothing yet.
	Written struct {
		ID ID `json:"id"`
	}
	// ReadBack answers ReadSlot: what the modem lists now. The zero digest is an empty slot.
	ReadBack struct {
		ID     ID          `json:"id"`
		SHA256 cred.Digest `json:"sha256"`
	}
	// Restored answers RestoreMode.
	Restored struct {
		ID ID `json:"id"`
	}
)

// Trust tells why an anchor is believed.
type Trust uint8

// The trusts of the contract; only FirstUse has to be compared by a person.
const (
	NoTrust  Trust = iota
	File           // it was configured
	Given          // its digest was given
	Bundle         // it is in the public root bundle
	FirstUse       // it was seen on the wire, nothing more
)

// Endpoint's events.
type (
	// ProbeWanted asks for a look at the server; an empty URL is the configured one.
	ProbeWanted struct {
		URL string `json:"url"`
	}
	// Probed answers ProbeServer, also when the server's verdict is fail.
	Probed struct {
		ID     ID          `json:"id"`
		OK     bool        `json:"ok"`     // there is an anchor that a unit may be given
		Anchor cred.Digest `json:"anchor"` // of the anchor as a file and a slot hold it, zero when there is none
		Print  cred.Digest `json:"print"`  // of its DER: the fingerprint that OpenSSL shows
		Trust  Trust       `json:"trust"`
		Doc    Doc         `json:"doc"` // as `probe`
	}
	// AnchorCompared carries the last eight characters of the digest or the fingerprint that a person compared with the server's
	// owner, as the number they are.
	AnchorCompared struct {
		Last8 uint32 `json:"last8"`
	}
	// AnchorChosen names the file of a trust anchor that the server's owner gave.
	AnchorChosen struct {
		Path string `json:"path"`
	}
	// AnchorStored answers StoreAnchor and LoadAnchor: units will be given what is in the file.
	AnchorStored struct {
		ID   ID     `json:"id"`
		Path string `json:"path"`
	}
	// EndpointSkipped: this unit is written without a server.
	EndpointSkipped struct{}
)

// Connection's events.
type (
	// ConnectWanted asks for the handshake.
	ConnectWanted struct{}
	// Connected answers ConnectServer with what the far end made of the unit.
	Connected struct {
		ID      ID      `json:"id"`
		Verdict Outcome `json:"verdict"`
		Code    string  `json:"code"` // of the failure, empty when there is none
		Doc     Doc     `json:"doc"`  // as `connect`
	}
)

// Outcome is a verdict as machines hold it.
type Outcome uint8

// The outcomes.
const (
	NoOutcome Outcome = iota
	Passed
	Warned
	FailedOutcome
)

// Record's events.
type (
	// RecordWanted asks for the record to be written; it comes by itself when the work is over, however it ended.
	RecordWanted struct{}
	// RecordWritten answers WriteRecord.
	RecordWritten struct {
		ID      ID      `json:"id"`
		Record  string  `json:"record"` // its id; empty when there is no ledger
		Verdict Outcome `json:"verdict"`
		Doc     Doc     `json:"doc"` // as `provision`
	}
	// ProfileSaveWanted keeps what was settled by hand in a file.
	ProfileSaveWanted struct {
		Path string `json:"path"`
	}
	// ProfileSaved answers SaveProfile.
	ProfileSaved struct {
		ID   ID     `json:"id"`
		Path string `json:"path"`
	}
)

func (Failed) event()            {}
func (Lost) event()              {}
func (TermsSet) event()          {}
func (Interrupted) event()       {}
func (Resumed) event()           {}
func (Show) event()              {}
func (NextUnit) event()          {}
func (Cancel) event()            {}
func (Retry) event()             {}
func (AuthorityChosen) event()   {}
func (AuthorityWanted) event()   {}
func (AuthorityLoaded) event()   {}
func (PassphraseGiven) event()   {}
func (AuthorityUnlocked) event() {}
func (AuthorityLocked) event()   {}
func (PortsWanted) event()       {}
func (PortsListed) event()       {}
func (PortNamed) event()         {}
func (PortChosen) event()        {}
func (UnitWanted) event()        {}
func (Identified) event()        {}
func (UnitConfirmed) event()     {}
func (SecTagChosen) event()      {}
func (PlanWanted) event()        {}
func (Planned) event()           {}
func (Accepted) event()          {}
func (Confirmed) event()         {}
func (Prepared) event()          {}
func (Offline) event()           {}
func (Deleted) event()           {}
func (Written) event()           {}
func (ReadBack) event()          {}
func (Restored) event()          {}
func (ProbeWanted) event()       {}
func (Probed) event()            {}
func (AnchorCompared) event()    {}
func (AnchorChosen) event()      {}
func (AnchorStored) event()      {}
func (EndpointSkipped) event()   {}
func (ConnectWanted) event()     {}
func (Connected) event()         {}
func (RecordWanted) event()      {}
func (RecordWritten) event()     {}
func (ProfileSaveWanted) event() {}
func (ProfileSaved) event()      {}
