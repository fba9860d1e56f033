// Package sim is a virtual nRF91 modem with its AT host firmware: a unit for the demo, for learning and for tests. It speaks
// raw bytes on any line, keeps its credentials in a file, takes the time that a UART and a flash take, and fails by name.
//
// Read it from the outside in: Config and New here; line.go and reply.go (bytes, time, the cable) drive a host.Host, which
// knows where a command ends, and hand whole commands to nrf91.Modem, which knows what they mean, or to a socket.Set (air.go). Package wire has the lines, package
// fault the names of what goes wrong. The specification is nrf91.md, the project's fact sheet; docs/simulator.md says how
// to use it, and what was chosen where the sheet is silent. It shares no code with the driver, so that a mistake has to be
// made twice to go unseen.
package sim

import (
	"bytes"
	"cmp"
	"fmt"
	"sync"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/sim/fault"
	"example.org/sectag/device/sim/host"
	"example.org/sectag/device/sim/nrf91"
	"example.org/sectag/device/sim/socket"
)

// Fault is something that goes wrong, by name.
type Fault = fault.Fault

// State is what a unit is and holds; its JSON form is the state file.
type State = nrf91.State

// DefaultFirmware is what a new unit runs.
const DefaultFirmware = nrf91.DefaultFirmware

// ParseFault reads a fault as the command line has it, such as "full@2". The error is a *cred.Fault with code usage.flag.
func ParseFault(s string) (Fault, error) { return fault.Parse(s) }

// ReadState reads a state file, strictly.
func ReadState(path string) (State, error) { return nrf91.ReadState(path) }

// Config describes a unit. The zero value is a new nRF9151 with an IMEI drawn at random, on an unpaced line.
type Config struct {
	IMEI     cred.IMEI     // zero: the one in the state file, else a valid one drawn at random
	Firmware string        // such as DefaultFirmware; empty: the one in the state file, else DefaultFirmware
	Model    string        // "nRF9151", "nRF9161", "nRF9160"; empty: the usual one for the firmware
	Host     string        // one of Hosts; empty: "at-host", whose terminator is CR
	Baud     int           // bits a second, ten a byte, both ways, until AT+IPR changes it; 0: bytes take no time
	Flash    time.Duration // what each credential written or deleted takes
	State    string        // the file that holds the unit between runs (see State); empty: it is forgotten with the Modem
	Faults   []Fault
	Dialer   socket.Dialer // makes the connections of the sockets that some hosts have; nil: none can be made
}

// Modem is one virtual unit. It serves one line at a time and outlives it: the store, the functional mode and a half received
// command are still there on the next line, unless the unit was unplugged and so started again. All methods may be called at
// any time from any goroutine.
type Modem struct {
	cfg      Config
	onLine   chan struct{} // holds one token while a line is served
	counters counters
	news     news

	mu      sync.Mutex    // guards all below
	fresh   bool          // the unit was started and its banner has not been printed
	sockets *socket.Set   // nil: the host has none
	bell    chan struct{} // rings the line that is served when the unit starts; made by that line, whatever clock it lives by
	host    host.Host
	core    *nrf91.Modem
	faults  fault.Set
	off     bool // power was lost; the next line finds it started again
	baud    int  // the line speed now
	run     int64
	booted  int64 // commands that were run before the last start
	crashed bool  // the modem; the host goes on
}

// New makes a unit, or takes it out of its state file if that exists. The state file is written at once. Errors are
// *cred.Fault, of codes config.value, config.file and usage.flag.
func New(cfg Config) (*Modem, error) {
	if cfg.Baud < 0 || cfg.Flash < 0 {
		return nil, cred.Failed("config.value", "the line speed or the flash time of the virtual modem is negative",
			"give 0 for no pacing, or a positive number")
	}
	faults, err := fault.Complete(cfg.Faults)
	if err != nil {
		return nil, err
	}
	h, err := newHost(cfg, faults)
	if err != nil {
		return nil, cred.Because(err, "config.value", err.Error(), "see docs/simulator.md for the hosts")
	}
	core, err := nrf91.New(nrf91.Config{
		IMEI: cfg.IMEI, Firmware: cfg.Firmware, Model: cfg.Model, State: cfg.State, Faults: faults,
		Online: host.Connects(cfg.Host),
	})
	if err != nil {
		return nil, err
	}
	m := &Modem{cfg: cfg, host: h, core: core, faults: faults, onLine: make(chan struct{}, 1), fresh: true, baud: cfg.Baud}
	if form, has := host.Sockets(cfg.Host); has {
		m.sockets = socket.New(socket.Config{Form: form, Dialer: cfg.Dialer, Say: m.news.say})
	}
	return m, nil
}

// newHost makes the host, and leaves it as somebody left it.
func newHost(cfg Config, faults fault.Set) (host.Host, error) {
	size := int64(0)
	if f, ok := faults.Get("overflow"); ok {
		size = f.N
	}
	h, err := host.New(host.Config{Kind: cfg.Host, Size: int(size), Baud: cfg.Baud})
	if err != nil {
		return nil, err
	}
	for _, how := range []host.Left{host.Echoing, host.OpenQuote, host.Buffered, host.DataMode} {
		if faults.Has(string(how)) && !h.Leave(how) {
			return nil, fmt.Errorf("the host %s cannot be left in the state %s", cmp.Or(cfg.Host, host.Kinds()[0]), how)
		}
	}
	return h, nil
}

// Reboot is a power cycle while the line stays: what was half received and every setting is lost, the store is not.
func (m *Modem) Reboot() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.boot()
}

func (m *Modem) boot() {
	m.disconnect()
	m.host.Reset()
	m.core.Boot()
	m.off, m.crashed, m.baud, m.booted, m.fresh = false, false, m.cfg.Baud, m.run, true
	select {
	case m.bell <- struct{}{}:
	default: // it has rung already, or nobody is there
	}
}

// attend gives the line that is served from now on its bell.
func (m *Modem) attend() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bell = make(chan struct{}, 1)
	return m.bell
}

// started tells, once after each start, that the unit was started.
func (m *Modem) started() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.fresh
	m.fresh = false
	return was
}

// SetFaults replaces the faults, for a test that cures a unit or makes it ill. What New made of the host (overflow, echo, how
// it was left) stays, and so does the functional mode (active, online) until the next start.
func (m *Modem) SetFaults(fs ...Fault) error {
	set, err := fault.Complete(fs)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults = set
	m.core.SetFaults(set)
	return nil
}

// State is what the unit is and holds now, as its state file has it.
func (m *Modem) State() State {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.core.State()
}

// exec carries out one command. It returns what goes out on the line and how long that is in coming.
func (m *Modem) exec(cmd []byte) (a nrf91.Answer, takes time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a, spoilt := m.spoilt(cmd); spoilt {
		return a, 0
	}
	was := m.core.Online()
	a = m.core.Exec(cmd)
	m.counters.flash.Add(int64(a.Flash))
	takes = time.Duration(a.Flash) * m.cfg.Flash
	if f, slow := m.faults.Get("slow"); slow {
		takes = max(takes, time.Duration(f.F*float64(a.Limit)))
	}
	a.Raw = m.host.Frame(a.Raw)
	var events []byte
	for line := range bytes.Lines(a.After) {
		events = append(events, m.host.Event(line)...)
	}
	a.After = events
	if was && !m.core.Online() {
		m.disconnect()
	}
	m.search(a.Search)
	return a, takes
}

// spoilt is the answer to a command that a fault keeps from the modem.
func (m *Modem) spoilt(cmd []byte) (a nrf91.Answer, is bool) {
	m.run++
	m.counters.commands.Add(1)
	if f, crashes := m.faults.Get("crash"); crashes && f.N == m.run || m.crashed {
		return nrf91.Answer{Raw: m.crash(cmd)}, true
	}
	if m.faults.Has("first-error") && m.run == m.booted+1 {
		return nrf91.Answer{Raw: m.host.Frame([]byte("ERROR\r\n"))}, true
	}
	return a, false
}

// crash takes the modem down, if it is not, and returns what the host makes of a command then.
func (m *Modem) crash(cmd []byte) []byte {
	now := !m.crashed
	m.crashed = true
	m.disconnect()
	return m.host.Fail(cmd, now)
}
