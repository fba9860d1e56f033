package paper

import (
	"fmt"
	"io"
	"slices"

	"example.org/sectag/bench/ask"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
)

// Ports is the document of sectag ports.
type Ports struct {
	Result
	Ports []Port `json:"ports"`
}

// Port is one of them, and what it had to say if it was asked.
type Port struct {
	device.PortInfo
	Asked bool        `json:"asked,omitempty"`
	NotAT *cred.Fault `json:"not_at,omitempty"` // why no AT host speaks there
}

// People writes it as lines.
func (d *Ports) People(w io.Writer) {
	if len(d.Ports) == 0 {
		fmt.Fprintln(w, "no ports: plug a board in, or use tcp://host:port or sim:nrf9151")
	}
	for _, p := range d.Ports {
		state := string(p.Role)
		if p.Busy {
			state = "busy"
		}
		fmt.Fprintf(w, "%-16s %-8s %s\n", p.Name, state, p.Board)
		if p.Blocked != nil {
			fmt.Fprintf(w, "  %s (%s)\n  hint: %s\n", p.Blocked.Text, p.Blocked.Code, p.Blocked.Hint)
		}
		if p.NotAT != nil {
			fmt.Fprintf(w, "  %s (%s)\n", p.NotAT.Text, p.NotAT.Code)
		}
	}
}

// Rules is the document of sectag doctor --rules.
type Rules struct {
	Result
	Rules string `json:"rules"`
}

// People writes it as it is installed.
func (d *Rules) People(w io.Writer) { fmt.Fprint(w, d.Rules) }

// Inspect is the document of sectag inspect.
type Inspect struct {
	Result
	ask.Looked
}

// People writes it as lines.
func (d *Inspect) People(w io.Writer) {
	if d.IMEI == 0 {
		return
	}
	note := ""
	if !d.IMEIValid {
		note = "   (its check digit is wrong)"
	}
	line(w, "IMEI", d.IMEI.String()+note)
	line(w, "model", d.Model)
	line(w, "firmware", d.Firmware)
	line(w, "hardware", d.Hardware)
	line(w, "host", d.Host)
	line(w, "mode", fmt.Sprintf("+CFUN %d", d.FunctionalMode))
	line(w, "record", d.Record)
	if slices.ContainsFunc(d.Slots, func(s flows.SlotFacts) bool { return !s.Reserved && s.Known == nil }) {
		line(w, "ledger", "none, so which slots are ours is not known")
	}
	SlotLines(w, d.Slots)
	findings(w, d.Findings)
}

// SlotLines lists slots as the modem does, with what the ledger knows.
func SlotLines(w io.Writer, slots []flows.SlotFacts) {
	for _, s := range slots {
		fmt.Fprintf(w, "%10d %-14s %s%s\n", s.SecTag, s.Kind, s.SHA256, known(s))
	}
}

func known(s flows.SlotFacts) string {
	switch {
	case s.Reserved:
		return "   the modem's own"
	case s.Revoked:
		return "   known, and revoked"
	case s.Known != nil && *s.Known:
		return "   known"
	case s.Known != nil:
		return "   not known"
	}
	return ""
}

// AT is the document of sectag at.
type AT struct {
	Result
	Commands []ask.Answer `json:"commands"`
}

// People writes it as lines.
func (d *AT) People(w io.Writer) {
	for _, c := range d.Commands {
		fmt.Fprintf(w, "> %s\n", c.Command)
		for _, l := range c.Lines {
			fmt.Fprintf(w, "< %s\n", l)
		}
		fmt.Fprintf(w, "< %s   (%d ms)\n", c.Result, c.Elapsed)
	}
}

// Slots is the document of sectag slots.
type Slots struct {
	Result
	Slots  any             `json:"slots"`
	Record string          `json:"record,omitempty"`
	Lines  func(io.Writer) `json:"-"`
}

// People writes it as lines.
func (d *Slots) People(w io.Writer) { d.Lines(w) }
