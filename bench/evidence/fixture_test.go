package evidence

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/device/readback"
	"example.org/sectag/flows"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/report/fixture"
)

// The report is tried with records that were made up. They are what a bench writes: each measurement, key, connection and twin of theirs
// comes out of this room in the same words.
func TestTheReportIsTriedWithWhatABenchWrites(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	asked, n := map[string]string{}, 0
	err := fixture.Batch(45, func(r record.Record) error {
		id := strconv.Itoa(n)
		n++
		if r.Key == nil {
			return nil
		}
		seen[r.Key.Origin]++
		k := Known{Unique: true, Declared: true, Life: 3652 * 24 * time.Hour, Earlier: asked[r.Firmware]}
		if k.Earlier == "" {
			asked[r.Firmware] = id
			k.Readback = []readback.Measurement{{
				Slot: cred.Slot{SecTag: 42, Kind: cred.ClientKey}, Outcome: readback.Refused, Secret: "CME 514", Control: "the content", Empty: "CME 513",
			}}
		}
		want := r
		want.Tests, want.Slots = Tests(r, k), append([]record.Slot(nil), r.Slots...)
		Readback(want.Slots, k.Readback)
		want.Key = HostKey(r.Key.SPKI, "destroyed")
		if r.Key.Origin == "modem-keygen" {
			want.Key = ModemKey(flows.KeyFacts{SPKI: r.Key.SPKI, CSR: r.Key.CSR, Attestation: r.Key.Attestation, Fresh: true}, r.Firmware)
		}
		want.Connect = connected(t, r.Connect)
		if d := cmp.Diff(want, r); d != "" {
			t.Errorf("record %s: what a bench writes (-) and what the report is tried with (+): %s", id, d)
		}
		if r.Connect.Twin {
			if d := cmp.Diff(Twin(want), fixture.Twin(r)); d != "" {
				t.Errorf("record %s: the twin: %s", id, d)
			}
		}
		return nil
	})
	if err != nil || seen["modem-keygen"] < 30 || seen["host-csprng"] < 3 {
		t.Errorf("%v, %v", err, seen)
	}
}

// connected is a connection as this room writes it, out of what a record says of one.
func connected(t *testing.T, c *record.Connect) *record.Connect {
	t.Helper()
	f := &flows.ConnectFacts{
		Verdict: c.Verdict, Version: c.Version, Suite: c.Suite, ClientAuth: c.ClientAuth, PingMS: c.PingMS, Twin: c.Twin, Rebind: c.Rebind, Address: c.Address,
		HandshakeMS: &c.HandshakeMS,
	}
	if err := json.Unmarshal(fmt.Appendf(nil, `{"cid":{"offered":%v,"negotiated":%v}}`, c.CID.Offered, c.CID.Negotiated), f); err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Peer {
		f.Peer = append(f.Peer, flows.ChainFacts{
			Subject: p.Subject, Issuer: p.Issuer, NotBefore: p.NotBefore, NotAfter: p.NotAfter, Key: p.Key, Signature: p.Signature, SHA256: p.SHA256, PEMBytes: p.PEMBytes,
		})
	}
	e, err := cred.ParseEndpoint(c.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	out := Connect(f, e)
	out.TwinSerial = c.TwinSerial
	return out
}
