package flows

import "example.org/sectag/cred"

// The effects and events of a developer's own commands. Their text is in the bench's keeper, as a secret would be: events name it.
type (
	// CommandTyped sends a command of a person's own, unless the unit must be named first.
	CommandTyped struct {
		Text Ref `json:"text"`
	}
	// CommandConfirmed sends the command that is held, for the unit that it names.
	CommandConfirmed struct {
		Last4 uint16 `json:"last4"`
	} // of the IMEI, 0 to 9999
	// CommandDropped gives up the command that is held.
	CommandDropped struct{}
	// CommandHeld answers AskModem for a command that changes what the unit holds or the state that it is in: nothing was sent.
	CommandHeld struct {
		ID   ID  `json:"id"`
		Text Ref `json:"text"` // where the command is kept now
		Doc  Doc `json:"doc"`  // AnswerFacts without an answer
	}
	// ModemAnswered answers AskModem with what the modem said, be it yes or no.
	ModemAnswered struct {
		ID  ID   `json:"id"`
		OK  bool `json:"ok"`
		Doc Doc  `json:"doc"` // AnswerFacts
	}
	// TranscriptWanted keeps what went over the line, masked, in a new file.
	TranscriptWanted struct {
		Path string `json:"path"`
	}
	// TranscriptSaved answers SaveTranscript.
	TranscriptSaved struct {
		ID   ID     `json:"id"`
		Path string `json:"path"`
	}

	// AskModem sends a command on the open session. One that must be confirmed is sent only to the unit that IMEI names, which is
	// asked for it first; where IMEI is 0 it is held. → ModemAnswered, or CommandHeld
	AskModem struct {
		ID   ID
		Text Ref
		IMEI cred.IMEI
	}
	// SaveTranscript writes the masked transcript of this run to a new file, for its owner alone. → TranscriptSaved
	SaveTranscript struct {
		ID   ID
		Path string
	}
)

// ConsoleFacts is what came of a developer's own commands; texts are masked.
type ConsoleFacts struct {
	Held    string       // the command that waits for the unit to be named; "" when none does
	Last    *AnswerFacts // to the last command that was sent
	Failure *cred.Fault  // why the last one was not sent or not answered; nil when it was
	Saved   string       // where the transcript was saved last
}

// AnswerFacts is a command of a person's own and its answer, masked, in the words of the contract's verb at.
type AnswerFacts struct {
	Command string   `json:"command"`
	Result  string   `json:"result"` // "OK", "ERROR", "CME N", "none"
	Lines   []string `json:"lines"`
}

func (CommandTyped) event()     {}
func (CommandConfirmed) event() {}
func (CommandDropped) event()   {}
func (CommandHeld) event()      {}
func (ModemAnswered) event()    {}
func (TranscriptWanted) event() {}
func (TranscriptSaved) event()  {}
func (AskModem) effect()        {}
func (SaveTranscript) effect()  {}

// Of is the effect's number.
func (e AskModem) Of() ID { return e.ID }

// Of is the effect's number.
func (e SaveTranscript) Of() ID { return e.ID }
