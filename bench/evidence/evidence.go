// Package evidence writes what the rooms know in the words of a record (EN 18031, the groups of docs/ledger.md). It only
// translates: nothing is decided here, and no secret has a way in.
package evidence

import (
	"crypto/x509"
	"runtime"
	"strconv"
	"time"

	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/ledger/record"
)

// Tool says which sectag this is, for the records and for the doubt about the clock.
type Tool struct {
	Version, Commit string
	Built           time.Time          // a clock that is earlier is wrong; zero when not known
	Binary          func() cred.Digest // of the program's file; nil when nobody looked
}

// Bench is what every record says of the tool and its clock. An empty clock is the computer's own.
func Bench(t Tool, clock string) record.Bench {
	if clock == "" {
		clock = "system"
	}
	b := record.Bench{Tool: t.Version, Commit: t.Commit, OS: runtime.GOOS + "/" + runtime.GOARCH, Clock: record.Clock{Source: clock}}
	if t.Binary != nil {
		b.Binary = t.Binary()
	}
	return b
}

// Verdict is an outcome in a record's words.
func Verdict(o flows.Outcome) cred.Verdict {
	switch o {
	case flows.Passed:
		return cred.Pass
	case flows.Warned:
		return cred.Warn
	}
	return cred.Fail
}

// Outcome is a verdict as machines hold it.
func Outcome(v cred.Verdict) flows.Outcome {
	switch v {
	case cred.Pass:
		return flows.Passed
	case cred.Warn:
		return flows.Warned
	}
	return flows.FailedOutcome
}

// Notes are findings about the unit itself; they never stop the work.
func Notes(imei cred.IMEI) []cred.Finding {
	out := []cred.Finding{}
	if imei != 0 && !imei.Valid() {
		out = append(out, cred.Finding{
			Code: "store.imei-check", Severity: cred.Warning, Text: "the check digit of the IMEI " + imei.String() + " is wrong",
			Hint: "compare it with the label; units with such an IMEI exist",
		})
	}
	return out
}

// ClearKey warns of an authority whose private key lies in clear: on every unit, because whoever copies the file can make its twin.
func ClearKey(a flows.AuthorityFacts) []cred.Finding {
	if !a.Clear() {
		return nil
	}
	return []cred.Finding{ca.ClearKey(a.Key)}
}

// ByHost says why this computer made a key whose making the profile leaves open; nothing where it did not.
func ByHost(p flows.PreparedFacts) []cred.Finding {
	if p.Why == "" {
		return nil
	}
	return []cred.Finding{{
		Code: "keygen.by-host", Severity: cred.Info, Text: "this computer made the unit's key: " + p.Why,
		Hint: `write key = "host" in the profile if that is meant, or key = "modem" to refuse such units`,
	}}
}

// Repeated says which slots were written again, more slowly, because what the modem listed was not what was sent, or because a long
// write got no answer. What they hold now their digests say.
func Repeated(plan []flows.PlanFacts, times map[cred.Slot]int) (out []cred.Finding) {
	for _, p := range plan {
		n := times[p.Slot]
		if n == 0 {
			continue
		}
		often := "once"
		if n > 1 {
			often = strconv.Itoa(n) + " times"
		}
		out = append(out, cred.Finding{
			Code: "line.lossy", Severity: cred.Info, Text: p.Slot.String() + " was written again, more slowly, " + often + ", because bytes were lost on the line",
			Hint: "another cable or USB port, or an AT host with flow control, makes the next unit faster",
		})
	}
	return out
}

// Strayed says what the work on one slot did to others, because the line changed a command on its way: now, or in a run before.
func Strayed(finds []flows.Noticed, plan []flows.PlanFacts) (out []cred.Finding) {
	for _, n := range finds {
		severity := cred.Error
		if n.Found == flows.FoundErased {
			severity = cred.Info
		}
		out = append(out, cred.Finding{Code: "store.stray", Severity: severity, Text: n.Text, Hint: n.Hint})
	}
	for _, p := range plan {
		if p.Stray {
			out = append(out, swept(p))
		}
	}
	return out
}

// swept says what became of something that an earlier run let go astray.
func swept(p flows.PlanFacts) cred.Finding {
	f := cred.Finding{
		Code: "store.stray", Severity: cred.Info, Text: "what was meant for another slot came into " + p.Slot.String() + " in a run before this one, ",
		Hint: "the next run of this unit deletes it; use another cable or USB port, which changes no bytes",
	}
	switch p.Stage {
	case flows.SlotGone:
		f.Text, f.Hint = f.Text+"and was deleted there", "nothing is left of it; use another cable or USB port, which changes no bytes"
	case flows.SlotPlanned:
		f.Text += "and stands there: " + p.Old.Short()
	default:
		f.Severity, f.Text = cred.Error, f.Text+"and nobody knows whether it was deleted there"
	}
	return f
}

// Noted is the verdict with findings taken into account: a pass with a warning is a warning.
func Noted(v cred.Verdict, fs []cred.Finding) cred.Verdict {
	if v == cred.Pass {
		return cred.Judge(fs)
	}
	return v
}

// Slots is what became of the planned slots, and how many times each was written again. After a failure it says what each holds, and
// which command it was that failed.
func Slots(plan []flows.PlanFacts, failure *cred.Fault, times map[cred.Slot]int) []record.Slot {
	var out []record.Slot
	failed := failure != nil
	for _, p := range plan {
		s := record.Slot{SecTag: p.Slot.SecTag, Type: p.Slot.Kind, Bytes: p.Bytes, Sent: p.New, SHA256: p.Now, Repeats: times[p.Slot]}
		if p.Op != flows.WriteSlot || p.Stage == flows.SlotPlanned {
			s.Sent, s.Bytes = cred.Digest{}, 0
		}
		if p.Spoiled && p.Has != flows.Foreign && p.Stage == flows.SlotPlanned {
			s.Sent = p.Now // nobody else can have put it there, and nothing of anybody else's was there
		}
		if failed {
			s.Holds, s.SHA256 = p.Holds(), p.Listed()
		}
		if p.Done() {
			s.Action = p.Action()
		}
		s.Delete, s.Write, s.Keygen = answers(p, failure)
		out = append(out, s)
	}
	return out
}

// answers is what the modem said to the delete, to the write, and to the making of a key in a slot: ok, absent, the code of the
// failure that ended it, or nothing where it was not asked or where nobody knows. That a key was asked for is said in any case: what
// the slot lists next hangs on it. Only where another unit answered then, it may be that one that was asked, and this one never.
func answers(p flows.PlanFacts, failure *cred.Fault) (del, write, made string) {
	if p.Op == flows.Keep {
		return "", "", ""
	}
	code := ""
	if failure != nil {
		code = failure.Code
	}
	asked := "ok" // to delete, if there was anything
	if p.Has == flows.Empty {
		if asked = ""; p.Op == flows.DeleteSlot {
			asked = "absent"
		}
	}
	if p.Asked && (p.Told || code != "store.swapped") {
		if made = "ok"; !p.Told {
			made = code
		}
		return asked, "", made
	}
	switch p.Stage {
	case flows.SlotDeleting:
		return code, "", ""
	case flows.SlotDeleted:
		return asked, "", ""
	case flows.SlotWriting:
		return asked, code, ""
	case flows.SlotWritten, flows.SlotMatches, flows.SlotGone, flows.SlotDiffers:
		if p.Op == flows.WriteSlot {
			write = "ok"
		}
		return asked, write, ""
	}
	return "", "", ""
}

// HostKey says how a key came to be that this computer made; copy is "destroyed" or "kept".
func HostKey(spki cred.Digest, copy string) *record.Key {
	return &record.Key{
		Origin: "host-csprng", Generator: "Go crypto/ecdsa over the operating system's random source", Algorithm: "EC P-256",
		StrengthBits: 128, Table: "NIST SP 800-57 part 1, table 2", SPKI: spki, HostCopy: copy, Proof: "sign-verify",
	}
}

// ModemKey says how a key came to be that the modem made. Its statement was held against the request, the tag and the modem; whether
// its signature is right nobody can tell who has not got the modem's public identity key.
func ModemKey(k flows.KeyFacts, firmware string) *record.Key {
	fresh := "none"
	if k.Fresh {
		fresh = "subject"
	}
	return &record.Key{
		Origin: "modem-keygen", Generator: "%KEYGEN of " + firmware, Algorithm: "EC P-256", StrengthBits: 128,
		Table: "NIST SP 800-57 part 1, table 2", SPKI: k.SPKI, HostCopy: "never", CSR: k.CSR, Attestation: k.Attestation, Statement: "digest",
		Freshness: fresh, Proof: "csr",
	}
}

// Certificate is a unit's certificate under its authority.
func Certificate(c ca.Certificate, root ca.Root) *record.Certificate {
	return &record.Certificate{
		Serial: c.Serial, Subject: c.Subject, Name: c.Name, Issuer: root.Cert.Subject.String(), IssuerSHA: cred.Sum(root.PEM),
		NotBefore: record.Stamp(c.NotBefore), NotAfter: record.Stamp(c.NotAfter), SHA256: c.SHA256, SPKI: c.SPKI, Key: "EC P-256",
		Signature: c.Signature, KeyUsage: []string{"digitalSignature"}, ExtKeyUsage: []string{"clientAuth"}, Profile: c.Profile, PEM: c.PEM,
		Lint: codes(c.Lint),
	}
}

// codes are what the judge of a certificate found and did not refuse.
func codes(fs []cred.Finding) []string {
	out := []string{}
	for _, f := range fs {
		out = append(out, f.Code)
	}
	return out
}

// Authority is who signed, and how its key is kept. a may be nil: then that is not said.
func Authority(a *ca.Authority, root ca.Root) *record.Authority {
	out := &record.Authority{
		Subject: root.Cert.Subject.String(), SHA256: cred.Sum(root.PEM), SPKI: cred.Sum(root.Cert.RawSubjectPublicKeyInfo),
		Key: cred.KeyName(root.Cert.PublicKey), NotAfter: record.Stamp(root.Cert.NotAfter),
	}
	if root.Intermediate() {
		out.Above = root.Chain[1:].Sums()
	}
	if a != nil {
		out.Protection = string(a.Protection)
	}
	return out
}

// Anchors are the roots of a slot: the slot's content under the name of its first root, nil when there is none, and where there are
// several each of them. why says why each is believed; who believed one that nobody vouched for is its approver.
func Anchors(pem []byte, why []flows.AnchorFacts, approver string) (slot *record.Anchor, each []record.Anchor) {
	for _, b := range cred.Blocks(pem) {
		one := cred.CertPEM(b.Bytes)
		a := record.Anchor{SHA256: cred.Sum(one), PEMBytes: len(one), Source: "file", Trust: "file"}
		for _, f := range why {
			if f.SHA256 == a.SHA256 {
				a.Source, a.Trust = f.Source, f.Trust
			}
		}
		if a.Trust == "first-use" {
			a.Approver = approver
		}
		if c, err := x509.ParseCertificate(b.Bytes); err == nil {
			a.Subject, a.NotAfter, a.SPKI = c.Subject.String(), record.Stamp(c.NotAfter), cred.Sum(c.RawSubjectPublicKeyInfo)
		}
		each = append(each, a)
	}
	if len(each) == 0 {
		return nil, nil
	}
	first := each[0]
	first.SHA256, first.PEMBytes = cred.Sum(pem), len(pem)
	if len(each) == 1 {
		return &first, nil
	}
	return &first, each
}

// Connect is the connection test at a server.
func Connect(c *flows.ConnectFacts, e cred.Endpoint) *record.Connect {
	out := &record.Connect{
		Verdict: c.Verdict, Endpoint: e.String(), Path: "host", Version: c.Version, Suite: c.Suite, ClientAuth: c.ClientAuth,
		PingMS: c.PingMS, Alert: c.Alert, Twin: c.Twin, Rebind: c.Rebind, Address: c.Address,
	}
	wrongName := c.Failure != nil && c.Failure.Code == "chain.name"
	if right := c.Verdict != cred.Fail; len(c.Peer) > 0 && (right || wrongName) {
		out.HostMatch = &right // a server whose name is wrong never passes
	}
	if c.CID != nil {
		out.CID = record.CID{Offered: c.CID.Offered, Negotiated: c.CID.Negotiated}
	}
	if r := c.Register; r != nil && r.Code != "" {
		out.Register = &record.Register{Code: r.Code, Location: r.Location, Lifetime: r.Lifetime, Updated: r.Updated, Deregistered: r.Deregistered}
	}
	if c.HandshakeMS != nil {
		out.HandshakeMS = *c.HandshakeMS
	}
	for _, p := range c.Peer {
		out.Peer = append(out.Peer, record.Peer{
			Subject: p.Subject, Issuer: p.Issuer, NotBefore: p.NotBefore, NotAfter: p.NotAfter, Key: p.Key, Signature: p.Signature,
			SHA256: p.SHA256, PEMBytes: p.PEMBytes,
		})
	}
	return out
}
