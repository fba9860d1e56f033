// Package sample makes up records as a bench writes them, for the tests and benchmarks of the report and its page: two batches' worth of
// good units, units that failed and were done again, one that was held back, a server that was tried, and every mistake that the
// report looks for. Only tests import it. Nothing in it is random: the same call makes the same bytes.
package sample

import (
	_ "embed"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

//go:embed unit.crt
var unitPEM string

// Begins is when the first unit is done.
var Begins = time.Date(2026, 11, 16, 7, 30, 0, 0, time.UTC)

// Head is a checkpoint of so many records.
func Head(size int64) seal.Checkpoint {
	return seal.Checkpoint{Origin: "example.org/sectag/ledger/5f0c2a9d1b7e4c38", Size: size, Root: tlog.Hash(cred.Sum([]byte("root")))}
}

// IMEI is the n-th IMEI of the sample, with its right check digit.
func IMEI(n int) cred.IMEI {
	base := 35265610_000000 + uint64(n)
	for d := range uint64(10) {
		if i := cred.IMEI(base*10 + d); i.Valid() {
			return i
		}
	}
	return 0
}

func digest(format string, args ...any) cred.Digest {
	return cred.Sum(fmt.Appendf(nil, format, args...))
}

// Unit is the record of the n-th unit as a bench with a firmware that makes keys would write it, without a connection: that is the
// twin's, see Twin. turn tells several identities of one unit apart.
func Unit(n, turn int, at time.Time) record.Record {
	name := "urn:imei:" + IMEI(n).String()
	spki, cert := digest("spki %d %d", n, turn), digest("cert %d %d", n, turn)
	slot := func(k cred.Kind, d cred.Digest, bytes int) record.Slot {
		return record.Slot{SecTag: 42, Type: k, Bytes: bytes, Sent: d, SHA256: d, Action: "written", Write: "ok"}
	}
	key := record.Slot{SecTag: 42, Type: cred.ClientKey, SHA256: digest("key %d %d", n, turn), Action: "written", Keygen: "ok", Readback: "refused"}
	return record.Record{
		Kind: record.Provision, Time: record.Stamp(at), Verdict: cred.Pass, IMEI: IMEI(n), Attempt: 1,
		Unit: record.Identity{
			Key: digest("identity %d", n), UUID: fmt.Sprintf("25c95751-efa4-40d4-8b4a-%012x", n), Product: "tracker-2", Batch: "2026-47",
			Serial: fmt.Sprintf("A-%05d", n),
		},
		Model: "nRF9151-LACA", Hardware: "nRF9151 LACA ADA", Firmware: "mfw_nrf91x1_2.0.3", Host: "at-host", Bench: bench(n, at), KeyOrigin: "modem",
		Slots: []record.Slot{slot(cred.RootCA, digest("anchor"), 648), slot(cred.ClientCert, cert, 594), key},
		Key: &record.Key{
			Origin: "modem-keygen", Generator: "%KEYGEN of mfw_nrf91x1_2.0.3", Algorithm: "EC P-256", StrengthBits: 128,
			Table: "NIST SP 800-57 part 1, table 2", SPKI: spki, HostCopy: "never", CSR: digest("csr %d %d", n, turn),
			Attestation: digest("cose %d %d", n, turn), Statement: "digest", Freshness: "subject", Proof: "csr",
		},
		Cert: &record.Certificate{
			Serial: digest("serial %d %d", n, turn).String()[:32], Subject: "CN=" + name, Name: name, Issuer: "CN=Acme Devices 2026", IssuerSHA: digest("ca"),
			NotBefore: record.Stamp(at.Add(-10 * time.Minute)), NotAfter: record.Stamp(at.Add(5500 * 24 * time.Hour)), SHA256: digest("der %d %d", n, turn),
			SPKI: spki, Key: "EC P-256", Signature: "ECDSA-SHA256", KeyUsage: []string{"digitalSignature"}, ExtKeyUsage: []string{"clientAuth"},
			Profile: "1", PEM: unitPEM,
		},
		Authority: &record.Authority{
			Subject: "CN=Acme Devices 2026", SHA256: digest("ca"), SPKI: digest("ca key"), Key: "EC P-256", NotAfter: "2046-11-17T00:00:00Z",
			Protection: "encrypted-file",
		},
		Anchor: Anchor(), Tests: tests(), ElapsedMS: int64(9000 + n*7919%5400), Line: &record.Line{BytesOut: 1843, BytesIn: 2402, MS: 2100},
	}
}

// Anchor is the root that the sample's units trust.
func Anchor() *record.Anchor {
	return &record.Anchor{
		Subject: "CN=Example Root X2,O=Example Trust", SHA256: digest("anchor"), SPKI: digest("anchor key"), NotAfter: "2040-09-17T16:00:00Z",
		PEMBytes: 648, Source: "aia", URL: "http://pki.example/root.cer", Trust: "given",
	}
}

func bench(n int, at time.Time) record.Bench {
	return record.Bench{
		Tool: "v1.4.0", Commit: "b7c036c", Binary: digest("binary"), OS: "linux/amd64", Station: strconv.Itoa(1 + n%2), Operator: []string{"ak", "bm"}[n%2],
		Port: "/dev/ttyACM0", Profile: digest("profile"), Clock: record.Clock{Source: "system", ServerDate: record.Stamp(at)},
		Started: record.Stamp(at.Add(-12 * time.Second)), Ended: record.Stamp(at),
	}
}

func tests() []record.Measured {
	return []record.Measured{
		{Test: "T2", Requirements: []string{"SSM-2", "CCK-1"}, Result: "pass", Evidence: "slots: sha256 as listed against what was sent"},
		{Test: "T3", Requirements: []string{"SSM-3"}, Result: "pass", Evidence: "slots: readback"},
		{Test: "T4", Requirements: []string{"CCK-3"}, Result: "pass", Evidence: "uniqueness"},
		{Test: "T6", Requirements: []string{"AUM-3", "SCM-2"}, Result: "pass", Evidence: "key: proof", Deviation: "the modem's signature on its statement was not verified: nobody gave its public identity key"},
		{Test: "T7", Requirements: []string{"SCM-2", "AUM-3", "CRY-1"}, Result: "pass", Evidence: "certificate: profile, lint"},
		{Test: "T8", Requirements: []string{"SCM-2", "AUM-3"}, Result: "not-run"},
		{Test: "T9", Requirements: []string{"SCM-1", "SCM-2", "SCM-3", "AUM-1-1"}, Result: "not-run"},
		{Test: "T10", Requirements: []string{"AUM-3", "SCM-2"}, Result: "not-run"},
	}
}

// Connect is a connection of the sample from the host.
func Connect() *record.Connect {
	yes, ping := true, int64(40)
	peer := func(subject, issuer, end string) record.Peer {
		return record.Peer{Subject: subject, Issuer: issuer, NotBefore: "2026-01-01T00:00:00Z", NotAfter: end, Key: "EC P-256", Signature: "ECDSA-SHA256", SHA256: digest("peer %s", subject), PEMBytes: 612}
	}
	return &record.Connect{
		Verdict: cred.Pass, Endpoint: "coaps://lwm2m.example:5684", Address: "192.0.2.7:5684", Path: "host", Twin: true, TwinSerial: "77ab", Version: "DTLS 1.2",
		Suite: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", Group: "P-256", Signature: "ECDSA-SHA256", CID: record.CID{Offered: true, Negotiated: true}, ClientAuth: "used",
		HostMatch: &yes, Rebind: "survived", HandshakeMS: 171, PingMS: &ping,
		Peer: []record.Peer{peer("CN=lwm2m.example", "CN=Example Issuing E7", "2027-01-01T00:00:00Z"), peer("CN=Example Issuing E7", "CN=Example Root X2,O=Example Trust", "2031-03-01T00:00:00Z")},
	}
}

// Twin is the connection of a twin, which the bench writes right before the unit's own record, in the same run.
func Twin(u record.Record) record.Record {
	return record.Record{
		Kind: record.Test, Time: u.Time, Verdict: cred.Pass, IMEI: u.IMEI, Unit: u.Unit, Run: u.Run, Attempt: u.Attempt, Model: u.Model, Hardware: u.Hardware,
		Firmware: u.Firmware, Host: u.Host, Bench: u.Bench, Authority: u.Authority, Anchor: u.Anchor, Connect: Connect(), Abandoned: []string{"77ab"},
		Tests: []record.Measured{
			{Test: "T8", Requirements: []string{"SCM-2", "AUM-3"}, Result: "pass", Evidence: "connect: peer, host_match; anchor"},
			{Test: "T9", Requirements: []string{"SCM-1", "SCM-2", "SCM-3", "AUM-1-1"}, Result: "pass", Evidence: "connect: path host", Deviation: "a twin of the unit's certificate was shown: the unit's own key is in its modem and was not"},
		},
	}
}

// Failed is a run of the n-th unit that ended with a code, before anything was signed.
func Failed(n int, at time.Time, code, text string) record.Record {
	u := Unit(n, 0, at)
	u.Verdict, u.Key, u.Cert, u.KeyOrigin, u.Anchor, u.Slots = cred.Fail, nil, nil, "", nil, nil
	u.Failure, u.Tests = cred.Failed(code, text, "look at the line and run it again"), nil
	return u
}

// Revoked revokes the certificate of a unit's record, as the office does.
func Revoked(u record.Record, at time.Time, reason string) record.Record {
	return record.Record{
		Kind: record.Revocation, Time: record.Stamp(at), Verdict: cred.Pass, IMEI: u.IMEI, Unit: u.Unit, Bench: bench(0, at), Authority: u.Authority,
		Revoked: &record.Revoked{Serial: u.Cert.Serial, Issuer: u.Cert.IssuerSHA, Reason: reason, Time: record.Stamp(at)},
	}
}

// Refused is a server that kept others out, tried with the certificate of the n-th unit.
func Refused(n int, at time.Time) record.Record {
	c := Connect()
	c.Twin, c.TwinSerial = false, ""
	for _, name := range []string{"wrong-key", "foreign-authority", "expired", "not-yet-valid", "no-certificate"} {
		c.Negative = append(c.Negative, record.Measured{Test: name, Requirements: []string{"AUM-3", "SCM-2"}, Result: "pass", Evidence: "alert 48"})
	}
	c.Negative = append(c.Negative, record.Measured{Test: "server-certificate", Requirements: []string{"AUM-3", "SCM-2"}, Result: "not-run", Deviation: "this authority signs no servers"})
	return record.Record{
		Kind: record.Test, Time: record.Stamp(at), Verdict: cred.Pass, IMEI: IMEI(n), Unit: record.Identity{Key: digest("identity %d", n)}, Bench: bench(n, at), Connect: c,
		Tests: []record.Measured{{Test: "T10", Requirements: []string{"AUM-3", "SCM-2"}, Result: "pass", Evidence: "connect: negative"}},
	}
}
