package cred

import "errors"

// Fault is a failure as every mouth of the program tells it: a stable code of the contract, one lower-case line that says
// what failed, and a hint that says what to do next. Rooms return it as an error; Err is the cause and is never printed to
// people by itself. No field ever holds a secret.
type Fault struct {
	Code string `json:"code"` // such as "cmng.518", "port.busy", "dtls.48"
	Text string `json:"text"` // one line, lower case, no full stop
	Hint string `json:"hint"` // what to do next; one line
	Err  error  `json:"-"`
}

// Error is the line and the code, as stderr has it.
func (f *Fault) Error() string { return f.Text + " (" + f.Code + ")" }

// Unwrap is the cause.
func (f *Fault) Unwrap() error { return f.Err }

// Failed makes a fault. Foreign names in the text and the hint are made printable (Line).
func Failed(code, text, hint string) *Fault { return Because(nil, code, text, hint) }

// Because makes a fault with a cause for errors.Is and errors.As.
func Because(err error, code, text, hint string) *Fault {
	return &Fault{Code: code, Text: Line(text), Hint: Line(hint), Err: err}
}

// AsFault finds the fault in a chain of errors. An error without one is a defect of ours: it comes back under "internal".
func AsFault(err error) *Fault {
	if err == nil {
		return nil
	}
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return Because(err, "internal", err.Error(), "this is a defect of sectag: please report it with this line")
}

// Severity weighs a finding.
type Severity string

// The severities of the contract.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Finding is something that was seen and is worth saying; File and Port tell where, when there is such a place.
type Finding struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	Text     string   `json:"text"`
	Hint     string   `json:"hint"`
	File     string   `json:"file,omitempty"`
	Port     string   `json:"port,omitempty"`
}

// Verdict is what a document says at its top.
type Verdict string

// The verdicts of the contract.
const (
	Pass Verdict = "pass"
	Warn Verdict = "warn"
	Fail Verdict = "fail"
)

// Judge folds findings: any error fails, else any warning warns, else it passes.
func Judge(fs []Finding) Verdict {
	v := Pass
	for _, f := range fs {
		switch f.Severity {
		case Error:
			return Fail
		case Warning:
			v = Warn
		}
	}
	return v
}
