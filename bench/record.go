package bench

import (
	"context"
	"runtime"

	"example.org/sectag/ca"
	"example.org/sectag/ca/certfile"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/ledger/record"
)

// writeRecord writes what was done to the ledger, once the work on a unit is over, however it ended. Without a ledger there is
// nothing to write and the answer has no record.
func (d *Desk) writeRecord(ctx context.Context, e flows.WriteRecord) (flows.Event, error) {
	answer := flows.RecordWritten{ID: e.ID, Verdict: e.Verdict}
	d.done()
	if e.Verdict != flows.FailedOutcome {
		d.set.forgetKey()
	}
	if d.Ledger == nil {
		return answer, nil
	}
	r := d.record(e)
	if r.Kind == record.Check {
		older, found, err := d.Ledger.NewestPassing(ctx, r.Seen(), record.Provision)
		if err != nil {
			return nil, err
		}
		if found {
			r.Checks = older.ID
		}
	}
	written, err := d.Ledger.Record(ctx, r)
	if err != nil {
		return nil, err
	}
	answer.Record = written.ID
	return answer, nil
}

// record makes the record out of the facts and of what only the desk knows.
func (d *Desk) record(e flows.WriteRecord) record.Record {
	f := d.facts()
	d.mu.Lock()
	defer d.mu.Unlock()
	r := record.Record{
		Kind: d.kind(e), Time: record.Stamp(d.Now()), Verdict: verdict(e.Verdict), IMEI: d.unit.IMEI, Run: d.run, Attempt: 1,
		Model: d.unit.Model, Hardware: d.unit.Hardware, Firmware: d.unit.Firmware, Host: d.unit.Host,
		Bench: d.bench(), Slots: recordSlots(f, e.Verdict), Failure: f.Failure,
	}
	s := seen(d.unit, d.items)
	r.Unit = record.Identity{Key: s.Key, UUID: s.UUID, Product: d.Profile.Product}
	if e.Verdict == flows.FailedOutcome && r.Failure == nil {
		r.Failure = cred.Failed("store.stopped", "the work was stopped before it was done", "run it again")
	}
	if e.Verdict != flows.FailedOutcome {
		r.Failure = nil
	}
	if d.set.cert.Serial != "" {
		r.KeyOrigin, r.Key, r.Cert, r.Authority = "host", d.recordKey(), recordCert(d.set.cert, d.root), recordAuthority(d.auth, d.root)
	}
	r.Anchor = d.recordAnchor()
	if f.Connect != nil {
		r.Connect = recordConnect(f.Connect, d.Profile.Endpoint)
		r.Findings = append(r.Findings, f.Connect.Findings...)
	}
	st := d.stats
	if d.modem != nil {
		st = d.modem.Stats()
	}
	if st.BytesOut > 0 {
		r.Line = &record.Line{BytesOut: st.BytesOut, BytesIn: st.BytesIn, MS: lineTime(st.First, st.Last).Milliseconds()}
	}
	if !d.started.IsZero() {
		r.ElapsedMS = d.Now().Sub(d.started).Milliseconds()
	}
	return r
}

func (d *Desk) kind(e flows.WriteRecord) record.Kind {
	switch {
	case d.hand.Op != flows.Keep:
		return record.Slots
	case e.Kept:
		return record.Check
	}
	return record.Provision
}

func verdict(o flows.Outcome) cred.Verdict {
	switch o {
	case flows.Passed:
		return cred.Pass
	case flows.Warned:
		return cred.Warn
	}
	return cred.Fail
}

func (d *Desk) bench() record.Bench {
	b := benchOf(d.Tool, d.set.clock)
	b.Station, b.Operator, b.Port, b.Profile = d.Profile.Station, d.Profile.Operator, d.port, d.Profile.SHA256
	b.Ended = record.Stamp(d.Now())
	if !d.date.IsZero() {
		b.Clock.ServerDate = record.Stamp(d.date)
	}
	if !d.started.IsZero() {
		b.Started = record.Stamp(d.started)
	}
	return b
}

// benchOf is what every record says of the tool and its clock.
func benchOf(t Tool, clock string) record.Bench {
	if clock == "" {
		clock = "system"
	}
	return record.Bench{Tool: t.Version, Commit: t.Commit, OS: runtime.GOOS + "/" + runtime.GOARCH, Clock: record.Clock{Source: clock}}
}

func recordSlots(f flows.Facts, v flows.Outcome) []record.Slot {
	var out []record.Slot
	for _, p := range f.Plan {
		s := record.Slot{SecTag: p.Slot.SecTag, Type: p.Slot.Kind, Bytes: p.Bytes, Sent: p.New, SHA256: p.Now}
		if p.Stage == flows.SlotPlanned {
			s.SHA256, s.Sent = p.Old, cred.Digest{}
		}
		if v == flows.FailedOutcome {
			s.Holds = p.Holds()
		}
		if p.Op == flows.Keep || p.Stage == flows.SlotMatches || p.Stage == flows.SlotGone {
			s.Action = p.Action()
		}
		out = append(out, s)
	}
	return out
}

// recordKey says how the key came to be. After a failure it is kept in memory for another try at the connection, and said so.
func (d *Desk) recordKey() *record.Key {
	host := "destroyed"
	if d.set.key.PEM() != nil {
		host = "kept"
	}
	return hostKey(d.set.cert.SPKI, host)
}

// hostKey says how a key came to be that this computer made.
func hostKey(spki cred.Digest, copy string) *record.Key {
	return &record.Key{
		Origin: "host-csprng", Generator: "Go crypto/ecdsa over the operating system's random source", Algorithm: "EC P-256",
		StrengthBits: 128, Table: "NIST SP 800-57 part 1, table 2", SPKI: spki, HostCopy: copy, Proof: "sign-verify",
	}
}

func recordCert(c ca.Certificate, root ca.Root) *record.Certificate {
	return &record.Certificate{
		Serial: c.Serial, Subject: "CN=" + c.Name, Name: c.Name, Issuer: root.Cert.Subject.String(), IssuerSHA: cred.Sum(root.PEM),
		NotBefore: record.Stamp(c.NotBefore), NotAfter: record.Stamp(c.NotAfter), SHA256: c.SHA256, SPKI: c.SPKI, Key: "EC P-256",
		KeyUsage: []string{"digitalSignature"}, ExtKeyUsage: []string{"clientAuth"}, PEM: c.PEM,
	}
}

func recordAuthority(a *ca.Authority, root ca.Root) *record.Authority {
	out := &record.Authority{
		Subject: root.Cert.Subject.String(), SHA256: cred.Sum(root.PEM), SPKI: cred.Sum(root.Cert.RawSubjectPublicKeyInfo),
		Key: certfile.KeyName(root.Cert.PublicKey), NotAfter: record.Stamp(root.Cert.NotAfter),
	}
	if a != nil {
		out.Protection = map[ca.Protection]string{ca.KeyEncrypted: "encrypted-file", ca.KeyClear: "clear-file"}[a.Protection]
	}
	return out
}

func (d *Desk) recordAnchor() *record.Anchor {
	blocks := cred.Blocks(d.set.anchor)
	if len(blocks) == 0 {
		return nil
	}
	a := &record.Anchor{SHA256: cred.Sum(d.set.anchor), PEMBytes: len(d.set.anchor), Source: "file", Trust: "file"}
	if d.anchor.sha256 == a.SHA256 {
		a.Source, a.Trust = d.anchor.source, d.anchor.trust
		if a.Trust == "first-use" {
			a.Approver = d.Profile.Operator
		}
	}
	if c, err := parseAnchor(blocks[0].Bytes); err == nil {
		a.Subject, a.NotAfter, a.SPKI = c.Subject.String(), record.Stamp(c.NotAfter), cred.Sum(c.RawSubjectPublicKeyInfo)
	}
	return a
}

func recordConnect(c *flows.ConnectFacts, e cred.Endpoint) *record.Connect {
	out := &record.Connect{
		Verdict: c.Verdict, Endpoint: e.String(), Path: "host", Version: c.Version, Suite: c.Suite, ClientAuth: c.ClientAuth,
		PingMS: c.PingMS, Alert: c.Alert, Rebind: "not-tried",
	}
	if c.CID != nil {
		out.CID = record.CID{Offered: c.CID.Offered, Negotiated: c.CID.Negotiated}
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
