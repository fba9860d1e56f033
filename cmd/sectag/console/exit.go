package console

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"syscall"

	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cred"
)

// codeExits are the exit codes of the contract for whole codes; codeFamilies for all codes that begin so.
var (
	codeExits = map[string]int{
		"store.unconfirmed": 4, "store.wrong-unit": 4, "ca.exists": 4,
		"store.reserved": 2, "line.too-long": 2, "line.no-newline": 2, "line.crashed": 3, "line.shell-wildcard": 3,
		"dtls.unresolved": 3, "dtls.closed": 3, "dtls.silent": 3, "dtls.not-dtls": 3, "ledger.busy": 3, "ledger.file": 3,
		"ledger.newer": 2, "ledger.key": 2, "psk.no-ledger": 2, "psk.identity": 2,
		"ledger.older": 2, "ledger.gone": 3, "ledger.lost": 3, "ledger.unrecorded": 3, "ledger.denied": 3, "ledger.exists": 4,
		"export.secrets": 2, "export.unreachable": 3,
		"modem.no-network": 3, "modem.unresolved": 3,
		"dtls.no-route": 3, "line.no-answer": 3, "line.not-at": 3, "line.garbled": 3, "line.bad-command": 2,
		"line.stopped": 130, "ca.stopped": 130, "dtls.canceled": 130, "store.stopped": 130,
	}
	codeFamilies = []struct {
		prefix string
		exit   int
	}{{"usage.", 2}, {"config.", 2}, {"ca.", 2}, {"port.", 3}}
)

// ExitOf is the exit code of a failure's code: 1 is "it answered and the answer is no".
func ExitOf(code string) int {
	if n, ok := codeExits[code]; ok {
		return n
	}
	for _, f := range codeFamilies {
		if strings.HasPrefix(code, f.prefix) {
			return f.exit
		}
	}
	return 1
}

// VerdictNo ends a verb whose findings say no: the first error among them is the failure, and the exit code is 1 whatever its code.
type VerdictNo struct {
	Fault  *cred.Fault
	Errors int // how many there are
}

// Judged ends a verb by what it found: nil where no finding is an error.
func Judged(fs []cred.Finding) error {
	no := &VerdictNo{}
	for _, f := range fs {
		if f.Severity != cred.Error {
			continue
		}
		if no.Errors++; no.Fault == nil {
			no.Fault = cred.Failed(f.Code, f.Text, f.Hint)
		}
	}
	if no.Fault == nil {
		return nil
	}
	return no
}

// short is what people are told on stderr: the findings stand on stdout, whole, and are not said twice.
func (v *VerdictNo) short() *cred.Fault {
	text, hint := "the verdict is fail: see the error above", "what to do stands below the error"
	if v.Errors > 1 {
		text, hint = fmt.Sprintf("the verdict is fail: see the %d errors above", v.Errors), "what to do stands below each of them"
	}
	return cred.Failed(v.Fault.Code, text, hint)
}

// Error is the finding.
func (v *VerdictNo) Error() string { return v.Fault.Error() }

// Unwrap is the finding as a failure.
func (v *VerdictNo) Unwrap() error { return v.Fault }

// Exit prints a failure that no paper.Document has printed and makes the exit code.
func (c *Console) Exit(err error) int {
	if err == nil {
		return 0
	}
	var said *printed
	var no *VerdictNo
	f := cred.AsFault(err)
	if f.Code == "internal" && usage(err) {
		f = cred.Because(err, "usage.flag", FlagText(err), "see sectag --help, or --help behind the verb")
	}
	if f.Code == "usage.flag" {
		c.JSON = c.JSON || c.wantsJSON()
	}
	if !errors.As(err, &said) && c.JSON && !c.served {
		_ = c.PrintJSON(struct { // the failure is told on stderr too
			Failure *cred.Fault `json:"failure"`
		}{f})
	}
	if errors.As(err, &no) && errors.As(err, &said) && !c.JSON {
		f = no.short()
	}
	if !left(err) {
		c.complain(f)
	}
	if c.Ended.Load() && f.Code != "usage.flag" {
		return 130
	}
	if no != nil || errors.As(err, &no) {
		return 1
	}
	return ExitOf(f.Code)
}

func (c *Console) complain(f *cred.Fault) {
	fmt.Fprintf(c.Err, "sectag: %s (%s)\n", f.Text, f.Code)
	if f.Hint != "" {
		fmt.Fprintf(c.Err, "hint: %s\n", f.Hint)
	}
}

// left tells whether all that went wrong is that the reader of standard output has gone, as head does: it read what it wanted, and needs
// no word about it. A port or a socket whose other end is gone is told by its own name.
func left(err error) bool {
	var at *fs.PathError
	return errors.Is(err, syscall.EPIPE) && errors.As(err, &at) && at.Path == os.Stdout.Name()
}

// usage tells cobra's own complaints, which have no type, from defects of ours.
func usage(err error) bool {
	s := err.Error()
	for _, p := range []string{"unknown command", "unknown flag", "accepts ", "requires ", "required flag", "invalid argument", "if any flags in the group", "at least one of the flags"} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// library is what the standard library puts before what is wrong with a value.
var library = regexp.MustCompile(`strconv\.[A-Za-z]+: parsing "(?:[^"\\]|\\.)*": |time: `)

// FlagText is a complaint about the command line as one line that begins small; what was typed stays as it was typed.
func FlagText(err error) string {
	s := library.ReplaceAllString(firstLine(err.Error()), "")
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// printed marks a failure whose paper.Document is on stdout already.
type printed struct{ error }

// Unwrap is the failure.
func (p *printed) Unwrap() error { return p.error }

// PrintJSON writes one object and a line end.
func (c *Console) PrintJSON(doc any) error {
	var text []byte
	var err error
	if long, ok := doc.(interface{ JSON() ([]byte, error) }); ok {
		text, err = long.JSON()
	} else {
		text, err = paper.Indented(doc)
	}
	if err != nil {
		return err
	}
	_, err = c.Out.Write(escaped(text))
	return err
}

// Found makes the document of some findings and the answer no when one of them is an error.
func Found(fs []cred.Finding) (paper.Document, error) {
	if fs == nil {
		fs = []cred.Finding{}
	}
	return &paper.Findings{Verdict: cred.Judge(fs), Findings: fs}, Judged(fs)
}
