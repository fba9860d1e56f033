package past

import (
	"fmt"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// Retired says to people that a record took the unit out of service and none has given it an identity since; false when that is not so.
func (p Past) Retired() (cred.Finding, bool) {
	for _, r := range p.list { // the newest first
		switch {
		case r.Verdict == cred.Fail:
		case r.Kind == record.Provision, r.Kind == record.Issue:
			return cred.Finding{}, false
		case r.Kind == record.Retirement:
			return cred.Finding{
				Code: "store.retired", Severity: cred.Warning,
				Text: fmt.Sprintf("this unit was taken out of service on %s (record %s), and has no identity since", r.Time, r.ID),
				Hint: "if it is to go back into service, sectag provision gives it a new identity",
			}, true
		}
	}
	return cred.Finding{}, false
}
