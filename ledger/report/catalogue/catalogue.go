// Package catalogue is what a report knows before it has seen a record: the identifiers of the requirements of EN 18031 with their
// meaning in our own words, the tests that a bench makes, the restrictions under which the standard is listed, and what of all this a
// bench cannot tell. The identifiers come from public templates; the standard's own text is in none of it and must be bought. Read
// Requirements, then Tests, then Restrictions.
package catalogue

// Share is what a bench can add to a requirement.
type Share string

// The shares.
const (
	Automatic Share = "automatic"  // its measurements are the evidence
	Partial   Share = "supporting" // they support an argument that a person makes
	Record    Share = "na-record"  // a person says why it does not apply
	None      Share = "none"       // nothing: it is the maker's
)

// Requirement is one requirement of EN 18031.
type Requirement struct {
	ID    string
	Parts string   // the parts that have it: "" is all three, else such as "-2, -3"
	Means string   // in our words
	Share Share    //
	Tests []string // those that feed it
}

// Requirements are all of them, in the order in which the templates have them.
func Requirements() []Requirement {
	return []Requirement{
		{"ACM-1", "", "which assets need access control was decided", Partial, []string{"T13"}},
		{"ACM-2", "", "the access control lets in only whom it should", Partial, []string{"T3", "T12", "T13"}},
		{"ACM-3", "-2", "limits for children: what they can reach is limited from the start", None, nil},
		{"ACM-4", "-2", "limits for children: they can be set", None, nil},
		{"ACM-5", "-2", "guardians can set what children may", None, nil},
		{"ACM-6", "-2", "guardians can limit what goes out and comes in", None, nil},
		{"AUM-1-1", "", "authentication on the network interface", Automatic, []string{"T9"}},
		{"AUM-1-2", "", "authentication on the user interface", None, nil},
		{"AUM-1-3", "-3", "authentication on machine interfaces; the UART is one", Partial, []string{"T13"}},
		{"AUM-2", "", "at least one authentication factor (AUM-2-1 in parts -2 and -3)", Automatic, []string{"T9"}},
		{"AUM-2-2", "-2, -3", "two factors for data of special categories and for money", None, nil},
		{"AUM-3", "", "an authenticator is checked in every property that matters: chain, name, time, possession of the key", Automatic, []string{"T6", "T7", "T8", "T10"}},
		{"AUM-4", "", "an authenticator can be changed", Automatic, []string{"M3"}},
		{"AUM-5-1", "", "passwords of the factory: strength and uniqueness", Record, nil},
		{"AUM-5-2", "", "passwords that users set", Record, nil},
		{"AUM-6", "", "guessing is made hopeless; here by the entropy of the key", Partial, []string{"M1"}},
		{"SUM-1", "", "the equipment can be updated", None, nil},
		{"SUM-2", "", "only authentic and whole updates are taken", None, nil},
		{"SUM-3", "", "updates come with little doing of the user", None, nil},
		{"SSM-1", "", "assets are kept in a secure store", Automatic, []string{"T1", "M4"}},
		{"SSM-2", "", "that store keeps them whole", Partial, []string{"T2", "T12"}},
		{"SSM-3", "", "that store keeps secrets secret", Automatic, []string{"T1", "T3"}},
		{"SCM-1", "", "a secure channel carries assets over the network", Automatic, []string{"T9"}},
		{"SCM-2", "", "the channel gives integrity and authenticity by best practice", Automatic, []string{"T6", "T7", "T8", "T9", "T10", "T11"}},
		{"SCM-3", "", "the channel gives confidentiality by best practice", Automatic, []string{"T9"}},
		{"SCM-4", "", "the channel keeps replays out by best practice", Partial, []string{"T11"}},
		{"RLM-1", "-1", "withstands denial of service and recovers", None, nil},
		{"NMM-1", "-1", "network monitoring; for network equipment only", Record, nil},
		{"TCM-1", "-1", "traffic control; for network equipment only", Record, nil},
		{"LGM-1", "-2, -3", "the equipment logs events that matter", None, nil},
		{"LGM-2", "-2, -3", "its log survives", None, nil},
		{"LGM-3", "-2, -3", "its log holds a smallest number of events", None, nil},
		{"LGM-4", "-2, -3", "its log tells the time of an event", None, nil},
		{"DLM-1", "-2", "the user can delete personal data and sensitive parameters", Partial, []string{"M5"}},
		{"UNM-1", "-2", "the user is told of changes", None, nil},
		{"UNM-2", "-2", "what the user is told is right", None, nil},
		{"CCK-1", "", "confidential keys are strong enough: 112 bit at least", Automatic, []string{"M1", "T1", "T2"}},
		{"CCK-2", "", "keys that the equipment makes come from a good generator", Automatic, []string{"M2"}},
		{"CCK-3", "", "keys that were put in are no shared default: each unit has its own", Automatic, []string{"T4", "T5", "M6"}},
		{"GEC-1", "", "no known exploitable vulnerability; the parts are listed", Partial, nil},
		{"GEC-2", "", "only needed services are exposed", None, nil},
		{"GEC-3", "", "exposed services can be configured", None, nil},
		{"GEC-4", "", "exposed services are documented", None, nil},
		{"GEC-5", "", "no needless physical interface", Partial, []string{"T13"}},
		{"GEC-6", "", "input is validated", None, nil},
		{"GEC-7", "-2", "external sensing is documented", None, nil},
		{"GEC-8", "-3", "the boot is held whole from a root of trust in hardware", None, nil},
		{"CRY-1", "", "the cryptography is best practice", Automatic, []string{"M1", "T7", "T9"}},
	}
}

// Span says how much of a batch a test has to cover.
type Span string

// The spans.
const (
	EachUnit Span = "unit"
	Sample   Span = "sample" // some units of a batch, or one of a firmware, are enough
	Fleet    Span = "batch"  // one statement over all
)

// Test is one measurement: T1 to T13 are made at the bench and stand in the records, M1 to M6 this report works out of the records.
type Test struct {
	ID   string
	What string // what it shows
	Span Span
}

// Tests are all of them.
func Tests() []Test {
	return []Test{
		{"T1", "the modem lists no credential that nobody declared", EachUnit},
		{"T2", "each slot lists the digest of what was sent", EachUnit},
		{"T3", "a secret cannot be read back, and the controls behave as they should", EachUnit},
		{"T4", "the identity is nobody else's in the whole ledger", EachUnit},
		{"T5", "a pre-shared key is not made of the unit's own numbers", Sample},
		{"T6", "the key is the certificate's", EachUnit},
		{"T7", "the certificate keeps its profile", EachUnit},
		{"T8", "the server's chain leads to the anchor that was written, and bears its name", EachUnit},
		{"T9", "a handshake in which both sides showed who they are", EachUnit},
		{"T10", "handshakes that must fail do fail", Sample},
		{"T11", "replayed and damaged records are dropped", Sample},
		{"T12", "the store cannot be written while the modem is active", Sample},
		{"T13", "the AT port and the debug port are shut at the end of the line", EachUnit},
		{"M1", "the key has 112 bit of strength or more", EachUnit},
		{"M2", "the modem made the key itself", EachUnit},
		{"M3", "a key was replaced by a new one", Sample},
		{"M4", "each credential that the unit needs is listed in the modem's store", EachUnit},
		{"M5", "old credentials were deleted before new ones were written", Sample},
		{"M6", "no key, name, serial or IMEI is on two units of this report", Fleet},
	}
}
