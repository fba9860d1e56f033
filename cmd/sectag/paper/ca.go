package paper

import (
	"fmt"
	"io"
	"strings"

	"example.org/sectag/bench/office"
	"example.org/sectag/ca"
	"example.org/sectag/ca/keyuri"
	"example.org/sectag/cred"
)

// CAInit is the document of sectag ca init.
type CAInit struct {
	Result
	*ca.Created
}

// People writes it as lines.
func (d *CAInit) People(w io.Writer) {
	if d.Created == nil {
		return
	}
	fmt.Fprintf(w, "authority    %s, until %s\n", d.Subject, d.NotAfter.Format("2006-01-02"))
	if d.Issuer != "" {
		fmt.Fprintf(w, "signed by    %s\n", d.Issuer)
		fmt.Fprintf(w, "certificate  %s   with the root behind it; write the server's file with sectag ca chain\n", d.Cert)
	} else {
		fmt.Fprintf(w, "certificate  %s   give this one to your server\n", d.Cert)
	}
	guard := "guard it: who has it and its passphrase can make units"
	if keyuri.Is(d.Key) {
		guard = "it stays there: guard who may use it"
	}
	fmt.Fprintf(w, "private key  %s   %s\n", d.Key, guard)
	fmt.Fprintf(w, "sha256       %s\n", d.SHA256)
	findings(w, d.Findings)
}

// Files is the document of sectag ca init and sectag ca issue when nothing was made.
type Files struct {
	Result
	Findings []cred.Finding `json:"findings"`
}

// People has nothing to add to the failure.
func (d *Files) People(io.Writer) {}

// CAShow is the document of sectag ca show.
type CAShow struct {
	Result
	*ca.Info
}

// People writes it as lines.
func (d *CAShow) People(w io.Writer) {
	if d.Info == nil {
		return
	}
	fmt.Fprintf(w, "subject  %s\nissuer   %s\nserial   %s\n", d.Subject, d.Issuer, d.Serial)
	if d.Root != "" {
		fmt.Fprintf(w, "root     %s\n", d.Root)
	}
	fmt.Fprintf(w, "life     %s to %s\n", d.NotBefore.Format("2006-01-02"), d.NotAfter.Format("2006-01-02"))
	fmt.Fprintf(w, "key      %s%s\nsha256   %s\n", d.Info.Key, keyNotes[d.Protection], d.SHA256)
	fmt.Fprintf(w, "may sign certificates: %s\n", yesNo(d.IsCA))
}

// keyNotes say how a key is protected.
var keyNotes = map[ca.Protection]string{
	ca.KeyEncrypted: ", encrypted", ca.KeyClear: ", in clear", keyuri.Token: ", in a token (pkcs11)", keyuri.Command: ", behind a command (exec)",
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// Findings is the Document of the verbs that only find.
type Findings struct {
	Result
	Verdict  cred.Verdict   `json:"verdict"`
	Findings []cred.Finding `json:"findings"`
}

// People writes it as lines.
func (d *Findings) People(w io.Writer) {
	findings(w, d.Findings)
	fmt.Fprintf(w, "%s\n", strings.ToUpper(string(d.Verdict)))
}

// findings writes one line each, and a second one with what to do.
func findings(w io.Writer, fs []cred.Finding) {
	for _, f := range fs {
		where := ""
		if f.File != "" {
			where = f.File + ": "
		}
		if f.Port != "" {
			where = f.Port + ": "
		}
		fmt.Fprintf(w, "%s: %s%s (%s)\n", f.Severity, where, f.Text, f.Code)
		if f.Hint != "" {
			fmt.Fprintf(w, "  hint: %s\n", f.Hint)
		}
	}
}

// CAIssue is the document of sectag ca issue.
type CAIssue struct {
	Result
	office.Issued
}

// People writes it as lines.
func (d *CAIssue) People(w io.Writer) {
	line(w, "certificate", d.Cert)
	line(w, "private key", d.Key)
	line(w, "ends", d.Certificate.NotAfter.Format("2006-01-02"))
	line(w, "record", d.Record)
	findings(w, d.Findings)
}
