package paper

import (
	"fmt"
	"io"
	"strings"

	"example.org/sectag/bench/ask"
	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
)

// Probe is the document of sectag probe.
type Probe struct {
	endpoint.ProbeReport
	URL  string `json:"-"`
	File string `json:"-"` // where the anchor was written
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
	line(w, "suites", strings.Join(d.Suites.Server, " "))
	line(w, "modem has", strings.Join(d.Suites.ModemUsable, " "))
	line(w, "asks for", "a certificate: "+orUnknown(d.ClientAuth))
	line(w, "written", d.File)
	findings(w, d.Findings)
	fmt.Fprintln(w, strings.ToUpper(string(d.Verdict)))
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
	Modem    *ask.ThroughModem `json:"modem,omitempty"`
	Register *ask.Registered   `json:"register,omitempty"`
	URL      string            `json:"-"`
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
	d.throughModem(w)
	findings(w, d.Findings)
	fmt.Fprintln(w, strings.ToUpper(string(d.Verdict)))
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
	if r := d.Register; r != nil && r.Code != "" {
		line(w, "registered", fmt.Sprintf("%s %s, updated %t, de-registered %t", r.Code, r.Location, r.Updated, r.Deregistered))
	}
}
