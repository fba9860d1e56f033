package sample

import (
	"fmt"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// shift is the seconds of a working day: eight hours.
const shift = 8 * 3600

// Batch hands over the records of n good units as two stations would make them, one every 20 seconds or so, day by day, from half
// past seven; every twentieth fails first, for one of a few causes, and every two hundredth for good. The last record is a server that
// was tried.
func Batch(n int, do func(record.Record) error) error {
	at, worked := Begins, 0
	for i := range n {
		took := 16 + i*7919%9 + i/97%3*4
		if worked += took; worked > shift {
			at, worked = time.Date(at.Year(), at.Month(), at.Day()+1, Begins.Hour(), Begins.Minute(), 0, 0, time.UTC), 0
			for at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
				at = at.AddDate(0, 0, 1)
			}
		}
		at = at.Add(time.Duration(took) * time.Second)
		if i%20 == 7 {
			code, text := causes[i/20*7%10*len(causes)/10][0], causes[i/20*7%10*len(causes)/10][1]
			if err := do(Failed(i, at, code, text)); err != nil || i%200 == 187 {
				if err != nil {
					return err
				}
				continue
			}
			at = at.Add(31 * time.Second)
		}
		for _, r := range whole(i, at) {
			if err := do(r); err != nil {
				return err
			}
		}
	}
	return do(Refused(0, at.Add(time.Minute)))
}

var causes = [][2]string{
	{"line.no-answer", "nothing answers AT on /dev/ttyACM0"},
	{"line.no-answer", "nothing answers AT on /dev/ttyACM0"},
	{"dtls.48", "the server does not know the authority of this unit"},
	{"port.lost", "the unit was unplugged while its slots were written"},
	{"store.mismatch", "42 client-cert does not list what was sent"},
}

// whole is a good unit: its twin's connection and its own record; every tenth by an older firmware that makes no keys.
func whole(i int, at time.Time) []record.Record {
	u := Unit(i, 1, at)
	u.Run = strconv.Itoa(i)
	if i%10 != 3 {
		return []record.Record{Twin(u), u}
	}
	u.Firmware, u.KeyOrigin, u.Connect = "mfw_nrf9160_1.3.2", "host", Connect()
	u.Model, u.Hardware = "nRF9160-SICA", "nRF9160 SICA B1A"
	u.Connect.Twin, u.Connect.TwinSerial = false, ""
	u.Key = &record.Key{
		Origin: "host-csprng", Generator: "Go crypto/ecdsa over the operating system's random source", Algorithm: "EC P-256", StrengthBits: 128,
		Table: "NIST SP 800-57 part 1, table 2", SPKI: u.Key.SPKI, HostCopy: "destroyed", Proof: "sign-verify",
	}
	for t := range u.Tests {
		switch u.Tests[t].Test {
		case "T6":
			u.Tests[t].Deviation = ""
		case "T8", "T9":
			u.Tests[t].Result = "pass"
		}
	}
	u.Slots[2].Keygen, u.Slots[2].Write, u.Slots[2].Bytes, u.Slots[2].Sent = "", "ok", 241, u.Slots[2].SHA256
	return []record.Record{u}
}

// Mistaken hands over one unit for each mistake that a report looks for.
func Mistaken(do func(record.Record) error) error {
	at, n := Begins, 0
	for _, spoil := range []func(*record.Record){
		func(r *record.Record) { r.Cert.IsCA, r.Cert.KeyUsage, r.Cert.ExtKeyUsage = true, nil, nil },
		func(r *record.Record) { r.Authority.NotAfter = "2036-11-14T00:00:00Z" },
		func(r *record.Record) { r.Authority.Protection, r.Verdict = "clear-file", cred.Warn },
		func(r *record.Record) { r.Anchor.NotAfter = "2029-01-01T00:00:00Z" },
		func(r *record.Record) { r.Anchor.Trust, r.Anchor.Approver = "first-use", "ak" },
		func(r *record.Record) { r.Slots[1].SHA256, r.Tests[0].Result = digest("with CR LF"), "fail" },
		func(r *record.Record) { r.Slots[2].Readback, r.Tests[1].Result = "returned", "fail" },
		func(r *record.Record) { r.Key.Algorithm, r.Key.StrengthBits = "RSA 1024", 80 },
		func(r *record.Record) { r.Key.Origin, r.Key.HostCopy = "host-csprng", "kept" },
		func(r *record.Record) { r.Unit.Key, r.Unit.UUID = cred.Digest{}, "" },
		func(r *record.Record) { r.IMEI++ },
		func(r *record.Record) { r.Bench.Clock.ServerDate = "" },
	} {
		r := Unit(n, 1, at)
		spoil(&r)
		if err := do(r); err != nil {
			return err
		}
		n, at = n+1, at.Add(time.Minute)
	}
	hand := record.Record{Kind: record.Slots, Time: record.Stamp(at), Verdict: cred.Pass, IMEI: IMEI(0), Unit: Unit(0, 1, at).Unit, Bench: bench(0, at)}
	hand.Slots = []record.Slot{{SecTag: 43, Type: cred.RootCA, SHA256: digest("other"), Action: "written"}}
	return do(hand)
}

// Sealed makes records one at a time what a ledger would make of them: numbered, named, in the canonical form, with their leaves.
func Sealed(do func(record.Record, cred.Digest)) func(record.Record) error {
	n := int64(0)
	return func(r record.Record) error {
		r.ID, r.Unit.Name = strconv.FormatInt(n, 10), r.Seen().Name()
		r.Seal = record.Seal{Log: "example.org/sectag/ledger/5f0c2a9d1b7e4c38", PreviousRoot: digest("before %d", n)}
		if len(r.Bindings()) > 0 {
			r.Uniqueness = &record.Uniqueness{Scope: "all history", Compared: n}
		}
		body, own, err := record.Encode(r)
		if err != nil {
			return fmt.Errorf("record %d of the sample: %w", n, err)
		}
		n++
		do(own, cred.Digest(tlog.RecordHash(body)))
		return nil
	}
}
