package flows

// Machine is what every flow is: total, pure, comparable.
type Machine[M any] interface {
	comparable
	// Step takes an event. One that is not expected changes nothing, causes nothing, and is reported as ignored.
	Step(Event) (next M, do []Effect, ignored bool)
	// Actions is the single source of what a person may do now.
	Actions() []Action
	// Rest tells whether the machine waits for a person and no effect is in flight.
	Rest() bool
}

// Stage is a machine seen from far: all that Bench and the stepper need to know of it.
type Stage uint8

// The stages.
const (
	Idle    Stage = iota // nothing was asked of it
	Running              // it works, or asks a question
	Done                 // it has what the next one needs
	Failing              // it rests after a failure; retry is offered
)

// Screen names a machine of the bench, in the order of the stepper.
type Screen uint8

// The screens, left to right in a unit's life.
const (
	AuthorityScreen Screen = iota
	PortScreen
	UnitScreen
	CredentialsScreen
	EndpointScreen
	ConnectionScreen
	RecordScreen
	Screens = iota // how many there are
)

// Danger tells how much a mistake would cost.
type Danger uint8

// The dangers.
const (
	Harmless Danger = iota // looks, or can be done again
	Changes                // changes something that can be made again
	Destroys               // something is lost that nobody can bring back: the unit must be named first
)

// Ask tells what a person must type before an action's event can be made.
type Ask uint8

// The questions. Whoever shows them builds the event from the answer.
const (
	AskNothing    Ask = iota // Action.Event is ready
	AskFiles                 // certificate and key of an authority: AuthorityChosen
	AskNewAuth               // folder, subject, passphrase of a new authority: AuthorityWanted
	AskPassphrase            // goes to the bench as a secret; the event is PassphraseGiven
	AskPort                  // a port's name: PortNamed
	AskSecTag                // sec_tag to work on: SecTagChosen
	AskDigits                // the last four digits of the IMEI: Confirmed
	AskURL                   // the server's address: ProbeWanted
	AskLast8                 // the last eight characters of the anchor's digest: AnchorCompared
	AskSlot                  // sec_tag, type and (for a write) file: PlanWanted with a Hand
	AskPath                  // where to save the profile: ProfileSaveWanted
	AskAnchor                // the file of a trust anchor: AnchorChosen
	AskCommand               // an AT command, which the bench keeps: CommandTyped
	AskSend                  // the last four digits of the IMEI, for the command that is held: CommandConfirmed
	AskTranscript            // where to save the transcript: TranscriptWanted
)

// Action is something that a person (or the headless policy) may do now. Buttons, the help line, the keys page of the docs
// and the policy all come from it.
type Action struct {
	Name     string // stable, lower case, such as "retry"; the policy chooses by it
	Key      rune   // the key that triggers it on this screen; '\r' is Enter
	Disabled string // empty, or why it cannot be done now, in a few words
	Danger   Danger
	Ask      Ask
	Event    Event // ready to be put into the bench when Ask is AskNothing
}

// Shot is what a mouth of the loop receives after each event.
type Shot[M any] struct {
	Machine M
	Event   Event
	Ignored bool
	Err     error // the loop is over: why
}
