package paper

import (
	"fmt"
	"io"
	"strings"

	"example.org/sectag/bench/ask"
	"example.org/sectag/bench/negative"
	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
	"example.org/sectag/endpoint/coap"
	"example.org/sectag/endpoint/lwm2m"
	"example.org/sectag/endpoint/session"
	"example.org/sectag/endpoint/traits"
)

// Probe is the document of sectag probe.
type Probe struct {
	endpoint.ProbeReport
	URL   string   `json:"-"`
	Files []string `json:"-"` // where the anchor and its backup were written
}

// Failed puts the failure beside what was known by then.
func (d *Probe) Failed(f *cred.Fault) { d.ProbeReport.Failure = f }

// People writes it as lines.
func (d *Probe) People(w io.Writer) {
	fmt.Fprintf(w, "%s\n", d.URL)
	for i, c := range d.Chain {
		fmt.Fprintf(w, "%s%s  %s  until %s\n", strings.Repeat("  ", i+1), c.Subject, c.Key, c.NotAfter.Format("2006-01-02"))
	}
	if a := d.Anchor; a != nil {
		line(w, "anchor", fmt.Sprintf("%s, until %s, %d B, from %s, trust %s", a.Subject, a.NotAfter.Format("2006-01-02"), a.PEMBytes, a.Source, a.Trust))
		line(w, "sha256", a.SHA256.String()+"   of the file, and in the modem's list")
		line(w, "fingerprint", a.DER.String()+"   as openssl x509 -fingerprint -sha256 says")
	}
	for _, l := range d.Advice {
		line(w, "advice", l)
	}
	line(w, "suites", strings.Join(d.Suites.Server, " "))
	line(w, "modem has", strings.Join(d.Suites.ModemUsable, " "))
	able(w, d.Traits)
	line(w, "asks for", "a certificate: "+orUnknown(d.ClientAuth))
	if d.Packets > 0 {
		line(w, "sent", fmt.Sprintf("%d packets", d.Packets))
	}
	line(w, "written", strings.Join(d.Files, " "))
	findings(w, d.Findings)
	fmt.Fprintln(w, strings.ToUpper(string(d.Verdict)))
}

// able writes what else the server can do.
func able(w io.Writer, t traits.Traits) {
	line(w, "versions", strings.Join(t.Versions, ", "))
	line(w, "curves", strings.Join(t.Groups, " "))
	line(w, "signs with", strings.Join(t.Signatures, " "))
	line(w, "psk hint", t.PSKHint)
	line(w, "lets in", strings.Join(t.Authorities, "; "))
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// Connect is the document of sectag connect.
type Connect struct {
	endpoint.ConnectReport
	Modem    *ask.ThroughModem  `json:"modem,omitempty"`
	Negative []negative.Attempt `json:"negative,omitempty"` // the handshakes that had to fail
	Record   string             `json:"record,omitempty"`   // that tells of them
	URL      string             `json:"-"`
}

// Failed puts the failure beside what was known by then.
func (d *Connect) Failed(f *cred.Fault) { d.ConnectReport.Failure = f }

// People writes it as lines.
func (d *Connect) People(w io.Writer) {
	fmt.Fprintf(w, "%s\n", d.URL)
	line(w, "version", d.Version)
	line(w, "suite", d.Suite)
	line(w, "client auth", d.ClientAuth)
	if d.HandshakeMS > 0 {
		line(w, "handshake", fmt.Sprintf("%d ms", d.HandshakeMS))
	}
	if d.PingMS > 0 {
		line(w, "ping", fmt.Sprintf("%d ms", d.PingMS))
	}
	if d.Modem == nil && d.CID.Offered && d.Suite != "" {
		line(w, "cid", map[bool]string{true: "agreed", false: "none"}[d.CID.Negotiated])
	}
	if r := d.Register; r != nil && r.Code != "" {
		line(w, "registered", registered(*r))
	}
	if b := d.Bootstrap; b != nil && b.Code != "" {
		line(w, "bootstrap", fmt.Sprintf("%s, %d deleted, %d written%s", b.Code, b.Deleted, b.Written, yes(b.Finished, ", finished")))
	}
	if d.Rebind != "not-tried" {
		line(w, "other port", d.Rebind)
	}
	if t := d.Datagrams; t != nil {
		line(w, "datagrams", fmt.Sprintf("%d sent, %d received, %d flights%s", t.Sent, t.Received, d.Flights, again(d.Retransmissions)))
	}
	for _, a := range d.Alerts {
		line(w, "alert", fmt.Sprintf("%s (%d) of the %s, %s", a.Name, a.Number, a.From, a.When))
	}
	d.throughModem(w)
	for _, a := range d.Negative {
		line(w, attempted(a), a.Attempt+": "+a.Text)
	}
	line(w, "record", d.Record)
	findings(w, d.Findings)
	line(w, "note", d.note())
	fmt.Fprintln(w, strings.ToUpper(string(d.Verdict)))
}

// registered is what became of a registration; "no" stands before an answer that refuses it, or it would be read as one that was made.
func registered(r lwm2m.Registration) string {
	if r.Code != coap.Created.String() {
		return "no: " + r.Code
	}
	return strings.TrimSpace(r.Code+" "+r.Location) + yes(r.Updated, ", updated") + yes(r.Deregistered, ", de-registered")
}

// note says what a handshake that came about does not show: a server that asks for a certificate may take anybody's. It is empty where
// nothing of that is claimed: behind a failure, in a session of which nothing more is known, at a server that never asked (a finding says so), with a pre-shared key, which both
// sides have, and behind the handshakes that show it.
func (d *Connect) note() string {
	asked := d.ClientAuth == "used" || d.Modem != nil // which does not tell
	if d.Verdict == cred.Fail || d.HandshakeMS == 0 || !asked || d.Suite == "" || strings.Contains(d.Suite, "_PSK_") || len(d.Negative) > 0 {
		return ""
	}
	const proves = "a handshake proves that the server lets this unit in, not that it refuses others"
	if strings.HasPrefix(d.URL, "tls:") { // no profile names such a server
		return proves
	}
	return proves + "; --negative shows that"
}

// attempted is what became of a handshake that had to fail.
func attempted(a negative.Attempt) string {
	switch {
	case a.Refused == nil:
		return "not proven"
	case *a.Refused:
		return "refused"
	}
	return "let in"
}

func yes(is bool, word string) string {
	if is {
		return word
	}
	return ""
}

// again tells what was lost on the way; nothing if nothing was.
func again(n *session.TwoWays) string {
	if n == nil || n.Sent+n.Received == 0 {
		return ""
	}
	return fmt.Sprintf(", of these %d and %d again", n.Sent, n.Received)
}

// throughModem writes what only a connection of the modem's own has.
func (d *Connect) throughModem(w io.Writer) {
	if m := d.Modem; m != nil {
		line(w, "modem", fmt.Sprintf("%s, %s, sec_tag %d", m.IMEI, m.Host, m.SecTag))
		if m.Network != "" {
			line(w, "network", strings.TrimSpace(fmt.Sprintf("%s %s, after %d ms", m.Network, m.Technology, m.AttachMS)))
		}
		line(w, "cid", m.CIDStatus)
		line(w, "computer", m.Computer)
	}
}
