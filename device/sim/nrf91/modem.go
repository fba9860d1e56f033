// Package nrf91 is the modem behind the host firmware: commands in, replies out, without a line and without time. exec.go
// takes a command apart and finds it in the table, status.go holds identity and functional mode, network.go what is asked of
// the network, cmng.go the credential store, keygen.go the keys that the modem makes itself, firmware.go what differs between
// versions and state.go what the unit keeps. It follows nrf91.md, the project's fact sheet, row by row; where the sheet says "not
// found", docs/simulator.md says what was chosen.
package nrf91

import (
	"example.org/sectag/cred"
	"example.org/sectag/device/sim/fault"
	"example.org/sectag/device/sim/network"
)

// Config describes a modem; the zero value is a new nRF9151 with an IMEI drawn at random.
type Config struct {
	IMEI     cred.IMEI // zero: the one in the state file, else a valid one drawn at random
	Firmware string    // such as DefaultFirmware; empty: the one in the state file, else DefaultFirmware
	Model    string    // "nRF9151", "nRF9161", "nRF9160"; empty: the usual one for the firmware
	State    string    // the file that holds the unit between runs (see State); empty: it is forgotten
	Faults   fault.Set // complete, as fault.Complete makes them
	Online   bool      // comes up with LTE on, as under a host that connects by itself
}

// Modem is one modem. Its methods must not be called at the same time.
type Modem struct {
	fw       firmware
	commands map[string]command
	file     string
	state    State
	faults   fault.Set
	online   bool  // the host's firmware connects by itself when it starts
	writes   int64 // credentials that reached the store, for faults that wait for the Nth
	cmee     bool
	mode     int // functional mode
	radio    network.Radio

	commandsRun int64 // for faults that wait for the Nth
}

// New makes a modem, or takes it out of its state file if that exists. The state file is written at once.
func New(cfg Config) (*Modem, error) {
	s, err := settle(cfg)
	if err != nil {
		return nil, err
	}
	fw, err := parseFirmware(s.Firmware, s.Model)
	if err != nil {
		return nil, err
	}
	m := &Modem{fw: fw, commands: table(), file: cfg.State, state: s, faults: cfg.Faults, online: cfg.Online}
	m.Boot()
	if err := m.save(); err != nil {
		return nil, err
	}
	return m, nil
}

// Boot is what power does: settings are lost, the store is not. The functional mode is 4 then, as in the at_client sample
// (nrf91.md, 1.3).
func (m *Modem) Boot() {
	m.cmee, m.mode = false, 4
	if m.online || m.faults.Has("active") || m.faults.Has("online") {
		m.mode = 1
	}
	m.radio.Reset(m.active())
}

// SetFaults replaces the faults. The functional mode stays as it is until the next Boot.
func (m *Modem) SetFaults(s fault.Set) { m.faults = s }

// State is what the modem is and holds, as its state file has it.
func (m *Modem) State() State { return m.state.clone() }
