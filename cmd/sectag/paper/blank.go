package paper

import (
	"io"

	"example.org/sectag/bench"
	"example.org/sectag/bench/ask"
	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
	"example.org/sectag/flows"
	"example.org/sectag/ledger"
)

// The blank documents are those of verbs that failed before there was anything to tell: nothing is claimed, and the lists are there.

// NoUnit is the blank document of sectag provision for one port.
func NoUnit() Document {
	return &Unit{Unit: bench.Unit{Verdict: cred.Fail, Slots: []bench.UnitSlot{}, Anchors: []flows.AnchorFacts{}, Findings: []cred.Finding{}}}
}

// NoUnitOf is that of sectag provision, for one unit or several.
func NoUnitOf(several bool) Document {
	if several {
		return NoUnits()
	}
	return NoUnit()
}

// NoUnits is that of sectag demo, and of several ports.
func NoUnits() Document { return &Units{Units: []bench.Unit{}} }

// NoUnitSeen is that of sectag inspect.
func NoUnitSeen() Document {
	return &struct {
		Slots
		Findings []cred.Finding `json:"findings"`
	}{*NoSlots().(*Slots), []cred.Finding{}}
}

// NoSlots is that of sectag slots.
func NoSlots() Document { return &Slots{Slots: []bench.UnitSlot{}, Lines: func(io.Writer) {}} }

// NoPorts is that of sectag ports.
func NoPorts() Document { return &Ports{Ports: []Port{}} }

// NoCommands is that of sectag at.
func NoCommands() Document { return &AT{Commands: []ask.Answer{}} }

// NoFindings is that of the verbs that judge: ca audit, ca verify, ledger verify, doctor.
func NoFindings() Document { return &Findings{Verdict: cred.Fail, Findings: []cred.Finding{}} }

// NoFiles is that of the verbs that make a certificate: ca init, ca issue.
func NoFiles() Document { return &Files{Findings: []cred.Finding{}} }

// NoRecords is that of sectag ledger list.
func NoRecords() Document { return &LedgerList{Records: []ledger.Summary{}} }

// NoProbe is that of sectag probe.
func NoProbe() Document { return &Probe{ProbeReport: endpoint.NewProbeReport()} }

// NoConnect is that of sectag connect.
func NoConnect() Document { return &Connect{ConnectReport: endpoint.NewConnectReport()} }

// NoReport is that of sectag ledger report.
func NoReport() Document {
	return &LedgerReport{Requirements: []ReportedResult{}, Mistakes: []string{}}
}
