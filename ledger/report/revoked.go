package report

import (
	"cmp"
	"slices"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/report/cite"
	"example.org/sectag/ledger/report/row"
)

// revoked is the status of a unit whose certificate is to be believed no more, whatever its runs said. Such a unit is in the annex and
// is counted beside the delivered ones: no server that asks for the authority's list lets it in.
const revoked = "revoked"

// Revoked is how a unit's certificate came to be believed no more.
type Revoked struct {
	Record string `json:"record"`          // that says it
	Time   string `json:"time"`            // from when on
	Reason string `json:"reason"`          // names of RFC 5280, section 5.3.1
	Serial string `json:"serial"`          // of the certificate
	Proof  string `json:"proof,omitempty"` // as Unit.Proof
}

// revoke marks the units whose certificate was revoked. A certificate that was revoked twice stays as it was first, as in the authority's
// list. What is of units that are not in the report is passed by.
func (b *Builder) revoke() []row.Revoked {
	reasons, done := map[string]*row.Revoked{}, map[[2]string]bool{}
	for _, r := range b.frame.Revoked {
		u, v := b.units[r.Unit.Name], r.Revoked
		if u == nil || v == nil || done[[2]string{v.Serial, v.Issuer.String()}] {
			continue
		}
		done[[2]string{v.Serial, v.Issuer.String()}] = true
		sum := reasons[v.Reason]
		if sum == nil {
			sum = &row.Revoked{Reason: v.Reason, Records: cite.Records{}}
			reasons[v.Reason] = sum
		}
		sum.Certificates++
		sum.Records = sum.Records.With(r.ID)
		if !u.has(v) {
			sum.Replaced++
			continue
		}
		sum.Units++
		u.Status, u.Revoked = revoked, &Revoked{r.ID, v.Time, v.Reason, v.Serial, ""}
	}
	out := []row.Revoked{}
	for _, s := range reasons {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(x, y row.Revoked) int {
		return cmp.Or(cmp.Compare(y.Certificates, x.Certificates), cmp.Compare(x.Reason, y.Reason))
	})
	return out
}

// has tells whether a unit has this certificate: the one of its newest record that names one. Of one that came from a file the record does
// not say who signed it; that the unit is the same must do. A unit that was given nothing in the records has what was revoked.
func (u *Unit) has(v *record.Revoked) bool {
	if u.Cert == nil {
		return u.PSK == ""
	}
	return u.Cert.Serial == v.Serial && (u.Cert.issuer.IsZero() || u.Cert.issuer == v.Issuer)
}

// sent tells whether the unit passed its deciding run, and so may have left the bench, revoked or not.
func (u *Unit) sent() bool { return decides(record.Kind(u.Kind)) && u.Verdict != string(cred.Fail) }

// aside tells whether a record says something of another record, and nothing of what was done to the unit.
func aside(k record.Kind) bool { return k == record.Revocation || k == record.Correction }
