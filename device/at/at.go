// Package at is the conversation on a line to an nRF91 modem: one command goes out, the lines that come in are told apart
// (the answer, its final result, unsolicited lines, echo, noise), and after a silence the two sides are brought in step again
// before anything else is said.
//
// Read it in this order: Command and Reply here, exchange.go (which line belongs to what; pure), session.go and run.go (the only
// reader and writer of the line), resync.go (what follows a missing answer), host.go (how the firmware between UART and modem
// frames a command), parse.go (what a person typed), pace.go (how fast bytes go), shell.go (what shells do beside) and the room mask
// (what of all this may be shown). Sources: nRF91 AT manuals, nrfconnect/sdk-nrf lib/at_host; nrf91.md sections 1 and 3.
package at

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The limits of the bench for an answer, counted from the last byte sent. A modem that answers just inside them is in order.
const (
	ProbeLimit  = time.Second      // AT to a port that may be anything
	QueryLimit  = 5 * time.Second  // queries and %CMNG
	SlowLimit   = 60 * time.Second // +CFUN, which may have to sign off from the network, and %KEYGEN
	ResyncLimit = 15 * time.Second // AT each second after a missing answer
)

// Command is one AT command and what its answer looks like.
type Command struct {
	Text     string                // without terminator, such as "AT+CGSN=1"
	Content  []byte                // the last parameter, sent in double quotes and shown as its length only; cleared by its owner
	Secret   bool                  // Content, or what the answer quotes, is a private key or a PSK and must never be shown
	Answers  Answers               // the lines of its own answer
	Named    bool                  // a final result counts only after a line of the answer: one that is older cannot be taken for it
	Doubt    time.Duration         // how long a Named answer may stay out once a result without one came; 0: as long as ever
	Quoted   bool                  // quoted text of the answer may hold line ends (%CMNG=2)
	Limit    time.Duration         // for the answer, from the last byte sent; 0 is QueryLimit
	Progress func(sent, total int) // bytes handed to the line; called by Do's own goroutine; may be nil
}

// Answers tells the lines of a command's own answer from all others, which can land anywhere. The zero value is a command
// that answers with a final result alone.
type Answers struct {
	Prefix string                 // what such a line begins with, "%CMNG:"
	Bare   func(line string) bool // for answers without a prefix, such as that of AT+CGMR
}

// Result is how a command ended.
type Result uint8

// A final result is a whole line. No answer at all is none of these but an error of Do.
const (
	OK    Result = iota + 1 // OK
	Error                   // ERROR, bare
	CME                     // +CME ERROR: n
	CMS                     // +CMS ERROR: n
	Dead                    // the host could not ask the modem: its library failed
)

// Reply is an answer up to its final result.
type Reply struct {
	Info  []string // the lines of the command's own answer; of one that can hold a secret masked
	Final Result
	CME   int      // the number of a CME or CMS error; of Dead, the library's
	Shown []string // Info as the transcript has it, masked
	Full  bool     // without a result: the host's buffer is full, and the answer was longer
	Clean bool     // nothing came between but known unsolicited lines: no part of the answer can have been lost unseen
	Took  time.Duration
	// Crashed tells that the modem has stopped: the firmware said so, or could not ask it.
	Crashed bool
}

// OK tells whether the modem did what it was asked.
func (r Reply) OK() bool { return r.Final == OK }

// Result is the final result as the contract writes it: "OK", "ERROR", "CME 513", "CMS 500", or "none".
func (r Reply) Result() string {
	switch r.Final {
	case OK:
		return "OK"
	case Error:
		return "ERROR"
	case CME:
		return "CME " + strconv.Itoa(r.CME)
	case CMS:
		return "CMS " + strconv.Itoa(r.CME)
	}
	return "none"
}

// parseFinal reads a whole line as a final result.
func parseFinal(line string) (Result, int, bool) {
	switch line {
	case "OK":
		return OK, 0, true
	case "ERROR":
		return Error, 0, true
	}
	for prefix, r := range map[string]Result{"+CME ERROR: ": CME, "+CMS ERROR: ": CMS} {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			n, err := strconv.ParseUint(rest, 10, 16)
			return r, int(n), err == nil
		}
	}
	if f := deadLine.FindStringSubmatch(line); f != nil {
		n, err := strconv.Atoi(f[1])
		return Dead, n, err == nil
	}
	return 0, 0, false
}

// deadLine is what the shells say when the modem library fails (sdk-nrf lib/at_shell and modem_shell; nrf91.md, section 3.4).
var deadLine = regexp.MustCompile(`^(?:Sending AT command failed with error code|Failed to send AT command, err) (-?\d{1,6})$`)

// Trace is one line of the transcript, masked already: it never holds a private key, a PSK or a password.
type Trace struct {
	At   time.Time
	Out  bool // we said it
	Text string
}

// Stats is what went over the line. Line time is Last minus First.
type Stats struct {
	BytesOut, BytesIn int64
	First             time.Time // just before the first byte was sent
	Last              time.Time // just after the last byte was received
}

// Options are a session's ears; all may be left out.
type Options struct {
	URC   func(line string)                  // unsolicited and unknown lines, masked; called by the reader, must not block
	Trace func(Trace)                        // one call at a time, in the order of the line; must not block
	Wait  func(what string, until time.Time) // an answer is two seconds late; until is when its limit ends
	Now   func() time.Time                   // for Trace and Stats; nil is time.Now
	Host  Host                               // nil is ATHost
}
