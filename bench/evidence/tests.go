package evidence

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/readback"
	"example.org/sectag/ledger/record"
)

// Known is what the tests need of a run that no record of a unit has a field for.
type Known struct {
	Unique    bool                   // a ledger refuses what is another unit's
	Declared  bool                   // a profile says what the store may hold, and the whole of it was listed
	Readback  []readback.Measurement // of the secrets that were written
	Earlier   string                 // the record of a unit whose secret was refused by the same firmware; "" when there is none
	Life      time.Duration          // of the product, 0 when the profile names none
	Derived   string                 // the PSK is this function of what stands on a label; "" when it is none of the known ones
	Underived bool                   // that was looked at
}

// Tests says which measurements of EN 18031 evidence a record of a unit holds, and which requirements each supports. A test that
// was not made is not-run, never a pass.
func Tests(r record.Record, k Known) []record.Measured {
	return []record.Measured{
		undeclared(r, k.Declared),
		{Test: "T2", Requirements: []string{"SSM-2", "CCK-1"}, Result: stored(r.Slots), Evidence: "slots: sha256 as listed against what was sent"},
		Refused(k),
		{Test: "T4", Requirements: []string{"CCK-3"}, Result: ran(k.Unique && len(r.Bindings()) > 0), Evidence: "uniqueness"},
		derived(r.Key, k),
		belongs(r),
		profiled(r),
		server(r, k.Life),
		handshake(r),
		{Test: "T10", Requirements: []string{"AUM-3", "SCM-2"}, Result: "not-run"},
	}
}

// Twin is the record, of kind test, of a connection that a twin of the unit's certificate made, out of the unit's own record. It names
// no certificate and no key, so it binds nothing: the twin's serial is abandoned.
func Twin(unit record.Record) record.Record {
	c := *unit.Connect
	r := record.Record{
		Kind: record.Test, Time: unit.Time, Verdict: c.Verdict, IMEI: unit.IMEI, Unit: unit.Unit, Run: unit.Run, Attempt: unit.Attempt,
		Model: unit.Model, Hardware: unit.Hardware, Firmware: unit.Firmware, Host: unit.Host, Bench: unit.Bench,
		Authority: unit.Authority, Anchor: unit.Anchor, Anchors: unit.Anchors, Connect: &c, Abandoned: []string{c.TwinSerial},
	}
	if c.Verdict == cred.Fail {
		r.Failure = unit.Failure
	}
	for _, m := range unit.Tests {
		if m.Test == "T8" || m.Test == "T9" {
			r.Tests = append(r.Tests, m)
		}
	}
	return r
}

func ran(passed bool) string {
	if passed {
		return "pass"
	}
	return "not-run"
}

// undeclared: the store lists nothing that the profile does not ask for.
func undeclared(r record.Record, declared bool) record.Measured {
	m := record.Measured{Test: "T1", Requirements: []string{"CCK-1", "CCK-3", "SSM-1", "SSM-3"}, Result: "not-run"}
	if !declared {
		m.Deviation = "no profile declares what the store may hold, or the list was longer than the unit's host can pass on"
		return m
	}
	m.Result, m.Evidence = "pass", "the whole list of the store against the profile"
	if named := texts(r.Findings, "store.undeclared"); len(named) > 0 {
		m.Result, m.Evidence, m.Deviation = "fail", "findings: store.undeclared", strings.Join(named, "; ")
	}
	return m
}

// texts are those of the findings with a code.
func texts(fs []cred.Finding, code string) (out []string) {
	for _, f := range fs {
		if f.Code == code {
			out = append(out, f.Text)
		}
	}
	return out
}

// Refused is T3: the secrets that were asked for cannot be read, what can be read is, and what is not there is said not to be. It holds for the
// modem's firmware that the record names.
func Refused(k Known) record.Measured {
	m := record.Measured{Test: "T3", Requirements: []string{"SSM-3"}, Result: "not-run"}
	if len(k.Readback) == 0 {
		if k.Earlier != "" {
			m.Evidence = record.PassedIn + k.Earlier
		}
		return m
	}
	var said []string
	m.Result = "pass"
	for _, one := range k.Readback {
		said = append(said, fmt.Sprintf("%s %s, a control %s, an empty slot %s", one.Slot, orNone(one.Secret), orNone(one.Control), orNone(one.Empty)))
		switch {
		case one.Outcome == readback.Returned:
			m.Result, m.Deviation = "fail", "the modem gave out a secret"
		case one.Outcome != readback.Refused && m.Result == "pass":
			m.Result, m.Deviation = "not-run", "the modem did not answer a secret with CME 514, a control with its content and an empty slot with CME 513"
		}
	}
	m.Evidence = "slots: readback; " + strings.Join(said, "; ")
	return m
}

func orNone(s string) string {
	if s == "" {
		return "not asked"
	}
	return s
}

// Readback writes into a record's slots what came of their secrets.
func Readback(slots []record.Slot, done []readback.Measurement) {
	for i := range slots {
		s := &slots[i]
		if !s.Type.Secret() {
			continue
		}
		s.Readback = "not-run"
		for _, m := range done {
			if m.Slot == (cred.Slot{SecTag: s.SecTag, Kind: s.Type}) {
				s.Readback = string(m.Outcome)
			}
		}
	}
}

// derived: a PSK is no function of what stands on a label. A key pair is drawn in any case, and nobody could make one of a label.
func derived(key *record.Key, k Known) record.Measured {
	m := record.Measured{Test: "T5", Requirements: []string{"CCK-3"}, Result: "not-run"}
	switch {
	case key == nil:
	case !strings.HasPrefix(key.Algorithm, "PSK"):
		m.Result, m.Evidence, m.Deviation = "na", "key: origin, generator", "the secret is the private half of a key pair, and no PSK"
	case k.Derived != "":
		m.Result, m.Evidence, m.Deviation = "fail", "key: psk_sha256", "the PSK is "+k.Derived
	case key.Origin == "host-csprng":
		m.Result, m.Evidence = "pass", "key: origin, generator"
	case k.Underived:
		m.Result, m.Evidence = "pass", "key: psk_sha256; none of the known functions of IMEI and name"
	}
	return m
}

// proven are the ways in which a key is shown to be the certificate's.
var proven = map[string]bool{"sign-verify": true, "csr": true}

// belongs: the key is the certificate's. Where both are named they are of one public key.
func belongs(r record.Record) record.Measured {
	m := record.Measured{
		Test: "T6", Requirements: []string{"AUM-3", "SCM-2"}, Result: ran(r.Key != nil && proven[r.Key.Proof]), Evidence: "key: proof", Deviation: unsigned(r.Key),
	}
	if shares(r) {
		return without(m, "a pre-shared key is no key pair")
	}
	if r.Key != nil && r.Cert != nil && !r.Cert.SPKI.IsZero() && !r.Key.SPKI.IsZero() && r.Cert.SPKI != r.Key.SPKI {
		m.Result, m.Evidence, m.Deviation = "fail", "key: spki_sha256; certificate: spki_sha256", "the certificate is of another key"
	}
	return m
}

// unsigned says what could not be checked of a key that the modem made.
func unsigned(k *record.Key) string {
	if k == nil || k.Origin != "modem-keygen" || k.Statement != "digest" {
		return ""
	}
	said := "the modem's signature on its statement was not verified: nobody gave its public identity key"
	if k.Freshness == "none" {
		said += "; nothing but its key tells its request from an older one: the modem does not let itself be told a subject"
	}
	return said
}

// without is a test that does not apply to a unit with a pre-shared key.
func without(m record.Measured, why string) record.Measured {
	m.Result, m.Evidence, m.Deviation = "na", "key: psk_sha256", why
	return m
}

// shares tells of a unit with a pre-shared key: it has no key pair, no certificate, and its server no chain.
func shares(r record.Record) bool { return r.Key != nil && !r.Key.PSK.IsZero() && r.Cert == nil }

// profiled: the certificate keeps the profile that it was judged by before it was written, and what the record says of it agrees. What
// nobody judged (a certificate from a file) is not passed.
func profiled(r record.Record) record.Measured {
	m := record.Measured{Test: "T7", Requirements: []string{"SCM-2", "AUM-3", "CRY-1"}, Result: "not-run", Evidence: "certificate: profile, lint"}
	c := r.Cert
	if shares(r) {
		return without(m, "a unit with a pre-shared key has no certificate")
	}
	if c == nil || c.Profile == "" {
		return m
	}
	m.Result = "pass"
	switch {
	case c.IsCA:
		m.Deviation = "the certificate is an authority's"
	case !slices.Contains(c.KeyUsage, "digitalSignature") || !slices.Contains(c.ExtKeyUsage, "clientAuth"):
		m.Deviation = "the certificate is not for signatures of a client"
	case r.Authority != nil && r.Authority.NotAfter != "" && c.NotAfter > r.Authority.NotAfter: // stamps are UTC and of one length
		m.Deviation = "the certificate outlives its issuer"
	default:
		if len(c.Lint) > 0 { // of an error nothing would have been written
			m.Deviation = "the judge warned of " + strings.Join(c.Lint, ", ")
		}
		return m
	}
	m.Result = "fail"
	return m
}

// stored: every slot that was written lists what was sent.
func stored(slots []record.Slot) string {
	result := "not-run"
	for _, s := range slots {
		switch {
		case s.Action == "kept":
			result = "pass" // it lists what the older record names
		case s.Sent.IsZero() || s.SHA256.IsZero():
		case s.Sent != s.SHA256:
			return "fail"
		case result == "not-run":
			result = "pass"
		}
		if !s.Sent.IsZero() && s.Action != "written" {
			return "fail" // begun, and not found as sent
		}
	}
	return result
}

// server: the chain leads to the anchor that was written, bears the right name, and the anchor lives as long as the product. Of several
// roots one that does is enough.
func server(r record.Record, life time.Duration) record.Measured {
	m := record.Measured{Test: "T8", Requirements: []string{"SCM-2", "AUM-3"}, Result: "not-run"}
	switch c := r.Connect; {
	case c == nil:
		return m
	case shares(r):
		return without(m, "a server with a pre-shared key shows no chain")
	case c.Verdict != cred.Fail:
		m.Result = "pass"
	case r.Failure != nil && strings.HasPrefix(r.Failure.Code, "chain."):
		m.Result = "fail"
	}
	m.Evidence = "connect: peer, host_match; anchor"
	if m.Result != "pass" {
		return m
	}
	if life == 0 {
		m.Deviation = "the profile names no life of the product to hold the anchor's against"
		return m
	}
	if short := texts(r.Findings, "chain.anchor-short"); len(short) > 0 {
		m.Deviation = strings.Join(short, "; ")
		if len(short) >= max(1, len(r.Anchors)) {
			m.Result = "fail"
		}
	}
	return m
}

// handshake: both sides showed who they are. A server that did not ask for the certificate proves nothing of the unit.
func handshake(r record.Record) record.Measured {
	m := record.Measured{Test: "T9", Requirements: []string{"SCM-1", "SCM-2", "SCM-3", "AUM-1-1"}, Result: "not-run"}
	c := r.Connect
	if c == nil {
		return m
	}
	m.Evidence = "connect: path " + c.Path
	switch {
	case c.Verdict == cred.Fail:
		m.Result = "fail"
	case c.ClientAuth == "used":
		if m.Result = "pass"; c.Twin {
			m.Deviation = "a twin of the unit's certificate was shown: the unit's own key is in its modem and was not"
		}
	default:
		m.Deviation = "the server did not ask for the unit's certificate"
	}
	return m
}
