package evidence

import (
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// Tests says which measurements of EN 18031 evidence a record of a unit holds, and which requirements each supports. A test that
// was not made is not-run, never a pass. unique tells that a ledger refuses what is another unit's.
func Tests(r record.Record, unique bool) []record.Measured {
	return []record.Measured{
		{Test: "T2", Requirements: []string{"SSM-2", "CCK-1"}, Result: stored(r.Slots), Evidence: "slots: sha256 as listed against what was sent"},
		{Test: "T3", Requirements: []string{"SSM-3"}, Result: "not-run"},
		{Test: "T4", Requirements: []string{"CCK-3"}, Result: ran(unique && len(r.Bindings()) > 0), Evidence: "uniqueness"},
		{Test: "T6", Requirements: []string{"AUM-3", "SCM-2"}, Result: public(r, r.Key != nil && proven[r.Key.Proof]), Evidence: "key: proof", Deviation: unsigned(r.Key)},
		{Test: "T7", Requirements: []string{"SCM-2", "AUM-3", "CRY-1"}, Result: public(r, r.Cert != nil && r.Cert.Profile != ""), Evidence: "certificate: profile, lint"},
		server(r),
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
	r.Tests = []record.Measured{server(r), handshake(r)}
	return r
}

// proven are the ways in which a key is shown to be the certificate's.
var proven = map[string]bool{"sign-verify": true, "csr": true}

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

// public is the result of a test of key pair and certificate: a unit with a pre-shared key has neither.
func public(r record.Record, passed bool) string {
	if shares(r) {
		return "na"
	}
	return ran(passed)
}

func shares(r record.Record) bool { return r.Key != nil && !r.Key.PSK.IsZero() && r.Cert == nil }

func ran(passed bool) string {
	if passed {
		return "pass"
	}
	return "not-run"
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

// server: the chain leads to the anchor that was written, and bears the right name.
func server(r record.Record) record.Measured {
	m := record.Measured{Test: "T8", Requirements: []string{"SCM-2", "AUM-3"}, Result: "not-run"}
	switch c := r.Connect; {
	case c == nil:
		return m
	case shares(r):
		m.Result = "na" // there is no chain
		return m
	case c.Verdict != cred.Fail:
		m.Result = "pass"
	case r.Failure != nil && strings.HasPrefix(r.Failure.Code, "chain."):
		m.Result = "fail"
	}
	m.Evidence = "connect: peer, host_match; anchor"
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
