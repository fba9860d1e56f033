// Package sheet writes a report as rows that a person pastes into the sheets of a technical file for EN 18031: one sheet for each
// requirement and item that a bench has something for, in our own words and shaped like the public assessment templates (name, what is
// asked, what was found, result, who fills it in, what stands behind it). What only a person can say is there as an empty value.
package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"example.org/sectag/ledger/report"
	"example.org/sectag/ledger/report/row"
)

// Row is one cell of an assessment sheet.
type Row struct {
	Sheet    string `json:"sheet"` // such as CCK-1.CCK
	Item     string `json:"item"`  // what the sheet has a line for, such as SecParam-client-key
	Asks     string `json:"asks"`
	Value    string `json:"value"`     // empty: to be filled in
	Result   string `json:"result"`    // P, F, NA, not-run; empty where none is asked
	FilledBy string `json:"filled_by"` // bench or person
	Evidence string `json:"evidence"`
}

// Rows are all rows of a report.
func Rows(m *report.Model) []Row {
	s := &sheets{m: m, results: map[string]report.Requirement{}}
	for _, r := range m.Requirements {
		s.results[r.ID] = r
	}
	s.product()
	s.revoked()
	s.keys()
	s.store()
	s.channel()
	s.authentication()
	s.cryptography()
	return s.rows
}

type sheets struct {
	m       *report.Model
	results map[string]report.Requirement
	rows    []Row
	sheet   string
	item    string
}

// at begins a line of a sheet.
func (s *sheets) at(sheet, item string) { s.sheet, s.item = sheet, item }

func (s *sheets) bench(asks, value, evidence string) {
	s.rows = append(s.rows, Row{s.sheet, s.item, asks, value, "", "bench", evidence})
}

// person adds cells that only a person can fill in.
func (s *sheets) person(asks ...string) {
	for _, a := range asks {
		s.rows = append(s.rows, Row{s.sheet, s.item, a, "", "", "person", ""})
	}
}

// result closes a line with what was measured for a requirement, and the reservations.
func (s *sheets) result(id string) {
	r := s.results[id]
	var behind []string
	for _, e := range r.Evidence {
		text := fmt.Sprintf("%s: %d pass, %d fail, %d na, %d not run", e.Test, e.Pass, e.Fail, e.NA, e.NotRun)
		if e.Named > 0 {
			text += fmt.Sprintf(", %d by another unit with their firmware", e.Named)
		}
		if len(e.Records) > 0 {
			text += ", records " + strings.Join(e.Records, " ")
		}
		behind = append(behind, text)
	}
	value := r.Result
	if r.InPart {
		value += " in part"
	}
	s.rows = append(s.rows, Row{s.sheet, s.item, "what the measurements support", value, r.Result, "bench", strings.Join(behind, "; ")})
	s.bench("reservations", strings.Join(r.Deviations, "; "), "")
	s.person("path through the decision tree", "justification")
}

func (s *sheets) product() {
	f := s.m.Facts
	s.at("ProductInfo", "Product")
	s.bench("name", names(f.Products), "records: unit.product")
	s.bench("batch", names(f.Batches), "records: unit.batch")
	s.bench("hardware", names(f.Hardware), "as the modem says it")
	s.bench("modem", names(f.Models), "as the modem says it")
	s.bench("firmware of the modem", names(f.Firmware), "AT+CGMR")
	s.bench("number of units", strconv.Itoa(s.m.Count.Delivered), "delivered in this report")
	s.bench("number of revoked units", strconv.Itoa(s.m.Count.Revoked), "records: revocation; they are not among the delivered")
	s.bench("tool of the bench", names(f.Tools), "records: bench.tool")
	s.person("application firmware, its version and digest", "release and serial numbers of the product", "intended function", "parts of the standard that are applied",
		"network equipment: yes or no", "toy or childcare: yes or no", "reaches the internet: directly or through other equipment", "special categories of data: yes or no", "maker", "contact")
}

// revoked has a line for each unit that still has a certificate that was revoked.
func (s *sheets) revoked() {
	for _, u := range s.m.Units {
		if v := u.Revoked; v != nil {
			s.at("ProductInfo", "Revoked-"+u.Name)
			s.bench("certificate that is to be believed no more", v.Serial+", since "+v.Time+", "+v.Reason, "record "+v.Record)
		}
	}
}

func names(all []report.Tally) string {
	var out []string
	for _, t := range all {
		out = append(out, t.Name+" ("+strconv.Itoa(t.Units)+")")
	}
	return strings.Join(out, "; ")
}

// asset is the name of a slot in the sheets.
func asset(r row.Slot) string { return fmt.Sprintf("SecParam-%s-%d", r.Kind, r.SecTag) }

func (s *sheets) keys() {
	for _, k := range s.m.Keys {
		s.at("CCK-1.CCK", "SecParam-unit-key-"+k.Origin)
		s.bench("algorithm and length", k.Algorithm, "records: key.algorithm")
		s.bench("security strength in bits", strconv.Itoa(k.StrengthBits), k.Table)
		s.person("deviation, and where it is justified")
		s.result("CCK-1")
		s.at("CCK-2.Generation", "KeyGen-"+k.Origin)
		s.bench("keys that it makes", fmt.Sprintf("unit keys, %s, on %d units", k.Algorithm, k.Units), "records: key")
		s.bench("random source and generator", k.Generator, "records: key.generator")
		s.bench("copy outside the unit", k.HostCopy, "records: key.host_copy")
		s.person("implementation: what the modem's maker says of its generator", "deviation")
		s.result("CCK-2")
	}
	for _, r := range s.m.Inventory {
		if r.Kind != "client-key" && r.Kind != "psk" {
			continue
		}
		s.at("CCK-3.CCK", asset(r))
		s.bench("unique", fmt.Sprintf("%d units, %d different", r.Units, r.Distinct), "the modem's list of digests")
		s.bench("held against", fmt.Sprintf("%d records, %s", s.m.Uniqueness.Compared, s.m.Uniqueness.Scope), "records: uniqueness")
		s.person("only for initial trust: how it is controlled", "shared by need: why")
		s.result("CCK-3")
	}
}

func (s *sheets) store() {
	for _, r := range s.m.Inventory {
		s.at("SSM-1.SecAsset", asset(r))
		s.bench("what it is", fmt.Sprintf("%s under sec_tag %d, %d to %d bytes, on %d units", r.Kind, r.SecTag, r.Bytes[0], r.Bytes[1], r.Units), "the modem's list after the write")
		s.bench("store", "credential store of the modem", "AT%CMNG=1")
		s.person("environment of use")
		s.result("SSM-1")
	}
	for _, r := range s.m.Storage {
		s.at("SSM-2.SSM", fmt.Sprintf("StorageMech-%s-%s", r.Firmware, r.Kind))
		s.bench("stored as it was sent", fmt.Sprintf("%d of %d slots; %d differ, %d not listed", r.Match, r.Slots, r.Differ, r.Unlisted), "records: slots")
		s.person("implementation category", "what keeps the AT port shut in the product: without it this store can be written anew", "statement of the modem's maker")
		s.result("SSM-2")
		if r.Kind != "client-key" && r.Kind != "psk" {
			continue
		}
		s.at("SSM-3.SSM", fmt.Sprintf("StorageMech-%s-%s", r.Firmware, r.Kind))
		s.bench("reading back", fmt.Sprintf("refused %d, returned %d, error %d, not tried %d", r.Refused, r.Returned, r.Error, r.NotRead), "records: slots.readback")
		s.person("implementation category (access control is what was measured)", "statement of the modem's maker on encryption")
		s.result("SSM-3")
	}
}

func (s *sheets) channel() {
	for i, c := range s.m.Channels {
		item := fmt.Sprintf("ComMech-%d", i+1)
		s.at("SCM-1.SCM", item)
		s.bench("protocol", c.Version, "records: connect.version")
		s.bench("peer", c.Endpoint, "records: connect.endpoint")
		s.bench("made by", made(c), "records: connect.path")
		s.bench("units", strconv.Itoa(c.Units), "")
		s.person("radio and network interface", "states of the equipment in which it is used", "security objectives", "how it is managed")
		s.result("SCM-1")
		s.at("SCM-2.SCM", item)
		s.bench("capability", "certificates of both sides, anchor pinned in the modem", "records: anchor, connect.peer")
		s.bench("signature and group", strings.Trim(c.Signature+", "+c.Group, ", "), "records: connect")
		s.bench("client showed who it is", c.ClientAuth, "records: connect.client_auth")
		s.person("protection from threats")
		s.result("SCM-2")
		s.at("SCM-3.SCM", item)
		s.bench("cipher suite", c.Suite, "records: connect.suite")
		s.person("details of the implementation")
		s.result("SCM-3")
		s.at("SCM-4.SCM", item)
		s.bench("numbering", "sequence numbers of the DTLS record layer", "protocol")
		s.person("how replays were tried on the product")
		s.result("SCM-4")
	}
}

// made says who made a handshake, and so what it shows.
func made(c row.Channel) string {
	switch {
	case c.Path == "modem":
		return "the modem itself"
	case c.Twin:
		return "this computer with a twin of the unit's certificate: shows server and chain, and nothing of the modem"
	}
	return "this computer with the unit's certificate: shows server, chain and certificate, and nothing of the modem"
}

func (s *sheets) authentication() {
	for _, a := range s.m.Anchors {
		s.at("AUM-3.AuthVal", "AuthMech-anchor-"+a.SHA256[:min(8, len(a.SHA256))])
		s.bench("root that the server is held against", a.Subject+", until "+a.NotAfter, "records: anchor")
		s.bench("why it is believed", a.Trust, "records: anchor.trust")
		s.person("environment of use")
		s.result("AUM-3")
	}
	for _, n := range s.m.Negative {
		s.at("AUM-3.AuthVal", "AuthMech-refusal-"+n.Attempt)
		s.bench("must be refused", fmt.Sprintf("refused %d, let in %d, not run %d", n.Refused, n.LetIn, n.NotRun), "records: connect.negative "+strings.Join(n.Records, " "))
	}
}

// cryptography has one row a mechanism and none an asset.
func (s *sheets) cryptography() {
	one := func(item, what, evidence string) {
		s.at("CRY-1.Cryptography", item)
		s.bench("mechanism", what, evidence)
		s.person("deviation from best practice, and why")
		s.result("CRY-1")
	}
	for _, c := range s.m.Certificates {
		one("Crypto-certificate-"+c.Profile, c.Key+", signed with "+c.Signature, "records: certificate")
	}
	for i, c := range s.m.Channels {
		one(fmt.Sprintf("Crypto-channel-%d", i+1), strings.Trim(c.Version+", "+c.Suite, ", "), "records: connect")
	}
}

// CSV writes the rows as RFC 4180, with a head. A cell that a spreadsheet would take for a formula gets an apostrophe in front.
func CSV(w io.Writer, rows []Row) error {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	_ = c.Write([]string{"sheet", "item", "asks", "value", "result", "filled_by", "evidence"})
	for _, r := range rows {
		line := []string{r.Sheet, r.Item, r.Asks, r.Value, r.Result, r.FilledBy, r.Evidence}
		for i := range line {
			line[i] = inert(line[i])
		}
		_ = c.Write(line)
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("write the rows: %w", err)
	}
	return nil
}

// inert keeps a spreadsheet from running what stands in a cell.
func inert(s string) string {
	if s != "" && strings.ContainsAny(s[:1], "=+-@\t\r") {
		return "'" + s
	}
	return s
}
