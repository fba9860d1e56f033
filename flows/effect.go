package flows

import "example.org/sectag/cred"

// Effect is something that a machine asks of the world. Effects are comparable structs; the bench performs each and answers
// with an event that echoes its ID: the one that its comment names, or Failed, or (device effects) Lost.
type Effect interface {
	effect()
	// Of is the effect's number.
	Of() ID
}

// Authority's effects.
type (
	// LoadAuthority reads the certificate and looks at the key's file; empty names are those named last, or the configured ones. → AuthorityLoaded
	LoadAuthority struct {
		ID        ID
		Cert, Key string
	}
	// CreateAuthority makes a root and publishes the pair, or nothing. → AuthorityLoaded
	CreateAuthority struct {
		ID           ID
		Dir, Subject string
		Days         int
		Pass         Ref
	}
	// UnlockAuthority opens the key. → AuthorityUnlocked
	UnlockAuthority struct {
		ID   ID
		Pass Ref
	}
)

// Port's effects.
type (
	// ListPorts looks for ports. → PortsListed
	ListPorts struct{ ID ID }
	// UsePort checks that a name is a port's and remembers it; it opens nothing. An empty name is the one named last, or the
	// configured one. → PortChosen
	UsePort struct {
		ID   ID
		Name string
	}
)

// Unit's and Credentials' device effects. At most one device effect is in flight.
type (
	// Identify reads who is there. Only it opens the port, and only when no session is open; on an open session it asks again. → Identified
	Identify struct{ ID ID }
	// MakePlan lists the slots and compares them with the profile and the ledger. Without a profile and a chosen tag the plan is
	// empty. A hand that names no file means the file named last. → Planned
	MakePlan struct {
		ID     ID
		SecTag cred.SecTag // counts when Chosen
		Chosen bool        // a person chose the tag
		Hand   Hand
		Aim    Aim
	}
	// Prepare makes the whole new set ready without touching the modem: clock, uniqueness, serial, key, certificate, lint, anchor, lengths.
	// Of a key that the modem makes, everything but the key and its certificate is ready then. → Prepared
	Prepare struct{ ID ID }
	// TakeOffline sets functional mode 4 when the modem is active. → Offline
	TakeOffline struct{ ID ID }
	// Delete removes what the plan's slot holds. → Deleted
	Delete struct {
		ID    ID
		Index uint8 // into the plan
	}
	// Write stores the prepared content of the plan's slot. → Written
	Write struct {
		ID    ID
		Index uint8
	}
	// ReadSlot asks the modem for the digest of the plan's slot. One that was written and differs, because the line lost bytes, is
	// written again first, a few times at most. → ReadBack
	ReadSlot struct {
		ID    ID
		Index uint8
	}
	// RestoreMode puts the functional mode back, which may have been taken away on an earlier opening of the port. → Restored
	RestoreMode struct {
		ID   ID
		Mode uint8
	}
)

// Endpoint's and Connection's effects.
type (
	// ProbeServer looks at the far end; an empty URL is the one named last, or the configured one. → Probed
	ProbeServer struct {
		ID  ID
		URL string
	}
	// StoreAnchor writes the probed anchor to its file and settles it. → AnchorStored
	StoreAnchor struct {
		ID     ID
		SHA256 cred.Digest
	}
	// LoadAnchor settles an anchor that lies in a file already. → AnchorStored
	LoadAnchor struct {
		ID   ID
		Path string
	}
	// ConnectServer makes the handshake with the unit's own certificate and key. → Connected
	ConnectServer struct{ ID ID }
)

// Record's effects.
type (
	// WriteRecord writes what was done to the ledger. → RecordWritten
	WriteRecord struct {
		ID      ID
		Verdict Outcome
		Kept    bool // nothing was changed: a record of kind check
		Aim     Aim  // the old certificates of a unit that passed are revoked with a renewal or a retirement
	}
	// SaveProfile writes what was settled by hand to a file. → ProfileSaved
	SaveProfile struct {
		ID   ID
		Path string
	}
)

// Active are the functional modes in which the modem refuses to change credentials, and which TakeOffline therefore leaves (AT
// manual, %CMNG: 1, 2 and 21).
func Active(mode uint8) bool { return mode == 1 || mode == 2 || mode == 21 }

func (LoadAuthority) effect()   {}
func (CreateAuthority) effect() {}
func (UnlockAuthority) effect() {}
func (ListPorts) effect()       {}
func (UsePort) effect()         {}
func (Identify) effect()        {}
func (MakePlan) effect()        {}
func (Prepare) effect()         {}
func (TakeOffline) effect()     {}
func (Delete) effect()          {}
func (Write) effect()           {}
func (ReadSlot) effect()        {}
func (RestoreMode) effect()     {}
func (ProbeServer) effect()     {}
func (StoreAnchor) effect()     {}
func (LoadAnchor) effect()      {}
func (ConnectServer) effect()   {}
func (WriteRecord) effect()     {}
func (SaveProfile) effect()     {}

// Of is the effect's number.
func (e LoadAuthority) Of() ID { return e.ID }

// Of is the effect's number.
func (e CreateAuthority) Of() ID { return e.ID }

// Of is the effect's number.
func (e UnlockAuthority) Of() ID { return e.ID }

// Of is the effect's number.
func (e ListPorts) Of() ID { return e.ID }

// Of is the effect's number.
func (e UsePort) Of() ID { return e.ID }

// Of is the effect's number.
func (e Identify) Of() ID { return e.ID }

// Of is the effect's number.
func (e MakePlan) Of() ID { return e.ID }

// Of is the effect's number.
func (e Prepare) Of() ID { return e.ID }

// Of is the effect's number.
func (e TakeOffline) Of() ID { return e.ID }

// Of is the effect's number.
func (e Delete) Of() ID { return e.ID }

// Of is the effect's number.
func (e Write) Of() ID { return e.ID }

// Of is the effect's number.
func (e ReadSlot) Of() ID { return e.ID }

// Of is the effect's number.
func (e RestoreMode) Of() ID { return e.ID }

// Of is the effect's number.
func (e ProbeServer) Of() ID { return e.ID }

// Of is the effect's number.
func (e StoreAnchor) Of() ID { return e.ID }

// Of is the effect's number.
func (e LoadAnchor) Of() ID { return e.ID }

// Of is the effect's number.
func (e ConnectServer) Of() ID { return e.ID }

// Of is the effect's number.
func (e WriteRecord) Of() ID { return e.ID }

// Of is the effect's number.
func (e SaveProfile) Of() ID { return e.ID }
