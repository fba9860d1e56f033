package report

import (
	"cmp"
	"slices"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/report/row"
)

// Unit is one row of the annex: what the deciding record says of a unit, and the newest result of each test.
type Unit struct {
	IMEI      cred.IMEI `json:"imei,omitzero"`
	Name      string    `json:"name"`   // as the ledger knows it
	Status    string    `json:"status"` // delivered, held-back, undecided, revoked
	Verdict   string    `json:"verdict,omitempty"`
	Record    string    `json:"record"`          // the deciding one; where there is none the newest
	Leaf      string    `json:"leaf"`            // of that record in the log, hex: SHA-256 of a zero byte and the record (RFC 6962, section 2.1)
	Proof     string    `json:"proof,omitempty"` // file in the folder Model.Proofs, with the record beside it
	Time      string    `json:"time"`
	Kind      string    `json:"kind"`
	Records   int       `json:"records"` // that are of this unit
	Product   string    `json:"product,omitempty"`
	Batch     string    `json:"batch,omitempty"`
	Serial    string    `json:"product_serial,omitempty"`
	Model     string    `json:"model,omitempty"`
	Firmware  string    `json:"firmware,omitempty"`
	Station   string    `json:"station,omitempty"`
	KeyOrigin string    `json:"key_origin,omitempty"`
	Slots     []Slot    `json:"slots"`
	Cert      *Cert     `json:"certificate,omitempty"`
	SPKI      string    `json:"spki_sha256,omitempty"`
	PSK       string    `json:"psk_sha256,omitempty"`
	Authority string    `json:"authority_sha256,omitempty"`
	Anchor    string    `json:"anchor_sha256,omitempty"`
	Connected string    `json:"connected,omitempty"` // path, version and suite; empty: not tested
	Results   []Result  `json:"tests"`
	Failure   string    `json:"failure,omitempty"` // code
	Revoked   *Revoked  `json:"revoked,omitempty"` // the certificate that it has

	seen      sighting
	key       row.Key
	channel   row.Channel
	peers     []record.Peer
	authority record.Authority
	anchors   []record.Anchor
	cert      row.Cert
	pskName   string
	firstVerd string // of the first run
	failed    bool   // some deciding record failed
	passed    bool   // some deciding record passed
	renewed   bool   // with a new key after a pass
	rekeyed   bool   // a later key is another one
	byHand    bool   // slots were changed by hand after the deciding record
	imeiWrong bool
	weakUnit  bool // known by its IMEI alone
	results   map[string]result
}

// sighting is what of a record goes into the lists of facts.
type sighting struct {
	hardware, host, tool, binary, profile, operator, clock string
}

// Slot is one slot as the deciding record has it.
type Slot struct {
	SecTag   cred.SecTag `json:"sec_tag"`
	Type     cred.Kind   `json:"type"`
	Kind     string      `json:"kind"`
	SHA256   string      `json:"sha256,omitempty"`
	Action   string      `json:"action,omitempty"`
	Match    string      `json:"match,omitempty"` // yes, no; empty: not compared
	readback string
	bytes    int
	deleted  bool
}

// Cert is the unit's certificate in short.
type Cert struct {
	Serial   string `json:"serial"`
	Name     string `json:"common_name,omitempty"`
	NotAfter string `json:"not_after"`
	SHA256   string `json:"sha256,omitempty"`
	begins   string
	issuer   cred.Digest
}

// Result is what one test said of a unit, and in which record.
type Result struct {
	Test      string `json:"test"`
	Result    string `json:"result"`
	Record    string `json:"record"`
	Deviation string `json:"deviation,omitempty"`
}

type result struct {
	Result
	requirements string // joined, because they are kept a million times
	run          string
	named        bool // not run, and another unit's record is named in which it passed
}

// decides tells whether a record of this kind says what becomes of the unit.
func decides(k record.Kind) bool {
	switch k {
	case record.Provision, record.Check, record.Issue, record.Interrupted:
		return true
	}
	return false
}

// take makes a record part of the unit's row.
func (u *Unit) take(r record.Record, leaf cred.Digest, in func(string) string) {
	u.Records++
	if r.Kind == record.Provision || r.Kind == record.Interrupted {
		u.attempt(r)
	}
	if decides(r.Kind) || u.Kind == "" || !decides(record.Kind(u.Kind)) && !aside(r.Kind) {
		u.decided(r, leaf, in)
	} else if r.Kind == record.Slots && r.Verdict != cred.Fail {
		u.byHand = true
	}
	if r.Connect != nil && len(r.Connect.Negative) == 0 {
		u.connected(r, in)
	}
	u.measured(r, in)
}

func (u *Unit) attempt(r record.Record) {
	if u.firstVerd == "" {
		u.firstVerd = string(r.Verdict)
	}
	ok := r.Verdict != cred.Fail
	if ok && u.passed {
		u.renewed = true
	}
	u.failed, u.passed = u.failed || !ok, u.passed || ok
}

// decided replaces what the row says by what this record says. What a check does not name again (a certificate, a key) stays.
func (u *Unit) decided(r record.Record, leaf cred.Digest, in func(string) string) {
	u.IMEI, u.Record, u.Leaf, u.Time, u.Kind = r.IMEI, r.ID, leaf.String(), r.Time, in(string(r.Kind))
	u.Verdict, u.Status = in(string(r.Verdict)), "undecided"
	if decides(r.Kind) {
		u.Status = "delivered"
		if r.Verdict == cred.Fail {
			u.Status = "held-back"
		}
	}
	keep := func(to *string, s string) {
		if s != "" {
			*to = in(s)
		}
	}
	keep(&u.Product, r.Unit.Product)
	keep(&u.Batch, r.Unit.Batch)
	keep(&u.Serial, r.Unit.Serial)
	keep(&u.Model, r.Model)
	keep(&u.Firmware, r.Firmware)
	keep(&u.Station, r.Bench.Station)
	keep(&u.KeyOrigin, r.KeyOrigin)
	u.seen = sighting{
		in(r.Hardware), in(r.Host), in(r.Bench.Tool), in(r.Bench.Binary.String()), in(r.Bench.Profile.String()), in(r.Bench.Operator), in(clock(r.Bench.Clock)),
	}
	u.Failure, u.byHand = "", false
	if r.Failure != nil {
		u.Failure = in(r.Failure.Code)
	}
	u.imeiWrong, u.weakUnit = !r.Unit.Valid, r.Unit.Key.IsZero() && r.Unit.UUID == ""
	if len(r.Slots) > 0 {
		u.Slots = slotsOf(r.Slots, in)
	}
	u.identified(r, in)
}

func clock(c record.Clock) string {
	if c.ServerDate != "" {
		return c.Source + ", held against the server's date"
	}
	return c.Source
}

func slotsOf(all []record.Slot, in func(string) string) []Slot {
	out := make([]Slot, 0, len(all))
	for _, s := range all {
		match := ""
		if s.Match != nil {
			match = map[bool]string{true: "yes", false: "no"}[*s.Match]
		}
		out = append(out, Slot{
			SecTag: s.SecTag, Type: s.Type, Kind: in(s.Kind), SHA256: in(s.SHA256.String()), Action: in(s.Action), Match: match,
			readback: in(s.Readback), bytes: s.Bytes, deleted: s.Delete == "ok",
		})
	}
	return out
}

// identified takes over key, certificate, authority and anchors.
func (u *Unit) identified(r record.Record, in func(string) string) {
	if k := r.Key; k != nil {
		u.rekeyed = u.rekeyed || u.SPKI != "" && !k.SPKI.IsZero() && u.SPKI != k.SPKI.String()
		u.SPKI, u.PSK, u.pskName = k.SPKI.String(), k.PSK.String(), k.PSKIdentity
		u.key = row.Key{
			Origin: in(k.Origin), Generator: in(k.Generator), Algorithm: in(k.Algorithm), StrengthBits: k.StrengthBits, Table: in(k.Table), HostCopy: in(k.HostCopy),
			Statement: in(k.Statement), Freshness: in(k.Freshness), Proof: in(k.Proof),
		}
	}
	if c := r.Cert; c != nil {
		u.Cert = &Cert{c.Serial, c.Name, c.NotAfter, c.SHA256.String(), c.NotBefore, c.IssuerSHA}
		u.SPKI = cmp.Or(c.SPKI.String(), u.SPKI)
		u.cert = row.Cert{
			Profile: in(c.Profile), Key: in(c.Key), Signature: in(c.Signature), KeyUsage: in(strings.Join(c.KeyUsage, ", ")),
			ExtKeyUsage: in(strings.Join(c.ExtKeyUsage, ", ")), IsCA: c.IsCA, Lint: c.Lint,
		}
	}
	if a := r.Authority; a != nil {
		u.Authority, u.authority = in(a.SHA256.String()), interned(*a, in)
	}
	if a := r.Anchor; a != nil {
		u.Anchor, u.anchors = in(a.SHA256.String()), r.Anchors
		if len(r.Anchors) == 0 {
			u.anchors = []record.Anchor{*a}
		}
		for i := range u.anchors {
			a := &u.anchors[i]
			a.Subject, a.NotAfter, a.URL, a.Approver = in(a.Subject), in(a.NotAfter), in(a.URL), in(a.Approver)
		}
	}
}

func interned(a record.Authority, in func(string) string) record.Authority {
	a.Subject, a.Key, a.NotAfter, a.Protection = in(a.Subject), in(a.Key), in(a.NotAfter), in(a.Protection)
	return a
}

func (u *Unit) connected(r record.Record, in func(string) string) {
	c := r.Connect
	host := ""
	if c.HostMatch != nil {
		host = map[bool]string{true: "yes", false: "no"}[*c.HostMatch]
	}
	register := ""
	if c.Register != nil {
		register = in(c.Register.Code)
	}
	u.channel = row.Channel{
		Endpoint: in(c.Endpoint), Path: in(c.Path), Twin: c.Twin, Verdict: in(string(c.Verdict)), Version: in(c.Version), Suite: in(c.Suite), Group: in(c.Group),
		Signature: in(c.Signature), ClientAuth: in(c.ClientAuth), CID: c.CID.Negotiated, HostMatch: host, Register: register,
	}
	u.Connected = in(strings.TrimSuffix(c.Path+", "+c.Version+", "+c.Suite, ", , "))
	u.peers = c.Peer
	for i := range u.peers {
		p := &u.peers[i]
		p.Subject, p.Issuer, p.NotAfter, p.NotBefore, p.Key, p.Signature = in(p.Subject), in(p.Issuer), in(p.NotAfter), in(p.NotBefore), in(p.Key), in(p.Signature)
	}
}

// measured takes the record's results. A new identity makes the older ones void, but for those of its own run: the connection of a
// twin is written right before the unit's record.
func (u *Unit) measured(r record.Record, in func(string) string) {
	if r.Kind.Supersedes() || u.results == nil {
		for t, old := range u.results {
			if r.Run == "" || old.run != r.Run {
				delete(u.results, t)
			}
		}
		if u.results == nil {
			u.results = map[string]result{}
		}
	}
	if r.Kind == record.Test && len(negatives(r)) > 0 {
		return // of the server, and counted there
	}
	for _, m := range r.Tests {
		old, had := u.results[m.Test]
		if had && m.Result == "not-run" && old.Result.Result != "not-run" {
			continue
		}
		_, named := m.PassedIn()
		if named && m.Deviation == "" {
			m.Deviation = m.Evidence
		}
		u.results[in(m.Test)] = result{
			Result{in(m.Test), in(m.Result), r.ID, in(m.Deviation)}, in(strings.Join(m.Requirements, " ")), r.Run, named,
		}
	}
}

func negatives(r record.Record) []record.Measured {
	if r.Connect == nil {
		return nil
	}
	return r.Connect.Negative
}

// close makes the row's results a list, in the order of the tests' numbers.
func (u *Unit) close() {
	u.Results = make([]Result, 0, len(u.results))
	for _, r := range u.results {
		u.Results = append(u.Results, r.Result)
	}
	slices.SortFunc(u.Results, func(a, b Result) int { return byNumber(a.Test, b.Test) })
	if u.Slots == nil {
		u.Slots = []Slot{}
	}
}

// byNumber orders T2 before T10.
func byNumber(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }
