package negative

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/past"
	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
	"example.org/sectag/flows"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// known finds out whose certificate it is, for the record, before anything is signed.
func (p *proof) known(ctx context.Context, unit *x509.Certificate) error {
	if p.imei = imeiIn(p.name, p.ID); p.Ledger == nil {
		return nil
	}
	id, found, err := p.Ledger.Holder(ctx, record.Binding{What: record.BindSPKI, Value: spki(unit).String()})
	if err != nil {
		return err
	}
	if found {
		r, _, err := p.Ledger.Show(ctx, id)
		if err != nil {
			return err
		}
		p.imei = r.IMEI
	}
	if p.imei == 0 {
		return cred.Failed("config.value", "the certificate's name, "+cred.Line(p.name)+", tells no IMEI, and the ledger does not know it: no record could be written",
			"write the template of your units' names as id below [device] in the profile")
	}
	p.newest, err = past.Newest(ctx, p.Ledger.Reader)
	return err
}

// begin opens a run, in which serials are reserved: of a process that dies the next start abandons them.
func (p *proof) begin(ctx context.Context) (err error) {
	if p.Ledger != nil {
		p.run, err = p.Ledger.Begin(ctx, record.Stamp(p.Now()), json.RawMessage(`{"verb":"connect --negative"}`))
	}
	return err
}

// write abandons what was reserved and writes the record, of kind test. It names no certificate and no key, so that it claims nothing
// for the unit: nothing of what was minted is ever anybody's.
func (p *proof) write(ctx context.Context, r Result, failed error) (string, error) {
	if p.Ledger == nil {
		return "", nil
	}
	err := p.abandon(ctx)
	facts, e := factsOf(r.Unit)
	if err = errors.Join(err, e); err != nil {
		return "", err
	}
	out := record.Record{
		Kind: record.Test, Time: record.Stamp(p.Now()), Verdict: r.Unit.Verdict, IMEI: p.imei, Run: p.run,
		Bench: evidence.Bench(p.Tool, ""), Authority: evidence.Authority(p.Auth, p.Auth.Root), Findings: r.Unit.Findings,
		Connect: evidence.Connect(facts, p.Server), Abandoned: p.serials, Failure: cred.AsFault(failed),
		ElapsedMS: p.Now().Sub(p.began).Milliseconds(),
	}
	out.Connect.Negative = measured(r.Attempts)
	out.Tests = []record.Measured{t10(r.Attempts)}
	written, err := p.Ledger.Record(ctx, out)
	if err != nil {
		return "", err
	}
	return written.ID, p.Ledger.End(ctx, p.run, record.Stamp(p.Now()), ledger.RunDone)
}

// factsOf is a report as records are made of it.
func factsOf(r endpoint.ConnectReport) (*flows.ConnectFacts, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	var f flows.ConnectFacts
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("reading the report: %w", err)
	}
	return &f, nil
}

// requirements of EN 18031 that such handshakes support.
var requirements = []string{"AUM-3", "SCM-2"}

// measured are the attempts as a record has them.
func measured(attempts []Attempt) []record.Measured {
	out := []record.Measured{}
	for _, a := range attempts {
		m := record.Measured{Test: a.Attempt, Requirements: requirements, Result: result(a)}
		if m.Evidence = a.How; a.Alert != nil {
			m.Evidence = fmt.Sprintf("%s %d", a.How, *a.Alert)
		}
		if m.Result == "not-run" {
			m.Deviation = a.Text
		}
		out = append(out, m)
	}
	return out
}

func result(a Attempt) string {
	switch {
	case a.Refused == nil:
		return "not-run"
	case *a.Refused:
		return "pass"
	}
	return "fail"
}

// t10 is the test that all of them are: passed where all were refused, failed where one was let in.
func t10(attempts []Attempt) record.Measured {
	m := record.Measured{Test: "T10", Requirements: requirements, Result: "pass", Evidence: "connect: negative"}
	for _, a := range attempts {
		switch r := result(a); {
		case r == "fail":
			m.Result = r
		case r == "not-run" && m.Result == "pass":
			m.Result = r
		}
	}
	return m
}
